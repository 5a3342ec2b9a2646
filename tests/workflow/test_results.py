"""Figures of quality, of one person, and of stages that take too long: who may see them, and that they are right."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from organization.calendar import working_days_after
from organization.models import AgencySettings
from tests.office import Office, last_digest, make_assignment, open_step, walk
from tests.workflow.test_transferring import merge
from workflow import directing, engine, services, stopping
from workflow.filters import QueryDict
from workflow.held import beyond, targets_of
from workflow.models import Assignment, Case
from workflow.quality import Fault, faults, quality_by_unit
from workflow.spans import Span

pytestmark = pytest.mark.django_db
YEAR = Span(localdate().year, "")


def client_of(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def sent_back(office: Office, kind: str = "returned", reasons: tuple[str, ...] = ("figures",)) -> Assignment:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    verb = services.return_work if kind == "returned" else services.ask_for_papers
    verb(step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Xem lại", reasons=list(reasons))
    return assignment


# --- the span


@pytest.mark.parametrize(
    ("code", "first", "last"),
    [("", "01-01", "12-31"), ("q1", "01-01", "03-31"), ("q4", "10-01", "12-31"), ("t2", "02-01", "02-29"), ("t12", "12-01", "12-31")],
)  # fmt: skip
def test_span_begins_and_ends(code: str, first: str, last: str) -> None:
    span = Span(2028, code)
    assert (str(span.first), str(span.last)) == (f"2028-{first}", f"2028-{last}")


@pytest.mark.parametrize("query", ["ky=q5", "ky=t13", "ky=x", "nam=abc", "nam=99999"])
def test_span_that_nobody_knows_is_no_page(office: Office, query: str) -> None:
    for name in ("quality", "own_results"):
        assert client_of(office, "leader").get(f"{reverse(f'workflow:{name}')}?{query}").status_code == 404


def test_span_is_read_from_the_address() -> None:
    assert Span.read(QueryDict("nam=2025&ky=t11"), localdate()) == Span(2025, "t11")
    assert Span.read(QueryDict(""), localdate()) == YEAR


# --- quality


def test_first_pass_rate_counts_each_result_once(office: Office, other_office: Office) -> None:
    walk(office, make_assignment(office), "end")
    walk(office, sent_back(office), "end")
    walk(office, sent_back(office, "supplement", ("unsigned", "missing")), "end")
    walk(office, make_assignment(office), "review")
    walk(other_office, sent_back(other_office), "end")
    (line,) = quality_by_unit(office.rights("reviewer"), YEAR)
    assert (line.handed_in, line.passed, line.papers, line.returned) == (4, 1, 1, 1)
    assert line.rate == pytest.approx(100 / 3)
    assert faults(office.rights("leader"), YEAR) == [
        Fault("Thiếu tài liệu", 1, 0), Fault("Chưa ký", 1, 0), Fault("Số liệu chưa khớp", 0, 1),
    ]  # fmt: skip


def test_quality_counts_a_result_in_the_month_of_its_first_round(office: Office) -> None:
    with time_machine.travel("2026-03-10T09:00:00+07:00", tick=True):
        assignment = sent_back(office)
    with time_machine.travel("2026-04-10T09:00:00+07:00", tick=True):
        walk(office, assignment, "end")
    rights = office.rights("leader")
    assert [line.returned for line in quality_by_unit(rights, Span(2026, "t3"))] == [1]
    assert quality_by_unit(rights, Span(2026, "t4")) == []
    assert faults(rights, Span(2026, "q2")) == []


def test_excused_lateness_is_counted_apart(office: Office) -> None:
    for excused in (True, False):
        assignment = make_assignment(office, due=localdate() - timedelta(days=9))
        walk(office, assignment, "review")
        if excused:
            directing.confirm_cause(assignment.pk, office.rights("leader"), reason="Mưa bão")
    (line,) = quality_by_unit(office.rights("chief"), YEAR)
    assert (line.late, line.excused) == (2, 1)


def test_head_sees_the_own_unit_only(office: Office) -> None:
    sent_back(office)
    assert quality_by_unit(office.rights("other_head"), YEAR) == []
    assert [line.name for line in quality_by_unit(office.rights("head"), YEAR)] == ["Phòng Đăng ký kinh doanh"]
    page = client_of(office, "other_head").get(reverse("workflow:quality")).content.decode()
    assert "Phòng Đăng ký kinh doanh" not in page


@pytest.mark.parametrize("name", ["officer", "viewer", "clerk", "administrator"])
def test_quality_is_not_for_everybody(office: Office, name: str) -> None:
    assert client_of(office, name).get(reverse("workflow:quality")).status_code == 403


@pytest.mark.parametrize("number", [1, 3])
def test_quality_page_costs_the_same(
    office: Office, other_office: Office, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        sent_back(office)
        sent_back(other_office)
    client = client_of(office, "reviewer")
    with django_assert_num_queries(8):
        page = client.get(reverse("workflow:quality")).content.decode()
    assert "Số liệu chưa khớp" in page
    assert "Phòng Đăng ký kinh doanh" in page


# --- one person


def results(office: Office, name: str, of: str, query: str = "") -> int:
    address = reverse("workflow:person_results", args=[office[of].pk])
    answer = client_of(office, name).get(address + query).status_code
    assert client_of(office, name).get(reverse("workflow:export_results", args=[office[of].pk])).status_code == answer
    return answer


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("officer", 200), ("head", 200), ("deputy", 200), ("leader", 200), ("director", 200), ("reviewer", 403), ("chief", 403),
        ("colleague", 403), ("other_head", 403), ("administrator", 403), ("viewer", 403), ("clerk", 403),
    ],
)  # fmt: skip
def test_results_are_for_the_person_the_head_and_leadership(office: Office, name: str, answer: int) -> None:
    assert results(office, name, "officer") == answer


def test_results_of_another_agency_are_not_found(office: Office, other_office: Office) -> None:
    address = reverse("workflow:person_results", args=[office["officer"].pk])
    for page in (address, reverse("workflow:export_results", args=[office["officer"].pk])):
        for name in ("leader", "head", "officer"):
            assert client_of(other_office, name).get(page).status_code == 404


def test_personal_export_has_what_the_decree_asks_for(office: Office) -> None:
    walk(office, make_assignment(office), "end")
    walk(office, sent_back(office), "end")
    late = make_assignment(office, due=localdate() - timedelta(days=9), task="=Đăng tải")
    walk(office, late, "execute")
    directing.confirm_cause(late.pk, office.rights("leader"), reason="Chờ thông tư")
    walk(office, make_assignment(office), "execute", officer="colleague")
    elsewhen = make_assignment(office)
    walk(office, elsewhen, "execute")
    Case.objects.filter(pk=elsewhen.pk).update(due_on="2020-05-05", original_due_on="2020-05-05")
    span = f"?nam={late.case.due_on.year}"
    Case.objects.exclude(pk=elsewhen.pk).exclude(pk=late.pk).update(due_on=localdate(), original_due_on=localdate())
    answer = client_of(office, "head").get(reverse("workflow:export_results", args=[office["officer"].pk]) + span)
    book = load_workbook(BytesIO(answer.content))
    sums = dict(book["Tổng hợp"].iter_rows(min_row=3, values_only=True))
    assert sums == {
        "Sản phẩm được giao": 3, "Đã hoàn thành": 2, "Chậm so với thời hạn": 1, "Trong đó do nguyên nhân khách quan": 1,
        "Số lần trả lại về nội dung": 1,
    }  # fmt: skip
    rows = list(book["Sản phẩm"].iter_rows(min_row=2, values_only=True))
    assert rows[0][1] == "'=Đăng tải"
    assert rows[0][9] == "Chờ thông tư"
    entry = Entry.objects.get(verb="personal.exported")
    assert (entry.actor, entry.stream) == (office["head"].pk, "access")


@pytest.mark.parametrize("number", [1, 3])
def test_personal_page_costs_the_same(
    office: Office, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        walk(office, make_assignment(office, due=localdate()), "end")
    client = client_of(office, "head")
    with django_assert_num_queries(11):
        page = client.get(reverse("workflow:person_results", args=[office["officer"].pk])).content.decode()
    assert "Số hóa hồ sơ" in page
    assert "Nông Thị Thuỳ" in page
    assert "Nguyễn Văn Ánh" not in page


# --- stages that take too long


def test_steps_beyond_their_target_are_listed(office: Office, other_office: Office) -> None:
    reviewing, approving = make_assignment(office, task="Chờ rà soát"), make_assignment(office, task="Chờ phê duyệt")
    walk(office, reviewing, "review")
    walk(office, approving, "approve")
    walk(other_office, make_assignment(other_office, task="Của cơ quan khác"), "review")
    walk(office, make_assignment(office, task="Đang thực hiện"), "execute")
    AgencySettings.objects.filter(agency=office.agency).update(approve_days=5)
    listed = {}
    for days in (3, 4, 6):
        on = working_days_after(office.agency.pk, localdate(), days)
        with time_machine.travel(f"{on}T09:00:00+07:00", tick=True):
            rights = office.rights("reviewer")
            listed[days] = {step.process.title for step in beyond(rights, targets_of(rights.agency_id))}
            page = client_of(office, "reviewer").get(reverse("workflow:beyond")).content.decode()
            assert ("Chờ rà soát" in page) == (days > 3)
    assert listed == {3: set(), 4: {"Chờ rà soát"}, 6: {"Chờ rà soát", "Chờ phê duyệt"}}


def test_leadership_sees_late_steps_but_no_door_to_the_targets(office: Office) -> None:
    shown = {name: client_of(office, name).get(reverse("workflow:beyond")) for name in ("reviewer", "leader")}
    assert {name: answer.status_code for name, answer in shown.items()} == {"reviewer": 200, "leader": 200}
    assert "Sửa mục tiêu" in shown["reviewer"].content.decode()
    assert "Sửa mục tiêu" not in shown["leader"].content.decode()


def test_papers_that_did_not_come_are_listed(office: Office) -> None:
    step = open_step(sent_back(office, "supplement"))
    rights = office.rights("reviewer")
    assert not beyond(rights, targets_of(rights.agency_id)).exists()
    with time_machine.travel(f"{step.answer_by + timedelta(days=1)}T09:00:00+07:00", tick=True):
        page = client_of(office, "reviewer").get(reverse("workflow:beyond")).content.decode()
    assert "Bổ sung hồ sơ" in page
    assert "Nguyễn Văn Hùng" in page


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_late_steps_costs_the_same(
    office: Office, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(number):
        walk(office, make_assignment(office), "review")
    with time_machine.travel(f"{localdate() + timedelta(days=14)}T09:00:00+07:00", tick=True):
        client = client_of(office, "reviewer")
        with django_assert_num_queries(12):
            assert client.get(reverse("workflow:beyond")).status_code == 200


@pytest.mark.parametrize("name", ["officer", "head", "viewer", "administrator"])
def test_list_of_late_steps_is_for_the_office_and_leadership(office: Office, name: str) -> None:
    assert client_of(office, name).get(reverse("workflow:beyond")).status_code == 403


def test_task_says_how_long_each_had_it(office: Office) -> None:
    assignment = make_assignment(office)
    on = working_days_after(office.agency.pk, localdate(), 2)
    with time_machine.travel(f"{on}T09:00:00+07:00", tick=True):
        walk(office, assignment, "approve")
    later = working_days_after(office.agency.pk, on, 3)
    with time_machine.travel(f"{later}T09:00:00+07:00", tick=True):
        client = client_of(office, "head")
        response = client.get(reverse("workflow:task", args=[assignment.pk]))
    shares = {
        place.unit: (place.days, {share.who: share.days for share in place.people})
        for place in response.context["shares"]
    }
    assert shares == {
        "Phòng Đăng ký kinh doanh": (2, {"Lương Thu Hạnh": 2, "Nguyễn Văn Hùng": 0}),
        "Văn phòng": (0, {"Nguyễn Đức Hạnh": 0}),
        "Lãnh đạo": (3, {"Nông Đức Ánh": 3}),
    }


def test_days_go_to_each_who_had_it_in_turn(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    first = working_days_after(office.agency.pk, localdate(), 2)
    with time_machine.travel(f"{first}T09:00:00+07:00", tick=True):
        engine.hand_over(step.pk, office["colleague"], office.rights("head"), note="Đi học")
    second = working_days_after(office.agency.pk, first, 1)
    with time_machine.travel(f"{second}T09:00:00+07:00", tick=True):
        merge(office)
    later = working_days_after(office.agency.pk, second, 3)
    with time_machine.travel(f"{later}T09:00:00+07:00", tick=True):
        response = client_of(office, "chief").get(reverse("workflow:task", args=[assignment.pk]))
    days = {
        place.unit: [(share.who, share.days, share.open) for share in place.people]
        for place in response.context["shares"]
    }
    own = "Phòng Đăng ký kinh doanh"
    assert days[own] == [
        ("Lương Thu Hạnh", 0, False), (office["officer"].full_name, 2, False), (office["colleague"].full_name, 1, False),
    ]  # fmt: skip
    assert days[office.other_division.name][0][1:] == (3, True)


def test_work_that_went_on_after_a_pause_waits_anew(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "review")
    stopping.suspend(assignment.pk, office.rights("chief"), reason="Chờ sắp xếp bộ máy")
    later = working_days_after(office.agency.pk, localdate(), 20)
    with time_machine.travel(f"{later}T09:00:00+07:00", tick=True):
        stopping.resume(assignment.pk, office.rights("chief"))
        rights = office.rights("reviewer")
        assert not beyond(rights, targets_of(rights.agency_id)).exists()
    with time_machine.travel(f"{working_days_after(office.agency.pk, later, 4)}T09:00:00+07:00", tick=True):
        rights = office.rights("reviewer")
        assert beyond(rights, targets_of(rights.agency_id)).exists()


# --- the settings


def test_settings_are_changed_and_written_down(office: Office, other_office: Office) -> None:
    given = {
        "review_days": 5,
        "approve_days": 3,
        "supplement_days": 2,
        "opens_days_before": 20,
        "before_includes_day": "on",
        "day_off": "stays",
        "cut_offs": "14/6; 14/9; 14/12",
    }
    for name in ("reviewer", "administrator"):
        assert client_of(office, name).post(reverse("organization:settings"), given).status_code == 302
    row = AgencySettings.objects.get(agency=office.agency)
    assert (row.review_days, row.supplement_days) == (5, 2)
    assert AgencySettings.objects.get(agency=other_office.agency).review_days == 3
    (entry,) = Entry.objects.filter(verb="agency.settings_changed")
    assert '"before":{"review_days":3,"supplement_days":3}' in entry.text


@pytest.mark.parametrize("days", ["0", "31", "abc", ""])
def test_settings_out_of_bounds_are_refused(office: Office, days: str) -> None:
    given = {"review_days": days, "approve_days": 3, "supplement_days": 3, "opens_days_before": 20}
    page = client_of(office, "reviewer").post(reverse("organization:settings"), given).content.decode()
    assert "Nhập số ngày từ 1 đến 30." in page
    assert AgencySettings.objects.get(agency=office.agency).review_days == 3


@pytest.mark.parametrize("name", ["officer", "head", "leader", "viewer", "clerk"])
def test_settings_are_for_office_and_administrator(office: Office, name: str) -> None:
    assert client_of(office, name).get(reverse("organization:settings")).status_code == 403
