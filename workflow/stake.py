"""Điểm có nguy cơ mất: what open work still has to win of its criteria, and what of it is lost if nothing happens.

An estimate of the office's own, no official points. A criterion counts once, however many tasks, units or plans work
for it; what its score says is had already is no longer at stake. Work that was handed in is not at stake either: the
unit has done its part. Two queries whatever the rows: the criteria, and the work in groups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case as Choose
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from organization.rights import Rights
from plans.criteria.arithmetic import Claim, Leaf, by, once
from plans.criteria.models import CriteriaSet, Criterion
from plans.criteria.scoring import leaf_of
from plans.models import MeasureCriterion, MeasureText, Plan, PlanVersion
from workflow.models import Case, Step
from workflow.querysets import CaseQuerySet

ESTIMATE = "ước tính nội bộ, không phải điểm chính thức"
TEXTS = "assignment__measure__texts"
POINTS = models.DecimalField(max_digits=10, decimal_places=2)
NOTHING = Decimal(0)


def left(leaf: Leaf) -> Decimal:
    """What of a criterion is not had yet."""
    return NOTHING if leaf.dropped else max(NOTHING, leaf.maximum - (leaf.points or NOTHING))


@dataclass
class Scale:
    """A set with its criteria: for each code the scored criteria it stands for. A field's code stands for all in it."""

    criteria_set: CriteriaSet
    criteria: list[Criterion] = field(default_factory=list)
    named: list[int] = field(default_factory=list)

    def fits(self, plan_id: int, year: int) -> bool:
        return plan_id in self.named if self.named else self.criteria_set.year == year

    @cached_property
    def leaves(self) -> dict[str, list[Criterion]]:
        by_key = {criterion.pk: criterion for criterion in self.criteria}
        found: dict[str, list[Criterion]] = {}
        for leaf in self.criteria:
            place: Criterion | None = leaf if leaf.leaf else None
            while place is not None:
                found.setdefault(place.code, []).append(leaf)
                place = by_key.get(place.parent_id or 0)
        return found

    @cached_property
    def worth(self) -> dict[str, Decimal]:
        return {code: sum((left(leaf_of(one)) for one in found), NOTHING) for code, found in self.leaves.items()}


@dataclass
class World:
    """The plans under way with their newest wording, and the live sets they work for. Two queries."""

    newest: dict[int, int]
    years: dict[int, int]
    names: dict[int, str]
    scales: list[Scale]

    def scale_of(self, plan_id: int, asked: int | None = None) -> Scale | None:
        return scale_of(self.scales, plan_id, self.years[plan_id], asked)


def scale_of(scales: list[Scale], plan_id: int, year: int, asked: int | None = None) -> Scale | None:
    """The set that was asked for, else that of the province before that of the department, the newest version."""
    fitting = [scale for scale in scales if scale.fits(plan_id, year)]
    return next((scale for scale in fitting if scale.criteria_set.pk == asked), fitting[0] if fitting else None)


def plans_under_way(agency_id: int) -> QuerySet[Plan]:
    """Issued plans, each with `newest`: the version that words its rows now."""
    versions = PlanVersion.objects.filter(plan=OuterRef("pk")).order_by("-number")
    return Plan.objects.of(agency_id).issued().annotate(newest=Subquery(versions.values("pk")[:1]))


def world_of(agency_id: int, plans: Iterable[Any] | None = None) -> World:
    """`plans`: those of `plans_under_way`, where they are known already."""
    rows = list(plans_under_way(agency_id) if plans is None else plans)
    years = {row.pk: row.year for row in rows}
    names = {row.pk: f"{row}, năm {row.year}" for row in rows}
    return World({row.pk: row.newest for row in rows}, years, names, scales_of(agency_id))


