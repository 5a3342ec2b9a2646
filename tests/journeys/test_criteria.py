"""Văn phòng imports a bộ tiêu chí, looks it over, keeps it and corrects how one criterion is scored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from plans.criteria.models import CriteriaSet
from tests.journeys.reading import Reading
from tests.office import make_assignment, make_document, make_office, make_plan
from tests.plans.files import SAMPLES
from tests.plans.test_criteria_pages import make_set

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
SAMPLE = SAMPLES / "bo-tieu-chi-par-index-mau.xlsx"


@pytest.mark.parametrize("width", [1280, 360])
def test_criteria_from_file_to_rule(reading: Reading, width: int) -> None:
    office = make_office("SKHĐT")
    make_assignment(office)
    make_document(office, office["officer"], number="9/BC")
    make_set(office, "Bộ tiêu chí năm trước", year=localdate().year - 1)
    page = reading.page_of(office["reviewer"], width)
    page.goto("/ke-hoach/tieu-chi/")
    reading.check(page)
    page.get_by_role("main").get_by_role("link", name="Nhập từ tệp").click()
    page.get_by_label("Tệp bộ tiêu chí").set_input_files(SAMPLE)
    page.get_by_role("button", name="Đọc tệp").click()
    page.get_by_role("heading", name="Xem lại trước khi lưu bộ tiêu chí").wait_for()
    reading.check(page)
    page.get_by_role("button", name="Lưu bộ tiêu chí").click()
    page.get_by_role("link", name="Thiết lập").wait_for()
    reading.check(page)
    page.get_by_role("link", name="Thiết lập").click()
    reading.check(page)
    page.goto(f"/ke-hoach/tieu-chi/{CriteriaSet.objects.latest('pk').pk}/doi-chieu/")
    reading.check(page)
    page.get_by_role("button", name="Lưu đối chiếu").click()
    page.get_by_role("link", name="3.3.3").click()
    page.get_by_role("heading", name="Nhiệm vụ làm cho tiêu chí này").wait_for()
    reading.check(page)
    address = page.url
    page.get_by_role("link", name="Sửa cách chấm").click()
    reading.check(page)
    page.goto(f"{address}diem/")
    page.get_by_label("Điểm tự chấm").fill("0,75")
    reading.check(page)
    page.get_by_role("button", name="Lưu điểm").click()
    page.get_by_role("link", name="Gắn tài liệu").click()
    reading.check(page)
    page.get_by_role("textbox", name="Mục, trang trong 9/BC").fill("trang 2")
    page.get_by_role("button", name="Gắn").click()
    page.get_by_role("button", name="Bỏ 9/BC").wait_for()
    reading.check(page)
    page.goto(f"/ke-hoach/tieu-chi/{CriteriaSet.objects.latest('pk').pk}/diem/")
    page.get_by_role("heading", name="Còn thiếu để đạt nhóm").wait_for()
    reading.check(page)
    page.get_by_role("link", name="Điểm mất").click()
    reading.check(page)


@pytest.mark.parametrize("width", [1280, 360])
def test_points_at_stake_page(reading: Reading, width: int) -> None:
    office = make_office("SKHĐT")
    version = make_plan(office)
    for days in (-4, 2):
        make_assignment(office, version=version, due=localdate() + timedelta(days=days))
    make_assignment(office, version=version, lead=office.other_division, due=localdate())
    make_set(office, year=localdate().year)
    page = reading.page_of(office["reviewer"], width)
    page.goto("/diem-co-nguy-co-mat/")
    page.get_by_role("checkbox", name="Coi như xong").first.check()
    page.get_by_role("button", name="Nếu hoàn thành các việc đã chọn").click()
    page.get_by_role("link", name="Nếu hoàn thành 01 việc đã chọn").wait_for()
    reading.check(page)
    page = reading.page_of(office["leader"], width)
    for address in ("/du-bao-diem/", "/tong-quan/"):
        page.goto(address)
        reading.check(page)
