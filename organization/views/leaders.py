"""Lãnh đạo phụ trách: who answers for which unit, from when."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from organization.enums import UnitKind
from organization.forms import LeaderInChargeForm, units_of
from organization.models import LeaderInCharge
from organization.people import put_in_charge
from organization.requests import SignedInRequest
from organization.views.gates import office_or_administrator_only


@require_http_methods(["GET", "POST"])
@office_or_administrator_only
def leaders(request: SignedInRequest) -> HttpResponse:
    agency = request.rights.agency_id
    form = LeaderInChargeForm(agency, request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        put_in_charge(request.rights, said["unit"], said["leader"], said["since"])
        messages.success(request, f"{said['leader'].full_name} phụ trách {said['unit'].name}.")
        return redirect("organization:leaders")
    rows = LeaderInCharge.objects.filter(agency_id=agency).select_related("unit", "leader")
    rows = rows.order_by("unit__position", "unit__sort_key", "-since")
    without = units_of(agency).exclude(pk__in=LeaderInCharge.objects.on(request.rights.on).values("unit_id"))
    without = without.exclude(kind=UnitKind.LEADERSHIP)
    return render(
        request,
        "organization/leaders.html",
        {"form": form, "rows": rows, "without": without, "today": request.rights.on},
    )
