"""Tên gọi, nhóm đơn vị: what documents call the units, and whom a group stands for. Văn phòng or an administrator."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from organization import naming
from organization.forms import NameForm, working_units_of
from organization.models import Alias
from organization.refusals import Refused
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from organization.views.gates import office_or_administrator_only


@require_http_methods(["GET", "HEAD", "POST"])
@office_or_administrator_only
def names(request: SignedInRequest) -> HttpResponse:
    """The units with their names; a new name is written beside them."""
    form = NameForm(request.rights.agency_id, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            alias = naming.give_name(request.rights, said["unit"], said["text"], said["since"])
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, f"“{alias.text}” là {said['unit'].name}.")
            return redirect("organization:names")
    called = Prefetch("aliases", Alias.objects.order_by("until", "text"), to_attr="called")
    units = working_units_of(request.rights.agency_id).prefetch_related(called)
    return render(request, "organization/names.html", {"form": form, "units": units, "today": request.rights.on})


@require_POST
@office_or_administrator_only
def end(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(Alias, pk=pk, agency_id=request.rights.agency_id)
    try:
        alias = naming.end_name(request.rights, pk)
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, f"Đã thôi dùng tên gọi “{alias.text}”.")
    return redirect("organization:names")


@require_POST
@office_or_administrator_only
def groups(request: SignedInRequest) -> HttpResponse:
    """Whom «các phòng có thủ tục hành chính» stands for."""
    ticked = {int(key) for key in request.POST.getlist("don_vi") if key.isdecimal()}
    changed = naming.set_procedures(request.rights, ticked)
    messages.success(request, f"Nhóm “Các phòng có TTHC”: {counted(changed)} đơn vị thay đổi.")
    return redirect("organization:names")
