"""What leadership says of a case beside the flow, each on a page of its own; a directive may be sent from the task page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from organization.requests import SignedInRequest
from workflow import directing
from workflow.errors import Refused
from workflow.forms import CauseForm, DirectiveForm
from workflow.models import Case
from workflow.selectors import assignments
from workflow.sentences import named

TOO_LATE = 409


@require_http_methods(["GET", "POST"])
def direct(request: SignedInRequest, pk: int) -> HttpResponse:
    """Cho ý kiến chỉ đạo."""
    case = case_for_leaders(request, pk)
    form = DirectiveForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            directing.direct(pk, request.rights, text=form.cleaned_data["text"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(
                request, f"Đã gửi ý kiến chỉ đạo về {named(case)} tới người thực hiện, trưởng đơn vị và Văn phòng."
            )
            return redirect("workflow:task", pk)
    return render(request, "workflow/directing/direct.html", {"form": form, "case": case}, status=status)


@require_http_methods(["GET", "POST"])
def confirm_cause(request: SignedInRequest, pk: int) -> HttpResponse:
    """Xác nhận nguyên nhân khách quan."""
    case = case_for_leaders(request, pk)
    form = CauseForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            directing.confirm_cause(pk, request.rights, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(request, f"Đã xác nhận nguyên nhân khách quan của {named(case)}.")
            return redirect("workflow:task", pk)
    return render(request, "workflow/directing/cause.html", {"form": form, "case": case}, status=status)


def case_for_leaders(request: SignedInRequest, pk: int) -> Case:
    """404 for who does not see it, 403 for who sees it and does not lead."""
    case = get_object_or_404(assignments(request.rights).select_related("unit"), pk=pk)
    directing.leading_for(request.rights)
    return case
