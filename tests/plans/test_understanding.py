"""The sample plan as a whole, from both of its files."""

import json
from pathlib import Path

import openpyxl
import pytest

from plans.owners import UnitNames
from plans.reading import read_plan_file
from plans.understanding import to_json, understand, written_for
from tests.plans.files import HEADINGS, ROW, SAMPLES, word

NO_SUCH_UNIT = "“Phòng Không Có” chưa có trong danh sách đơn vị."
GOLDEN = Path(__file__).parent / "golden" / "ke-hoach-2024.json"


@pytest.fixture(scope="module")
def units():
    sheet = openpyxl.load_workbook(SAMPLES / "nhan-su-2024.xlsx")["Đơn vị"]
    rows = sheet.iter_rows(min_row=2, values_only=True)
    return UnitNames.of((code, name, [code, *(others or "").split(";")]) for code, name, others, *_ in rows)


def one(cells, units=None, year=2024):
    return understand(read_plan_file(word([HEADINGS, cells])), year, units)[0]


@pytest.mark.parametrize("name", ["ke-hoach-2024.docx", "phu-luc-2024.xlsx"])
def test_sample_is_understood_as_agreed(name, units):
    plan_file = read_plan_file(SAMPLES / name)
    told = to_json(plan_file, understand(plan_file, 2024, units), year=2024)
    agreed = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert told["measures"] == agreed["measures"]
    assert told["problems"] == agreed["problems"]
    if name.endswith(".docx"):
        assert told["plan"] == agreed["plan"]


def test_sample_has_44_rows_of_which_the_office_leads_21(units):
    plan_file = read_plan_file(SAMPLES / "ke-hoach-2024.docx")
    for known in (units, None):
        rows = understand(plan_file, 2024, known)
        assert len(rows) == 44
        assert sum([owner.name for owner in row.leads] == ["Văn phòng"] for row in rows) == 21


def test_sample_imported_for_another_year_moves_every_date(units):
    plan_file = read_plan_file(SAMPLES / "phu-luc-2024.xlsx")
    assert written_for(plan_file) == 2024
    rows = understand(plan_file, 2026, units)
    assert {due.year for row in rows for due in row.deadline.due_dates} == {2026}
    assert [row.deadline.raw for row in rows] == [row.deadline.raw for row in understand(plan_file, 2024, units)]


def test_wrong_cells_are_named_by_row_and_column_in_words(units):
    row = one(("7", "Việc", "", "", "Phòng Không Có", "", "31/02"), units)
    assert [(p.row, p.column, p.severity, p.message) for p in row.problems] == [
        (
            "I.7",
            "Đơn vị chủ trì",
            "error",
            f"{NO_SUCH_UNIT} Có phải là Phòng Kinh tế ngành? Chọn đơn vị hoặc ghi lại tên.",
        ),
        ("I.7", "Thời hạn", "error", "Ngày “31/02” không có trong lịch. Sửa lại ngày."),
    ]
    assert row.blocked


def test_guesses_ask_for_confirmation_and_do_not_block(units):
    row = one(("1", "Việc", "", "", "Phòng Đăng kí kinh doanh, Văn phòng", "", "Trước tháng 6"), units)
    assert [(p.column, p.severity, p.message) for p in row.problems] == [
        (
            "Đơn vị chủ trì",
            "confirm",
            "“Phòng Đăng kí kinh doanh” được hiểu là Phòng Đăng ký kinh doanh. Xác nhận lại.",
        ),
        (
            "Đơn vị chủ trì",
            "confirm",
            "Có 02 đơn vị chủ trì: Phòng Đăng ký kinh doanh, Văn phòng. Mỗi đơn vị sẽ nhận một việc riêng; xác nhận lại.",
        ),
        ("Thời hạn", "confirm", "“Trước tháng 6” được hiểu là “Trước tháng 6/2024”. Xác nhận lại."),
    ]
    assert not row.blocked


@pytest.mark.parametrize(
    ("lead", "message"),
    [
        ("Sở Nội vụ", "“Sở Nội vụ” không phải đơn vị thuộc cơ quan. Chọn đơn vị chủ trì."),
        ("Các phòng liên quan", "“Các phòng liên quan” chưa rõ là những đơn vị nào. Chọn đơn vị chủ trì."),
        ("Phòng được kiểm tra", "“Phòng được kiểm tra” không phải tên một đơn vị. Chọn đơn vị chủ trì."),
        ("", "Chưa ghi đơn vị chủ trì. Chọn đơn vị chủ trì."),
    ],
)
def test_lead_that_is_no_unit_blocks_the_row(units, lead, message):
    row = one((*ROW[:4], lead, "", "Quý I"), units)
    assert [problem.message for problem in row.problems] == [message]
    assert row.blocked
