"""Working days: the official schedule, what people change, and the end of the calendar."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry, Stream
from organization.calendar import (
    LIBRARY,
    TABLE,
    BeyondCalendar,
    Special,
    UnreadableCalendar,
    add_year,
    is_working_day,
    load_calendar,
    read_table,
    renumber,
    soon_until,
    working_days_after,
    working_days_between,
)
from organization.calendar_changes import change_day
from organization.models import AgencySettings, Calendar
from tests.office import Office

pytestmark = pytest.mark.django_db


@pytest.fixture
def vietnam(office: Office) -> Calendar:
    calendar = Calendar.objects.create(name="Lịch chính thức")
    load_calendar(calendar, range(2024, 2028))
    AgencySettings.objects.filter(agency=office.agency).update(calendar=calendar)
    return calendar


@pytest.mark.parametrize(("year", "working_days"), [(2024, 251), (2025, 250), (2026, 249), (2027, 249)])
def test_year_has_the_official_number_of_working_days(vietnam: Calendar, year: int, working_days: int) -> None:
    assert vietnam.days.filter(day__year=year, works=True).count() == working_days


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        (date(2026, 8, 28), 3, date(2026, 9, 7)),
        (date(2024, 4, 26), 1, date(2024, 5, 2)),
        (date(2024, 5, 3), 1, date(2024, 5, 4)),
        (date(2024, 2, 7), 1, date(2024, 2, 15)),
    ],
)
def test_working_days_after_a_day(office: Office, vietnam: Calendar, start: date, number: int, end: date) -> None:
    assert working_days_after(office.agency.pk, start, number) == end


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2024, 2, 12), False),  # Tết
        (date(2024, 5, 4), True),  # a Saturday made up for
        (date(2026, 1, 2), False),  # the library says an ordinary day
        (date(2026, 1, 10), True),  # the library says a Saturday off
        (date(2024, 6, 1), False),
        (date(2024, 6, 3), True),
    ],
)
def test_day_works_as_the_table_says(office: Office, vietnam: Calendar, day: date, works: bool) -> None:
    assert is_working_day(office.agency.pk, day) is works


def test_day_off_carries_the_ordinal_of_the_working_day_before(vietnam: Calendar) -> None:
    ordinals = dict(vietnam.days.filter(day__range=(date(2024, 2, 7), date(2024, 2, 15))).values_list("day", "ordinal"))

    assert {ordinals[date(2024, 2, 7) + timedelta(days=n)] - ordinals[date(2024, 2, 7)] for n in range(8)} == {0}
    assert ordinals[date(2024, 2, 15)] - ordinals[date(2024, 2, 7)] == 1


def test_days_between_are_negative_once_passed_and_cost_one_query(office: Office, vietnam: Calendar) -> None:
    today = date(2024, 4, 26)
    dates = [date(2024, 5, 2), date(2024, 4, 24), today, date(2024, 4, 27)]

    with CaptureQueriesContext(connection) as queries:
        days = working_days_between(office.agency.pk, dates, today)

    assert days == {dates[0]: 1, dates[1]: -2, today: 0, dates[3]: 0}
    assert len(queries) == 1


def test_soon_ends_before_the_first_day_that_is_too_far(office: Office, vietnam: Calendar) -> None:
    assert soon_until(office.agency.pk, date(2024, 6, 3)) == date(2024, 6, 12)
    assert soon_until(office.agency.pk, date(2024, 6, 3), days=4) == date(2024, 6, 9)
    assert soon_until(office.agency.pk, date(2024, 2, 6), days=1) == date(2024, 2, 14)


def test_date_beyond_the_calendar_names_the_year_to_add(office: Office, vietnam: Calendar) -> None:
    agency = office.agency.pk

    with pytest.raises(BeyondCalendar, match="chưa có năm 2028"):
        working_days_between(agency, [date(2028, 1, 3)], date(2027, 12, 31))
    with pytest.raises(BeyondCalendar, match="chưa có năm 2028"):
        soon_until(agency, date(2027, 12, 30))
    with pytest.raises(BeyondCalendar, match="chưa có năm 2023"):
        soon_until(agency, date(2023, 12, 29))
    with pytest.raises(BeyondCalendar, match="chưa có năm 2030"):
        is_working_day(agency, date(2030, 1, 1))


def test_calendars_of_two_agencies_are_apart(office: Office, other_office: Office, vietnam: Calendar) -> None:
    assert is_working_day(office.agency.pk, date(2024, 2, 12)) is False
    assert is_working_day(other_office.agency.pk, date(2024, 2, 12)) is True


def test_changed_day_renumbers_and_is_in_the_ledger(office: Office, vietnam: Calendar) -> None:
    agency, monday, friday = office.agency.pk, date(2024, 6, 3), date(2024, 6, 7)

    change_day(office.rights("chief"), date(2024, 6, 5), works=False, name="Nghỉ bão", source="CV 1", confirmed=True)

    assert working_days_between(agency, [friday], monday)[friday] == 3
    entry = Entry.objects.get(verb="calendar.day_changed")
    assert (entry.stream, entry.actor, entry.agency) == (Stream.ACCESS, office["chief"].pk, agency)


def test_day_changed_and_changed_back_numbers_as_a_fresh_load_would(office: Office, vietnam: Calendar) -> None:
    before = list(vietnam.days.order_by("day").values_list("day", "ordinal"))
    day, rights = date(2024, 6, 5), office.rights("chief")

    change_day(rights, day, works=False, name="Nghỉ bão", source="CV 1", confirmed=True)
    changed = list(vietnam.days.order_by("day").values_list("day", "ordinal"))
    renumber(vietnam.pk)
    assert changed == list(vietnam.days.order_by("day").values_list("day", "ordinal")) != before

    change_day(rights, day, works=False, name="Nghỉ bão số 1", source="CV 1", confirmed=True)
    change_day(rights, day, works=True, name="Ngày làm việc", source="CV 2", confirmed=True)
    assert before == list(vietnam.days.order_by("day").values_list("day", "ordinal"))


def test_loading_again_keeps_what_people_changed(office: Office, vietnam: Calendar) -> None:
    change_day(office.rights("chief"), date(2024, 6, 5), works=False, name="Nghỉ bão", source="CV 1", confirmed=True)

    assert load_calendar(vietnam, range(2024, 2028)) == 0
    assert is_working_day(office.agency.pk, date(2024, 6, 5)) is False


def test_year_added_later_leaves_no_hole(vietnam: Calendar) -> None:
    assert load_calendar(vietnam, [2029]) == 366 + 365
    assert vietnam.days.order_by("-day").first().ordinal == vietnam.days.filter(works=True).count()


def test_added_year_is_in_the_ledger(office: Office, vietnam: Calendar) -> None:
    assert add_year(office.rights("chief"), 2028) == 366
    assert Entry.objects.get(verb="calendar.year_added").actor == office["chief"].pk


def test_command_answers_one_json_object_and_is_in_the_ledger(
    office: Office, vietnam: Calendar, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("load_calendar", years="2028-2028", json=True)

    assert Entry.objects.get(verb="calendar.years_loaded", agency=office.agency.pk).stream == Stream.ACCESS
    assert json.loads(capsys.readouterr().out) == {"calendars": 2, "years": [2028, 2028], "days": 366}


def test_table_is_read_whole() -> None:
    known = read_table(TABLE)

    assert len(known) == 58
    assert known[date(2027, 2, 4)] == Special(False, "Tết Nguyên đán Đinh Mùi", LIBRARY, False)
    assert known[date(2026, 1, 2)].confirmed


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("2026-09-02,off,Quốc khánh,Dự tính, chưa có thông báo,pending", "Có 6 cột, phải có 5"),
        ("2026-09-02,off,Quốc khánh", "Có 3 cột, phải có 5"),
        ("02/9/2026,off,Quốc khánh,TB 1,verified", "“02/9/2026” không phải ngày"),
        ("2026-09-02,holiday,Quốc khánh,TB 1,verified", "chưa đúng loại ngày hoặc mức xác nhận"),
        ("2026-09-02,off,Quốc khánh,TB 1,from memory", "chưa đúng loại ngày hoặc mức xác nhận"),
    ],
)
def test_line_that_cannot_be_read_is_named(tmp_path: Path, line: str, words: str) -> None:
    table = tmp_path / "calendar.csv"
    table.write_text(f"date,kind,name,source,status\n2026-01-01,off,Tết Dương lịch,TB 1,verified\n{line}\n")

    with pytest.raises(UnreadableCalendar, match=f"dòng 3: .*{words}"):
        read_table(table)


def test_command_refuses_a_table_it_cannot_read(
    vietnam: Calendar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "calendar.csv"
    table.write_text("ngày,loại\n")
    monkeypatch.setattr("organization.calendar._announced", lambda: read_table(table))

    with pytest.raises(CommandError, match="dòng 1: Dòng đầu phải là") as refused:
        call_command("load_calendar", years="2028-2028")
    assert refused.value.returncode == 2
    assert not vietnam.days.filter(day__year=2028).exists()


def test_command_refuses_words_for_years(vietnam: Calendar) -> None:
    with pytest.raises(CommandError, match="không phải khoảng năm") as refused:
        call_command("load_calendar", years="năm nay")
    assert refused.value.returncode == 2
