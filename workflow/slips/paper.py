"""Phiếu trình tổng hợp (.docx), lying, to be signed on paper beside the screen: what is on it and room for the leader's word."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from docx import Document
from docx.document import Document as Letter
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT

from organization.models import Letterhead
from organization.papers import CENTRE, LEFT, head, line_under, margins, page, repeat, whole, widths, write
from organization.vietnamese import counted
from workflow.minutes import Issuer
from workflow.models import Slip
from workflow.slips.reading import Row

COLUMNS = (
    "STT",
    "Nhiệm vụ, sản phẩm",
    "Đơn vị chủ trì",
    "Kết quả thực hiện",
    "Tài liệu kiểm chứng",
    "Ý kiến rà soát",
    "Ý kiến của lãnh đạo",
)
WIDTHS = (11, 52, 30, 60, 40, 30, 24)
LONGEST = 600


def issuer_of(slip: Slip) -> Issuer:
    """The letterhead in force on the day of the slip."""
    found = Letterhead.objects.on(slip.dated).filter(agency=slip.agency_id).order_by("-since").first()
    if found is None:
        return Issuer("", slip.agency.name, slip.agency.code, "")
    return Issuer(found.superior, found.name, found.symbol, found.place)


def docx_of(slip: Slip, rows: Sequence[Row]) -> bytes:
    issuer, letter = issuer_of(slip), Document()
    page(letter)
    _lie(letter)
    head(letter, issuer, "PT", slip.year, number=f"{slip.number:02d}", dated=slip.dated)
    write(letter, "PHIẾU TRÌNH TỔNG HỢP", bold=True, align=CENTRE, before=12)
    write(letter, "Về việc phê duyệt kết quả thực hiện nhiệm vụ cải cách hành chính", bold=True, align=CENTRE)
    line_under(letter, 247, 0.3)
    write(letter, f"Kính trình: {slip.leader.full_name}", bold=True, align=CENTRE, before=6, after=6)
    write(letter, f"Văn phòng đã rà soát, trình {counted(len(rows))} nhiệm vụ dưới đây để lãnh đạo xem xét, phê duyệt."
                  + (f" {slip.note}" if slip.note else ""), indent=True, after=6)  # fmt: skip
    table = letter.add_table(rows=1, cols=len(COLUMNS))
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    margins(table, 1)
    for cell, text in zip(table.rows[0].cells, COLUMNS, strict=True):
        write(cell, text, size=12, bold=True, align=CENTRE)
    repeat(table.rows[0])
    for row in rows:
        line = table.add_row()
        whole(line)
        for cell, text in zip(line.cells, _cells(row), strict=True):
            write(cell, text, size=12, align=LEFT, before=1, after=1)
    widths(table, WIDTHS)
    _signatures(letter, slip)
    properties = letter.core_properties
    properties.title, properties.author, properties.language = f"Phiếu trình số {slip.name}", issuer.agency, "vi-VN"
    properties.created = properties.modified = slip.at.replace(tzinfo=None)
    out = BytesIO()
    letter.save(out)
    return out.getvalue()


def _lie(letter: Letter) -> None:
    """Seven columns need the width of the page."""
    section = letter.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = section.page_height, section.page_width


def _cells(row: Row) -> tuple[str, ...]:
    what = f"{row.case.code} {row.case.name}".strip() + (f"\nSản phẩm: {row.product}" if row.product else "")
    statement = row.round.statement if row.round else ""
    if len(statement) > LONGEST:
        statement = f"{statement[:LONGEST].rsplit(' ', 1)[0]} …"
    documents = "\n".join(document.title for document in row.documents) or "Không có"
    said = f"{row.opinion or 'Đạt yêu cầu'}\n({row.reviewer})"
    return str(row.number), what, row.case.unit.name, statement, documents, said, row.item.word if row.item else ""


def _signatures(letter: Letter, slip: Slip) -> None:
    table = letter.add_table(rows=1, cols=2)
    whole(table.rows[0])
    for cell, part, name in zip(
        table.rows[0].cells, ("LÃNH ĐẠO PHÊ DUYỆT", "VĂN PHÒNG"), (slip.leader, slip.by), strict=True
    ):
        write(cell, part, size=13, bold=True, align=CENTRE, before=12)
        write(cell, name.full_name, size=13, bold=True, align=CENTRE, before=54)
    widths(table, (123, 123))
