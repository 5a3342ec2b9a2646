"""A day of the calendar is changed: open due dates follow, whom it concerns is told why, nothing else moves."""

from __future__ import annotations

from datetime import date
from threading import Event, Thread

import pytest
import time_machine
from django.db import connection
from django.db.transaction import atomic
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.calendar_changes import change_day
from organization.enums import DayOff
from organization.models import AgencySettings
from organization.refusals import Refused
from tests.office import Office, make_assignment, walk
from workflow.models import Assignment, Case

BEFORE, HOLIDAY, AFTER = date(2026, 8, 31), date(2026, 9, 1), date(2026, 9, 2)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture(autouse=True)
def moves_on(office: Office) -> None:
    decide(office, DayOff.NEXT)


def decide(office: Office, day_off: DayOff) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(day_off=day_off)


def work(office: Office, due: date = HOLIDAY) -> Assignment:
    assignment = make_assignment(office, due=due)
    walk(office, assignment, "execute")
    return assignment


def declare(office: Office, day: date = HOLIDAY, *, works: bool = False, name: str = "Quốc khánh") -> list[tuple]:
    moved = change_day(office.rights("chief"), day, works=works, name=name, source="TB 12", confirmed=True)
    return [(one.was, one.now) for one in moved]


def dates(assignment: Assignment) -> tuple[date | None, date | None, date | None]:
    case = Case.objects.get(pk=assignment.pk)
    return case.original_due_on, case.due_on, case.written_due_on


def test_open_due_date_follows_and_is_no_extension(office: Office) -> None:
    assignment = work(office)
    assert declare(office) == [(HOLIDAY, AFTER)]
    assert dates(assignment) == (AFTER, AFTER, HOLIDAY)


def test_it_comes_back_when_the_day_is_a_working_day_again(office: Office) -> None:
    assignment = work(office)
    declare(office)
    assert declare(office, works=True, name="Ngày làm việc") == [(AFTER, HOLIDAY)]
    assert dates(assignment) == (HOLIDAY, HOLIDAY, None)


def test_date_moved_by_one_holiday_moves_on_with_the_next(office: Office) -> None:
    assignment = work(office)
    declare(office)
    assert declare(office, AFTER) == [(AFTER, date(2026, 9, 3))]
    assert dates(assignment) == (date(2026, 9, 3), date(2026, 9, 3), HOLIDAY)


@pytest.mark.parametrize(("day_off", "due"), [(DayOff.STAYS, HOLIDAY), (DayOff.NEXT, AFTER), (DayOff.PREVIOUS, BEFORE)])
def test_it_moves_by_the_setting(office: Office, day_off: DayOff, due: date) -> None:
    decide(office, day_off)
    assignment = work(office)
    declare(office)
    assert dates(assignment)[:2] == (due, due)


def test_extended_date_keeps_the_first_one(office: Office) -> None:
    assignment = work(office)
    Case.objects.filter(pk=assignment.pk).update(original_due_on=date(2026, 7, 1))
    declare(office)
    assert dates(assignment) == (date(2026, 7, 1), AFTER, HOLIDAY)


def test_what_was_not_due_by_it_stays(office: Office, other_office: Office) -> None:
    ended, elsewhere, other_day = work(office), make_assignment(other_office, due=HOLIDAY), work(office, AFTER)
    Case.objects.filter(pk=ended.pk).update(finished="2026-06-10T00:00:00Z", status=Case.DONE)
    AgencySettings.objects.filter(agency=other_office.agency).update(day_off=DayOff.STAYS)
    assert declare(office) == []
    assert [dates(one)[1] for one in (ended, elsewhere, other_day)] == [HOLIDAY, HOLIDAY, AFTER]


def test_every_agency_of_the_calendar_follows_with_a_ledger_of_its_own(office: Office, other_office: Office) -> None:
    decide(other_office, DayOff.NEXT)
    elsewhere = make_assignment(other_office, due=HOLIDAY)
    assert declare(office) == []
    assert dates(elsewhere)[:2] == (AFTER, AFTER)
    for agency in (office.agency.pk, other_office.agency.pk):
        assert Entry.objects.filter(verb="calendar.day_changed", agency=agency).count() == 1
    assert Entry.objects.get(verb="case.due_moved").agency == other_office.agency.pk


def test_whom_it_concerns_is_told_why(office: Office) -> None:
    assignment = work(office)
    declare(office)
    told = Notice.objects.filter(kind="case.calendar_moved", subject=assignment.case.subject)
    assert set(told.values_list("to_id", flat=True)) == {office[name].pk for name in ("officer", "head", "deputy")}
    notice = told.get(to=office["officer"])
    said = say([notice])[notice.pk]
    assert said.title.endswith("thời hạn chuyển sang 02/9/2026 do lịch làm việc")
    assert "chuyển từ 01/9/2026 sang 02/9/2026, không tính là gia hạn." in said.text
    assert "Lịch làm việc sửa ngày 01/9/2026: nghỉ (Quốc khánh), theo TB 12." in said.text
    summary = Notice.objects.get(kind="calendar.moved", to=office["reviewer"])
    said = say([summary])[summary.pk]
    assert said.title == "Lịch làm việc đổi, 01 thời hạn được chuyển"
    assert said.url == f"{reverse('organization:day')}?ngay=2026-09-01"
    assert not Notice.objects.filter(kind__in=("case.calendar_moved", "calendar.moved"), to=office["chief"]).exists()


def test_each_move_is_in_the_ledger(office: Office) -> None:
    assignment = work(office)
    declare(office)
    entry = Entry.objects.get(verb="case.due_moved")
    assert (entry.subject, entry.actor) == (assignment.case.subject, office["chief"].pk)
    assert '"former":"2026-09-01"' in entry.text
    assert '"due_on":"2026-09-02"' in entry.text


def test_page_says_what_moved(client: Client, office: Office) -> None:
    assignment = work(office)
    Case.objects.filter(pk=assignment.pk).update(code="I.7")
    client.force_login(office["chief"])
    said = {"day": "01/9/2026", "works": "no", "name": "Quốc khánh", "source": "TB 12", "confirmed": "on"}
    page = client.post(reverse("organization:day"), said, follow=True).content.decode()
    assert "01 thời hạn được chuyển, người liên quan đã được báo." in page
    assert "I.7 (Phòng Đăng ký kinh doanh)" in page
    assert "01/9/2026 → 02/9/2026" in page
    again = client.post(reverse("organization:day"), said, follow=True).content.decode()
    assert "không thời hạn nào phải chuyển" in again


@pytest.mark.django_db(transaction=True)
def test_work_that_somebody_holds_too_long_refuses_the_change(office: Office) -> None:
    assignment, taken, done = work(office), Event(), Event()

    def hold() -> None:
        with atomic():
            Case.objects.select_for_update().get(pk=assignment.pk)
            taken.set()
            done.wait(timeout=30)
        connection.close()

    holder = Thread(target=hold)
    holder.start()
    try:
        taken.wait(timeout=30)
        with pytest.raises(Refused, match="Chờ ít giây rồi lưu lại"):
            declare(office)
    finally:
        done.set()
        holder.join()
    assert dates(assignment) == (HOLIDAY, HOLIDAY, None)


def test_change_costs_the_same_for_one_and_for_five(office: Office) -> None:
    def cost(day: date) -> int:
        with CaptureQueriesContext(connection) as queries:
            declare(office, day)
        return len(queries)

    work(office)
    for _ in range(5):
        work(office, date(2026, 10, 1))
    assert cost(HOLIDAY) == cost(date(2026, 10, 1))
