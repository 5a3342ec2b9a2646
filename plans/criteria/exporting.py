"""Bảng điểm to be copied into the province's program: a workbook, and a package with the documents named by criterion."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection, Iterable
from io import BytesIO
from typing import IO
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from evidence.models import DocumentFile
from plans.criteria.models import CriteriaSet, CriterionDocument
from plans.criteria.scoring import Sheet
from plans.errors import PlanRefused

HEADINGS = (
    ("Mã", 10), ("Lĩnh vực, tiêu chí", 70), ("Điểm tối đa", 12), ("Điểm năm trước", 14), ("Điểm tự chấm", 14), ("Thẩm định lần 1", 14),
    ("Thẩm định lần 2", 14), ("Điểm hiện có", 12), ("Tình trạng", 24), ("Căn cứ tự chấm", 50), ("Giải trình", 50), ("Tài liệu kiểm chứng", 60),
)  # fmt: skip
ESTIMATE = "Ước tính nội bộ, không phải điểm chính thức"
RUN = ("=", "+", "-", "@", "\t", "\r")
MOST_PACKED = 20  # times the largest document


def safe(text: str) -> str:
    """A cell that begins like a formula is shown, not run."""
    return f"'{text}" if text.startswith(RUN) else text


def proofs_of(found: CriteriaSet) -> dict[int, list[CriterionDocument]]:
    """By criterion, in the order in which they were put there. One query."""
    rows = CriterionDocument.objects.filter(criterion__criteria_set=found).select_related("document", "criterion")
    proofs: dict[int, list[CriterionDocument]] = {}
    for row in rows.order_by("criterion__position", "pk"):
        proofs.setdefault(row.criterion_id, []).append(row)
    return proofs


def workbook(found: CriteriaSet, sheet: Sheet, proofs: dict[int, list[CriterionDocument]]) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("Bảng điểm")
    for index, (_, width) in enumerate(HEADINGS):
        page.column_dimensions[chr(ord("A") + index)].width = width
    page.append([safe(f"{found.name}, năm {found.year}. {ESTIMATE}")])
    headings = []
    for heading, _ in HEADINGS:
        cell = WriteOnlyCell(page, heading)
        cell.font = Font(bold=True)
        headings.append(cell)
    page.append(headings)
    for line in sheet.lines:
        score, leaf = line.score, line.leaf
        points = (score.last_year, score.self_score, score.appraisal_1, score.appraisal_2) if score else (None,) * 4
        counted = leaf.points if leaf else line.now.points
        words = (score.get_standing_display(), score.basis, score.explanation) if score else ("", "", "")
        named = "\n".join(
            f"{one.document}{f', {one.place}' if one.place else ''}" for one in proofs.get(line.criterion.pk, ())
        )
        page.append([
            safe(line.criterion.code), safe(line.criterion.name), line.criterion.max_points, *points, counted,
            *(safe(text) for text in words), safe(named),
        ])  # fmt: skip
    page.append(["", "Cộng", sheet.now.full, sheet.last.points, None, None, None, sheet.now.points])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def newest_files(documents: Collection[int]) -> dict[int, list[DocumentFile]]:
    """By document; of files of one name only the newest version: what was corrected is not sent beside its correction."""
    found = DocumentFile.objects.filter(document__in=documents).order_by("document", "version", "id")
    newest: dict[int, dict[str, DocumentFile]] = {}
    for file in found:
        newest.setdefault(file.document_id, {})[file.name] = file
    return {key: sorted(files.values(), key=lambda file: file.pk) for key, files in newest.items()}


def package(book: bytes, proofs: dict[int, list[CriterionDocument]]) -> IO[bytes]:
    """The workbook and every file, «3.3.3_01_bao-cao.pdf»; on disk, never whole in memory. Raises PlanRefused."""
    rows = [row for listed in proofs.values() for row in listed]
    files = newest_files({row.document_id for row in rows})
    size = sum(file.size for row in rows for file in files.get(row.document_id, ()))
    if size > MOST_PACKED * settings.DOCUMENT_MAX_BYTES:
        raise PlanRefused(
            f"Tài liệu của bộ này nặng {size // 1024**2} MB, không đóng gói một lần được. Tải từng tài liệu."
        )
    out = tempfile.TemporaryFile()  # noqa: SIM115 - closed by the answer that sends it
    with ZipFile(out, "w", ZIP_DEFLATED, allowZip64=True) as packed:
        packed.writestr("bang-diem.xlsx", book)
        for listed in proofs.values():
            _pack(packed, listed, files)
    out.seek(0)
    return out


def _pack(packed: ZipFile, listed: Iterable[CriterionDocument], files: dict[int, list[DocumentFile]]) -> None:
    number = 0
    for row in listed:
        for file in files.get(row.document_id, ()):
            number += 1
            name = re.sub(r"[^\w.\- ]", "_", file.name)
            with (
                file.file.open("rb") as source,
                packed.open(f"{row.criterion.code}_{number:02d}_{name}", "w", force_zip64=True) as target,
            ):
                while chunk := source.read(256 * 1024):
                    target.write(chunk)
