"""From tables to the rows of appendices: groups, totals and repeated headers aside, merged and «nt» cells filled."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from organization.vietnamese import fold
from plans.reading.criteria import read_criteria
from plans.reading.headings import Header, find_header
from plans.reading.shape import (
    Block,
    Cell,
    Column,
    Criterion,
    Problem,
    RawRow,
    Severity,
    Table,
)

APPENDIX = re.compile(r"^(?:phu luc|phu bieu|pl)(?: so)?[ .:]*(?P<number>[ivx]+|\d{1,2})(?![a-z\d])")
ROMAN = re.compile(r"[IVX]+|[A-ZĐ]")
ROMAN_HEADING = re.compile(r"(?:[IVX]{1,5}|[A-ZĐ])[.)/:-]\s*\S")
CODE_HEADING = re.compile(r"(?P<code>\d{1,2}(?:\.\d{1,3})+)[.:]?\s+(?P<name>\S.*)", re.DOTALL)
NONE = {"-", "–", "—"}  # a dash by itself: nothing, and not what stands above
SAME = re.compile(r"[-\"“”'\s.]*(?:nt|n t|n\.t|nhu tren|nhu muc tren|//|/ /|\"|”|″|''|〃)[-\"“”'\s.]*")
TOTAL = re.compile(
    r"(?:tong(?: cong| so| diem| cong diem)?|cong(?: don)?)(?: (?:muc|linh vuc|phan|diem|nhiem vu).{0,40})?[ .:]*"
)
NUMBERING = re.compile(r"\(?(?:\d{1,2}|[a-zA-Z])\)?")
CLOSING = re.compile(r"(?:noi nhan|nguoi lap|thu truong|kt\. ?giam doc|giam doc|luu y|ghi chu)\b")
BULLET = re.compile(r"^\s*[-–+•*·]\s*")
HTML = re.compile(r"<\s*/?\s*[a-zA-Z!][^<>]*>")
FORMULA = re.compile(r"\s*=\s*[\w(+\-\"@]")
BOTH = re.compile(
    r"^(?:[-+•]?\s*(?:đơn vị\s+)?chủ trì\s*:?)?\s*(?P<lead>.*?)[\s;,.\-–+•(]*(?:đơn vị\s+)?phối hợp\s*:?\s*(?P<rest>.*?)\)?$",
    re.IGNORECASE | re.DOTALL,
)
ROMANS = (
    "I",
    "II",
    "III",
    "IV",
    "V",
    "VI",
    "VII",
    "VIII",
    "IX",
    "X",
    "XI",
    "XII",
    "XIII",
    "XIV",
    "XV",
    "XVI",
    "XVII",
    "XVIII",
    "XIX",
    "XX",
)
BLANK_IS_ABOVE = {Column.LEAD, Column.LEAD_AND_COORDINATING, Column.DEADLINE, Column.CRITERIA, Column.FIELD}
UNSAID = {Column.CRITERIA, Column.POINTS, Column.FIELD}  # a blank one is so often the one above that nobody is asked
SAME_IS_ABOVE = BLANK_IS_ABOVE | {
    Column.COORDINATING,
    Column.PRODUCT,
    Column.TASK,
    Column.SOLUTION,
    Column.POINTS,
}
Value = str | date


def read_rows(blocks: Sequence[Block]) -> "PlanTables":
    tables = PlanTables()
    for block in blocks:
        if isinstance(block, Table):
            tables.read_table(block)
        else:
            tables.read_line(block)
    return tables


def appendix_number(written: str) -> str:
    if written.isdigit():
        number = int(written)
        return ROMANS[number - 1] if 1 <= number <= len(ROMANS) else written
    return written.upper()


class PlanTables:
    """Walks through a document and keeps what holds for the rows to come."""

    def __init__(self) -> None:
        self.rows: list[RawRow] = []
        self.problems: list[Problem] = []
        self.lines: list[str] = []  # what stands above the first plan table
        self.header: Header | None = None
        self.headings: list[str] = []
        self.appendix = ""
        self.named = False  # an appendix heading was read since the last table
        self.text_between = False
        self.used: list[str] = []
        self.field = ""
        self.heading: tuple[Criterion, ...] = ()
        self.above: dict[Column, Value] = {}
        self.counter = 0
        self.locators: Counter[str] = Counter()
        self.ignored: dict[str, None] = {}  # in the order in which they were met

    def read_line(self, line: str) -> None:
        if found := APPENDIX.match(fold(line)):
            self._enter(appendix_number(found["number"]))
        self.text_between = True
        if not self.used:
            self.lines.append(line)

    def read_table(self, table: Table) -> None:
        number, known = 0, self.header
        width = len(table.rows[0]) if table.rows else 0
        self.header = known if known and not self.text_between and width == len(self.headings) else None
        while number < len(table.rows):
            if found := find_header(table.rows, number):
                self._begin(found, table.rows[number : number + found.depth])
                number += found.depth
                continue
            self._read_row(table.rows[number])
            number += 1
        self.header = self.header or known
        self.text_between = False

    def _enter(self, appendix: str) -> None:
        self.appendix, self.named = appendix, True
        self.field, self.heading, self.above, self.counter = "", (), {}, 0

    def _begin(self, header: Header, rows: Sequence[Sequence[Cell]]) -> None:
        """A header: the first of an appendix, or the same one again in the middle or on the next page."""
        headings = [cell.text for cell in rows[-1]]
        again = self.used and not self.named and headings == self.headings and not self.text_between
        self.header, self.headings = header, headings
        if not again:
            if not self.named:
                self._enter(next(roman for roman in (*ROMANS, "?") if roman not in self.used or roman == "?"))
            self.used.append(self.appendix)
        self.named = self.text_between = False

    def _read_row(self, row: Sequence[Cell]) -> None:
        own = [cell for cell in row if cell.text and not cell.above and not cell.left]
        if len(own) == 1 and (found := APPENDIX.match(fold(own[0].text))):
            self._enter(appendix_number(found["number"]))
        if self.header is None:
            self.lines += [cell.text for cell in own] if not self.used else []
            return
        if not own or self._is_beside(row, own) or self._is_group(row, own):
            return
        self._add(row)

    def _cell(self, row: Sequence[Cell], column: Column) -> Cell:
        place = self.header.at(column) if self.header else None
        return row[place] if place is not None and place < len(row) else Cell()

    def _silent(self, row: Sequence[Cell], *columns: Column) -> bool:
        return not any(self._cell(row, column).text for column in columns)

    def _is_beside(self, row: Sequence[Cell], own: Sequence[Cell]) -> bool:
        """Rows that are no work: column numbers, totals, closing lines, further bullets of the row above."""
        if all(NUMBERING.fullmatch(cell.text) for cell in own) and len(own) > 2:
            return True
        words = [cell.text for cell in own if not re.fullmatch(r"[\d.,%\s]+", cell.text)]
        quiet = self._silent(row, Column.LEAD, Column.LEAD_AND_COORDINATING, Column.DEADLINE)
        if len(words) == 1 and TOTAL.fullmatch(fold(words[0])) and (quiet or any(cell.left for cell in row)):
            return True
        if len(own) != 1:
            return False
        if CLOSING.match(fold(own[0].text)) and (quiet or any(cell.left for cell in row)):
            return True
        return quiet and self._continues(row)

    def _continues(self, row: Sequence[Cell]) -> bool:
        text = self._cell(row, Column.TASK).text
        if not self.rows or not BULLET.match(text):
            return False
        last = self.rows[-1]
        more = "\n".join(filter(None, (last.solution, *(BULLET.sub("", line) for line in text.split("\n")))))
        self.rows[-1] = replace(last, solution=more)
        return True

    def _is_group(self, row: Sequence[Cell], own: Sequence[Cell]) -> bool:
        order, words = self._cell(row, Column.ORDER), [c.text for c in own if not re.fullmatch(r"[\d.,\s]*", c.text)]
        text = next((word for word in words if word != order.text), words[0] if words else "")
        wide = max((_width(row, place) for place, cell in enumerate(row) if cell.text and not cell.left), default=1)
        if wide * 2 < len(row) or wide < 3:
            others = (Column.PRODUCT, Column.SOLUTION, Column.COORDINATING, Column.LEAD, Column.DEADLINE)
            if (
                not text
                or not self._silent(row, *others, Column.LEAD_AND_COORDINATING)
                or not _is_heading("" if order.text == text else order.text, text)
            ):
                return False
        self._enter_group(order.text.strip(" .") if order.text != text else "", text)
        return True

    def _enter_group(self, order: str, text: str) -> None:
        title = f"{order}. {text}" if order and not text.startswith(order) else text
        self.above.pop(Column.CRITERIA, None)
        self.above.pop(Column.POINTS, None)
        self.above.pop(Column.FIELD, None)
        if code := CODE_HEADING.fullmatch(title):
            self.heading = (Criterion(code["code"], " ".join(code["name"].split())),)
            return
        self.field, self.heading = " ".join(title.split()), ()

    def _add(self, row: Sequence[Cell]) -> None:
        order = self._cell(row, Column.ORDER).text.strip(" .)")
        self.counter = int(order) if order.isdigit() and len(order) < 6 else self.counter + 1
        order = order or str(self.counter)
        place = f"{self.appendix}.{order}"
        self.locators[place] += 1
        if self.locators[place] > 1:
            place = f"{place} (lần {self.locators[place]})"
        self._note_ignored(row)
        values = {column: self._value(row, column, place) for column in self.header.columns} if self.header else {}
        task, solution = self._task(values)
        if not task:
            self._problem(place, Column.TASK, "Dòng không có nội dung nhiệm vụ. Ghi nội dung hoặc xóa dòng.")
        lead, coordinating = self._owners(values)
        raw = RawRow(
            appendix=self.appendix,
            order=order,
            row=place,
            field=_text(values, Column.FIELD) or self.field,
            criteria=self._criteria(values, place),
            task=task,
            solution=solution,
            product=_text(values, Column.PRODUCT),
            lead_raw=lead,
            coordinating_raw=coordinating,
            deadline_raw=values.get(Column.DEADLINE, ""),
            note=_text(values, Column.NOTE),
        )
        self.rows.append(raw)

    def _note_ignored(self, row: Sequence[Cell]) -> None:
        for place, heading in self.header.others.items() if self.header else ():
            if place < len(row) and row[place].text and not row[place].left and row[place].text not in NONE:
                self.ignored.setdefault(heading)

    def _problem(self, place: str, column: Column, message: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(Problem(place, column.value, message, severity))

    def _value(self, row: Sequence[Cell], column: Column, place: str) -> Value:
        value = self._written(row, column, place)
        known = self.above.get(column)
        cell = self._cell(row, column)
        if known and column in SAME_IS_ABOVE:
            same = cell.above or (isinstance(value, str) and SAME.fullmatch(fold(value)) is not None)
            if same:
                value = known
            elif not value and self._blank_is_above(row, column):
                value = known
                if column not in UNSAID:
                    shown = known if isinstance(known, str) else f"{known:%d/%m/%Y}"
                    message = f"Ô trống, lấy theo dòng trên: “{shown}”. Kiểm tra lại."
                    self._problem(place, column, message, Severity.CONFIRM)
        if isinstance(value, str) and value in NONE:
            value = ""
        self.above[column] = value
        return value

    def _blank_is_above(self, row: Sequence[Cell], column: Column) -> bool:
        """Blank points follow the criterion: they are those above only where the criterion is."""
        if column is Column.POINTS:
            criterion = self._cell(row, Column.CRITERIA)
            return not criterion.text or criterion.above or SAME.fullmatch(fold(criterion.text)) is not None
        return column in BLANK_IS_ABOVE

    def _written(self, row: Sequence[Cell], column: Column, place: str) -> Value:
        header = self.header
        cells = [row[n] for n in header.columns[column] if n < len(row)] if header else []
        if len(cells) > 1:
            texts = [self._checked(cell, column, place) for cell in cells]
            join = _side_by_side if column is Column.CRITERIA else _one_after_another
            return join([Cell(text).text for text in texts])
        return self._checked(cells[0], column, place) if cells else ""

    def _checked(self, cell: Cell, column: Column, place: str) -> Value:
        if not isinstance(cell.value, str) or cell.above:
            return cell.value
        if cell.formula or FORMULA.match(cell.value):
            shown = cell.value.lstrip("'")
            self._problem(
                place, column, f"Ô chứa công thức “{shown[:60]}”, không được tính. Thay công thức bằng giá trị."
            )
            return f"'{shown}"
        if HTML.search(cell.value):
            message = "Ô có mã HTML; được giữ nguyên là chữ. Xóa mã nếu không cần."
            self._problem(place, column, message, Severity.CONFIRM)
        return cell.value

    def _task(self, values: dict[Column, Value]) -> tuple[str, str]:
        task, solution = _text(values, Column.TASK), _text(values, Column.SOLUTION)
        if Column.SOLUTION in values:
            return _unbulleted(task, " "), _unbulleted(solution)
        lines = task.split("\n")
        first = next((number for number, line in enumerate(lines) if number and BULLET.match(line)), len(lines))
        return _unbulleted("\n".join(lines[:first]), " "), _unbulleted("\n".join(lines[first:]))

    def _owners(self, values: dict[Column, Value]) -> tuple[str, str]:
        if Column.LEAD_AND_COORDINATING not in values or Column.LEAD in values:
            return _text(values, Column.LEAD), _text(values, Column.COORDINATING)
        both = _text(values, Column.LEAD_AND_COORDINATING)
        if found := BOTH.fullmatch(both):
            return found["lead"].strip(" \n;,.-"), found["rest"].strip(" \n;,.")
        first, _, rest = both.partition("\n") if "\n" in both else both.partition(";")
        return re.sub(r"^chủ trì\s*:\s*", "", first, flags=re.IGNORECASE).strip(), rest.strip()

    def _criteria(self, values: dict[Column, Value], place: str) -> tuple[Criterion, ...]:
        text = _text(values, Column.CRITERIA)
        if not text:
            return self.heading
        found, wrong = read_criteria(text, _text(values, Column.POINTS))
        if wrong:
            self._problem(place, Column.POINTS, wrong, Severity.CONFIRM)
        return found


def _text(values: dict[Column, Value], column: Column) -> str:
    value = values.get(column, "")
    return value if isinstance(value, str) else f"{value.day:02d}/{value.month:02d}/{value.year}"


def _unbulleted(text: str, joint: str = "\n") -> str:
    return joint.join(line for line in (BULLET.sub("", line).strip() for line in text.split("\n")) if line)


def _side_by_side(texts: Sequence[str]) -> str:
    """A column of codes beside a column of names: one criterion a line."""
    columns = [text.split("\n") for text in texts if text]
    if len({len(lines) for lines in columns}) == 1:
        return "\n".join(" ".join(parts) for parts in zip(*columns, strict=True))
    return " ".join(texts).strip()


def _one_after_another(texts: Sequence[str]) -> str:
    """A task in general and in particular, side by side: «Tuyên truyền: Đăng 02 tin»."""
    *general, last = [text for text in texts if text] or [""]
    return ": ".join([*(text.strip(" :;.") for text in general), last])


def _width(row: Sequence[Cell], place: int) -> int:
    width = 1
    while place + width < len(row) and row[place + width].left and row[place + width].value == row[place].value:
        width += 1
    return width


def _is_heading(order: str, text: str) -> bool:
    if ROMAN.fullmatch(order.strip(" .)")) or CODE_HEADING.match(f"{order.strip(' .')} {text}"):
        return True
    if order:
        return False
    return bool(ROMAN_HEADING.match(text) or text.isupper() or CODE_HEADING.match(text))
