"""Whose work it is now where the unit that led it has ended: what is taken up again goes to its successor."""

from __future__ import annotations

from datetime import date

from organization.models import Unit
from organization.vietnamese import short_date
from workflow.errors import Refused
from workflow.models import Assignment, Case


def heir_of(case: Case, on: date) -> Unit | None:
    """The unit that follows the case's own, if that has ended; None while it is there. Raises Refused where the
    successor is not one, or leads the same row in the same period already."""
    if not _ended(case.unit, on):
        return None
    unit = case.unit
    while _ended(unit, on):
        found = list(unit.successors.order_by("pk")[:2])
        if len(found) != 1:
            raise Refused(_nobody_or_many(unit, many=bool(found)))
        unit = found[0]
    work = Assignment.objects.get(pk=case.pk)
    if Assignment.objects.filter(measure_id=work.measure_id, unit=unit, period=work.period).exists():
        raise Refused(
            f"{case.unit.name} đã kết thúc và {unit.name} đang chủ trì chính nhiệm vụ này trong cùng kỳ. "
            f"Xử lý ở việc của {unit.name}."
        )
    return unit


def _ended(unit: Unit, on: date) -> bool:
    return unit.until is not None and unit.until < on


def _nobody_or_many(unit: Unit, *, many: bool) -> str:
    ended = f"{unit.name} đã kết thúc từ sau ngày {short_date(unit.until)}"
    if many:
        return f"{ended} và chia cho nhiều đơn vị nên chưa rõ đơn vị nào tiếp nhận. Giao việc mới cho đơn vị tiếp nhận."
    return f"{ended} và chưa có đơn vị kế tiếp. Đề nghị quản trị ghi đơn vị kế tiếp rồi mở lại."
