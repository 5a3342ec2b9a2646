"""Tổng quan: who sees it, what it counts, that every total opens exactly its rows."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from plans.enums import Settled
from plans.models import MeasureText, PlanVersion
from reports.enums import PeriodCode
from reports.overview import PARTS, overview_of
from reports.services import request_report
from tests.office import Office, make_assignment, make_plan, walk
from workflow import closing
from workflow.models import Assignment, Case
from workflow.stopping import suspend
from workflow.timeliness import State

pytestmark = pytest.mark.django_db
ADDRESS = "/tong-quan/"
ROLES = {
    "director": 200, "leader": 200, "chief": 200, "reviewer": 200, "clerk": 200, "viewer": 200,
    "office_officer": 403, "head": 403, "officer": 403, "administrator": 403,
}  # fmt: skip


def page(office: Office, name: str = "leader", url: str = ADDRESS) -> str:
    client = Client()
    client.force_login(office[name])
    answer = client.get(url)
    assert answer.status_code == 200, url
    return html.unescape(answer.content.decode())


def every_state(office: Office) -> PlanVersion:
    """A plan with work in each of the states that a bar shows."""
    version, today = make_plan(office), localdate()

    def work(days: int | None, until: str = "assign", unit: str = "division") -> Assignment:
        due = None if days is None else today + timedelta(days=days)
        made = make_assignment(office, version=version, due=due, undated=days is None, lead=getattr(office, unit))
        names = {"division": ("officer", "head"), "other_division": ("other_officer", "other_head")}[unit]
        walk(office, made, until, officer=names[0], head=names[1])
        return made

    for days, until in ((60, "assign"), (60, "execute"), (0, "assign"), (1, "assign"), (-3, "assign"), (-20, "execute"),
                        (30, "end"), (-1, "end"), (30, "review"), (-1, "review"), (None, "assign")):  # fmt: skip
        work(days, until)
    ongoing = work(None)
    ongoing.case.schedule = "ongoing"
    ongoing.case.save()
    work(-9, "assign", "other_division")
    suspend(work(-5).pk, office.rights("chief"), reason="Chờ hướng dẫn")
    MeasureText.objects.filter(measure__in=[ongoing.measure_id]).update(field="II. CẢI CÁCH THỂ CHẾ")
    return version


@pytest.mark.parametrize(("name", "status"), ROLES.items())
def test_overview_is_for_those_who_oversee(office: Office, name: str, status: int) -> None:
    make_assignment(office)
    client = Client()
    client.force_login(office[name])
    assert client.get(ADDRESS).status_code == status


def test_nothing_of_another_agency_is_counted(office: Office, other_office: Office) -> None:
    work = make_assignment(office, due=localdate() - timedelta(days=2), task="Việc của cơ quan này")
    other = make_assignment(other_office, due=localdate() - timedelta(days=2), task="Việc của cơ quan khác")
    text = page(office)
    assert "Việc của cơ quan này" in text
    assert "Việc của cơ quan khác" not in text
    found = overview_of(work.case.plan, office.rights("leader"))
    assert (found.total.total, found.total.late, len(found.late)) == (1, 1, 1)
    assert "Việc của cơ quan khác" not in page(office, url=f"{ADDRESS}?ke-hoach={other.case.plan_id}")
    assert overview_of(other.case.plan, office.rights("leader")).total.total == 0


@pytest.mark.parametrize("rows", [1, 3])
def test_overview_costs_the_same_whatever_it_counts(
    office: Office, other_office: Office, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    make_assignment(other_office, due=localdate() - timedelta(days=5))
    version = make_plan(office)
    for _ in range(rows):
        make_assignment(office, version=version, due=localdate() - timedelta(days=5))
    client = Client()
    client.force_login(office["viewer"])
    with django_assert_num_queries(12):
        client.get(ADDRESS)


def test_every_total_opens_exactly_its_rows(office: Office) -> None:
    """Each link of the overview goes to the list of tasks, which counts the same number of rows."""
    version = every_state(office)
    found = overview_of(version.plan, office.rights("leader"))
    text = page(office)
    figures = {words: int(number) for words, number in re.findall(r"<span>([^<]+)</span><b[^>]*>(\d+)</b>", text)}
    assert figures == {"Việc giao": 14, "Hoàn thành": 2, "Quá hạn": 3, "Sắp đến hạn": 2}
    for url, number in re.findall(r'<a href="(/nhiem-vu/[^"]*)"><span>[^<]+</span><b[^>]*>(\d+)</b>', text):
        assert page(office, url=url).count('<li class="task') == int(number), url
    parts = re.findall(r'href="(/nhiem-vu/[^"]*)">[^<]+<b>(\d+)</b></a></li>', text)
    # nothing is carried forward or lapses before the plan is closed
    assert len(parts) == len([asked for _, _, asked in PARTS if asked not in {"carried", "lapsed"}])
    assert sum(int(number) for _, number in parts) == found.total.total
    for url, number in parts:
        assert page(office, url=url).count('<li class="task') == int(number), url
    for url, name in re.findall(r'href="(/nhiem-vu/[^"]*)">([^<]+)</a></th>', text):
        bar = next(bar for bar in (*found.units, *found.fields) if bar.name == name)
        assert page(office, url=url).count('<li class="task') == bar.total, url


def test_totals_of_a_closed_plan_open_exactly_their_rows(office: Office) -> None:
    version, leader = every_state(office), office.rights("director")
    lines = closing.lines_of(version.plan, leader)
    chosen = {line.key: (Settled.LAPSED if line.may_lapse else Settled.CARRIED, line.seen) for line in lines}
    closing.choose(version.plan_id, chosen, leader)
    closing.close_plan(version.plan_id, leader)
    parts = re.findall(r'href="(/nhiem-vu/[^"]*)">([^<]+)<b>(\d+)</b></a></li>', page(office))
    assert [words.strip() for _, words, _ in parts] == [
        "Hoàn thành đúng hạn", "Hoàn thành quá hạn", "Quá hạn, không hoàn thành", "Chuyển tiếp sang năm sau",
    ]  # fmt: skip
    for url, _, number in parts:
        assert page(office, url=url).count('<li class="task') == int(number), url


def test_done_on_time_by_an_extension_is_counted_apart(office: Office) -> None:
    version, today = make_plan(office), localdate()
    for days, until in ((-3, "end"), (-3, "execute"), (9, "end")):
        walk(office, make_assignment(office, version=version, due=today + timedelta(days=days)), until)
    assert "sau gia hạn" not in page(office)
    Case.objects.update(due_on=today + timedelta(days=30))
    assert overview_of(version.plan, office.rights("leader")).extended == 1
    assert "01 đúng hạn sau gia hạn" in page(office)


def test_tables_sum_to_the_total(office: Office) -> None:
    found = overview_of(every_state(office).plan, office.rights("leader"))
    for bars in (found.units, found.fields):
        assert sum(bar.total for bar in bars) == found.total.total
        assert sum(bar.late for bar in bars) == found.total.late
    assert sum(cell.late for _, cells in found.months for cell in cells) == found.total.late
    assert found.total.rate == 40  # 2 done, 3 late
    assert found.planned[-1] == 12
    assert found.total.counts[State.TODAY] == 1


def test_late_work_says_where_it_is_and_who_holds_it(office: Office) -> None:
    text = page(office, url=ADDRESS) if every_state(office) else ""
    late = text[text.index("Đang ở khâu nào, ai đang giữ") : text.index("Theo lĩnh vực")]
    assert "Nguyễn Văn Hùng, Phòng Đăng ký kinh doanh" in late
    assert "Trưởng phòng Đăng ký kinh doanh" in late
    assert late.index("bước Thực hiện") < late.index("bước Phân công")  # late the longest comes first


def test_points_of_a_row_are_at_stake_once(office: Office) -> None:
    """One row of 1,50 points that waits in two periods is not worth three."""
    from audit import services as audit
    from workflow import engine
    from workflow.flows import AssignmentFlow
    from workflow.models import Case

    first = make_assignment(office, due=localdate() - timedelta(days=5))
    case = Case(agency=office.agency, unit=office.division, plan=first.case.plan, title="Việc", points=first.case.points,
                original_due_on=first.case.due_on, due_on=first.case.due_on, opens_on=first.case.opens_on)  # fmt: skip
    with audit.transaction():
        engine.start(case, Assignment(agency=office.agency, measure=first.measure, unit=office.division, period=2),
                     AssignmentFlow.start, office.rights("chief"))  # fmt: skip
    found = overview_of(first.case.plan, office.rights("leader"))
    assert (found.total.late, found.total.at_stake) == (2, first.case.points)


def test_report_is_no_task(office: Office) -> None:
    plan = make_assignment(office).case.plan
    request_report(plan, PeriodCode.YEAR, office["leader"], office.rights("reviewer"))
    assert overview_of(plan, office.rights("leader")).total.total == 1


def test_agency_without_a_plan_is_told_what_comes_here(office: Office) -> None:
    assert "Chưa có kế hoạch nào đang theo dõi" in page(office)


def test_unknown_plan_shows_the_newest(office: Office) -> None:
    make_assignment(office)
    assert page(office, url=f"{ADDRESS}?ke-hoach=xyz") != ""
