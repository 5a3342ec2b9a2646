"""A leader goes away in the browser: lends the role, the substitute approves, the leader ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import expect

from tests.journeys.acts import open_work, said
from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_substitute_works_while_the_principal_is_away(office: Office, reading: Reading) -> None:
    walk(office, make_assignment(office, task="Công khai thủ tục"), "approve")
    leader = reading.page_of(office["leader"])
    leader.goto("/uy-quyen/")
    reading.check(leader)
    leader.get_by_role("link", name="Lập ủy quyền").click()
    leader.get_by_role("button", name="Ủy quyền").click()
    expect(leader.get_by_role("alert")).to_contain_text("Chọn người nhận ủy quyền")
    reading.check(leader)
    leader.get_by_label("Người nhận ủy quyền").select_option(label=f"Chu Đức Ế ({office['other_leader'].code})")
    leader.get_by_label("Đến hết ngày").fill(f"{localdate() + timedelta(days=3):%d/%m/%Y}")
    leader.get_by_role("button", name="Ủy quyền").click()
    said(leader, "đã ủy quyền cho Chu Đức Ế")
    reading.check(leader)

    substitute = reading.page_of(office["other_leader"], 360)
    substitute.goto("/thong-bao/")
    expect(substitute.get_by_text("Nông Đức Ánh ủy quyền cho Chu Đức Ế").first).to_be_visible()
    substitute.goto("/uy-quyen/")
    reading.check(substitute)
    open_work(substitute, "Công khai thủ tục")
    expect(substitute.get_by_text("Đang xử lý thay")).to_contain_text("Nông Đức Ánh")
    reading.check(substitute)
    substitute.get_by_role("button", name="Phê duyệt").click()
    said(substitute, "Đã phê duyệt")

    leader.goto("/uy-quyen/")
    leader.get_by_role("button", name="Kết thúc ủy quyền").click()
    said(leader, "Ủy quyền cho Chu Đức Ế đã kết thúc")
    reading.check(leader)
