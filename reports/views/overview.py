"""Tổng quan."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import now

from organization.requests import SignedInRequest
from plans.models import Plan
from reports.charts import curve
from reports.overview import overview_of
from workflow.stake import ESTIMATE


def overview(request: SignedInRequest) -> HttpResponse:
    """The newest plan, or the one asked for by `ke-hoach`."""
    rights = request.rights
    if not rights.oversees:
        raise PermissionDenied
    plans = list(Plan.objects.of(rights.agency_id).issued().annotate(rows=Count("measures")))
    asked = request.GET.get("ke-hoach", "")
    plan = next((plan for plan in plans if str(plan.pk) == asked), plans[0] if plans else None)
    context: dict[str, Any] = {"plans": plans, "plan": plan, "moment": now()}
    if plan:
        found = overview_of(plan, rights)
        # the most to lose first, where that is asked for
        by_points = request.GET.get("xep") == "diem"
        if by_points:
            found.units.sort(key=lambda bar: -bar.at_stake)
            found.fields.sort(key=lambda bar: -bar.at_stake)
        context |= {
            "found": found,
            "by_points": by_points,
            "estimate": ESTIMATE,
            "curve": curve(found.planned, found.achieved),
            "months": range(1, 13),
        }
    return render(request, "reports/overview.html", context)
