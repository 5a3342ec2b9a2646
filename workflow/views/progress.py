"""Tiến độ of a task, each on a page of its own: the unit's word while it has the work in hand; the measure's target."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from organization.requests import SignedInRequest
from plans.errors import PlanRefused
from plans.services import put_target
from plans.views.guards import office_only, posted
from workflow import progress
from workflow.errors import Refused
from workflow.figures import figure_words
from workflow.forms import HappeningForm, ProgressForm, TargetForm
from workflow.models import Case
from workflow.selectors import assignments
from workflow.sentences import named

TOO_LATE = 409


@require_http_methods(["GET", "POST"])
def update(request: SignedInRequest, pk: int, *, happening: bool = False) -> HttpResponse:
    """Cập nhật tiến độ; or ghi nhận phát sinh, of work that may happen."""
    case = case_of(request, pk)
    progress.writing_for(case, request.rights)
    if happening and not progress.may_happen(case):
        raise Http404
    measure = case.assignment.measure
    title = "Ghi nhận phát sinh" if happening else "Cập nhật tiến độ"
    form = (HappeningForm if happening else ProgressForm)(
        posted(request), target=measure.target, unit=measure.target_unit
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            entry = progress.update(pk, progress.Said(**form.cleaned_data), request.rights)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            same = " Nội dung giống hệt kỳ trước." if entry.repeats else ""
            messages.success(request, f"Đã {title[0].lower()}{title[1:]} {named(case)}.{same}")
            return redirect("workflow:task", pk)
    return render(
        request, "workflow/progress/update.html", {"form": form, "case": case, "lines": progress.lines_of(case), "title": title},
        status=status,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
@office_only
def target(request: SignedInRequest, pk: int) -> HttpResponse:
    """Chỉ tiêu of the measure this work belongs to."""
    case = case_of(request, pk)
    measure = case.assignment.measure
    written = figure_words(measure.target) if measure.target is not None else ""
    form = TargetForm(posted(request), initial={"target": written, "unit": measure.target_unit})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            put_target(measure.pk, given["target"], given["unit"], request.rights)
        except PlanRefused as refusal:
            form.add_error("target", str(refusal))
        else:
            words = (
                "không đặt chỉ tiêu"
                if given["target"] is None
                else f"chỉ tiêu {figure_words(given['target'], given['unit'])}"
            )
            messages.success(request, f"Nhiệm vụ {case.code}: {words}, áp dụng cho mọi kỳ và mọi đơn vị chủ trì.")
            return redirect("workflow:task", pk)
    return render(request, "workflow/progress/target.html", {"form": form, "case": case})


def case_of(request: SignedInRequest, pk: int) -> Case:
    """404 for who does not see it."""
    cases = assignments(request.rights).select_related("unit", "assignment__measure")
    return get_object_or_404(cases, pk=pk)
