"""The Phụ lục as a workbook (.xlsx), totals as live formulas. Text that a program would run is neutralised."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from organization.vietnamese import sort_key
from reports.documents import wording
from reports.documents.heading import Heading
from reports.documents.letter import results
from reports.enums import Bucket
from reports.figures import tabulate
from reports.models import Snapshot
from reports.snapshots import rows_of

COUNTED = (*wording.TOLD,)
ROW_HEADS = (
    "STT",
    "Lĩnh vực",
    "Mã tiêu chí",
    "Nhiệm vụ",
    "Sản phẩm",
    "Đơn vị chủ trì",
    "Thời hạn (nguyên văn)",
    "Điểm",
    "Trạng thái",
    "Kết quả",
)


def xlsx_of(snapshot: Snapshot, heading: Heading) -> bytes:
    """Three sheets: totals by field, by unit, and every row."""
    figures = tabulate(rows_of(snapshot))
    book = Workbook()
    _counts(book.active, "Theo lĩnh vực", heading, "Lĩnh vực (tính theo nhiệm vụ)", list(figures.by_field.items()))
    units = sorted(figures.by_unit.items(), key=lambda pair: sort_key(pair[0]))
    _counts(book.create_sheet(), "Theo đơn vị", heading, "Đơn vị (tính theo việc giao)", units, note=wording.UNIT_NOTE)
    _rows(book.create_sheet(), figures.rows)
    book.properties.title, book.properties.creator = heading.abstract, heading.agency
    book.properties.created = book.properties.modified = snapshot.at.replace(tzinfo=None)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def safe(text: str) -> str:
    """A cell that begins like a formula is shown, not run."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _counts(
    sheet: Worksheet,
    name: str,
    heading: Heading,
    first: str,
    lines: list[tuple[str, dict[Bucket, int]]],
    note: str = "",
) -> None:
    sheet.title = name
    sheet.append([heading.abstract])
    sheet.append([f"Số liệu đến ngày {heading.as_of:%d/%m/%Y}"])
    sheet.append([first, *(bucket.label for bucket in COUNTED), "Tổng số", "Tỷ lệ (%)"])
    for label, counts in lines:
        row = sheet.max_row + 1
        sheet.append([safe(label), *(counts[bucket] for bucket in COUNTED), f"=SUM(B{row}:H{row})", _rate(row)])
    row, last = sheet.max_row + 1, sheet.max_row
    sums = [f"=SUM({get_column_letter(column)}4:{get_column_letter(column)}{last})" for column in range(2, 10)]
    sheet.append(["Tổng số", *sums, _rate(row)])
    sheet.append([wording.FORMULA])
    if note:
        sheet.append([note])
    for cell in (*sheet[1], *sheet[3], *sheet[row]):
        cell.font = Font(name="Times New Roman", bold=True)
    sheet.column_dimensions["A"].width = 52
    sheet.freeze_panes = "B4"


def _rate(row: int) -> str:
    """Columns B and C are hoàn thành, F is quá hạn chưa hoàn thành."""
    return f'=IF(B{row}+C{row}+F{row}=0,"",ROUND(100*(B{row}+C{row})/(B{row}+C{row}+F{row}),2))'


def _rows(sheet: Worksheet, rows: list[dict[str, Any]]) -> None:
    sheet.title = "Từng nhiệm vụ"
    sheet.append(list(ROW_HEADS))
    for row in rows:
        texts = (
            row["code"],
            row["field"],
            "; ".join(row["criteria"]),
            row["task"],
            row["product"],
            "; ".join(row["lead"]),
            row["deadline"],
        )
        sheet.append(
            [*(safe(text) for text in texts), float(row["points"]), Bucket(row["bucket"]).label, safe(results(row))]
        )
    for cell in sheet[1]:
        cell.font = Font(name="Times New Roman", bold=True)
    for column, width in zip("ABCDEFGHIJ", (8, 28, 14, 52, 34, 28, 26, 8, 26, 40), strict=True):
        sheet.column_dimensions[column].width = width
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
