"""The reminder job over whatever the inbox bench has left in the database."""

from datetime import timedelta

from django.utils.timezone import localdate

from benchmarks.lifecycle import timed
from organization.models import Calendar
from tests.office import fill_calendar
from workflow.models import Case
from workflow.reminders import Reminded, remind


def measure() -> dict[str, object]:
    """Seconds of a first run, of the same day again, and of the next working day."""
    calendar = Calendar.objects.order_by("pk")[0]
    if not calendar.days.exists():
        fill_calendar(calendar)
    day = localdate()
    while day.isoweekday() > 5:
        day += timedelta(days=1)
    after = day + timedelta(days=3 if day.isoweekday() == 5 else 1)
    runs: list[Reminded] = []
    seconds = [
        timed(lambda: runs.append(remind(day))) / 1000,
        timed(lambda: remind(day)) / 1000,
        timed(lambda: remind(after)) / 1000,
    ]
    return {"open": Case.objects.filter(finished=None).count(), "created": runs[0].created,
            "first_s": round(seconds[0], 2), "again_s": round(seconds[1], 2), "next_day_s": round(seconds[2], 2)}  # fmt: skip
