"""What people do with requests, in the words of the office. Deciding goes through the engine."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now

from audit import services as audit
from evidence.models import Document
from evidence.services import attach
from organization.due_dates import due_date
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights, holders
from organization.vietnamese import clean, short_date
from plans.enums import Source
from workflow import engine
from workflow.errors import Refused
from workflow.flows import AssignmentFlow, ExtensionFlow, LeadChangeFlow
from workflow.holding import reviewing_unit, why_past_review
from workflow.issuing import Filed, filed
from workflow.models import Assignment, Case, Decision, Extension, LeadChange, Request, Step, Suspension
from workflow.requests.deciding import must_be_later, must_be_possible

NOT_THE_LEAD = "Chỉ đơn vị chủ trì đề nghị được. Trao đổi với đơn vị chủ trì."
REASON_MISSING = "Chưa ghi lý do đề nghị. Ghi rõ lý do rồi gửi lại."
ENDED = "Nhiệm vụ này đã kết thúc nên không đề nghị được nữa."
SUSPENDED = "Nhiệm vụ này đang tạm dừng, thời hạn không chạy. Đề nghị sau khi nhiệm vụ được tiếp tục."
HANDED_IN = "Kết quả đã nộp và đang chờ duyệt, thời hạn của đơn vị không chạy nữa. Đề nghị khi được trả lại."
NO_DATE = "Nhiệm vụ này chưa có thời hạn nên không gia hạn được. Đề nghị Văn phòng đặt thời hạn."
ASKED_ALREADY = "Nhiệm vụ này có một đề nghị đang chờ quyết định. Xem đề nghị đó trước."


def ask_extension(
    case_id: int, rights: Rights, *, due_on: date, reason: str, document: Filed = None, allowed_by: Filed = None
) -> Extension:
    """Đề nghị gia hạn, before or after the due date: by the lead unit's head, or by the officer of the work.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    if not clean(reason):
        raise Refused(REASON_MISSING)
    if due_on < localdate():
        raise Refused(f"Ngày đề nghị phải từ ngày {short_date(localdate())} trở đi. Ghi lại ngày.")
    with engine.one_transaction():
        papers = [filed(document), filed(allowed_by)]
        work = _work(case_id, rights)
        principal = asks_as(rights, work, officer=True)
        _must_run(work)
        if work.due_on is None:
            raise Refused(NO_DATE)
        due = due_date(work.agency_id, due_on)
        if due.on <= work.due_on:
            raise Refused(f"{due.why} {must_be_later(work.due_on)}".strip())
        _must_be_the_only_one(Extension, work)
        extension = Extension(
            agency_id=work.agency_id, of=work, by_id=rights.user_id, on_behalf_of_id=principal, at=now(),
            reason=clean(reason), from_due=work.due_on, asked_due=due_on, document=papers[0], allowed_by=papers[1],
        )  # fmt: skip
        title = f"Gia hạn đến {short_date(due_on)}: {work.title}"
        _begin(extension, title, rights, papers, **{"from": work.due_on, "to": due_on})
    return extension


def ask_lead_change(case_id: int, rights: Rights, *, unit: Unit, reason: str, document: Filed = None) -> LeadChange:
    """Đề nghị chuyển đơn vị chủ trì, by the lead unit's head. Until it is granted the unit stays responsible.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    if not clean(reason):
        raise Refused(REASON_MISSING)
    with engine.one_transaction():
        papers = [filed(document)]
        work = _work(case_id, rights)
        principal = asks_as(rights, work, officer=False)
        _must_run(work)
        must_be_possible(work, unit)
        _must_be_the_only_one(LeadChange, work)
        change = LeadChange(
            agency_id=work.agency_id, of=work, by_id=rights.user_id, on_behalf_of_id=principal, at=now(),
            reason=clean(reason), from_unit_id=work.unit_id, to_unit=unit, document=papers[0],
        )  # fmt: skip
        title = f"Chuyển chủ trì sang {unit.name}: {work.title}"
        _begin(change, title, rights, papers, **{"from": work.unit_id, "to": unit.pk})
    return change


def advise(step_id: int, rights: Rights, *, agrees: bool, opinion: str = "", allowed_by: Filed = None) -> Step:
    """Văn phòng cho ý kiến về đề nghị."""
    with engine.one_transaction():
        paper = filed(allowed_by)
        data = {"allowed_by": paper} if paper else {}
        return engine.act_within(step_id, "agreed" if agrees else "opposed", rights, note=clean(opinion), **data)


def grant_extension(
    step_id: int, rights: Rights, *, due_on: date | None = None, note: str = "", allowed_by: Filed = None
) -> Step:
    """Chấp thuận gia hạn: to the day that was asked for, or to `due_on`."""
    outcome = "granted_otherwise" if due_on else "granted"
    with engine.one_transaction():
        paper = filed(allowed_by)
        return engine.act_within(step_id, outcome, rights, note=clean(note), due_on=due_on, allowed_by=paper)


def grant_lead_change(step_id: int, rights: Rights, *, note: str = "") -> Step:
    """Chấp thuận chuyển đơn vị chủ trì."""
    return engine.act(step_id, "granted", rights, note=clean(note), acting=rights)


def refuse_extension(step_id: int, rights: Rights, *, reason: str) -> Step:
    """Không chấp thuận gia hạn, with the reason."""
    return engine.act(step_id, "refused", rights, note=clean(reason))


def refuse_lead_change(step_id: int, rights: Rights, *, reason: str) -> Step:
    """Không chấp thuận chuyển đơn vị chủ trì, with the reason."""
    return engine.act(step_id, "refused", rights, note=clean(reason), acting=rights)


def withdraw(step_id: int, rights: Rights, *, note: str = "") -> Step:
    """Rút đề nghị chưa quyết định."""
    return engine.pull(step_id, "withdrawn", rights, note=clean(note))


def asks_as(rights: Rights, work: Case, *, officer: bool) -> int | None:
    """In whose name this person asks; None for their own. Raises PermissionDenied outside the lead unit."""
    named = work.assignment.officer_id if officer else None
    for standing, principal in rights.standings:
        does_the_work = standing.works and standing.person == named and work.unit_id in standing.units
        if (work.unit_id, Role.HEAD) in standing.pools or does_the_work:
            return principal
    raise PermissionDenied(NOT_THE_LEAD)


def granted_times(work_id: int) -> int:
    """How often the due date of this work has been extended."""
    return Extension.objects.filter(of_id=work_id, decision=Decision.GRANTED).count()


def source_of(work: Case) -> Source:
    """Nguồn giao of the work's measure."""
    return Source(work.assignment.measure.source)


