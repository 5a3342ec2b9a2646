"""Xử lý nhiều nhiệm vụ: what was ticked in the inbox, looked over once more, then each row its own act."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views import View

from organization.requests import SignedInRequest
from workflow.bulk import ACCEPTED, APPROVED, CONFIRMED, MOST, Item, Outcome, ready, settle
from workflow.flows import AssignmentFlow
from workflow.models import Case, Step
from workflow.services import Shown

NOTHING_TICKED = "Chưa chọn nhiệm vụ nào. Chọn ít nhất một nhiệm vụ rồi gửi lại."
TOO_MANY = f"Mỗi lần xử lý không quá {MOST} nhiệm vụ. Bỏ bớt rồi gửi lại."
REFUSED = 409


class Bulk(View):
    """GET shows the rows that were ticked, with the round each is decided on; POST does it, row by row."""

    def get(self, request: SignedInRequest) -> HttpResponse:
        return self.show(request, [int(key) for key in request.GET.getlist("viec") if key.isdigit()])

    def post(self, request: SignedInRequest) -> HttpResponse:
        pairs = pairs_of(request.POST)
        if not pairs or len(pairs) > MOST:
            keys = [int(key) for key in request.POST.getlist("viec") if key.isdigit()]
            return self.show(request, keys, NOTHING_TICKED if not pairs else TOO_MANY)
        shown = shown_of(pairs, request)
        outcome = settle(shown, verbs_of(shown, request.POST), request.rights)
        return self.tell(request, outcome)

    def show(self, request: SignedInRequest, keys: list[int], error: str = "") -> HttpResponse:
        error = error or (TOO_MANY if len(keys) > MOST else "")
        items = ready(request.rights, keys[:MOST])
        return render(request, "workflow/bulk/decide.html", {
            "keys": [item.step.pk for item in items], "error": error, "gone": len(set(keys[:MOST])) - len(items),
            "parts": [part for part in (
                ("Phê duyệt", [item for item in items if item.approves]),
                ("Xác nhận hoàn thành hoặc trình duyệt", [item for item in items if item.confirms]),
                ("Trình duyệt", [item for item in items if not (item.approves or item.confirms)]),
            ) if part[1]],
            "number": len(items), "points": sum(item.case.points for item in items),
            "verb": verb_of(items),
        }, status=REFUSED if error else 200)  # fmt: skip

    def tell(self, request: SignedInRequest, outcome: Outcome) -> HttpResponse:
        return render(request, "workflow/bulk/done.html", {"outcome": outcome})


def verb_of(items: list[Item]) -> str:
    """The words of the one filled button."""
    if all(item.approves for item in items):
        return "Phê duyệt"
    return "Xử lý" if any(item.approves or item.confirms for item in items) else "Trình duyệt"


def pairs_of(data: QueryDict) -> dict[int, str]:
    """Step and digest of every row that is ticked."""
    pairs = (value.partition(":")[::2] for value in data.getlist("muc"))
    return {int(key): seen for key, seen in pairs if key.isdigit()}


def shown_of(pairs: dict[int, str], request: SignedInRequest) -> list[Shown]:
    """The steps of these rows, of work this person may act on or see; those of others are not there."""
    rights = request.rights
    steps = Step.objects.filter(pk__in=pairs, flow_task__in=[AssignmentFlow.review, AssignmentFlow.approve])
    mine = set(Step.objects.actionable(rights).filter(pk__in=pairs).values_list("pk", flat=True))
    seen = set(Case.objects.visible_to(rights).filter(task_set__in=pairs).values_list("pk", flat=True))
    steps = steps.filter(agency_id=rights.agency_id).select_related("process").order_by("process__code", "process_id")
    return [(step, pairs[step.pk]) for step in steps if step.pk in mine or step.process_id in seen]


def verbs_of(shown: list[Shown], data: QueryDict) -> dict[int, str]:
    """What is done with each row."""
    verbs = {}
    for step, _ in shown:
        asked = CONFIRMED if data.get(f"cach-{step.pk}") == CONFIRMED else ACCEPTED
        verbs[step.pk] = APPROVED if step.node is AssignmentFlow.approve else asked
    return verbs
