"""What Văn phòng and leadership see at a glance: counts of việc giao, who is late and who holds it.

Each table is one grouped query over the plan's cases, whatever their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import accumulate

from django.db.models import Count, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncMonth

from organization.rights import Rights
from plans.models import MeasureText, Plan
from workflow.filters import STATES
from workflow.models import Case
from workflow.querysets import CaseQuerySet
from workflow.selectors import Holding, holder_of, soon_until
from workflow.stake import Stake, scales_of, stake_of
from workflow.timeliness import FINISHED, LATE, State

# the parts of a bar, in the order in which they are drawn: class, words, what the list of tasks calls its states
PARTS = (
    ("f-done", "Hoàn thành đúng hạn", "done"),
    ("f-done-late", "Hoàn thành quá hạn", "done-late"),
    ("f-cham-lo", "Đã nộp, chờ duyệt", "da-nop"),
    ("f-in", "Trong hạn", "con-han"),
    ("f-late", "Quá hạn chưa hoàn thành", "overdue"),
    ("f-ongoing", "Thường xuyên", "ongoing"),
    ("f-undated", "Chưa xác định thời hạn", "undated"),
    ("f-undated", "Tạm dừng", "paused"),
    ("f-late", "Quá hạn, không hoàn thành", "lapsed"),
    ("f-undated", "Chuyển tiếp sang năm sau", "carried"),
)
NEAR = (State.SOON, State.TODAY)
SHOWN_LATE = 8


@dataclass(frozen=True)
class Bar:
    """Counts by timeliness, as one bar of a chart and one line of a table."""

    name: str
    counts: Mapping[str, int]
    unit: int | None = None
    area: str = ""
    at_stake: Decimal = Decimal(0)
    longest: int = 0

    @property
    def total(self) -> int:
        return sum(number for state, number in self.counts.items() if state != State.DROPPED)

    @property
    def width(self) -> int:
        """Of the drawing: bars beside each other are drawn to one scale."""
        return self.longest or self.total

    @property
    def done(self) -> int:
        return sum(self.counts.get(state, 0) for state in FINISHED)

    @property
    def late(self) -> int:
        return sum(self.counts.get(state, 0) for state in LATE)

    @property
    def near(self) -> int:
        return sum(self.counts.get(state, 0) for state in NEAR)

    @property
    def rate(self) -> Decimal | None:
        """Hoàn thành / (hoàn thành + quá hạn chưa hoàn thành), in percent; None where nothing was due."""
        due = self.done + self.late
        return (Decimal(100 * self.done) / due).quantize(Decimal("0.01")) if due else None

    def parts(self) -> list[dict[str, object]]:
        """Class, words, number and where the part begins; empty parts are left out."""
        drawn, at = [], 0
        for css, words, asked in PARTS:
            number = sum(self.counts.get(state, 0) for state in STATES[asked][1])
            drawn.append({"css": css, "words": words, "number": number, "at": at, "asked": asked})
            at += number
        return [part for part in drawn if part["number"]]


@dataclass(frozen=True)
class Late:
    """One overdue case and who holds it."""

    case: Case
    holding: Holding


@dataclass(frozen=True)
class Cell:
    due: int
    late: int
    shade: int


@dataclass
class Overview:
    total: Bar
    units: list[Bar]
    fields: list[Bar]
    late: list[Late]
    months: list[tuple[str, list[Cell]]]
    planned: list[int] = field(default_factory=list)
    achieved: list[int] = field(default_factory=list)
    # hoàn thành đúng hạn sau gia hạn: late by the first date, on time by the one it was moved to
    extended: int = 0


def overview_of(plan: Plan, rights: Rights) -> Overview:
    """All tables of the page, as of the rights' date; six queries."""
    today, soon = rights.on, soon_until(rights)
    cases = Case.objects.visible_to(rights).filter(plan=plan, assignment__isnull=False)
    cases = cases.with_timeliness(today, soon)
    stake = stake_of(scales_of(rights.agency_id), rights, until=soon).narrowed(lambda piece: piece.plan_id == plan.pk)
    groups, fields = _groups(cases, plan.year), _by_field(cases, stake)
    units = _by_unit(groups, stake)
    total = Bar("Toàn cơ quan", _sum(bar.counts for bar in units), at_stake=stake.total)
    planned, achieved = _curves(groups, plan.year, today)
    extended = sum(group.extended for group in groups if group.state == State.DONE)
    return Overview(total, units, fields, _late(cases, today), _months(groups, units), planned, achieved, extended)


