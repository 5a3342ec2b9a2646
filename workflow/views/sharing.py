"""Dùng chung kết quả: a row of another plan that is done with this one. Văn phòng and leadership."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from organization.requests import SignedInRequest
from organization.vietnamese import clean
from workflow import sharing
from workflow.errors import Refused
from workflow.models import Case
from workflow.selectors import assignments

TOO_LATE = 409
LONGEST = 200
NOTHING_PICKED = "Chưa chọn dòng nào. Chọn một dòng của kế hoạch khác."


@require_http_methods(["GET", "HEAD", "POST"])
def share_result(request: SignedInRequest, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    if request.method != "POST":
        return show(request, case)
    picked = request.POST.get("case", "")
    if not picked.isdecimal() or len(picked) > 18:
        return show(request, case, NOTHING_PICKED)
    other = get_object_or_404(assignments(request.rights).select_related("plan"), pk=int(picked))
    try:
        sharing.share(pk, other.pk, request.rights)
    except Refused as refusal:
        return show(request, case, str(refusal), other.pk)
    messages.success(request, f"Nhiệm vụ {other.code}, {other.plan}, dùng chung kết quả của nhiệm vụ {case.code}.")
    return redirect("workflow:task", pk)


def show(request: SignedInRequest, case: Case, refusal: str = "", picked: int = 0) -> HttpResponse:
    text = clean(request.GET.get("tim", ""))[:LONGEST]
    context = {
        "case": case, "rows": sharing.offered(case, request.rights, text), "text": text, "refusal": refusal, "picked": picked,
        "done": case.status == Case.DONE,
    }  # fmt: skip
    return render(request, "workflow/sharing/share.html", context, status=TOO_LATE if refusal else 200)


@require_POST
def unshare_result(request: SignedInRequest, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    try:
        sharing.withdraw(pk, request.rights)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"Nhiệm vụ {case.code} thôi dùng chung kết quả.")
    return redirect("workflow:task", pk)


def case_of(request: SignedInRequest, pk: int) -> Case:
    """404 for who does not see it, 403 for who sees it and may not."""
    case = get_object_or_404(assignments(request.rights).select_related("unit", "plan"), pk=pk)
    if not sharing.may_share(request.rights):
        raise PermissionDenied(sharing.FOR_WHOM)
    return case
