"""The list of tasks: what each person may see of it, who holds what, counts that agree, and its workbook."""

import json
import re
from datetime import date, timedelta
from html import unescape
from io import BytesIO

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry, Stream
from organization.vietnamese import short_date
from plans.models import MeasureText
from tests.office import Office, make_assignment, make_plan, open_step, walk
from tests.workflow.test_inbox import codes, tabs
from workflow.models import Assignment, Case
from workflow.selectors import current_holders
from workflow.stopping import suspend

pytestmark = pytest.mark.django_db

TASKS = "/nhiem-vu/"
EXPORT = "/nhiem-vu/xuat/"
TODAY = date(2026, 11, 9)
# session, person, two of rights, notices, badge; the calendar's edge and its days; cells, fields, rows
QUERIES = 11


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel("2026-11-09T09:00:00+07:00", tick=False) as traveller:
        yield traveller


def get(client: Client, office: Office, name: str, query: str = "") -> str:
    client.force_login(office[name])
    answer = client.get(TASKS + query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def sheet(client: Client, office: Office, name: str, query: str = "") -> list[tuple[object, ...]]:
    client.force_login(office[name])
    answer = client.get(EXPORT + query)
    assert "attachment" in answer["Content-Disposition"]
    return list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))


def code_of(assignment: Assignment) -> str:
    return assignment.case.code


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("reviewer", ["own", "theirs"]), ("leader", ["own", "theirs"]), ("viewer", ["own", "theirs"]),
        ("officer", ["own"]), ("other_head", ["theirs"]), ("administrator", []),
    ],
)  # fmt: skip
def test_list_shows_what_each_person_may_see_in_their_agency(
    client: Client, office: Office, other_office: Office, name: str, seen: list[str]
) -> None:
    cases = {"own": make_assignment(office), "theirs": make_assignment(office, lead=office.other_division)}
    make_assignment(other_office)
    assert sorted(codes(get(client, office, name))) == sorted(code_of(cases[which]) for which in seen)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_whatever_the_rows(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each in (office, other_office):
        for _ in range(rows):
            walk(each, make_assignment(each), "execute")
    client.force_login(office["reviewer"])
    with django_assert_num_queries(QUERIES):
        page = client.get(TASKS).content.decode()
    assert len(codes(page)) == rows


def every_state(office: Office) -> None:
    for days, until in (
        (-5, "assign"),
        (0, "assign"),
        (3, "assign"),
        (30, "assign"),
        (30, "review"),
        (-5, "review"),
        (30, "end"),
        (-5, "end"),
    ):
        walk(office, make_assignment(office, due=TODAY + timedelta(days=days)), until)
    make_assignment(office, undated=True)


def test_counts_of_states_are_the_rows_they_open(client: Client, office: Office, other_office: Office) -> None:
    every_state(office)
    every_state(other_office)
    page = get(client, office, "reviewer")
    counts = tabs(page)
    assert {words: count for words, (count, _) in counts.items()} == {
        "Tất cả": 9, "Trong hạn": 1, "Sắp đến hạn": 1, "Đến hạn hôm nay": 1, "Quá hạn": 1, "Đã nộp trong hạn, chờ duyệt": 1,
        "Đã nộp quá hạn, chờ duyệt": 1, "Hoàn thành đúng hạn": 1, "Hoàn thành quá hạn": 1, "Chưa xác định thời hạn": 1,
    }  # fmt: skip
    for count, url in counts.values():
        assert len(codes(get(client, office, "reviewer", url))) == count


def test_state_keeps_the_other_conditions(client: Client, office: Office) -> None:
    every_state(office)
    make_assignment(office, lead=office.other_division, due=TODAY - timedelta(days=5))
    page = get(client, office, "reviewer", f"?don_vi={office.other_division.pk}")
    assert {words: count for words, (count, _) in tabs(page).items()} == {"Tất cả": 1, "Quá hạn": 1}
    assert len(codes(get(client, office, "reviewer", tabs(page)["Quá hạn"][1]))) == 1


def test_filters_by_plan_stage_and_field(client: Client, office: Office) -> None:
    version = make_plan(office)
    first, second = make_assignment(office, version=version), make_assignment(office)
    walk(office, second, "execute")
    MeasureText.objects.filter(measure_id=second.measure_id).update(field="II. CẢI CÁCH THỂ CHẾ")
    for query, wanted in (
        (f"?ke_hoach={version.plan_id}", first), ("?khau=execute", second), ("?linh_vuc=II. CẢI CÁCH THỂ CHẾ", second),
    ):  # fmt: skip
        assert codes(get(client, office, "reviewer", query)) == [code_of(wanted)]


def test_measure_of_two_versions_stands_once(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    text = MeasureText.objects.get(measure_id=assignment.measure_id)
    again = text.version
    again.pk, again.number = None, 2
    again.save()
    text.pk, text.version = None, again
    text.save()
    assert codes(get(client, office, "reviewer", "?linh_vuc=I. CHỈ ĐẠO")) == [code_of(assignment)]


@pytest.mark.parametrize("text", ["so hoa", "SỐ HÓA", "hồ số"])
def test_search_of_the_top_bar_ignores_accents(client: Client, office: Office, text: str) -> None:
    found = make_assignment(office, task="Số hóa hồ sơ")
    make_assignment(office, task="Rà soát văn bản")
    page = get(client, office, "reviewer", f"?q={text}")
    assert codes(page) == [code_of(found)]
    assert tabs(page)["Tất cả"][0] == 1


@pytest.mark.parametrize("query", ["?tinh_trang=abc", "?khau=end", "?don_vi=abc", "?ke_hoach=1e9"])
def test_word_that_no_list_knows_is_no_page(client: Client, office: Office, query: str) -> None:
    client.force_login(office["reviewer"])
    assert client.get(TASKS + query).status_code == 404


def test_empty_list_says_what_fills_it(client: Client, office: Office) -> None:
    page = get(client, office, "head")
    assert "Chưa có nhiệm vụ nào" in page
    assert "Văn phòng đưa kế hoạch vào theo dõi" in page


def test_title_is_escaped(client: Client, office: Office) -> None:
    make_assignment(office, task="<img src=x onerror=alert(1)>")
    client.force_login(office["reviewer"])
    page = client.get(TASKS).content.decode()
    assert "<img" not in page
    assert "&lt;img" in page


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("assign", "Trưởng phòng Đăng ký kinh doanh"),
        ("execute", "Nguyễn Văn Hùng, Phòng Đăng ký kinh doanh"),
        ("submit", "Trưởng phòng Đăng ký kinh doanh"),
        ("review", "Văn phòng (chưa ai nhận)"),
        ("approve", "Nông Đức Ánh, Lãnh đạo Sở"),
    ],
)
def test_holder_is_named_with_the_unit(client: Client, office: Office, until: str, words: str) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, until)
    (holding,) = current_holders([assignment.pk]).values()
    assert (holding.words, holding.step_id, holding.stage) == (words, step.pk, step.stage_title)
    page = get(client, office, "reviewer")
    assert words in page
    assert f'<span class="sub">{step.stage_title}</span>' in page


