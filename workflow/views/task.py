"""Trang nhiệm vụ: what it is, where it is, who holds it, every round of it. Strangers find nothing here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_POST, require_safe

from organization.due_dates import why_moved
from organization.requests import SignedInRequest
from organization.rights import Rights
from organization.vietnamese import counted
from plans.amendments import told_of_measure
from plans.models import Closing
from workflow import sentences
from workflow.bulk import MOST
from workflow.chronicle import Moment, chapters_of, dates_of, days_of_steps, paused_days, sightings_of
from workflow.diagram import diagram, pulled
from workflow.directing import cause_of, directives_of
from workflow.documents import panel_of
from workflow.dossier import Dossier, rounds_of, wording_of
from workflow.flows import AssignmentFlow
from workflow.held import days_of_hands, shares_of
from workflow.inputs.reading import Told as Asked
from workflow.inputs.reading import inputs_of, missing_words
from workflow.models import Case, InputRequest, Progress, ResultShare, SlipItem, Step, Suspension
from workflow.ongoing import occurrences_of
from workflow.progress import lines_of, may_write
from workflow.requests.reading import Told, lateness, requests_of
from workflow.rows import state_badge, waiting_since
from workflow.selectors import assignments, holder_of, soon_until
from workflow.sharing import may_share, shared_of
from workflow.sightings import see, see_many
from workflow.slips.reading import moments_of
from workflow.stopping import pauses_of
from workflow.timeliness import ENDED, FINISHED, State
from workflow.verbs import verbs_for

VERBS = {
    AssignmentFlow.assign.name: "Phân công",
    AssignmentFlow.execute.name: "Cập nhật kết quả",
    AssignmentFlow.submit.name: "Nộp kết quả",
    AssignmentFlow.review.name: "Rà soát",
    AssignmentFlow.approve.name: "Phê duyệt",
}


@require_safe
def task(request: SignedInRequest, pk: int) -> HttpResponse:
    rights = request.rights
    case = get_object_or_404(seen_by(rights), pk=pk)
    steps = steps_of(case, rights)
    dossier = Dossier(case, steps, rounds_of(case))
    sightings, holder = sightings_of(case.pk), holder_of(case)
    current, directives, wording = dossier.current, directives_of(case.pk), wording_of(case)
    pauses, inputs = pauses_of(case), inputs_of(case, rights) if case.asks_others else []
    requests = requests_of(case)
    pause = next((one for one in pauses if one.until is None), None)
    days = days_of_steps(
        steps,
        rights,
        case.due_on,
        case.original_due_on,
        case.submitted_on,
        rights.on,
        *dates_of(pauses),
        *days_of_hands(dossier),
    )
    return render(request, "workflow/task.html", {
        "case": case, "dossier": dossier, "wording": wording, "holder": holder,
        "panel": panel_of(case, rights, back=request.path) if holder or case.timeliness in ENDED else None,
        "badge": state_badge(case, State(case.timeliness), rights.on, days, holder), "completed": case.timeliness in FINISHED,
        "held": held_for(current, days, pauses), "seen": sightings.get(current.pk, []) if current else [],
        "chapters": chapters_of(dossier, sightings, days, directives, pauses, beside_steps(case, inputs, requests)),
        "inputs": inputs, "missing": missing_words(inputs),
        "requests": requests, "lateness": lateness(case, stands_since(case, current), rights.on, days),
        "remark": next((step.remark for step in steps if step.remark), ""),
        "mine": current if current and current.mine else None,
        "verb": VERBS[current.stage] if current and current.mine else "",
        "lines": lines_of(case) if case.has_progress else [],
        "update_url": reverse("workflow:progress", args=[pk]) if may_write(case, current, rights) and not pause else "",
        "shares": shares_of(dossier, days, pauses), "cause": cause_of(case), "directives": directives,
        "amended": told_of_measure(case.assignment.measure_id, case.plan_id) if wording.amended and case.plan_id else [],
        "pause": sentences.paused(pause) if pause else "",
        "moved": why_moved(case.agency_id, case.written_due_on, case.due_on) if case.written_due_on else "",
        "occurrences": occurrences_of(case, rights.on),
        "shared": shared_of(case) if case.shares else None,
        "unshares": may_share(rights) and current is not None,
        "verbs": verbs_for(rights, case, current, dossier.done[0].outcome if dossier.done else ""),
    })  # fmt: skip


@require_safe
def history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Quá trình xử lý, to be read or printed: where the case stands in its flow, and every round with its documents."""
    rights = request.rights
    case = get_object_or_404(seen_by(rights), pk=pk)
    steps = steps_of(case, rights)
    dossier = Dossier(case, steps, rounds_of(case))
    pauses, current = pauses_of(case), dossier.current
    inputs = inputs_of(case, rights) if case.asks_others else []
    days = days_of_steps(steps, rights, *dates_of(pauses))
    at = current.stage if current else AssignmentFlow.end.name if case.status == Case.DONE else ""
    return render(request, "workflow/history.html", {
        "case": case, "dossier": dossier, "chapters": chapters_of(
            dossier, sightings_of(case.pk), days, directives_of(case.pk), pauses,
            beside_steps(case, inputs, requests_of(case))),
        "moment": now(), "lines": lines_of(case, most=None) if case.has_progress else [],
        "mine": current if current and current.mine else None,
        "picture": diagram(AssignmentFlow, now=at, past=[step.stage for step in dossier.done]),
        "pulled": pulled(AssignmentFlow),
    })  # fmt: skip


