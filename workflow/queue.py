"""The order of the inbox, and what stands before and after a case in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Case as Choose
from django.db.models import Count, F, Q, Value, When, Window
from django.db.models.functions import Coalesce

from organization.rights import Rights
from workflow.models import Case, Step
from workflow.querysets import StepQuerySet

NEVER = date.max  # what has no due date comes last
ORDER = ("due", "process__code", "process_id")


def queued(rights: Rights) -> StepQuerySet:
    """The inbox with `due` (no date: the last day there is), for the order soonest due, code, case."""
    return Step.objects.inbox(rights).annotate(due=Coalesce("process__due_on", Value(NEVER)))


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The steps before and after one in the inbox, which is the `place`-th of `total`."""

    place: int
    total: int
    before: int | None = None
    after: int | None = None


def neighbours(step: Step, rights: Rights) -> Neighbours:
    """Of a step that this person may take. One query, however long the inbox."""
    others, here = queued(rights).exclude(pk=step.pk), place(step.process)
    backwards = [F(key).desc() for key in ORDER]
    before = others.filter(_beyond(here, "lt")).order_by(*backwards)
    after = others.filter(_beyond(here, "gt")).order_by(*ORDER)
    counted = Window(Count("pk"))
    rows = before.values_list(Value("before"), "pk", counted)[:1].union(
        after.values_list(Value("after"), "pk", counted)[:1], all=True
    )
    found = {side: (pk, number) for side, pk, number in rows}
    (earlier, ahead), (later, behind) = found.get("before", (None, 0)), found.get("after", (None, 0))
    # a step whose period has not begun is opened from elsewhere: it is not in the inbox yet
    listed = step.opens_on <= rights.on
    return Neighbours(ahead + 1, ahead + behind + listed, earlier, later)


def following(case: Case, rights: Rights) -> Step | None:
    """What to open after a decision on this case: the next row of the inbox; at its end, the first."""
    others = queued(rights).exclude(process_id=case.pk)
    passed = When(_beyond(place(case), "gt"), then=Value(0))
    return others.order_by(Choose(passed, default=Value(1)), *ORDER).first()


def place(case: Case) -> tuple[object, ...]:
    """Where a case stands in the order."""
    return (case.due_on or NEVER, case.code, case.pk)


def _beyond(here: tuple[object, ...], side: str) -> Q:
    """Rows on one side of `here`: the first key that differs decides."""
    beyond, same = Q(pk__in=[]), Q()
    for key, value in zip(ORDER, here, strict=True):
        beyond |= same & Q(**{f"{key}__{side}": value})
        same &= Q(**{key: value})
    return beyond
