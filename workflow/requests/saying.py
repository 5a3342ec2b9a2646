"""How notices of requests read, and whether their matter still stands."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from notifications.models import Notice
from notifications.registry import Said, register
from organization.vietnamese import short_date
from workflow.models import Decision, Extension, LeadChange, Step
from workflow.notices import GONE, Facts, case_of, facts_of, named

ANSWERS = {
    Decision.GRANTED: "được chấp thuận",
    Decision.REFUSED: "không được chấp thuận",
    Decision.WITHDRAWN: "đã được rút",
    Decision.ENDED: "khép lại vì nhiệm vụ đã kết thúc",
}


def render(notices: Sequence[Notice]) -> list[Said]:
    """Six queries, however many notices."""
    keys = {case_of(notice) for notice in notices}
    found: dict[int, Extension | LeadChange] = {}
    found |= Extension.objects.select_related("of__unit").in_bulk(keys)
    found |= LeadChange.objects.select_related("of__unit", "to_unit").in_bulk(keys - found.keys())
    facts = facts_of(notices)
    return [_said(notice, found.get(case_of(notice)), facts) for notice in notices]


def _said(notice: Notice, request: Extension | LeadChange | None, facts: Facts) -> Said:
    if request is None or request.agency_id != notice.agency_id:
        return GONE
    by, note = facts.by(notice), str(notice.params.get("note", "")).strip()
    what, work = _what(request), f"{named(request.of)} “{request.of.name}”"
    url = reverse("workflow:request", args=[request.pk])
    absent = facts.people.get(notice.params.get("instead_of", 0))
    instead = f" Được báo vì đang thay {absent}." if absent else ""
    if notice.kind == "request.decided":
        answer = ANSWERS.get(Decision(request.decision), "có quyết định")
        words = f" Nội dung: “{note}”" if note else ""
        return Said(
            f"{named(request.of)}: đề nghị {what} {answer}",
            f"{by} xử lý đề nghị {what} {work}.{_until(request)}{words}{instead}",
            url,
        )
    waits = " chờ xử lý" if notice.kind == "request.arrived" else ""
    words = f" Nội dung: “{note}”" if note else ""
    return Said(
        f"{named(request.of)}: đề nghị {what}{waits}", f"{by} chuyển đề nghị {what} {work}.{words}{instead}", url
    )


def _what(request: Extension | LeadChange) -> str:
    if isinstance(request, Extension):
        return f"gia hạn đến {short_date(request.asked_due)}"
    return f"chuyển chủ trì sang {request.to_unit.name}"


def _until(request: Extension | LeadChange) -> str:
    if isinstance(request, Extension) and request.granted_due:
        return f" Thời hạn mới: {short_date(request.granted_due)}."
    return ""


def still_true(notices: Sequence[Notice]) -> set[int]:
    """What arrived stands while that step is open; what was asked while nobody has decided; a decision for good."""
    open_steps = dict(
        Step.objects.open().filter(process_id__in={case_of(n) for n in notices}).values_list("process_id", "pk")
    )
    return {notice.pk for notice in notices if _stands(notice, open_steps.get(case_of(notice)))}


def _stands(notice: Notice, step: int | None) -> bool:
    if notice.kind == "request.decided":
        return True
    return step is not None and notice.params.get("step", step) == step


def register_kinds() -> None:
    for kind in ("request.arrived", "request.asked", "request.decided"):
        register(kind, render, still_true)
