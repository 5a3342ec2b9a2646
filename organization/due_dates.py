"""A due date that falls on a day off: the agency decides where it goes, the calendar says why."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import connection

from organization.calendar import BeyondCalendar, days_of
from organization.enums import DayOff
from organization.vietnamese import WEEKDAYS, short_date

# The next working day has the next ordinal; the one before has the ordinal of the day off itself.
PROJECT = """
SELECT written.day, written.name, agency.day_off,
       CASE WHEN written.works OR agency.day_off = 'stays' THEN written.day
            WHEN agency.day_off = 'next' THEN
                 (SELECT min(other.day) FROM working_day AS other
                  WHERE other.calendar_id = written.calendar_id AND other.ordinal = written.ordinal + 1)
            ELSE (SELECT min(other.day) FROM working_day AS other
                  WHERE other.calendar_id = written.calendar_id AND other.ordinal = written.ordinal AND other.works)
       END AS due_on
FROM organization_agencysettings AS agency
JOIN working_day AS written ON written.calendar_id = agency.calendar_id AND written.day = ANY(%(days)s)
WHERE agency.agency_id = %(agency)s
"""


@dataclass(frozen=True, slots=True)
class Due:
    """A date as it was written and as it is due; `why` names the day off where the two differ."""

    written_on: date
    on: date
    why: str = ""

    @property
    def moved_from(self) -> date | None:
        return self.written_on if self.on != self.written_on else None

    def not_before(self, today: date) -> "Due":
        """Nothing is born overdue: a date that has not passed is not moved back into the past."""
        return Due(self.written_on, self.written_on) if self.on < today <= self.written_on else self


def due_dates(agency_id: int, written: Iterable[date]) -> dict[date, Due]:
    """What becomes of each of these dates in the agency. One query. Raises BeyondCalendar."""
    wanted = set(written)
    if not wanted:
        return {}
    rows = _rows(agency_id, wanted)
    if missing := wanted - {row[0] for row in rows}:
        raise BeyondCalendar(min(missing).year)
    return {row[0]: _due(*row) for row in rows}


def projected(agency_id: int, written: Iterable[date]) -> dict[date, Due]:
    """The same, without what the calendar does not know."""
    return {row[0]: _due(*row) for row in _rows(agency_id, written) if row[3] is not None}


def _rows(agency_id: int, written: Iterable[date]) -> list[tuple[date, str, str, date | None]]:
    with connection.cursor() as cursor:
        cursor.execute(PROJECT, {"agency": agency_id, "days": list(written)})
        return cursor.fetchall()


def due_date(agency_id: int, written: date) -> Due:
    """One date. Raises BeyondCalendar."""
    return due_dates(agency_id, [written])[written]


def due_of(written: date, row: tuple[date, str, str, date | None] | None) -> Due:
    """One date out of a statement that has PROJECT within it. Raises BeyondCalendar."""
    if row is None:
        raise BeyondCalendar(written.year)
    return _due(*row)


def why_moved(agency_id: int, written: date, on: date) -> str:
    """The sentence of a date that was moved, by what the calendar says of it now. One query."""
    name = days_of(agency_id).filter(day=written).values_list("name", flat=True).first()
    return _why(written, name or "", on)


def _due(written: date, name: str, day_off: str, on: date | None) -> Due:
    if on is None:
        raise BeyondCalendar(written.year + (1 if day_off == DayOff.NEXT else -1))
    return Due(written, on, "" if on == written else _why(written, name, on))


def _why(written: date, name: str, on: date) -> str:
    what = "ngày nghỉ" if name or written.weekday() < 5 else WEEKDAYS[written.weekday()]
    named = f" ({name})" if name else ""
    return f"{short_date(written)} là {what}{named}, chuyển {'sang' if on > written else 'về'} {short_date(on)}."
