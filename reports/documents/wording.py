"""The sentences a report is made of, from its figures. Pure functions."""

from __future__ import annotations

from decimal import Decimal

from organization.vietnamese import counted, decimal, short_date
from reports.documents.heading import Heading
from reports.enums import Bucket
from reports.figures import Figures

# the order in which a report tells its buckets, with the words of NĐ 09/2019's statistics
TOLD = (Bucket.DONE, Bucket.DONE_LATE, Bucket.WAITING, Bucket.IN_TIME, Bucket.OVERDUE, Bucket.ONGOING, Bucket.UNDATED)
FORMULA = "Tỷ lệ = hoàn thành / (hoàn thành + quá hạn chưa hoàn thành)."
OTHERS = "Cột “Khác”: nhiệm vụ thường xuyên, chưa xác định thời hạn."
UNIT_NOTE = "Bảng theo đơn vị tính theo việc giao (một nhiệm vụ × một đơn vị × một kỳ), không cộng thành số nhiệm vụ."


def percent(rate: Decimal | None) -> str:
    return f"{decimal(rate)}%" if rate is not None else "–"


def opening(heading: Heading) -> str:
    return (
        f"Thực hiện {heading.plan} của {heading.agency}, {heading.agency} báo cáo kết quả thực hiện "
        f"{heading.period} (số liệu từ ngày {short_date(heading.since)} đến ngày {short_date(heading.as_of)}) như sau:"
    )


def totals(figures: Figures) -> str:
    """Tổng số 44 nhiệm vụ, trong đó: …; only what there is."""
    parts = [
        f"{bucket.label.lower()} {counted(figures.total[bucket])} nhiệm vụ" for bucket in TOLD if figures.total[bucket]
    ]
    sentence = f"Tổng số {counted(figures.counted)} nhiệm vụ"
    return f"{sentence}, trong đó: {'; '.join(parts)}." if parts else f"{sentence}."


def achieved(figures: Figures) -> str:
    due = figures.completed + figures.total[Bucket.OVERDUE]
    if not due:
        return "Đến thời điểm chốt số liệu chưa có nhiệm vụ nào hoàn thành hoặc quá hạn."
    base = f"{counted(figures.completed)} nhiệm vụ hoàn thành trên {counted(due)} nhiệm vụ hoàn thành và quá hạn chưa hoàn thành"
    extended = figures.extended
    more = (
        f" Trong số nhiệm vụ hoàn thành đúng hạn, {counted(extended)} nhiệm vụ đúng hạn sau gia hạn, quá thời hạn ban đầu."
        if extended
        else ""
    )
    return f"Tỷ lệ hoàn thành đạt {percent(figures.rate)} ({base}).{more}"


def shortcomings(figures: Figures) -> str:
    late = figures.total[Bucket.OVERDUE]
    if not late:
        return "Đến thời điểm chốt số liệu không có nhiệm vụ quá hạn chưa hoàn thành."
    return f"Còn {counted(late)} nhiệm vụ quá hạn chưa hoàn thành, gồm:"
