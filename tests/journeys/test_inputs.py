"""Đề nghị phối hợp in the browser: asked from the task's page, prepared with a document, answered, read by the lead."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import localdate
from playwright.sync_api import expect

from organization.vietnamese import short_date
from tests.journeys import acts
from tests.journeys.house import evidence
from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

TASK = "Số hóa hồ sơ, kết quả giải quyết thủ tục hành chính"


def test_unit_is_asked_prepares_and_answers(office: Office, reading: Reading, tmp_path: Path) -> None:
    work = make_assignment(office, task=TASK, due=localdate() + timedelta(days=40))
    walk(office, work, "execute")
    paper = tmp_path / "bang-so-lieu.pdf"
    paper.write_bytes(evidence().read())
    officer, head = reading.page_of(office["officer"]), reading.page_of(office["other_head"], 360)
    officer.goto(f"/nhiem-vu/{work.pk}/")
    officer.get_by_text("Thao tác khác").click()
    officer.get_by_role("link", name="Đề nghị phối hợp").click()
    officer.get_by_label("Phòng Kinh tế ngành").check()
    officer.get_by_label("Nội dung cần phối hợp").fill("Số hồ sơ ngành công thương đã số hóa đến hết quý.")
    officer.get_by_label("Hạn trả lời").fill(short_date(localdate() + timedelta(days=20)))
    reading.check(officer)
    officer.get_by_role("button", name="Gửi đề nghị").click()
    expect(officer.locator("#inputs")).to_contain_text("01 đơn vị chưa trả lời")
    reading.check(officer)

    acts.open_work(head, TASK)
    reading.check(head)
    head.get_by_label("Giao người chuẩn bị").check()
    head.get_by_label("Người chuẩn bị", exact=True).select_option(label="Nguyễn Văn Hùng, Chuyên viên")
    head.get_by_role("button", name="Giao chuẩn bị").click()
    acts.said(head, "Đã giao Nguyễn Văn Hùng")

    helper = reading.page_of(office["other_officer"])
    acts.open_work(helper, TASK)
    acts.hand_in(helper, paper, "15/BC-KTN", short_date(localdate()))
    helper.get_by_label("Ý kiến của đơn vị").fill("Đã số hóa 120 trên 150 hồ sơ.")
    reading.check(helper)
    helper.get_by_role("button", name="Gửi trả lời").click()
    acts.said(helper, "Đã trả lời phối hợp")

    officer.reload()
    expect(officer.locator("#inputs")).to_contain_text("Đã số hóa 120 trên 150 hồ sơ.")
    officer.locator("#inputs").get_by_role("link", name="Phòng Kinh tế ngành").click()
    expect(officer.locator(".docs")).to_contain_text("15/BC-KTN")
    reading.check(officer)
