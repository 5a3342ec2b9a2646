"""On which days an office works, and how many working days lie between two dates.

The table decides. A year is filled in from the `holidays` library, then from data/calendar.csv, which knows
what was announced; what people change afterwards in the table is never overwritten. Every day carries its
ordinal, so that working days between two dates are a subtraction.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import holidays
from django.db import connection
from django.db.models import Max, Min, QuerySet, Subquery
from django.db.models.functions import ExtractYear

from audit import services as audit
from audit.models import Stream
from organization.models import AgencySettings, Calendar, WorkingDay
from organization.rights import Rights

TABLE = Path(__file__).parent / "data" / "calendar.csv"
LIBRARY = "Dự tính, chưa có thông báo"
FIRST_YEAR, LAST_YEAR = 2000, 2100
COLUMNS = ["date", "kind", "name", "source", "status"]
KINDS, STATUSES = {"off", "makeup", "weekend"}, {"verified", "pending"}

RENUMBER = """
UPDATE working_day SET ordinal = numbered.ordinal
FROM (SELECT day, count(*) FILTER (WHERE works) OVER (ORDER BY day) AS ordinal
      FROM working_day WHERE calendar_id = %(calendar)s) AS numbered
WHERE working_day.calendar_id = %(calendar)s AND working_day.day = numbered.day
  AND working_day.ordinal <> numbered.ordinal
"""


class BeyondCalendar(Exception):
    """A date for which the agency's calendar has no day; the sentence names the year to add."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"Lịch làm việc chưa có năm {year}. Thêm năm {year} vào lịch làm việc rồi thực hiện lại.")


class UnreadableCalendar(Exception):
    """A line of calendar.csv that is not what it should be; better no calendar than half of one."""

    def __init__(self, table: str, line: int, words: str) -> None:
        super().__init__(f"{table}, dòng {line}: {words}. Sửa tệp rồi thực hiện lại.")


@dataclass(frozen=True)
class Special:
    """A day that is not what its weekday says, or that has a name."""

    works: bool
    name: str
    source: str
    confirmed: bool


def load_calendar(calendar: Calendar, years: Iterable[int]) -> int:
    """Add the days of these years, and of the years between them and those already there; return how many.

    Days already in the table stay as they are.
    """
    wanted = {*years, *_years_of(calendar)}
    if not wanted:
        return 0
    every = range(min(wanted), max(wanted) + 1)
    specials = _library(every) | {day: special for day, special in _announced().items() if day.year in every}
    before = calendar.days.count()
    WorkingDay.objects.bulk_create(
        (_working_day(calendar, day, specials.get(day)) for day in _days(every)), batch_size=2000, ignore_conflicts=True
    )
    renumber(calendar.pk)
    return calendar.days.count() - before


def add_year(rights: Rights, year: int) -> int:
    with audit.transaction():
        calendar = Calendar.objects.select_for_update().get(pk=calendar_of(rights.agency_id))
        added = load_calendar(calendar, [year])
        audit.record("calendar.year_added", f"calendar:{calendar.pk}", agency=rights.agency_id, actor=rights.user_id,
                     stream=Stream.ACCESS, year=year, days=added)  # fmt: skip
    return added


def load_years(calendar: Calendar, years: range) -> int:
    """What the command does of one calendar: every agency that works by it has it in its ledger."""
    with audit.transaction():
        held = Calendar.objects.select_for_update().get(pk=calendar.pk)
        added = load_calendar(held, years)
        for agency in AgencySettings.objects.filter(calendar=held).order_by("pk").values_list("agency_id", flat=True):
            audit.record("calendar.years_loaded", f"calendar:{held.pk}", agency=agency, actor=None,
                         stream=Stream.ACCESS, first=years[0], last=years[-1], days=added)  # fmt: skip
    return added


