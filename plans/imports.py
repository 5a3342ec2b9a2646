"""A file that was read and is being looked over: correct, confirm, save as a draft or put away."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.utils.timezone import now

from audit import services as audit
from organization.rights import Rights
from plans.drafting import DraftRow, RowChange, led_by_one
from plans.errors import PlanRefused
from plans.intake import Corrector, Reading, learn
from plans.models import Plan, PlanImport
from plans.proposing import taken
from plans.reading import PlanHeader
from plans.services import need_office, write_draft

ALREADY_SAVED = "Tệp này đã được lưu thành dự thảo. Mở dự thảo để sửa tiếp."
NOT_A_LEAD = "Đơn vị này không chủ trì dòng này. Mở lại danh sách dòng rồi chọn lại."
LAST_ROW = "Kế hoạch phải còn ít nhất một dòng nên không bỏ dòng này được."
GONE = "Dòng này không còn trong dự thảo. Mở lại danh sách dòng."


def keep_reading(reading: Reading, rights: Rights, *, filename: str, sha256: str) -> PlanImport:
    """Put a file that was read aside, to be looked over; nothing of it is a plan yet."""
    need_office(rights)
    kept = take_up(PlanImport(agency_id=rights.agency_id), reading, rights, filename=filename, sha256=sha256)
    kept.save()
    return kept


def take_up(kept: PlanImport, reading: Reading, rights: Rights, *, filename: str, sha256: str) -> PlanImport:
    """What the file says, into a row that is not saved yet."""
    header = reading.header
    kept.by_id, kept.at, kept.filename, kept.sha256 = rights.user_id, now(), filename[-255:], sha256
    kept.year = reading.year
    kept.header = {
        "number": header.number,
        "title": header.title,
        "issued_on": header.issued_on.isoformat() if header.issued_on else None,
    }
    kept.rows = [row.to_json() for row in reading.rows]
    kept.problems = [not_taken(name) for name in reading.file.ignored]
    return kept


def not_taken(heading: str) -> str:
    """What is said of a column that no row takes."""
    column = f"Cột “{heading}”" if not heading.startswith("cột thứ ") else heading[:1].upper() + heading[1:]
    return f"{column} có nội dung nhưng không được đưa vào kế hoạch. Nếu cần nội dung này, đổi tiêu đề cột rồi tải lại tệp."


def rows_of_import(found: PlanImport) -> list[DraftRow]:
    return [DraftRow.from_json(body) for body in found.rows]


@dataclass(frozen=True, slots=True)
class Origin:
    """Nguồn giao, văn bản giao and mức xác nhận of a row."""

    source: str
    document: str
    confirmation: str


@dataclass(frozen=True, slots=True)
class Settled:
    """A row as it is now; the names that were learnt of it, and how many other rows they settled."""

    row: DraftRow
    learnt: tuple[str, ...] = ()
    others: int = 0


def correct_import_row(
    import_id: int, index: int, change: RowChange, rights: Rights, origin: Origin | None = None
) -> Settled:
    """One row of a file under review, as the person wrote it."""
    corrector = Corrector.of(rights.agency)

    def changed(row: DraftRow, year: int) -> DraftRow:
        row = corrector.correct(row, change, year)
        if origin is None:
            return row
        return replace(row, source=origin.source, source_document=origin.document, confirmation=origin.confirmation)

    return _change_import_row(import_id, index, rights, corrector, changed)


def choose_import_lead(import_id: int, index: int, lead: str, rights: Rights) -> Settled:
    """A lead for a row under review that waits for one."""
    corrector = Corrector.of(rights.agency)
    return _change_import_row(import_id, index, rights, corrector, lambda row, _: corrector.led_by(row, lead))


def confirm_import_row(import_id: int, index: int, rights: Rights) -> Settled:
    """The row was understood rightly; several lead units have an assignment each."""
    corrector = Corrector.of(rights.agency)
    return _change_import_row(import_id, index, rights, corrector, lambda row, _: replace(row, confirmed=True))


def name_responsible(import_id: int, index: int, lead: str, rights: Rights) -> Settled:
    """Một đơn vị chịu trách nhiệm: one of several lead units has the assignment, the others help. Raises PlanRefused."""

    def change(row: DraftRow, _: int) -> DraftRow:
        if lead not in {owner.key for owner in row.rivals}:
            raise PlanRefused(NOT_A_LEAD)
        return led_by_one(row, lead)

    return _change_import_row(import_id, index, rights, Corrector.of(rights.agency), change)


def drop_import_row(import_id: int, index: int, name: str, rights: Rights) -> DraftRow:
    """Bỏ dòng: the row is not in the plan. `name` is how the page called the row at that place."""
    need_office(rights)
    with audit.transaction():
        found = _locked_import(import_id, rights)
        rows = rows_of_import(found)
        if not 0 <= index < len(rows) or rows[index].row != name:
            raise PlanRefused(GONE)
        if len(rows) == 1:
            raise PlanRefused(LAST_ROW)
        row = rows.pop(index)
        found.rows = [left.to_json() for left in rows]
        found.save(update_fields=("rows",))
    return row


def take_proposal(import_id: int, index: int, rights: Rights) -> Settled:
    """Nguồn giao and mức xác nhận of one row as its words suggest them."""
    return _change_import_row(import_id, index, rights, Corrector.of(rights.agency), lambda row, _: taken(row))


def take_proposals(import_id: int, rights: Rights) -> int:
    """The same of every row; returns how many took something."""
    need_office(rights)
    with audit.transaction():
        found = _locked_import(import_id, rights)
        before = rows_of_import(found)
        rows = [taken(row) for row in before]
        found.rows = [row.to_json() for row in rows]
        found.save(update_fields=("rows",))
    return sum(row != was for row, was in zip(rows, before, strict=True))


def _change_import_row(
    import_id: int, index: int, rights: Rights, corrector: Corrector, change: Callable[[DraftRow, int], DraftRow]
) -> Settled:
    need_office(rights)
    with audit.transaction():
        found = _locked_import(import_id, rights)
        if not 0 <= index < len(found.rows):
            raise PlanRefused(GONE)
        before = DraftRow.from_json(found.rows[index])
        row = change(before, found.year)
        found.rows[index] = row.to_json()
        learnt = learn(before, row, rights)
        others = _settle_alike(found, learnt, corrector)
        found.save(update_fields=("rows",))
    return Settled(row, tuple(text for text, _ in learnt), others)


def _settle_alike(found: PlanImport, learnt: Sequence[tuple[str, int]], corrector: Corrector) -> int:
    """Other rows that wait for the same name take it too."""
    settled = 0
    for place, body in enumerate(found.rows if learnt else ()):
        row = before = DraftRow.from_json(body)
        for text, unit in learnt:
            row = corrector.reread_lead(row, text, unit)
        if row is not before:
            found.rows[place] = row.to_json()
            settled += 1
    return settled


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
