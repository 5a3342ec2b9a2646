"""A plan back as a Word or Excel file, in the layout in which offices write it. Reading the file gives the same rows.

A cell of a column whose blank means «as above» (lead, deadline, criteria) gets a dash where it says nothing.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from lxml import etree
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.worksheet.worksheet import Worksheet

from organization.vietnamese import fold, long_date
from plans.drafting import DraftRow
from plans.owners import UnitNames, read_owners
from plans.reading import PlanHeader
from plans.reading.rows import APPENDIX, BULLET, CLOSING, CODE_HEADING, TOTAL

HEADINGS = (
    "STT", "Lĩnh vực, tiêu chí, tiêu chí thành phần", "Điểm tối đa", "Nhiệm vụ, giải pháp", "Sản phẩm", "Đơn vị chủ trì",
    "Đơn vị phối hợp", "Thời gian hoàn thành", "Ghi chú",
)  # fmt: skip
WIDTHS = (12, 40, 15, 72, 40, 28, 30, 26, 14)  # mm on a landscape page
FIELD_HEADING = "Lĩnh vực"
NOTHING = "–"
FOLLOWING = "Thực hiện theo các phụ lục kèm theo."
NUMBERS = re.compile(r"[\d.,\s]*")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One appendix: its headings and its lines; a line of one cell is a group over the whole width."""

    title: str
    headings: tuple[str, ...]
    lines: list[tuple[str, ...]]


def sheets_of(rows: Sequence[DraftRow], units: UnitNames[int] | None = None) -> list[Sheet]:
    return [_sheet(appendix, list(some), units) for appendix, some in groupby(rows, key=lambda row: row.appendix)]


def _sheet(appendix: str, rows: list[DraftRow], units: UnitNames[int] | None) -> Sheet:
    title = f"PHỤ LỤC {appendix}" if appendix else ""
    cells = [_cells(row, units) for row in rows]
    if not _groupable([row.field for row in rows]):
        beside = [(line[0], row.field, *line[1:]) for row, line in zip(rows, cells, strict=True)]
        return Sheet(title, (HEADINGS[0], FIELD_HEADING, "Tiêu chí, tiêu chí thành phần", *HEADINGS[2:]), beside)
    lines: list[tuple[str, ...]] = []
    field = ""
    for row, line in zip(rows, cells, strict=True):
        if row.field != field:
            lines.append((row.field,))
            field = row.field
        lines.append(line)
    return Sheet(title, HEADINGS, lines)


def _groupable(fields: Sequence[str]) -> bool:
    """Whether each field can stand as a line of its own and be read as one again."""
    seen = [field for field, _ in groupby(fields)]
    if "" in seen[1:]:
        return False
    return not any(
        CODE_HEADING.match(field)
        or NUMBERS.fullmatch(field)
        or BULLET.match(field)
        or any(pattern.match(fold(field)) for pattern in (APPENDIX, CLOSING, TOTAL))
        for field in seen
        if field
    )


def _cells(row: DraftRow, units: UnitNames[int] | None) -> tuple[str, ...]:
    worth = [criterion.points for criterion in row.criteria]
    points = "\n".join(f"{point:f}".replace(".", ",") for point in worth if point is not None)
    return (
        row.order,
        "\n".join(f"{c.code}. {c.name}" if c.code else c.name for c in row.criteria) or NOTHING,
        points if None not in worth else "",
        _task(row),
        row.product,
        _leads(row, units) or NOTHING,
        row.coordinating_raw,
        row.deadline.raw or NOTHING,
        row.note,
    )


def _task(row: DraftRow) -> str:
    """The task on one line, what is to be done for it under it."""
    solution = [f"- {line}" for line in row.solution.split("\n") if line]
    task = " ".join(row.task.split())
    return "\n".join([task or NOTHING, *solution]) if solution else task


def _leads(row: DraftRow, units: UnitNames[int] | None) -> str:
    """As written; where that names others than who leads, by name."""
    if not row.lead_raw:
        return "; ".join(owner.name for owner in row.leads)
    known = {owner.unit_id for owner in row.leads if owner.unit_id}
    if units is None or not known:
        return row.lead_raw
    read = {owner.key for owner in read_owners(row.lead_raw, units) if owner.key is not None}
    return row.lead_raw if read == known else "; ".join(owner.name for owner in row.leads)


def _letter(header: PlanHeader, agency: str, place: str) -> Iterator[tuple[str, bool]]:
    """The lines above the first table, and whether each is bold and in the middle."""
    yield agency.upper(), True
    if header.number:
        yield f"Số: {header.number}", False
    if header.issued_on:
        yield f"{place}, {long_date(header.issued_on)}" if place else long_date(header.issued_on).capitalize(), False
    if header.title:
        yield "KẾ HOẠCH", True
        yield header.title, True
        yield FOLLOWING, False


