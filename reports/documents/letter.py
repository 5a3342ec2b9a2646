"""The report as an official letter (.docx), in the format of Nghị định 30/2020/NĐ-CP."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from itertools import groupby
from typing import Any

from docx import Document
from docx.document import Document as Letter
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import _Cell
from docx.text.paragraph import Paragraph

from organization.vietnamese import counted, short_date, sort_key
from reports.documents import wording
from reports.documents.heading import Heading
from reports.enums import COMPLETED, Bucket
from reports.figures import Figures, rate, tabulate
from reports.models import Snapshot
from reports.snapshots import ledger_of, rows_of

FONT = "Times New Roman"
CENTRE, LEFT, RIGHT, BOTH = (
    WD_ALIGN_PARAGRAPH.CENTER,
    WD_ALIGN_PARAGRAPH.LEFT,
    WD_ALIGN_PARAGRAPH.RIGHT,
    WD_ALIGN_PARAGRAPH.JUSTIFY,
)
NUMBERS = ("Hoàn thành", "Chờ phê duyệt", "Trong hạn", "Quá hạn", "Khác", "Tổng số", "Tỷ lệ")


def docx_of(snapshot: Snapshot, heading: Heading) -> bytes:
    """The whole report with its Phụ lục. Số and ngày stay blank until văn thư gives them."""
    figures = tabulate(rows_of(snapshot))
    letter = Document()
    _page(letter)
    _head(letter, heading)
    _title(letter, heading)
    _body(letter, heading, figures)
    _foot(letter, heading)
    _appendix(letter, heading, figures)
    _properties(letter, heading, snapshot)
    out = BytesIO()
    letter.save(out)
    return out.getvalue()


def _page(letter: Letter) -> None:
    section = letter.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin, section.header_distance = Mm(30), Mm(10)
    section.different_first_page_header_footer = True
    _page_number(section.header.paragraphs[0])
    style = letter.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(14)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = style.paragraph_format.space_before = Pt(0)


def _page_number(paragraph: Paragraph) -> None:
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


def _write(
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


def _line_under(place: Letter | _Cell, width: float, share: float) -> None:
    """A solid line under a text, `share` of the width in millimetres, centred."""
    paragraph = _write(place, "", size=2, align=CENTRE)
    paragraph.paragraph_format.line_spacing = Pt(3)
    side = Mm(width * (1 - share) / 2)
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = side
    borders = OxmlElement("w:pBdr")
    top = OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().append(borders)


def _widths(table: Any, millimetres: tuple[float, ...]) -> None:
    table.autofit = False
    for column, width in zip(table.columns, millimetres, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _margins(table: Any, millimetres: float) -> None:
    """Space left and right of the text in every cell."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(millimetres).twips))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    table._tbl.tblPr.append(margins)


