"""Dự báo điểm of a bộ tiêu chí."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organization.requests import SignedInRequest
from reports.forecast import forecast_of
from workflow.filters import day, number
from workflow.selectors import soon_until
from workflow.stake import ESTIMATE, scales_of


@require_safe
def forecast(request: SignedInRequest) -> HttpResponse:
    """The first live set, or the one asked for by `bo`; as of `ngay`."""
    rights, asked = request.rights, number(request.GET, "bo")
    if not rights.oversees:
        raise PermissionDenied("Dự báo điểm dành cho Văn phòng và lãnh đạo.")
    until = day(request.GET, "ngay") or soon_until(rights)
    scales = sorted(scales_of(rights.agency_id), key=lambda scale: -scale.criteria_set.year)
    scale = next((one for one in scales if one.criteria_set.pk == asked), None if asked else next(iter(scales), None))
    if asked and scale is None:
        raise Http404("Không có bộ tiêu chí đó.")
    found = forecast_of(scale, scales, rights, until) if scale else None
    return render(request, "reports/forecast.html", {
        "found": found, "until": until, "estimate": ESTIMATE, "sets": [one.criteria_set for one in scales],
    })  # fmt: skip
