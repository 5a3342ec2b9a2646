"""Văn phòng imports a survey; leadership reads it; weak questions become rows of a draft."""

from __future__ import annotations

import pytest
from django.utils.timezone import now

from plans.models import MeasureText, Plan, PlanVersion
from plans.surveys.models import Survey
from tests.journeys.reading import Reading
from tests.office import make_office
from tests.plans.files import SAMPLES
from tests.plans.test_survey_pages import make_survey

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
SAMPLE = SAMPLES / "khao-sat-sipas-2024.xlsx"
WIDTHS = (1280, 360)


@pytest.mark.parametrize("width", WIDTHS)
def test_survey_from_file_to_draft(reading: Reading, width: int) -> None:
    office = make_office("SKHĐT")
    make_survey(office, "Khảo sát năm trước", ("Đăng ký", "Nam", 4, 4, 1), ("Đăng ký", "Nữ", 4, 5, 5))
    plan = Plan.objects.create(agency=office.agency, year=2026, title="Kế hoạch năm 2026", by=office["chief"], at=now())
    PlanVersion.objects.create(plan=plan, at=now())
    page = reading.page_of(office["reviewer"], width)
    page.goto("/ke-hoach/khao-sat/")
    reading.check(page)
    page.get_by_role("main").get_by_role("link", name="Nhập từ tệp").click()
    reading.check(page)
    page.get_by_role("button", name="Đọc tệp").click()
    page.get_by_role("alert").wait_for()
    page.get_by_label("Tệp khảo sát").set_input_files(SAMPLE)
    page.get_by_role("button", name="Đọc tệp").click()
    page.get_by_role("heading", name="Xem lại trước khi lưu khảo sát").wait_for()
    reading.check(page)
    page.get_by_label("Tên khảo sát").fill("Khảo sát SIPAS của Sở năm 2024")
    page.get_by_role("button", name="Lưu khảo sát 220 phiếu").click()
    page.get_by_role("heading", name="Khảo sát SIPAS của Sở năm 2024", level=1).wait_for()
    page.get_by_role("img", name="Chỉ số hài lòng theo yếu tố").wait_for()
    reading.check(page)
    page.get_by_role("link", name="So sánh theo nhóm").click()
    page.get_by_role("navigation", name="Nhóm").get_by_role("link", name="Nhóm tuổi").click()
    page.get_by_role("img", name="Chỉ số hài lòng theo nhóm").wait_for()
    page.locator("#cheo").get_by_role("link", name="Thủ tục").click()
    page.get_by_role("region", name="Bảng chéo").wait_for()
    reading.check(page)
    page.goto(f"/ke-hoach/khao-sat/{Survey.objects.latest('pk').pk}/")
    page.get_by_role("button", name="Đưa vào dự thảo").click()
    page.get_by_role("heading", name="Kế hoạch năm 2026").wait_for()
    assert MeasureText.objects.filter(version__plan=plan).count() == 3
    reading.check(page)


def test_other_pages_of_surveys(reading: Reading) -> None:
    office = make_office("SKHĐT")
    survey = make_survey(office)
    for width in WIDTHS:
        page = reading.page_of(office["reviewer"], width)
        for address in ("co-mau/?population=10000&error=5", "bo-cau-hoi/", "bo-cau-hoi/hai-khoi/"):
            page.goto(f"/ke-hoach/khao-sat/{address}")
            reading.check(page)
        page = reading.page_of(office["leader"], width)
        page.goto(f"/ke-hoach/khao-sat/{survey.pk}/")
        assert page.get_by_role("button", name="Xóa khảo sát").count() == 0
        reading.check(page)
