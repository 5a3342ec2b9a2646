"""Tiến độ by workbook: the unit's open work as a sheet to fill in, and what a filled sheet says, row by row.

Only progress travels this way. A row is matched by the key in its first cell, which also says which entry the
sheet had seen; rights, the case's place and that entry are asked again when it is saved.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import IO, Any

import openpyxl
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection

from organization.office_files import FileType, UnreadableError, check_size, open_package
from organization.people_file import BROKEN
from organization.rights import Rights
from organization.vietnamese import clean, counted, fold
from workflow import progress
from workflow.errors import Refused
from workflow.figures import NotAFigure, figure_of, figure_words, in_range
from workflow.models import Case, Progress, Step, Suspension
from workflow.progress import IN_HAND, Said
from workflow.querysets import CaseQuerySet
from workflow.selectors import assignments
from workflow.workbook import DATES, safe

MOST = 500
LONGEST = 20_000
HEADING_WITHIN = 10
MOST_COLUMNS = 30
KEY = re.compile(r"HS(\d{1,18})-(\d{1,18})", re.ASCII)
# heading, width, and whether the unit fills it in
COLUMNS = (
    ("Mã dòng (không sửa)", 18, False), ("Mã", 10, False), ("Nhiệm vụ", 56, False), ("Kỳ", 16, False), ("Thời hạn", 12, False),
    ("Chỉ tiêu", 18, False), ("Tiến độ lần trước", 40, False), ("Lũy kế lần trước", 16, False),
    ("Tiến độ", 60, True), ("Kết quả kỳ này", 16, True), ("Lũy kế từ đầu năm", 18, True),
)  # fmt: skip
FILLED = {"tien do": "text", "ket qua ky nay": "value", "luy ke tu dau nam": "total"}
FIRST = "ma dong (khong sua)"
NOT_EXCEL = "Bảng tiến độ phải là tệp Excel (.xlsx) đã tải từ trang này. Chọn đúng tệp rồi tải lên."
NO_TABLE = "Không thấy bảng tiến độ: thiếu dòng tiêu đề “Mã dòng (không sửa)”. Tải bảng mới từ trang này rồi điền lại."
NO_ROWS = "Bảng không có dòng nào. Tải bảng mới từ trang này rồi điền lại."
TOO_LONG = f"Bảng có quá {MOST} dòng. Chia thành nhiều tệp rồi tải lên từng tệp."
WRONG_KEY = "mã dòng không đúng. Tải bảng mới rồi điền lại dòng này."
STRANGE = "mã dòng không phải nhiệm vụ của đơn vị. Kiểm tra lại tệp."
TWICE = "nhiệm vụ này đã có ở dòng {} của tệp. Giữ lại một dòng."
FORMULA = "ô “{}” là công thức. Ghi giá trị thay cho công thức."
NO_FIGURE = "ô “{}”: {}"
TOO_MANY_WORDS = "ô “Tiến độ” dài quá 20.000 ký tự. Rút gọn lại."


def writable(rights: Rights) -> CaseQuerySet:
    """Work under way of which this person may say how it goes on, most pressing first."""
    people = [standing.person for standing, _ in rights.standings]
    in_hand = Step.objects.open().filter(process_id=OuterRef("pk"), flow_task__in=IN_HAND, opens_on__lte=rights.on)
    paused = Suspension.objects.filter(case_id=OuterRef("pk"), until=None)
    theirs = Q(unit_id__in=rights.headed_units) | Q(unit_id__in=rights.units, assignment__officer_id__in=people)
    cases = assignments(rights).filter(theirs, Exists(in_hand), ~Exists(paused), finished=None)
    return cases.select_related("unit", "assignment__measure").soonest_first()


def sheet_of(rights: Rights) -> bytes:
    """The workbook to fill in. Three queries, however many rows."""
    cases = list(writable(rights)[:MOST])
    last = last_entries(cases)
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "Tiến độ"
    _head(sheet)
    for number, case in enumerate(cases, 2):
        for column, value in enumerate(_values(case, last.get(case.pk)), 1):
            cell = sheet.cell(number, column, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if isinstance(value, date):
                cell.number_format = DATES
            _open_to_fill(cell, column)
    # the unit fills in three columns; the others are held by the sheet, and by the check when it is loaded back
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.freeze_panes = "D2"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _head(sheet: Any) -> None:
    for column, (heading, width, _) in enumerate(COLUMNS, 1):
        cell = sheet.cell(1, column, heading)
        cell.font, cell.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[chr(ord("A") + column - 1)].width = width


def _open_to_fill(cell: Any, column: int) -> None:
    if COLUMNS[column - 1][2]:
        cell.protection = Protection(locked=False)
        cell.fill = PatternFill("solid", fgColor="FFF8E1")


def _values(case: Case, entry: Progress | None) -> tuple[Any, ...]:
    measure = case.assignment.measure
    target = figure_words(measure.target, measure.target_unit) if measure.target is not None else "Không có"
    before = safe(entry.text) if entry else ""
    total = entry.total if entry else None
    key = f"HS{case.pk}-{entry.pk if entry else 0}"
    return (
        key,
        safe(case.code),
        safe(case.title),
        safe(case.period),
        case.due_on,
        safe(target),
        before,
        total,
        "",
        None,
        None,
    )


def last_entries(cases: Iterable[Case]) -> dict[int, Progress]:
    """The newest entry of each of these cases that has one. One query."""
    found = Progress.objects.filter(case_id__in=[case.pk for case in cases]).order_by("case_id", "-id")
    return {entry.case_id: entry for entry in found.distinct("case_id")}


@dataclass(frozen=True, slots=True)
class Line:
    """A row as the file has it: which case, which entry it had seen, what is filled in; `problem` where that is no use."""

    row: int
    case_id: int = 0
    last: int = 0
    text: str = ""
    value: Decimal | None = None
    total: Decimal | None = None
    problem: str = ""

    @property
    def said(self) -> Said:
        return Said(self.text, self.value, self.total)

    @property
    def empty(self) -> bool:
        return not self.text and self.value is None and self.total is None


def read_sheet(stream: IO[bytes], max_bytes: int) -> list[Line]:
    """Raises UnreadableError where the file as a whole is of no use."""
    check_size(stream, max_bytes)
    package, kind = open_package(stream)
    package.close()
    if kind is not FileType.EXCEL:
        raise UnreadableError(NOT_EXCEL)
    try:
        stream.seek(0)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size is not believed
        return list(_lines(sheet.iter_rows(max_col=MOST_COLUMNS)))
    except BROKEN as error:
        raise UnreadableError("Tệp bị hỏng, không đọc được. Mở bằng Excel, lưu thành tệp mới rồi tải lên.") from error


def _lines(rows: Iterable[Sequence[Any]]) -> Iterator[Line]:
    columns: dict[str, int] = {}
    seen: dict[int, int] = {}
    for number, row in enumerate(rows, 1):
        if not columns:
            columns = _columns(row)
            if not columns and number >= HEADING_WITHIN:
                break
            continue
        if all(cell.value is None for cell in row):
            continue
        if len(seen) >= MOST:
            raise UnreadableError(TOO_LONG)
        line = _line(number, row, columns)
        if line.case_id in seen:
            line = Line(number, problem=TWICE.format(seen[line.case_id]))
        seen[line.case_id or -number] = number
        yield line
    if not columns:
        raise UnreadableError(NO_TABLE)
    if not seen:
        raise UnreadableError(NO_ROWS)


def _columns(row: Sequence[Any]) -> dict[str, int]:
    """Where each column stands, by its heading; empty where this is not the row of headings."""
    headings = {fold(str(cell.value)): place for place, cell in enumerate(row) if isinstance(cell.value, str)}
    if FIRST not in headings or not FILLED.keys() <= headings.keys():
        return {}
    return {"key": headings[FIRST]} | {name: headings[heading] for heading, name in FILLED.items()}


def _line(number: int, row: Sequence[Any], columns: Mapping[str, int]) -> Line:
    cells = {name: row[place] if place < len(row) else None for name, place in columns.items()}
    found = KEY.fullmatch(str(_value(cells["key"]) or "").strip())
    if not found:
        return Line(number, problem=WRONG_KEY)
    key, last = int(found[1]), int(found[2])
    try:
        text = _text(cells["text"])
        value, total = (
            _figure(cells[name], heading)
            for name, heading in (("value", "Kết quả kỳ này"), ("total", "Lũy kế từ đầu năm"))
        )
    except NotAFigure as wrong:
        return Line(number, key, last, problem=str(wrong))
    return Line(number, key, last, text, value, total)


def _value(cell: Any) -> Any:
    return None if cell is None else cell.value


def _text(cell: Any) -> str:
    written = _value(cell)
    if cell is not None and cell.data_type == "f":
        raise NotAFigure(FORMULA.format("Tiến độ"))
    text = "" if written is None else clean(str(written))
    if len(text) > LONGEST:
        raise NotAFigure(TOO_MANY_WORDS)
    return text


def _figure(cell: Any, heading: str) -> Decimal | None:
    written = _value(cell)
    if written is None:
        return None
    if cell.data_type == "f":
        raise NotAFigure(FORMULA.format(heading))
    try:
        if isinstance(written, int | float) and not isinstance(written, bool):
            return in_range(Decimal(repr(written)))
        return figure_of(str(written))
    except NotAFigure as wrong:
        raise NotAFigure(NO_FIGURE.format(heading, wrong)) from wrong


@dataclass(frozen=True, slots=True)
class Planned:
    """What a row would do: a new entry, nothing (`unchanged`), or nothing for a reason (`problem`)."""

    line: Line
    case: Case | None = None
    problem: str = ""
    unchanged: bool = False

    @property
    def new(self) -> bool:
        return not self.problem and not self.unchanged

    @property
    def figures(self) -> str:
        """Kỳ này 12 hồ sơ, lũy kế 80 hồ sơ."""
        if self.case is None:
            return ""
        entry = Progress(case=self.case, value=self.line.value, total=self.line.total)
        return progress.figures_of(entry, self.case)


@dataclass
class Plan:
    """A file, row by row."""

    rows: list[Planned] = field(default_factory=list)

    @property
    def new(self) -> list[Planned]:
        return [row for row in self.rows if row.new]

    @property
    def unchanged(self) -> list[Planned]:
        return [row for row in self.rows if row.unchanged]

    @property
    def problems(self) -> list[Planned]:
        return [row for row in self.rows if row.problem]


def plan(lines: Sequence[Line], rights: Rights) -> Plan:
    """What the file would do now. Four queries, however many rows."""
    keys = [line.case_id for line in lines if line.case_id]
    seen = assignments(rights).filter(pk__in=keys).select_related("unit", "assignment__measure").in_bulk()
    open_steps = Step.objects.open().filter(process_id__in=keys, flow_task__in=IN_HAND)
    in_hand = set(open_steps.values_list("process_id", flat=True))
    paused = set(Suspension.objects.filter(case_id__in=keys, until=None).values_list("case_id", flat=True))
    last = last_entries(seen.values())
    return Plan(
        [_planned(line, seen.get(line.case_id), last.get(line.case_id), in_hand, paused, rights) for line in lines]
    )


def _planned(
    line: Line, case: Case | None, last: Progress | None, in_hand: set[int], paused: set[int], rights: Rights
) -> Planned:
    if line.problem:
        return Planned(line, case, line.problem)
    if case is None:
        return Planned(line, None, STRANGE)
    if line.empty or (last and (last.text, last.value, last.total) == (line.text, line.value, line.total)):
        return Planned(line, case, unchanged=True)
    return Planned(line, case, _why_not(line, case, last, in_hand, paused, rights))


def _why_not(line: Line, case: Case, last: Progress | None, in_hand: set[int], paused: set[int], rights: Rights) -> str:
    try:
        progress.writing_for(case, rights)
        progress.must_be_sound(case, line.said)
    except PermissionDenied:
        return progress.UNIT_ONLY
    except Refused as refusal:
        return str(refusal)
    if case.pk in paused:
        return progress.SUSPENDED
    if case.pk not in in_hand:
        return progress.NOT_IN_HAND
    return "" if line.last == (last.pk if last else 0) else progress.SINCE_CHANGED


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of one row that was to be new: `refusal` is empty where it was saved."""

    planned: Planned
    refusal: str = ""


def save(lines: Sequence[Line], rights: Rights) -> list[Saved]:
    """Each new row its own transaction; what cannot be saved is said and stops nothing else."""
    return [_saved(row, rights) for row in plan(lines, rights).new]


def _saved(row: Planned, rights: Rights) -> Saved:
    try:
        progress.update(row.line.case_id, row.line.said, rights, last=row.line.last)
    except Refused as refusal:
        return Saved(row, str(refusal))
    except PermissionDenied:
        return Saved(row, progress.UNIT_ONLY)
    return Saved(row)


def counted_words(results: Sequence[Saved]) -> str:
    """Đã ghi tiến độ 12 nhiệm vụ."""
    return f"Đã ghi tiến độ {counted(sum(not one.refusal for one in results))} nhiệm vụ."
