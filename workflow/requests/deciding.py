"""What opinion, decision and withdrawal of a request write besides the move.

A decision locks the request's case first (the engine does), then the assignment's.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.utils.timezone import localdate

from audit import services as audit
from evidence.models import Document
from evidence.services import attach
from organization.due_dates import PROJECT, due_of
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights, holders
from organization.vietnamese import short_date
from plans.enums import Source
from plans.leads import working_units
from workflow import engine, handing, holding
from workflow.errors import Refused
from workflow.holding import reviewing_unit
from workflow.models import Assignment, Case, Decision, Extension, LeadChange, Request, Step
from workflow.nodes import Holder

if TYPE_CHECKING:
    from workflow.engine import Move

OPINION_MISSING = "Chưa ghi ý kiến. Ghi rõ vì sao đề nghị không chấp thuận rồi gửi lại."
REFUSAL_MISSING = "Chưa ghi lý do không chấp thuận. Ghi rõ lý do rồi gửi lại."
OTHER_DATE_MISSING = "Chưa ghi ngày gia hạn. Ghi ngày được gia hạn rồi gửi lại."
ENDED = "Nhiệm vụ này đã kết thúc nên không còn gì để chấp thuận. Chọn không chấp thuận để khép đề nghị lại."
EXTENSION_FIRST = "Nhiệm vụ này còn đề nghị gia hạn chưa quyết định. Quyết định đề nghị gia hạn trước."
PAST = "Ngày gia hạn {} đã qua. Chấp thuận đến ngày khác, từ hôm nay trở đi."
NO_DATE_NOW = "Nhiệm vụ này không còn thời hạn nên không còn gì để gia hạn. Chọn không chấp thuận để khép đề nghị lại."
SAME_UNIT = "Đơn vị này đang chủ trì nhiệm vụ. Không chấp thuận đề nghị, hoặc để đơn vị đề nghị lại."

GRANT = f"""WITH due AS ({PROJECT}), moved AS (
    UPDATE workflow_case SET due_on = COALESCE(due.due_on, due.day), written_due_on = NULLIF(due.day, COALESCE(due.due_on, due.day))
    FROM due WHERE id = %(work)s
), decided AS (
    UPDATE workflow_extension SET decision = %(granted)s, granted_due = COALESCE(due.due_on, due.day)
    FROM due WHERE case_id = %(request)s
)
SELECT * FROM due"""  # noqa: S608 - two constants of this code

Kind = TypeVar("Kind", Extension, LeadChange)


def leader(case: Case, on: date) -> Holder:
    """Who decides, who would approve the work; with why Văn phòng was not asked."""
    return replace(holding.leader(case, on), remark=case.past_office)


# who decides is a leader like the one who approves, and is handed over alike
handing.RULES[leader] = handing.RULES[holding.leader]


def advise_extension(move: Move, *, allowed_by: Document | None = None) -> None:
    """Văn phòng's opinion; it may put the document of the higher body beside the request."""
    extension = Extension.objects.get(pk=move.case.pk)
    _advise(move, extension)
    put_allowance(extension, allowed_by)


def advise_lead_change(move: Move) -> None:
    _advise(move, LeadChange.objects.get(pk=move.case.pk))


def decide_extension(move: Move, *, due_on: date | None = None, allowed_by: Document | None = None) -> None:
    """Leadership's word. What is granted moves the due date; the original one stays for ever."""
    extension = _decided(Extension, move)
    if move.outcome == "refused":
        _refuse(move, extension)
        return
    put_allowance(extension, allowed_by)
    granted = extension.asked_due if move.outcome == "granted" else due_on
    if granted is None:
        raise Refused(OTHER_DATE_MISSING)
    if granted < move.on:
        raise Refused(PAST.format(short_date(granted)))
    work = _going_on(extension)
    before = work.due_on
    if before is None:
        raise Refused(NO_DATE_NOW)
    must_be_allowed(extension)
    values = {"agency": work.agency_id, "days": [granted], "granted": Decision.GRANTED}
    with connection.cursor() as cursor:
        cursor.execute(GRANT, {"request": extension.pk, "work": work.pk} | values)
        due = due_of(granted, cursor.fetchone())
    if due.on <= before:
        raise Refused(f"{due.why} {must_be_later(before)}".strip())
    move.facts |= {"of": work.pk, "from": before, "to": due.on}
    told: dict[str, Any] = {"from": before, "to": due.on, "original": work.original_due_on, "moved": due.why}
    audit.record("case.due_extended", work.subject, agency=work.agency_id, actor=move.by, on_behalf_of=move.on_behalf_of,
                 at=move.at, extension=extension.pk, **told)  # fmt: skip
    _tell(move, extension)


def decide_lead_change(move: Move, *, acting: Rights) -> None:
    """Leadership's word. What is granted goes to the new unit's head with everything that was handed in."""
    change = _decided(LeadChange, move)
    if move.outcome == "refused":
        _refuse(move, change)
        return
    work = _going_on(change)
    must_be_possible(work, change.to_unit)
    if Extension.objects.filter(of=work, decision=Decision.OPEN).exists():
        raise Refused(EXTENSION_FIRST)
    change.decision = Decision.GRANTED
    change.save(update_fields=("decision",))
    # told while the former officer is still named
    _tell(move, change, *holders(change.to_unit_id, Role.HEAD, move.on))
    _hand_to(work, change.to_unit, acting, move.note or change.reason)
    move.facts |= {"of": work.pk, "from": change.from_unit_id, "to": change.to_unit_id}


