"""What people do on the pages of the steps, as they would: they find the work in their inbox, and press."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect


def open_work(page: Page, title: str) -> None:
    """From the inbox to the page of the step of the work with that title."""
    page.goto("/viec/")
    page.locator("#rows").get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def said(page: Page, words: str) -> None:
    """The sentence that follows an act."""
    expect(page.locator("#says")).to_contain_text(words)


def assign(page: Page, title: str, officer: str, *, whole_year: bool = False) -> None:
    open_work(page, title)
    page.get_by_label("Người thực hiện").select_option(label=officer)
    page.get_by_label("Phân công cả năm").set_checked(whole_year)
    page.get_by_role("button", name="Phân công", exact=True).click()
    said(page, "Đã phân công")


def hand_in(page: Page, paper: Path, number: str, dated: str) -> None:
    """A document beside the work that is open."""
    panel = page.locator("#documents")
    if not panel.get_by_label("Trích yếu").is_visible():
        panel.locator("summary").click()
    panel.get_by_label("Số, ký hiệu").fill(number)
    panel.get_by_label("Ngày văn bản").fill(dated)
    panel.get_by_label("Trích yếu").fill("Báo cáo kết quả số hóa hồ sơ")
    panel.get_by_label("Tệp").set_input_files(paper)
    panel.get_by_role("button", name="Thêm tài liệu").click()
    expect(page.locator("#documents .docs")).to_contain_text(number)


def finish(page: Page, statement: str) -> None:
    """The officer's work, open on the page, goes to the head."""
    page.get_by_label("Kết quả thực hiện").fill(statement)
    page.get_by_role("button", name="Chuyển trưởng phòng").click()
    said(page, "Đã chuyển")


def submit(page: Page, title: str) -> None:
    open_work(page, title)
    page.get_by_role("button", name="Nộp kết quả").click()
    said(page, "Đã nộp kết quả")


def send_back(page: Page, title: str, wanted: str) -> None:
    open_work(page, title)
    page.get_by_label("Trả lại, chưa đạt").check()
    page.get_by_label("Cần làm gì").fill(wanted)
    page.get_by_role("button", name="Trả lại, chưa đạt").click()
    said(page, "Đã trả lại")


def review(page: Page, title: str) -> None:
    open_work(page, title)
    page.get_by_role("button", name="Trình duyệt").click()
    said(page, "Đã trình duyệt")


def approve(page: Page, title: str) -> None:
    open_work(page, title)
    page.get_by_role("button", name="Phê duyệt").click()
    said(page, "Đã phê duyệt")
