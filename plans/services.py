"""What people do with a plan's drafts: keep one, correct its rows, put it away.

Verbs of the office refuse with PlanRefused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.utils.timezone import now

from audit import services as audit
from organization.enums import LEADERS, Role
from organization.models import Post, Unit, User
from organization.rights import Rights
from organization.vietnamese import clean
from plans.closing import why_closed
from plans.drafting import (
    GROUP_WORDS,
    LEAD,
    DraftCriterion,
    DraftDeadline,
    DraftOccurrence,
    DraftOwner,
    DraftProblem,
    DraftRow,
    RowChange,
)
from plans.enums import Confirmation, OwnerKind, Part, Source
from plans.errors import PlanRefused
from plans.intake import Corrector, Reading, deadline_settings, learn, units_for_reading
from plans.models import Measure, MeasureCriterion, MeasureText, MeasureUnit, Occurrence, Plan, PlanVersion
from plans.reading import PlanFile, PlanHeader, RawRow
from plans.understanding import understand

MOST_POINTS = Decimal("9999.99")
ALREADY_ISSUED = "Kế hoạch này đã được đưa vào theo dõi nên không sửa dòng được nữa."


def save_draft(
    reading: Reading, agency: Unit, by: User | None, *, source_name: str = "", source_sha256: str = ""
) -> Plan:
    """A file as a draft without anybody having looked it over (the command)."""
    with audit.transaction():
        return write_draft(
            reading.rows, reading.header, reading.year, agency_id=agency.pk, by_id=by.pk if by else None,
            source_name=source_name, source_sha256=source_sha256,
        )  # fmt: skip


def write_draft(
    rows: Sequence[DraftRow],
    header: PlanHeader,
    year: int,
    *,
    agency_id: int,
    by_id: int | None,
    source_name: str,
    source_sha256: str,
) -> Plan:
    at = now()
    plan = Plan.objects.create(
        agency_id=agency_id, year=year, title=_fit(Plan, "title", header.title or f"Kế hoạch năm {year}"),
        number=_fit(Plan, "number", header.number), issued_on=header.issued_on, by_id=by_id, at=at,
    )  # fmt: skip
    version = PlanVersion.objects.create(
        plan=plan, source_name=source_name[-255:], source_sha256=source_sha256, by_id=by_id, at=at
    )
    write_rows(version, rows)
    audit.record(
        "plan.drafted", f"plan:{plan.pk}", agency=agency_id, actor=by_id, at=at, rows=len(rows), year=year,
        source=source_name, sha256=source_sha256,
    )  # fmt: skip
    return plan


def write_rows(version: PlanVersion, rows: Sequence[DraftRow]) -> list[MeasureText]:
    """The rows of a new version in their order; a row that continues no measure begins one."""
    plan = version.plan
    fresh = iter(Measure.objects.bulk_create(_new_measures(plan, [row for row in rows if row.measure_id is None])))
    texts = [
        _filled(MeasureText(measure_id=row.measure_id or next(fresh).pk, version=version, position=position), row)
        for position, row in enumerate(rows, 1)
    ]
    MeasureText.objects.bulk_create(texts, batch_size=1000)
    _write_parts(list(zip(texts, rows, strict=True)))
    return texts


def _new_measures(plan: Plan, rows: Sequence[DraftRow]) -> list[Measure]:
    """Of a row that continues one of last year, what was decided of that one holds: who confirms, how much is to come."""
    former = Measure.objects.in_bulk({row.continues for row in rows if row.continues})
    made = []
    for row in rows:
        measure, was = Measure(agency_id=plan.agency_id, plan=plan), former.get(row.continues or 0)
        measure.source, measure.confirmation = Source(row.source), Confirmation(row.confirmation)
        measure.source_document = _fit(Measure, "source_document", row.source_document)
        if was:
            measure.continues = was
            measure.confirmation = was.confirmation if row.confirmation == Confirmation.LEADER else measure.confirmation
            measure.target, measure.target_unit = was.target, was.target_unit
        made.append(measure)
    return made


def _filled(text: MeasureText, row: DraftRow) -> MeasureText:
    text.appendix, text.order = _fit(MeasureText, "appendix", row.appendix), _fit(MeasureText, "order", row.order)
    text.field = _fit(MeasureText, "field", row.field)
    text.task, text.solution, text.product, text.note = row.task, row.solution, row.product, row.note
    text.lead_raw, text.coordinating_raw, text.deadline_raw = row.lead_raw, row.coordinating_raw, row.deadline.raw
    text.deadline_kind, text.deadline_rule = row.deadline.kind, row.deadline.rule
    text.begins_on = row.deadline.begins_on
    text.read, text.by_hand = dict(row.read), row.by_hand
    text.remarks = [
        {"column": p.column, "message": p.message, "severity": p.severity}
        for p in row.problems
        if p.blocking or not row.confirmed
    ]
    text.points = min(row.points, MOST_POINTS)
    return text


def _write_parts(pairs: Sequence[tuple[MeasureText, DraftRow]]) -> None:
    """The rows' units, criteria and due dates; three INSERTs a thousand."""
    MeasureUnit.objects.bulk_create((unit for text, row in pairs for unit in _units(text, row)), batch_size=1000)
    MeasureCriterion.objects.bulk_create(
        (
            MeasureCriterion(text=text, position=position, code=_fit(MeasureCriterion, "code", criterion.code),
                             name=_fit(MeasureCriterion, "name", criterion.name), points=criterion.points)
            for text, row in pairs for position, criterion in enumerate(row.criteria, 1)
        ),
        batch_size=1000,
    )  # fmt: skip
    Occurrence.objects.bulk_create(
        (
            Occurrence(text=text, number=occurrence.number or number, label=_fit(Occurrence, "label", occurrence.label),
                       begins_on=occurrence.begins_on, due_on=occurrence.due_on)
            for text, row in pairs for number, occurrence in enumerate(row.deadline.occurrences, 1)
        ),
        batch_size=1000,
    )  # fmt: skip


