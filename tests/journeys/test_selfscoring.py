"""One đợt tự chấm in the browser: set up, shared out, scored and proved by a unit, assembled, closed, explained, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from organization.vietnamese import short_date
from plans.selfscoring.models import ScoringRound
from plans.selfscoring.states import State
from tests.journeys.reading import Reading
from tests.office import make_document, make_measure, make_office, make_plan
from tests.plans.test_criteria_pages import criterion_of, make_set

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 360])
def test_a_round_from_setting_up_to_its_end(reading: Reading, width: int) -> None:
    office, today = make_office("SKHĐT"), localdate()
    make_measure(office, make_plan(office), lead=office.division)  # for 3.3.3
    make_document(office, office["officer"], number="9/BC")
    found = make_set(office, year=today.year)
    staff, unit, leader = (reading.page_of(office[who], width) for who in ("reviewer", "head", "leader"))

    staff.goto("/ke-hoach/tu-cham/")
    reading.check(staff)
    staff.get_by_role("link", name="Lập đợt tự chấm").click()
    for label, day in (("Đơn vị chấm từ ngày", today), ("Đơn vị chấm đến hết ngày", today + timedelta(days=5)),
                       ("Lãnh đạo chốt chậm nhất ngày", today + timedelta(days=9))):  # fmt: skip
        staff.get_by_label(label).fill(short_date(day))
    reading.check(staff)
    staff.get_by_role("button", name="Lập đợt tự chấm").press("Enter")
    staff.get_by_label("Đơn vị chấm 3.3.4").select_option(label="Phòng Đăng ký kinh doanh")
    reading.check(staff)
    staff.get_by_role("button", name="Lưu phần chia").press("Enter")
    staff.get_by_role("button", name="Mở đợt tự chấm").press("Enter")
    staff.get_by_role("button", name="Bắt đầu tổng hợp").wait_for()
    reading.check(staff)
    made = ScoringRound.objects.get()

    unit.goto(f"/ke-hoach/tu-cham/{made.pk}/")
    unit.get_by_role("link", name="Mở tiêu chí của đơn vị").click()
    reading.check(unit)
    mine = unit.url
    for code, points in (("3.3.3", "30"), ("3.3.4", "20")):
        unit.goto(mine)
        unit.get_by_role("link", name=code).click()
        unit.get_by_role("link", name="Ghi điểm").click()
        unit.get_by_label("Điểm tự chấm").fill(points)
        unit.get_by_label("Căn cứ tự chấm").fill("Báo cáo số 9")
        reading.check(unit)
        unit.get_by_role("button", name="Lưu điểm").press("Enter")
    unit.goto(f"/ke-hoach/tieu-chi/muc/{criterion_of(found, '3.3.3').pk}/tai-lieu/")
    unit.get_by_role("link", name="3.3.3").wait_for()
    unit.goto(mine)
    unit.get_by_role("button", name="Gửi Văn phòng 02 tiêu chí đã chấm").press("Enter")
    unit.get_by_text("Đã gửi Văn phòng 02 tiêu chí: 3.3.3, 3.3.4.").wait_for()
    reading.check(unit)

    staff.goto(f"/ke-hoach/tieu-chi/muc/{criterion_of(found, '4.1').pk}/diem/")
    staff.get_by_label("Điểm tự chấm").fill("40")
    staff.get_by_role("button", name="Lưu điểm").press("Enter")
    staff.goto(f"/ke-hoach/tieu-chi/muc/{criterion_of(found, '3.3.4').pk}/tra-lai/")
    reading.check(staff)
    staff.goto(f"/ke-hoach/tu-cham/{made.pk}/")
    staff.get_by_role("button", name="Bắt đầu tổng hợp").press("Enter")
    staff.get_by_role("button", name="Trình lãnh đạo chốt").press("Enter")

    leader.goto(f"/ke-hoach/tu-cham/{made.pk}/")
    reading.check(leader)
    leader.get_by_role("button", name="Chốt điểm tự chấm").press("Enter")
    leader.get_by_text("Đã chốt điểm tự chấm.").wait_for()
    reading.check(leader)

    for code, points in (("3.3.3", "20"), ("3.3.4", "20"), ("4.1", "40")):
        staff.goto(f"/ke-hoach/tieu-chi/muc/{criterion_of(found, code).pk}/diem/")
        staff.get_by_label("Điểm thẩm định lần 1").fill(points)
        staff.get_by_role("button", name="Lưu điểm").press("Enter")
    staff.goto(f"/ke-hoach/tu-cham/{made.pk}/")
    staff.get_by_label("Giải trình đến hết ngày").fill(short_date(today + timedelta(days=2)))
    reading.check(staff)
    staff.get_by_role("button", name="Gửi đơn vị giải trình").press("Enter")

    unit.goto(mine)
    reading.check(unit)
    unit.get_by_role("link", name="3.3.3").click()
    unit.get_by_role("link", name="Giải trình").click()
    unit.get_by_label("Giải trình").fill("Đã bổ sung biểu số 2.")
    reading.check(unit)
    unit.get_by_role("button", name="Lưu điểm").press("Enter")
    unit.get_by_text("Đã bổ sung biểu số 2.").wait_for()
    reading.check(unit)

    staff.goto(f"/ke-hoach/tu-cham/{made.pk}/")
    staff.get_by_role("button", name="Kết thúc đợt").press("Enter")
    staff.get_by_text("Đã kết thúc đợt tự chấm.", exact=True).wait_for()
    reading.check(staff)
    made.refresh_from_db()
    assert made.state == State.FINAL
