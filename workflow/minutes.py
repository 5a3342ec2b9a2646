"""Biên bản bàn giao (.docx) of a unit's work, in the format of Nghị định 30/2020/NĐ-CP, from what the transfer kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO

from docx import Document
from docx.document import Document as Letter
from docx.enum.table import WD_TABLE_ALIGNMENT

from organization.models import Letterhead
from organization.papers import CENTRE, LEFT, head, line_under, margins, page, repeat, whole, widths, write
from organization.vietnamese import counted, long_date, short_date
from workflow.models import Transfer

COLUMNS = ("STT", "Nhiệm vụ", "Vai trò, khâu", "Thời hạn", "Người đang giữ", "Đơn vị nhận")
WIDTHS = (11, 53, 26, 23, 24, 23)
PERSON = f"Đại diện: {'…' * 10} Chức vụ: {'…' * 7}"
PARTS = {"lead": "Chủ trì", "coordinating": "Phối hợp"}


@dataclass(frozen=True, slots=True)
class Issuer:
    superior: str
    agency: str
    symbol: str
    place: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the minutes as people read it."""

    number: int
    task: str
    part: str
    due: str
    holder: str
    to: str

    @property
    def cells(self) -> tuple[str, ...]:
        return str(self.number), self.task, self.part, self.due, self.holder, self.to


def lines_of(row: Transfer) -> list[Line]:
    return [
        Line(number, f"{line['code']} {line['title']}".strip(), ", ".join(filter(None, (PARTS[line["part"]], line["stage"]))),
             short_date(date.fromisoformat(line["due"])) if line["due"] else line["schedule"] or "–",
             line["holder"] or "–", line["to"])
        for number, line in enumerate(row.lines, 1)
    ]  # fmt: skip


def receiving(row: Transfer) -> list[str]:
    return list(dict.fromkeys(line["to"] for line in row.lines))


def receivers(row: Transfer) -> str:
    return ", ".join(receiving(row))


def issuer_of(row: Transfer) -> Issuer:
    """The letterhead in force on the day of the transfer."""
    found = Letterhead.objects.on(row.on).filter(agency=row.agency_id).order_by("-since").first()
    if found is None:
        return Issuer("", row.agency.name, row.agency.code, "")
    return Issuer(found.superior, found.name, found.symbol, found.place)


def docx_of(row: Transfer) -> bytes:
    """Số, ngày and signatures stay blank."""
    issuer, letter = issuer_of(row), Document()
    page(letter)
    head(letter, issuer, "BB", row.on.year)
    write(letter, "BIÊN BẢN", bold=True, align=CENTRE, before=18)
    write(letter, f"Bàn giao công việc của {row.unit.name}", bold=True, align=CENTRE)
    line_under(letter, 160, 0.35)
    write(letter, f"Căn cứ {row.basis}.", italic=True, indent=True, before=12)
    write(letter, "Các bên gồm:", indent=True, before=6)
    for name in (f"Bên giao: {row.unit.name}.", *(f"Bên nhận: {name}." for name in receiving(row))):
        write(letter, name, bold=True, indent=True, before=6, keep=True)
        write(letter, PERSON, align=LEFT, indent=True, before=3)
    write(letter, f"Kể từ {long_date(row.on)}, {row.unit.name} bàn giao {counted(len(row.lines))} việc đang thực hiện cho "
                  f"{receivers(row)}. Việc đã hoàn thành giữ nguyên tên đơn vị đã thực hiện.", indent=True, before=6, after=6)  # fmt: skip
    table = letter.add_table(rows=1, cols=len(COLUMNS))
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    margins(table, 1)
    for cell, text in zip(table.rows[0].cells, COLUMNS, strict=True):
        write(cell, text, size=12, bold=True, align=CENTRE)
    repeat(table.rows[0])
    for line in lines_of(row):
        cells = table.add_row()
        whole(cells)
        for cell, text in zip(cells.cells, line.cells, strict=True):
            write(cell, text, size=12, align=LEFT, before=1, after=1)
    widths(table, WIDTHS)
    write(letter, "Các bên đã đối chiếu và thống nhất nội dung trên./.", indent=True, before=6, keep=True)
    _signatures(letter, row)
    properties = letter.core_properties
    properties.title, properties.author, properties.language = (
        f"Biên bản bàn giao {row.unit.name}",
        issuer.agency,
        "vi-VN",
    )
    properties.created = properties.modified = row.at.replace(tzinfo=None)
    out = BytesIO()
    letter.save(out)
    return out.getvalue()


def _signatures(letter: Letter, row: Transfer) -> None:
    """Who gives, each who takes, and leadership; three beside each other."""
    names = [("BÊN GIAO", row.unit.name), *(("BÊN NHẬN", name) for name in receiving(row)), ("LÃNH ĐẠO XÁC NHẬN", "")]
    table = letter.add_table(rows=0, cols=3)
    for first in range(0, len(names), 3):
        line = table.add_row()
        whole(line)
        for cell, (part, name) in zip(line.cells, names[first : first + 3], strict=False):
            write(cell, part, size=13, bold=True, align=CENTRE, before=12)
            write(cell, name, size=13, align=CENTRE, after=60)
    widths(table, (50, 50, 60))