def _head(letter: Letter, heading: Heading) -> None:
    """Quốc hiệu stands on one line, so the table is a little wider than the text, as in offices."""
    table = letter.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    _widths(table, (72, 100))
    _margins(table, 0)
    left, right = table.rows[0].cells
    _write(left, heading.superior.upper(), size=13, align=CENTRE)
    _write(left, heading.agency.upper(), size=13, bold=True, align=CENTRE)
    _line_under(left, 72, 0.35)
    _write(right, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", size=13, bold=True, align=CENTRE)
    _write(right, "Độc lập - Tự do - Hạnh phúc", size=14, bold=True, align=CENTRE)
    _line_under(right, 100, 0.66)
    left, right = table.rows[1].cells
    _write(left, f"Số:         /BC-{heading.symbol}", size=13, align=CENTRE, before=6)
    date_line = f"{heading.place}, ngày       tháng       năm {heading.until.year}"
    _write(right, date_line, size=14, italic=True, align=CENTRE, before=6)


def _title(letter: Letter, heading: Heading) -> None:
    _write(letter, "BÁO CÁO", bold=True, align=CENTRE, before=18)
    _write(letter, heading.abstract, bold=True, align=CENTRE)
    _line_under(letter, 160, 0.35)
    _write(letter, f"Kính gửi: {heading.recipient}.", align=CENTRE, before=12, after=12)


def _body(letter: Letter, heading: Heading, figures: Figures) -> None:
    def say(text: str) -> None:
        _write(letter, text, indent=True, before=6)

    def part(text: str) -> None:
        _write(letter, text, bold=True, indent=True, before=9, after=3, keep=True)

    say(wording.opening(heading))
    part("I. KẾT QUẢ THỰC HIỆN")
    part("1. Kết quả chung")
    say(wording.totals(figures))
    say(wording.achieved(figures))
    part("2. Kết quả theo lĩnh vực")
    _table(letter, "Lĩnh vực (tính theo nhiệm vụ)", [*figures.by_field.items(), ("Tổng số", figures.total)])
    _write(letter, f"{wording.FORMULA} {wording.OTHERS}", size=12, italic=True, before=3)
    part("3. Kết quả theo đơn vị chủ trì")
    units = sorted(figures.by_unit.items(), key=lambda pair: sort_key(pair[0]))
    _table(letter, "Đơn vị (tính theo việc giao)", units)
    _write(letter, f"{wording.FORMULA} {wording.UNIT_NOTE}", size=12, italic=True, before=3)
    part("II. TỒN TẠI, HẠN CHẾ")
    say(wording.shortcomings(figures))
    for row in figures.rows:
        if row["bucket"] == Bucket.OVERDUE:
            say(
                f"- Nhiệm vụ {row['code']} “{row['task']}”, {', '.join(row['lead'])} chủ trì, thời hạn: {row['deadline']}."
            )
    part("III. PHƯƠNG HƯỚNG, NHIỆM VỤ KỲ TỚI")
    say(
        "Tiếp tục theo dõi, đôn đốc các phòng, đơn vị hoàn thành các nhiệm vụ còn lại đúng thời hạn; tập trung xử lý các nhiệm vụ quá hạn."
    )
    say("Chi tiết từng nhiệm vụ tại Phụ lục kèm theo.")
    closing = f"Trên đây là báo cáo kết quả thực hiện {heading.period} của {heading.agency}./."
    _write(letter, closing, indent=True, before=6, keep=True)


def _table(letter: Letter, first: str, lines: list[tuple[str, dict[Bucket, int]]]) -> None:
    table = letter.add_table(rows=1, cols=8)
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    _margins(table, 1)
    for cell, text in zip(table.rows[0].cells, (first, *NUMBERS), strict=True):
        _write(cell, text, size=12, bold=True, align=CENTRE, keep=True)
    _repeat(table.rows[0])
    for name, counts in lines:
        last = name == "Tổng số"
        row = table.add_row()
        _whole(row)
        _write(row.cells[0], name, size=12, bold=last, align=LEFT, before=1, after=1)
        for cell, text in zip(row.cells[1:], _figures_of(counts), strict=True):
            _write(cell, text, size=12, bold=last, align=CENTRE)
    _middle(table)
    _widths(table, (50, 16, 16, 15, 15, 15, 15, 18))


def _figures_of(counts: dict[Bucket, int]) -> list[str]:
    others = counts[Bucket.ONGOING] + counts[Bucket.UNDATED]
    numbers = [
        sum(counts[bucket] for bucket in COMPLETED),
        counts[Bucket.WAITING],
        counts[Bucket.IN_TIME],
        counts[Bucket.OVERDUE],
        others,
    ]
    return [*(str(number) for number in numbers), str(sum(numbers)), wording.percent(rate(counts))]


def _repeat(row: Any) -> None:
    """The head of a table is repeated on each page."""
    _whole(row)
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))