def scales_of(agency_id: int) -> list[Scale]:
    """The live sets for which the agency's plans under way work, best first. One query."""
    plans = Plan.objects.of(agency_id).issued().order_by()
    named = CriteriaSet.plans.through._base_manager.filter(criteriaset_id=OuterRef("criteria_set_id"))
    sets = CriteriaSet.objects.live().filter(agency_id=agency_id)
    sets = sets.filter(Q(year__in=plans.values("year")) | Q(plans__in=plans.values("pk")))
    rows = (
        Criterion.objects.filter(criteria_set__in=sets.order_by().values("pk"))
        .select_related("criteria_set", "score")
        .defer("evidence", "rule", "criteria_set__problems")
        .annotate(named=ArraySubquery(named.order_by("plan_id").values("plan_id")))
        .order_by("-criteria_set__level", "-criteria_set__version", "-criteria_set", "position")
    )
    scales: dict[int, Scale] = {}
    for row in rows:
        scale = scales.setdefault(row.criteria_set_id, Scale(row.criteria_set, named=row.named))
        scale.criteria.append(row)
    return list(scales.values())


@dataclass(frozen=True, slots=True)
class Piece:
    """What a unit's open work under one field of a plan claims of one criterion."""

    claim: Claim
    unit_id: int
    unit: str
    plan_id: int
    field: str
    code: str
    name: str


@dataclass
class Stake:
    pieces: list[Piece]
    total: Decimal = NOTHING

    def __post_init__(self) -> None:
        self.total = once(piece.claim for piece in self.pieces)

    def narrowed(self, keep: Callable[[Piece], bool]) -> Stake:
        return Stake([piece for piece in self.pieces if keep(piece)])

    def by(self, key: Callable[[Piece], Hashable]) -> list[tuple[Any, Decimal]]:
        """Each group with its points, most first."""
        claims = [Claim(piece.claim.criterion, piece.claim.worth, key(piece)) for piece in self.pieces]
        return sorted(by(claims, lambda claim: claim.work).items(), key=lambda pair: (-pair[1], str(pair[0])))

    @property
    def units(self) -> list[tuple[tuple[int, str], Decimal]]:
        return self.by(lambda piece: (piece.unit_id, piece.unit))

    @property
    def fields(self) -> list[tuple[str, Decimal]]:
        return self.by(lambda piece: piece.field)

    @property
    def criteria(self) -> list[tuple[tuple[str, str, Hashable], Decimal]]:
        """By code, name and key of the criterion (which is the key of a row where no set knows it)."""
        return self.by(lambda piece: (piece.code, piece.name, piece.claim.criterion))

    @property
    def worth(self) -> dict[Hashable, Decimal]:
        return dict(self.by(lambda piece: piece.claim.criterion))


def open_work(rights: Rights, *, until: date | None = None, done: Collection[int] = ()) -> CaseQuerySet:
    """Việc giao in the person's sight that has not ended. With `until`: due by then and not handed in, which is lost if
    nothing happens. `done`: cases that are thought of as completed."""
    cases = Case.objects.filter(agency_id=rights.agency_id, finished=None, assignment__isnull=False)
    if not rights.oversees:
        cases = cases.filter(unit_id__in=sorted(rights.units))
    if until is not None:
        judging = Q(judging=True) | Q(answer_by__gte=rights.on)
        judged = Exists(Step.objects.filter(judging, process_id=OuterRef("pk"), finished=None))
        cases = cases.filter(~judged, due_on__lte=until)
    return cases.exclude(pk__in=list(done)) if done else cases


