"""Việc thường xuyên theo kỳ báo cáo: one occurrence for each reporting period of the plan's year.

An occurrence holds a short update, the last one the unit wrote within its days; the same words as the period before are
flagged. The last period takes the full route: its result is handed in, reviewed and approved like any other. Derived
from what was written and from the agency's cut-off days; nothing of it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils.timezone import localdate

from organization.models import AgencySettings
from organization.rights import Rights
from organization.vietnamese import fold, short_date
from workflow.models import Case, Progress, Schedule, Submission
from workflow.selectors import assignments

NAMES = ("6 tháng", "9 tháng", "năm")


@dataclass(frozen=True, slots=True)
class Period:
    """Kỳ: the days whose updates are its own; `last` is the one that takes the full route."""

    number: int
    label: str
    since: date
    until: date
    last: bool

    def has(self, day: date) -> bool:
        """What was said before the first period is the first's, what was said after the last one is the last's."""
        return (self.number == 1 or day >= self.since) and (self.last or day <= self.until)


@dataclass(frozen=True, slots=True)
class Update:
    """What was said within a period; `handed_in` where it is the result that was handed in."""

    text: str
    on: date
    by: str
    handed_in: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    period: Period
    update: Update | None
    repeats: bool
    state: tuple[str, str]  # kind and words of its mark


@dataclass(frozen=True, slots=True)
class Row:
    """A case with its occurrences."""

    case: Case
    occurrences: list[Occurrence]


def periods(agency_id: int, year: int) -> list[Period]:
    """The reporting periods of a plan's year, by the agency's cut-off days. One query."""
    days = AgencySettings.objects.values_list("cut_offs", flat=True).get(agency_id=agency_id)
    return periods_of(year, days)


def periods_of(year: int, cut_offs: Sequence[str]) -> list[Period]:
    """`cut_offs`: month and day of each, "06-14"; a period begins the day after the one before it ends."""
    found: list[Period] = []
    since = date(year - 1, *map(int, cut_offs[-1].split("-"))) + timedelta(days=1)
    for number, (name, written) in enumerate(zip(NAMES, cut_offs, strict=True), 1):
        until = date.fromisoformat(f"{year}-{written}")
        label = f"năm {year}" if number == len(NAMES) else f"{name} năm {year}"
        found.append(Period(number, label, since, until, number == len(NAMES)))
        since = until + timedelta(days=1)
    return found


def ongoing(rights: Rights) -> QuerySet[Case]:
    """The open assignments without a due date that this person sees, by plan and row."""
    cases = assignments(rights).filter(schedule=Schedule.ONGOING, finished=None, plan__isnull=False)
    return cases.select_related("unit", "plan", "assignment").order_by("-plan__year", "code", "pk")


def rows_of(cases: Sequence[Case], today: date) -> list[Row]:
    """Two queries for the words of all, one for the agency's days; the plans are at hand."""
    if not cases:
        return []
    days = AgencySettings.objects.values_list("cut_offs", flat=True).get(agency_id=cases[0].agency_id)
    written = _updates(cases)
    return [Row(case, _occurrences(periods_of(_year(case), days), written.get(case.pk, []), today)) for case in cases]


def occurrences_of(case: Case, today: date) -> list[Occurrence]:
    """Of one case; empty where it is not ongoing work of a plan."""
    if case.schedule != Schedule.ONGOING or case.plan is None:
        return []
    return rows_of([case], today)[0].occurrences


def _year(case: Case) -> int:
    return case.plan.year if case.plan else localdate(case.created).year


def _updates(cases: Sequence[Case]) -> dict[int, list[Update]]:
    """What was said of each case, oldest first: updates, and the results handed in."""
    keys = [case.pk for case in cases]
    found: dict[int, list[Update]] = {}
    for entry in Progress.objects.filter(case_id__in=keys).select_related("by").order_by("id"):
        found.setdefault(entry.case_id, []).append(Update(entry.text, localdate(entry.at), entry.by.full_name))
    rounds = Submission.objects.filter(assignment_id__in=keys).select_related("by").order_by("assignment_id", "number")
    for one in rounds:
        update = Update(one.statement, one.on, one.by.full_name, handed_in=True)
        found.setdefault(one.assignment_id, []).append(update)
    return found


def _occurrences(kept: Iterable[Period], written: Sequence[Update], today: date) -> list[Occurrence]:
    found: list[Occurrence] = []
    before = ""
    for period in kept:
        own = [one for one in written if period.has(one.on) and (period.last or not one.handed_in)]
        handed_in = [one for one in own if one.handed_in]
        update = (handed_in or own)[-1] if own else None
        repeats = update is not None and before != "" and fold(update.text) == before
        found.append(Occurrence(period, update, repeats, _state(period, update, today)))
        before = fold(update.text) if update else before
    return found


def _state(period: Period, update: Update | None, today: date) -> tuple[str, str]:
    if update and update.handed_in:
        return "done", "Đã nộp kết quả"
    if update and not period.last:
        return "done", "Đã cập nhật"
    if today < period.since:
        return "ongoing", "Chưa đến kỳ"
    if period.last:
        words = f"Nộp kết quả chậm nhất {short_date(period.until)}"
    else:
        words = f"Cập nhật chậm nhất {short_date(period.until)}"
    return (
        ("soon", words)
        if today <= period.until
        else ("overdue", "Chưa nộp kết quả" if period.last else "Chưa cập nhật")
    )