def _whole(row: Any) -> None:
    """A row is not torn between two pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _middle(table: Any) -> None:
    for row in table.rows:
        for cell in row.cells:
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _foot(letter: Letter, heading: Heading) -> None:
    """Recipients and signature stay together, with the last sentence above them."""
    table = letter.add_table(rows=1, cols=2)
    _widths(table, (80, 86))
    _whole(table.rows[0])
    left, right = table.rows[0].cells
    _write(left, "Nơi nhận:", size=12, bold=True, italic=True, align=LEFT, before=12)
    for line in ("- Như trên;", "- Lãnh đạo Sở;", "- Các phòng, đơn vị thuộc Sở;", "- Lưu: VT, VP."):
        _write(left, line, size=11, align=LEFT)
    for number, line in enumerate(heading.signs_as):
        _write(right, line, bold=True, align=CENTRE, before=0 if number else 12)
    _write(right, heading.signer, bold=True, align=CENTRE, before=72)


def _appendix(letter: Letter, heading: Heading, figures: Figures) -> None:
    section = letter.add_section(WD_SECTION.NEW_PAGE)
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, Mm(297), Mm(210)
    section.left_margin = Mm(30)
    numbering = OxmlElement("w:pgNumType")
    numbering.set(qn("w:start"), "1")
    section._sectPr.append(numbering)
    _write(letter, "Phụ lục", bold=True, align=CENTRE)
    _write(letter, "TÌNH HÌNH THỰC HIỆN TỪNG NHIỆM VỤ THEO TRẠNG THÁI VÀ ĐƠN VỊ CHỦ TRÌ", bold=True, align=CENTRE)
    attached = f"(Kèm theo Báo cáo số         /BC-{heading.symbol} ngày       tháng       năm {heading.until.year} của {heading.agency})"
    _write(letter, attached, italic=True, align=CENTRE, after=9)
    columns = (
        "STT",
        "Mã tiêu chí",
        "Nhiệm vụ",
        "Sản phẩm",
        "Đơn vị chủ trì",
        "Thời hạn",
        "Kết quả thực hiện (số, ký hiệu, ngày văn bản)",
    )
    table = letter.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    _margins(table, 1)
    for cell, text in zip(table.rows[0].cells, columns, strict=True):
        _write(cell, text, size=12, bold=True, align=CENTRE)
    _repeat(table.rows[0])
    for bucket, rows in _by_state(figures):
        title = table.add_row()
        _whole(title)
        merged = title.cells[0].merge(title.cells[-1])
        _write(merged, f"{bucket.label}: {counted(len(rows))} nhiệm vụ", size=12, bold=True, align=LEFT, keep=True)
        for row in rows:
            _row(table, row)
    _widths(table, (14, 20, 70, 38, 38, 28, 39))


def _row(table: Any, row: dict[str, Any]) -> None:
    line = table.add_row()
    _whole(line)
    texts = (row["code"], "; ".join(row["criteria"]), row["task"], row["product"], "; ".join(row["lead"]), row["deadline"], results(row))  # fmt: skip
    for cell, text in zip(line.cells, texts, strict=True):
        _write(cell, text, size=12, align=LEFT, before=1, after=1)


def _by_state(figures: Figures) -> list[tuple[Bucket, list[dict[str, Any]]]]:
    """Rows by state in the order of the report, within a state by lead unit."""
    order = {bucket: number for number, bucket in enumerate((*wording.TOLD, Bucket.DROPPED))}
    rows = sorted(figures.rows, key=lambda row: (order[Bucket(row["bucket"])], sort_key("; ".join(row["lead"]))))
    return [(Bucket(bucket), list(group)) for bucket, group in groupby(rows, key=lambda row: row["bucket"])]


def results(row: dict[str, Any]) -> str:
    """The documents that prove a row, each once."""
    lines = []
    for work in row["works"]:
        for document in work["documents"]:
            dated = f" ngày {_short(document['dated'])}" if document["dated"] else ""
            mark = " (trước khi ban hành)" if work["before_issue"] else ""
            lines.append(f"{document['number'] or document['abstract']}{dated}{mark}")
    return "; ".join(dict.fromkeys(lines))


def _short(text: str) -> str:
    return short_date(date.fromisoformat(text))


def _properties(letter: Letter, heading: Heading, snapshot: Snapshot) -> None:
    properties = letter.core_properties
    properties.title, properties.author, properties.language = heading.abstract, heading.agency, "vi-VN"
    properties.created = properties.modified = snapshot.at.replace(tzinfo=None)
    properties.comments = f"Mã số liệu (SHA-256): {snapshot.digest}"
    properties.keywords = "\n".join(ledger_of(snapshot))  # heads of the ledger: the file is an anchor of its own
