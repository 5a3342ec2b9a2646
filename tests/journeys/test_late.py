"""Too late, in the browser: a sentence instead of an error page, and what was typed is still there."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from tests.journeys.reading import Reading
from tests.office import PASSWORD, Office, last_digest, make_assignment, walk
from workflow import services
from workflow.models import Assignment, Step

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

REASON = "Bổ sung biểu số liệu kèm theo; ghi rõ nguồn."


@pytest.fixture
def assignment(office: Office) -> Assignment:
    return make_assignment(office)


def return_with(page: Page, step: Step, reason: str) -> None:
    """Open the step, choose to return it and write why; not yet sent."""
    page.goto(f"/buoc/{step.pk}/")
    page.get_by_label("Trả lại, chưa đạt").check()
    page.get_by_label("Cần làm gì").fill(reason)


def send(page: Page) -> None:
    page.get_by_role("button", name="Trả lại, chưa đạt").click()


def outcomes(assignment: Assignment, stage: str) -> list[str]:
    steps = Step.objects.filter(process_id=assignment.pk).order_by("pk")
    return [step.outcome for step in steps if step.stage == stage]


def test_two_people_on_one_step_see_who_was_first_and_keep_their_words(
    office: Office, assignment: Assignment, reading: Reading
) -> None:
    step = walk(office, assignment, "review")
    first, second = reading.page_of(office["reviewer"]), reading.page_of(office["chief"])
    first.goto(f"/buoc/{step.pk}/")
    return_with(second, step, REASON)
    first.get_by_role("button", name="Trình duyệt").click()
    expect(first.get_by_text("Đã trình duyệt nhiệm vụ")).to_be_visible()
    send(second)
    late = second.get_by_role("alert")
    expect(late).to_contain_text("Nguyễn Đức Hạnh")
    expect(late).to_contain_text("Ý kiến vừa nhập chưa được ghi, còn giữ ở dưới.")
    expect(second.get_by_label("Ý kiến vừa nhập")).to_have_value(REASON)
    reading.check(second)
    assert outcomes(assignment, "review") == ["accepted"]


def test_a_double_click_decides_once_and_shows_no_error(
    office: Office, assignment: Assignment, reading: Reading
) -> None:
    step = walk(office, assignment, "review")
    page = reading.page_of(office["reviewer"])
    page.goto(f"/buoc/{step.pk}/")
    page.get_by_role("button", name="Trình duyệt").dblclick(no_wait_after=True)
    page.wait_for_url(lambda url: f"/buoc/{step.pk}/" not in url or "ra-soat" in url)
    expect(page.locator("main")).to_contain_text("trình duyệt")
    assert outcomes(assignment, "review") == ["accepted"]
    assert len(outcomes(assignment, "approve")) == 1


def test_page_left_open_since_yesterday_says_who_was_there_meanwhile(
    office: Office, assignment: Assignment, reading: Reading
) -> None:
    """The round under review went back and came again; what is decided is not what was read."""
    step = walk(office, assignment, "review")
    page = reading.page_of(office["reviewer"])
    return_with(page, step, REASON)
    with time_machine.travel(now() + timedelta(hours=9), tick=True):
        services.return_work(step.pk, office.rights("chief"), seen=last_digest(assignment), reason="Chưa ký.")
        walk(office, assignment, "review", statement="Đã ký số")
        send(page)
        expect(page.get_by_role("alert")).to_contain_text("Hoàng Thu Nam")
        expect(page.get_by_label("Ý kiến vừa nhập")).to_have_value(REASON)
        page.get_by_role("link", name="Mở bước văn phòng rà soát").click()
        expect(page.get_by_text("Lần nộp thứ 2").first).to_be_visible()
    assert outcomes(assignment, "review") == ["returned", ""]


def test_page_left_open_over_the_end_of_a_session_keeps_what_was_typed(
    office: Office, assignment: Assignment, reading: Reading
) -> None:
    step = walk(office, assignment, "execute")
    page = reading.page_of(office["officer"])
    page.goto(f"/buoc/{step.pk}/")
    page.get_by_label("Kết quả thực hiện").fill(REASON)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Chuyển trưởng phòng").click()
    page.get_by_label("Tên đăng nhập").fill(office["officer"].code)
    page.get_by_label("Mật khẩu", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    expect(page.get_by_label("Kết quả thực hiện")).to_have_value(REASON)
    expect(page.locator("#says")).to_contain_text("khôi phục")
    assert outcomes(assignment, "execute") == [""]
    page.get_by_role("button", name="Chuyển trưởng phòng").click()
    expect(page.locator("#says")).to_contain_text("chuyển trưởng")
    page.goto(f"/buoc/{step.pk}/")
    assert page.evaluate("() => Object.keys(sessionStorage).filter(key => key.startsWith('par-typed'))") == []


def test_a_double_click_hands_over_once(office: Office, assignment: Assignment, reading: Reading) -> None:
    step = walk(office, assignment, "execute")
    page = reading.page_of(office["officer"])
    page.goto(f"/buoc/{step.pk}/")
    page.get_by_label("Kết quả thực hiện").fill("Đã số hóa 100% hồ sơ.")
    page.get_by_role("button", name="Chuyển trưởng phòng").dblclick(no_wait_after=True)
    expect(page.locator("main")).to_contain_text(re.compile("huyển trưởng"))
    page.wait_for_load_state()
    assert outcomes(assignment, "execute") == ["done"]
    assert len(outcomes(assignment, "submit")) == 1
