"""What pages of criteria read: the tree, and the rows of plans that work for each criterion."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum

from organization.rights import Rights
from plans.criteria.models import CriteriaSet, Criterion, CriterionLink
from plans.criteria.reading import CriteriaFile
from plans.models import MeasureCriterion, Plan, PlanVersion

# how the sample and the programs of the ministry name who gives the points
METHODS = {
    "TD": "Thẩm định", "XHH_LD": "Khảo sát lãnh đạo, quản lý", "SIPAS": "Chỉ số SIPAS", "KTXH": "Số liệu kinh tế - xã hội",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A criterion as one line of the tree: how many rows of plans name it, and points that plans write otherwise."""

    criterion: Criterion
    measures: int
    otherwise: tuple[Decimal, ...]

    @property
    def method(self) -> str:
        return METHODS.get(self.criterion.method, self.criterion.method)

    @property
    def indent(self) -> str:
        return ("", "ps-3", "ps-4", "ps-5")[min(self.criterion.depth, 3)]


def with_totals(sets: QuerySet[CriteriaSet]) -> QuerySet[CriteriaSet]:
    """Adds `total` (points of the fields together) and `number` (criteria that are scored)."""
    fields = Criterion.objects.filter(criteria_set=OuterRef("pk"), parent=None).order_by().values("criteria_set")
    leaves = Criterion.objects.filter(criteria_set=OuterRef("pk"), leaf=True).order_by().values("criteria_set")
    return sets.annotate(
        total=Subquery(fields.annotate(total=Sum("max_points")).values("total")),
        number=Subquery(leaves.annotate(number=Count("pk")).values("number")),
    )


def plans_of(found: CriteriaSet) -> QuerySet[Plan]:
    """The issued plans that work for a set: those it names, else all of its year. One query, and one to use it in."""
    named = list(found.plans.order_by("pk").values_list("pk", flat=True))
    plans = Plan.objects.of(found.agency_id).issued()
    return plans.filter(pk__in=named) if named else plans.filter(year=found.year)


def named_by_plans(found: CriteriaSet) -> QuerySet[MeasureCriterion]:
    """Where the newest wording of those plans names a criterion."""
    newest = PlanVersion.objects.filter(plan=OuterRef("text__measure__plan")).order_by("-number").values("pk")[:1]
    rows = MeasureCriterion.objects.filter(text__measure__plan__in=plans_of(found))
    return rows.filter(text__version=Subquery(newest))


def tree(found: CriteriaSet) -> list[Row]:
    """The set in order; three queries."""
    named = named_by_plans(found).order_by().values("code", "points").annotate(number=Count("text", distinct=True))
    numbers: dict[str, int] = {}
    points: dict[str, set[Decimal]] = {}
    for one in named:
        numbers[one["code"]] = numbers.get(one["code"], 0) + one["number"]
        if one["points"] is not None:
            points.setdefault(one["code"], set()).add(one["points"])
    criteria = Criterion.objects.filter(criteria_set=found).order_by("position")
    return [
        Row(one, numbers.get(one.code, 0), tuple(sorted(points.get(one.code, set()) - {one.max_points})))
        for one in criteria
    ]


def unknown_codes(found: CriteriaSet) -> list[str]:
    """Codes that the plans name and the set has not."""
    known = Criterion.objects.filter(criteria_set=found).values("code")
    codes = (
        named_by_plans(found).exclude(code="").exclude(code__in=known).order_by("code").values_list("code", flat=True)
    )
    return list(codes.distinct())


def measures_of(criterion: Criterion) -> list[MeasureCriterion]:
    """The rows of plans that work for a criterion, in the order of the plans."""
    rows = named_by_plans(criterion.criteria_set).filter(code=criterion.code)
    return list(
        rows.select_related("text__version__plan").order_by("text__version__plan", "text__position", "position")
    )


def others(found: CriteriaSet, rights: Rights) -> list[CriteriaSet]:
    """What a set may be mapped to: kept sets of the agency, newest first."""
    return list(CriteriaSet.objects.visible_to(rights).kept().exclude(pk=found.pk).defer("problems"))


def links_between(found: CriteriaSet, older: CriteriaSet) -> dict[int, list[str]]:
    """For criteria of `found` the codes they had in `older`."""
    links = CriterionLink.objects.filter(new__criteria_set=found, old__criteria_set=older)
    codes: dict[int, list[str]] = {}
    for new, code in links.order_by("old__position").values_list("new_id", "old__code"):
        codes.setdefault(new, []).append(code)
    return codes


def relatives(criterion: Criterion) -> list[tuple[str, Criterion]]:
    """The same matter in other sets."""
    found = Criterion.objects.filter(Q(laters__new=criterion) | Q(formers__old=criterion)).distinct()
    rows = found.select_related("criteria_set").order_by("criteria_set__year", "criteria_set", "position")
    return [(f"{one.criteria_set.name} ({one.criteria_set.year})", one) for one in rows]


def to_json(read: CriteriaFile) -> dict[str, Any]:
    """What `import_criteria --json` prints."""
    parents = {line.parent for line in read.lines}
    return {
        "fields": sum(line.parent is None for line in read.lines),
        "criteria": len(read.lines),
        "scored": sum(place not in parents for place in range(len(read.lines))),
        "total": str(read.total),
        "problems": [{"row": one.row, "message": one.message} for one in read.problems if not one.total],
        "totals": [{"row": one.row, "message": one.message} for one in read.problems if one.total],
    }
