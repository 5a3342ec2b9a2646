"""Who holds a request for input, who may take it back, and what an answer writes besides the move."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from organization.enums import Role
from organization.models import User
from organization.rights import Rights, holders
from workflow.effects import must_belong
from workflow.errors import Refused
from workflow.models import Case, InputRequest, Step
from workflow.nodes import Holder

if TYPE_CHECKING:
    from workflow.engine import Move

ANSWER_MISSING = "Chưa ghi ý kiến phối hợp. Ghi rõ ý kiến, số liệu của đơn vị rồi gửi lại."


def unit_asked(case: Case, on: date) -> Holder:  # noqa: ARG001 - one signature for all finders
    """The head of the unit that was asked."""
    return Holder(unit=case.unit_id, role=Role.HEAD, remark=_who_asks(case))


def person_named(case: Case, on: date) -> Holder:  # noqa: ARG001
    """The person of that unit whom its head has just named."""
    return Holder(person=case.here, remark=_who_asks(case))


def _who_asks(case: Case) -> str:
    """Phòng Đăng ký kinh doanh đề nghị: as the inbox says it."""
    lead = InputRequest.objects.values_list("of__unit__name", flat=True).get(pk=case.pk)
    return f"{lead[:180]} đề nghị"


def answer(move: Move, *, officer: User | None = None) -> None:
    """The answer goes to whoever asked; a head may name who prepares it, that person may pass it to the head."""
    if move.outcome == "named" and officer is not None:
        must_belong(officer, move.case, move.on)
        move.case.here = officer.pk
        move.facts["officer"] = officer.pk
        return
    if not move.note.strip():
        raise Refused(ANSWER_MISSING)
    request = request_of(move.case)
    move.facts["of"] = request.of_id
    if move.outcome == "passed":
        move.tell(holders(move.case.unit_id, Role.HEAD, move.on), "input.passed")
    else:
        move.tell(askers(request, move.on), "input.answered")


def withdraw(move: Move) -> None:
    """Rút đề nghị: who was asked is told."""
    move.facts["of"] = request_of(move.case).of_id
    move.tell([*holders(move.case.unit_id, Role.HEAD, move.on), move.step.owner_id], "input.withdrawn")


def end(move: Move) -> None:
    """The work has ended: nothing is to be answered any more."""
    heads = [] if move.step.owner_id else holders(move.case.unit_id, Role.HEAD, move.on)
    move.tell([move.step.owner_id, *heads], "input.ended")


def may_withdraw(rights: Rights, step: Step) -> bool:
    """Whoever may ask: the lead unit's head, the officer of the work."""
    return may_ask(rights, request_of(step.process).of)


def withdrawing_as(rights: Rights, step: Step) -> int | None:
    return next(iter(asking_as(rights, request_of(step.process).of)), None)


def may_ask(rights: Rights, work: Case) -> bool:
    """The lead unit's head and the officer of the work, in their own or another's name."""
    return bool(asking_as(rights, work))


def asking_as(rights: Rights, work: Case) -> list[int | None]:
    """In whose names this person may ask; None stands for their own."""
    names = []
    for standing, principal in rights.standings:
        does_the_work = standing.works and standing.person == work.assignment.officer_id
        if (work.unit_id, Role.HEAD) in standing.pools or (does_the_work and work.unit_id in standing.units):
            names.append(principal)
    return names


def request_of(case: Case) -> InputRequest:
    return InputRequest.objects.select_related("of__assignment").get(pk=case.pk)


def askers(request: InputRequest, on: date) -> list[int | None]:
    """Whoever asked, the officer of the work and the lead unit's heads."""
    work = request.of
    return [request.by_id, request.on_behalf_of_id, work.assignment.officer_id, *holders(work.unit_id, Role.HEAD, on)]
