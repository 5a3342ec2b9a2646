"""Việc thường xuyên theo kỳ báo cáo: which unit has said what in which period."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organization.requests import SignedInRequest
from workflow.filters import number
from workflow.ongoing import ongoing, rows_of
from workflow.paging import page_of


@require_safe
def by_period(request: SignedInRequest) -> HttpResponse:
    cases = ongoing(request.rights)
    count = cases.count()
    page = page_of(cases, count, number(request.GET, "page") or 1)
    rows = rows_of(list(page.object_list), request.rights.on)
    return render(request, "workflow/progress/by_period.html", {"page": page, "rows": rows, "count": count})
