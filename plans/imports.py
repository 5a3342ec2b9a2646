"""A file that was read and is being looked over: correct, confirm, save as a draft or put away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from django.utils.timezone import now

from audit import services as audit
from organization.rights import Rights
from plans.drafting import DraftRow, RowChange
from plans.errors import PlanRefused
from plans.intake import Corrector, Reading
from plans.models import Plan, PlanImport
from plans.reading import PlanHeader
from plans.services import need_office, write_draft

ALREADY_SAVED = "Tệp này đã được lưu thành dự thảo. Mở dự thảo để sửa tiếp."
GONE = "Dòng này không còn trong dự thảo. Mở lại danh sách dòng."


def keep_reading(reading: Reading, rights: Rights, *, filename: str, sha256: str) -> PlanImport:
    """Put a file that was read aside, to be looked over; nothing of it is a plan yet."""
    need_office(rights)
    header = reading.header
    return PlanImport.objects.create(
        agency_id=rights.agency_id, by_id=rights.user_id, at=now(), filename=filename[-255:], sha256=sha256,
        year=reading.year,
        header={
            "number": header.number,
            "title": header.title,
            "issued_on": header.issued_on.isoformat() if header.issued_on else None,
        },
        rows=[row.to_json() for row in reading.rows], problems=[not_taken(name) for name in reading.file.ignored],
    )  # fmt: skip


def not_taken(heading: str) -> str:
    """What is said of a column that no row takes."""
    column = f"Cột “{heading}”" if not heading.startswith("cột thứ ") else heading[:1].upper() + heading[1:]
    return f"{column} có nội dung nhưng không được đưa vào kế hoạch. Nếu cần nội dung này, đổi tiêu đề cột rồi tải lại tệp."


def rows_of_import(found: PlanImport) -> list[DraftRow]:
    return [DraftRow.from_json(body) for body in found.rows]


def correct_import_row(import_id: int, index: int, change: RowChange, rights: Rights) -> DraftRow:
    """One row of a file under review, as the person wrote it."""
    corrector = Corrector.of(rights.agency)
    return _change_import_row(import_id, index, rights, lambda row, year: corrector.correct(row, change, year))


def choose_import_lead(import_id: int, index: int, lead: str, rights: Rights) -> DraftRow:
    """A lead for a row under review that waits for one."""
    corrector = Corrector.of(rights.agency)
    return _change_import_row(import_id, index, rights, lambda row, _: corrector.led_by(row, lead))


def confirm_import_row(import_id: int, index: int, rights: Rights) -> DraftRow:
    """The row was understood rightly."""
    return _change_import_row(import_id, index, rights, lambda row, _: replace(row, confirmed=True))


def _change_import_row(
    import_id: int, index: int, rights: Rights, change: Callable[[DraftRow, int], DraftRow]
) -> DraftRow:
    need_office(rights)
    with audit.transaction():
        found = _locked_import(import_id, rights)
        if not 0 <= index < len(found.rows):
            raise PlanRefused(GONE)
        row = change(DraftRow.from_json(found.rows[index]), found.year)
        found.rows[index] = row.to_json()
        found.save(update_fields=("rows",))
    return row


def _locked_import(import_id: int, rights: Rights) -> PlanImport:
    found = PlanImport.objects.select_for_update().get(pk=import_id, agency_id=rights.agency_id)
    if found.plan_id:
        raise PlanRefused(ALREADY_SAVED)
    return found


def save_import(import_id: int, rights: Rights) -> Plan:
    """Lưu dự thảo: what was looked over becomes a draft, once."""
    need_office(rights)
    with audit.transaction():
        found = _locked_import(import_id, rights)
        issued_on = found.header["issued_on"]
        header = PlanHeader(
            found.header["number"], date.fromisoformat(issued_on) if issued_on else None, found.header["title"]
        )
        plan = write_draft(
            rows_of_import(found), header, found.year, agency_id=found.agency_id, by_id=rights.user_id,
            source_name=found.filename, source_sha256=found.sha256,
        )  # fmt: skip
        found.plan = plan
        found.save(update_fields=("plan",))
    return plan


def discard_import(import_id: int, rights: Rights) -> None:
    """Hủy bỏ: a file that was looked over and is not wanted."""
    need_office(rights)
    with audit.transaction():
        _locked_import(import_id, rights).delete()
