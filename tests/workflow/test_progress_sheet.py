"""Tiến độ by workbook: downloaded, filled in, looked over, saved; only progress travels this way."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from html import unescape
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import localdate, now
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from organization.office_files import UnreadableError
from plans.models import Measure
from tests.office import Office, make_assignment, open_step, walk
from workflow import progress
from workflow.models import Assignment, Case, Progress, Suspension
from workflow.progress import Said
from workflow.progress_sheet import COLUMNS, MOST, Line, plan, read_sheet, save, sheet_of

pytestmark = pytest.mark.django_db
PAGE = "/tien-do/"
TEXT, VALUE, TOTAL = 9, 10, 11
LARGE = 10**8


def client_of(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def words(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return unescape(response.content.decode())


def held(office: Office, number: int = 1, target: int | None = 200) -> list[Assignment]:
    made = [make_assignment(office, task=f"Số hóa kho {n}") for n in range(number)]
    for one in made:
        walk(office, one, "execute")
    Measure.objects.filter(pk__in=[one.measure_id for one in made]).update(
        target=target, target_unit="hồ sơ" if target else ""
    )
    return made


def filled(office: Office, name: str, fill: Callable[[Any], None]) -> SimpleUploadedFile:
    """The person's sheet with what `fill` writes into it."""
    book = openpyxl.load_workbook(BytesIO(sheet_of(office.rights(name))))
    fill(book.active)
    return uploaded(book)


def uploaded(book: Any) -> SimpleUploadedFile:
    out = BytesIO()
    book.save(out)
    return SimpleUploadedFile("tien-do.xlsx", out.getvalue())


def lines(*rows: tuple[Any, ...]) -> list[Line]:
    """What is read of a sheet with these rows: key, text, value, total."""
    book = openpyxl.Workbook()
    book.active.append([heading for heading, _, _ in COLUMNS])
    for key, *said in rows:
        book.active.append([key, *[None] * 7, *said])
    out = BytesIO()
    book.save(out)
    return read_sheet(out, LARGE)


def test_sheet_holds_the_open_work_of_the_unit(office: Office) -> None:
    one, other = held(office, 2)
    entry = progress.update(one.pk, Said("=1+1", Decimal(5), Decimal("12.5")), office.rights("officer"))
    walk(office, make_assignment(office, task="Đã nộp"), "review")
    make_assignment(office, lead=office.other_division, task="Của phòng khác")
    answer = client_of(office, "head").get(f"{PAGE}tep/")
    rows = list(openpyxl.load_workbook(BytesIO(answer.content)).active.values)
    assert [heading for heading, _, _ in COLUMNS] == list(rows[0])
    assert [row[0] for row in rows[1:]] == [f"HS{one.pk}-{entry.pk}", f"HS{other.pk}-0"]
    assert rows[1][5:8] == ("200 hồ sơ", "'=1+1", 12.5)
    assert Entry.objects.filter(verb="progress.sheet_exported").count() == 1


def test_officer_gets_their_own_work(office: Office) -> None:
    (mine,) = held(office)
    walk(office, make_assignment(office), "execute", officer="colleague")
    rows = list(openpyxl.load_workbook(BytesIO(sheet_of(office.rights("officer")))).active.values)
    assert [row[0] for row in rows[1:]] == [f"HS{mine.pk}-0"]


def test_sheet_is_loaded_looked_over_and_saved(office: Office) -> None:
    new, same, wrong = held(office, 3)

    def fill(sheet: Any) -> None:
        sheet.cell(2, TEXT, "Đã số hóa kho A\nCòn kho B")
        sheet.cell(2, VALUE, 12.5)
        sheet.cell(2, TOTAL, "1.100")
        sheet.cell(4, TEXT, "Đang làm")
        sheet.cell(4, VALUE, "nhiều")

    client = client_of(office, "head")
    page = words(client.post(PAGE, {"file": filled(office, "head", fill)}))
    assert "Đã số hóa kho A" in page
    assert "Kỳ này 12,5 hồ sơ, lũy kế 1.100 hồ sơ trên chỉ tiêu 200 hồ sơ" in page
    assert f"Dòng 4, {wrong.case.code}:" in page
    assert "ô “Kết quả kỳ này”: “nhiều” không phải số" in page
    assert f"Không đổi: {same.case.code}." in page
    assert not Progress.objects.exists()
    page = words(client.post(f"{PAGE}ghi/"))
    assert "Đã ghi tiến độ 01 nhiệm vụ." in page
    entry = Progress.objects.get()
    assert (entry.case_id, entry.by, entry.value, entry.total) == (new.pk, office["head"], Decimal("12.5"), 1100)
    assert entry.text == "Đã số hóa kho A\nCòn kho B"
    assert open_step(new).stage == "execute"
    assert Entry.objects.filter(verb="case.progress", subject=new.case.subject).count() == 1
    assert client.post(f"{PAGE}ghi/").url == PAGE


