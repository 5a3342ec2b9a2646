"""The report as an official letter (.docx), in the format of Nghị định 30/2020/NĐ-CP."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any

from docx import Document
from docx.document import Document as Letter
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from organization.papers import CENTRE, LEFT, head, line_under, margins, middle, page, repeat, whole, widths, write
from organization.vietnamese import counted, short_date, sort_key
from reports.documents import wording
from reports.documents.heading import Heading
from reports.enums import COMPLETED, Bucket
from reports.figures import Figures, rate, tabulate
from reports.models import Snapshot
from reports.snapshots import ledger_of, rows_of

NUMBERS = ("Hoàn thành", "Chờ phê duyệt", "Trong hạn", "Quá hạn", "Khác", "Tổng số", "Tỷ lệ")


def docx_of(snapshot: Snapshot, heading: Heading) -> bytes:
    """The whole report with its Phụ lục. Số and ngày stay blank until văn thư gives them."""
    figures = tabulate(rows_of(snapshot))
    letter = Document()
    page(letter)
    _head(letter, heading)
    _title(letter, heading)
    _body(letter, heading, figures)
    _foot(letter, heading)
    _appendix(letter, heading, figures)
    _properties(letter, heading, snapshot)
    out = BytesIO()
    letter.save(out)
    return out.getvalue()


def _head(letter: Letter, heading: Heading) -> None:
    head(letter, heading, "BC", heading.until.year)


def _title(letter: Letter, heading: Heading) -> None:
    write(letter, "BÁO CÁO", bold=True, align=CENTRE, before=18)
    write(letter, heading.abstract, bold=True, align=CENTRE)
    line_under(letter, 160, 0.35)
    write(letter, f"Kính gửi: {heading.recipient}.", align=CENTRE, before=12, after=12)


def _body(letter: Letter, heading: Heading, figures: Figures) -> None:
    def say(text: str) -> None:
        write(letter, text, indent=True, before=6)

    def part(text: str) -> None:
        write(letter, text, bold=True, indent=True, before=9, after=3, keep=True)

    say(wording.opening(heading))
    part("I. KẾT QUẢ THỰC HIỆN")
    part("1. Kết quả chung")
    say(wording.totals(figures))
    say(wording.achieved(figures))
    part("2. Kết quả theo lĩnh vực")
    _table(letter, "Lĩnh vực (tính theo nhiệm vụ)", [*figures.by_field.items(), ("Tổng số", figures.total)])
    write(letter, f"{wording.FORMULA} {wording.OTHERS}", size=12, italic=True, before=3)
    part("3. Kết quả theo đơn vị chủ trì")
    units = sorted(figures.by_unit.items(), key=lambda pair: sort_key(pair[0]))
    _table(letter, "Đơn vị (tính theo việc giao)", units)
    write(letter, f"{wording.FORMULA} {wording.UNIT_NOTE}", size=12, italic=True, before=3)
    part("II. TỒN TẠI, HẠN CHẾ")
    say(wording.shortcomings(figures))
    for row in figures.rows:
        if row["bucket"] == Bucket.OVERDUE:
            say(
                f"- Nhiệm vụ {row['code']} “{row['task']}”, {', '.join(row['lead'])} chủ trì, thời hạn: {row['deadline']}."
            )
    part("III. PHƯƠNG HƯỚNG, NHIỆM VỤ KỲ TỚI")
    say(
        "Tiếp tục theo dõi, đôn đốc các phòng, đơn vị hoàn thành các nhiệm vụ còn lại đúng thời hạn; tập trung xử lý các nhiệm vụ quá hạn."
    )
    say("Chi tiết từng nhiệm vụ tại Phụ lục kèm theo.")
    closing = f"Trên đây là báo cáo kết quả thực hiện {heading.period} của {heading.agency}./."
    write(letter, closing, indent=True, before=6, keep=True)


def _table(letter: Letter, first: str, lines: list[tuple[str, dict[Bucket, int]]]) -> None:
    table = letter.add_table(rows=1, cols=8)
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    margins(table, 1)
    for cell, text in zip(table.rows[0].cells, (first, *NUMBERS), strict=True):
        write(cell, text, size=12, bold=True, align=CENTRE, keep=True)
    repeat(table.rows[0])
    for name, counts in lines:
        last = name == "Tổng số"
        row = table.add_row()
        whole(row)
        write(row.cells[0], name, size=12, bold=last, align=LEFT, before=1, after=1)
        for cell, text in zip(row.cells[1:], _figures_of(counts), strict=True):
            write(cell, text, size=12, bold=last, align=CENTRE)
    middle(table)
    widths(table, (50, 16, 16, 15, 15, 15, 15, 18))


def _figures_of(counts: dict[Bucket, int]) -> list[str]:
    others = counts[Bucket.ONGOING] + counts[Bucket.UNDATED]
    numbers = [
        sum(counts[bucket] for bucket in COMPLETED),
        counts[Bucket.WAITING],
        counts[Bucket.IN_TIME],
        counts[Bucket.OVERDUE],
        others,
    ]
    return [*(str(number) for number in numbers), str(sum(numbers)), wording.percent(rate(counts))]


def _foot(letter: Letter, heading: Heading) -> None:
    """Recipients and signature stay together, with the last sentence above them."""
    table = letter.add_table(rows=1, cols=2)
    widths(table, (80, 86))
    whole(table.rows[0])
    left, right = table.rows[0].cells
    write(left, "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT, before=12)
    for line in ("- Như trên;", "- Lãnh đạo Sở;", "- Các phòng, đơn vị thuộc Sở;", "- Lưu: VT, VP."):
        write(left, line, size=11, align=LEFT)
    for number, line in enumerate(heading.signs_as):
        write(right, line, bold=True, align=CENTRE, before=0 if number else 12)
    write(right, heading.signer, bold=True, align=CENTRE, before=72)


def _appendix(letter: Letter, heading: Heading, figures: Figures) -> None:
    section = letter.add_section(WD_SECTION.NEW_PAGE)
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = Mm(30)
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    section._sectPr.append(numbering)
    write(letter, "Phụ lục", bold=True, align=CENTRE)
    write(letter, "TÌNH HÌNH THỰC HIỆN TỪNG NHIỆM VỤ THEO TRẠNG THÁI VÀ ĐƠN VỊ CHỦ TRÌ", bold=True, align=CENTRE)
    attached = f"(Kèm theo Báo cáo số         /BC-{heading.symbol} ngày       tháng       năm {heading.until.year} của {heading.agency})"
    write(letter, attached, italic=True, align=CENTRE, after=9)
    columns = (
        "STT",
        "Mã tiêu chí",
        "Nhiệm vụ",
        "Sản phẩm",
        "Đơn vị chủ trì",
        "Thời hạn",
        "Kết quả thực hiện (số, ký hiệu, ngày văn bản)",
    )
    table = letter.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    margins(table, 1)
    for cell, text in zip(table.rows[0].cells, columns, strict=True):
        write(cell, text, size=12, bold=True, align=CENTRE)
    repeat(table.rows[0])
    for bucket, rows in _by_state(figures):
        title = table.add_row()
        whole(title)
        merged = title.cells[0].merge(title.cells[-1])
        write(merged, f"{bucket.label}: {counted(len(rows))} nhiệm vụ", size=12, bold=True, align=LEFT, keep=True)
        for row in rows:
            _row(table, row)
    widths(table, (14, 20, 70, 38, 38, 28, 39))


def _row(table: Any, row: dict[str, Any]) -> None:
    line = table.add_row()
    whole(line)
    texts = (row["code"], "; ".join(row["criteria"]), row["task"], row["product"], "; ".join(row["lead"]), row["deadline"], results(row))  # fmt: skip
    for cell, text in zip(line.cells, texts, strict=True):
        write(cell, text, size=12, align=LEFT, before=1, after=1)


def _by_state(figures: Figures) -> list[tuple[Bucket, list[dict[str, Any]]]]:
    """Rows by state in the order of the report, within a state by lead unit."""
    order = {bucket: number for number, bucket in enumerate((*wording.TOLD, Bucket.DROPPED))}
    rows = sorted(figures.rows, key=lambda row: (order[Bucket(row["bucket"])], sort_key("; ".join(row["lead"]))))
    return [(Bucket(bucket), list(group)) for bucket, group in groupby(rows, key=lambda row: row["bucket"])]


def results(row: dict[str, Any]) -> str:
    """The documents that prove a row, each once."""
    lines = []
    for work in row["works"]:
        for document in work["documents"]:
            dated = f" ngày {_short(document['dated'])}" if document["dated"] else ""
            mark = " (trước khi ban hành)" if work["before_issue"] else ""
            lines.append(f"{document['number'] or document['abstract']}{dated}{mark}")
    return "; ".join(dict.fromkeys(lines))


def _short(text: str) -> str:
    return short_date(date.fromisoformat(text))


def _properties(letter: Letter, heading: Heading, snapshot: Snapshot) -> None:
    properties = letter.core_properties
    properties.title, properties.author, properties.language = heading.abstract, heading.agency, "vi-VN"
    properties.created = properties.modified = snapshot.at.replace(tzinfo=None)
    properties.comments = f"Mã số liệu (SHA-256): {snapshot.digest}"
    if heading.instead_of:
        properties.comments += f". {heading.signer} ký thay {heading.instead_of}"
    properties.keywords = "\n".join(ledger_of(snapshot))  # heads of the ledger: the file is an anchor of its own
