"""Columns are found by what their headings mean, wherever they stand and however many levels they have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from organization.vietnamese import fold
from plans.reading.shape import Cell, Column

LONGEST_HEADING = 90
LEVELS = 3
SEVERAL = {Column.CRITERIA, Column.TASK}  # read from all of their columns together

# The first pattern that is found decides, so the narrow ones stand first.
MEANINGS: tuple[tuple[Column, re.Pattern[str]], ...] = tuple(
    (column, re.compile(pattern))
    for column, pattern in (
        (Column.ORDER, r"^(?:stt|tt|so tt|s tt|so thu tu|so|no)$"),
        (Column.NOTE, r"ghi chu"),
        (
            Column.OTHER,
            r"nam truoc|bi tru|bat dau|don vi tinh|van ban giao|can cu|nguon giao|kinh phi|tu cham|tham dinh|^ma (?:nhiem vu|cong viec)|tinh hinh",
        ),
        (Column.POINTS, r"diem|trong so"),
        (Column.LEAD_AND_COORDINATING, r"chu tri.*phoi hop"),
        (Column.COORDINATING, r"phoi hop|tham gia"),
        (
            Column.LEAD,
            r"chu tri|trach nhiem|(?:don vi|co quan|phong|bo phan|nguoi|to chuc|ca nhan).*(?:thuc hien|tham muu|duoc giao|phu trach)|phan cong|don vi$|^phong$",
        ),
        (Column.PRODUCT, r"san pham|dau ra|^ket qua"),
        (
            Column.DEADLINE,
            r"thoi gian|thoi han|tien do|^han|han hoan thanh|han cuoi|ngay hoan thanh|^hoan thanh|ket thuc|lo trinh|thoi diem",
        ),
        (Column.CRITERIA, r"tieu chi|tctp|chi so thanh phan|^ma(?: tc)?$"),
        (Column.FIELD, r"^nhom"),
        (Column.TASK, r"nhiem vu|noi dung|cong viec|dau viec|hoat dong"),
        (Column.SOLUTION, r"giai phap|bien phap|cach thuc|yeu cau"),
        (Column.FIELD, r"linh vuc|truc"),
    )
)


@dataclass(frozen=True, slots=True)
class Header:
    """Where each meaning stands, and how many rows the headings take."""

    columns: dict[Column, tuple[int, ...]]
    depth: int
    others: dict[int, str]  # what no row takes, by its heading

    def at(self, column: Column) -> int | None:
        places = self.columns.get(column)
        return places[0] if places else None


def meaning(heading: str) -> Column | None:
    plain = " ".join(re.sub(r"[^\w\s]", " ", fold(heading)).split())
    if not plain or len(plain) > LONGEST_HEADING:
        return None
    return next((column for column, pattern in MEANINGS if pattern.search(plain)), None)


def find_header(rows: Sequence[Sequence[Cell]], start: int) -> Header | None:
    """A header of one to three levels that begins in row `start`, or None."""
    best = _header(rows, start, 1)
    for depth in range(2, LEVELS + 1):
        if start + depth > len(rows) or not _is_level(rows, start + depth - 1):
            break
        found = _header(rows, start, depth)
        if found and (best is None or len(found.columns) > len(best.columns) or _covered(rows[start + depth - 1])):
            best = found
    return best


def _covered(row: Sequence[Cell]) -> bool:
    return any(cell.above and not cell.left for cell in row)


def _is_level(rows: Sequence[Sequence[Cell]], number: int) -> bool:
    """A further level names only columns, and has gaps or merged cells where the level above speaks."""
    own = [cell for cell in rows[number] if cell.text and not cell.above and not cell.left]
    if not own or any(len(cell.text) > LONGEST_HEADING for cell in own):
        return False
    if len(own) == len([cell for cell in rows[number] if not cell.left]):
        return False
    known = sum(meaning(cell.text) not in {None, Column.ORDER} for cell in own)
    return known * 2 >= len(own)


def _header(rows: Sequence[Sequence[Cell]], start: int, depth: int) -> Header | None:
    levels = rows[start : start + depth]
    if not levels or len(levels) < depth:
        return None
    columns: dict[Column, tuple[int, ...]] = {}
    others: dict[int, str] = {}
    for place in range(len(levels[0])):
        column = _meaning_at(levels, place)
        if column and column is not Column.OTHER and (column in SEVERAL or column not in columns):
            columns[column] = (*columns.get(column, ()), place)
        else:
            others[place] = _spoken(levels, place)
        if column is Column.OTHER:  # it is no less a heading for that
            columns[column] = ()
    if Column.TASK not in columns and Column.SOLUTION in columns:
        columns[Column.TASK] = columns.pop(Column.SOLUTION)
    who = {Column.LEAD, Column.LEAD_AND_COORDINATING} & set(columns)
    if Column.TASK not in columns or not (who or Column.DEADLINE in columns) or len(columns) < 3:
        return None
    return Header(columns, depth, others)


def _spoken(levels: Sequence[Sequence[Cell]], place: int) -> str:
    return next((row[place].text for row in reversed(levels) if row[place].text), "") or f"cột thứ {place + 1}"


def _meaning_at(levels: Sequence[Sequence[Cell]], place: int) -> Column | None:
    """The lowest heading decides; where it says nothing by itself, it is read with those above it."""
    column = [row[place] for row in levels]
    if all(cell.left for cell in column):
        return None
    texts = list(dict.fromkeys(cell.text for cell in column if cell.text))
    if not texts:
        return None
    return meaning(texts[-1]) or meaning(" ".join(texts))
