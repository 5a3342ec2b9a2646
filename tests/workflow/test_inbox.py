"""The inbox: what waits for me now, soonest first, counts that agree everywhere, nothing of anybody else's."""

import re
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from organization.enums import Role
from organization.models import Delegation, Post
from tests.office import Office, last_digest, make_assignment, make_plan, walk
from workflow import services
from workflow.models import Assignment, Step
from workflow.selectors import inbox_count

pytestmark = pytest.mark.django_db

INBOX = "/viec/"
MONDAY = "2026-11-09T09:00:00+07:00"
TODAY = date(2026, 11, 9)

# session, person, two of rights, notices; the calendar's edge and its days; cells, criteria, points, rows; recallable
QUERIES = 12


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


def get(client: Client, office: Office, name: str, query: str = "") -> str:
    client.force_login(office[name])
    answer = client.get(INBOX + query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def codes(page: str) -> list[str]:
    return re.findall(r'<span class="code">([^<]+)</span>', page)


def badge(page: str) -> int:
    found = re.search(r'href="/viec/" aria-current="page">.*?</svg>[^<]*(?:<b>(\d+)</b>)?</a>', page)
    assert found
    return int(found[1] or 0)


def tabs(page: str) -> dict[str, tuple[int, str]]:
    nav = page[page.index('<nav class="tabs"') :]
    links = re.findall(r'<a href="([^"]*)"[^>]*>([^<]+)<b>(\d+)</b></a>', nav[: nav.index("</nav>")])
    return {words: (int(count), url) for url, words, count in links}


def figures(page: str) -> dict[str, tuple[str, str]]:
    links = re.findall(r'<a href="([^"]*)"><span>([^<]+)</span><b[^>]*>([^<]+)</b>', page)
    return {words: (value, url) for url, words, value in links}


def groups(page: str) -> list[tuple[str, int]]:
    found = re.findall(r'<li class="group"><span>([^<]+)</span><span class="sub">(\d+)</span>', page)
    return [(words, int(count)) for words, count in found]


def code_of(assignment: Assignment) -> str:
    return assignment.case.code


def test_inbox_shows_only_what_waits_for_me_in_my_agency(client: Client, office: Office, other_office: Office) -> None:
    mine = make_assignment(office, task="Việc của tôi")
    make_assignment(office, lead=office.other_division, task="Việc phòng khác")
    make_assignment(other_office, task="Việc cơ quan khác")
    page = get(client, office, "head")
    assert codes(page) == [code_of(mine)]
    assert "Việc phòng khác" not in page
    assert "Việc cơ quan khác" not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_inbox_costs_the_same_whatever_the_rows(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each in (office, other_office):
        for _ in range(rows):
            walk(each, make_assignment(each), "review")
    client.force_login(office["reviewer"])
    with django_assert_num_queries(QUERIES):
        answer = client.get(INBOX)
    assert len(codes(answer.content.decode())) == rows


def test_inbox_reads_cases_and_steps_and_no_assignment_or_measure(client: Client, office: Office) -> None:
    walk(office, make_assignment(office), "review")
    client.force_login(office["reviewer"])
    with CaptureQueriesContext(connection) as queries:
        client.get(INBOX)
    # points at stake are one query of their own: what a criterion is worth stands in plans
    points = [query["sql"] for query in queries if "plans_measurecriterion" in query["sql"]]
    assert len(points) == 1
    sql = " ".join(query["sql"] for query in queries if query["sql"] not in points)
    assert "workflow_case" in sql
    for table in ("workflow_assignment", "workflow_submission", "plans_measure"):
        assert table not in sql


def test_counts_agree_between_badge_tabs_figures_groups_and_rows(
    client: Client, office: Office, other_office: Office
) -> None:
    for each in (office, other_office):
        for days in (-10, -3, 0, 4, 30):
            make_assignment(each, due=TODAY + timedelta(days=days))
        walk(each, make_assignment(each, undated=True), "submit")
    page = get(client, office, "head")
    assert badge(page) == inbox_count(office.rights("head")) == len(codes(page)) == 6
    assert sum(count for _, count in groups(page)) == 6
    assert {words: count for words, (count, _) in tabs(page).items()} == {"Tất cả": 6, "Phân công": 5, "Nộp kết quả": 1}
    for count, url in tabs(page).values():
        assert len(codes(get(client, office, "head", url))) == count
    for words, (value, url) in figures(page).items():
        if words != "Điểm có nguy cơ mất":
            assert len(codes(get(client, office, "head", url))) == int(value)
    assert figures(page)["Quá hạn"][0] == "2"
    assert figures(page)["Sắp đến hạn"][0] == "2"


def test_rows_stand_in_groups_soonest_due_first(client: Client, office: Office) -> None:
    dues = {days: make_assignment(office, due=TODAY + timedelta(days=days)) for days in (30, 4, -10, 0, -3)}
    undated = make_assignment(office, undated=True)
    page = get(client, office, "head")
    assert codes(page) == [code_of(dues[days]) for days in (-10, -3, 0, 4, 30)] + [code_of(undated)]
    assert groups(page) == [
        ("Quá hạn", 2), ("Đến hạn trong 07 ngày làm việc", 2), ("Còn thời hạn", 1), ("Không có ngày cụ thể", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (-3, "Quá hạn 01 ngày"),  # Friday: one working day
        (-10, "Quá hạn 06 ngày"),
        (0, "Đến hạn hôm nay"),
        (4, "Còn 04 ngày"),
        (5, "Còn 04 ngày"),  # Saturday: no working day more than Friday
        (9, "Còn 07 ngày"),
        (14, "Còn 10 ngày"),
    ],
)
def test_state_counts_working_days(client: Client, office: Office, days: int, words: str) -> None:
    make_assignment(office, due=TODAY + timedelta(days=days))
    assert f"</svg>{words}</span>" in get(client, office, "head")


def test_seventh_working_day_is_near_and_tinted_the_eighth_is_not(client: Client, office: Office) -> None:
    make_assignment(office, due=TODAY + timedelta(days=9))
    make_assignment(office, due=TODAY + timedelta(days=10))
    page = get(client, office, "head")
    assert groups(page) == [("Đến hạn trong 07 ngày làm việc", 1), ("Còn thời hạn", 1)]
    assert page.count("state soon tint") == 1


def test_due_date_on_a_day_off_just_past_is_overdue_by_less_than_a_day(client: Client, office: Office) -> None:
    make_assignment(office, due=TODAY + timedelta(days=6))
    with time_machine.travel("2026-11-14T09:00:00+07:00"):
        assert "Còn dưới 01 ngày" in get(client, office, "head")


def test_year_without_a_calendar_is_shown_without_days(client: Client, office: Office) -> None:
    make_assignment(office, due=date(2035, 6, 1))
    page = get(client, office, "head")
    assert "01/6/2035" in page
    assert "</svg>Trong hạn</span>" in page


def test_extended_case_shows_both_dates(client: Client, office: Office) -> None:
    case = make_assignment(office, due=TODAY + timedelta(days=3)).case
    type(case).objects.filter(pk=case.pk).update(due_on=TODAY + timedelta(days=30))
    page = get(client, office, "head")
    assert '<b class="strong">09/12/2026</b> <span class="sub xs d-block">ban đầu 12/11/2026</span>' in page


def test_step_is_hidden_until_its_period_begins(client: Client, office: Office, on_a_monday: object) -> None:
    make_assignment(office, opens_on=TODAY + timedelta(days=1))
    page = get(client, office, "head")
    assert (badge(page), codes(page)) == (0, [])
    assert "Đã xử lý hết việc" in page
    with time_machine.travel("2026-11-10T00:30:00+07:00"):
        assert badge(get(client, office, "head")) == 1


def test_judge_reads_round_waiting_time_and_that_the_clock_stands(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=1))
    walk(office, assignment, "review")
    with time_machine.travel("2026-11-13T10:00:00+07:00"):
        page = get(client, office, "reviewer")
    assert "nộp lần 1 ngày 09/11 · chờ 04 ngày" in page
    assert "Đã nộp trong hạn, chờ rà soát" in page
    assert "Chờ rà soát" in tabs(page)
    assert groups(page) == [("Đơn vị đã nộp trong hạn, nay qua ngày đến hạn", 1)]
    assert figures(page)["Quá hạn"][0] == "0"


def test_judge_reads_that_the_unit_was_late(client: Client, office: Office) -> None:
    walk(office, make_assignment(office, due=TODAY - timedelta(days=4)), "review")
    page = get(client, office, "reviewer")
    assert "Đã nộp quá hạn 02 ngày, chờ rà soát" in page
    assert groups(page) == [("Quá hạn", 1)]


def test_returned_work_says_so_and_after_which_round(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    services.return_work(step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu số liệu")
    page = get(client, office, "officer")
    assert "Trả lại, chưa đạt</span>" in page
    assert "trả lại hôm nay lúc 09:00, đã nộp lần 1" in page


def test_office_led_work_tells_the_leader_that_nobody_reviewed_it(client: Client, office: Office) -> None:
    walk(office, make_assignment(office, lead=office.office), "approve", officer="office_officer", head="chief")
    assert "Văn phòng chủ trì, không qua rà soát" in get(client, office, "leader")


def test_whoever_took_part_does_not_see_it_in_review(client: Client, office: Office) -> None:
    Post.objects.create(
        agency=office.agency, user=office["other_head"], unit=office.office, role=Role.REVIEWER, since=TODAY
    )
    walk(
        office,
        make_assignment(office, lead=office.other_division),
        "review",
        officer="other_officer",
        head="other_head",
    )
    assert badge(get(client, office, "other_head")) == 0
    assert badge(get(client, office, "reviewer")) == 1


def delegate(office: Office, principal: str, substitute: str) -> None:
    Delegation.objects.create(
        agency=office.agency, principal=office[principal], substitute=office[substitute], legal_basis="15/UQ-SKHĐT",
        since=TODAY, until=TODAY + timedelta(days=5),
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_delegated_work_is_marked_and_costs_no_more(
    client: Client, office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    delegate(office, "head", "colleague")
    for _ in range(rows):
        make_assignment(office)
    client.force_login(office["colleague"])
    with django_assert_num_queries(QUERIES):
        page = client.get(INBOX).content.decode()
    assert page.count("xử lý thay Lương Thu Hạnh") == rows


def test_own_work_is_not_marked_as_delegated(client: Client, office: Office) -> None:
    delegate(office, "other_head", "head")
    make_assignment(office)
    make_assignment(office, lead=office.other_division)
    page = get(client, office, "head")
    assert (len(codes(page)), page.count("xử lý thay Nguyễn Văn Ánh")) == (2, 1)


@pytest.mark.parametrize("text", ["so hoa", "SỐ HÓA", "hoa  so", "số hoá"])
def test_search_ignores_accents_case_and_order(client: Client, office: Office, text: str) -> None:
    found = make_assignment(office, task="Số hóa hồ sơ")
    make_assignment(office, task="Rà soát văn bản")
    assert codes(get(client, office, "head", f"?q={text}")) == [code_of(found)]


def test_search_counts_rows_but_leaves_badge_and_tabs(client: Client, office: Office) -> None:
    make_assignment(office, task="Số hóa hồ sơ")
    make_assignment(office, task="Rà soát văn bản")
    page = get(client, office, "head", "?q=ra soat")
    assert (badge(page), tabs(page)["Tất cả"][0], groups(page)) == (2, 2, [("Còn thời hạn", 1)])


def test_search_for_wildcards_finds_them_only_as_they_are(client: Client, office: Office) -> None:
    found = make_assignment(office, task="Đạt 98% trở lên")
    make_assignment(office, task="Rà soát văn bản")
    assert codes(get(client, office, "head", "?q=98%25")) == [code_of(found)]
    assert codes(get(client, office, "head", "?q=%25")) == [code_of(found)]


def test_filters_by_unit_and_plan(client: Client, office: Office) -> None:
    version = make_plan(office)
    first = make_assignment(office, version=version)
    second = make_assignment(office, lead=office.other_division)
    for assignment, officer, head in ((first, "officer", "head"), (second, "other_officer", "other_head")):
        walk(office, assignment, "review", officer=officer, head=head)
    by_unit = get(client, office, "reviewer", f"?don_vi={office.other_division.pk}")
    by_plan = get(client, office, "reviewer", f"?ke_hoach={version.plan_id}")
    assert (codes(by_unit), codes(by_plan)) == ([code_of(second)], [code_of(first)])
    assert "Bỏ điều kiện Phòng Kinh tế ngành" in by_unit


def test_stage_filter_joins_with_the_others(client: Client, office: Office) -> None:
    late = make_assignment(office, due=TODAY - timedelta(days=5))
    walk(office, make_assignment(office, due=TODAY - timedelta(days=5)), "submit")
    make_assignment(office)
    assert codes(get(client, office, "head", "?buoc=workflow:assign&han=qua-han")) == [code_of(late)]


def test_filter_that_fits_nothing_says_so_and_offers_a_way_back(client: Client, office: Office) -> None:
    make_assignment(office)
    page = get(client, office, "head", "?q=khong-co")
    assert "Không tìm thấy việc phù hợp" in page
    assert "Xóa bộ lọc" in page


@pytest.mark.parametrize(
    "query", ["?han=abc", "?xep=abc", "?don_vi=abc", "?ke_hoach=-1", "?don_vi=" + "9" * 30, "?page=x"]
)
def test_word_that_no_list_knows_is_no_page(client: Client, office: Office, query: str) -> None:
    client.force_login(office["head"])
    assert client.get(INBOX + query).status_code == 404


def test_sorted_by_points_or_waiting_time_rows_stand_without_groups(client: Client, office: Office) -> None:
    first = make_assignment(office, due=TODAY + timedelta(days=30))
    with time_machine.travel("2026-11-06T09:00:00+07:00"):
        older = make_assignment(office, due=TODAY + timedelta(days=40))
    case = first.case
    type(case).objects.filter(pk=case.pk).update(points="2.00")
    by_points, by_waiting = (get(client, office, "head", f"?xep={order}") for order in ("diem", "cho"))
    assert codes(by_points) == [code_of(first), code_of(older)]
    assert codes(by_waiting) == [code_of(older), code_of(first)]
    assert groups(by_points) == groups(by_waiting) == []


def test_points_at_stake_count_a_row_of_the_plan_once(client: Client, office: Office) -> None:
    version = make_plan(office)
    for lead in (office.division, office.other_division):
        case = make_assignment(office, lead=lead, version=version, due=TODAY).case
        type(case).objects.filter(pk=case.pk).update(code="I.1")
    delegate(office, "other_head", "head")
    assert figures(get(client, office, "head"))["Điểm có nguy cơ mất"][0] == "1,50"


def test_row_without_points_shows_none(client: Client, office: Office) -> None:
    case = make_assignment(office).case
    type(case).objects.filter(pk=case.pk).update(points=0)
    assert "0,00</b> điểm" not in get(client, office, "head")


def test_many_unassigned_rows_are_offered_on_one_page(client: Client, office: Office) -> None:
    make_assignment(office)
    assert "Phân công cả năm" not in get(client, office, "head")
    make_assignment(office)
    assert "Phân công cả năm cho 02 nhiệm vụ" in get(client, office, "head")


def test_title_is_escaped(client: Client, office: Office) -> None:
    make_assignment(office, task="<script>alert(1)</script>")
    client.force_login(office["head"])
    page = client.get(INBOX).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_pages_hold_fifty_rows_and_keep_the_filters(
    client: Client, office: Office, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    version = make_plan(office)
    for _ in range(51):
        make_assignment(office, version=version)
    client.force_login(office["head"])
    with django_assert_num_queries(QUERIES):
        page = unescape(client.get(f"{INBOX}?ke_hoach={version.plan_id}").content.decode())
    assert len(codes(page)) == 50
    assert groups(page) == [("Còn thời hạn", 51)]
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    assert f"ke_hoach={version.plan_id}" in following[1]
    last = get(client, office, "head", following[1])
    assert len(codes(last)) == 1
    assert codes(get(client, office, "head", "?page=99")) == codes(last)


def test_links_lead_to_the_page_of_each_step(client: Client, office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    assert Step.objects.get(pk=step.pk).stage_title == "Thực hiện"
    page = get(client, office, "officer")
    link = re.search(r'<div class="name"><a href="([^"]+)"', page)
    assert link
    assert str(step.pk) in link[1]
    assert client.get(link[1]).status_code == 200


@pytest.mark.parametrize(("clock", "group"), [("23:30", "Đến hạn trong 07 ngày làm việc"), ("00:30", "Quá hạn")])
def test_round_counts_on_the_day_in_vietnam(client: Client, office: Office, clock: str, group: str) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=2))
    day = TODAY + timedelta(days=2 if clock == "23:30" else 3)
    with time_machine.travel(f"{day}T{clock}:00+07:00"):
        walk(office, assignment, "approve")
        assert groups(get(client, office, "leader")) == [(group, 1)]


def test_days_of_the_review_are_not_the_unit_s(client: Client, office: Office) -> None:
    assignment = make_assignment(office, due=TODAY + timedelta(days=1))
    walk(office, assignment, "review")
    with time_machine.travel("2026-11-13T09:00:00+07:00"):
        walk(office, assignment, "approve")
        page = get(client, office, "leader")
    assert groups(page) == [("Đơn vị đã nộp trong hạn, nay qua ngày đến hạn", 1)]
    assert "Đã nộp trong hạn, chờ phê duyệt" in page