@dataclass(frozen=True, slots=True)
class Group:
    """How many cases of a unit share state and months; a month outside the plan's year counts as its first or last."""

    unit: int
    name: str
    state: str
    due: int
    handed_in: int
    number: int
    extended: int


def _groups(cases: QuerySet[Case], year: int) -> list[Group]:
    """One query that all tables but those by field are sums of."""
    rows = (
        cases.values_list("unit_id", "unit__name", "timeliness", TruncMonth("due_on"), TruncMonth("submitted_on"))
        .annotate(number=Count("pk"), extended=Count("pk", filter=Q(submitted_on__gt=F("original_due_on"))))
        .order_by("unit__position", "unit__sort_key", "unit_id")
    )
    return [
        Group(unit, name, state, _month(due, year), _month(handed_in, year), number, extended)
        for unit, name, state, due, handed_in, number, extended in rows
    ]


def _month(day: date | None, year: int) -> int:
    """1 to 12; 0 for no day."""
    if day is None:
        return 0
    return 1 if day.year < year else 12 if day.year > year else day.month


def _by_unit(groups: list[Group], stake: Stake) -> list[Bar]:
    worth = dict(stake.by(lambda piece: piece.unit_id))
    counts: dict[tuple[int, str], Counter[str]] = {}
    for group in groups:
        counts.setdefault((group.unit, group.name), Counter())[group.state] += group.number
    longest = max((counter.total() for counter in counts.values()), default=0)
    return [
        Bar(name, counter, unit, at_stake=worth.get(unit, Decimal(0)), longest=longest)
        for (unit, name), counter in counts.items()
    ]


def _months(groups: list[Group], units: list[Bar]) -> list[tuple[str, list[Cell]]]:
    due: Counter[tuple[int | None, int]] = Counter()
    late: Counter[tuple[int | None, int]] = Counter()
    for group in groups:
        if group.due:
            due[group.unit, group.due] += group.number
            late[group.unit, group.due] += group.number if group.state in LATE else 0
    most = max(due.values(), default=1)

    def cell(unit: int | None, month: int) -> Cell:
        number = due[unit, month]
        return Cell(number, late[unit, month], -(-5 * number // most))

    return [(bar.name, [cell(bar.unit, month) for month in range(1, 13)]) for bar in units]


def _by_field(cases: QuerySet[Case], stake: Stake) -> list[Bar]:
    """By field of the plan's newest version."""
    text = MeasureText.objects.filter(measure_id=OuterRef("assignment__measure_id")).order_by("-version__number")
    rows = (
        cases.annotate(field=Subquery(text.values("field")[:1]), appendix=Subquery(text.values("appendix")[:1]))
        .values("appendix", "field", "timeliness")
        .annotate(number=Count("pk"), first=Min("assignment__measure_id"))
        .order_by("appendix", "first")
    )
    counts: dict[str, Counter[str]] = {}
    areas: dict[str, str] = {}
    for row in rows:
        name = row["field"] or f"Phụ lục {row['appendix']}"
        areas[name] = row["field"] or ""
        counts.setdefault(name, Counter())[row["timeliness"]] += row["number"]
    worth = dict(stake.fields)
    return [
        Bar(name, counter, area=areas[name], at_stake=worth.get(name, Decimal(0))) for name, counter in counts.items()
    ]


def _late(cases: CaseQuerySet, today: date) -> list[Late]:
    late = cases.filter(timeliness=State.OVERDUE).with_holder(today).order_by("due_on", "pk")[:SHOWN_LATE]
    return [Late(case, holding) for case in late if (holding := holder_of(case))]


def _curves(groups: list[Group], year: int, today: date) -> tuple[list[int], list[int]]:
    """By month, cumulated: how many should be done, and how many are, the latter up to today's month."""
    dated = [group for group in groups if group.due]
    planned = _cumulated((group.due, group.number) for group in dated)
    achieved = _cumulated((group.handed_in, group.number) for group in dated if group.state in FINISHED)
    last = 12 if today.year > year else today.month if today.year == year else 0
    return planned, achieved[:last]


def _cumulated(numbers: Iterable[tuple[int, int]]) -> list[int]:
    months: Counter[int] = Counter()
    for month, number in numbers:
        months[month] += number
    return list(accumulate(months[month] for month in range(1, 13)))


def _sum(counters: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
