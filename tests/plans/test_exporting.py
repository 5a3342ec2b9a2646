"""A plan that is exported and read again is the same plan."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from plans.drafting import DraftRow
from plans.exporting import to_excel, to_word
from plans.intake import Reading, read_file
from plans.reading import PlanHeader, UnreadableError
from plans.reading.criteria import read_criteria
from plans.services import save_draft
from tests.office import Office
from tests.plans.files import SAMPLES, excel, word

EXPORTS = [to_word, to_excel]


def read(file: bytes | io.BytesIO) -> Reading:
    return read_file(io.BytesIO(file) if isinstance(file, bytes) else file, None)


def said(rows: list[DraftRow]) -> list[tuple[object, ...]]:
    """All that a row says; how it was understood follows from it."""
    return [
        (
            row.appendix, row.order, row.field, row.criteria, row.task, row.solution, row.product, row.lead_raw,
            row.coordinating_raw, row.deadline, row.note, row.leads, row.coordinating,
        )
        for row in rows
    ]  # fmt: skip


@pytest.mark.parametrize("export", EXPORTS)
@pytest.mark.parametrize("name", ["ke-hoach-2024.docx", "ke-hoach-2024-dieu-chinh.docx", "phu-luc-2024.xlsx"])
def test_samples_come_back_as_they_were(export, name: str) -> None:
    with (SAMPLES / name).open("rb") as file:
        first = read_file(file, None)
    again = read(export(first.header, first.rows, agency="Sở Kế hoạch và Đầu tư", place="Lạng Sơn"))
    assert said(again.rows) == said(first.rows)
    assert replace(again.header, year=None) == replace(first.header, year=None)


WORDS = st.sampled_from([
    "Rà soát", "Văn phòng", "thủ tục hành chính", "Phòng ĐKKD; Thanh tra", "Quý III/2024", "30/11", "nt", "-", "–", "",
    "- Kiểm tra", "I. CHỈ ĐẠO", "1.3.2 Khắc phục", "Tổng cộng", "Phụ lục II", "A, B; C", "0,5", "12", "Hằng quý",
    "BÁO CÁO", "a) mục", "“”", "Ghi chú", "Nơi nhận: VP", "<b>đậm</b>", "Thường xuyên",
])  # fmt: skip
CELL = st.lists(WORDS, min_size=0, max_size=3).map("\n".join)
HEADINGS = (
    "STT", "Lĩnh vực, tiêu chí", "Điểm tối đa", "Nhiệm vụ, giải pháp", "Sản phẩm", "Đơn vị chủ trì", "Phối hợp",
    "Thời gian hoàn thành", "Ghi chú",
)  # fmt: skip
ROW = st.tuples(*[CELL] * len(HEADINGS))
GROUP = WORDS.map(lambda words: (words,) + ("",) * (len(HEADINGS) - 1))
TABLES = st.lists(st.one_of(ROW, ROW, GROUP), min_size=1, max_size=6)


def test_dashes_of_either_kind_are_no_criterion() -> None:
    assert read_criteria("-\n–", "")[0] == ()


@pytest.mark.parametrize("export", EXPORTS)
@given(rows=TABLES, made=st.sampled_from([word, excel]))
@settings(max_examples=60, deadline=None)
def test_whatever_was_read_comes_back(export, rows, made) -> None:
    try:
        first = read(made([HEADINGS, *rows]))
    except UnreadableError:
        return
    again = read(export(PlanHeader(year=first.year), first.rows))
    assert said(again.rows) == said(first.rows)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["word", "excel"])
def test_a_plan_is_downloaded_and_reads_the_same(office: Office, other_office: Office, kind: str) -> None:
    with (SAMPLES / "ke-hoach-2024.docx").open("rb") as file:
        first = read_file(file, office.agency)
    plan = save_draft(first, office.agency, office["chief"])
    address = reverse(f"plans:export_{kind}", args=[plan.pk])
    body = signed_in(office, "chief").get(address)
    again = read_file(io.BytesIO(body.content), office.agency)
    assert said(again.rows) == said(first.rows)
    assert again.header == first.header
    assert signed_in(office, "head").get(address).status_code == 404
    assert signed_in(other_office, "chief").get(address).status_code == 404
    assert signed_in(office, "administrator").get(address).status_code == 403


def signed_in(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def test_nothing_in_a_workbook_is_run() -> None:
    row = replace(DraftRow.blank("I", "1", ""), task="=HYPERLINK(1)", product="+1", lead_raw="@x")
    page = openpyxl.load_workbook(io.BytesIO(to_excel(PlanHeader(), [row]))).active
    assert all(cell.data_type in {"s", "n"} for line in page.iter_rows() for cell in line)


@pytest.mark.parametrize("export", EXPORTS)
def test_letterhead_comes_back(export) -> None:
    header = PlanHeader("45/KH-SKHĐT", date(2024, 6, 18), "Nâng cao Chỉ số cải cách hành chính năm 2024", 2024)
    row = replace(DraftRow.blank("I", "1", ""), task="Rà soát", lead_raw="Văn phòng")
    assert read(export(header, [row], agency="Sở Kế hoạch và Đầu tư", place="Lạng Sơn")).header == header