def stake_of(
    scales: list[Scale],
    rights: Rights,
    *,
    until: date | None = None,
    done: Collection[int] = (),
    asked: int | None = None,
) -> Stake:
    """One query: the work in groups of unit, plan, field and criterion, never case by case."""
    newest = PlanVersion.objects.filter(plan__agency_id=rights.agency_id, plan__issued_at__isnull=False)
    newest = newest.order_by("plan_id", "-number").distinct("plan_id")
    cases = open_work(rights, until=until, done=done).filter(**{f"{TEXTS}__version__in": newest.values("pk")})
    code = Coalesce(F(f"{TEXTS}__criteria__code"), Value(""))
    rows = (
        cases.order_by()
        .annotate(criterion=code)
        # a row without a code stands for itself
        .annotate(alone=Choose(When(criterion="", then=F("assignment__measure_id"))))
        .values("unit_id", "unit__name", "plan_id", "plan__year", f"{TEXTS}__field", f"{TEXTS}__appendix", "criterion", "alone")
        .annotate(stated=Max(f"{TEXTS}__criteria__points"), row=Max(f"{TEXTS}__points"), name=Max(f"{TEXTS}__criteria__name"))
    )  # fmt: skip
    return Stake(
        [piece for row in rows for piece in _pieces(row, scale_of(scales, row["plan_id"], row["plan__year"], asked))]
    )


def _pieces(row: dict[str, Any], scale: Scale | None) -> Iterable[Piece]:
    area = row[f"{TEXTS}__field"] or f"Phụ lục {row[f'{TEXTS}__appendix']}"
    where = (row["unit_id"], row["unit__name"], row["plan_id"], area)
    known = scale.leaves.get(row["criterion"], []) if scale else []
    for leaf in known:
        if worth := left(leaf_of(leaf)):
            yield Piece(Claim(leaf.pk, worth), *where, leaf.code, leaf.name)
    if not known:
        key = ("row", row["alone"]) if row["alone"] else (row["plan_id"], row["criterion"])
        worth = (row["row"] if row["alone"] else row["stated"]) or NOTHING
        if worth:
            yield Piece(Claim(key, worth), *where, row["criterion"], row["name"] or "")


def tasks_of(
    world: World, rights: Rights, plan_id: int, *, until: date, done: Collection[int] = (), asked: int | None = None
) -> CaseQuerySet:
    """The tasks of a plan whose points are at stake, each with `worth`, most first."""
    scale = world.scale_of(plan_id, asked)
    worth = scale.worth if scale else {}
    whens = [When(code=code, then=Value(points, output_field=POINTS)) for code, points in worth.items()]
    stated = Coalesce(F("points"), Value(NOTHING), output_field=POINTS)
    sums = (
        MeasureCriterion.objects.filter(
            text__measure=OuterRef("assignment__measure"), text__version=world.newest[plan_id]
        )
        .exclude(code="")
        .order_by()
        .values("text")
        .annotate(worth=Sum(Choose(*whens, default=stated, output_field=POINTS)))
    )
    cases = open_work(rights, until=until, done=done).filter(plan_id=plan_id)
    cases = cases.annotate(worth=Coalesce(Subquery(sums.values("worth")), F("points"), output_field=POINTS))
    return cases.filter(worth__gt=0).select_related("unit").order_by("-worth", "due_on", "pk")


def under(cases: CaseQuerySet, world: World, plan_id: int, area: str) -> CaseQuerySet:
    """Those whose row stands under that field, as `Piece.field` names it."""
    named = Q(field=area)
    if area.startswith("Phụ lục "):
        named |= Q(field="", appendix=area.removeprefix("Phụ lục "))
    texts = MeasureText.objects.filter(named, version=world.newest[plan_id])
    return cases.filter(assignment__measure__in=texts.values("measure"))


def working_for(cases: CaseQuerySet, world: World, plan_id: int, code: str, asked: int | None = None) -> CaseQuerySet:
    """Those whose row names that criterion, or a criterion or field that holds it."""
    scale = world.scale_of(plan_id, asked)
    holding = (
        [name for name, leaves in scale.leaves.items() if any(leaf.code == code for leaf in leaves)] if scale else []
    )
    texts = MeasureCriterion.objects.filter(text__version=world.newest[plan_id], code__in=[code, *holding])
    return cases.filter(assignment__measure__in=texts.values("text__measure"))
