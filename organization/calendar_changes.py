"""A day of the calendar is changed: days after it are renumbered, and due dates that stood on it follow.

What follows lies in the rooms above; they register, nobody is named here. All of it is one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import F

from audit import services as audit
from audit.models import Stream
from organization.calendar import BeyondCalendar, calendar_of
from organization.due_dates import Due, projected
from organization.models import AgencySettings, Calendar, WorkingDay
from organization.rights import Rights
from organization.vietnamese import short_date

# No row of days off is longer than this.
WINDOW = timedelta(days=30)
KEPT = 200  # so many moved due dates are named in the ledger's line; all of them have lines of their own


@dataclass(frozen=True, slots=True)
class Change:
    """What is said of a day from now on."""

    day: date
    works: bool
    name: str
    source: str
    confirmed: bool

    @property
    def words(self) -> str:
        """Lịch làm việc sửa ngày 02/5/2025: nghỉ (hoán đổi với 26/4), theo Công văn số 1."""
        ground = f", theo {self.source}" if self.source else ""
        return f"Lịch làm việc sửa ngày {short_date(self.day)}: {'làm việc' if self.works else 'nghỉ'} ({self.name}){ground}."


@dataclass(frozen=True, slots=True)
class Shift:
    """A date as written that is due on another day than before."""

    was: date
    now: Due


@dataclass(frozen=True, slots=True)
class Moved:
    """A due date that followed, in the words of the room it is of."""

    what: str
    was: date
    now: date


# agency, its dates that shift, the change, who makes it → what moved
Follower = Callable[[int, Sequence[Shift], Change, Rights], Sequence[Moved]]
followers: list[Follower] = []


def change_day(rights: Rights, day: date, *, works: bool, name: str, source: str, confirmed: bool) -> list[Moved]:
    """Say whether an office works on a day. Returns what moved in the agency of who says it. Raises BeyondCalendar."""
    change = Change(day, works, name, source, confirmed)
    with audit.transaction():
        calendar = Calendar.objects.select_for_update().get(pk=calendar_of(rights.agency_id))
        agencies = list(
            AgencySettings.objects.filter(calendar=calendar).order_by("pk").values_list("agency_id", flat=True)
        )
        before = {agency: _around(agency, day) for agency in agencies}
        values = {"works": works, "name": name, "source": source, "confirmed": confirmed}
        known = WorkingDay.objects.filter(calendar=calendar, day=day)
        worked = known.values_list("works", flat=True).first()
        if worked is None:
            raise BeyondCalendar(day.year)
        known.update(**values)
        if works != worked:
            following = WorkingDay.objects.filter(calendar=calendar, day__gte=day)
            following.update(ordinal=F("ordinal") + (1 if works else -1))
        moved = {agency: _follow(agency, before[agency], change, rights) for agency in agencies}
        for agency in agencies:
            _record(calendar, agency, change, moved[agency], rights)
    return moved[rights.agency_id]


def _around(agency: int, day: date) -> dict[date, Due]:
    days = [day + timedelta(days=n) for n in range(-WINDOW.days, WINDOW.days + 1)]
    return projected(agency, days)


def _follow(agency: int, before: dict[date, Due], change: Change, rights: Rights) -> list[Moved]:
    after = _around(agency, change.day)
    shifts = [
        Shift(before[written].on, due)
        for written, due in after.items() if written in before and before[written].on != due.on
    ]  # fmt: skip
    if not shifts:
        return []
    return [moved for follow in followers for moved in follow(agency, shifts, change, rights)]


def _record(calendar: Calendar, agency: int, change: Change, moved: Sequence[Moved], rights: Rights) -> None:
    named: list[Any] = [[one.what, one.was, one.now] for one in moved[:KEPT]]
    audit.record(
        "calendar.day_changed", f"calendar:{calendar.pk}", agency=agency, actor=rights.user_id, stream=Stream.ACCESS,
        day=change.day, works=change.works, name=change.name, source=change.source, confirmed=change.confirmed,
        moved=len(moved), due_dates=named,
    )  # fmt: skip
