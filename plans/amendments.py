"""Bản điều chỉnh while it is prepared: a file put beside the plan, or its rows changed by hand.

Nothing of it holds until it is approved; that is a verb of the work, which knows this room and not the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from itertools import pairwise

from django.db.models import QuerySet
from django.utils.timezone import now

from audit import services as audit
from evidence.models import Document
from organization.enums import Role
from organization.rights import Rights
from plans.closing import why_closed
from plans.differences import FIELDS, changes, matched, rewritten, same
from plans.drafting import DraftOccurrence, DraftRow, RowChange
from plans.enums import BeforeIssue
from plans.errors import PlanRefused
from plans.imports import GONE, rows_of_import
from plans.intake import Corrector, Reading, learn
from plans.models import MeasureText, Occurrence, Plan, PlanImport, PlanVersion
from plans.services import draft_row_of, need_office, write_rows

BY_HAND = "Sửa trực tiếp"
CHANGED_MEANWHILE = "Kế hoạch đã có bản điều chỉnh khác sau khi bản này được soạn. Hủy bản này rồi soạn lại."
ALREADY_APPROVED = "Bản điều chỉnh này đã được đưa vào theo dõi. Mở kế hoạch để xem."
ISSUED_MEANWHILE = "Kế hoạch vừa được đưa vào theo dõi. Ghi số, ngày văn bản điều chỉnh rồi đưa bản này vào theo dõi."
OTHER_ROW = "Danh sách dòng vừa thay đổi. Mở lại trang rồi làm lại."
LAST_ROW = "Kế hoạch phải còn ít nhất một dòng. Thêm dòng khác trước khi bỏ dòng này."


@dataclass(frozen=True, slots=True)
class Basis:
    """The document that a version rests on."""

    number: str
    issued_on: date
    abstract: str = ""
    signed: Document | None = None


def newest_version(plan: Plan) -> PlanVersion:
    return plan.versions.order_by("-number")[0]


def texts_now(version: PlanVersion) -> QuerySet[MeasureText]:
    """The rows of a version with all they hold."""
    return version.texts.order_by("position").prefetch_related("units__unit", "occurrences", "criteria")


def rows_of_version(version: PlanVersion) -> list[DraftRow]:
    return [draft_row_of(text) for text in texts_now(version)]


def keep_amendment(
    plan: Plan, rights: Rights, rows: Sequence[DraftRow], *, filename: str, sha256: str = ""
) -> PlanImport:
    """Put an amendment aside, to be looked over. Raises PlanRefused where the plan's year is closed."""
    if refusal := why_closed(plan):
        raise PlanRefused(refusal)
    return PlanImport.objects.create(
        agency_id=plan.agency_id, by_id=rights.user_id, at=now(), filename=filename[-255:], sha256=sha256,
        year=plan.year, amends=plan, base=newest_version(plan), rows=[row.to_json() for row in rows],
    )  # fmt: skip


def amend_from_file(plan: Plan, reading: Reading, rights: Rights, *, filename: str, sha256: str) -> PlanImport:
    """The file's rows beside the plan's; its number and date are offered when it is approved.

    A draft keeps the rows that were put in by hand: no file is missing them.
    """
    need_office(rights)
    before = rows_of_version(newest_version(plan))
    again, told = rewritten(before, reading.rows)
    rows = matched(before, reading.rows) if plan.issued_at else again
    with audit.transaction():
        kept = keep_amendment(plan, rights, rows, filename=filename, sha256=sha256)
        kept.header, kept.told = header_of(reading), asdict(told)
        kept.save(update_fields=("header", "told"))
    return kept


def header_of(reading: Reading) -> dict[str, str | None]:
    header = reading.header
    return {
        "number": header.number,
        "title": header.title,
        "issued_on": header.issued_on.isoformat() if header.issued_on else None,
    }


def amend_by_hand(plan: Plan, rights: Rights) -> PlanImport:
    """The plan's own rows, to be changed one by one."""
    need_office(rights)
    with audit.transaction():
        return keep_amendment(plan, rights, rows_of_version(newest_version(plan)), filename=BY_HAND)


def settled(kept: PlanImport) -> list[DraftRow]:
    """Its rows; a lead that was named for a row since stands where the row says the same as before."""
    now_named = {row.measure_id: row for row in rows_of_version(kept.base)} if kept.base else {}
    rows = []
    for row in rows_of_import(kept):
        was = now_named.get(row.measure_id)
        if was and not any(owner.key for owner in row.leads) and same(was.lead_raw, row.lead_raw):
            row = replace(row, leads=was.leads)
        rows.append(row)
    return rows


