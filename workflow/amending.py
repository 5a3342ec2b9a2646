"""Điều chỉnh kế hoạch: the next version of a plan, and the open work that follows it. One transaction.

The plan's row is locked first, then the cases in the order of their keys; what each of them becomes is
found again under those locks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from organization.due_dates import Due, due_dates
from organization.enums import Role
from organization.rights import Rights, holders
from organization.vietnamese import clean, short_date
from plans.amendments import Basis, continued, locked_amendment, rows_of_version, settled, write_version
from plans.differences import Difference, difference
from plans.drafting import DraftOccurrence, DraftRow
from plans.enums import Part
from plans.models import MeasureText, Occurrence, Plan, PlanImport, PlanVersion
from workflow import engine
from workflow.errors import Refused
from workflow.following import Becomes, Follow, follows, open_cases, open_steps, touched
from workflow.issuing import Filed, begin, digest_of, filed, locked_plan, need_office, verb
from workflow.models import Assignment, Case, Schedule
from workflow.owing import owe_each
from workflow.planned import Planner, Work, leaderless, rows_of, undecided
from workflow.requests.reading import holders_of_requests

NOT_ISSUED = "Kế hoạch còn là dự thảo. Sửa thẳng vào dự thảo, hoặc đưa vào theo dõi rồi điều chỉnh."
NUMBER_MISSING = "Chưa ghi số văn bản điều chỉnh. Ghi số, ký hiệu của văn bản đã ký."
LATE_AT_ONCE = "Thời hạn mới của dòng {} đã qua nên việc đang mở quá hạn ngay khi điều chỉnh."
NOTHING_CHANGES = "Bản điều chỉnh không đổi dòng nào so với kế hoạch. Sửa ít nhất một dòng rồi lưu lại."


@dataclass(frozen=True)
class Amended:
    """What an amendment changed, what became of the open work, and what it left for later."""

    version: PlanVersion
    found: Difference
    follows: list[Follow]
    assignments: int
    undecided: list[Occurrence]
    leaderless: list[MeasureText]


def foreseen(kept: PlanImport, plan: Plan) -> tuple[Difference, list[Follow]]:
    """What the amendment would do today. Reads only."""
    rows = settled(kept)
    found = difference(rows_of_version(kept.base), rows) if kept.base else Difference([], [], [], [])
    steps = open_steps(open_cases(touched(found)))
    return found, follows(found, steps, Planner.of(plan, localdate()).book)


def amend_plan(
    import_id: int, rights: Rights, *, number: str, issued_on: date, abstract: str = "", signed_document: Filed = None,
    late_ok: bool = False,
) -> Amended:  # fmt: skip
    """Đưa bản điều chỉnh vào theo dõi, once; `late_ok`: that it makes open work overdue at once was seen.

    Raises PermissionDenied, PlanImport.DoesNotExist, Refused, PlanRefused, Busy.
    """
    need_office(rights)
    today = localdate()
    number = clean(number)
    with verb():
        signed = filed(signed_document)
        plan = locked_plan(_plan_of(import_id, rights), rights)
        kept = locked_amendment(import_id, rights)
        if plan.issued_at is None:
            raise Refused(NOT_ISSUED)
        check(number, issued_on, plan, today)
        basis = Basis(number, issued_on, clean(abstract), signed)
        return amend(plan, kept, basis, rights, today, late_ok=late_ok)


def _plan_of(import_id: int, rights: Rights) -> int:
    amendments = PlanImport.objects.filter(agency_id=rights.agency_id, amends__isnull=False)
    return amendments.values_list("amends_id", flat=True).get(pk=import_id)


def check(number: str, issued_on: date, plan: Plan, today: date) -> None:
    """Raises Refused where the document of an amendment cannot be that."""
    if not number:
        raise Refused(NUMBER_MISSING)
    if issued_on > today:
        raise Refused(f"Ngày văn bản {short_date(issued_on)} ở sau hôm nay. Kiểm tra lại ngày.")
    last = plan.versions.order_by("-number").values_list("issued_on", flat=True)[0] or plan.issued_on
    if last and issued_on < last:
        raise Refused(
            f"Ngày văn bản {short_date(issued_on)} ở trước bản đang thực hiện ({short_date(last)}). Kiểm tra lại ngày."
        )


def amend(plan: Plan, kept: PlanImport, basis: Basis, rights: Rights, today: date, *, late_ok: bool = False) -> Amended:
    """Inside a verb that holds the plan. Raises Refused, PlanRefused."""
    before = rows_of_version(kept.base) if kept.base else []
    rows = settled(kept)
    found = difference(before, rows)
    if not (found.changed or found.added or found.dropped):
        raise Refused(NOTHING_CHANGES)
    told = follows(found, engine.lock_open(open_cases(touched(found))), Planner.of(plan, today).book)
    late = late_codes(told, today)
    if late and not late_ok:
        raise Refused(f"{LATE_AT_ONCE.format(', '.join(late))} Đánh dấu đồng ý hoặc sửa thời hạn rồi gửi lại.")
    was = {row.measure_id: row for row in before}
    rows = [continued(row, was.get(row.measure_id)) for row in rows]
    version = write_version(plan, rows, rights, basis, kept)
    planner = Planner.of(plan, today)
    dates = due_dates(plan.agency_id, [one.due.due_on for one in told if one.due and one.due.due_on])
    for one in told:
        _apply(one, planner, dates, rights, said_of(basis))
    _take_up_again(before, rows, said_of(basis), planner, rights)
    planner = Planner.of(plan, today)  # who took over counts as begun
    texts = list(rows_of(plan).prefetch_related("criteria"))
    unchanged = {row.measure_id for _, row in found.kept}
    works = planner.work(t for t in texts if t.measure_id not in unchanged)
    assignments = begin(planner, works, rights)[1]
    _tell(told, found, version, rights)
    _tell_begun(works, version, rights)
    amended = Amended(version, found, told, assignments, list(undecided(plan, today)), leaderless(texts, planner.book))
    _record(amended, plan, basis, rights, texts)
    return amended


def late_codes(told: Iterable[Follow], today: date) -> list[str]:
    """The rows of which open work would be overdue the moment the amendment holds."""
    return list(dict.fromkeys(one.row.code for one in told if one.row and one.born_late(today)))


def said_of(basis: Basis) -> str:
    """78/KH-SKHĐT ngày 20/9/2024."""
    return f"{basis.number} ngày {short_date(basis.issued_on)}"


def _apply(one: Follow, planner: Planner, dates: Mapping[date, Due], rights: Rights, document: str) -> None:
    """One open assignment becomes what was foreseen; its case and step are locked."""
    note = f"Điều chỉnh kế hoạch theo {document}. {one.words}"
    row = one.row
    if one.becomes == Becomes.ENDS or row is None:
        engine.pull_locked(one.step, "discontinued", rights, note=note)
        return
    case = one.case
    case.code, case.title, case.points = row.code, row.task, row.points
    step = one.step
    if one.unit:
        step = engine.change_lead(step, one.unit, rights, note=note, stays=one.becomes == Becomes.HEIRED)
    due = one.due
    if due:
        now_due = dates[due.due_on] if due.due_on else None
        opens_on = planner.opens_for(due.begins_on, now_due.on if now_due else None)
        words = f"{note} {now_due.why}" if now_due and now_due.why else note
        engine.move_due(step, due.schedule, now_due, due.label, opens_on, rights, note=words)
        Notice.objects.filter(subject=case.subject, kind="reminder", read_at=None).update(read_at=now())
    case.save(update_fields=("code", "title", "points", "folded"))
    if one.fields and not one.unit and not due:
        audit.record("case.reworded", case.subject, agency=case.agency_id, actor=rights.user_id, note=note,
                     on_behalf_of=rights.name_for(Role.REVIEWER), fields=list(one.fields))  # fmt: skip


def _take_up_again(
    before: Sequence[DraftRow], rows: Sequence[DraftRow], document: str, planner: Planner, rights: Rights
) -> None:
    """Work that an amendment ended once and this one brings back stands again where it stood, by the new wording.

    What was discontinued by a decision while its row stayed in the plan is not brought back.
    """
    old, new = _wanted(before, planner), _wanted(rows, planner)
    dropped = Assignment.objects.filter(measure__plan=planner.plan, case__status=Case.DISCONTINUED)
    keys = dropped.values_list("case_id", "measure_id", "unit_id", "period")
    back = {case: new[key] for case, *key3 in keys if (key := (key3[0], key3[1], key3[2])) in new and key not in old}
    dates = due_dates(planner.plan.agency_id, [one.due_on for _, one in back.values() if one])
    for last in engine.lock_ended(sorted(back)):
        row, occurrence = back[last.process_id]
        note = f"Điều chỉnh kế hoạch theo {document}. Đưa lại vào kế hoạch."
        case = last.process
        case.code, case.title, case.points = row.code, row.task, row.points
        step = engine.give_back(last, rights, note=note, on_behalf_of=rights.name_for(Role.REVIEWER))
        case.save(update_fields=("code", "title", "points", "folded"))
        if occurrence and dates[occurrence.due_on].on != case.due_on:
            opens_on = planner.opens_for(occurrence.begins_on, occurrence.due_on)
            engine.move_due(
                step, Schedule.DATED, dates[occurrence.due_on], occurrence.label, opens_on, rights, note=note
            )


def _wanted(
    rows: Sequence[DraftRow], planner: Planner
) -> dict[tuple[int, int, int], tuple[DraftRow, DraftOccurrence | None]]:
    """By measure, lead unit and period what these rows ask for."""
    found: dict[tuple[int, int, int], tuple[DraftRow, DraftOccurrence | None]] = {}
    for row in rows:
        periods: dict[int, DraftOccurrence | None] = {o.number: o for o in row.deadline.occurrences}
        for unit in planner.book.leads(row.leads):
            for number, occurrence in (periods or {1: None}).items():
                if row.measure_id:
                    found[row.measure_id, unit.pk, number] = (row, occurrence)
    return found


def _tell(told: Iterable[Follow], found: Difference, version: PlanVersion, rights: Rights) -> None:
    """Those concerned: who holds the step, who does the work, the heads of the units on either side, who holds a
    request about it; of each row once, the heads of the units that coordinate or did. The request stays open: what
    it asks for is decided against what holds by then."""
    deciding = holders_of_requests(one.case.pk for one in told)
    heads = Heads()
    helping = _helping(found)
    notices = []
    for one in told:
        if not one.matters:
            continue
        leads = [one.former, *([one.unit.pk] if one.unit else [])]
        units = [*leads, *helping.pop(one.case.assignment.measure_id, ())]
        people = [
            one.holder,
            one.officer,
            *deciding.get(one.case.pk, ()),
            *(p for unit in units for p in heads.of(unit)),
        ]
        notices += _notices("case.amended", one.case, people, version, rights, words=one.words)
    owe_each(notices, localdate())


def _tell_begun(works: Iterable[Work], version: PlanVersion, rights: Rights) -> None:
    """Of work that the amendment began: the head of its unit and of those that coordinate, once for all its periods."""
    first: dict[tuple[int, int], Work] = {}
    for work in works:
        if work.recorded is None:
            first.setdefault((work.text.measure_id, work.unit.pk), work)
    heads, notices = Heads(), []
    keys = {(*key, work.period): work for key, work in first.items()}
    begun = Assignment.objects.filter(measure_id__in={measure for measure, _ in first}, case__finished=None)
    for assignment in begun.select_related("case").order_by("pk"):
        told = keys.get((assignment.measure_id, assignment.unit_id, assignment.period))
        if told:
            helpers = [one.unit_id for one in told.text.units.all() if one.part == Part.COORDINATING and one.unit_id]
            people = [person for unit in (told.unit.pk, *helpers) for person in heads.of(unit)]
            notices += _notices("case.added", assignment.case, people, version, rights)
    owe_each(notices, localdate())


@dataclass
class Heads:
    """The heads of units, each unit asked for once."""

    known: dict[int, list[int]] = field(default_factory=dict)

    def of(self, unit: int) -> list[int]:
        if unit not in self.known:
            self.known[unit] = holders(unit, Role.HEAD, localdate())
        return self.known[unit]


def _helping(found: Difference) -> dict[int, list[int]]:
    """By measure the units that coordinate, or did until now."""
    pairs = [(one.new.measure_id, (*one.old.coordinating, *one.new.coordinating)) for one in found.changed]
    pairs += [(row.measure_id, row.coordinating) for row in found.dropped]
    return {
        measure: list(dict.fromkeys(owner.unit_id for owner in owners if owner.unit_id))
        for measure, owners in pairs
        if measure
    }


def _notices(
    kind: str, case: Case, people: Iterable[int | None], version: PlanVersion, rights: Rights, **said: str
) -> list[tuple[Notice, str]]:
    behalf = rights.name_for(Role.REVIEWER)
    params = {
        "by": rights.user_id, "document": version.document_number,
        "issued_on": version.issued_on.isoformat() if version.issued_on else "",
    } | ({"behalf": behalf} if behalf else {}) | said  # fmt: skip
    return [
        (Notice(agency_id=case.agency_id, to_id=person, kind=kind, subject=case.subject, at=version.at, params=params),
         f"{version.pk}:{case.pk}")
        for person in dict.fromkeys(people)
        if person and person != rights.user_id
    ]  # fmt: skip


def _record(amended: Amended, plan: Plan, basis: Basis, rights: Rights, texts: Sequence[MeasureText]) -> None:
    found = amended.found
    audit.record(
        "plan.amended", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id,
        on_behalf_of=rights.name_for(Role.REVIEWER), version=amended.version.number,
        number=basis.number, issued_on=basis.issued_on, signed_document=basis.signed and basis.signed.pk,
        kept=len(found.kept), changed={one.new.row: list(one.fields) for one in found.changed},
        added=[row.row for row in found.added], dropped=[row.row for row in found.dropped],
        work=[[one.case.pk, one.becomes.value] for one in amended.follows], assignments=amended.assignments,
        undecided=len(amended.undecided), leaderless=len(amended.leaderless), digest=digest_of(texts),
    )  # fmt: skip
