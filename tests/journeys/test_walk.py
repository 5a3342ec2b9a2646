"""The whole product as a newcomer meets it: an empty installation, a list of people, a plan as the Word file it is,
work that goes round, the late reminded, a report that leadership approves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from celery.contrib.testing.worker import start_worker
from django.core.management import call_command
from playwright.sync_api import Page, expect

from config.celery import app
from organization.agencies import ensure_agency
from organization.enums import Role, UnitKind
from organization.models import Post, Unit, User
from organization.vietnamese import short_date
from reports.demo.build import AGENCY
from reports.demo.this_year import PEOPLE, plan_file
from tests.journeys import acts
from tests.journeys.house import evidence
from tests.journeys.reading import Reading
from tests.office import PASSWORD
from workflow.reminders import remind

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

TODAY = date(2026, 9, 16)
REMINDED_ON = date(2026, 9, 28)
NUMBER = "45/KH-SKHĐT"
ADMINISTRATOR = "QT0001"
# who plays whom, by mã công chức: in the sample two people share one full name
REVIEWER, CHIEF, OFFICE_OFFICER = "LS0007", "LS0004", "LS0006"
HEAD, OFFICER, FOCAL = "LS0019", "LS0021", "LS0022"
LEADER, OFFICE_LEADER = "LS0003", "LS0002"
SCANS = "Số hóa hồ sơ, kết quả giải quyết TTHC"
OWN = "Tự kiểm tra công tác CCHC"


@pytest.fixture(autouse=True)
def in_september() -> Iterator[None]:
    """A day on which the sample's plan has rows behind it and rows before it."""
    with time_machine.travel("2026-09-16T09:00:00+07:00", tick=True):
        yield


@pytest.fixture
def administrator(settings: Any, reading: Reading) -> User:
    """What `manage` leaves behind on a new machine: an agency and somebody who may invite."""
    settings.BASE_URL = reading.address
    agency = ensure_agency(AGENCY)
    user = User.objects.create_user(ADMINISTRATOR, None, agency=agency, full_name="Triệu Minh Quân")
    leadership = Unit.objects.get(agency=agency, kind=UnitKind.LEADERSHIP)
    Post.objects.create(agency=agency, user=user, unit=leadership, role=Role.ADMINISTRATOR, since=TODAY)
    return user


@pytest.fixture
def worker() -> Iterator[None]:
    with start_worker(app, pool="solo", concurrency=1, perform_ping_check=False, shutdown_timeout=20):
        yield


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    file = tmp_path / "van-ban-da-ky.pdf"
    file.write_bytes(evidence().read())
    return file


@pytest.mark.parametrize("width", [1280, 360])
def test_the_whole_walk(
    administrator: User, worker: None, reading: Reading, paper: Path, tmp_path: Path, width: int
) -> None:
    reading.width = width
    link = capture("invite", ADMINISTRATOR)
    admin = by_invitation(reading, link)
    import_people(reading, admin)
    people = {
        code: by_invitation(reading, invite(reading, admin, code))
        for code in (REVIEWER, CHIEF, OFFICE_OFFICER, HEAD, OFFICER, FOCAL, LEADER, OFFICE_LEADER)
    }
    import_plan(reading, people[REVIEWER], tmp_path)
    put_under_way(reading, people[REVIEWER], paper)
    counts_agree(people[HEAD])
    name_officers(reading, people[HEAD])
    go_round(reading, people, paper)
    own_work_of_the_office(reading, people, paper)
    remind(REMINDED_ON)
    reminded(reading, people[FOCAL])
    report(reading, people)
    overview(reading, people[LEADER])
    for code in (REVIEWER, CHIEF, HEAD, FOCAL, LEADER):
        counts_agree(people[code])


