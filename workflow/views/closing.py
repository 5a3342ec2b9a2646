"""Đóng kế hoạch, mở lại kế hoạch. Văn phòng and leadership choose; leadership closes and opens again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render

from organization.models import Unit
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans.enums import Settled
from plans.models import Plan
from plans.views.guards import posted
from workflow import closing
from workflow.closing import Kept, Line, named
from workflow.errors import Refused
from workflow.verb_forms import ReopenPlanForm
from workflow.views.issuing import REFUSED, plan_of

EVERYBODY, NOBODY = "moi-dong", "chua-giao"


def close_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """The rows that are not finished, with a choice for each; once closed, what became of them, for all who see the plan."""
    plan = plan_of(request, pk)
    if plan.closing and request.method != "POST":
        return render(request, "workflow/closing/closed.html", closed_of(plan, request))
    if not closing.may_choose(request.rights):
        raise PermissionDenied(closing.WHO_CHOOSES)
    if request.method != "POST":
        return show_choices(request, plan)
    action = request.POST.get("action", "")
    if action not in {"save", "bulk", "close"}:
        raise Http404
    try:
        kept = closing.choose(pk, picks_of(request, plan, bulk=action == "bulk"), request.rights)
        refusals = refusals_of(kept)
        if action == "close" and not refusals:
            closing.close_plan(pk, request.rights)
            messages.success(request, f"Đã đóng {plan}. Chỉ lãnh đạo mở lại được.")
            return redirect("workflow:close_plan", pk)
    except Refused as refusal:
        return show_choices(request, plan, [str(refusal)])
    if refusals:
        return show_choices(request, plan, refusals)
    messages.success(request, f"Đã lưu lựa chọn cho {counted(kept.number)} dòng.")
    return redirect("workflow:close_plan", pk)


def picks_of(request: SignedInRequest, plan: Plan, *, bulk: bool) -> dict[str, tuple[Settled, str]]:
    """What was chosen on the page, by the keys of its lines; in bulk also of lines without a choice of their own."""
    sent = request.POST
    picks = {
        key: (outcome_of(sent, key), sent.get(f"seen-{key}", "")) for key in sent.getlist("shown") if sent.get(key)
    }
    if not bulk:
        return picks
    outcome, whom = outcome_of(sent, "bulk"), sent.get("bulk_for", "")
    for line in closing.lines_of(plan, request.rights):
        if line.key not in picks and whom in {EVERYBODY, group_key(line.unit)} and outcome in line.allowed:
            picks[line.key] = (outcome, sent.get(f"seen-{line.key}", line.seen))
    return picks


def outcome_of(sent: QueryDict, name: str) -> Settled:
    """Raises Http404 for a word that is none."""
    try:
        return Settled(sent.get(name, ""))
    except ValueError as error:
        raise Http404 from error


def refusals_of(kept: Kept) -> list[str]:
    found = []
    if kept.moved:
        found.append(
            f"Dòng {named(kept.moved)} vừa thay đổi sau khi trang này được mở nên chưa ghi lựa chọn. Xem lại rồi chọn lại."
        )
    if kept.not_late:
        found.append(
            f"Dòng {named(kept.not_late)} chưa quá hạn nên không ghi quá hạn được. Chọn chuyển tiếp hoặc không còn thực hiện."
        )
    return found


def show_choices(request: SignedInRequest, plan: Plan, refusals: Sequence[str] = ()) -> HttpResponse:
    lines = closing.lines_of(plan, request.rights)
    left = sum(not line.choice for line in lines)
    context = {
        "plan": plan, "groups": list(groups_of(lines)), "rows": len(lines), "left": left, "refusals": refusals,
        "numbers": numbers_of(line.choice for line in lines if line.choice), "outcomes": Settled,
        "closes": request.rights.leads, "everybody": EVERYBODY,
    }  # fmt: skip
    return render(request, "workflow/closing/close.html", context, status=REFUSED if refusals else 200)


def groups_of(lines: Sequence[Line]) -> Iterator[tuple[str, str, list[Line]]]:
    for unit, some in groupby(lines, key=lambda line: line.unit):
        yield group_key(unit), unit.name if unit else "Chưa giao cho đơn vị nào", list(some)


def group_key(unit: Unit | None) -> str:
    return f"u{unit.pk}" if unit else NOBODY


def numbers_of(outcomes: Any) -> list[tuple[str, int]]:
    """Each outcome with how many, zeros included."""
    counts = Counter(outcomes)
    return [(str(one.label), counts[one]) for one in Settled]


def closed_of(plan: Plan, request: SignedInRequest) -> dict[str, Any]:
    if plan.closing is None:
        raise Http404
    rows = closing.outcomes_of(plan.closing)
    return {
        "plan": plan, "closing": plan.closing, "numbers": numbers_of(row.outcome for row in rows), "reopens": request.rights.leads,
        "copies": request.rights.is_office, "next_year": plan.year + 1,
        "groups": [(one.label, [row for row in rows if row.outcome == one]) for one in Settled],
    }  # fmt: skip


def reopen_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    plan = plan_of(request, pk)
    if not request.rights.leads:
        raise PermissionDenied(closing.FOR_WHOM)
    if plan.closing is None and request.method != "POST":
        messages.warning(request, closing.NOT_CLOSED)
        return redirect("plans:plan", pk)
    form = ReopenPlanForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            number = closing.reopen_plan(pk, request.rights, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã mở lại {plan}: {counted(number)} việc trở lại như trước khi đóng.")
            return redirect("plans:plan", pk)
    status = REFUSED if form.non_field_errors() else 200
    return render(request, "workflow/closing/reopen.html", {"plan": plan, "form": form}, status=status)
