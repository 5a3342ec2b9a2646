"""Điểm có nguy cơ mất: what counts, how often, and who sees the rows behind each number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from plans.criteria.models import CriteriaSet, Level, Score
from plans.models import MeasureCriterion, MeasureText, PlanVersion
from tests.office import Office, make_assignment, make_plan, walk
from tests.plans.test_criteria_pages import criterion_of, make_set
from workflow.models import Assignment
from workflow.stake import Stake, scales_of, stake_of, tasks_of, world_of

TODAY = localdate()
LATE, SOON = TODAY - timedelta(days=3), TODAY + timedelta(days=5)
ADDRESS = "/diem-co-nguy-co-mat/"


def names(assignment: Assignment, *codes: str) -> Assignment:
    """The row of the plan names those criteria instead, without points of its own."""
    MeasureCriterion.objects.filter(text__measure=assignment.measure).delete()
    text = MeasureText.objects.get(measure=assignment.measure)
    for position, code in enumerate(codes, 1):
        MeasureCriterion.objects.create(text=text, position=position, code=code, name=f"Tiêu chí {code}")
    return assignment


def at_stake(office: Office, who: str = "reviewer", **how: Any) -> Stake:
    return stake_of(scales_of(office.agency.pk), office.rights(who), until=how.pop("until", SOON), **how)


def scored(office: Office, found: CriteriaSet, code: str, points: str, **more: Any) -> Score:
    return Score.objects.create(
        criterion=criterion_of(found, code), self_score=Decimal(points), by=office["reviewer"], at=now(), **more
    )


def make_year(office: Office, **how: Any) -> CriteriaSet:
    """3.3.3 is worth 40, 3.3.4 20, 4.1 40."""
    return make_set(office, year=TODAY.year, **how)


def html(response: Any) -> str:
    return str(response.content.decode())


def test_a_criterion_counts_once_however_many_tasks_name_it(office: Office, other_office: Office) -> None:
    make_year(office)
    version, second = make_plan(office), make_plan(office)
    for lead in (office.division, office.division, office.other_division):
        names(make_assignment(office, version=version, lead=lead, due=LATE), "3.3.3")
    names(make_assignment(office, version=second, due=LATE), "3.3.3", "3.3.4")
    names(make_assignment(other_office, due=LATE), "4.1")
    found = at_stake(office)
    assert found.total == 60
    assert {unit[1]: points for unit, points in found.units} == {
        "Phòng Đăng ký kinh doanh": 60,
        "Phòng Kinh tế ngành": 40,
    }
    assert [(code, points) for (code, _, _), points in found.criteria] == [("3.3.3", 40), ("3.3.4", 20)]
    assert found.fields == [("I. CHỈ ĐẠO", 60)]
    assert dict(found.by(lambda piece: piece.plan_id)) == {version.plan_id: 40, second.plan_id: 60}
    assert at_stake(office, "other_head").total == 40


def test_only_what_is_due_and_not_handed_in_is_at_stake(office: Office) -> None:
    make_year(office)
    version = make_plan(office)
    handed_in = names(make_assignment(office, version=version, due=SOON), "3.3.3")
    ended = names(make_assignment(office, version=version, due=LATE), "3.3.3")
    later = names(make_assignment(office, version=version, due=TODAY + timedelta(days=60)), "3.3.4")
    names(make_assignment(office, version=version, undated=True), "4.1")
    walk(office, ended, "end")
    assert at_stake(office).total == 40
    walk(office, handed_in, "review")
    assert at_stake(office).total == 0
    assert at_stake(office, until=TODAY + timedelta(days=90)).total == 20
    assert at_stake(office, until=None).total == 100
    assert at_stake(office, until=TODAY + timedelta(days=90), done=[later.pk]).total == 0


def test_points_had_already_and_criteria_that_do_not_apply_are_not_at_stake(office: Office) -> None:
    found = make_year(office)
    version = make_plan(office)
    for code in ("3.3.3", "3.3.4", "4.1"):
        names(make_assignment(office, version=version, due=LATE), code)
    scored(office, found, "3.3.3", "30")
    scored(office, found, "3.3.4", "20")
    Score.objects.create(
        criterion=criterion_of(found, "4.1"),
        standing="not-applicable",
        reason="Không có",
        by=office["reviewer"],
        at=now(),
    )
    assert at_stake(office).total == 10


def test_a_field_named_by_a_row_stands_for_all_in_it(office: Office) -> None:
    make_year(office)
    version = make_plan(office)
    names(make_assignment(office, version=version, due=LATE), "3.3")
    names(make_assignment(office, version=version, due=LATE), "3.3.4")
    assert at_stake(office).total == 60
    world = world_of(office.agency.pk)
    tasks = tasks_of(world, office.rights("reviewer"), version.plan_id, until=SOON)
    assert [task.worth for task in tasks] == [60, 20]  # type: ignore[attr-defined]


def test_without_a_set_the_points_are_those_of_the_plan(office: Office) -> None:
    version = make_plan(office)
    for _ in range(2):
        make_assignment(office, version=version, due=LATE)  # 3.3.3, 1,50 điểm
    bare = names(make_assignment(office, version=version, due=LATE))
    assert at_stake(office).total == Decimal("3.00")
    make_year(office)
    assert at_stake(office).total == Decimal("41.50")
    assert [
        task.pk for task in tasks_of(world_of(office.agency.pk), office.rights("reviewer"), version.plan_id, until=SOON)
    ][-1] == bare.pk


def test_newest_wording_and_the_chosen_set_decide(office: Office) -> None:
    make_year(office)
    department = make_year(
        office, name="Bộ cấp sở", level=Level.DEPARTMENT, rows=(("4", "Bộ máy", 100, ""), ("4.1", "Kiện toàn", 100, ""))
    )
    assignment = names(make_assignment(office, due=LATE), "3.3.3")
    old = MeasureText.objects.get(measure=assignment.measure)
    newer = PlanVersion.objects.create(plan=old.version.plan, number=2, at=now())
    text = MeasureText.objects.create(measure=assignment.measure, version=newer, position=1, appendix="I", order="1", task="Việc",
                                      deadline_kind="date", field="II. THỂ CHẾ")  # fmt: skip
    MeasureCriterion.objects.create(text=text, position=1, code="4.1")
    found = at_stake(office)
    assert (found.total, [area for area, _ in found.fields]) == (40, ["II. THỂ CHẾ"])
    assert at_stake(office, asked=department.pk).total == 100
    CriteriaSet.objects.filter(level="province").update(retired_at=now())
    assert at_stake(office).total == 100


def test_each_number_opens_the_rows_behind_it(client: Client, office: Office, other_office: Office) -> None:
    make_year(office)
    version = make_plan(office)
    mine = names(make_assignment(office, version=version, due=LATE, task="Việc của phòng một"), "3.3.3")
    names(
        make_assignment(office, version=version, lead=office.other_division, due=LATE, task="Việc của phòng hai"), "4.1"
    )
    make_assignment(other_office, due=LATE, task="Việc của nơi khác")
    client.force_login(office["reviewer"])
    page = html(client.get(ADDRESS))
    assert "ước tính nội bộ, không phải điểm chính thức" in page
    assert "80,00" in page
    assert "Việc của nơi khác" not in page
    for asked, there, gone in (({"don_vi": office.division.pk}, "một", "hai"), ({"tieu_chi": "4.1"}, "hai", "một"),
                               ({"linh_vuc": "I. CHỈ ĐẠO", "don_vi": office.other_division.pk}, "hai", "một")):  # fmt: skip
        page = html(client.get(ADDRESS, asked))
        assert f"Việc của phòng {there}" in page
        assert f"Việc của phòng {gone}" not in page
        assert "Bỏ lọc" in page
    page = html(client.get(ADDRESS, {"xong": mine.pk, "ngay": SOON.isoformat()}))
    assert "điểm, giữ được 40,00" in page
    for asked in ({"ngay": "hôm nay"}, {"ke_hoach": 0}, {"xong": "x"}, {"ke_hoach": make_plan(other_office).plan_id}):
        assert client.get(ADDRESS, asked).status_code == 404
    client.force_login(office["other_head"])
    page = html(client.get(ADDRESS))
    assert "Việc của phòng hai" in page
    assert "Việc của phòng một" not in page
    client.force_login(office["administrator"])
    assert client.get(ADDRESS).status_code == 403


def test_page_without_plans_says_so(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    assert "Chưa có kế hoạch nào đang theo dõi" in html(client.get(ADDRESS))


def test_inbox_shows_the_same_number_and_opens_the_page(client: Client, office: Office) -> None:
    make_year(office)
    names(make_assignment(office, due=LATE), "4.1")
    client.force_login(office["head"])
    page = html(client.get(reverse("workflow:inbox")))
    assert f'href="{ADDRESS}"' in page
    assert "40,00" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_with_one_and_three(client: Client, office: Office, other_office: Office, rows: int,
                                                django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    make_year(office)
    make_assignment(other_office, due=LATE)
    version = make_plan(office)
    for _ in range(rows):
        names(make_assignment(office, version=version, due=LATE), "3.3.3", "4.1")
    client.force_login(office["reviewer"])
    with django_assert_num_queries(12):
        client.get(ADDRESS)
