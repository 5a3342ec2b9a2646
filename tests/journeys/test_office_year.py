"""Văn phòng alone in a browser, from the files it has: plan, corrections, issue, amendment, points at stake, survey."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils.timezone import localdate
from playwright.sync_api import Page, expect

from organization.enums import Role
from organization.models import AgencySettings, Calendar, User
from organization.vietnamese import short_date
from tests.journeys.acts import said
from tests.journeys.house import evidence
from tests.journeys.reading import Reading
from tests.office import PASSWORD, fill_calendar, hashed_password
from tests.plans.files import SAMPLES

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def reviewer() -> User:
    """The department as its own list of people makes it, on a calendar of all the years its plan speaks of."""
    call_command("import_people", str(SAMPLES / "nhan-su-2024.xlsx"))
    calendar = Calendar.objects.create(name="Thử nghiệm")
    fill_calendar(calendar)
    AgencySettings.objects.update(calendar=calendar)
    User.objects.update(password=hashed_password())
    return User.objects.filter(posts__role=Role.REVIEWER).order_by("code")[0]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "van-ban.pdf"
    file.write_bytes(evidence().read())
    return file


def sign(page: Page, paper: Path, number: str, what: str) -> None:
    page.get_by_label("Số, ký hiệu").fill(number)
    page.get_by_label("Ngày ban hành").fill(short_date(localdate()))
    page.get_by_label(what).set_input_files(paper)


def test_the_year_of_an_office(reviewer: User, reading: Reading, paper: Path) -> None:
    year = localdate().year + 1
    page = reading.page_of(reviewer, password=PASSWORD)
    page.goto("/ke-hoach/")
    page.get_by_role("main").get_by_role("link", name="Nhập từ tệp").first.click()
    page.get_by_label("Tệp kế hoạch").set_input_files(SAMPLES / "ke-hoach-2024.docx")
    page.get_by_label("Năm").fill(str(year))
    page.get_by_role("button", name="Đọc tệp").click()
    expect(page.get_by_role("heading", name="Xem lại trước khi lưu dự thảo")).to_be_visible(timeout=30_000)
    reading.check(page)
    for number, unit in (("I.5", "Văn phòng"), ("I.18", "Phòng Đăng ký kinh doanh")):
        row = page.get_by_role("row").filter(has=page.get_by_text(number, exact=True))
        row.get_by_role("combobox").first.select_option(label=unit)
        said(page, f"Dòng {number}")
    expect(page.get_by_text("phải sửa thì mới giao việc được")).to_have_count(0)
    page.get_by_role("button", name="Lưu dự thảo").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Triển khai nâng cao")
    page.get_by_role("link", name="Đưa vào theo dõi").click()
    reading.check(page)
    sign(page, paper, "45/KH-SKHĐT", "Tệp kế hoạch đã ký")
    page.get_by_role("button", name="Đưa vào theo dõi").click()
    said(page, "Đã đưa")
    reading.check(page)

    page.get_by_role("link", name="Điều chỉnh", exact=True).click()
    page.get_by_label("Tệp kế hoạch").set_input_files(SAMPLES / "ke-hoach-2024-dieu-chinh.docx")
    page.get_by_role("button", name="Đọc tệp").click()
    for words, number in (("Thay đổi", "3"), ("Thêm", "2"), ("Bỏ", "1")):
        expect(page.get_by_role("link", name=f"{words}{number}", exact=True)).to_be_visible()
    reading.check(page)
    sign(page, paper, "78/KH-SKHĐT", "Tệp văn bản đã ký")
    page.get_by_role("button", name="Đưa bản điều chỉnh vào theo dõi").click()
    said(page, "Đã đưa Văn bản 78/KH-SKHĐT vào theo dõi")

    page.goto("/diem-co-nguy-co-mat/")
    page.get_by_label("Nếu đến ngày này không làm gì thêm").fill(f"{year}-06-30")
    page.get_by_role("button", name="Tính").click()
    units = page.get_by_role("table", name="Điểm có nguy cơ mất theo đơn vị")
    expect(units.get_by_role("row").filter(has_text="Phòng Đăng ký kinh doanh")).to_be_visible()
    expect(units.get_by_role("row").filter(has_text="Văn phòng")).to_be_visible()
    reading.check(page)

    page.goto("/ke-hoach/khao-sat/")
    page.get_by_role("main").get_by_role("link", name="Nhập từ tệp").click()
    page.get_by_label("Tệp khảo sát").set_input_files(SAMPLES / "khao-sat-sipas-2024.xlsx")
    page.get_by_role("button", name="Đọc tệp").click()
    page.get_by_label("Tên khảo sát").fill("Khảo sát SIPAS của Sở")
    page.get_by_role("button", name="Lưu khảo sát 220 phiếu").click()
    chart = page.get_by_role("img", name="Chỉ số hài lòng theo yếu tố")
    expect(chart).to_be_visible()
    expect(page.get_by_role("table", name="Chỉ số theo yếu tố").get_by_role("row")).to_have_count(6)
    reading.check(page)
