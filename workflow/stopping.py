"""Tạm dừng, tiếp tục, dừng thực hiện: verbs of Văn phòng and leadership over work that others hold.

While a case is paused nobody acts on it and its clock stands; when it goes on, its due date moves by the
working days that its unit lost. The original due date stays for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.base import File
from django.utils.timezone import localdate, now

from audit import services as audit
from evidence import services as evidence
from notifications.models import Notice
from organization.calendar import BeyondCalendar, days_of, working_days_after
from organization.enums import LEADERS, Role
from organization.models import User
from organization.rights import Rights
from organization.vietnamese import clean, short_date
from workflow import engine
from workflow.effects import concerned
from workflow.errors import Refused
from workflow.looking import paused
from workflow.models import Case, InputRequest, Step, Suspension
from workflow.owing import owe

NOT_YOURS = "Chỉ Văn phòng hoặc lãnh đạo tạm dừng, cho tiếp tục, dừng thực hiện nhiệm vụ."
REASON_TO_PAUSE = "Chưa ghi lý do tạm dừng. Ghi rõ lý do rồi gửi lại."
DECISION_MISSING = "Chưa ghi số, ngày của quyết định dừng thực hiện. Ghi rõ rồi gửi lại."
ALREADY_PAUSED = "Nhiệm vụ đang tạm dừng rồi. Mở lại trang nhiệm vụ để xem lý do."
NOT_PAUSED = "Nhiệm vụ không còn tạm dừng. Mở lại trang nhiệm vụ để xem tình trạng mới nhất."


@dataclass(frozen=True, slots=True)
class Resumption:
    """What becomes of the dates: `days` lost to the unit, and the due date then (None where there is none)."""

    days: int
    due_on: date | None


def pause_of(case: Case) -> Suspension | None:
    """The pause in force."""
    return Suspension.objects.filter(case=case, until=None).select_related("by", "on_behalf_of").first()


def pauses_of(case: Case) -> list[Suspension]:
    """Every pause of the case, first one first."""
    return list(
        Suspension.objects.filter(case=case)
        .select_related("by", "ended_by", "on_behalf_of", "ended_on_behalf_of")
        .order_by("at")
    )


def may_stop(rights: Rights) -> bool:
    """Văn phòng and leadership."""
    return rights.is_office or rights.leads


def name_of(rights: Rights) -> int | None:
    """In whose name they stop it: None for their own."""
    return rights.name_for(Role.REVIEWER, *LEADERS)


def suspend(case_id: int, rights: Rights, *, reason: str) -> Suspension:
    """Tạm dừng from today on. Raises Case.DoesNotExist, PermissionDenied, Refused, Busy."""
    _must_be_allowed(rights)
    if not clean(reason):
        raise Refused(REASON_TO_PAUSE)
    with engine.one_transaction():
        step = engine.locked_open_step(case_id, rights)
        case = step.process
        if paused(case.pk):
            raise Refused(ALREADY_PAUSED)
        at = now()
        pause = Suspension.objects.create(
            case=case, agency_id=case.agency_id, since=localdate(at), reason=clean(reason), by_id=rights.user_id, at=at,
            on_behalf_of_id=name_of(rights),
        )  # fmt: skip
        _pause_inputs(case, pause)
        _tell("case.paused", step, pause, rights, note=pause.reason, behalf=pause.on_behalf_of_id)
        audit.record("case.paused", case.subject, agency=case.agency_id, actor=rights.user_id, at=at, step=step.pk,
                     on_behalf_of=pause.on_behalf_of_id, since=pause.since, note=pause.reason)  # fmt: skip
    return pause


def resume(case_id: int, rights: Rights, *, note: str = "") -> Resumption:
    """Cho tiếp tục from today on. Raises Case.DoesNotExist, PermissionDenied, Refused, Busy."""
    _must_be_allowed(rights)
    with engine.one_transaction():
        step = engine.locked_open_step(case_id, rights)
        case, at = step.process, now()
        pause = Suspension.objects.filter(case=case, until=None).first()
        if pause is None:
            raise Refused(NOT_PAUSED)
        before, then = case.due_on, resumption(case, step, pause, localdate(at))
        pause.until, pause.ended_by_id, pause.ended_at = localdate(at), rights.user_id, at
        pause.ended_on_behalf_of_id = name_of(rights)
        pause.save(update_fields=("until", "ended_by", "ended_at", "ended_on_behalf_of"))
        if then.due_on != before:
            case.due_on, case.written_due_on = then.due_on, None
            case.save(update_fields=("due_on", "written_due_on"))
        _resume_inputs(case, pause)
        if step.answer_by and then.days:
            engine.answer_later(step, _later(case, step.answer_by, then.days))
        _tell("case.resumed", step, pause, rights, note=clean(note), days=then.days, behalf=pause.ended_on_behalf_of_id)
        audit.record("case.resumed", case.subject, agency=case.agency_id, actor=rights.user_id, at=at, step=step.pk,
                     on_behalf_of=pause.ended_on_behalf_of_id, since=pause.since, days=then.days, due_before=before, due_on=then.due_on, note=clean(note))  # fmt: skip
    return then


def _pause_inputs(case: Case, pause: Suspension) -> None:
    """What other units were asked stands still with the work."""
    for step in _waiting_inputs(case):
        Suspension.objects.create(case_id=step.process_id, agency_id=case.agency_id, since=pause.since, reason=pause.reason,
                                  by_id=pause.by_id, at=pause.at)  # fmt: skip


def _resume_inputs(case: Case, pause: Suspension) -> None:
    """They go on with the work, their own due dates moved by the working days lost."""
    steps = _waiting_inputs(case)
    Suspension.objects.filter(case_id__in=[step.process_id for step in steps], until=None).update(
        until=pause.until, ended_by_id=pause.ended_by_id, ended_at=pause.ended_at
    )
    for step in steps:
        asked, until = step.process, pause.until or pause.since
        asked.due_on = resumption(asked, step, pause, until).due_on
        asked.save(update_fields=("due_on",))


def _waiting_inputs(case: Case) -> list[Step]:
    waiting = InputRequest.objects.filter(of=case, case__finished=None).values_list("pk", flat=True)
    return engine.lock_open(list(waiting)) if waiting else []


def resumption(case: Case, step: Step, pause: Suspension, on: date) -> Resumption:
    """What going on that day does to the dates. Nothing is lost to a unit whose clock stood with a judge anyway,
    nor before the period opens. Raises Refused where the calendar ends before."""
    if step.judging:
        return Resumption(0, case.due_on)
    off = days_of(case.agency_id).filter(day__gte=max(pause.since, case.opens_on), day__lt=on, works=True).count()
    return Resumption(off, _later(case, case.due_on, off) if case.due_on else None)


def discontinue(
    step_id: int, rights: Rights, *, number: str, dated: date | None, note: str = "", by: User | None = None,
    files: Sequence[File[Any]] = (),
) -> Step:  # fmt: skip
    """Dừng thực hiện theo quyết định: số, ngày của văn bản; lịch sử vẫn đọc được.

    `files` are the decision itself, put beside the case in the name of `by`. Raises StaleStep, PermissionDenied,
    Refused, NotAccepted, Busy.
    """
    if not clean(number) or dated is None:
        raise Refused(DECISION_MISSING)
    decision = f"Quyết định {clean(number)} ngày {short_date(dated)}"
    with engine.one_transaction():
        subject = f"case:{Step.objects.values_list('process_id', flat=True).get(pk=step_id)}"
        if files and by:
            evidence.store_document(
                agency_id=rights.agency_id, by=by, number=number, dated=dated, issuer="", files=files, subject=subject,
                abstract="Quyết định dừng thực hiện nhiệm vụ",
            )  # fmt: skip
        # locked only now: a long upload keeps nobody waiting, and is undone where the case has moved on
        step = engine.locked(step_id)
        words = f"{decision}. {clean(note)}" if clean(note) else decision
        return engine.pull_locked(step, "discontinued", rights, note=words)


def _must_be_allowed(rights: Rights) -> None:
    if not may_stop(rights):
        raise PermissionDenied(NOT_YOURS)


def _later(case: Case, day: date, number: int) -> date:
    """The working day `number` working days after; the day itself where nothing was lost."""
    try:
        return working_days_after(case.agency_id, day, number) if number else day
    except BeyondCalendar as gap:
        raise Refused(str(gap)) from gap


def _tell(kind: str, step: Step, pause: Suspension, rights: Rights, **params: Any) -> None:
    """Officer, head, Văn phòng and who holds it."""
    case = step.process
    people = dict.fromkeys([*concerned(case, rights.on), *([step.owner_id] if step.owner_id else [])])
    notices = [
        Notice(agency_id=case.agency_id, to_id=person, kind=kind, subject=case.subject, at=pause.ended_at or pause.at,
               params={"by": rights.user_id} | params)
        for person in people if person != rights.user_id
    ]  # fmt: skip
    owe(notices, pause.pk, rights.on)