def _units(text: MeasureText, row: DraftRow) -> Iterable[MeasureUnit]:
    for part, owners in ((Part.LEAD, row.leads), (Part.COORDINATING, row.coordinating)):
        for position, owner in enumerate(owners, 1):
            yield _measure_unit(text, part, position, owner)


def _measure_unit(text: MeasureText, part: Part, position: int, owner: DraftOwner) -> MeasureUnit:
    return MeasureUnit(
        text=text, part=part, position=position, written=_fit(MeasureUnit, "written", owner.written),
        kind=owner.kind, unit_id=owner.unit_id, group=owner.group,
    )  # fmt: skip


def _fit(model: type[Any], name: str, text: str) -> str:
    """What the column holds; a cell from outside may be longer than any name."""
    return text[: model._meta.get_field(name).max_length]


def draft_row_of(text: MeasureText, criteria: Sequence[DraftCriterion] | None = None) -> DraftRow:
    """A saved row in the shape in which rows are corrected; asks for units__unit, occurrences, and its criteria
    where they are not at hand."""
    if criteria is None:
        criteria = [DraftCriterion(c.code, c.name, c.points) for c in text.criteria.all()]
    owners: dict[str, list[DraftOwner]] = {Part.LEAD: [], Part.COORDINATING: []}
    for owner in text.units.all():
        name = owner.unit.name if owner.unit else owner.written
        owners[owner.part].append(DraftOwner(owner.written, name, owner.kind, owner.unit_id, owner.group))
    found = sorted(text.occurrences.all(), key=lambda occurrence: (occurrence.due_on, occurrence.number))
    occurrences = tuple(DraftOccurrence(o.label, o.begins_on, o.due_on, o.number) for o in found)
    return DraftRow(
        text.appendix, text.order, text.code, text.field, text.task, text.solution, text.product, text.note,
        text.lead_raw, text.coordinating_raw,
        tuple(criteria),
        tuple(owners[Part.LEAD]), tuple(owners[Part.COORDINATING]),
        DraftDeadline(text.deadline_raw, text.deadline_kind, text.deadline_rule, "", occurrences, (), text.begins_on),
        tuple(DraftProblem(**problem) for problem in text.remarks), measure_id=text.measure_id,
        read=text.read, by_hand=text.by_hand,
    )  # fmt: skip