def capture(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue().strip()


def by_invitation(reading: Reading, link: str) -> Page:
    """First sign-in: whoever holds the link sets a password and is inside."""
    page = reading.page()
    page.goto(link)
    reading.check(page)
    for field in page.get_by_role("textbox").all():
        field.fill(PASSWORD)
    page.get_by_role("button", name="Đặt mật khẩu và đăng nhập").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto(link)
    expect(page.locator("main")).not_to_contain_text("Đặt mật khẩu và đăng nhập")
    page.goto("/")
    return page


def import_people(reading: Reading, page: Page) -> None:
    go(page, "Đơn vị, người dùng")
    page.get_by_role("link", name="Nhập từ tệp").click()
    page.get_by_label("Tệp danh sách").set_input_files(PEOPLE)
    page.get_by_role("button", name="Đọc tệp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xem lại trước khi lưu")
    reading.check(page)
    page.get_by_role("button", name="Lưu 43 người").click()
    acts.said(page, "Đã nhập 08 đơn vị, 43 người.")


def go(page: Page, place: str) -> None:
    """To a place of the menu, wherever the window has it: at the side, below, or under «Thêm»."""
    if (page.viewport_size or {"width": 0})["width"] > 992:
        page.get_by_role("navigation", name="Chính", exact=True).get_by_role("link", name=place).click()
        return
    page.wait_for_load_state()
    tabs = page.get_by_role("navigation", name="Chính, trên điện thoại")
    tab = tabs.locator(f"a[href='{page.locator('nav.side a', has_text=place).get_attribute('href')}']")
    if not tab.is_visible():
        tabs.get_by_text("Thêm").click()
    tab.click()


def invite(reading: Reading, page: Page, code: str) -> str:
    """The administrator looks for the person by mã công chức and makes a link."""
    page.goto("/nhan-su/")
    page.get_by_placeholder("Tìm theo tên, mã công chức").fill(code)
    page.keyboard.press("Enter")
    page.get_by_role("table").get_by_role("link").first.click()
    page.get_by_role("button", name="Tạo lời mời").click()
    return page.locator("#link").inner_text()


def import_plan(reading: Reading, page: Page, folder: Path) -> None:
    """Văn phòng reads the Word file, names the leads that the plan leaves open, keeps a draft."""
    file = folder / "ke-hoach-2026.docx"
    file.write_bytes(plan_file(TODAY.year))
    go(page, "Kế hoạch")
    page.get_by_role("link", name="Nhập từ tệp").click()
    page.get_by_label("Tệp kế hoạch").set_input_files(file)
    page.get_by_role("button", name="Đọc tệp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Xem lại trước khi lưu dự thảo")
    reading.check(page)
    unnamed = page.locator("select[name=lead]")
    while number := unnamed.count():
        unnamed.first.select_option(label="Phòng Đăng ký kinh doanh")
        expect(unnamed).to_have_count(number - 1)
    reading.check(page)
    page.get_by_role("button", name="Lưu dự thảo").click()
    acts.said(page, "Đã lưu dự thảo: 44 nhiệm vụ.")


def put_under_way(reading: Reading, page: Page, paper: Path) -> None:
    """Past rows are settled together, then số, ngày and the signed file."""
    page.get_by_role("link", name="Đưa vào theo dõi").click()
    reading.check(page)
    page.get_by_label(re.compile(r"^Tất cả \d+ kỳ$")).check()
    page.get_by_label("Không tính").check()
    page.get_by_role("button", name="Quyết định các dòng đã chọn").click()
    acts.said(page, "kỳ: không tính.")
    form = page.get_by_role("form", name="Đưa vào theo dõi")
    form.get_by_label("Số, ký hiệu").fill(NUMBER)
    form.get_by_label("Ngày ban hành").fill(short_date(TODAY))
    form.get_by_label("Tệp kế hoạch đã ký").set_input_files(paper)
    form.get_by_role("button", name="Đưa vào theo dõi").click()
    acts.said(page, f"Đã đưa Kế hoạch số {NUMBER} vào theo dõi")
    reading.check(page)


def name_officers(reading: Reading, page: Page) -> None:
    """One measure for the whole year on its own page, all the others on one page that is filled in already."""
    acts.assign(page, SCANS, "Nguyễn Văn Hùng, Chuyên viên", whole_year=True)
    expect(page.locator("#says")).to_contain_text("kỳ khác trong năm")
    page.goto("/viec/")
    page.get_by_role("link", name="Phân công cả năm").click()
    reading.check(page)
    expect(page.get_by_role("table").filter(has_text=SCANS)).to_have_count(0)
    page.get_by_role("button", name="Phân công").click()
    acts.said(page, "Đã phân công")


def go_round(reading: Reading, people: dict[str, Page], paper: Path) -> None:
    """Handed in, returned by Văn phòng, answered, accepted, approved."""
    officer, head, reviewer, leader = (people[code] for code in (OFFICER, HEAD, REVIEWER, LEADER))
    acts.open_work(officer, SCANS)
    acts.hand_in(officer, paper, "386/BC-ĐKKD", short_date(TODAY))
    acts.finish(officer, "Đã số hóa 90% hồ sơ trong tháng.")
    acts.submit(head, SCANS)
    acts.send_back(reviewer, SCANS, "Bổ sung biểu số liệu theo từng lĩnh vực.")
    acts.open_work(officer, SCANS)
    expect(officer.locator(".note.returned")).to_contain_text("Bổ sung biểu số liệu theo từng lĩnh vực.")
    acts.finish(officer, "Đã số hóa 90% hồ sơ trong tháng; biểu số liệu theo từng lĩnh vực kèm theo.")
    acts.submit(head, SCANS)
    acts.review(reviewer, SCANS)
    acts.open_work(leader, SCANS)
    expect(leader.locator("main")).to_contain_text("Nguyễn Đức Hạnh đã rà soát, trình duyệt")
    acts.approve(leader, SCANS)
    head.goto("/nhiem-vu/?tinh_trang=done")
    head.locator("#rows").get_by_role("link", name=SCANS).click()
    trail = head.locator(".trail").all_inner_texts()
    for name, verb in (
        ("Lương Thu Hạnh", "phân công"), ("Nguyễn Văn Hùng", "đã chuyển trưởng đơn vị"), ("Lương Thu Hạnh", "đã nộp kết quả"),
        ("Nguyễn Đức Hạnh", "đã trả lại"), ("Nguyễn Đức Hạnh", "đã trình duyệt"), ("Nông Đức Ánh", "đã phê duyệt"),
    ):  # fmt: skip
        assert any(re.search(f"{name}.*{verb}", line) for text in trail for line in text.splitlines()), (
            name,
            verb,
            trail,
        )
    expect(head.get_by_role("heading", level=2, name="Lần nộp thứ 2")).to_be_visible()
    expect(head.get_by_role("heading", level=2, name="Lần nộp thứ 1")).to_be_visible()
    reading.check(head)


def own_work_of_the_office(reading: Reading, people: dict[str, Page], paper: Path) -> None:
    """What Văn phòng leads is reviewed by nobody of Văn phòng: straight to the leader, and it says so."""
    chief, officer, leader = (people[code] for code in (CHIEF, OFFICE_OFFICER, OFFICE_LEADER))
    acts.assign(chief, OWN, "Lương Thu Quyên, Chuyên viên")
    acts.open_work(officer, OWN)
    acts.hand_in(officer, paper, "12/BC-VP", short_date(TODAY))
    acts.finish(officer, "Đã tự kiểm tra 08 phòng, đơn vị.")
    acts.open_work(chief, OWN)
    expect(chief.locator("main")).to_contain_text("Văn phòng chủ trì, không qua rà soát")
    acts.submit(chief, OWN)
    acts.open_work(leader, OWN)
    expect(leader.locator("main")).to_contain_text("Văn phòng chủ trì, không qua rà soát")
    acts.approve(leader, OWN)


def reminded(reading: Reading, page: Page) -> None:
    page.goto("/viec/")
    bell = page.get_by_role("link", name=re.compile("^Thông báo"))
    assert bell.get_attribute("aria-label") != "Thông báo: 0 thông báo chưa đọc"
    bell.click()
    expect(page.get_by_role("listitem").filter(has_text=re.compile("quá hạn|đến hạn"))).not_to_have_count(0)
    reading.check(page)


def report(reading: Reading, people: dict[str, Page]) -> None:
    """Asked for, compiled by the worker, presented, returned, compiled again, approved."""
    office, leader = people[REVIEWER], people[LEADER]
    office.goto("/bao-cao/")
    office.get_by_label("Kỳ báo cáo").select_option(label="9 tháng")
    office.get_by_label("Người duyệt").select_option(label="Nông Đức Ánh, Phó Giám đốc")
    office.get_by_role("button", name="Tổng hợp báo cáo").click()
    compiled(office, 1)
    reading.check(office)
    for name, kind in (("Báo cáo.docx", ".docx"), ("Phụ lục.xlsx", ".xlsx")):
        with office.expect_download() as download:
            office.get_by_role("link", name=name).click()
        assert download.value.suggested_filename.endswith(kind)
        assert download.value.path().stat().st_size > 2000
    present(office)
    open_report(leader)
    leader.get_by_role("radio", name="Trả lại").check()
    leader.get_by_label("Lý do trả lại", exact=True).fill("Nêu rõ nguyên nhân các nhiệm vụ chậm.")
    leader.get_by_role("button", name="Trả lại").click()
    acts.said(leader, "Đã trả lại")
    open_report(office)
    expect(office.locator(".note.returned")).to_contain_text("Nêu rõ nguyên nhân các nhiệm vụ chậm.")
    office.get_by_role("button", name="Tổng hợp lại").click()
    compiled(office, 2)
    present(office)
    open_report(leader)
    reading.check(leader)
    leader.get_by_role("button", name="Duyệt dự thảo").click()
    acts.said(leader, "Đã duyệt")


def open_report(page: Page) -> None:
    acts.open_work(page, "Báo cáo")


def compiled(page: Page, number: int) -> None:
    """The page asks again by itself until the worker is done."""
    expect(page.get_by_role("heading", name=f"Bản xem trước, phiên bản {number}")).to_be_visible(timeout=60_000)


def present(page: Page) -> None:
    open_report(page)
    page.get_by_role("button", name="Trình lãnh đạo").click()
    acts.said(page, "Đã trình")


def overview(reading: Reading, page: Page) -> None:
    """Each total opens to as many rows."""
    go(page, "Tổng quan")
    reading.check(page)
    figures = {
        link.locator("span").inner_text(): link.locator("b").inner_text() for link in page.locator(".figs a").all()
    }
    assert figures["Hoàn thành"] == "2"
    for words, number in figures.items():
        page.goto("/tong-quan/")
        page.locator(".figs a", has_text=words).first.click()
        opened = (
            page.get_by_label("Tóm tắt")
            if "/diem-co-nguy-co-mat/" in page.url
            else page.locator("#rows .tabs [aria-current]")
        )
        expect(opened.locator("b").first).to_have_text(number)


def counts_agree(page: Page) -> None:
    """Badge, first figure, tab and rows say one number."""
    page.goto("/viec/")
    badge = page.locator(".side [aria-current=page] b")
    number = badge.inner_text() if badge.count() else "0"
    if number == "0":
        expect(page.locator(".task")).to_have_count(0)
        return
    expect(page.locator(".tabs [aria-current] b")).to_have_text(number)
    expect(page.locator(".figs a").first.locator("b")).to_have_text(number)
    expect(page.locator(".task")).to_have_count(min(int(number), 50))