def locked_amendment(import_id: int, rights: Rights) -> PlanImport:
    """Its row, held until the verb ends. Raises PlanImport.DoesNotExist, PlanRefused."""
    kept = PlanImport.objects.select_for_update().get(pk=import_id, agency_id=rights.agency_id, amends__isnull=False)
    if kept.plan_id:
        raise PlanRefused(ALREADY_APPROVED)
    return kept


def correct_amendment_row(
    import_id: int, index: int, change: RowChange, rights: Rights, appendix: str | None = None
) -> DraftRow:
    """One row, as the person wrote it; past the last row it is a new one, of the appendix that was chosen."""
    need_office(rights)
    corrector = Corrector.of(rights.agency)
    with audit.transaction():
        kept = locked_amendment(import_id, rights)
        if not 0 <= index <= len(kept.rows):
            raise PlanRefused(GONE)
        rows = rows_of_import(kept)
        new = index == len(rows)
        before = blank_row(rows, appendix) if new else rows[index]
        row = relabelled(before, corrector.correct(before, change, kept.year))
        learn(before, row, rights)
        if new:
            index = max((n + 1 for n, one in enumerate(rows) if one.appendix == row.appendix), default=index)
        kept.rows[index : index if new else index + 1] = [row.to_json()]
        kept.save(update_fields=("rows",))
    return row


def relabelled(before: DraftRow, row: DraftRow) -> DraftRow:
    """Leads that a person chose are what the next version says."""
    if row.leads == before.leads:
        return row
    return replace(row, lead_raw="; ".join(owner.name for owner in row.leads))


def blank_row(rows: Sequence[DraftRow], appendix: str | None = None) -> DraftRow:
    """A row after the others of an appendix, the last one's unless told: of the last field there, with the next number."""
    appendix = appendix if appendix in appendices_of(rows) else (rows[-1].appendix if rows else "I")
    there = [row for row in rows if row.appendix == appendix]
    taken = [int(row.order) for row in there if row.order.isdigit()]
    return DraftRow.blank(appendix, str(max(taken, default=0) + 1), there[-1].field if there else "")


def appendices_of(rows: Sequence[DraftRow]) -> list[str]:
    return list(dict.fromkeys(row.appendix for row in rows))


def drop_amendment_row(import_id: int, index: int, measure_id: int | None, rights: Rights) -> DraftRow:
    """Bỏ dòng: the row is not in the next version. `measure_id` is what the page showed at that place."""
    need_office(rights)
    with audit.transaction():
        kept = locked_amendment(import_id, rights)
        rows = rows_of_import(kept)
        if not 0 <= index < len(rows) or rows[index].measure_id != measure_id:
            raise PlanRefused(OTHER_ROW)
        if len(rows) == 1:
            raise PlanRefused(LAST_ROW)
        row = rows.pop(index)
        kept.rows = [left.to_json() for left in rows]
        kept.save(update_fields=("rows",))
    return row


def restore_amendment_row(import_id: int, measure_id: int, rights: Rights) -> DraftRow:
    """Giữ lại dòng: a row that the amendment would drop stays, after the row before which it stood."""
    need_office(rights)
    with audit.transaction():
        kept = locked_amendment(import_id, rights)
        rows, before = rows_of_import(kept), rows_of_version(kept.base) if kept.base else []
        places = {row.measure_id: place for place, row in enumerate(before)}
        if measure_id not in places or any(row.measure_id == measure_id for row in rows):
            raise PlanRefused(OTHER_ROW)
        row = before[places[measure_id]]
        earlier = {one.measure_id for one in before[: places[measure_id]]}
        place = max((n + 1 for n, one in enumerate(rows) if one.measure_id in earlier), default=0)
        kept.rows = [one.to_json() for one in (*rows[:place], row, *rows[place:])]
        kept.save(update_fields=("rows",))
    return row


def discard_amendment(import_id: int, rights: Rights) -> None:
    need_office(rights)
    with audit.transaction():
        locked_amendment(import_id, rights).delete()


def amend_draft(import_id: int, rights: Rights) -> PlanVersion:
    """A corrected file of a plan that is not under way yet: its rows become the draft's."""
    need_office(rights)
    with audit.transaction():
        kept = locked_amendment(import_id, rights)
        plan = Plan.objects.select_for_update(of=("self",)).get(amendments=kept.pk)
        if plan.issued_at:
            raise PlanRefused(ISSUED_MEANWHILE)
        version = write_version(plan, settled(kept), rights, None, kept)
        audit.record("plan.redrafted", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER),
                     version=version.number, rows=len(kept.rows), source=kept.filename, sha256=kept.sha256)  # fmt: skip
    return version