def test_sheet_that_saw_an_older_entry_is_told_so(office: Office) -> None:
    (one,) = held(office)
    rows = lines((f"HS{one.pk}-0", "Từ bảng", 1, 2))
    progress.update(one.pk, Said("Nhập tay"), office.rights("officer"))
    (row,) = plan(rows, office.rights("head")).problems
    assert row.problem == progress.SINCE_CHANGED
    assert not save(rows, office.rights("head"))


def test_what_changed_between_the_look_and_the_saving_is_refused_row_by_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = held(office, 2)
    rows = lines((f"HS{one.pk}-0", "Một", 1, 2), (f"HS{other.pk}-0", "Hai", 1, 2))
    looked_over = plan(rows, office.rights("head"))
    walk(office, one, "review")
    monkeypatch.setattr("workflow.progress_sheet.plan", lambda *_: looked_over)
    assert [(each.planned.case, each.refusal) for each in save(rows, office.rights("head"))] == [
        (one.case, progress.NOT_IN_HAND), (other.case, ""),
    ]  # fmt: skip


def test_saving_the_same_again_changes_nothing(office: Office) -> None:
    (one,) = held(office)
    entry = progress.update(one.pk, Said("Như cũ", Decimal(1)), office.rights("officer"))
    for key in (0, entry.pk):
        assert plan(lines((f"HS{one.pk}-{key}", "Như cũ", 1, None)), office.rights("head")).unchanged


def test_rows_of_others_are_refused(office: Office, other_office: Office) -> None:
    """Another agency's, another unit's, handed in, paused, another officer's: each in words, none is saved."""
    strange, far = make_assignment(office, lead=office.other_division), held(other_office)[0]
    gone, paused, theirs = held(office, 3)
    walk(office, gone, "review")
    Suspension.objects.create(case=paused.case, agency=office.agency, since=localdate(), reason="Chờ", by=office["leader"], at=now())  # fmt: skip
    Assignment.objects.filter(pk=theirs.pk).update(officer=office["colleague"])
    keys = (strange.pk, far.pk, 10**17, gone.pk, paused.pk, theirs.pk)
    rows = lines(*((f"HS{key}-0", "Chen vào", 1, 2) for key in keys))
    found = plan(rows, office.rights("officer"))
    assert [row.problem[:20] for row in found.problems] == [
        *["mã dòng không phải n"] * 3, progress.NOT_IN_HAND[:20], progress.SUSPENDED[:20], progress.UNIT_ONLY[:20],
    ]  # fmt: skip
    assert save(rows, office.rights("officer")) == []
    assert not Progress.objects.exists()


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (("Đã làm", -1, None), "ô “Kết quả kỳ này”: Số phải từ 0"),
        (("Đã làm", None, 0.125), "ô “Lũy kế từ đầu năm”: Số có quá hai chữ số lẻ"),
        (("Đã làm", date(2026, 1, 2), None), "ô “Kết quả kỳ này”: “2026-01-02"),
        (("Đã làm", True, None), "ô “Kết quả kỳ này”: “True” không phải số"),
        (("Đã làm", "=2+2", None), "ô “Kết quả kỳ này” là công thức"),
        (('=HYPERLINK("http://x")', 1, None), "ô “Tiến độ” là công thức"),
        (("x" * 20_001, 1, None), "ô “Tiến độ” dài quá"),
        (("", 1, 2), "Chưa ghi tiến độ"),
    ],
)
def test_what_is_no_progress_is_said_by_row_and_cell(office: Office, said: tuple[Any, ...], problem: str) -> None:
    (one,) = held(office)
    (row,) = plan(lines((f"HS{one.pk}-0", *said)), office.rights("head")).problems
    assert row.line.row == 2
    assert row.problem.startswith(problem)