def beside_steps(case: Any, inputs: Sequence[Asked], requests: Sequence[Told]) -> list[Moment]:
    """What the history tells besides the steps of the work itself; the case carries `on_slips`."""
    told = [moment for one in inputs for moment in one.told_in_work]
    told += [moment for one in requests for moment in one.moments]
    return told + (moments_of(case.pk) if case.on_slips else [])


def seen_by(rights: Rights) -> Any:
    """The tasks this person may see, with what the page says of one."""
    cases = assignments(rights).with_timeliness(rights.on, soon_until(rights)).with_holder(rights.on)
    cases = cases.annotate(
        asks_others=Exists(InputRequest.objects.filter(of=OuterRef("pk"))),
        has_progress=Exists(Progress.objects.filter(case=OuterRef("pk"))),
        on_slips=Exists(SlipItem.objects.filter(step__process=OuterRef("pk"))),
        shares=Exists(ResultShare.objects.filter(case=OuterRef("pk"))),
        plan_closed=Exists(Closing.objects.in_force().filter(plan=OuterRef("plan"))),
    )
    return cases.select_related(
        "unit",
        "plan",
        "assignment__measure",
        "assignment__officer",
        "assignment__reviewer",
        "objective_cause__by",
        "objective_cause__on_behalf_of",
    )


def steps_of(case: Case, rights: Rights) -> list[Step]:
    """Newest first, each with `mine`: whether this person may act on it now."""
    steps = (
        Step.objects.with_permission(rights)
        .with_deputised(rights)
        .with_own_round()
        .with_hands()
        .filter(process_id=case.pk)
        .order_by("-id")
    )
    steps = steps.select_related(
        "process", "previous", "acted_by", "on_behalf_of", "owner", "pool_unit", "recorded_by", "paper", "slip"
    )
    return list(steps.prefetch_related("paper__files"))


def stands_since(case: Any, current: Step | None) -> date | None:
    """The day of the round that is judged or was accepted; None while the unit's clock runs."""
    return None if current and not current.judging else case.submitted_on


def held_for(step: Step | None, days: dict[Any, int], pauses: Sequence[Suspension]) -> str:
    """How long the holder has had it; days on which it stood still are nobody's."""
    waited = -days.get(waiting_since(step), 0) - paused_days(step, days, pauses) if step else 0
    return f"{counted(waited)} ngày làm việc" if waited > 0 else ""


@require_POST
def seen(request: SignedInRequest, pk: int) -> HttpResponse:
    """The beacon of a step's page."""
    if not Step.objects.filter(pk=pk, agency_id=request.rights.agency_id).exists():
        raise Http404
    see(pk, request.rights)
    return HttpResponse(status=204)


@require_POST
def seen_many(request: SignedInRequest) -> HttpResponse:
    """The beacon of a page that shows several steps at once."""
    see_many([int(key) for key in request.POST.getlist("buoc") if key.isdigit()][:MOST], request.rights)
    return HttpResponse(status=204)
