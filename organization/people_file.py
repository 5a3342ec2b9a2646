"""Reads a workbook of units and people: columns by the meaning of their headings, problems by row and column.

Pure: nothing here knows the database. A row with a problem is left out, the others stand.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Any

import openpyxl
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from organization.office_files import FileType, UnreadableError, check_size, open_package
from organization.vietnamese import clean, fold

MOST_ROWS = 5_000
MOST_COLUMNS = 40
MOST_SHEETS = 20
HEADING_WITHIN = 15
CODE = re.compile(r"[^\W_][\w./-]*")
BROKEN = (
    InvalidFileException,
    etree.LxmlError,
    zipfile.BadZipFile,
    SyntaxError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
    EOFError,
    OSError,
)

# The first pattern that is found in the folded heading decides, so the narrow ones stand first.
PEOPLE = {
    "code": r"ma (so )?(cong chuc|can bo|nhan vien|vien chuc|cbcc)|so hieu",
    "name": r"ho va ten|ho ten|ho, ten",
    "title": r"chuc vu|chuc danh",
    "unit": r"don vi|phong|bo phan",
    "email": r"mail|thu dien tu",
    "phone": r"dien thoai|\bsdt\b|di dong",
    "since": r"tu ngay|bat dau",
    "until": r"den ngay|ket thuc",
}
UNITS = {
    "leader": r"lanh dao phu trach|phu trach",
    "aliases": r"ten goi khac|ten khac|viet tat",
    "procedures": r"thu tuc|tthc",
    "name": r"ten don vi|ten phong|^don vi$|^phong$",
    "code": r"^ma\b|ky hieu",
}
NEEDED = {"people": {"code", "name", "title", "unit"}, "units": {"code", "name"}}
Headings = dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Problem:
    row: int | None
    column: str | None
    message: str


def problem_of(sheet: str, row: int, column: str, message: str) -> Problem:
    return Problem(row, column, f"Trang “{sheet}”, dòng {row}, cột “{column}”: {message}")


@dataclass(frozen=True)
class UnitRow:
    sheet: str
    row: int
    code: str
    name: str
    aliases: tuple[str, ...]
    has_procedures: bool
    leader: str
    leader_column: str


@dataclass(frozen=True)
class PersonRow:
    sheet: str
    row: int
    code: str
    name: str
    unit: str
    titles: tuple[str, ...]
    email: str
    phone: str
    since: date | None
    until: date | None
    unit_column: str
    title_column: str
    code_column: str


@dataclass
class PeopleFile:
    units: list[UnitRow] = field(default_factory=list)
    people: list[PersonRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class WrongCell(Exception):
    """What is wrong with one cell, and what to do."""


def read_people_file(stream: IO[bytes], max_bytes: int) -> PeopleFile:
    """Raises UnreadableError where the file as a whole is of no use."""
    check_size(stream, max_bytes)
    package, kind = open_package(stream)
    package.close()
    if kind is not FileType.EXCEL:
        raise UnreadableError("Danh sách cán bộ phải là tệp Excel (.xlsx). Chọn đúng tệp rồi tải lên.")
    found, tables = PeopleFile(), 0
    try:
        stream.seek(0)
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        for sheet in workbook.worksheets[:MOST_SHEETS]:
            tables += _read_sheet(sheet, found)
    except BROKEN as error:
        raise UnreadableError(
            "Tệp Excel bị hỏng, không đọc được. Mở lại bằng Excel, lưu thành tệp mới rồi tải lên."
        ) from error
    if not tables:
        raise UnreadableError(
            "Không tìm thấy bảng cán bộ trong tệp. Cần các cột Mã công chức, Họ và tên, Đơn vị, Chức vụ."
        )
    return found


def _read_sheet(sheet: Any, found: PeopleFile) -> bool:
    """Whether the sheet holds people."""
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS), 1)
    kind, headings = _find_headings(rows)
    if not kind:
        return False
    seen: dict[str, int] = {}
    for number, cells in rows:
        row = Row(clean(sheet.title), number, headings, cells, found.problems)
        if row.empty:
            continue
        if number > MOST_ROWS:
            found.problems.append(Problem(number, None, f"Tệp có hơn {MOST_ROWS} dòng. Tách thành nhiều tệp."))
            break
        read = _unit(row, seen) if kind == "units" else _person(row, seen)
        if isinstance(read, UnitRow):
            found.units.append(read)
        elif isinstance(read, PersonRow):
            found.people.append(read)
    return kind == "people"


def _find_headings(rows: Iterator[tuple[int, Sequence[Any]]]) -> tuple[str, Headings]:
    for number, cells in rows:
        texts = [clean(str(cell.value)) if cell.value is not None else "" for cell in cells]
        for kind, meanings in (("people", PEOPLE), ("units", UNITS)):
            headings = _headings(texts, meanings)
            if NEEDED[kind] <= headings.keys():
                return kind, headings
        if number >= HEADING_WITHIN:
            break
    return "", {}


def _headings(texts: list[str], meanings: dict[str, str]) -> Headings:
    found: Headings = {}
    for place, text in enumerate(texts):
        plain = fold(text)
        meaning = next((name for name, pattern in meanings.items() if plain and re.search(pattern, plain)), None)
        if meaning and meaning not in found:
            found[meaning] = (place, text.replace("\n", " "))
    return found


class Row:
    """One row under its headings; what is wrong is said once and makes the row `bad`."""

    def __init__(
        self, sheet: str, number: int, headings: Headings, cells: Sequence[Any], problems: list[Problem]
    ) -> None:
        self.sheet, self.number, self.headings, self.cells, self.problems = sheet, number, headings, cells, problems
        self.bad = False

    @property
    def empty(self) -> bool:
        return all(self._cell(name) is None or self._cell(name).value in {None, ""} for name in self.headings)

    def _cell(self, name: str) -> Any:
        place = self.headings.get(name, (MOST_COLUMNS, ""))[0]
        return self.cells[place] if place < len(self.cells) else None

    def heading(self, name: str) -> str:
        return self.headings.get(name, (0, ""))[1]

    def wrong(self, name: str, message: str) -> None:
        self.bad = True
        column = self.heading(name)
        self.problems.append(problem_of(self.sheet, self.number, column, message))

    def raw(self, name: str) -> Any:
        cell = self._cell(name)
        if cell is None or cell.value is None:
            return ""
        if cell.data_type == "f" or str(cell.value).lstrip().startswith("="):
            raise WrongCell("ô chứa công thức. Thay công thức bằng giá trị.")
        if cell.data_type == "e":
            raise WrongCell("ô báo lỗi của Excel. Nhập lại giá trị.")
        return cell.value

    def text(self, name: str, longest: int, needed: str = "", *, lines: bool = False) -> str:
        try:
            value = self.raw(name)
        except WrongCell as wrong:
            self.wrong(name, str(wrong))
            return ""
        text = clean(str(int(value) if isinstance(value, float) and value.is_integer() else value))
        text = text if lines else text.replace("\n", " ")
        complaint = _complaint(text, longest, needed)
        if complaint:
            self.wrong(name, complaint)
        return "" if complaint else text

    def day(self, name: str) -> date | None:
        try:
            return read_day(self.raw(name))
        except WrongCell as wrong:
            self.wrong(name, str(wrong))
            return None

    def several(self, name: str, separators: str, needed: str = "") -> tuple[str, ...]:
        parts = (clean(part) for part in re.split(separators, self.text(name, 500, needed, lines=True)))
        return tuple(dict.fromkeys(part for part in parts if part))


def _complaint(text: str, longest: int, needed: str) -> str:
    if re.search(r"<[a-zA-Z/!]", text):
        return "có mã HTML. Chỉ nhập chữ."
    if len(text) > longest:
        return f"dài {len(text)} ký tự, quá {longest} ký tự. Rút ngắn lại."
    return "" if text else needed


def read_day(value: Any) -> date | None:
    """A date cell, or 31/12/2024 as text."""
    if value == "":
        return None
    if isinstance(value, datetime | date):
        return date(value.year, value.month, value.day)
    parts = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", clean(str(value)))
    try:
        day = date(*map(int, reversed(parts.groups()))) if parts else None
    except ValueError:
        day = None
    if day is None:
        shown = clean(str(value))[:40]
        raise WrongCell(f"“{shown}” không phải một ngày có thật. Nhập dạng ngày/tháng/năm, ví dụ 01/01/2024.")
    return day


def _code(row: Row, seen: dict[str, int], longest: int, what: str) -> str:
    code = row.text("code", longest, f"chưa có mã {what}. Nhập mã.")
    if not code:
        return ""
    if not CODE.fullmatch(code):
        row.wrong("code", f"mã “{code}” có ký tự không dùng được. Chỉ dùng chữ, số, dấu chấm, gạch.")
    elif code.upper() in seen:
        row.wrong("code", f"mã {code} trùng với dòng {seen[code.upper()]}. Mỗi {what} một mã.")
    seen.setdefault(code.upper(), row.number)
    return code


def _unit(row: Row, seen: dict[str, int]) -> UnitRow | None:
    code = _code(row, seen, 20, "đơn vị")
    unit = UnitRow(
        sheet=row.sheet,
        row=row.number,
        code=code,
        name=row.text("name", 200, "chưa có tên đơn vị. Nhập tên đơn vị."),
        aliases=row.several("aliases", r"[;\n]"),
        has_procedures=fold(row.text("procedures", 50)) in {"x", "co", "1", "true", "✓"},
        leader=row.text("leader", 30),
        leader_column=row.heading("leader"),
    )
    return None if row.bad else unit


def _person(row: Row, seen: dict[str, int]) -> PersonRow | None:
    code = _code(row, seen, 30, "người")
    email = row.text("email", 254)
    if email and not _is_email(email):
        row.wrong("email", f"“{email}” không phải địa chỉ thư điện tử. Sửa lại, ví dụ ls0001@vidu.vn.")
    person = PersonRow(
        sheet=row.sheet,
        row=row.number,
        code=code,
        name=row.text("name", 150, "chưa có họ và tên. Nhập họ và tên."),
        unit=row.text("unit", 200, "chưa có đơn vị. Nhập tên đơn vị."),
        titles=row.several("title", r"[;,\n]", "chưa có chức vụ. Nhập chức vụ."),
        email=email,
        phone=row.text("phone", 20),
        since=row.day("since"),
        until=row.day("until"),
        unit_column=row.heading("unit"),
        title_column=row.heading("title"),
        code_column=row.heading("code"),
    )
    if person.since and person.until and person.until < person.since:
        row.wrong("until", "đến ngày đứng trước từ ngày. Sửa lại một trong hai ngày.")
    return None if row.bad else person


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