def correct_row(text_id: int, change: RowChange, rights: Rights) -> MeasureText:
    """One row of a draft, as the person wrote it."""
    need_office(rights)
    corrector = Corrector.of(rights.agency)
    with audit.transaction():
        plan_id = MeasureText.objects.values_list("version__plan_id", flat=True).get(
            pk=text_id, version__plan__agency_id=rights.agency_id
        )
        plan = Plan.objects.select_for_update().get(pk=plan_id)
        if plan.issued_at:
            raise PlanRefused(ALREADY_ISSUED)
        text = MeasureText.objects.get(pk=text_id)
        before = draft_row_of(text)
        row = corrector.correct(before, change, plan.year)
        _filled(text, row).save(force_update=True)
        text.units.all().delete()
        text.criteria.all().delete()
        if row.deadline is not before.deadline:
            text.occurrences.all().delete()
        else:
            row = replace(row, deadline=replace(row.deadline, occurrences=()))
        _write_parts([(text, row)])
        learn(before, row, rights)
        audit.record(
            "plan.row_corrected",
            f"plan:{plan.pk}",
            agency=plan.agency_id,
            actor=rights.user_id,
            on_behalf_of=rights.name_for(Role.REVIEWER),
            row=text.code,
        )
    return text


def append_rows(plan_id: int, rows: Sequence[RawRow], rights: Rights, *, once: bool = False) -> list[MeasureText]:
    """Rows of another source at the end of a draft, as if its file had held them; they are corrected there.

    `once`: what the same source (the note) has put there for a criterion already is refused.
    """
    need_office(rights)
    units, rules = units_for_reading(rights.agency), deadline_settings(rights.agency)
    with audit.transaction():
        plan = Plan.objects.select_for_update().get(pk=plan_id, agency_id=rights.agency_id)
        if plan.issued_at:
            raise PlanRefused(ALREADY_ISSUED)
        version = plan.versions.order_by("-number")[0]
        written = version.texts.order_by("position")
        last = max((text.position for text in written), default=0)
        if once:
            _must_be_new(written, rows)
        read = understand(PlanFile(PlanHeader(year=plan.year), list(rows)), plan.year, units, rules)
        drafts = [replace(DraftRow.of(row), read={}, by_hand=True) for row in read]
        measures = Measure.objects.bulk_create(Measure(agency_id=plan.agency_id, plan=plan) for _ in drafts)
        texts = [
            _filled(MeasureText(measure=measure, version=version, position=position), row)
            for position, (measure, row) in enumerate(zip(measures, drafts, strict=True), last + 1)
        ]
        MeasureText.objects.bulk_create(texts)
        _write_parts(list(zip(texts, drafts, strict=True)))
        audit.record("plan.rows_added", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER),
                     rows=[text.code for text in texts])  # fmt: skip
    return texts


def _must_be_new(written: QuerySet[MeasureText], rows: Sequence[RawRow]) -> None:
    """By source and criterion: the wording may have been corrected since, and points change."""
    there = {
        (text.note, criterion.code): text.code
        for text in written.filter(note__in={row.note for row in rows}).prefetch_related("criteria")
        for criterion in text.criteria.all()
    }
    keys = [(row.note, criterion.code) for row in rows for criterion in row.criteria]
    if twice := [there[key] for key in keys if key in there]:
        raise PlanRefused(
            f"Dự thảo đã có nhiệm vụ khắc phục ở dòng {', '.join(twice)}. Bỏ chọn tiêu chí đó rồi đưa lại."
        )


def name_leads(text: MeasureText, units: Sequence[Unit]) -> None:
    """Put named units where the row had none; outside bodies stay as names. Inside the caller's transaction, which holds the plan's lock."""
    leads = text.units.filter(part=Part.LEAD)
    nobody = leads.exclude(kind__in=(OwnerKind.UNIT, OwnerKind.EXTERNAL))
    nobody.exclude(kind=OwnerKind.GROUP, group__in=GROUP_WORDS).delete()
    last = leads.order_by("-position").values_list("position", flat=True).first() or 0
    MeasureUnit.objects.bulk_create(
        MeasureUnit(text=text, part=Part.LEAD, position=position, kind=OwnerKind.UNIT, unit=unit,
                    written=_fit(MeasureUnit, "written", text.lead_raw or unit.name))
        for position, unit in enumerate(units, last + 1)
    )  # fmt: skip
    text.remarks = [problem for problem in text.remarks if problem["column"] != LEAD]
    text.save(update_fields=("remarks",))


def _locked_measure(measure_id: int, rights: Rights) -> Measure:
    """Raises Measure.DoesNotExist, and PlanRefused where the plan's year is closed."""
    measure = Measure.objects.select_for_update().get(pk=measure_id, agency_id=rights.agency_id)
    _need_open(measure.plan)
    return measure


def _need_open(plan: Plan) -> None:
    if refusal := why_closed(plan):
        raise PlanRefused(refusal)


