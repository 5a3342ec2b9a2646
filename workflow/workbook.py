"""The list of tasks as a workbook (.xlsx). Text that a program would run is neutralised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from workflow.personal import Results
from workflow.rows import stands_until
from workflow.selectors import holder_of
from workflow.timeliness import State

MOST_ROWS = 100_000
HEADINGS = (
    ("Mã", 10), ("Nhiệm vụ", 60), ("Kỳ", 18), ("Kế hoạch", 24), ("Đơn vị chủ trì", 32), ("Đang ở khâu nào", 22), ("Ai đang giữ", 36),
    ("Thời hạn", 12), ("Thời hạn ban đầu", 16), ("Ngày nộp", 12), ("Tình trạng", 28), ("So với thời hạn ban đầu", 24), ("Điểm", 8),
)  # fmt: skip
PRODUCT_HEADINGS = (
    ("Mã", 10), ("Nhiệm vụ", 60), ("Sản phẩm", 40), ("Đơn vị chủ trì", 32), ("Thời hạn", 12), ("Thời hạn ban đầu", 16), ("Ngày nộp", 12),
    ("Tình trạng", 28), ("Trả lại về nội dung", 18), ("Nguyên nhân khách quan", 50),
)  # fmt: skip
DATES = "dd/mm/yyyy"
RUN = ("=", "+", "-", "@", "\t", "\r")


def safe(text: str) -> str:
    """A cell that begins like a formula is shown, not run."""
    return f"'{text}" if text.startswith(RUN) else text


def tasks_workbook(cases: Iterable[Any], today: date) -> bytes:
    """Rows for cases that carry `timeliness`, `submitted_on` and the columns of their open step, as of `today`."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Nhiệm vụ")
    for index, (_, width) in enumerate(HEADINGS):
        sheet.column_dimensions[chr(ord("A") + index)].width = width
    sheet.freeze_panes = "C2"
    sheet.append([_bold(sheet, heading) for heading, _ in HEADINGS])
    for case in cases:
        sheet.append([_cell(sheet, value) for value in _values(case, today)])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def personal_workbook(person: str, words: str, results: Results) -> bytes:
    """One person's results: the sums on the first sheet, every product on the second."""
    book = Workbook(write_only=True)
    sums = book.create_sheet("Tổng hợp")
    sums.column_dimensions["A"].width, sums.column_dimensions["B"].width = 44, 36
    sums.append([_bold(sums, "Kết quả cá nhân"), safe(person)])
    sums.append([_bold(sums, "Thời gian"), words])
    for line, value in results.lines:
        sums.append([line, value])
    sheet = book.create_sheet("Sản phẩm")
    for index, (_, width) in enumerate(PRODUCT_HEADINGS):
        sheet.column_dimensions[chr(ord("A") + index)].width = width
    sheet.freeze_panes = "C2"
    sheet.append([_bold(sheet, heading) for heading, _ in PRODUCT_HEADINGS])
    for one in results.products:
        values = (
            one.code, one.name, one.product, one.unit, one.due_on, one.original_due_on, one.submitted_on,
            str(one.state.label), one.returns, one.cause,
        )  # fmt: skip
        sheet.append([_cell(sheet, value) for value in values])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _values(case: Any, today: date) -> tuple[Any, ...]:
    holder, state = holder_of(case), State(case.timeliness)
    return (
        case.code, case.title, case.period, str(case.plan or ""), case.unit.name, holder.stage if holder else "",
        holder.words if holder else "", case.due_on, case.original_due_on, case.submitted_on,
        str(state.label), _against_original(case, stands_until(case, state, today)), case.points or None,
    )  # fmt: skip


def _against_original(case: Any, until: date | None) -> str:
    """Where the date was moved: whether the first one was kept, or is."""
    if until is None or case.due_on is None or case.original_due_on == case.due_on:
        return ""
    return "Quá hạn" if until > case.original_due_on else "Trong hạn"


def _bold(sheet: Any, words: str) -> Any:
    cell = WriteOnlyCell(sheet, words)
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, str):
        return safe(value)
    cell = WriteOnlyCell(sheet, value)
    if hasattr(value, "isoformat"):
        cell.number_format = DATES
    return cell
