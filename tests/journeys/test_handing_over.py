"""Work changes hands in the browser: one step, all of one person, an independent reviewer, a whole unit with its minutes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.acts import said
from tests.journeys.reading import Reading
from tests.office import Office, make_assignment, open_step, walk

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]


def sound(reading: Reading, page: Page) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        reading.check(page)


def test_work_changes_hands(office: Office, reading: Reading) -> None:
    works = [make_assignment(office, task=f"Rà soát thủ tục {number}") for number in range(3)]
    for work in works:
        walk(office, work, "execute")
    head = reading.page_of(office["head"])
    head.goto(f"/nhiem-vu/{works[0].pk}/ban-giao/")
    sound(reading, head)
    head.get_by_label("Người nhận").select_option(label="Nông Thị Thuỳ, Chuyên viên")
    head.get_by_label("Lý do").fill("Nghỉ thai sản")
    head.get_by_role("button", name="Bàn giao", exact=True).click()
    said(head, "Đã bàn giao bước Thực hiện cho Nông Thị Thuỳ")
    expect(head.get_by_text("từ Nguyễn Văn Hùng cho Nông Thị Thuỳ")).to_be_visible()
    sound(reading, head)

    head.goto(f"/ban-giao/?nguoi={office['officer'].pk}")
    sound(reading, head)
    head.get_by_label("Rà soát thủ tục 2").uncheck()
    head.get_by_label("Người nhận").select_option(label="Lý Minh Hạnh, Phó trưởng đơn vị")
    head.get_by_label("Lý do").fill("Chuyển công tác")
    head.get_by_role("button", name="Bàn giao các việc đã chọn").click()
    expect(head.get_by_role("status")).to_contain_text("Đã bàn giao 01 trên 01 việc")
    sound(reading, head)
    assert [open_step(work).owner for work in works] == [office["colleague"], office["deputy"], office["officer"]]


def test_leadership_names_an_independent_reviewer(office: Office, reading: Reading) -> None:
    work = make_assignment(office, lead=office.office, task="Theo dõi, đôn đốc")
    leader = reading.page_of(office["leader"])
    leader.goto(f"/nhiem-vu/{work.pk}/ra-soat-cheo/")
    sound(reading, leader)
    leader.get_by_role("combobox", name="Người rà soát chéo").select_option(
        label=f"Nguyễn Văn Ánh ({office['other_head'].code})"
    )
    leader.get_by_role("button", name="Ghi người rà soát").click()
    said(leader, "Nguyễn Văn Ánh rà soát chéo từ lần nộp tới")
    expect(leader.get_by_text("Rà soát chéo theo chỉ định của lãnh đạo: Nguyễn Văn Ánh")).to_be_visible()


def test_unit_hands_over_all_its_work(office: Office, reading: Reading) -> None:
    for number in range(2):
        walk(office, make_assignment(office, task=f"Số hóa hồ sơ {number}"), "execute")
    page = reading.page_of(office["reviewer"])
    page.goto("/ban-giao/")
    sound(reading, page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_role("link", name="Bàn giao cả đơn vị").click()
    sound(reading, page)
    page.get_by_role("link", name="Phòng Đăng ký kinh doanh").click()
    sound(reading, page)
    page.get_by_label("Căn cứ").fill("Quyết định số 05/QĐ-UBND ngày 01/3/2025")
    page.get_by_label("Đơn vị nhận", exact=True).select_option(label="Phòng Kinh tế ngành")
    page.get_by_role("button", name="Bàn giao và lập biên bản").click()
    said(page, "Đã bàn giao Phòng Đăng ký kinh doanh")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Biên bản bàn giao")
    sound(reading, page)
