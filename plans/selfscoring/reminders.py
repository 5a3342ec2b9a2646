"""The ladder of self-scoring: 7, 3 and 1 working days before a day that runs, and the day itself.

Only the rung in force is owed, once to each person (the notice's unique key claims it), whatever day the job last ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from organization.calendar import is_working_day, working_days_between
from organization.enums import LEADERS
from plans.selfscoring import notices, selectors
from plans.selfscoring.checks import share_of, unexplained
from plans.selfscoring.gate import explains, held_by_unit, until
from plans.selfscoring.models import ScoringRound
from plans.selfscoring.states import State

RUNGS = (0, 1, 3, 7)


@dataclass(frozen=True, slots=True)
class Owed:
    """Whom a day concerns, and how many criteria wait for them."""

    posts: Q
    due: date
    number: int


def remind(on: date) -> int:
    """How many notices are new. Days off owe nothing. Raises BeyondCalendar where the calendar has no such day."""
    running = (State.OPEN, State.CHECKING, State.PRESENTED, State.EXPLAINING)
    rounds = ScoringRound.objects.filter(state__in=running).select_related("criteria_set").order_by("pk")
    works: dict[int, bool] = {}
    made = 0
    for found in rounds:
        if found.agency_id not in works:
            works[found.agency_id] = is_working_day(found.agency_id, on)
        if works[found.agency_id]:
            made += _remind(found, list(_owed(found, on)), on)
    return made


def _remind(found: ScoringRound, owed: list[Owed], on: date) -> int:
    away = working_days_between(found.agency_id, {one.due for one in owed}, on) if owed else {}
    return sum(
        notices.reminded(found, one.posts, one.due, rung, one.number, on)
        for one in owed
        if one.due >= on and (rung := next((rung for rung in RUNGS if away[one.due] <= rung), None)) is not None
    )


def _owed(found: ScoringRound, on: date) -> Iterator[Owed]:
    if found.state == State.PRESENTED:
        yield Owed(Q(role__in=LEADERS), found.close_by, 0)
        return
    for (unit, due), number in _counted(_waiting(found, on)).items():
        yield Owed(notices.of_units([unit]), due, number)


def _waiting(found: ScoringRound, on: date) -> Iterator[tuple[int, date]]:
    """Each criterion that a unit has in hand or owes a word about: the unit, and until when."""
    for one in selectors.scored_criteria(found):
        share = share_of(one)
        if share and held_by_unit(found, share, on):
            yield share.unit_id, until(found, share)
        elif share and found.explain_until and explains(found, on) and unexplained(one):
            yield share.unit_id, found.explain_until


def _counted(waiting: Iterable[tuple[int, date]]) -> dict[tuple[int, date], int]:
    numbers: dict[tuple[int, date], int] = {}
    for key in waiting:
        numbers[key] = numbers.get(key, 0) + 1
    return numbers
