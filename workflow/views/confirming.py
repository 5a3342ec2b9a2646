"""Văn phòng đã xác nhận: the list leadership reads, and taking one of it up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from organization.requests import SignedInRequest
from organization.vietnamese import sort_key
from plans.views.guards import posted
from workflow import services
from workflow.bulk import last_rounds
from workflow.confirming import confirmed
from workflow.errors import Refused
from workflow.facets import Option
from workflow.filters import Wanted, number
from workflow.forms import LookAgainForm
from workflow.models import Case
from workflow.paging import page_of

REFUSED = 409


@require_safe
def confirmed_list(request: SignedInRequest) -> HttpResponse:
    rights = request.rights
    if not rights.oversees:
        raise PermissionDenied("Chỉ lãnh đạo và Văn phòng xem danh sách Văn phòng đã xác nhận.")
    wanted = Wanted(don_vi=number(request.GET, "don_vi"), page=number(request.GET, "page") or 1)
    steps = confirmed(rights)
    units = list(steps.order_by().values_list("process__unit_id", "process__unit__name").annotate(found=Count("pk")))
    if wanted.don_vi is not None:
        steps = steps.filter(process__unit_id=wanted.don_vi)
    found = sum(count for unit, _, count in units if wanted.don_vi in {None, unit})
    page = page_of(steps.select_related("process__unit", "acted_by", "on_behalf_of"), found, wanted.page)
    rounds = last_rounds(step.process_id for step in page)
    return render(request, "workflow/confirming/list.html", {
        "page": page, "wanted": wanted, "leads": rights.leads, "found": found,
        "rows": [(step, *rounds.get(step.process_id, (None, []))) for step in page],
        "units": [Option(str(unit), f"{name} ({count})", unit == wanted.don_vi)
                  for unit, name, count in sorted(units, key=lambda row: sort_key(row[1]))],
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def look_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lấy lên xem lại: by leadership, with the reason; the case goes to the approval."""
    rights = request.rights
    cases = Case.objects.visible_to(rights).filter(assignment__isnull=False)
    case = get_object_or_404(cases.select_related("unit"), pk=pk)
    if not rights.leads:
        raise PermissionDenied("Chỉ lãnh đạo lấy nhiệm vụ Văn phòng đã xác nhận lên xem lại.")
    form = LookAgainForm(posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            step = services.pull_up(case, rights, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = REFUSED
        else:
            messages.success(request, f"Đã lấy nhiệm vụ {case.code} lên bước phê duyệt.")
            mine = step.owner_id == rights.user_id
            return redirect(reverse("workflow:approve", args=[step.pk]) if mine else reverse("workflow:confirmed"))
    context: dict[str, Any] = {"case": case, "form": form}
    return render(request, "workflow/confirming/look.html", context, status=status)
