"""Việc cần xử lý: what waits for this person now, most pressing first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organization.requests import SignedInRequest
from organization.rights import Rights
from organization.vietnamese import WEEKDAYS, short_date
from workflow import facets
from workflow.filters import GROUPS, InboxWanted
from workflow.flows import AssignmentFlow
from workflow.models import Step
from workflow.paging import page_of
from workflow.querysets import StepQuerySet
from workflow.rows import InboxRow, in_groups, inbox_rows
from workflow.selectors import inbox_cells, recallable, soon_until
from workflow.slips.reading import open_for
from workflow.stake import scales_of, stake_of

DUE = F("process__due_on").asc(nulls_last=True)
ORDERINGS = {
    "": ("urgency", DUE, "process__code", "pk"),
    "diem": ("-process__points", DUE, "pk"),
    "cho": ("created", "pk"),
}


@require_safe
def inbox(request: SignedInRequest) -> HttpResponse:
    rights, wanted = request.rights, InboxWanted.read(request.GET)
    soon = soon_until(rights)
    cells = inbox_cells(rights, soon, wanted.q)
    shown = [cell for cell in cells if facets.fits(cell, wanted)]
    total = facets.total(cells)
    # the badge of the side bar is this same figure: it is not counted twice
    request.counted = {"workflow:inbox": total}
    steps = Step.objects.inbox(rights).with_urgency(rights.on, soon)
    page = page_of(of_list(steps, rights, wanted, {cell.node for cell in shown}), facets.found(shown), wanted.page)
    rows = inbox_rows(list(page), rights)
    return render(request, "workflow/inbox.html", {
        "wanted": wanted, "leads": request.rights.leads, "total": total, "page": page, "rows": rows,
        "groups": [] if wanted.xep else in_groups(rows, facets.found_by_urgency(shown)),
        "today": f"{WEEKDAYS[rights.on.weekday()]}, ngày {short_date(rights.on)}",
        "figures": facets.inbox_figures(cells, at_stake(rights, soon)) if total else [],
        "tabs": facets.inbox_tabs(cells, wanted),
        "chips": facets.inbox_chips(cells, wanted),
        "units": facets.options(((cell.unit_id, cell.unit) for cell in cells), wanted.don_vi),
        "plans": facets.options(((cell.plan_id, cell.plan) for cell in cells if cell.plan_id), wanted.ke_hoach),
        "times": facets.inbox_times(cells, wanted),
        "orders": facets.inbox_orders(wanted),
        "recallable": recallable(rights),
        "slips": open_for(rights) if rights.leads else [],
        "bulk_verb": bulk_verb(rows, rights),
        "to_assign": facets.total(cell for cell in cells if cell.node is AssignmentFlow.assign),
    })  # fmt: skip


def at_stake(rights: Rights, soon: date) -> Decimal:
    """Of all the work in the person's sight, not only of what waits for them: its own page lists the rows."""
    return stake_of(scales_of(rights.agency_id), rights, until=soon).total


def bulk_verb(rows: Sequence[InboxRow], rights: Rights) -> str:
    """What is done with the rows that are ticked; empty where no row of this page can be."""
    if not any(row.picks for row in rows):
        return ""
    return "Phê duyệt" if rights.leads and not rights.is_office else "Xử lý" if rights.leads else "Trình duyệt"


def of_list(steps: StepQuerySet, rights: Rights, wanted: InboxWanted, nodes: set[object]) -> StepQuerySet:
    """The steps that are wanted, with what a row shows: cases, steps, names of units and people, nothing else."""
    steps = steps.matching(wanted.q).with_rounds().with_grants().select_related("process__unit", "previous")
    if wanted.don_vi is not None:
        steps = steps.filter(process__unit_id=wanted.don_vi)
    if wanted.ke_hoach is not None:
        steps = steps.filter(process__plan_id=wanted.ke_hoach)
    if wanted.buoc:
        steps = steps.filter(flow_task__in=nodes)
    if wanted.han:
        steps = steps.filter(urgency__in=GROUPS[wanted.han])
    return steps.with_deputised(rights).order_by(*ORDERINGS[wanted.xep])
