"""What a plan's rows make: one assignment per measure × lead unit × period. Reads, never writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from organization.due_dates import Due, due_dates
from organization.models import AgencySettings, Unit
from plans.deadlines import DeadlineKind
from plans.enums import BeforeIssue
from plans.leads import LeadBook
from plans.models import MeasureText, Occurrence, Plan
from workflow.models import Assignment, Case, Schedule


@dataclass(frozen=True, slots=True)
class Work:
    """One assignment to be made. `recorded` is the occurrence whose result was there before the issue."""

    text: MeasureText
    unit: Unit
    period: int
    label: str
    due_on: date | None
    schedule: Schedule
    opens_on: date
    recorded: Occurrence | None = None
    moved: Due | None = None  # where the date as written is a day off

    def pair(self, plan: Plan) -> tuple[Case, Assignment]:
        case = Case(
            agency_id=plan.agency_id, unit=self.unit, plan=plan, code=self.text.code, title=self.text.task,
            period=self.label, points=self.text.points, schedule=self.schedule, original_due_on=self.due_on,
            due_on=self.due_on, written_due_on=self.moved and self.moved.written_on, opens_on=self.opens_on,
        )  # fmt: skip
        return case, Assignment(
            agency_id=plan.agency_id, measure_id=self.text.measure_id, unit=self.unit, period=self.period
        )


def schedule_of(kind: str) -> Schedule:
    """Of a row without dates."""
    return Schedule.ONGOING if kind == DeadlineKind.OPEN else Schedule.UNDATED


def rows_of(plan: Plan) -> QuerySet[MeasureText]:
    """The rows of the plan's newest version with their units and occurrences."""
    newest = plan.versions.order_by("-number").values("pk")[:1]
    return (
        MeasureText.objects.filter(version_id__in=newest)
        .order_by("position")
        .prefetch_related("units", "occurrences__result")
    )


@dataclass(frozen=True)
class Planner:
    """How rows become work on one day, with what is begun already left out."""

    plan: Plan
    book: LeadBook
    today: date
    opens_days_before: int
    begun: frozenset[tuple[int, int, int]]
    finished: dict[tuple[int, int], set[int]]  # by measure and period: the units that have brought it to its end

    @classmethod
    def of(cls, plan: Plan, today: date) -> Planner:
        days = AgencySettings.objects.filter(agency_id=plan.agency_id).values_list("opens_days_before", flat=True).get()
        made = Assignment.objects.filter(measure__plan=plan).values_list(
            "measure_id", "unit_id", "period", "case__status"
        )
        begun: set[tuple[int, int, int]] = set()
        finished: dict[tuple[int, int], set[int]] = {}
        for measure, unit, period, status in made:
            begun.add((measure, unit, period))
            if status == Case.DONE:
                finished.setdefault((measure, period), set()).add(unit)
        return cls(plan, LeadBook.of(plan.agency_id, today), today, days, frozenset(begun), finished)

    def work(self, texts: Iterable[MeasureText]) -> list[Work]:
        """All that can begin: nothing that would be born overdue, nothing without a lead unit. Raises BeyondCalendar."""
        rows = list(texts)
        written = {due for text in rows for one in text.occurrences.all() if (due := self._due(one)[0])}
        dates = due_dates(self.plan.agency_id, written)
        return [work for text in rows for work in self._of_row(text, dates)]

    def _of_row(self, text: MeasureText, dates: Mapping[date, Due]) -> Iterator[Work]:
        leads = self.book.leads_of(text)
        now = {unit.pk for unit in leads}
        for unit in leads:
            for work in self._periods(text, unit, dates):
                # what a former lead has finished is not begun again by the next one
                former = self.finished.get((text.measure_id, work.period), set()) - now
                if (text.measure_id, unit.pk, work.period) not in self.begun and not former:
                    yield work

    def _periods(self, text: MeasureText, unit: Unit, dates: Mapping[date, Due]) -> Iterator[Work]:
        occurrences = list(text.occurrences.all())
        if not occurrences:
            yield Work(text, unit, 1, "", None, schedule_of(text.deadline_kind), text.begins_on or self.today)
        for occurrence in occurrences:
            written, recorded = self._due(occurrence)
            if written:
                due = dates[written].not_before(self.today)
                yield Work(
                    text, unit, occurrence.number, occurrence.label, due.on, Schedule.DATED,
                    self.opens_on(occurrence, due.on), occurrence if recorded else None, due if due.moved_from else None,
                )  # fmt: skip

    def _due(self, occurrence: Occurrence) -> tuple[date | None, bool]:
        """The due date to begin with and whether the result is there already; no date where nothing begins."""
        match occurrence.before_issue:
            case BeforeIssue.RECORDED:
                return occurrence.due_on, True
            case BeforeIssue.DROPPED:
                return None, False
            case BeforeIssue.MOVED:
                due = occurrence.new_due_on
            case _:
                due = occurrence.due_on
        return (due if due and due >= self.today else None), False

    def opens_on(self, occurrence: Occurrence, due: date) -> date:
        return self.opens_for(occurrence.begins_on, due)

    def opens_for(self, begins_on: date | None, due: date | None) -> date:
        """When its period begins, or some days before it is due, whichever comes first; without a date, today."""
        if due is None or begins_on is None:
            return self.today
        return min(begins_on, due - timedelta(days=self.opens_days_before))


def undecided(plan: Plan, today: date) -> QuerySet[Occurrence]:
    """Occurrences that are due before `today`, never begun, and of which Văn phòng has not said what becomes.

    On a draft all that is past counts, decided or not, so that a choice can be changed until the issue.
    """
    past = Occurrence.objects.filter(text__in=rows_of(plan).prefetch_related(None).order_by().values("pk"))
    past = past.filter(due_on__lt=today).select_related("text", "result")
    past = past.prefetch_related("text__units").order_by("text__position", "number")
    if plan.issued_at is None:
        return past
    begun = Assignment.objects.filter(measure_id=OuterRef("text__measure_id"), period=OuterRef("number"))
    unsaid = Q(before_issue="") | Q(before_issue=BeforeIssue.MOVED, new_due_on__lt=today)
    return past.filter(unsaid, ~Exists(begun))


def leaderless(texts: Iterable[MeasureText], book: LeadBook) -> list[MeasureText]:
    """Rows whose lead unit is not known yet: they stay in the plan and make no assignment."""
    return [text for text in texts if not book.leads_of(text)]


def per_unit(works: Sequence[Work]) -> list[tuple[Unit, int]]:
    """How many assignments each unit will get, in the order of the agency."""
    counts: dict[Unit, int] = {}
    for work in works:
        counts[work.unit] = counts.get(work.unit, 0) + 1
    return sorted(counts.items(), key=lambda pair: (pair[0].position, pair[0].sort_key))
