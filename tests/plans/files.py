"""Plan files made by the tests: Word and Excel, decent and hostile."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import docx
import openpyxl
from docx.table import Table

SAMPLES = Path(__file__).parents[2] / "samples"
HEADINGS = ("STT", "Nhiệm vụ", "Giải pháp", "Sản phẩm", "Đơn vị chủ trì", "Đơn vị phối hợp", "Thời gian hoàn thành")
ROW = ("1", "Ban hành Kế hoạch", "Rà soát nhiệm vụ", "Kế hoạch", "Văn phòng", "Thanh tra", "Quý I/2024")


def stream_of(document: docx.document.Document | openpyxl.Workbook) -> io.BytesIO:
    stream = io.BytesIO()
    document.save(stream)
    stream.seek(0)
    return stream


def fill(table: Table, rows: Sequence[Sequence[str]]) -> Table:
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    return table


def word(rows: Sequence[Sequence[str]], *lines: str) -> io.BytesIO:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    fill(document.add_table(len(rows), len(rows[0])), rows)
    return stream_of(document)


def excel(rows: Sequence[Sequence[object]], *, merges: Sequence[str] = (), title: str = "Phụ lục I") -> io.BytesIO:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for merged in merges:
        sheet.merge_cells(merged)
    return stream_of(workbook)


def repacked(stream: io.BytesIO, changed: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """The same package with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(out, "w", compression) as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name, old.read(name)))
        for name in changed.keys() - set(old.namelist()):
            new.writestr(name, changed[name])
    out.seek(0)
    return out


def part(stream: io.BytesIO, name: str) -> bytes:
    with zipfile.ZipFile(stream) as package:
        return package.read(name)
