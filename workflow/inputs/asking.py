"""What people do with requests for input, in the words of the office. Answers go through the engine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.enums import Role
from organization.models import Unit, User
from organization.rights import Rights, holders
from organization.vietnamese import clean, short_date
from plans.enums import Part
from plans.leads import working_units
from plans.models import MeasureUnit
from workflow import engine
from workflow.errors import Paused, Refused
from workflow.flows import AssignmentFlow, InputFlow
from workflow.inputs.answering import askers, asking_as
from workflow.looking import paused
from workflow.models import Case, InputRequest, Step

NOT_THE_LEAD = "Chỉ trưởng đơn vị chủ trì và người thực hiện đề nghị phối hợp được. Trao đổi với đơn vị chủ trì."
QUESTION_MISSING = "Chưa ghi nội dung cần phối hợp. Ghi rõ cần ý kiến, số liệu gì rồi gửi lại."
UNITS_MISSING = "Chưa chọn đơn vị phối hợp. Chọn ít nhất một đơn vị."
NOT_A_UNIT = "Đơn vị đã chọn không phối hợp việc này được. Chọn đơn vị khác của cơ quan."
HANDED_IN = "Kết quả đã nộp và đang chờ duyệt nên chưa đề nghị phối hợp được. Đề nghị khi được trả lại."


def units_to_ask(work: Case, on: date) -> list[Unit]:
    """The units that could help, those first which the newest version of the plan names for the task."""
    named = coordinating(work)
    others = [unit for unit in working_units(work.agency_id, on) if unit.pk != work.unit_id]
    return sorted(others, key=lambda unit: unit.pk not in named)


def coordinating(work: Case) -> set[int]:
    """The units that coordinate by the newest version of the plan."""
    rows = MeasureUnit.objects.filter(
        text__measure_id=work.assignment.measure_id, part=Part.COORDINATING, unit__isnull=False
    )
    newest = rows.order_by("-text__version__number").values("text__version__number")[:1]
    return set(rows.filter(text__version__number=newest).values_list("unit_id", flat=True))


def ask(case_id: int, rights: Rights, *, units: Sequence[Unit], due_on: date, question: str) -> list[InputRequest]:
    """Đề nghị phối hợp: each unit gets a request of its own, all or none.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    if not clean(question):
        raise Refused(QUESTION_MISSING)
    with engine.one_transaction():
        # locked: of two who ask the same unit at once one waits, and finds the other's request
        cases = Case.objects.select_for_update(of=("self",)).select_related("unit", "assignment")
        work = cases.get(pk=case_id, agency_id=rights.agency_id, flow_class=AssignmentFlow)
        names = asking_as(rights, work)
        if not names:
            raise PermissionDenied(NOT_THE_LEAD)
        _must_run(work)
        must_be_in_time(work, due_on)
        _must_be_free(work, units, rights.on)
        return [_begin(work, unit, due_on, clean(question), rights, names[0]) for unit in units]


def name_helper(step_id: int, officer: User, rights: Rights, *, note: str = "") -> Step:
    """Trưởng đơn vị được hỏi giao một người chuẩn bị ý kiến."""
    return engine.act(step_id, "named", rights, note=clean(note), officer=officer)


def answer(step_id: int, rights: Rights, *, text: str) -> Step:
    """Trả lời đơn vị chủ trì; tài liệu là tài liệu đang ở bên đề nghị."""
    return engine.act(step_id, "answered", rights, note=clean(text))


def pass_to_head(step_id: int, rights: Rights, *, text: str) -> Step:
    """Người chuẩn bị chuyển trưởng đơn vị để trả lời."""
    return engine.act(step_id, "passed", rights, note=clean(text))


def withdraw(step_id: int, rights: Rights, *, note: str = "") -> Step:
    """Đơn vị chủ trì rút đề nghị chưa được trả lời."""
    return engine.pull(step_id, "withdrawn", rights, note=clean(note))


def must_be_in_time(work: Case, due_on: date) -> None:
    """The sub-deadline: from today on, and before the work itself is due, where that has not passed."""
    today = localdate()
    if due_on < today:
        raise Refused(f"Hạn trả lời phải từ ngày {short_date(today)} trở đi. Ghi lại ngày.")
    if work.due_on and today <= work.due_on < due_on:
        raise Refused(f"Hạn trả lời không sau thời hạn của nhiệm vụ, {short_date(work.due_on)}. Ghi lại ngày.")


def _must_run(work: Case) -> None:
    if work.finished:
        raise Refused(engine.ENDED)
    if paused(work.pk):
        raise Paused
    if Step.objects.open().filter(process=work, judging=True).exists():
        raise Refused(HANDED_IN)


def _must_be_free(work: Case, units: Sequence[Unit], on: date) -> None:
    """Units of the agency that can help, none of which is asked about this work already."""
    if not units:
        raise Refused(UNITS_MISSING)
    if not {unit.pk for unit in units} <= {unit.pk for unit in units_to_ask(work, on)}:
        raise Refused(NOT_A_UNIT)
    asked = InputRequest.objects.filter(of=work, case__finished=None, case__unit__in=units).select_related("case__unit")
    waiting = ", ".join(request.case.unit.name for request in asked)
    if waiting:
        raise Refused(
            f"{waiting} đang có đề nghị phối hợp chưa trả lời về nhiệm vụ này. Chờ trả lời hoặc rút đề nghị đó."
        )


def _begin(work: Case, unit: Unit, due_on: date, question: str, rights: Rights, principal: int | None) -> InputRequest:
    """The request's own case, at the door of the unit that is asked."""
    case = Case(
        agency_id=work.agency_id, unit=unit, plan_id=work.plan_id, code=work.code, title=work.title, period=work.period,
        original_due_on=due_on, due_on=due_on, opens_on=localdate(),
    )  # fmt: skip
    request = InputRequest(
        agency_id=work.agency_id, of=work, by_id=rights.user_id, on_behalf_of_id=principal, at=now(), question=question
    )
    step = engine.start(case, request, InputFlow.asked, rights, on_behalf_of=principal, of=work.pk, unit=unit.pk,
                        due_on=due_on, question=question)  # fmt: skip
    audit.record("input.asked", work.subject, agency=work.agency_id, actor=rights.user_id, on_behalf_of=principal,
                 at=request.at, request=case.pk, unit=unit.pk, due_on=due_on)  # fmt: skip
    move = engine.Move(step, case, "asked", rights.user_id, principal, request.at, question)
    heads = holders(unit.pk, Role.HEAD, move.on)
    move.tell(heads, "input.asked", step=step.pk)
    others = [person for person in askers(request, move.on) if person not in heads]
    move.tell(others, "input.asked")
    engine.owe(move.notices, step.pk, move.on)
    return request
