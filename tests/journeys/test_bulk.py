"""Xử lý nhiều nhiệm vụ with the mouse: what is ticked in the inbox is looked over, one is unticked, the rest is done."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_row_is_unticked_with_the_mouse(office: Office, reading: Reading) -> None:
    tasks = ("Số hóa hồ sơ, kết quả giải quyết thủ tục hành chính", "Rà soát thủ tục nội bộ")
    steps = [walk(office, make_assignment(office, task=task), "review") for task in tasks]
    page = reading.page_of(office["reviewer"])
    page.goto("/viec/nhieu/?" + "&".join(f"viec={step.pk}" for step in steps))
    page.get_by_role("checkbox", name=re.compile(tasks[0])).uncheck()
    reading.check(page)
    page.get_by_role("button", name="Trình duyệt các nhiệm vụ đã chọn").click()
    expect(page.get_by_role("heading", name="Đã xử lý 01 nhiệm vụ")).to_be_visible()
    expect(page.get_by_text(tasks[0])).to_have_count(0)
