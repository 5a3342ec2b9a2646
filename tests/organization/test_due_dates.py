"""A due date on a day off: where it goes by the agency's setting, and the reason in words."""

from datetime import date

import pytest

from organization.calendar import BeyondCalendar
from organization.calendar_changes import change_day
from organization.due_dates import Due, due_date, due_dates, why_moved
from organization.enums import DayOff
from organization.models import AgencySettings
from tests.office import Office

pytestmark = pytest.mark.django_db
SUNDAY, MONDAY, FRIDAY = date(2024, 6, 30), date(2024, 7, 1), date(2024, 6, 28)


def decide(office: Office, day_off: DayOff) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(day_off=day_off)


@pytest.mark.parametrize(
    ("day_off", "on", "why"),
    [
        (DayOff.STAYS, SUNDAY, ""),
        (DayOff.NEXT, MONDAY, "30/6/2024 là Chủ nhật, chuyển sang 01/7/2024."),
        (DayOff.PREVIOUS, FRIDAY, "30/6/2024 là Chủ nhật, chuyển về 28/6/2024."),
    ],
)
def test_due_date_on_a_day_off_moves_by_setting_and_says_so(
    office: Office, day_off: DayOff, on: date, why: str
) -> None:
    decide(office, day_off)

    assert due_date(office.agency.pk, SUNDAY) == Due(SUNDAY, on, why)
    assert due_date(office.agency.pk, MONDAY) == Due(MONDAY, MONDAY)


def test_holiday_that_moves_a_date_is_named(office: Office) -> None:
    decide(office, DayOff.NEXT)
    agency, holiday = office.agency.pk, date(2024, 4, 30)
    for day, name in ((holiday, "Ngày Chiến thắng"), (date(2024, 5, 1), "Quốc tế Lao động")):
        change_day(office.rights("chief"), day, works=False, name=name, source="BLLĐ", confirmed=True)

    words = "30/4/2024 là ngày nghỉ (Ngày Chiến thắng), chuyển sang 02/5/2024."
    assert due_date(agency, holiday) == Due(holiday, date(2024, 5, 2), words)
    assert why_moved(agency, holiday, date(2024, 5, 2)) == words


def test_many_dates_cost_one_query(office: Office, django_assert_num_queries) -> None:
    decide(office, DayOff.NEXT)
    days = [date(2024, month, 1) for month in range(1, 13)]
    with django_assert_num_queries(1):
        found = due_dates(office.agency.pk, days)
    assert [found[day].on.weekday() < 5 for day in days] == [True] * 12
    with django_assert_num_queries(0):
        assert due_dates(office.agency.pk, []) == {}


@pytest.mark.parametrize(
    ("day_off", "written", "year"),
    [
        (DayOff.STAYS, date(2031, 1, 5), 2031),
        (DayOff.NEXT, date(2029, 12, 30), 2030),  # a Sunday with nothing but a Monday after it
        (DayOff.PREVIOUS, date(2023, 1, 1), 2022),
    ],
)
def test_date_beyond_the_calendar_names_the_year_to_add(
    office: Office, day_off: DayOff, written: date, year: int
) -> None:
    decide(office, day_off)
    change_day(office.rights("chief"), date(2029, 12, 31), works=False, name="Nghỉ", source="", confirmed=False)

    with pytest.raises(BeyondCalendar, match=f"chưa có năm {year}"):
        due_date(office.agency.pk, written)


def test_date_that_has_not_passed_is_not_moved_into_the_past(office: Office) -> None:
    moved = Due(SUNDAY, FRIDAY, "…")

    assert moved.not_before(date(2024, 6, 29)) == Due(SUNDAY, SUNDAY)
    assert moved.not_before(date(2024, 6, 28)) == moved
    assert moved.not_before(date(2024, 8, 1)) == moved
