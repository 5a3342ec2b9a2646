"""Điều chỉnh kế hoạch: the next version of a plan, and the open work that follows it. One transaction.

The plan's row is locked first, then the cases in the order of their keys; what each of them becomes is
found again under those locks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from plans.models import MeasureText, Occurrence, Plan, PlanImport, PlanVersion
from workflow import engine
from workflow.errors import Refused
from workflow.following import Becomes, Follow, follows, open_cases, open_steps, touched
from workflow.issuing import Filed, begin, digest_of, filed, locked_plan, need_office, verb
from workflow.planned import Planner, leaderless, rows_of, undecided
from workflow.requests.reading import holders_of_requests

NOT_ISSUED = "Kế hoạch còn là dự thảo. Sửa thẳng vào dự thảo, hoặc đưa vào theo dõi rồi điều chỉnh."
NUMBER_MISSING = "Chưa ghi số văn bản điều chỉnh. Ghi số, ký hiệu của văn bản đã ký."
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
    import_id: int, rights: Rights, *, number: str, issued_on: date, abstract: str = "", signed_document: Filed = None
) -> Amended:
    """Đưa bản điều chỉnh vào theo dõi, once. Raises PermissionDenied, PlanImport.DoesNotExist, Refused, PlanRefused, Busy."""
    need_office(rights)
    today = localdate()
    number = clean(number)
    with verb():
        signed = filed(signed_document)
        plan = locked_plan(_plan_of(import_id, rights), rights)
        kept = locked_amendment(import_id, rights)
        if plan.issued_at is None:
            raise Refused(NOT_ISSUED)
        _check(number, issued_on, plan, today)
        basis = Basis(number, issued_on, clean(abstract), signed)
        return _amend(plan, kept, basis, rights, today)


def _plan_of(import_id: int, rights: Rights) -> int:
    amendments = PlanImport.objects.filter(agency_id=rights.agency_id, amends__isnull=False)
    return amendments.values_list("amends_id", flat=True).get(pk=import_id)


def _check(number: str, issued_on: date, plan: Plan, today: date) -> None:
    if not number:
        raise Refused(NUMBER_MISSING)
    if issued_on > today:
        raise Refused(f"Ngày văn bản {short_date(issued_on)} ở sau hôm nay. Kiểm tra lại ngày.")
    last = plan.versions.order_by("-number").values_list("issued_on", flat=True)[0] or plan.issued_on
    if last and issued_on < last:
        raise Refused(
            f"Ngày văn bản {short_date(issued_on)} ở trước bản đang thực hiện ({short_date(last)}). Kiểm tra lại ngày."
        )


def _amend(plan: Plan, kept: PlanImport, basis: Basis, rights: Rights, today: date) -> Amended:
    before = rows_of_version(kept.base) if kept.base else []
    rows = settled(kept)
    found = difference(before, rows)
    if not (found.changed or found.added or found.dropped):
        raise Refused(NOTHING_CHANGES)
    told = follows(found, engine.lock_open(open_cases(touched(found))), Planner.of(plan, today).book)
    was = {row.measure_id: row for row in before}
    version = write_version(plan, [continued(row, was.get(row.measure_id)) for row in rows], rights, basis, kept)
    planner = Planner.of(plan, today)
    dates = due_dates(plan.agency_id, [one.due.due_on for one in told if one.due and one.due.due_on])
    for one in told:
        _apply(one, planner, dates, rights, said_of(basis))
    planner = Planner.of(plan, today)  # who took over counts as begun
    texts = list(rows_of(plan).prefetch_related("criteria"))
    unchanged = {row.measure_id for _, row in found.kept}
    assignments = begin(planner, planner.work(t for t in texts if t.measure_id not in unchanged), rights)[1]
    _tell(told, version, rights)
    amended = Amended(version, found, told, assignments, list(undecided(plan, today)), leaderless(texts, planner.book))
    _record(amended, plan, basis, rights, texts)
    return amended


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
                     fields=list(one.fields))  # fmt: skip


def _tell(told: Iterable[Follow], version: PlanVersion, rights: Rights) -> None:
    """Those concerned: who holds the step, who does the work, the heads of the units on either side, and who holds
    a request about it. The request stays open: what it asks for is decided against what holds by then."""
    at, on = now(), localdate()
    deciding = holders_of_requests(one.case.pk for one in told)
    heads: dict[int, list[int]] = {}
    notices = []
    for one in told:
        if not one.matters:
            continue
        units = [one.former, *([one.unit.pk] if one.unit else [])]
        for unit in units:
            if unit not in heads:
                heads[unit] = holders(unit, Role.HEAD, on)
        people = [
            one.holder,
            one.officer,
            *deciding.get(one.case.pk, ()),
            *(person for unit in units for person in heads[unit]),
        ]
        notices += [
            Notice(
                agency_id=one.case.agency_id, to_id=person, kind="case.amended", subject=one.case.subject, at=at,
                key=f"case.amended:{version.pk}:{one.case.pk}:{person}",
                params={
                    "by": rights.user_id, "words": one.words, "document": version.document_number,
                    "issued_on": version.issued_on.isoformat() if version.issued_on else "",
                },
            )
            for person in dict.fromkeys(people)
            if person and person != rights.user_id
        ]  # fmt: skip
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=1000)


def _record(amended: Amended, plan: Plan, basis: Basis, rights: Rights, texts: Sequence[MeasureText]) -> None:
    found = amended.found
    audit.record(
        "plan.amended", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, version=amended.version.number,
        number=basis.number, issued_on=basis.issued_on, signed_document=basis.signed and basis.signed.pk,
        kept=len(found.kept), changed={one.new.row: list(one.fields) for one in found.changed},
        added=[row.row for row in found.added], dropped=[row.row for row in found.dropped],
        work=[[one.case.pk, one.becomes.value] for one in amended.follows], assignments=amended.assignments,
        undecided=len(amended.undecided), leaderless=len(amended.leaderless), digest=digest_of(texts),
    )  # fmt: skip