def test_figures_of_work_without_a_target_are_refused(office: Office) -> None:
    (one,) = held(office, target=None)
    rights = office.rights("head")
    assert plan(lines((f"HS{one.pk}-0", "Đã làm", 1, None)), rights).problems[0].problem == progress.NO_TARGET
    assert plan(lines((f"HS{one.pk}-0", "Đã làm", None, None)), rights).new


@pytest.mark.parametrize("key", ["", "HS1", "HS-1", "1", "HS1-2-3", "HS٣-0", "HS" + "9" * 19 + "-0", "=HS1-0"])
def test_a_key_that_is_none_is_said(key: str) -> None:
    (line,) = lines((key, "Đã làm", 1, 2))
    assert line.problem == "mã dòng không đúng. Tải bảng mới rồi điền lại dòng này."


def test_a_row_twice_is_taken_once(office: Office) -> None:
    (one,) = held(office)
    first, second = lines((f"HS{one.pk}-0", "Một", 1, 2), (f"HS{one.pk}-0", "Hai", 1, 2))
    assert not first.problem
    assert second.problem == "nhiệm vụ này đã có ở dòng 2 của tệp. Giữ lại một dòng."


def bomb() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", "x")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * (70 * 1024 * 1024))
    return out.getvalue()


def macro() -> bytes:
    book = BytesIO()
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("xl/vbaProject.bin", b"x")
    return book.getvalue()


def entity() -> bytes:
    book = BytesIO()
    openpyxl.Workbook().save(book)
    with zipfile.ZipFile(book, "a") as package:
        package.writestr("xl/extra.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>')
    return book.getvalue()


def plain() -> bytes:
    book = BytesIO()
    openpyxl.Workbook().save(book)
    return book.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Tệp này trống"), (b"%PDF-1.7", "không phải Word"), (b"PK\x03\x04 hong", "bị hỏng"), (bomb(), "nén bất thường"),
        (macro(), "macro"), (entity(), "DOCTYPE"), (plain(), "Không thấy bảng tiến độ"),
    ],
    ids=["empty", "pdf", "broken", "bomb", "macro", "entity", "another table"],
)  # fmt: skip
def test_hostile_and_wrong_files_are_refused(office: Office, content: bytes, said: str) -> None:
    client = client_of(office, "head")
    assert said in words(client.post(PAGE, {"file": SimpleUploadedFile("x.xlsx", content)}))
    assert client.post(f"{PAGE}ghi/").url == PAGE
    assert not Progress.objects.exists()


def test_too_many_rows_are_refused() -> None:
    with pytest.raises(UnreadableError, match="quá 500 dòng"):
        lines(*((f"HS{number}-0", "x", 1, 2) for number in range(1, MOST + 2)))
    with pytest.raises(UnreadableError, match="không có dòng nào"):
        lines()


@pytest.mark.parametrize("name", ["leader", "viewer", "clerk", "administrator"])
def test_who_works_in_no_unit_has_no_sheet(office: Office, name: str) -> None:
    client = client_of(office, name)
    assert [
        client.get(PAGE).status_code,
        client.get(f"{PAGE}tep/").status_code,
        client.post(f"{PAGE}ghi/").status_code,
    ] == [403] * 3
    assert PAGE not in words(client.get("/nhiem-vu/"))


def test_tasks_lead_to_the_sheet(office: Office) -> None:
    held(office)
    client = client_of(office, "officer")
    assert f'href="{PAGE}"' in words(client.get("/nhiem-vu/"))
    assert "01 nhiệm vụ đang thực hiện" in words(client.get(PAGE))


@pytest.mark.parametrize("rows", [1, 3])
def test_plan_costs_the_same_for_any_number(
    office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    keys = [one.pk for one in held(office, rows)]
    rights = office.rights("head")
    found = lines(*((f"HS{key}-0", "Đã làm", 1, 2) for key in keys))
    with django_assert_num_queries(4):
        assert len(plan(found, rights).new) == rows
    with django_assert_num_queries(2):
        sheet_of(rights)
    assert Case.objects.count() == rows
