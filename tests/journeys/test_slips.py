"""Phiếu trình in the browser: Văn phòng puts three rows before the leader, who leaves one, on a phone and without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.journeys import acts
from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scripts"), [(1280, False), (360, True)], ids=["without-scripts", "phone"])
def test_leader_approves_all_but_one(office: Office, reading: Reading, width: int, scripts: bool) -> None:
    tasks = ("Số hóa hồ sơ, kết quả giải quyết thủ tục hành chính", "Rà soát thủ tục nội bộ", "Công khai thủ tục")
    for task in tasks:
        walk(office, make_assignment(office, task=task), "approve")
    page = reading.page_of(office["reviewer"])
    page.goto("/phieu-trinh/")
    reading.check(page)
    page.get_by_role("link", name="Lập phiếu").click()
    page.get_by_label("Ý kiến của Văn phòng").fill("Hồ sơ đầy đủ, đề nghị phê duyệt.")
    reading.check(page)
    page.get_by_role("button", name="Lập phiếu với các nhiệm vụ đã chọn").click()
    expect(page.get_by_role("button", name="Rút phiếu trình")).to_be_visible()
    reading.check(page)

    leader = reading.page_of(office["leader"], width, scripts=scripts)
    leader.goto("/viec/")
    leader.get_by_role("link", name="Phiếu trình số 01").click()
    expect(leader.get_by_role("checkbox", checked=True)).to_have_count(3)
    leader.get_by_role("checkbox", name=re.compile(tasks[1])).uncheck()
    reading.check(leader, axe=scripts)
    leader.get_by_label("Để lại vì sao").locator("visible=true").fill("Chờ ý kiến của Bộ.")
    leader.get_by_role("button", name="Phê duyệt các nhiệm vụ đã chọn").click()
    acts.said(leader, "Đã phê duyệt 02 nhiệm vụ theo phiếu trình số 01/")
    expect(leader.get_by_text("02 được phê duyệt, 01 để lại")).to_be_visible()
    reading.check(leader, axe=scripts)
