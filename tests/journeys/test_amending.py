"""Văn phòng imports the sample, issues it, and amends it with the file that follows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import expect

from organization.vietnamese import short_date
from plans.intake import read_file
from plans.services import save_draft
from tests.journeys.acts import said
from tests.journeys.house import evidence
from tests.journeys.reading import Reading
from tests.office import Office
from tests.plans.files import SAMPLES
from workflow.issuing import issue_plan

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "78-KH.pdf"
    file.write_bytes(evidence().read())
    return file


@pytest.mark.parametrize(
    ("width", "scripts"), [(1280, True), (360, True), (1280, False)], ids=["desk", "phone", "without-scripts"]
)
def test_the_sample_is_amended(office: Office, reading: Reading, paper: Path, width: int, scripts: bool) -> None:
    year = localdate().year + 1
    with (SAMPLES / "ke-hoach-2024.docx").open("rb") as file:
        plan = save_draft(read_file(file, office.agency, year), office.agency, office["chief"])
    issue_plan(plan.pk, office.rights("chief"), number="45/KH-SKHĐT", issued_on=localdate())
    page = reading.page_of(office["reviewer"], width, scripts=scripts)
    page.goto(f"/ke-hoach/{plan.pk}/")
    page.get_by_role("link", name="Điều chỉnh", exact=True).click()
    reading.check(page, axe=scripts)
    page.get_by_label("Tệp kế hoạch").set_input_files(SAMPLES / "ke-hoach-2024-dieu-chinh.docx")
    page.get_by_role("button", name="Đọc tệp").click()
    for words, number in (("Thay đổi", "3"), ("Thêm", "2"), ("Bỏ", "1")):
        expect(page.get_by_role("link", name=f"{words}{number}", exact=True)).to_be_visible()
    expect(page.get_by_text("Phòng Đăng ký kinh doanh chuyển cho Văn phòng")).to_be_visible()
    reading.check(page, axe=scripts)
    page.get_by_role("link", name="Bỏ1", exact=True).click()
    expect(page.get_by_text("Dừng thực hiện: nhiệm vụ không còn trong kế hoạch.")).to_be_visible()
    reading.check(page, axe=scripts)
    page.get_by_label("Số, ký hiệu").fill("78/KH-SKHĐT")
    page.get_by_label("Ngày ban hành").fill(short_date(localdate()))
    page.get_by_label("Tệp văn bản đã ký").set_input_files(paper)
    page.get_by_role("button", name="Đưa bản điều chỉnh vào theo dõi").click()
    said(page, "Đã đưa Văn bản 78/KH-SKHĐT vào theo dõi")
    expect(page.get_by_text("Đã điều chỉnh theo 78/KH-SKHĐT")).to_be_visible()
    page.get_by_text("Các bản của kế hoạch: 02").click()
    reading.check(page, axe=scripts)
    page.goto("/nhiem-vu/?tim=I.13")
    page.goto(page.get_by_role("link", name="Rà soát, đánh giá, đơn giản hóa").first.get_attribute("href") or "")
    expect(page.get_by_role("heading", name="Đã điều chỉnh")).to_be_visible()
    reading.check(page, axe=scripts)
