"""What lists and pages read: what waits for a person, and who holds the work now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.utils.timezone import localdate, now

from organization import calendar
from organization.enums import Role
from organization.rights import Rights
from plans.models import MeasureText
from workflow.flows import AssignmentFlow
from workflow.models import Case, Sighting, Step, Suspension
from workflow.querysets import CaseQuerySet, words_in
from workflow.timeliness import State, Urgency

SEVEN_WORKING_DAYS = timedelta(days=9)
JUST, FEW = timedelta(days=2), 5


def inbox_count(rights: Rights) -> int:
    """How many steps wait for this person now: the badge, and the total of the inbox."""
    return Step.objects.inbox(rights).count()


def recallable(rights: Rights) -> list[Step]:
    """What this person has just handed on and nobody has opened yet: it may be recalled. One query."""
    nodes = (AssignmentFlow.submit, AssignmentFlow.review, AssignmentFlow.approve)
    opened = Sighting.objects.filter(step_id=OuterRef("pk")).exclude(user_id=rights.user_id)
    paused = Suspension.objects.filter(case_id=OuterRef("process_id"), until=None)
    steps = Step.objects.open().filter(
        ~Exists(opened), ~Exists(paused), agency_id=rights.agency_id, flow_task__in=nodes, process_id=F("previous__process_id"),
        previous__acted_by_id=rights.user_id, previous__judging=False, previous__pulled=False,
        previous__finished__gte=now() - JUST,
    )  # fmt: skip
    return list(steps.select_related("process").order_by("-previous__finished")[:FEW])


@dataclass(frozen=True, slots=True)
class Cell:
    """How many steps of an inbox share stage, unit, plan and urgency; `found` of them match the search."""

    node: Any
    unit_id: int
    unit: str
    plan_id: int | None
    plan: str
    urgency: Urgency
    count: int
    found: int


def inbox_cells(rights: Rights, soon: date, search: str) -> list[Cell]:
    """The whole inbox counted in one query; every figure and filter of the page is a sum of these."""
    rows = (
        Step.objects.inbox(rights)
        .with_urgency(rights.on, soon)
        .order_by()
        .values_list("flow_task", "process__unit_id", "process__unit__name", "process__plan_id", "process__plan__year",
                     "process__plan__number", "urgency")
        .annotate(count=Count("pk"), found=Count("pk", filter=words_in("process__folded", search) if search else None))
    )  # fmt: skip
    return [
        Cell(node, unit_id, unit, plan_id, plan_name(year, number), Urgency(urgency), count, found)
        for node, unit_id, unit, plan_id, year, number, urgency, count, found in rows
    ]


@dataclass(frozen=True, slots=True)
class TaskCell:
    """How many cases share state, unit and plan; `found` of them meet the other conditions of the list."""

    state: State
    unit_id: int
    unit: str
    plan_id: int | None
    plan: str
    found: int


def assignments(rights: Rights) -> CaseQuerySet:
    """Việc giao this person may see."""
    return Case.objects.visible_to(rights).filter(flow_class=AssignmentFlow)


def task_cells(rights: Rights, soon: date, condition: Q) -> list[TaskCell]:
    """All the work this person may see, counted in one query; every figure and filter of the list is a sum of these."""
    rows = (
        assignments(rights)
        .with_timeliness(rights.on, soon)
        .order_by()
        .values_list("timeliness", "unit_id", "unit__name", "plan_id", "plan__year", "plan__number")
        .annotate(found=Count("pk", filter=condition or None))
    )
    return [
        TaskCell(State(state), unit_id, unit, plan_id, plan_name(year, number), found)
        for state, unit_id, unit, plan_id, year, number, found in rows
    ]


def fields_of(agency_id: int) -> list[str]:
    """The fields under which issued plans put their rows, in the order of the plans."""
    texts = MeasureText.objects.filter(measure__agency_id=agency_id, version__plan__issued_at__isnull=False)
    named = (
        texts.exclude(field="")
        .order_by()
        .values_list("field")
        .annotate(first=Min("position"))
        .order_by("first", "field")
    )
    return [field for field, _ in named]


def plan_name(year: int | None, number: str | None) -> str:
    return " ".join(part for part in (f"Năm {year}" if year else "", f"({number})" if number else "") if part)


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds a case now: `who` in words, the stage, and since when."""

    case_id: int
    step_id: int
    node: Any
    stage: str
    who: str
    unit: str
    person_id: int | None
    since: datetime

    @property
    def words(self) -> str:
        return f"{self.who}, {self.unit}" if self.unit else self.who


def current_holders(case_ids: Iterable[int], on: date | None = None) -> dict[int, Holding]:
    """Đang ở khâu nào, ai đang giữ: for each of these cases that has not ended. One query."""
    cases = Case.objects.filter(pk__in=list(case_ids), finished=None).with_holder(on or localdate()).only("pk")
    holdings = (holder_of(case) for case in cases)
    return {holding.case_id: holding for holding in holdings if holding}


def holder_of(case: Any) -> Holding | None:
    """Who holds a case that carries what `with_holder` adds; None where it has ended."""
    if case.held_step is None:
        return None
    stage = str(case.held_node.task_title) if case.held_node else ""
    who = case.held_name or pool_words(case.held_role, case.held_pool or "")
    unit = (case.held_unit or "") if case.held_name else ""
    return Holding(case.pk, case.held_step, case.held_node, stage, who, unit, case.held_by, case.held_since)


def pool_words(role: str, unit: str) -> str:
    """Whose turn it is where nobody in person holds the step."""
    if role == Role.REVIEWER:
        return f"{unit} (chưa ai nhận)"
    if role == Role.HEAD:
        return f"Trưởng p{unit[1:]}" if unit.startswith("Phòng ") else f"Lãnh đạo {unit}"
    return f"{Role(role).label}, {unit}"


def soon_until(rights: Rights) -> date:
    """The last day that counts as near; by weeks where nobody has filled in the calendar yet."""
    try:
        return calendar.soon_until(rights.agency_id, rights.on)
    except calendar.BeyondCalendar:
        return rights.on + SEVEN_WORKING_DAYS


def working_days(rights: Rights, dates: Iterable[date | None]) -> dict[date, int]:
    """Working days from today to each date, below zero where it has passed. One query.

    Dates of a year that the calendar does not have are left out: a list is shown without their days.
    """
    wanted = {day for day in dates if day}
    while wanted:
        try:
            return calendar.working_days_between(rights.agency_id, wanted, rights.on)
        except calendar.BeyondCalendar as gap:
            if gap.year == rights.on.year:
                return {}
            wanted = {day for day in wanted if day.year != gap.year}
    return {}
