"""Dự báo điểm: what is had, what can still be won, what is missing to each nhóm and to last year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from plans.criteria.models import CriteriaSet, Score
from reports.forecast import Forecast, forecast_of
from tests.office import Office, make_assignment, make_plan, walk
from tests.plans.test_criteria_pages import criterion_of
from tests.workflow.test_stake import LATE, SOON, html, make_year, names, scored
from workflow.stake import scales_of

ADDRESS = "/du-bao-diem/"


def forecast(office: Office) -> Forecast:
    scales = scales_of(office.agency.pk)
    return forecast_of(scales[0], scales, office.rights("leader"), SOON)


def test_forecast_is_the_score_and_what_open_work_can_win(office: Office) -> None:
    """3.3.3 is worth 40, 3.3.4 20, 4.1 40."""
    found = make_year(office)
    version = make_plan(office)
    for due in (LATE, localdate() + timedelta(days=60)):
        names(make_assignment(office, version=version, due=due), "3.3.3")
    handed_in = names(make_assignment(office, version=version, due=LATE), "3.3.4")
    walk(office, handed_in, "review")
    scored(office, found, "3.3.3", "30", last_year=Decimal(40))
    made = forecast(office)
    assert (made.whole.now.points, made.whole.won, made.whole.lost) == (30, 30, 10)
    assert (made.whole.forecast.points, made.whole.lowest.points, made.whole.to_last) == (60, 50, 20)
    assert [row.criterion.code for row in made.whole.without_work] == ["4.1"]
    assert made.band is None
    assert [(band.name, gap) for band, gap, _ in made.gaps] == [("Nhóm A", 30), ("Nhóm B", 20), ("Nhóm C", 10)]
    assert [(part.code, part.forecast.points) for part in made.fields] == [("3", 60), ("4", 0)]


def test_what_does_not_apply_rescales_the_forecast(office: Office) -> None:
    found = make_year(office)
    names(make_assignment(office, due=SOON), "3.3")
    Score.objects.create(
        criterion=criterion_of(found, "4.1"),
        standing="not-applicable",
        reason="Không có",
        by=office["reviewer"],
        at=now(),
    )
    made = forecast(office)
    assert (made.whole.forecast.index, made.whole.without_work) == (100, [])
    assert made.band is not None
    assert made.band.name == "Nhóm A"


@pytest.mark.parametrize("who", ["reviewer", "leader", "viewer", "head", "officer", "administrator"])
def test_page_is_for_those_who_oversee(client: Client, office: Office, other_office: Office, who: str) -> None:
    foreign = make_year(other_office, name="Bộ của nơi khác")
    client.force_login(office[who])
    if who not in {"reviewer", "leader", "viewer"}:
        assert client.get(ADDRESS).status_code == 403
        return
    assert "Chưa có bộ tiêu chí nào để dự báo" in html(client.get(ADDRESS))
    make_year(office)
    names(make_assignment(office, due=LATE), "3.3.3")
    page = html(client.get(ADDRESS))
    assert "ước tính nội bộ, không phải điểm chính thức" in page
    assert "dự báo còn thiếu 50,00 điểm" in page
    assert "Bộ của nơi khác" not in page
    assert client.get(ADDRESS, {"bo": foreign.pk}).status_code == 404
    assert client.get(ADDRESS, {"ngay": "mai"}).status_code == 404
    CriteriaSet.objects.filter(agency=office.agency).update(retired_at=now())
    assert "Chưa có bộ tiêu chí nào để dự báo" in html(client.get(ADDRESS))


@pytest.mark.parametrize("rows", [1, 3])
def test_page_costs_the_same_with_one_and_three(client: Client, office: Office, rows: int,
                                                django_assert_num_queries: Callable[[int], Any]) -> None:  # fmt: skip
    make_year(office)
    version = make_plan(office)
    for _ in range(rows):
        names(make_assignment(office, version=version, due=LATE), "3.3.3", "4.1")
    client.force_login(office["reviewer"])
    with django_assert_num_queries(10):
        client.get(ADDRESS)


def test_overview_sorts_by_what_can_be_lost(client: Client, office: Office) -> None:
    make_year(office)
    version = make_plan(office)
    names(make_assignment(office, version=version, due=LATE), "3.3.4")
    names(make_assignment(office, version=version, lead=office.other_division, due=LATE), "4.1")
    client.force_login(office["leader"])
    page = html(client.get("/tong-quan/"))
    assert "60,00" in page
    units = page[page.index("<h2>Theo đơn vị") :]
    assert units.index("Phòng Đăng ký kinh doanh") < units.index("Phòng Kinh tế ngành")
    page = html(client.get("/tong-quan/", {"xep": "diem"}))
    units = page[page.index("<h2>Theo đơn vị") :]
    assert units.index("Phòng Kinh tế ngành") < units.index("Phòng Đăng ký kinh doanh")


def test_less_than_last_year_is_said_as_a_number_not_a_sign(client: Client, office: Office) -> None:
    make_plan(office)
    scored(office, make_year(office), "3.3.3", "30", last_year=Decimal("31.5"))
    client.force_login(office["leader"])
    page = html(client.get(ADDRESS))
    assert "kém 1,50" in page
    assert "kém -" not in page
