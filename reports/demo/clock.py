"""The clock is moved from outside, and only in a database marked demo. No verb takes a moment as an argument."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

import time_machine
from django.utils.timezone import get_current_timezone

from organization.models import DemoMark


class NotADemo(RuntimeError):
    """The clock of a database that people use is never moved."""


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Everything inside happens at `moment`. Raises NotADemo outside a database marked demo."""
    if not DemoMark.objects.exists():
        raise NotADemo
    with time_machine.travel(moment, tick=True):
        yield


def office_hour(day: date, hour: int, minute: int = 0) -> datetime:
    """That time of the day, or of the Monday after where the day is a week-end."""
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(hour, minute), tzinfo=get_current_timezone())
