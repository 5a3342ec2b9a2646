"""How notices of requests for input read, and whether their matter still stands."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from notifications.models import Notice
from notifications.registry import Said, register
from organization.vietnamese import short_date
from workflow.models import InputRequest
from workflow.notices import GONE, Facts, case_of, facts_of, true_of

KINDS = ("input.asked", "input.named", "input.passed", "input.answered", "input.withdrawn", "input.ended")
# told for good, whatever becomes of the request
LASTING = {"input.answered", "input.withdrawn", "input.ended"}


def render(notices: Sequence[Notice]) -> list[Said]:
    """Five queries, however many notices."""
    found = InputRequest.objects.select_related("of__unit", "case__unit").in_bulk({case_of(one) for one in notices})
    facts = facts_of(notices)
    return [_said(notice, found.get(case_of(notice)), facts) for notice in notices]


def _said(notice: Notice, request: InputRequest | None, facts: Facts) -> Said:
    if request is None or request.agency_id != notice.agency_id:
        return GONE
    by, note = facts.by(notice), str(notice.params.get("note", "")).strip()
    title, words = _words(notice.kind, by, request)
    said = f" Nội dung: “{note}”" if note else ""
    absent = facts.people.get(notice.params.get("instead_of", 0))
    instead = f" Được báo vì đang thay {absent}." if absent else ""
    url = reverse("workflow:input", args=[request.pk])
    return Said(f"Nhiệm vụ {request.of.code}: {title}", f"{words}{said}{instead}", url)


def _words(kind: str, by: str, request: InputRequest) -> tuple[str, str]:
    """Title and sentence."""
    work, unit = f"nhiệm vụ {request.of.code} “{request.of.name}”", request.case.unit.name
    until = f"Hạn trả lời: {short_date(request.case.due_on)}."
    match kind:
        case "input.asked":
            return f"đề nghị {unit} phối hợp", f"{by} đề nghị {unit} phối hợp {work}. {until}"
        case "input.named":
            return "được giao chuẩn bị ý kiến phối hợp", f"{by} giao chuẩn bị ý kiến phối hợp {work}. {until}"
        case "input.passed":
            return (
                "ý kiến phối hợp chờ trả lời",
                f"{by} đã chuyển ý kiến phối hợp {work} để trưởng đơn vị trả lời. {until}",
            )
        case "input.answered":
            return f"{unit} đã trả lời phối hợp", f"{by} đã trả lời về {work}."
        case "input.withdrawn":
            return "đề nghị phối hợp đã được rút", f"{by} đã rút đề nghị phối hợp {work}. Không cần trả lời nữa."
        case _:
            return (
                "đề nghị phối hợp khép lại",
                f"{work[0].upper()}{work[1:]} đã kết thúc. Không cần trả lời phối hợp nữa.",
            )


def still_true(notices: Sequence[Notice]) -> set[int]:
    """What waits stands while nobody has answered; for one person, while that step is open."""
    lasting = {notice.pk for notice in notices if notice.kind in LASTING}
    waiting = [notice for notice in notices if notice.pk not in lasting]
    return lasting | true_of(
        lambda notice, _, step: step is not None and notice.params.get("step", step.pk) == step.pk, waiting
    )


def register_kinds() -> None:
    for kind in KINDS:
        register(kind, render, still_true)
