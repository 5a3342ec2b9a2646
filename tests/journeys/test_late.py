"""Too late, in the browser: a sentence instead of an error page, and what was typed is still there."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk
from workflow.models import Assignment, Step

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

REASON = "Bổ sung biểu số liệu kèm theo; ghi rõ nguồn."


@pytest.fixture
def assignment(office: Office) -> Assignment:
    return make_assignment(office)


def return_with(page: Page, step: Step, reason: str) -> None:
    """Open the step, choose to return it and write why; not yet sent."""
    page.goto(f"/buoc/{step.pk}/")
    page.get_by_label("Trả lại, yêu cầu bổ sung").check()
    page.get_by_label("Cần làm gì").fill(reason)


def send(page: Page) -> None:
    page.get_by_role("button", name="Trả lại, yêu cầu bổ sung").click()


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
