"""What Văn phòng and leadership see at a glance: counts of việc giao, who is late and who holds it.

Each table is one grouped query over the plan's cases, whatever their number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import ExtractMonth, ExtractYear

from organization.calendar import soon_until
from organization.rights import Rights
from plans.models import MeasureText, Plan
from workflow.models import Case, Step
from workflow.timeliness import FINISHED, State

# the parts of a bar, in the order in which they are drawn: class, words, the states it holds
PARTS = (
    ("f-done", "Hoàn thành đúng hạn", (State.DONE,)),
    ("f-done-late", "Hoàn thành quá hạn", (State.DONE_LATE,)),
    ("f-cham-lo", "Đã nộp, chờ duyệt", (State.SUBMITTED, State.SUBMITTED_LATE)),
    ("f-in", "Trong hạn", (State.IN_TIME, State.SOON, State.TODAY)),
    ("f-late", "Quá hạn chưa hoàn thành", (State.OVERDUE,)),
    ("f-ongoing", "Thường xuyên", (State.ONGOING,)),
    ("f-undated", "Chưa xác định thời hạn", (State.UNDATED,)),
)
NEAR = (State.SOON, State.TODAY)
SHOWN_LATE = 8


@dataclass(frozen=True)
class Bar:
    """Counts by timeliness, as one bar of a chart and one line of a table."""

    name: str
    counts: Mapping[str, int]
    unit: int | None = None
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
        return self.counts.get(State.OVERDUE, 0)

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
        for css, words, states in PARTS:
            number = sum(self.counts.get(state, 0) for state in states)
            drawn.append({"css": css, "words": words, "number": number, "at": at})
            at += number
        return [part for part in drawn if part["number"]]


@dataclass(frozen=True)
class Late:
    """One overdue case and who holds it."""

    case: Case
    stage: str
    holder: str


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
    measures: int = 0


def overview_of(plan: Plan, rights: Rights) -> Overview:
    """All tables of the page, as of the rights' date."""
    today = rights.on
    near = soon_until(plan.agency_id, today)
    cases = Case.objects.visible_to(rights).filter(plan=plan, assignment__isnull=False).with_timeliness(today, near)
    units, months = _by_unit(cases)
    fields = _by_field(cases)
    planned, achieved = _curves(cases, plan.year, today)
    total = Bar(
        "Toàn cơ quan", _sum(bar.counts for bar in units), at_stake=sum((bar.at_stake for bar in fields), Decimal(0))
    )
    return Overview(total, units, fields, _late(cases), months, planned, achieved, plan.measures.count())


def _by_unit(cases: QuerySet[Case]) -> tuple[list[Bar], list[tuple[str, list[Cell]]]]:
    rows = (
        cases.annotate(due_month=ExtractMonth("due_on"))
        .values("unit_id", "unit__name", "unit__position", "unit__sort_key", "timeliness", "due_month")
        .annotate(number=Count("pk"))
        .order_by("unit__position", "unit__sort_key")
    )
    counts: dict[tuple[int, str], Counter[str]] = {}
    due: dict[str, Counter[int]] = {}
    late: dict[str, Counter[int]] = {}
    for row in rows:
        name = row["unit__name"]
        counts.setdefault((row["unit_id"], name), Counter())[row["timeliness"]] += row["number"]
        if row["due_month"]:
            due.setdefault(name, Counter())[row["due_month"]] += row["number"]
            if row["timeliness"] == State.OVERDUE:
                late.setdefault(name, Counter())[row["due_month"]] += row["number"]
    most = max((number for counter in due.values() for number in counter.values()), default=1)
    longest = max((counter.total() for counter in counts.values()), default=0)
    bars = [Bar(name, counter, unit, longest=longest) for (unit, name), counter in counts.items()]
    return bars, [(bar.name, _cells(due.get(bar.name, Counter()), late.get(bar.name, Counter()), most)) for bar in bars]


def _cells(due: Counter[int], late: Counter[int], most: int) -> list[Cell]:
    return [Cell(due[month], late[month], -(-5 * due[month] // most)) for month in range(1, 13)]


def _by_field(cases: QuerySet[Case]) -> list[Bar]:
    """By field of the plan's newest version. A row's points are at stake once, however many units work on it."""
    text = MeasureText.objects.filter(measure_id=OuterRef("assignment__measure_id")).order_by("-version__number")
    rows = (
        cases.annotate(field=Subquery(text.values("field")[:1]), appendix=Subquery(text.values("appendix")[:1]))
        .values("appendix", "field", "timeliness", "assignment__measure_id")
        .annotate(number=Count("pk"), worth=Max("points"))
        .order_by("appendix", "assignment__measure_id")
    )
    counts: dict[str, Counter[str]] = {}
    stake: dict[str, dict[int, Decimal]] = {}
    for row in rows:
        name = row["field"] or f"Phụ lục {row['appendix']}"
        counts.setdefault(name, Counter())[row["timeliness"]] += row["number"]
        if row["timeliness"] in {State.OVERDUE, *NEAR}:
            stake.setdefault(name, {})[row["assignment__measure_id"]] = row["worth"]
    return [
        Bar(name, counter, at_stake=sum(stake.get(name, {}).values(), Decimal(0))) for name, counter in counts.items()
    ]


def _late(cases: QuerySet[Case]) -> list[Late]:
    late = list(cases.filter(timeliness=State.OVERDUE).order_by("due_on", "pk")[:SHOWN_LATE])
    steps = Step.objects.filter(process__in=late, finished=None).select_related("owner", "pool_unit", "process__unit")
    held = {step.process_id: step for step in steps}
    return [Late(case, held[case.pk].stage_title, holder_of(held[case.pk])) for case in late if case.pk in held]


def holder_of(step: Step) -> str:
    """«Nông Văn Thuận, Thanh tra», or the unit that has not taken it yet."""
    if step.owner:
        return f"{step.owner.full_name}, {step.process.unit.name}"
    return f"{step.pool_unit.name} (chưa ai nhận)" if step.pool_unit else ""


def _curves(cases: QuerySet[Case], year: int, today: date) -> tuple[list[int], list[int]]:
    """By month, cumulated: how many should be done, and how many are, the latter up to today's month."""
    due = _monthly(cases.filter(due_on__isnull=False), "due_on", year)
    done = _monthly(cases.filter(due_on__isnull=False, timeliness__in=FINISHED), "submitted_on", year)
    last = 12 if today.year > year else today.month if today.year == year else 0
    return due, done[:last]


def _monthly(cases: QuerySet[Case], day: str, year: int) -> list[int]:
    rows = (
        cases.annotate(y=ExtractYear(day), m=ExtractMonth(day))
        .values("y", "m")
        .annotate(number=Count("pk"))
        .order_by("y", "m")
    )
    months = Counter[int]()
    for row in rows:
        months[1 if row["y"] < year else 12 if row["y"] > year else row["m"]] += row["number"]
    running, total = [], 0
    for month in range(1, 13):
        total += months[month]
        running.append(total)
    return running


def _sum(counters: Iterable[Mapping[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return total
