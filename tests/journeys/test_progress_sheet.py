"""Tiến độ by workbook in the browser: downloaded, filled in, looked over, saved."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def test_unit_fills_in_its_sheet(office: Office, reading: Reading, tmp_path: Path) -> None:
    for task in ("Số hóa hồ sơ, kết quả giải quyết thủ tục hành chính", "Rà soát thủ tục nội bộ"):
        walk(office, make_assignment(office, task=task), "execute")
    page = reading.page_of(office["head"])
    page.goto("/nhiem-vu/")
    page.get_by_role("link", name="Tiến độ bằng Excel").click()
    reading.check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Tải bảng tiến độ (.xlsx)").click()
    sheet = tmp_path / "tien-do.xlsx"
    download.value.save_as(sheet)
    book = openpyxl.load_workbook(sheet)
    book.active["I2"], book.active["I3"], book.active["J3"] = "Đã số hóa kho A.", "Đang rà soát.", 12
    book.save(sheet)
    page.get_by_label("Bảng tiến độ đã điền").set_input_files(sheet)
    page.get_by_role("button", name="Xem trước").click()
    expect(page.get_by_text("Nhiệm vụ này không có chỉ tiêu")).to_be_visible()
    reading.check(page)
    page.set_viewport_size({"width": 360, "height": 760})
    reading.check(page)
    page.get_by_role("button", name="Ghi tiến độ 01 nhiệm vụ").click()
    expect(page.get_by_role("heading", name="Đã ghi tiến độ 01 nhiệm vụ.")).to_be_visible()
    reading.check(page)
