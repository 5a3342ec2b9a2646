"""Due dates on days off, dates beyond the calendar, and work that waits for a day that Văn phòng enters."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.calendar_changes import change_day
from organization.enums import DayOff
from organization.models import AgencySettings, Delegation
from plans.deadlines import Wait, WaitUnit
from plans.enums import BeforeIssue
from plans.models import MeasureText
from tests.office import Office, make_assignment, walk
from tests.workflow.drafts import Draft, make_draft
from workflow.duedates import counted_from, set_due, trigger, waiting_of
from workflow.errors import Refused
from workflow.issuing import decide_past, issue_plan
from workflow.models import Case
from workflow.requests.asking import advise, ask_extension, grant_extension

TODAY = date(2026, 6, 12)
SATURDAY, MONDAY, FRIDAY = date(2026, 8, 15), date(2026, 8, 17), date(2026, 8, 14)
WAITING = "Trong 15 ngày làm việc kể từ ngày nhận được thông báo kết luận"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_the_day_of_issue():
    with time_machine.travel("2026-06-12T09:00:00+07:00", tick=False):
        yield


@pytest.fixture
def draft(office: Office) -> Draft:
    return make_draft(office)


def moves(office: Office, day_off: DayOff) -> None:
    AgencySettings.objects.filter(agency=office.agency).update(day_off=day_off)


def issue(draft: Draft) -> None:
    issue_plan(draft.plan.pk, draft.office.rights("chief"), number="45/KH", issued_on=TODAY)


def signed_in(office: Office, who: str) -> Client:
    client = Client()
    client.force_login(office[who])
    return client


def dates(case: Case) -> tuple[date | None, date | None, date | None]:
    case.refresh_from_db()
    return case.original_due_on, case.due_on, case.written_due_on


class TestDayOff:
    @pytest.mark.parametrize(
        ("day_off", "due", "written"),
        [(DayOff.STAYS, SATURDAY, None), (DayOff.NEXT, MONDAY, SATURDAY), (DayOff.PREVIOUS, FRIDAY, SATURDAY)],
    )
    def test_issued_work_is_due_by_the_setting(
        self, draft: Draft, office: Office, day_off: DayOff, due: date, written: date | None
    ) -> None:
        moves(office, day_off)
        draft.row(office.division, due=[SATURDAY])
        issue(draft)
        assert dates(Case.objects.get(plan=draft.plan)) == (due, due, written)

    def test_preview_and_task_say_which_holiday_moves_it(self, draft: Draft, office: Office) -> None:
        moves(office, DayOff.NEXT)
        change_day(
            office.rights("chief"), date(2026, 9, 2), works=False, name="Quốc khánh", source="TB", confirmed=True
        )
        draft.row(office.division, due=[date(2026, 9, 2)])
        words = "02/9/2026 là ngày nghỉ (Quốc khánh), chuyển sang 03/9/2026."
        client = signed_in(office, "chief")
        assert words in client.get(reverse("workflow:issue_plan", args=[draft.plan.pk])).content.decode()
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        page = client.get(reverse("workflow:task", args=[case.pk])).content.decode()
        assert f"Thời hạn đã ghi {words}" in page
        assert "ban đầu" not in page

    def test_date_still_ahead_is_not_moved_into_the_past(self, draft: Draft, office: Office) -> None:
        moves(office, DayOff.PREVIOUS)
        draft.row(office.division, due=[date(2026, 6, 14)])
        with time_machine.travel("2026-06-13T09:00:00+07:00", tick=False):
            issue(draft)
        assert dates(Case.objects.get(plan=draft.plan)) == (date(2026, 6, 14), date(2026, 6, 14), None)

    def test_new_date_of_a_past_row_moves_too(self, draft: Draft, office: Office) -> None:
        moves(office, DayOff.NEXT)
        row = draft.row(office.division, due=[date(2026, 3, 31)])
        issue(draft)
        past = [one.pk for one in row.occurrences.all()]
        decide_past(draft.plan.pk, past, BeforeIssue.MOVED, office.rights("chief"), new_due_on=SATURDAY)
        assert dates(Case.objects.get(plan=draft.plan)) == (MONDAY, MONDAY, SATURDAY)

    def test_extension_to_a_day_off_moves_and_the_original_stays(self, office: Office) -> None:
        moves(office, DayOff.NEXT)
        assignment = make_assignment(office, due=date(2026, 7, 31))
        walk(office, assignment, "execute")
        asked = ask_extension(assignment.pk, office.rights("head"), due_on=SATURDAY, reason="Chờ số liệu")
        decide = advise(open_step_of(asked.case), office.rights("reviewer"), agrees=True)
        grant_extension(decide.pk, office.rights("leader"))
        assert dates(assignment.case) == (date(2026, 7, 31), MONDAY, SATURDAY)
        assert (
            Entry.objects.get(verb="case.due_extended").text.count("15/8/2026 là Thứ Bảy, chuyển sang 17/8/2026.") == 1
        )

    def test_extension_that_moves_back_to_where_it_was_is_refused(self, office: Office) -> None:
        moves(office, DayOff.PREVIOUS)
        assignment = make_assignment(office, due=FRIDAY)
        walk(office, assignment, "execute")
        with pytest.raises(Refused, match=r"15/8/2026 là Thứ Bảy, chuyển về 14/8/2026\. Thời hạn mới phải sau"):
            ask_extension(assignment.pk, office.rights("head"), due_on=SATURDAY, reason="Chờ số liệu")


class TestBeyondTheCalendar:
    BEYOND = date(2031, 1, 6)
    WORDS = "Lịch làm việc chưa có năm 2031. Thêm năm 2031 vào lịch làm việc rồi thực hiện lại."

    def test_plan_is_not_issued_and_its_page_says_which_year_to_add(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, due=[self.BEYOND])
        page = signed_in(office, "chief").get(reverse("workflow:issue_plan", args=[draft.plan.pk]))
        assert self.WORDS in page.content.decode()
        assert reverse("organization:calendar") in page.content.decode()
        with pytest.raises(Refused, match="chưa có năm 2031"):
            issue(draft)
        assert not Case.objects.filter(plan=draft.plan).exists()

    def test_due_date_is_refused_with_the_way_to_the_calendar(self, draft: Draft, office: Office) -> None:
        draft.row(office.division, kind="conditional")
        issue(draft)
        case = Case.objects.get(plan=draft.plan)
        page = signed_in(office, "chief").post(
            reverse("workflow:set_due", args=[case.pk]), {"due_on": "06/01/2031", "note": "CV 12"}
        )
        assert page.status_code == 409
        assert self.WORDS in page.content.decode()
        assert "Mở lịch làm việc" in page.content.decode()

    def test_extension_is_refused(self, office: Office) -> None:
        assignment = make_assignment(office, due=FRIDAY)
        walk(office, assignment, "execute")
        with pytest.raises(Refused, match="chưa có năm 2031"):
            ask_extension(assignment.pk, office.rights("head"), due_on=self.BEYOND, reason="Chờ số liệu")


class TestTrigger:
    @pytest.fixture
    def row(self, draft: Draft, office: Office) -> MeasureText:
        row = draft.row(office.division, office.other_division, kind="relative")
        MeasureText.objects.filter(pk=row.pk).update(deadline_raw=WAITING)
        draft.row(office.division, kind="conditional", task="Theo kế hoạch của Sở Nội vụ")
        draft.row(office.division, due=[FRIDAY])
        issue(draft)
        return row

    def case(self, row: MeasureText, office: Office) -> Case:
        return Case.objects.get(assignment__measure=row.measure_id, unit=office.division)

    def test_due_date_is_counted_from_the_day_that_is_entered(self, row: MeasureText, office: Office) -> None:
        case = self.case(row, office)
        (given,) = trigger(case.pk, date(2026, 6, 10), office.rights("chief"), document_text="12/KL-TTr")
        assert given == case
        assert dates(case) == (date(2026, 7, 1), date(2026, 7, 1), None)
        assert Case.objects.filter(assignment__measure=row.measure_id, schedule="undated").count() == 1

    def test_those_concerned_are_told_and_the_ledger_has_it(self, row: MeasureText, office: Office) -> None:
        case = self.case(row, office)
        trigger(case.pk, date(2026, 6, 10), office.rights("chief"), document_text="12/KL-TTr")
        told = Notice.objects.filter(kind="case.due_set", subject=case.subject)
        assert set(told.values_list("to_id", flat=True)) == {office[n].pk for n in ("head", "deputy", "reviewer")}
        said = say([told.get(to=office["head"])])[told.get(to=office["head"]).pk]
        assert said.title == "Nhiệm vụ I.1 có thời hạn 01/7/2026"
        assert "Tính từ ngày 10/6/2026. Căn cứ: 12/KL-TTr." in said.text
        entry = Entry.objects.get(verb="case.due_set")
        assert (entry.actor, entry.on_behalf_of) == (office["chief"].pk, None)
        assert '"happened_on":"2026-06-10"' in entry.text

    def test_one_word_for_every_unit_of_the_measure(self, row: MeasureText, office: Office) -> None:
        case = self.case(row, office)
        given = trigger(case.pk, date(2026, 6, 10), office.rights("chief"), everywhere=True)
        assert {one.unit_id for one in given} == {office.division.pk, office.other_division.pk}
        assert not Case.objects.filter(assignment__measure=row.measure_id, schedule="undated").exists()
        assert Notice.objects.filter(kind="case.due_set", to=office["other_head"]).count() == 1

    def test_act_costs_ten_queries_at_most(
        self, row: MeasureText, office: Office, django_assert_max_num_queries
    ) -> None:
        rights, case = office.rights("chief"), self.case(row, office)
        with django_assert_max_num_queries(10 + 2):  # with the savepoint's two
            trigger(case.pk, date(2026, 6, 10), rights, everywhere=True)

    def test_substitute_is_named_in_the_ledger(self, row: MeasureText, office: Office) -> None:
        Delegation.objects.create(agency=office.agency, principal=office["reviewer"], substitute=office["clerk"],
                                  since=TODAY, until=TODAY)  # fmt: skip
        trigger(self.case(row, office).pk, date(2026, 6, 10), office.rights("clerk"))
        assert Entry.objects.get(verb="case.due_set").on_behalf_of == office["reviewer"].pk

    @pytest.mark.parametrize(
        ("happened_on", "words"),
        [
            (date(2026, 1, 5), "Thời hạn tính từ ngày 05/01/2026 là 26/01/2026, đã qua."),
            (date(2029, 12, 20), "Lịch làm việc chưa có năm 2030."),
        ],
    )
    def test_day_that_cannot_be_is_refused(
        self, row: MeasureText, office: Office, happened_on: date, words: str
    ) -> None:
        with pytest.raises(Refused, match=words):
            trigger(self.case(row, office).pk, happened_on, office.rights("chief"))

    def test_what_waits_for_no_day_or_has_its_date_is_refused(self, row: MeasureText, office: Office) -> None:
        other = Case.objects.get(code="I.2")
        with pytest.raises(Refused, match="không tính từ một ngày phải nhập"):
            trigger(other.pk, TODAY, office.rights("chief"))
        dated = Case.objects.get(code="I.3")
        with pytest.raises(Refused, match="đã có thời hạn"):
            trigger(dated.pk, TODAY, office.rights("chief"))
        with pytest.raises(PermissionDenied):
            trigger(self.case(row, office).pk, TODAY, office.rights("head"))

    def test_another_agencys_case_is_not_there(self, row: MeasureText, office: Office, other_office: Office) -> None:
        with pytest.raises(Case.DoesNotExist):
            trigger(self.case(row, office).pk, TODAY, other_office.rights("chief"))
        page = signed_in(other_office, "chief").get(reverse("workflow:waiting_dates", args=[row.version.plan_id]))
        assert page.status_code == 404

    def test_list_shows_what_each_measure_waits_for(self, row: MeasureText, draft: Draft, office: Office) -> None:
        assert [(case.code, case.units) for case in waiting_of(draft.plan)] == [("I.1", 2), ("I.2", 1)]
        page = signed_in(office, "chief").get(reverse("workflow:waiting_dates", args=[draft.plan.pk])).content.decode()
        assert "Chờ ngày bắt đầu tính: 15 ngày làm việc kể từ ngày nhận được thông báo kết luận" in page
        assert "Chờ văn bản ấn định thời hạn" in page
        trigger(self.case(row, office).pk, TODAY, office.rights("chief"), everywhere=True)
        assert [case.code for case in waiting_of(draft.plan)] == ["I.2"]

    def test_page_asks_for_the_day_and_offers_every_unit(self, row: MeasureText, office: Office) -> None:
        case = self.case(row, office)
        client, address = signed_in(office, "chief"), reverse("workflow:set_due", args=[case.pk])
        page = client.get(address).content.decode()
        assert "Ngày bắt đầu tính: ngày nhận được thông báo kết luận" in page
        assert "Áp dụng cho cả 01 đơn vị khác cùng chủ trì nhiệm vụ này" in page
        for given, words in (
            ({}, "Chưa ghi ngày. Ghi ngày bắt đầu tính hoặc thời hạn."),
            ({"happened_on": "10/6/2026", "due_on": "30/7/2026", "note": "x"}, "Bỏ một trong hai ngày."),
        ):
            assert words in client.post(address, given).content.decode()
        client.post(address, {"happened_on": "10/6/2026", "everywhere": "on"})
        assert not Case.objects.filter(assignment__measure=row.measure_id, schedule="undated").exists()

    def test_date_taken_away_by_an_amendment_keeps_the_first(self, row: MeasureText, office: Office) -> None:
        case = self.case(row, office)
        Case.objects.filter(pk=case.pk).update(original_due_on=date(2026, 5, 5))
        set_due(case.pk, FRIDAY, office.rights("chief"), note="Theo kế hoạch")
        assert dates(case) == (date(2026, 5, 5), FRIDAY, None)


@pytest.mark.parametrize(
    ("wait", "due"),
    [
        (Wait(15, WaitUnit.WORKING_DAY, "x"), date(2026, 7, 1)),
        (Wait(5, WaitUnit.WORKING_DAY, "x", before=True), date(2026, 6, 3)),
        (Wait(20, WaitUnit.DAY, "x"), date(2026, 6, 30)),
        (Wait(20, WaitUnit.DAY, "x", before=True), date(2026, 5, 21)),
        (Wait(24, WaitUnit.HOUR, "x"), date(2026, 6, 11)),
        (Wait(36, WaitUnit.HOUR, "x"), date(2026, 6, 12)),
        (Wait(2, WaitUnit.WEEK, "x"), date(2026, 6, 24)),
        (Wait(3, WaitUnit.MONTH, "x"), date(2026, 9, 10)),
        (Wait(1, WaitUnit.YEAR, "x"), date(2027, 6, 10)),
    ],
)
def test_day_counted_from_an_event(office: Office, wait: Wait, due: date) -> None:
    assert counted_from(office.agency.pk, wait, date(2026, 6, 10)) == due


def test_month_without_that_day_ends_with_its_last(office: Office) -> None:
    assert counted_from(office.agency.pk, Wait(1, WaitUnit.MONTH, "x"), date(2026, 1, 31)) == date(2026, 2, 28)


def open_step_of(case: Case) -> int:
    return case.task_set.get(finished=None).pk
