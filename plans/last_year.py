"""What a draft changes of a unit's work against its plan of the year before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from django.utils.timezone import localdate

from organization.models import Unit
from plans.amendments import newest_version, rows_of_version
from plans.differences import Difference, difference, matched
from plans.drafting import DraftCriterion, DraftRow
from plans.leads import LeadBook
from plans.models import Plan


def plan_before(plan: Plan) -> Plan | None:
    """The agency's plan of the year before that went under way last."""
    return Plan.objects.of(plan.agency_id).issued().filter(year=plan.year - 1).order_by("-issued_on", "-id").first()


def compared(plan: Plan, before: Plan, unit: Unit) -> Difference:
    """The rows that the unit leads in both; years and due dates that only move with the year are no difference."""
    units = {unit.pk, *unit.predecessors.values_list("pk", flat=True)}
    book = LeadBook.of(plan.agency_id, localdate())
    was = _led_by(rows_of_version(newest_version(before)), units, book)
    now = [replace(row, measure_id=None) for row in _led_by(rows_of_version(newest_version(plan)), units, book)]
    old = [_moved(row, before.year, plan.year) for row in was]
    found = difference([_undated(row) for row in old], [_undated(row) for row in matched(old, now)])
    as_it_was = {row.measure_id: row for row in was}
    return replace(found, dropped=[as_it_was[row.measure_id] for row in found.dropped])


def _led_by(rows: Sequence[DraftRow], units: set[int], book: LeadBook) -> list[DraftRow]:
    def leads(row: DraftRow) -> bool:
        return any(owner.unit_id in units or bool(units & set(book.groups.get(owner.group, ()))) for owner in row.leads)

    return [row for row in rows if leads(row)]


def _moved(row: DraftRow, year: int, to: int) -> DraftRow:
    def moved(text: str) -> str:
        return re.sub(rf"(?<!\d){year}(?!\d)", str(to), text)

    return replace(
        row, task=moved(row.task), solution=moved(row.solution), product=moved(row.product), note=moved(row.note),
        deadline=replace(row.deadline, raw=moved(row.deadline.raw)), read={},
        criteria=tuple(DraftCriterion(c.code, moved(c.name), c.points) for c in row.criteria),
    )  # fmt: skip


def _undated(row: DraftRow) -> DraftRow:
    return replace(row, deadline=replace(row.deadline, occurrences=()))