def put_leader(measure_id: int, leader: User | None, rights: Rights) -> None:
    """Lãnh đạo phụ trách riêng of one measure; None gives it back to the leader in charge of its unit.

    Decisions that wait already stay with whom they wait for. Raises Measure.DoesNotExist, PermissionDenied, PlanRefused.
    """
    need_office(rights)
    leaders = Post.objects.on(rights.on).filter(agency_id=rights.agency_id, role__in=LEADERS, user__is_active=True)
    if leader and not leaders.filter(user=leader).exists():
        raise PlanRefused(f"{leader.full_name} không phải lãnh đạo cơ quan. Chọn người khác.")
    with audit.transaction():
        measure = _locked_measure(measure_id, rights)
        measure.leader = leader
        measure.save(update_fields=("leader",))
        audit.record("measure.leader_named", f"measure:{measure.pk}", agency=measure.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER),
                     leader=leader.pk if leader else None)  # fmt: skip


def set_confirmation(plan_id: int, measures: Iterable[int], level: Confirmation, rights: Rights) -> int:
    """Mức xác nhận of these rows, from their next review on; Văn phòng and leadership. Returns how many changed."""
    if not (rights.is_office or rights.leads):
        raise PermissionDenied("Chỉ Văn phòng và lãnh đạo đặt mức xác nhận.")
    with audit.transaction():
        plan = Plan.objects.get(pk=plan_id, agency_id=rights.agency_id)
        _need_open(plan)
        rows = Measure.objects.select_for_update().filter(plan=plan, pk__in=list(measures)).order_by("pk")
        changed = [row.pk for row in rows if row.confirmation != level]
        if changed:
            Measure.objects.filter(pk__in=changed).update(confirmation=level)
            audit.record("plan.confirmation_set", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id,
                         on_behalf_of=rights.name_for(Role.REVIEWER, *LEADERS),
                         level=level.value, measures=changed)  # fmt: skip
    return len(changed)


def put_source(measure_id: int, source: Source, document: str, rights: Rights) -> None:
    """Nguồn giao of one measure: which body set its date, and by which document.

    Raises Measure.DoesNotExist, PermissionDenied, PlanRefused.
    """
    need_office(rights)
    document = "" if source == Source.PLAN else clean(document)
    if source != Source.PLAN and not document:
        raise PlanRefused(f"Chưa ghi văn bản giao của {source.label}. Ghi số, ký hiệu và ngày của văn bản.")
    with audit.transaction():
        measure = _locked_measure(measure_id, rights)
        measure.source, measure.source_document = source, document
        measure.save(update_fields=("source", "source_document"))
        audit.record("measure.source_named", f"measure:{measure.pk}", agency=measure.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER),
                     source=source, document=document)  # fmt: skip


def put_target(measure_id: int, target: Decimal | None, unit: str, rights: Rights) -> None:
    """Chỉ tiêu của nhiệm vụ, with its unit; None takes it away. Figures that were entered stay.

    Raises Measure.DoesNotExist, PermissionDenied, PlanRefused.
    """
    need_office(rights)
    if target is not None and target <= 0:
        raise PlanRefused("Chỉ tiêu phải lớn hơn 0. Ghi lại chỉ tiêu.")
    with audit.transaction():
        measure = _locked_measure(measure_id, rights)
        measure.target, measure.target_unit = target, clean(unit) if target is not None else ""
        measure.save(update_fields=("target", "target_unit"))
        audit.record("measure.target_set", f"measure:{measure.pk}", agency=measure.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER),
                     target=str(target) if target is not None else None, unit=measure.target_unit)  # fmt: skip


def discard_draft(plan_id: int, rights: Rights) -> None:
    """A draft that is not wanted; what was issued is never taken away."""
    need_office(rights)
    with audit.transaction():
        plan = Plan.objects.select_for_update().get(pk=plan_id, agency_id=rights.agency_id)
        if plan.issued_at:
            raise PlanRefused("Kế hoạch này đã được đưa vào theo dõi nên không xóa được.")
        audit.record(
            "plan.discarded",
            f"plan:{plan.pk}",
            agency=plan.agency_id,
            actor=rights.user_id,
            on_behalf_of=rights.name_for(Role.REVIEWER),
            title=plan.title,
        )
        plan.delete()


def need_office(rights: Rights) -> None:
    if not rights.is_office:
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
