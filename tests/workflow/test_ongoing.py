"""Việc thường xuyên: an occurrence for each reporting period, its short update, the same words flagged, the last in full."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say as said
from notifications.registry import still_true
from organization.models import AgencySettings
from plans.intake import deadline_settings
from tests.office import Office, make_assignment, walk
from workflow.models import Assignment, Case, Schedule
from workflow.ongoing import Occurrence, occurrences_of, periods, periods_of
from workflow.progress import Said, update
from workflow.urging_updates import urge_updates

pytestmark = pytest.mark.django_db


@pytest.fixture
def work(office: Office) -> Assignment:
    with time_machine.travel("2026-02-02T09:00:00+07:00", tick=False):
        return ongoing(office)


def ongoing(office: Office) -> Assignment:
    assignment = make_assignment(office, undated=True)
    Case.objects.filter(pk=assignment.pk).update(schedule=Schedule.ONGOING)
    walk(office, assignment, "execute")
    return assignment


def say(office: Office, work: Assignment, on: str, text: str) -> None:
    with time_machine.travel(f"{on}T09:00:00+07:00", tick=False):
        update(work.pk, Said(text), office.rights("officer"))


def seen(work: Assignment, today: date) -> list[Occurrence]:
    return occurrences_of(Case.objects.select_related("plan").get(pk=work.pk), today)


def marks(work: Assignment, today: date) -> list[str]:
    return [one.state[1] for one in seen(work, today)]


def test_year_has_a_period_for_each_report() -> None:
    found = periods_of(2026, ["06-14", "09-14", "12-14"])
    assert [(one.label, one.since, one.until, one.last) for one in found] == [
        ("6 tháng năm 2026", date(2025, 12, 15), date(2026, 6, 14), False),
        ("9 tháng năm 2026", date(2026, 6, 15), date(2026, 9, 14), False),
        ("năm 2026", date(2026, 9, 15), date(2026, 12, 14), True),
    ]


def test_days_are_the_agencys_and_hold_for_deadlines_too(office: Office, other_office: Office) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(cut_offs=["06-10", "09-10", "12-10"])
    assert [one.until.day for one in periods(office.agency.pk, 2026)] == [10, 10, 10]
    assert [one.until.day for one in periods(other_office.agency.pk, 2026)] == [14, 14, 14]
    assert deadline_settings(office.agency).report_days == {3: (3, 14), 6: (6, 10), 9: (9, 10), 12: (12, 10)}


def test_each_period_holds_the_last_update_of_its_days(office: Office, work: Assignment) -> None:
    say(office, work, "2026-03-01", "Đã đăng 10 tin")
    say(office, work, "2026-06-14", "Đã đăng 20 tin")
    say(office, work, "2026-06-15", "Đã đăng 25 tin")
    say(office, work, "2026-12-20", "Đã đăng 40 tin")
    texts = [one.update and one.update.text for one in seen(work, date(2026, 7, 1))]
    assert texts == ["Đã đăng 20 tin", "Đã đăng 25 tin", "Đã đăng 40 tin"]


def test_same_words_as_the_period_before_are_flagged(office: Office, work: Assignment) -> None:
    say(office, work, "2026-06-01", "Thực hiện thường xuyên")
    say(office, work, "2026-09-01", "thực hiện  thường xuyên")
    assert [one.repeats for one in seen(work, date(2026, 9, 2))] == [False, True, False]


def test_period_says_until_when_and_what_is_missing(office: Office, work: Assignment) -> None:
    assert marks(work, date(2026, 6, 14)) == ["Cập nhật chậm nhất 14/6/2026", "Chưa đến kỳ", "Chưa đến kỳ"]
    assert marks(work, date(2026, 6, 15)) == ["Chưa cập nhật", "Cập nhật chậm nhất 14/9/2026", "Chưa đến kỳ"]
    say(office, work, "2026-06-20", "Đã đăng 25 tin")
    assert marks(work, date(2026, 10, 1)) == ["Chưa cập nhật", "Đã cập nhật", "Nộp kết quả chậm nhất 14/12/2026"]


def test_last_period_takes_the_full_route(office: Office, work: Assignment) -> None:
    say(office, work, "2026-09-01", "Đã đăng 25 tin")
    say(office, work, "2026-11-01", "Đã đăng 30 tin")
    assert marks(work, date(2026, 11, 2))[2] == "Nộp kết quả chậm nhất 14/12/2026"
    with time_machine.travel("2026-12-10T09:00:00+07:00", tick=False):
        walk(office, work, "review", statement="Đã đăng 25 tin")
    last = seen(work, date(2026, 12, 11))[2]
    assert (last.state[1], last.update.handed_in, last.repeats) == ("Đã nộp kết quả", True, True)
    assert marks(work, date(2026, 12, 20))[0] == "Chưa cập nhật"


def test_dated_work_has_none_and_costs_nothing(office: Office, django_assert_num_queries) -> None:
    case = Case.objects.select_related("plan").get(pk=make_assignment(office).pk)
    with django_assert_num_queries(0):
        assert occurrences_of(case, date(2026, 7, 1)) == []


def test_task_shows_its_periods(client: Client, office: Office, work: Assignment) -> None:
    say(office, work, "2026-03-01", "Đã đăng 10 tin")
    client.force_login(office["officer"])
    with time_machine.travel("2026-07-01T09:00:00+07:00", tick=False):
        page = client.get(reverse("workflow:task", args=[work.pk])).content.decode()
    assert "Cập nhật theo kỳ báo cáo" in page
    assert "Kỳ 6 tháng năm 2026" in page
    assert "Đã đăng 10 tin" in page


def test_list_is_of_those_one_sees_and_costs_the_same(
    client: Client, office: Office, other_office: Office, work: Assignment
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with time_machine.travel("2026-02-02T09:00:00+07:00", tick=False):
        ongoing(other_office)
    client.force_login(office["chief"])
    counts = []
    for rows in (1, 3):
        with time_machine.travel("2026-02-02T09:00:00+07:00", tick=False):
            while Case.objects.filter(agency=office.agency, schedule=Schedule.ONGOING).count() < rows:
                ongoing(office)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("workflow:by_period")).content.decode()
        counts.append(len(captured))
        assert page.count("chủ trì</p>") == rows
    assert counts[0] == counts[1]


def test_settings_page_takes_three_days_in_their_order(client: Client, office: Office) -> None:
    client.force_login(office["chief"])
    address = reverse("organization:settings")
    assert "14/6; 14/9; 14/12" in client.get(address).content.decode()
    kept = {"review_days": 3, "approve_days": 3, "supplement_days": 3, "opens_days_before": 20, "day_off": "next"}
    for wrong in ("", "14/6; 14/9", "14/9; 14/6; 14/12", "31/6; 14/9; 14/12", "6-14; 9-14; 12-14", "x" * 50):
        page = client.post(address, kept | {"cut_offs": wrong}).content.decode()
        assert "Ghi đủ ba ngày theo thứ tự" in page, wrong
    client.post(address, kept | {"cut_offs": " 10/6;10/9 ; 10/12"})
    decided = AgencySettings.objects.get(agency=office.agency)
    assert (decided.cut_offs, decided.day_off) == (["06-10", "09-10", "12-10"], "next")


class TestUrging:
    """11 to 13/6/2026: Thursday, Friday, a week-end; the half year's figures are closed on Sunday the 14th."""

    def urge(self, on: date) -> int:
        with time_machine.travel(f"{on}T08:00:00+07:00", tick=False):
            return urge_updates(on)

    def test_officer_and_head_are_told_once_before_the_figures_close(self, office: Office, work: Assignment) -> None:
        assert self.urge(date(2026, 6, 4)) == 0
        assert self.urge(date(2026, 6, 8)) == 3
        assert self.urge(date(2026, 6, 11)) == 0
        told = Notice.objects.filter(kind="ongoing.missing")
        assert set(told.values_list("to_id", flat=True)) == {office[name].pk for name in ("officer", "head", "deputy")}
        notice = told.get(to=office["officer"])
        assert notice.subject == work.case.subject
        assert "cập nhật kết quả của kỳ chậm nhất 14/6/2026" in said([notice])[notice.pk].title
        assert still_true([notice]) == {notice.pk}
        assert Entry.objects.get(verb="ongoing.urged").agency == office.agency.pk

    def test_next_period_is_told_anew_and_the_last_asks_for_the_result(self, office: Office, work: Assignment) -> None:
        self.urge(date(2026, 6, 8))
        say(office, work, "2026-09-01", "Đã đăng 25 tin")
        assert self.urge(date(2026, 9, 10)) == 0
        say(office, work, "2026-10-01", "Đã đăng 30 tin")
        assert self.urge(date(2026, 12, 10)) == 3
        notice = Notice.objects.filter(kind="ongoing.missing", to=office["head"]).latest("pk")
        assert "nộp kết quả năm chậm nhất 14/12/2026" in said([notice])[notice.pk].title

    def test_who_has_said_something_is_left_alone(self, office: Office, work: Assignment) -> None:
        self.urge(date(2026, 6, 8))
        notices = list(Notice.objects.filter(kind="ongoing.missing"))
        say(office, work, "2026-06-09", "Đã đăng 20 tin")
        assert still_true(notices) == set()

    def test_day_off_dated_work_and_a_year_without_calendar_owe_nothing(self, office: Office) -> None:
        make_assignment(office)
        assert self.urge(date(2026, 6, 8)) == 0
        assert self.urge(date(2026, 6, 13)) == 0
        assert self.urge(date(2031, 6, 10)) == 0
