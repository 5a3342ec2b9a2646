"""The plan's year, page by page: a row added, a result shared, the year closed and opened again, the next year's plan."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate
from playwright.sync_api import Page, expect

from plans.models import PlanImport
from tests.journeys.reading import Reading
from tests.journeys.test_pages import looks_well, reads_well
from tests.office import make_assignment, make_office, make_plan, walk
from workflow import sharing

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def look(reading: Reading, page: Page, address: str = "") -> None:
    if address:
        page.goto(reading.address + address)
    reads_well(page)
    looks_well(reading, page)


def test_years_end(reading: Reading) -> None:
    office, today = make_office("SKHĐT"), localdate()
    version = make_plan(office)
    late = make_assignment(office, version=version, due=today - timedelta(days=4), task="Đăng tải văn bản")
    handed = make_assignment(office, version=version, due=today + timedelta(days=9), task="Rà soát thủ tục hành chính")
    walk(office, handed, "review")
    make_assignment(
        office, version=version, undated=True, lead=office.other_division, task="Tuyên truyền cải cách hành chính"
    )
    elsewhere = make_assignment(
        office, version=make_plan(office), due=today + timedelta(days=9), task="Rà soát thủ tục"
    )
    sharing.share(late.pk, elsewhere.pk, office.rights("director"))
    plan, chief, director = version.plan_id, reading.page_of(office["chief"]), reading.page_of(office["director"])

    look(reading, chief, reverse("workflow:add_row", args=[plan]))
    look(reading, director, reverse("workflow:share_result", args=[handed.pk]))
    look(reading, director, reverse("workflow:task", args=[elsewhere.pk]))

    look(reading, chief, reverse("workflow:close_plan", args=[plan]))
    chief.get_by_label("Xử lý", exact=True).select_option("carried")
    chief.get_by_role("button", name="Chọn cho các dòng này").click()
    expect(chief.get_by_role("status")).to_contain_text("03 dòng")
    director.goto(reading.address + reverse("workflow:close_plan", args=[plan]))
    walk(office, handed, "approve")
    director.get_by_role("button", name="Đóng kế hoạch").click()
    expect(director.get_by_role("alert")).to_contain_text("vừa thay đổi")
    look(reading, director)
    director.locator("select[name^=c]", has_text="Chưa chọn").nth(1).select_option("carried")
    director.get_by_role("button", name="Đóng kế hoạch").click()
    expect(director.get_by_role("heading", level=1)).to_contain_text("đã đóng")
    look(reading, director)
    look(reading, director, reverse("plans:plan", args=[plan]))
    look(reading, director, reverse("workflow:task", args=[late.pk]))

    chief.goto(reading.address + reverse("workflow:close_plan", args=[plan]))
    chief.get_by_role("button", name="Lập kế hoạch năm").click()
    expect(chief.get_by_role("heading", level=1)).to_contain_text("Xem lại trước khi lưu dự thảo")
    assert PlanImport.objects.get(copies=plan).year == version.plan.year + 1
    look(reading, chief)

    look(reading, director, reverse("workflow:reopen_plan", args=[plan]))
    director.get_by_label("Lý do mở lại kế hoạch").fill("Tỉnh cho làm tiếp")
    director.get_by_role("button", name="Mở lại kế hoạch").click()
    expect(director.get_by_role("status")).to_contain_text("03 việc trở lại")
