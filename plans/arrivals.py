"""Where a file that was read goes: it is looked over, or it updates what is there of the same plan, never a second time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from audit import services as audit
from organization.rights import Rights, rights_of
from plans.amendments import amend_from_file
from plans.differences import rewritten
from plans.errors import PlanRefused
from plans.imports import keep_reading, rows_of_import, take_up
from plans.intake import Reading, read_file
from plans.models import Arrival, Plan, PlanImport
from plans.reading import UnreadableError
from plans.services import need_office

LEASE = timedelta(minutes=2)
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


def wait(
    body: bytes, rights: Rights, *, filename: str, year: int | None = None, separate: bool = False,
    over: PlanImport | None = None, beside: Plan | None = None,
) -> Arrival:  # fmt: skip
    """A file too large to be read while somebody waits for the page: owed to a worker."""
    need_office(rights)
    return Arrival.objects.create(
        agency_id=rights.agency_id, by_id=rights.user_id, at=now(), filename=filename[-255:], body=body, year=year,
        separate=separate, over=over, beside=beside,
    )  # fmt: skip


def unread() -> list[int]:
    """Files that no worker holds: brought and not taken, or left by a worker that died."""
    free = Q(leased_until=None) | Q(leased_until__lt=now())
    return list(waiting().filter(free).order_by("pk").values_list("pk", flat=True))


def waiting() -> QuerySet[Arrival]:
    return Arrival.objects.filter(refusal="", result=None)


def read_waiting(arrival_id: int) -> Arrival | None:
    """Read one file and put it where it belongs; None where another worker holds it or it is done.

    Safe to repeat after `kill -9`: what was put under review before the death is found there and updated.
    """
    arrival = _lease(arrival_id)
    if arrival is None:
        return None

    def tell(done: int, total: int) -> None:
        waiting().filter(pk=arrival.pk).update(done=done, total=total, leased_until=now() + LEASE)

    rights = rights_of(arrival.by)
    try:
        need_office(rights)
        reading = read_file(BytesIO(bytes(arrival.body or b"")), rights.agency, arrival.year, tell)
        result = _put(arrival, reading, rights)
    except (UnreadableError, PlanRefused) as refusal:
        return _end(arrival, refusal=f"“{arrival.filename}”: {refusal}")
    except PermissionDenied:
        return _end(arrival, refusal="Người tải tệp lên không còn là người của Văn phòng.")
    return _end(arrival, result=result)


def _lease(arrival_id: int) -> Arrival | None:
    with transaction.atomic():
        arrival = waiting().select_for_update(skip_locked=True).filter(pk=arrival_id).first()
        if arrival is None or (arrival.leased_until and arrival.leased_until > now()):
            return None
        arrival.leased_until = now() + LEASE
        arrival.save(update_fields=("leased_until",))
    return arrival


def _put(arrival: Arrival, reading: Reading, rights: Rights) -> PlanImport:
    sha256 = hashlib.sha256(bytes(arrival.body or b"")).hexdigest()
    if arrival.beside:
        return amend_from_file(arrival.beside, reading, rights, filename=arrival.filename, sha256=sha256)
    return receive(
        reading, rights, filename=arrival.filename, sha256=sha256, separate=arrival.separate, instead_of=arrival.over_id
    )


def _end(arrival: Arrival, *, refusal: str = "", result: PlanImport | None = None) -> Arrival:
    arrival.body, arrival.leased_until, arrival.refusal, arrival.result = None, None, refusal, result
    arrival.done = arrival.total = len(result.rows) if result else 0
    arrival.save()
    return arrival


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
