"""Where a file that was read goes: it is looked over, or it updates what is there of the same plan, never a second time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.db.models import Q

from audit import services as audit
from organization.rights import Rights
from plans.amendments import amend_from_file
from plans.differences import rewritten
from plans.errors import PlanRefused
from plans.imports import keep_reading, rows_of_import, take_up
from plans.intake import Reading
from plans.models import Plan, PlanImport
from plans.services import need_office

SAVED_MEANWHILE = "Tệp đang xem lại vừa được lưu hoặc hủy bỏ. Mở Kế hoạch, tìm dự thảo rồi tải tệp lên lại."


def receive(
    reading: Reading,
    rights: Rights,
    *,
    filename: str,
    sha256: str,
    separate: bool = False,
    instead_of: int | None = None,
) -> PlanImport:
    """Put a file aside: over the one under review that it corrects, beside the draft that it corrects, or by itself.

    `separate`: by itself whatever is there. `instead_of`: over this one under review. Raises PlanRefused.
    """
    need_office(rights)
    told = {"filename": filename, "sha256": sha256}
    if instead_of is not None:
        return reread(instead_of, reading, rights, **told)
    if not separate:
        if found := same_under_review(reading, rights, filename):
            return reread(found.pk, reading, rights, **told)
        if draft := same_draft(reading, rights, filename):
            return amend_from_file(draft, reading, rights, **told)
    return keep_reading(reading, rights, **told)


def same_under_review(reading: Reading, rights: Rights, filename: str) -> PlanImport | None:
    header = reading.header
    same = Q(filename=filename[-255:])
    if header.number:
        same |= Q(header__number=header.number)
    if header.title:
        same |= Q(header__title=header.title)
    waiting = PlanImport.objects.filter(same, agency_id=rights.agency_id, plan=None, amends=None, year=reading.year)
    return waiting.only("pk").order_by("-at").first()


def same_draft(reading: Reading, rights: Rights, filename: str) -> Plan | None:
    header = reading.header
    same = Q(versions__source_name=filename[-255:])
    if header.number:
        same |= Q(number=header.number)
    if header.title:
        same |= Q(title=header.title[:500])
    return Plan.objects.drafts().filter(same, agency_id=rights.agency_id, year=reading.year).order_by("-at").first()


def reread(import_id: int, reading: Reading, rights: Rights, *, filename: str, sha256: str) -> PlanImport:
    """Nhập lại tệp đã sửa: the rows under review become those of the file; what was corrected by hand stays where the
    file says what it said before."""
    with audit.transaction():
        found = PlanImport.objects.select_for_update().filter(
            pk=import_id, agency_id=rights.agency_id, plan=None, amends=None
        )  # fmt: skip
        kept = found.first()
        if kept is None:
            raise PlanRefused(SAVED_MEANWHILE)
        rows, changes = rewritten(rows_of_import(kept), reading.rows)
        take_up(kept, reading, rights, filename=filename, sha256=sha256)
        kept.rows, kept.told = [row.to_json() for row in rows], asdict(changes)
        kept.save()
    return kept


def told_of(told: Mapping[str, Any]) -> list[str]:
    """What a file that was read again changed, in words; nothing where it was read once."""
    if not told:
        return []
    parts = [
        (told["changed"], "dòng thay đổi"),
        (told["added"], "dòng thêm"),
        (told["dropped"], "dòng bỏ"),
    ]  # fmt: skip
    said = [f"{len(rows)} {words} ({_listed(rows)})" for rows, words in parts if rows]
    sentences = ["Đã đọc lại tệp đã sửa: " + ("; ".join(said) if said else "không dòng nào thay đổi") + "."]
    if told["corrections"]:
        sentences.append(f"{told['corrections']} chỗ đã sửa tay được giữ, vì tệp không đổi ở đó.")
    return sentences


LISTED = 12


def _listed(rows: list[str]) -> str:
    return ", ".join(rows[:LISTED]) + (f" và {len(rows) - LISTED} dòng khác" if len(rows) > LISTED else "")
