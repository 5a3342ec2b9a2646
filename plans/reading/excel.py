"""An Excel workbook as blocks: each visible sheet is its name and one table with its merged cells."""

import datetime
import re
import zipfile
from decimal import Decimal
from typing import IO, Any

import openpyxl
from lxml import etree
from openpyxl.utils.exceptions import InvalidFileException

from organization.office_files import UnreadableError
from organization.vietnamese import clean
from plans.reading.shape import EMPTY, LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, Block, Cell, Table

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
RANGE = re.compile(r"([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})")
MOST_SHEETS = 40
MOST_MERGES = 20_000
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
    OSError,
)
Merges = list[tuple[int, int, int, int]]


def read_excel(stream: IO[bytes], package: zipfile.ZipFile) -> list[Block]:
    stream.seek(0)
    try:
        merges = _merges_by_sheet(package)
        workbook = openpyxl.load_workbook(stream, read_only=True, data_only=False, keep_links=False)
        blocks: list[Block] = []
        for sheet in workbook.worksheets[:MOST_SHEETS]:
            if sheet.sheet_state == "visible":
                blocks += [clean(sheet.title), Table(_grid(sheet, merges.get(sheet.title, [])))]
    except BROKEN as error:
        message = "Tệp Excel bị hỏng, không đọc được. Mở lại bằng Excel, lưu thành tệp mới rồi tải lên."
        raise UnreadableError(message) from error
    return blocks


def _merges_by_sheet(package: zipfile.ZipFile) -> dict[str, Merges]:
    """Read beside openpyxl, whose streaming reader leaves merged cells out and whose other reader fills them all."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    relations = etree.fromstring(package.read("xl/_rels/workbook.xml.rels"), parser)
    parts = {relation.get("Id"): str(relation.get("Target", "")) for relation in relations}
    workbook = etree.fromstring(package.read("xl/workbook.xml"), parser)
    found: dict[str, Merges] = {}
    for sheet in workbook.iter(f"{MAIN}sheet"):
        target = parts.get(sheet.get(RELATION_ID), "")
        path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if path in package.namelist() and "worksheets" in path:
            with package.open(path) as part:
                found[str(sheet.get("name"))] = _merges(part)
    return found


def _merges(part: IO[bytes]) -> Merges:
    found: Merges = []
    for _, element in etree.iterparse(
        part, tag=(f"{MAIN}row", f"{MAIN}mergeCell"), resolve_entities=False, no_network=True
    ):
        reference = RANGE.fullmatch(element.get("ref") or "")
        if element.tag == f"{MAIN}mergeCell" and reference and len(found) < MOST_MERGES:
            left, top, right, bottom = reference.groups()
            found.append((int(top) - 1, _column(left), min(int(bottom), MOST_ROWS) - 1, _column(right)))
        element.clear()
    return found


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return min(number, MOST_COLUMNS) - 1


def _grid(sheet: Any, merges: Merges) -> list[list[Cell]]:
    sheet.reset_dimensions()
    rows: list[list[Cell]] = []
    last = 0
    for number, row in enumerate(sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS), 1):
        rows.append(_trimmed([_cell(found) for found in row]))
        last = number if rows[-1] else last
    if last > MOST_ROWS:
        raise UnreadableError(
            f"Trang tính “{clean(sheet.title)}” có hơn {MOST_ROWS} dòng. Tách thành nhiều tệp rồi tải lên."
        )
    rows = rows[:last]
    width = max((len(row) for row in rows), default=0)
    for row in rows:
        row += [EMPTY] * (width - len(row))
    _cover(rows, merges, width)
    return rows


def _trimmed(row: list[Cell]) -> list[Cell]:
    while row and not row[-1].value:
        row.pop()
    return row


def _cover(rows: list[list[Cell]], merges: Merges, width: int) -> None:
    budget = len(rows) * width
    for top, left, bottom, right in merges:
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, width)):
                budget -= 1
                if budget < 0:
                    return
                if (row, column) != (top, left):
                    rows[row][column] = Cell(rows[top][left].value, above=row > top, left=column > left)


def _cell(found: Any) -> Cell:
    value = found.value
    if value is None:
        return EMPTY
    if found.data_type == "f":
        return Cell(f"'{clean(str(getattr(value, 'text', value)))[:LONGEST_CELL]}", formula=True)
    if isinstance(value, datetime.datetime | datetime.date):
        return Cell(_date(value, str(found.number_format or "")))
    return Cell(clean(_written(value))[:LONGEST_CELL])


def _date(value: datetime.datetime | datetime.date, shown_as: str) -> str | datetime.date:
    """A cell formatted without its day («06/2024») means the month."""
    if "d" not in shown_as.lower() and "m" in shown_as.lower():
        return f"Tháng {value.month}/{value.year}"
    return datetime.date(value.year, value.month, value.day)


def _written(value: object) -> str:
    if isinstance(value, float):
        plain = format(Decimal(repr(value)).normalize(), "f")
        return plain.replace(".", ",")
    return str(value)