@dataclass(frozen=True, slots=True)
class Told:
    """What one version changed of a measure; `added`: it brought it; without fields else it left the plan."""

    version: PlanVersion
    fields: list[tuple[str, str, str]]
    added: bool = False


def told_of_measure(measure_id: int, plan_id: int) -> list[Told]:
    """What amendments changed of a measure, newest first."""
    versions = list(PlanVersion.objects.filter(plan_id=plan_id).order_by("number"))
    texts = MeasureText.objects.filter(measure_id=measure_id).prefetch_related("units__unit", "occurrences", "criteria")
    rows = {text.version_id: draft_row_of(text) for text in texts.order_by("version__number")}
    told = []
    for before, after in pairwise(versions):
        if not after.document_number:
            continue  # a draft that was read anew before the plan went under way
        was, now_is = rows.get(before.pk), rows.get(after.pk)
        if was and now_is and (found := changes(was, now_is)):
            told.append(Told(after, [(FIELDS[name], *pair) for name, pair in found.items()]))
        elif was and now_is is None:
            told.append(Told(after, []))
        elif was is None and now_is:
            told.append(Told(after, [], added=True))
    return told[::-1]


def numbered(old: Sequence[DraftOccurrence], new: Sequence[DraftOccurrence]) -> tuple[DraftOccurrence, ...]:
    """The new due dates with the numbers of the old ones they continue; the rest are numbered on.

    As many as before: each in its turn. Else a date that stays keeps its number, a single old date goes to
    the last of the new ones, and a single new one is the last of the old. One date may stand several times.
    """
    if len(old) == len(new):
        return tuple(replace(o, number=was.number) for was, o in zip(old, new, strict=True))
    numbers: defaultdict[date, list[int]] = defaultdict(list)
    for o in reversed(old):
        numbers[o.due_on].append(o.number)
    kept = {place: numbers[o.due_on].pop() for place, o in enumerate(new) if numbers[o.due_on]}
    if not kept and old and new and (len(old) == 1 or len(new) == 1):
        kept = {len(new) - 1: old[-1].number}
    after = max((o.number for o in old), default=0)
    found = []
    for place, occurrence in enumerate(new):
        after += place not in kept
        found.append(replace(occurrence, number=kept.get(place, after)))
    return tuple(found)


def continued(row: DraftRow, was: DraftRow | None) -> DraftRow:
    """The row with its due dates numbered after those of the wording before."""
    if was is None or row.deadline == was.deadline:
        return row
    return replace(
        row, deadline=replace(row.deadline, occurrences=numbered(was.deadline.occurrences, row.deadline.occurrences))
    )


def write_version(
    plan: Plan, rows: Sequence[DraftRow], rights: Rights, basis: Basis | None, kept: PlanImport
) -> PlanVersion:
    """The next version, inside the caller's transaction, which holds the plan's lock."""
    base = newest_version(plan)
    if kept.base_id != base.pk:
        raise PlanRefused(CHANGED_MEANWHILE)
    version = PlanVersion.objects.create(
        plan=plan, number=base.number + 1, source_name=kept.filename, source_sha256=kept.sha256,
        by_id=rights.user_id, at=now(), **_signed(basis),
    )  # fmt: skip
    write_rows(version, rows)
    _keep_decisions(base, version)
    kept.plan = plan
    kept.save(update_fields=("plan",))
    return version


def _signed(basis: Basis | None) -> dict[str, object]:
    if basis is None:
        return {}
    return {
        "document_number": basis.number,
        "issued_on": basis.issued_on,
        "abstract": basis.abstract,
        "signed_document": basis.signed,
    }


def _keep_decisions(base: PlanVersion, version: PlanVersion) -> None:
    """What Văn phòng said of past dates holds where the date is the same."""
    said = Occurrence.objects.filter(text__version=base).exclude(before_issue="")
    known = {(o.text.measure_id, o.number, o.due_on): o for o in said.select_related("text")}
    if not known:
        return
    found = []
    for occurrence in Occurrence.objects.filter(text__version=version).select_related("text"):
        was = known.get((occurrence.text.measure_id, occurrence.number, occurrence.due_on))
        if was:
            occurrence.before_issue = BeforeIssue(was.before_issue)
            occurrence.new_due_on, occurrence.result_id = was.new_due_on, was.result_id
            found.append(occurrence)
    Occurrence.objects.bulk_update(found, ("before_issue", "new_due_on", "result"), batch_size=1000)