def renumber(calendar_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(RENUMBER, {"calendar": calendar_id})


def days_of(agency_id: int) -> QuerySet[WorkingDay]:
    return WorkingDay.objects.filter(calendar_id=calendar_of(agency_id))


def calendar_years(agency_id: int) -> list[int]:
    """The years that the agency's calendar has, all whole."""
    years = days_of(agency_id).filter(day__month=1, day__day=1).order_by("day").values_list("day", flat=True)
    return [day.year for day in years]


def is_working_day(agency_id: int, day: date) -> bool:
    works = days_of(agency_id).filter(day=day).values_list("works", flat=True).first()
    if works is None:
        raise BeyondCalendar(day.year)
    return works


def working_days_between(agency_id: int, dates: Iterable[date], today: date) -> dict[date, int]:
    """For each date the working days from today to it; below zero where it has passed. One query."""
    wanted = {*dates, today}
    ordinals = dict(days_of(agency_id).filter(day__in=wanted).values_list("day", "ordinal"))
    if missing := wanted - ordinals.keys():
        raise BeyondCalendar(min(missing).year)
    return {day: ordinals[day] - ordinals[today] for day in wanted}


def working_days_after(agency_id: int, day: date, number: int) -> date:
    """The working day that is `number` working days after `day` (counted from the day after it)."""
    return _first_beyond(agency_id, day, number - 1)


def working_days_before(agency_id: int, day: date, number: int) -> date:
    """The working day that is `number` working days before `day` (counted from the day before it)."""
    days = days_of(agency_id)
    here = days.filter(day=day).values_list("works", "ordinal").first()
    if here is None:
        raise BeyondCalendar(day.year)
    works, ordinal = here
    found = days.filter(works=True, ordinal=ordinal - works - number + 1).values_list("day", flat=True).first()
    if found is None:
        raise BeyondCalendar(days.aggregate(first=Min("day"))["first"].year - 1)
    return found


def soon_until(agency_id: int, today: date, days: int = 7) -> date:
    """The last date that is at most `days` working days away: days off after the last of them included."""
    return _first_beyond(agency_id, today, days) - timedelta(days=1)


def last_day_more_than(agency_id: int, today: date, number: int) -> date | None:
    """The last day from which more than `number` working days have passed by `today`; None before the calendar begins."""
    days = days_of(agency_id)
    here = days.filter(day=today).values("ordinal")
    return days.filter(day__lt=today, ordinal__lt=Subquery(here) - number).aggregate(last=Max("day"))["last"]


def _first_beyond(agency_id: int, day: date, number: int) -> date:
    """The first day with more than `number` working days between it and `day`."""
    days = days_of(agency_id)
    start = days.filter(day=day).values("ordinal")
    found = days.filter(day__gt=day, ordinal__gt=Subquery(start) + number).aggregate(first=Min("day"))["first"]
    if found is None:
        last = days.aggregate(last=Max("day"))["last"]
        raise BeyondCalendar(last.year + 1 if days.filter(day=day).exists() else day.year)
    return found


def calendar_of(agency_id: int) -> Subquery:
    return Subquery(AgencySettings.objects.filter(agency_id=agency_id).values("calendar_id"))


def _years_of(calendar: Calendar) -> set[int]:
    return set(calendar.days.annotate(year=ExtractYear("day")).values_list("year", flat=True).distinct())


def _days(years: range) -> Iterator[date]:
    day = date(years.start, 1, 1)
    while day.year in years:
        yield day
        day += timedelta(days=1)


def _working_day(calendar: Calendar, day: date, special: Special | None) -> WorkingDay:
    if special is None:
        return WorkingDay(calendar=calendar, day=day, works=day.isoweekday() < 6, ordinal=0, confirmed=True)
    return WorkingDay(
        calendar=calendar, day=day, works=special.works, ordinal=0, name=special.name, source=special.source,
        confirmed=special.confirmed,
    )  # fmt: skip


def _library(years: range) -> dict[date, Special]:
    """What the library computes. It errs (02/01/2026), so nothing of it counts as confirmed."""
    computed = holidays.country_holidays("VN", years=years, language="vi")
    off = {day: Special(False, name, LIBRARY, False) for day, name in computed.items()}
    makeup = {day: Special(True, "Làm bù", LIBRARY, False) for day in computed.weekend_workdays if day.year in years}
    return off | makeup


@cache
def _announced() -> dict[date, Special]:
    return read_table(TABLE)


def read_table(table: Path) -> dict[date, Special]:
    """The days that calendar.csv knows. Raises UnreadableCalendar, which names the line."""
    with table.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        if next(rows, None) != COLUMNS:
            raise UnreadableCalendar(table.name, 1, f"Dòng đầu phải là: {','.join(COLUMNS)}")
        return dict(_special(table.name, rows.line_num, row) for row in rows if row)


def _special(table: str, line: int, row: list[str]) -> tuple[date, Special]:
    if len(row) != len(COLUMNS):
        raise UnreadableCalendar(
            table, line, f"Có {len(row)} cột, phải có {len(COLUMNS)}: đặt giá trị có dấu phẩy trong ngoặc kép"
        )
    day, kind, name, source, status = row
    if kind not in KINDS or status not in STATUSES:
        raise UnreadableCalendar(table, line, f"“{kind}”, “{status}”: chưa đúng loại ngày hoặc mức xác nhận")
    try:
        return date.fromisoformat(day), Special(kind == "makeup", name, source, status == "verified")
    except ValueError as wrong:
        raise UnreadableCalendar(table, line, f"“{day}” không phải ngày dạng 2026-12-31") from wrong
