"""An administrator in the browser: a list from a file, an invitation, a first sign-in; and how the pages look."""

from __future__ import annotations

import openpyxl
import pytest
from django.conf import settings
from playwright.sync_api import expect

from organization.models import User
from tests.journeys.reading import Reading
from tests.office import Office

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
SAMPLE = settings.BASE_DIR / "samples" / "nhan-su-2024.xlsx"
PAGES = ["nhan-su/", "nhan-su/them/", "nhan-su/nhap/", "don-vi/", "lanh-dao-phu-trach/", "lich-lam-viec/?nam=2026",
         "lich-lam-viec/ngay/?ngay=2026-09-02", "nhan-su/{pk}/", "nhan-su/{pk}/chuc-vu/", "nhan-su/{pk}/chuc-vu/{post}/"]  # fmt: skip


def test_pages_are_sound_at_both_widths(office: Office, reading: Reading) -> None:
    person = office["deputy"]
    page = reading.page_of(office["administrator"])
    for address in PAGES:
        page.goto("/" + address.format(pk=person.pk, post=person.posts.get().pk))
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            reading.check(page)


def test_from_a_file_to_the_first_sign_in(office: Office, reading: Reading, tmp_path: object, settings: object) -> None:
    workbook = openpyxl.load_workbook(SAMPLE)
    workbook["Cán bộ"]["H5"] = "31/02/2024"
    workbook.save(f"{tmp_path}/nhan-su.xlsx")
    settings.BASE_URL = reading.address  # type: ignore[attr-defined]
    page = reading.page_of(office["administrator"])
    page.goto("/nhan-su/nhap/")
    page.get_by_label("Tệp danh sách").set_input_files(f"{tmp_path}/nhan-su.xlsx")
    page.get_by_role("button", name="Đọc tệp").click()
    expect(page.get_by_text("“31/02/2024” không phải một ngày có thật")).to_be_visible()
    reading.check(page)
    assert not User.objects.filter(code="LS0001").exists()

    page.get_by_role("button", name="Lưu 42 người").click()
    page.get_by_label("Tìm theo tên hoặc mã").fill("nguyen thi lan ls")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row").filter(has_text="Nguyễn Thị Lan")).to_have_count(2)
    page.get_by_role("row").filter(has_text="LS0008").get_by_role("link").click()
    page.get_by_role("button", name="Tạo lời mời").click()
    link = page.locator("#link").inner_text()
    reading.check(page)

    guest = reading.page(360)
    guest.goto(link)
    reading.check(guest)
    guest.get_by_label("Mật khẩu", exact=True).fill("ngan")
    guest.get_by_label("Nhập lại mật khẩu", exact=True).fill("ngan")
    guest.get_by_role("button", name="Đặt mật khẩu và đăng nhập").click()
    expect(guest.get_by_role("alert")).to_contain_text("10 ký tự")
    reading.check(guest)
    for label in ("Mật khẩu", "Nhập lại mật khẩu"):
        guest.get_by_label(label, exact=True).fill("mot-mat-khau-moi-2025")
    guest.get_by_role("button", name="Đặt mật khẩu và đăng nhập").click()
    expect(guest.get_by_label("Tài khoản: Nguyễn Thị Lan")).to_be_visible()
    again = reading.page()
    again.goto(link)
    expect(again.get_by_role("heading", name="Lời mời không còn dùng được")).to_be_visible()
    reading.check(again)