def to_word(header: PlanHeader, rows: Sequence[DraftRow], *, agency: str = "", place: str = "",
            units: UnitNames[int] | None = None) -> bytes:  # fmt: skip
    document = Document()
    section = document.sections[0]
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin, section.right_margin = Mm(10), Mm(10)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Times New Roman", Pt(12)
    normal.paragraph_format.space_after = Pt(2)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), "Times New Roman")
    for words, middle in _letter(header, agency, place):
        _paragraph(document, words, bold=middle, middle=middle)
    for sheet in sheets_of(rows, units):
        _paragraph(document, sheet.title, bold=True, middle=True)
        document.element.body.insert(len(document.element.body) - 1, _table(sheet))
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _paragraph(document: object, words: str, *, bold: bool, middle: bool) -> None:
    paragraph = document.add_paragraph()  # type: ignore[attr-defined]
    paragraph.add_run(words).bold = bold
    if middle:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _element(name: str, *children: etree._Element, **attributes: str) -> etree._Element:
    made: etree._Element = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    made.extend(children)
    return made


def _table(sheet: Sheet) -> etree._Element:
    """Built of its elements: python-docx looks through the whole table for each cell."""
    widths = [str(width * 57) for width in _widths(sheet)]
    borders = _element("tblBorders", *(_element(side, val="single", sz="4") for side in
                       ("top", "left", "bottom", "right", "insideH", "insideV")))  # fmt: skip
    table = _element("tbl", _element("tblPr", borders, _element("tblLayout", type="fixed")))
    table.append(_element("tblGrid", *(_element("gridCol", w=width) for width in widths)))
    heading = _element("trPr", _element("tblHeader"))
    table.append(
        _element("tr", heading, *(_tc(text, w, bold=True) for text, w in zip(sheet.headings, widths, strict=True)))
    )
    for line in sheet.lines:
        if len(line) == 1:
            table.append(_element("tr", _tc(line[0], "0", bold=True, span=len(widths))))
        else:
            table.append(_element("tr", *(_tc(text, width) for text, width in zip(line, widths, strict=True))))
    return table


def _tc(text: str, width: str, *, bold: bool = False, span: int = 1) -> etree._Element:
    facts = [_element("tcW", w=width, type="dxa")]
    if span > 1:
        facts.append(_element("gridSpan", val=str(span)))
    cell = _element("tc", _element("tcPr", *facts))
    for line in text.split("\n"):
        run = _element("r", *([_element("rPr", _element("b"))] if bold else []))
        words = _element("t")
        words.text = line
        words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        run.append(words)
        cell.append(_element("p", run))
    return cell


def _widths(sheet: Sheet) -> tuple[int, ...]:
    return WIDTHS if len(sheet.headings) == len(WIDTHS) else (WIDTHS[0], 24, *WIDTHS[1:])


def to_excel(header: PlanHeader, rows: Sequence[DraftRow], *, agency: str = "", place: str = "",
             units: UnitNames[int] | None = None) -> bytes:  # fmt: skip
    book = Workbook()
    book.remove(book.active)
    for number, sheet in enumerate(sheets_of(rows, units)):
        page = book.create_sheet(sheet.title.capitalize() or "Kế hoạch")
        if not number:
            for words, middle in _letter(header, agency, place):
                _put(page, (words,), len(sheet.headings), bold=middle)
        _put(page, (sheet.title,), len(sheet.headings), bold=True)
        _put(page, sheet.headings, bold=True)
        for line in sheet.lines:
            _put(page, line, len(sheet.headings) if len(line) == 1 else 0, bold=len(line) == 1)
        for letter, width in zip("ABCDEFGHIJ", _widths(sheet), strict=False):
            page.column_dimensions[letter].width = width / 1.8
        page.page_setup.orientation, page.page_setup.paperSize = "landscape", page.PAPERSIZE_A4
        page.page_setup.fitToHeight, page.sheet_properties.pageSetUpPr.fitToPage = 0, True
    if not book.worksheets:  # a plan without rows; a workbook has a page at least
        book.create_sheet("Kế hoạch")
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


THIN = Side(style="thin")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)


def _put(page: Worksheet, texts: Sequence[str], merged: int = 0, *, bold: bool = False) -> None:
    """The next row, every cell as text: what begins like a formula is shown, not run."""
    number = page.max_row + 1 if page.max_row > 1 or page.cell(1, 1).value is not None else 1
    for place, text in enumerate(texts, 1):
        cell = page.cell(number, place)
        cell.value = text or None
        if text:
            cell.data_type = "s"
        cell.font = Font(name="Times New Roman", size=12, bold=bold)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if not merged:
            cell.border = BOX
    if merged > 1:
        page.merge_cells(start_row=number, start_column=1, end_row=number, end_column=merged)
