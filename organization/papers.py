"""Văn bản (.docx) in the format of Nghị định 30/2020/NĐ-CP: the page, the head, paragraphs and tables."""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol

from docx.document import Document as Letter
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from organization.vietnamese import long_date

FONT = "Times New Roman"
CENTRE, LEFT, BOTH = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY


class Issuer(Protocol):
    """What stands at the head of a document."""

    @property
    def superior(self) -> str: ...
    @property
    def agency(self) -> str: ...
    @property
    def symbol(self) -> str: ...
    @property
    def place(self) -> str: ...


def page(letter: Letter) -> None:
    section = letter.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin, section.header_distance = Mm(30), Mm(10)
    section.different_first_page_header_footer = True
    page_number(section.header.paragraphs[0])
    style = letter.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)


def page_number(paragraph: Paragraph) -> None:
    """Arabic, centred in the top margin; the first page of a section shows none."""
    paragraph.alignment = CENTRE
    run = paragraph.add_run()
    run.font.size, run.font.name = Pt(14), FONT
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def write(
    place: Letter | _Cell, text: str, *, size: float = 14, bold: bool = False, italic: bool = False, align: Any = BOTH,
    indent: bool = False, before: float = 0, after: float = 0, keep: bool = False,
) -> Paragraph:  # fmt: skip
    paragraph = place.add_paragraph()
    if (
        isinstance(place, _Cell)
        and len(place.paragraphs) == 2
        and not place.paragraphs[0].text
        and not place.paragraphs[0].runs
    ):
        place._tc.remove(place.paragraphs[0]._p)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    paragraph.alignment = align
    paragraph.paragraph_format.space_before, paragraph.paragraph_format.space_after = Pt(before), Pt(after)
    paragraph.paragraph_format.keep_with_next = keep
    if indent:
        paragraph.paragraph_format.first_line_indent = Mm(12.7)
    return paragraph


def line_under(place: Letter | _Cell, width: float, share: float) -> None:
    """A solid line under a text, `share` of the width in millimetres, centred."""
    paragraph = write(place, "", size=2, align=CENTRE)
    paragraph.paragraph_format.line_spacing = Pt(3)
    side = Mm(width * (1 - share) / 2)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = side
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().append(borders)


def widths(table: Any, millimetres: tuple[float, ...]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, millimetres, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def margins(table: Any, millimetres: float) -> None:
    """Space left and right of the text in every cell."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(millimetres).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def repeat(row: Any) -> None:
    """The head of a table is repeated on each page."""
    whole(row)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def whole(row: Any) -> None:
    """A row is not torn between two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def middle(table: Any) -> None:
    for row in table.rows:
        for cell in row.cells:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def head(letter: Letter, heading: Issuer, kind: str, year: int, *, number: str = "", dated: date | None = None) -> None:
    """Số and ngày stay blank until văn thư gives them, unless the document has its own. Quốc hiệu stands on one line, so the table is a little wider than the text, as in offices."""
    table = letter.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    widths(table, (72, 100))
    margins(table, 0)
    left, right = table.rows[0].cells
    write(left, heading.superior.upper(), size=13, align=CENTRE)
    write(left, heading.agency.upper(), size=13, bold=True, align=CENTRE)
    line_under(left, 72, 0.35)
    write(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=13, bold=True, align=CENTRE)
    write(right, "Độc lập - Tự do - Hạnh phúc", size=14, bold=True, align=CENTRE)
    line_under(right, 100, 0.66)
    left, right = table.rows[1].cells
    write(left, f"Số: {number or '        '}/{kind}-{heading.symbol}", size=13, align=CENTRE, before=6)
    date_line = f"{heading.place}, {long_date(dated) if dated else f'ngày       tháng       năm {year}'}"
    write(right, date_line, size=14, italic=True, align=CENTRE, before=6)
