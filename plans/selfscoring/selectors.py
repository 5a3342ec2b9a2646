"""What pages and verbs of a đợt tự chấm read."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils.timezone import localdate

from organization.enums import UnitKind
from organization.models import Unit
from organization.rights import Rights
from plans.criteria.models import CriteriaSet, Criterion, Standing
from plans.criteria.selectors import named_by_plans
from plans.enums import OwnerKind, Part
from plans.models import MeasureUnit
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.states import ShareState

DONE = Q(criterion__score__self_score__isnull=False) | Q(
    criterion__score__standing__in=(Standing.NOT_APPLICABLE, Standing.NOTHING)
)


def scored_criteria(found: ScoringRound) -> list[Criterion]:
    """All that are scored, with score and share and how many documents prove each. One query."""
    criteria = Criterion.objects.filter(criteria_set=found.criteria_set_id, leaf=True)
    criteria = criteria.select_related("score", "share__unit").annotate(papers=Count("documents"))
    return list(criteria.order_by("position"))


def proposed(found: CriteriaSet) -> dict[int, int]:
    """For each criterion the unit that leads most of the plan's work for it, or for the field it is part of."""
    texts = named_by_plans(found).exclude(code="").order_by().values_list("code", "text")
    by_text: dict[int, set[str]] = {}
    for code, text in texts:
        by_text.setdefault(text, set()).add(code)
    there = Unit.objects.on(localdate()).filter(agency=found.agency_id)
    leads = MeasureUnit.objects.filter(text__in=by_text, part=Part.LEAD, kind=OwnerKind.UNIT, unit__in=there).order_by()
    rows: dict[str, dict[int, int]] = {}
    for text, unit in leads.values_list("text", "unit"):
        for code in by_text[text]:
            counts = rows.setdefault(code, {})
            counts[unit] = counts.get(unit, 0) + 1
    criteria = {one.pk: one for one in Criterion.objects.filter(criteria_set=found).order_by("position")}
    shares: dict[int, int] = {}
    for one in criteria.values():
        place: Criterion | None = one
        while place is not None and place.code not in rows:
            place = criteria.get(place.parent_id or 0)
        if one.leaf and place is not None:
            units = rows[place.code]
            shares[one.pk] = min(units, key=lambda unit: (-units[unit], unit))
    return shares


def units_to_share_with(agency_id: int) -> QuerySet[Unit]:
    """Units that are there today and are not leadership or the agency itself."""
    return (
        Unit.objects.on(localdate())
        .filter(agency=agency_id)
        .exclude(kind=UnitKind.LEADERSHIP)
        .order_by("position", "sort_key", "pk")
    )


@dataclass(frozen=True, slots=True)
class Own:
    """Of a round, how many criteria are of this person's units, and how many of them are scored and handed in."""

    total: int
    scored: int
    handed_in: int


def numbers_of(rounds: list[int], rights: Rights) -> dict[int, Own]:
    """By round. One query."""
    shares = ScoringShare.objects.filter(round__in=rounds, unit__in=rights.units).order_by().values("round")
    rows = shares.annotate(
        total=Count("pk"), scored=Count("pk", filter=DONE), sent=Count("pk", filter=Q(state=ShareState.HANDED_IN))
    )
    return {row["round"]: Own(row["total"], row["scored"], row["sent"]) for row in rows}