def withdraw(move: Move) -> None:
    """The unit takes its request back; who was asked is told."""
    request = request_of(move.case)
    request.decision = Decision.WITHDRAWN
    request.save(update_fields=("decision",))
    move.facts["of"] = request.of_id
    move.tell(_office(move), "request.decided")
    if move.step.owner_id:
        move.tell([move.step.owner_id], "request.decided")


def end(move: Move) -> None:
    """The work has ended: nothing is to be decided any more. Who asked and who was asked are told."""
    request = request_of(move.case)
    request.decision = Decision.ENDED
    request.save(update_fields=("decision",))
    judges = [move.step.owner_id] if move.step.owner_id else _office(move)
    move.tell([request.by_id, request.on_behalf_of_id, *judges], "request.decided")


def may_withdraw(rights: Rights, step: Step) -> bool:
    """Whoever asked, and the head of the unit that asked, in their own or another's name."""
    return bool(_withdrawing(rights, step))


def withdrawing_as(rights: Rights, step: Step) -> int | None:
    return next(iter(_withdrawing(rights, step)), None)


def _withdrawing(rights: Rights, step: Step) -> list[int | None]:
    """In whose names this person may take the request back; None stands for their own."""
    request, head = request_of(step.process), (step.process.unit_id, Role.HEAD)
    return [
        principal
        for standing, principal in rights.standings
        if head in standing.pools or (principal is None and standing.person == request.by_id)
    ]


def request_of(case: Case) -> Request:
    """The request that hangs on a case. Raises LeadChange.DoesNotExist where none does."""
    return Extension.objects.filter(pk=case.pk).first() or LeadChange.objects.get(pk=case.pk)


def put_allowance(extension: Extension, document: Document | None) -> None:
    """The higher body's document, beside the request from now on."""
    if document is None:
        return
    attach(document, extension.case.subject, document.by)
    extension.allowed_by = document
    extension.save(update_fields=("allowed_by",))


def must_be_later(due_on: date | None) -> str:
    return f"Thời hạn mới phải sau thời hạn hiện tại ({short_date(due_on)}). Ghi lại ngày."


def must_be_allowed(extension: Extension) -> None:
    """A date set above the agency moves only with that body's document."""
    source = extension.of.assignment.measure.source
    if source != Source.PLAN and extension.allowed_by_id is None:
        raise Refused(
            f"Thời hạn này do {Source(source).label} ấn định nên chỉ gia hạn khi có văn bản của cơ quan đó. "
            "Ghi số, ngày và chọn tệp văn bản rồi gửi lại."
        )


def must_be_possible(work: Case, unit: Unit) -> None:
    """Raises Refused where this unit leads the work already, leads no work, or has the same of its own."""
    own = work.assignment
    if unit.pk == work.unit_id:
        raise Refused(SAME_UNIT)
    if unit.pk not in {each.pk for each in working_units(work.agency_id, localdate())}:
        raise Refused(f"{unit.name} không còn trong danh sách đơn vị chủ trì. Chọn đơn vị khác.")
    if Assignment.objects.filter(measure_id=own.measure_id, unit=unit, period=own.period).exists():
        raise Refused(
            f"{unit.name} đã được giao nhiệm vụ này trong cùng kỳ nên không nhận thêm được. Chọn đơn vị khác."
        )


def _advise(move: Move, request: Request) -> None:
    if move.outcome == "opposed" and not move.note.strip():
        raise Refused(OPINION_MISSING)
    move.case.about = request.of_id
    move.facts["of"] = request.of_id


def _refuse(move: Move, request: Request) -> None:
    if not move.note.strip():
        raise Refused(REFUSAL_MISSING)
    request.decision = Decision.REFUSED
    request.save(update_fields=("decision",))
    move.facts["of"] = request.of_id
    _tell(move, request)


def _decided(model: type[Kind], move: Move) -> Kind:
    """The request with its work, which is locked now, and all that deciding must know of it: one query."""
    beside = ("to_unit",) if issubclass(model, LeadChange) else ()
    rows = model.objects.select_for_update(of=("of",)).select_related("of__assignment__measure", *beside)
    request = rows.get(pk=move.case.pk)
    request.case = move.case
    return request


def _going_on(request: Request) -> Case:
    """The work that the request is about. Raises Refused where it has ended."""
    if request.of.finished:
        raise Refused(ENDED)
    return request.of


def _hand_to(work: Case, unit: Unit, acting: Rights, note: str) -> None:
    """The open step is taken from its holder; the new unit's head assigns anew."""
    (step,) = engine.lock_open([work.pk])
    engine.change_lead(step, unit, acting, note=note)


def _tell(move: Move, request: Request, *others: int) -> None:
    """Who asked, the officer, the heads of the unit, whoever of Văn phòng gave the opinion."""
    work, opinion, look = request.of, move.step.previous, move.case.look
    people = [request.by_id, request.on_behalf_of_id, work.assignment.officer_id, *(look.heads if look else [])]
    if work.unit_id != move.case.unit_id:  # the plan was amended meanwhile
        people += holders(work.unit_id, Role.HEAD, move.on)
    if opinion and opinion.judging:
        people += [opinion.acted_by_id, opinion.on_behalf_of_id]
    move.tell([person for person in (*people, *others) if person], "request.decided")


def _office(move: Move) -> list[int]:
    return holders(reviewing_unit(move.case.agency_id), Role.REVIEWER, move.on)
