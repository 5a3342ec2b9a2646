"""Nhiệm vụ: all the work a person may see, in which stage it is and who holds it."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import islice

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from audit import services as audit
from audit.models import Stream
from organization.requests import SignedInRequest
from organization.rights import Rights
from workflow import facets
from workflow.filters import STATES, TasksWanted
from workflow.paging import page_of
from workflow.querysets import CaseQuerySet
from workflow.rows import task_rows
from workflow.selectors import assignments, fields_of, soon_until, task_cells
from workflow.workbook import MOST_ROWS, tasks_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_safe
def tasks(request: SignedInRequest) -> HttpResponse:
    rights, wanted = request.rights, TasksWanted.read(request.GET)
    soon = soon_until(rights)
    cells = task_cells(rights, soon, wanted.condition)
    tabs = facets.task_tabs(cells, wanted)
    count = next(tab.count for tab in tabs if tab.current)
    page = page_of(of_list(rights, soon, wanted), count, wanted.page)
    return render(request, "workflow/tasks.html", {
        "works": bool(rights.units), "wanted": wanted, "page": page, "rows": task_rows(list(page), rights), "any": bool(cells), "tabs": tabs,
        "chips": facets.task_chips(cells, wanted), "count": count,
        "units": facets.options(((cell.unit_id, cell.unit) for cell in cells), wanted.don_vi),
        "plans": facets.options(((cell.plan_id, cell.plan) for cell in cells if cell.plan_id), wanted.ke_hoach),
        "stages": facets.task_stages(wanted), "fields": facets.task_fields(fields_of(rights.agency_id), wanted),
    })  # fmt: skip


@require_safe
def export(request: SignedInRequest) -> HttpResponse:
    """Kết xuất Excel: the rows of the list, all its pages. Who took them, and which, is written in the ledger."""
    rights, wanted = request.rights, TasksWanted.read(request.GET)
    cases = of_list(rights, soon_until(rights), wanted).iterator(chunk_size=2000)
    name = f"nhiem-vu-{localdate():%Y-%m-%d}.xlsx"
    book = tasks_workbook(islice(cases, MOST_ROWS), rights.on)
    if request.method == "GET":
        with audit.transaction():
            audit.record("tasks.exported", f"agency:{rights.agency_id}", agency=rights.agency_id, actor=rights.user_id,
                         stream=Stream.ACCESS, wanted=request.GET.urlencode(), sha256=hashlib.sha256(book).hexdigest())  # fmt: skip
    answer = HttpResponse(book, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def of_list(rights: Rights, soon: date, wanted: TasksWanted) -> CaseQuerySet:
    """The cases that are wanted, with their state and who holds them, soonest due first."""
    cases = assignments(rights).filter(wanted.condition).with_timeliness(rights.on, soon).with_holder(rights.on)
    if wanted.don_vi is not None:
        cases = cases.filter(unit_id=wanted.don_vi)
    if wanted.ke_hoach is not None:
        cases = cases.filter(plan_id=wanted.ke_hoach)
    if wanted.tinh_trang:
        cases = cases.filter(timeliness__in=STATES[wanted.tinh_trang][1])
    return cases.select_related("unit", "plan").soonest_first()
