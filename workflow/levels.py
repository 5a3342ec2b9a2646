"""Mức xác nhận: whether Văn phòng may say the last word on a case."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from plans.enums import Confirmation
from workflow.models import DISCONTINUED, Assignment, Case

NEEDS_LEADERSHIP = "Nhiệm vụ này do lãnh đạo phê duyệt. Chọn trình duyệt."
LAST_OF_THE_YEAR = "Kỳ cuối của năm do lãnh đạo phê duyệt. Chọn trình duyệt."


def why_not_confirmed(case: Case) -> str:
    """Why Văn phòng cannot say the last word on this case; empty where it can.

    The level is a fact of the measure; the last occurrence of the year always goes to leadership.
    """
    work = Assignment.objects.filter(pk=case.pk).annotate(later=_later())
    level, is_not_last = work.values_list("measure__confirmation", "later").get()
    if level != Confirmation.OFFICE:
        return NEEDS_LEADERSHIP
    return "" if is_not_last else LAST_OF_THE_YEAR


def confirmable(case_ids: Iterable[int]) -> set[int]:
    """Of these cases, those on which Văn phòng may say the last word. One query."""
    return set(allowed().filter(pk__in=list(case_ids)).values_list("pk", flat=True))


def allowed() -> QuerySet[Assignment]:
    """The work on which Văn phòng may say the last word."""
    return Assignment.objects.filter(_later(), measure__confirmation=Confirmation.OFFICE)


def _later() -> Exists:
    """Whether the same work has an occurrence after this one that is carried on with."""
    same = Assignment.objects.filter(measure_id=OuterRef("measure_id"), unit_id=OuterRef("unit_id"))
    return Exists(same.filter(period__gt=OuterRef("period")).exclude(case__status=DISCONTINUED))
