"""The order of the inbox, and what stands before and after a case in it."""

from __future__ import annotations

from datetime import date

from django.db.models import Case as Choose
from django.db.models import F, Q, Value, When
from django.db.models.functions import Coalesce

from organization.rights import Rights
from workflow.models import Case, Step
from workflow.querysets import StepQuerySet

NEVER = date.max  # what has no due date comes last
ORDER = ("due", "process__code", "process_id")


def queued(rights: Rights) -> StepQuerySet:
    """The inbox with `due` (no date: the last day there is), for the order soonest due, code, case."""
    return Step.objects.inbox(rights).annotate(due=Coalesce("process__due_on", Value(NEVER)))


def neighbours(case: Case, rights: Rights) -> dict[str, int]:
    """The steps `before` and `after` this case in the inbox, where there are any. One query."""
    others, here = queued(rights).exclude(process_id=case.pk), place(case)
    backwards = [F(key).desc() for key in ORDER]
    before = others.filter(_beyond(here, "lt")).order_by(*backwards).values_list(Value("before"), "pk")[:1]
    after = others.filter(_beyond(here, "gt")).order_by(*ORDER).values_list(Value("after"), "pk")[:1]
    return dict(before.union(after, all=True))


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
