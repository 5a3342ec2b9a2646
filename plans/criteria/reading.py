"""Reads the workbook of a bộ tiêu chí: one criterion a row. Pure; what is wrong is said by row.

The totals are checked: what a field or a criterion is worth is what its parts are worth together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import IO, Any

import openpyxl

from organization.office_files import FileType, UnreadableError, check_size, open_package
from organization.people_file import BROKEN
from organization.vietnamese import clean, decimal, fold
from plans.criteria.rules import CENT

MOST_ROWS = 3_000
MOST_CRITERIA = 1_500
MOST_PAGES = 10
MOST_PROBLEMS = 300
MOST_COLUMNS = 60
HEADING_WITHIN = 20
LONGEST_NAME = 500
LONGEST_TEXT = 4_000
LONGEST_METHOD = 100
HIGHEST = Decimal(1000)
WHOLE = Decimal(100)
MOST_TOGETHER = Decimal("9999.99")
CODE = re.compile(r"(?:[IVX]{1,5}|[A-H]|\d{1,2}(?:\.\d{1,2}){0,3})")
TOTALS = re.compile(r"tong( cong| diem| so| so diem)?( toi da)?( \(.*\))?:?")
YEAR = re.compile(r"năm\s*(20\d\d)", re.IGNORECASE)
# the first that is found in a folded heading decides
COLUMNS = {
    "points": r"diem toi da|thang diem|diem chuan|^diem$|diem quy dinh",
    "evidence": r"kiem chung|tai lieu",
    "rule": r"cach (cham|tinh|danh gia)|huong dan|noi dung thang",
    "method": r"phuong phap|hinh thuc danh gia",
    "code": r"^ma\b|^stt$|^tt$|^so tt$|^muc$|ky hieu",
    "name": r"linh vuc|tieu chi|noi dung|ten",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """`row` of the workbook, None for the whole; `total`: a sum that does not agree, the row itself is taken."""

    row: int | None
    message: str
    total: bool = False


@dataclass(slots=True)
class Line:
    """One criterion as read; `parent` is its place in the list of lines."""

    row: int
    code: str
    name: str
    points: Decimal | None
    method: str = ""
    evidence: str = ""
    rule: str = ""
    parent: int | None = None

    @property
    def maximum(self) -> Decimal:
        return self.points or Decimal(0)


@dataclass
class CriteriaFile:
    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    stated: Decimal | None = None
    year: int | None = None

    def wrong(self, row: int | None, message: str, *, total: bool = False) -> None:
        self.problem_count += 1
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(row, f"Dòng {row}: {message}" if row else message, total))

    @property
    def total(self) -> Decimal:
        return sum((line.maximum for line in self.lines if line.parent is None), Decimal(0))


class WrongCell(Exception):
    """What is wrong with a cell, and what to do."""


def read_criteria_file(stream: IO[bytes], max_bytes: int) -> CriteriaFile:
    """Raises UnreadableError where the file as a whole is of no use."""
    check_size(stream, max_bytes)
    package, kind = open_package(stream)
    package.close()
    if kind is not FileType.EXCEL:
        raise UnreadableError("Bộ tiêu chí phải là tệp Excel (.xlsx). Chọn đúng tệp rồi tải lên.")
    found, tables = CriteriaFile(), 0
    try:
        stream.seek(0)
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        for sheet in workbook.worksheets[:MOST_PAGES]:
            tables += _read_sheet(sheet, found)
            if tables:
                break
    except BROKEN as error:
        raise UnreadableError("Tệp bị hỏng, không đọc được. Mở bằng Excel, lưu thành tệp mới rồi tải lên.") from error
    if not tables:
        raise UnreadableError(
            "Không thấy bảng tiêu chí nào. Bảng cần một dòng tiêu đề có cột Mã, Tiêu chí và Điểm tối đa."
        )
    if not found.lines:
        raise UnreadableError("Bảng không có tiêu chí nào đọc được. Kiểm tra cột mã và cột điểm rồi tải lên.")
    _join(found)
    _check_totals(found)
    return found


def _read_sheet(sheet: Any, found: CriteriaFile) -> bool:
    columns: dict[str, list[int]] = {}
    seen: dict[str, int] = {}
    rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True)
    for number, cells in enumerate(rows, 1):
        if not columns:
            found.year = found.year or _year(cells)
            columns = _columns(cells)
            if not columns and number > HEADING_WITHIN:
                return False
        elif number > MOST_ROWS or len(found.lines) > MOST_CRITERIA:
            raise UnreadableError(f"Tệp có quá nhiều dòng (hơn {MOST_CRITERIA} tiêu chí). Bỏ dòng thừa rồi tải lên.")
        elif any(value not in {None, ""} for value in cells) and not _columns(cells):
            _read_row(number, cells, columns, seen, found)
    return bool(columns)


def _year(cells: Iterable[Any]) -> int | None:
    found = (YEAR.search(clean(value)) for value in cells if isinstance(value, str))
    return next((int(match[1]) for match in found if match), None)


def _columns(cells: tuple[Any, ...]) -> dict[str, list[int]]:
    """Which columns hold what; nothing where code, name and points are not all named.

    A name may stand in one of several columns, by its depth; a column of codes goes before one of running numbers.
    """
    found: dict[str, list[int]] = {}
    for place, value in enumerate(cells):
        heading = fold(clean(value)) if isinstance(value, str) else ""
        if len(heading) > 80:
            continue
        name = next((name for name, words in COLUMNS.items() if heading and re.search(words, heading)), None)
        if name == "code" and heading.startswith("ma"):
            found.setdefault(name, []).insert(0, place)
        elif name:
            found.setdefault(name, []).append(place)
    return found if {"code", "name", "points"} <= found.keys() else {}


def _read_row(
    number: int, cells: tuple[Any, ...], columns: dict[str, list[int]], seen: dict[str, int], found: CriteriaFile
) -> None:
    def at(name: str) -> Any:
        place = columns[name][0] if name in columns else len(cells)
        return cells[place] if place < len(cells) else None

    names = (_text(cells[place]) for place in columns["name"] if place < len(cells))
    name, raw = next((text for text in names if text), "").replace("\n", " "), at("code")
    if TOTALS.fullmatch(fold(_text(raw) or name)):
        found.stated = _stated(at("points"))
        return
    try:
        code, points = read_code(raw), read_points(at("points"))
        _check_new(code, name, seen)
    except WrongCell as wrong:
        found.wrong(number, str(wrong))
        return
    seen[code] = number
    method, evidence, rule = (_text(at(column))[:LONGEST_TEXT] for column in ("method", "evidence", "rule"))
    found.lines.append(Line(number, code, name[:LONGEST_NAME], points, method[:LONGEST_METHOD], evidence, rule))


def _check_new(code: str, name: str, seen: dict[str, int]) -> None:
    if code in seen:
        raise WrongCell(
            f"mã {code} đã có ở dòng {seen[code]} nên dòng này không lấy. "
            f"Nếu là {code}0, định dạng ô mã thành văn bản (Text) rồi ghi lại."
        )
    if not name:
        raise WrongCell(f"tiêu chí {code} chưa có tên nên không lấy. Ghi tên.")


def _stated(value: Any) -> Decimal | None:
    try:
        return read_points(value)
    except WrongCell:
        return None


def _text(value: Any) -> str:
    return "" if value is None else clean(str(value))


def read_code(value: Any) -> str:
    """«1», «1.1.2», «II». Raises WrongCell."""
    if isinstance(value, datetime | date):
        raise WrongCell("Excel đã đổi mã thành ngày nên dòng này không lấy. Định dạng ô mã thành văn bản rồi ghi lại.")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    code = _text(value).strip(" .):").replace(",", ".").replace(" ", "")
    if not code:
        raise WrongCell("chưa có mã nên không lấy. Ghi mã, ví dụ 1.1.2, hoặc xóa dòng này.")
    if not CODE.fullmatch(code):
        raise WrongCell(f"“{code[:40]}” không phải mã tiêu chí nên dòng này không lấy. Ghi mã như 1, 1.1 hoặc 1.1.2.")
    return code


def read_points(value: Any) -> Decimal | None:
    """0,5 and 0.5; None where the cell is empty. Raises WrongCell."""
    if value is None or value == "":
        return None
    words = repr(value) if isinstance(value, float) else _text(value).replace(",", ".").removesuffix("đ").strip()
    try:
        points = Decimal(words)
    except InvalidOperation:
        points = None
    if points is None or isinstance(value, bool) or not points.is_finite() or not 0 <= points < HIGHEST:
        raise WrongCell(
            f"điểm “{_text(value)[:40]}” không phải số từ 0 đến 999,99 nên dòng này không lấy. Ghi số, ví dụ 0,5."
        )
    exact = points.quantize(Decimal("0.000001")).normalize()
    if exact != exact.quantize(CENT):
        raise WrongCell(f"điểm {_text(value)[:40]} có hơn hai chữ số thập phân nên dòng này không lấy. Làm tròn lại.")
    return exact.quantize(CENT)


def _join(found: CriteriaFile) -> None:
    """Each line under the one whose code its own begins with; a plain number under the roman or letter before it."""
    places: dict[str, int] = {}
    chapter: int | None = None
    for place, line in enumerate(found.lines):
        if not line.code[0].isdigit():
            chapter = place
        else:
            above = list(_prefixes(line.code))
            line.parent = next((places[code] for code in above if code in places), chapter)
            if above and above[0] not in places:
                where = f"tính vào {found.lines[line.parent].code}" if line.parent is not None else "đứng riêng"
                found.wrong(
                    line.row,
                    f"tiêu chí {line.code} không có dòng {above[0]} ở trên, nay {where}. Thêm dòng {above[0]}.",
                )
        places[line.code] = place
    _drop_worthless(found)


def _prefixes(code: str) -> Iterator[str]:
    """1.2.3 → 1.2, 1."""
    while "." in code:
        code = code.rpartition(".")[0]
        yield code


def _drop_worthless(found: CriteriaFile) -> None:
    """A leaf without points is no criterion; a heading without points is worth its parts."""
    parents = {line.parent for line in found.lines}
    for place in reversed(range(len(found.lines))):
        line = found.lines[place]
        if line.points is None and place in parents:
            line.points = sum((part.maximum for part in found.lines if part.parent == place), Decimal(0))
            if line.points > MOST_TOGETHER:
                raise UnreadableError(
                    f"Các mục của {line.code} cộng lại quá 9.999,99 điểm. Kiểm tra cột điểm rồi tải lên."
                )
        elif line.points is None:
            found.wrong(line.row, f"tiêu chí {line.code} chưa có điểm tối đa nên tính là 0. Ghi điểm, ví dụ 0,5.")
            line.points = Decimal(0)


def _check_totals(found: CriteriaFile) -> None:
    sums: dict[int, Decimal] = {}
    for line in found.lines:
        if line.parent is not None:
            sums[line.parent] = sums.get(line.parent, Decimal(0)) + line.maximum
    for place, parts in sorted(sums.items()):
        line = found.lines[place]
        if line.maximum != parts:
            found.wrong(line.row, f"{line.code} ghi {decimal(line.maximum)} điểm nhưng các mục trong đó cộng lại {decimal(parts)} điểm.",
                        total=True)  # fmt: skip
    if found.stated is not None and found.stated != found.total:
        found.wrong(None, f"Dòng tổng ghi {decimal(found.stated)} điểm nhưng các lĩnh vực cộng lại {decimal(found.total)} điểm.",
                    total=True)  # fmt: skip
    elif found.total != WHOLE:
        found.wrong(None, f"Các lĩnh vực cộng lại {decimal(found.total)} điểm, không phải 100,00.", total=True)
