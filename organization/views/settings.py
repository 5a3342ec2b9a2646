"""Thiết lập: what the agency decides for itself, by Văn phòng or an administrator."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from organization.agencies import change_settings
from organization.forms import SettingsForm
from organization.models import AgencySettings
from organization.requests import SignedInRequest
from organization.views.gates import office_or_administrator_only


@require_http_methods(["GET", "POST"])
@office_or_administrator_only
def settings(request: SignedInRequest) -> HttpResponse:
    now = AgencySettings.objects.get(agency_id=request.rights.agency_id)
    known = {name: getattr(now, name) for name in SettingsForm.base_fields}
    form = SettingsForm(request.POST if request.method == "POST" else None, initial=known)
    if request.method == "POST" and form.is_valid():
        change_settings(request.rights, form.cleaned_data)
        messages.success(request, "Đã lưu thiết lập.")
        return redirect("organization:settings")
    return render(request, "organization/settings.html", {"form": form})
