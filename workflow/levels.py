"""Mức xác nhận: whether Văn phòng may say the last word on a case."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from plans.enums import Confirmation
from workflow.models import DISCONTINUED, Assignment, Case, Step

NEEDS_LEADERSHIP = "Nhiệm vụ này do lãnh đạo phê duyệt. Chọn trình duyệt."
LAST_OF_THE_YEAR = "Kỳ cuối của năm do lãnh đạo phê duyệt. Chọn trình duyệt."
ASKED_BY_LEADERSHIP = "Lãnh đạo đã xem nhiệm vụ này và yêu cầu làm rõ hoặc lấy lên xem lại. Chọn trình duyệt."


def why_not_confirmed(case: Case) -> str:
    """Why Văn phòng cannot say the last word on this case; empty where it can.

    The level is a fact of the measure; the last of several occurrences of the year always goes to leadership, and so
    does what leadership has asked about.
    """
    work = Assignment.objects.filter(pk=case.pk).annotate(later=_later(), alone=~_others(), asked=_asked())
    level, later, alone, asked = work.values_list("measure__confirmation", "later", "alone", "asked").get()
    if level != Confirmation.OFFICE:
        return NEEDS_LEADERSHIP
    if asked:
        return ASKED_BY_LEADERSHIP
    return "" if later or alone else LAST_OF_THE_YEAR


def confirmable(case_ids: Iterable[int]) -> set[int]:
    """Of these cases, those on which Văn phòng may say the last word. One query."""
    return set(allowed().filter(pk__in=list(case_ids)).values_list("pk", flat=True))


def allowed() -> QuerySet[Assignment]:
    """The work on which Văn phòng may say the last word."""
    allowed = Assignment.objects.filter(~_asked(), measure__confirmation=Confirmation.OFFICE)
    return allowed.filter(Q(_later()) | ~Q(_others()))


def _later() -> Exists:
    """Whether the same work has an occurrence after this one that is carried on with."""
    return Exists(_same().filter(period__gt=OuterRef("period")).exclude(case__status=DISCONTINUED))


def _others() -> Exists:
    """Whether the work has more occurrences than this one, whatever became of them."""
    return Exists(_same().exclude(period=OuterRef("period")))


def _same() -> QuerySet[Assignment]:
    return Assignment.objects.filter(measure_id=OuterRef("measure_id"), unit_id=OuterRef("unit_id"))


def _asked() -> Exists:
    """Whether leadership sent it to Văn phòng with a question, or took up what was confirmed."""
    steps = Step.objects.filter(process_id=OuterRef("pk"), outcome__in=("clarify", "pulled_up"))
    return Exists(steps)