def test_holder_who_has_many_posts_is_one_row(client: Client, office: Office) -> None:
    walk(office, make_assignment(office), "review")
    walk(office, make_assignment(office, lead=office.office), "execute", officer="chief", head="chief")
    assert len(codes(get(client, office, "reviewer"))) == 2


def test_ended_case_is_held_by_nobody(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    assert current_holders([assignment.pk]) == {}
    assert code_of(assignment) in get(client, office, "reviewer")


@pytest.mark.parametrize("rows", [1, 3])
def test_holders_of_many_cases_are_one_query(
    office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assignments = [make_assignment(office) for _ in range(rows)]
    with django_assert_num_queries(1):
        assert len(current_holders(assignment.pk for assignment in assignments)) == rows


def test_days_at_the_holder_are_working_days(client: Client, office: Office) -> None:
    walk(office, make_assignment(office), "execute")
    with time_machine.travel("2026-11-16T09:00:00+07:00"):
        assert "Nguyễn Văn Hùng, Phòng Đăng ký kinh doanh giữ 05 ngày" in get(client, office, "reviewer")


def test_workbook_holds_the_rows_of_the_list(client: Client, office: Office, other_office: Office) -> None:
    every_state(office)
    every_state(other_office)
    make_assignment(office, lead=office.other_division)
    rows = sheet(client, office, "head", "?tinh_trang=overdue")
    assert len(rows) == 2
    assert dict(zip(rows[0], rows[1], strict=True))["Ai đang giữ"] == "Trưởng phòng Đăng ký kinh doanh"
    assert len(sheet(client, office, "head")) == 10


@pytest.mark.parametrize("task", ["=1+1", "+84", "-1", "@SUM(A1)"])
def test_workbook_runs_nothing(client: Client, office: Office, task: str) -> None:
    make_assignment(office, task=task)
    _, row = sheet(client, office, "reviewer")
    assert row[1] == f"'{task}"


@pytest.mark.parametrize("rows", [1, 3])
def test_workbook_costs_the_same_whatever_the_rows(
    client: Client, office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        make_assignment(office)
    client.force_login(office["reviewer"])
    with django_assert_num_queries(10):  # two of them the ledger's, in a transaction
        assert client.get(EXPORT).status_code == 200


def test_extended_case_shows_both_dates(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=3))
    Case.objects.filter(pk=assignment.pk).update(due_on=TODAY + timedelta(days=30))
    assert "ban đầu 12/11/2026" in get(client, office, "reviewer")
    assert open_step(assignment).stage == "assign"


def test_late_by_the_first_date_is_said_beside_it(client: Client, office: Office) -> None:
    """Not yet late by the first date; late by it, and not handed in; handed in late by it; no longer done."""
    works = [make_assignment(office, due=TODAY + timedelta(days=days)) for days in (3, -7, -14, -7)]
    walk(office, works[2], "end")
    suspend(works[3].pk, office.rights("chief"), reason="Chờ")
    Case.objects.filter(pk__in=[work.pk for work in works]).update(due_on=TODAY + timedelta(days=30))
    page = get(client, office, "reviewer")
    assert re.findall(r"ban đầu (\S+?)(?:, quá hạn ban đầu (\d\d) ngày)?</span>", page) == [
        (short_date(TODAY + timedelta(days=days)), late) for days, late in ((3, ""), (-7, "05"), (-14, "10"), (-7, ""))
    ]  # fmt: skip
    head, *rows = sheet(client, office, "reviewer")
    place = head.index("So với thời hạn ban đầu")
    assert [row[place] for row in rows] == ["Trong hạn", "Quá hạn", "Quá hạn", None]


def test_export_is_written_in_the_ledger(client: Client, office: Office) -> None:
    make_assignment(office)
    sheet(client, office, "reviewer", "?q=abc")
    entry = Entry.objects.get(verb="tasks.exported")
    assert (entry.stream, entry.actor, entry.address) == (Stream.ACCESS, office["reviewer"].pk, "127.0.0.1")
    assert json.loads(entry.text)["body"]["wanted"] == "q=abc"
