"""Bàn giao: one open step, many of one person at once; and who reviews what Văn phòng cannot."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from organization.requests import SignedInRequest
from organization.rights import Rights
from workflow import engine, reviewing, services
from workflow.errors import Refused
from workflow.forms import HandOverForm, ReviewerForm
from workflow.handing import NOT_YOURS, held_steps, may_hand, receivers_of
from workflow.models import Case, Step
from workflow.notices import page_of

TOO_LATE = 409
# a page that a browser still shows at once; the rest comes when these are done
LONGEST = 500


def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """The open step of a case, to another person, with the reason."""
    rights = request.rights
    case = get_object_or_404(Case.objects.visible_to(rights), pk=pk)
    step = Step.objects.open().filter(process=case).select_related("process__unit", "owner").first()
    if step is None or not may_hand(step, rights):
        raise PermissionDenied(NOT_YOURS)
    posted = request.POST if request.method == "POST" else None
    form = HandOverForm(posted, receivers=_others(receivers_of([step], rights), step.owner_id))
    status = 200
    if posted is not None and form.is_valid():
        to = form.receiver()
        try:
            engine.hand_over(step.pk, to, rights, note=form.cleaned_data["reason"], held_by=step.owner_id)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(request, f"Đã bàn giao bước {step.stage_title} cho {to.full_name}.")
            return redirect(page_of(step.process))
    return render(
        request, "workflow/handing/one.html", {"form": form, "step": step, "case": step.process}, status=status
    )


def hand_over_many(request: SignedInRequest) -> HttpResponse:
    """Everything that one person holds: ticks, who takes it, why; a result for each row."""
    rights = request.rights
    people = list(
        held_steps(rights).order_by("owner__name_key", "owner_id")
        .values("owner_id", "owner__full_name", "owner__code").annotate(count=Count("pk"))
    )  # fmt: skip
    chosen = request.GET.get("nguoi", "")
    person = next((row for row in people if str(row["owner_id"]) == chosen), None)
    if chosen and person is None and request.method != "POST":
        raise Http404("Người này không giữ việc nào trong phạm vi được giao.")
    if chosen and person is None:
        messages.warning(request, "Người này không còn giữ việc nào để bàn giao.")
    steps = _steps_of(rights, person["owner_id"]) if person else []
    ticked = set(request.POST.getlist("step")) if request.method == "POST" else {str(step.pk) for step in steps}
    posted = request.POST if request.method == "POST" else None
    form = HandOverForm(posted, receivers=_others(receivers_of(steps, rights), person["owner_id"] if person else None))
    results = _handed(form, [step for step in steps if str(step.pk) in ticked], rights) if posted is not None else None
    if results is not None:
        steps = _steps_of(rights, person["owner_id"]) if person else []
    return render(request, "workflow/handing/many.html", {
        "people": people, "person": person, "form": form, "results": results, "longest": LONGEST,
        "done": sum(not result.refusal for result in results or ()),
        "rows": [(step, str(step.pk) in ticked) for step in steps],
        "may_transfer": rights.is_office or rights.leads,
    })  # fmt: skip


def _handed(form: HandOverForm, steps: Sequence[Step], rights: Rights) -> list[services.Result] | None:
    """A result for each row; None where the form says what is missing first."""
    if not form.is_valid():
        return None
    if not steps:
        form.add_error(None, "Chưa chọn việc nào. Đánh dấu ít nhất một việc.")
        return None
    return services.hand_over_many(steps, form.receiver(), rights, reason=form.cleaned_data["reason"])


def _steps_of(rights: Rights, person: int) -> list[Step]:
    steps = held_steps(rights).filter(owner_id=person).select_related("process__unit", "owner")
    return list(steps.order_by("process__due_on", "process__code", "pk")[:LONGEST])


def _others(receivers: dict[int, str], holder: int | None) -> dict[int, str]:
    return {key: words for key, words in receivers.items() if key != holder}


def name_reviewer(request: SignedInRequest, pk: int) -> HttpResponse:
    """Chỉ định người rà soát chéo, by leadership."""
    rights = request.rights
    cases = Case.objects.visible_to(rights).filter(assignment__isnull=False, finished=None)
    case = get_object_or_404(cases.select_related("unit", "assignment__reviewer"), pk=pk)
    if not rights.leads:
        raise PermissionDenied(reviewing.FOR_LEADERS)
    posted = request.POST if request.method == "POST" else None
    form = ReviewerForm(posted, initial={"reviewer": case.assignment.reviewer_id})
    form.fields["reviewer"].queryset = reviewing.candidates(case, rights)  # type: ignore[attr-defined]
    status = 200
    if posted is not None and form.is_valid():
        reviewer = form.cleaned_data["reviewer"]
        try:
            reviewing.name_reviewer(pk, reviewer, rights, note=form.cleaned_data["note"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            words = f"{reviewer.full_name} rà soát chéo" if reviewer else "theo quy trình chung"
            messages.success(request, f"Nhiệm vụ {case.code}: {words} từ lần nộp tới.")
            return redirect("workflow:task", pk)
    return render(request, "workflow/handing/reviewer.html", {"form": form, "case": case}, status=status)