def _work(case_id: int, rights: Rights) -> Case:
    """The assignment's case, locked: of two who ask at once one waits, and finds the other's request."""
    cases = Case.objects.select_for_update(of=("self",)).select_related("unit", "assignment")
    return cases.get(pk=case_id, agency_id=rights.agency_id, flow_class=AssignmentFlow)


def _must_run(work: Case) -> None:
    """The unit has the work in hand and its clock runs."""
    if work.finished:
        raise Refused(ENDED)
    if Suspension.objects.filter(case=work, until=None).exists():
        raise Refused(SUSPENDED)
    if Step.objects.open().filter(process=work, judging=True).exists():
        raise Refused(HANDED_IN)


def _must_be_the_only_one(model: type[Extension] | type[LeadChange], work: Case) -> None:
    if model.objects.filter(of=work, decision=Decision.OPEN).exists():
        raise Refused(ASKED_ALREADY)


def _begin(request: Request, title: str, rights: Rights, papers: list[Document | None], **facts: Any) -> None:
    """The request's own case, at Văn phòng or past it; who has to know is told."""
    work = request.of
    flow = ExtensionFlow if isinstance(request, Extension) else LeadChangeFlow
    case = Case(
        agency_id=work.agency_id, unit=work.unit, plan_id=work.plan_id, code=work.code, title=title, period=work.period,
        schedule=work.schedule, original_due_on=work.due_on, due_on=work.due_on, opens_on=localdate(),
    )  # fmt: skip
    case.about = work.pk
    case.past_office = why_past_review(case, localdate(), request.on_behalf_of_id or rights.user_id)
    node = flow.asked_past_office if case.past_office else flow.asked
    follower = engine.start(
        case, request, node, rights, on_behalf_of=request.on_behalf_of_id, of=work.pk, reason=request.reason, **facts
    )
    for paper in papers:
        if paper:
            attach(paper, case.subject, paper.by)
    audit.record(f"{request._meta.model_name}.asked", work.subject, agency=work.agency_id, actor=rights.user_id,
                 on_behalf_of=request.on_behalf_of_id, request=case.pk, **facts)  # fmt: skip
    _tell(request, follower, rights)


def _tell(request: Request, follower: Step, rights: Rights) -> None:
    """Whoever holds it now, the officer of the work, and the head where the officer asked."""
    case, on = request.case, localdate()
    officer = Assignment.objects.values_list("officer_id", flat=True).get(pk=request.of_id)
    judges = [follower.owner_id] if follower.owner_id else holders(reviewing_unit(case.agency_id), Role.REVIEWER, on)
    move = engine.Move(
        follower, case, "asked", rights.user_id, request.on_behalf_of_id, request.at, request.reason
    )  # fmt: skip
    move.tell(judges, "request.arrived", step=follower.pk, stage=follower.stage, judging=True)
    own = [person for person in (officer, request.on_behalf_of_id, *holders(case.unit_id, Role.HEAD, on)) if person]
    move.tell([person for person in own if person not in judges], "request.asked")
    engine.owe(move.notices, follower.pk, on)
