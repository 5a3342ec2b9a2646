"""Cases and steps as lists show them: what, whose, how long, until when, in the words of the office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate, localtime

from organization.rights import Rights
from organization.vietnamese import counted, decimal, short_date
from workflow.flows import AssignmentFlow
from workflow.models import Case, Schedule, Step
from workflow.returns import KINDS, RETURNS
from workflow.selectors import Holding, holder_of, working_days
from workflow.timeliness import ENDED, FINISHED, WAITING, State, Urgency

# from the third grant on: gia hạn nhiều lần
MANY = 3
# what a case waits for at the steps of those who judge
WAITS = {AssignmentFlow.review.name: "chờ rà soát", AssignmentFlow.approve.name: "chờ phê duyệt"}


@dataclass(frozen=True, slots=True)
class Badge:
    """Colour and shape (`kind`), words, and a tint where someone must act."""

    kind: str
    words: str
    tint: bool = False


@dataclass(frozen=True, slots=True)
class InboxRow:
    """`worth`: the points as scripts count them; `picks`: whether it may be taken with others in one press."""

    step_id: int
    url: str
    code: str
    name: str
    facts: list[str]
    stage: str
    stage_badge: Badge | None
    points: str
    due: str
    original: str
    against: str
    badge: Badge
    urgency: Urgency
    worth: str = "0"
    picks: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one urgency on this page, under how many there are in all."""

    title: str
    count: int
    rows: list[InboxRow]


@dataclass(frozen=True, slots=True)
class TaskRow:
    case_id: int
    code: str
    name: str
    unit: str
    plan: str
    holder: Holding | None
    held_days: str
    points: str
    due_on: date | None
    due: str
    original: str
    against: str
    state: State
    badge: Badge


def points_words(points: Decimal) -> str:
    return decimal(points) if points else ""


def day_and_month(day: date) -> str:
    return short_date(day).rsplit("/", 1)[0]


def original_due(case: Case) -> str:
    """The first due date, where it is another one now."""
    return short_date(case.original_due_on) if case.original_due_on != case.due_on else ""


def against_original(case: Case, until: date | None, days: Mapping[date, int]) -> str:
    """So với thời hạn ban đầu, where the date was moved and the work is late by the first one. `until`: the day of
    the round where it was handed in, else today; `days` from today to both."""
    first = case.original_due_on
    if until is None or first is None or case.due_on in {None, first} or until <= first:
        return ""
    late = days[until] - days[first] if {until, first} <= days.keys() else None
    return f"quá hạn ban đầu {_counted_days(late)}".strip()


def remaining(days: int | None, due: date, today: date) -> Badge:
    """How long a case that nobody has handed in still has; without days where the calendar does not reach."""
    if due < today:
        return Badge("overdue", f"Quá hạn {_counted_days(days)}".strip(), tint=True)
    if due == today:
        return Badge("today", "Đến hạn hôm nay", tint=True)
    if days is None:
        return Badge("in-time", "Trong hạn")
    words = f"Còn {_counted_days(days)}"
    return Badge("soon", words, tint=True) if days <= 7 else Badge("in-time", words)


def _counted_days(days: int | None) -> str:
    if days is None:
        return ""
    return f"{counted(abs(days))} ngày" if days else "dưới 01 ngày"


def answering(answer_by: date, today: date, days: Mapping[date, int]) -> Badge:
    """Papers are being added: until then the round keeps its day."""
    if answer_by == today:
        return Badge("today", "Bổ sung hồ sơ trong hôm nay", tint=True)
    left = _counted_days(days.get(answer_by))
    return Badge(
        "soon", f"Bổ sung hồ sơ: còn {left}" if left else f"Bổ sung hồ sơ đến {short_date(answer_by)}", tint=True
    )


def no_date(schedule: str) -> Badge:
    kind = "ongoing" if schedule == Schedule.ONGOING else "undated"
    return Badge(kind, Schedule(schedule).label)


def handed_in(submitted_on: date, due: date | None, stage: str, days: Mapping[date, int]) -> Badge:
    """The state of work that those who judge hold: the unit's clock stands."""
    waits, kind = WAITS.get(stage, "đang bổ sung hồ sơ"), _judging_kind(stage)
    if due is None:
        return Badge(kind, f"Đã nộp, {waits}")
    if submitted_on <= due:
        return Badge(kind, f"Đã nộp trong hạn, {waits}")
    late = days[submitted_on] - days[due] if {submitted_on, due} <= days.keys() else None
    return Badge("overdue", f"Đã nộp quá hạn {_counted_days(late)}".strip() + f", {waits}", tint=True)


def inbox_rows(steps: list[Step], rights: Rights) -> list[InboxRow]:
    """Rows for steps that carry `urgency`, `rounds`, `handed_in_at`, `deputises`. One query, for the working days."""
    moments = {localdate(step.handed_in_at) for step in steps if step.handed_in_at}
    dates = moments | {waiting_since(step) for step in steps} | {step.process.due_on for step in steps}
    dates |= {step.answer_by for step in steps} | {step.process.original_due_on for step in steps} | {rights.on}
    days = working_days(rights, dates)
    return [_inbox_row(step, rights.on, days) for step in steps]


def _inbox_row(step: Step, today: date, days: Mapping[date, int]) -> InboxRow:
    case, stands = step.process, _clock_stands(step)
    return InboxRow(
        step_id=step.pk,
        url=reverse(step.node.page, args=[step.pk]),
        code=case.code,
        name=case.name,
        facts=[fact for fact in _facts(step, today, days) if fact],
        # where the clock stands, the state says what the work waits for
        stage="" if stands else step.stage_title,
        stage_badge=None if stands else _stage_badge(step),
        points=points_words(case.points),
        due=short_date(case.due_on),
        original=original_due(case),
        against=against_original(case, localdate(step.handed_in_at) if stands else today, days),
        badge=_step_badge(step, today, days),
        urgency=Urgency(step.urgency),
        worth=str(case.points),
        picks=step.node in (AssignmentFlow.review, AssignmentFlow.approve),
    )


def _clock_stands(step: Step) -> bool:
    """Whether a dated case waits for a judge after its unit has handed in."""
    return bool(step.judging and step.handed_in_at and step.process.due_on)


def _step_badge(step: Step, today: date, days: Mapping[date, int]) -> Badge:
    case = step.process
    if step.answer_by and step.answer_by >= today:
        return answering(step.answer_by, today, days)
    if case.due_on is None:
        return no_date(case.schedule)
    if _clock_stands(step):
        return handed_in(localdate(step.handed_in_at), case.due_on, step.stage, days)
    return remaining(days.get(case.due_on), case.due_on, today)


def _stage_badge(step: Step) -> Badge | None:
    if step.previous and step.previous.outcome in RETURNS:
        return Badge("returned", KINDS[step.previous.outcome] if step.previous.judging else "Trả lại", tint=True)
    if step.judging and step.stage in WAITS:
        return Badge(_judging_kind(step.stage), WAITS[step.stage].capitalize())
    return None


def _judging_kind(stage: str) -> str:
    return "approve" if stage == AssignmentFlow.approve.name else "review"


def waiting_since(step: Step) -> date:
    """The day from which a step waits for its holder: its arrival, or the day its period opened."""
    return max(localdate(step.created), step.opens_on)


def _facts(step: Step, today: date, days: Mapping[date, int]) -> Iterator[str]:
    yield step.process.unit.name
    if step.deputises:
        yield f"xử lý thay {step.deputises}"
    yield _round(step, today)
    if getattr(step, "granted_before", 0) + 1 >= MANY:
        yield "gia hạn nhiều lần"
    waited = -days.get(waiting_since(step), 0)
    if waited > 0:
        yield f"chờ {counted(waited)} ngày"
    yield step.remark


def _round(step: Step, today: date) -> str:
    if step.judging and step.rounds:
        return f"nộp lần {step.rounds} {_when(step.handed_in_at, today)}"
    if step.previous and step.previous.outcome in RETURNS:
        after = f", đã nộp lần {step.rounds}" if step.rounds else ""
        verb = "yêu cầu bổ sung" if step.previous.outcome == "supplement" else "trả lại"
        return f"{verb} {_when(step.created, today)}{after}"
    if step.opens_on > localdate(step.created):
        return f"đến kỳ ngày {day_and_month(step.opens_on)}"
    return f"nhận {_when(step.created, today)}"


def _when(moment: datetime, today: date) -> str:
    local = localtime(moment)
    return f"hôm nay lúc {local:%H:%M}" if localdate(moment) == today else f"ngày {day_and_month(localdate(moment))}"


def in_groups(rows: Iterable[InboxRow], counts: Mapping[Urgency, int]) -> list[Group]:
    groups: dict[Urgency, list[InboxRow]] = {}
    for row in rows:
        groups.setdefault(row.urgency, []).append(row)
    return [Group(str(urgency.label), counts[urgency], members) for urgency, members in groups.items()]


def task_rows(cases: list[Case], rights: Rights) -> list[TaskRow]:
    """Rows for cases that carry `timeliness`, `submitted_on` and the columns of their open step. One query."""
    dates = {day for case in cases for day in (case.due_on, case.original_due_on, case.submitted_on, _held_since(case))}
    dates.add(rights.on)
    days = working_days(rights, dates)
    return [_task_row(case, rights.on, days) for case in cases]


def _held_since(case: Any) -> date | None:
    return localdate(case.held_since) if case.held_since else None


def _task_row(case: Any, today: date, days: Mapping[date, int]) -> TaskRow:
    holder = holder_of(case)
    state = State(case.timeliness)
    waited = -days.get(_held_since(case) or today, 0)
    return TaskRow(
        case_id=case.pk,
        code=case.code,
        name=case.name,
        unit=case.unit.name,
        plan=str(case.plan or ""),
        holder=holder,
        held_days=f"giữ {counted(waited)} ngày" if waited > 0 else "",
        points=points_words(case.points),
        due_on=case.due_on,
        due=short_date(case.due_on),
        original=original_due(case),
        against=against_original(case, stands_until(case, state, today), days),
        state=state,
        badge=state_badge(case, state, today, days, holder),
    )


def stands_until(case: Any, state: State, today: date) -> date | None:
    """The day at which the unit's clock stands: of the round that is judged or was accepted, else today; None where
    nothing runs. The case carries `submitted_on`."""
    if state in ENDED | {State.PAUSED}:
        return None
    return case.submitted_on if state in FINISHED | WAITING else today


def state_badge(case: Any, state: State, today: date, days: Mapping[date, int], holder: Holding | None) -> Badge:
    """The state of a case that carries `submitted_on`, tinted only where its unit must act."""
    match state:
        case State.SUBMITTED | State.SUBMITTED_LATE:
            badge = handed_in(case.submitted_on, case.due_on, holder.node.name if holder else "", days)
            return Badge(badge.kind, badge.words)
        case State.IN_TIME | State.SOON | State.TODAY | State.OVERDUE:
            return remaining(days.get(case.due_on), case.due_on, today)
        case State.LAPSED:
            return Badge(State.OVERDUE.value, str(state.label))
        case _:
            return Badge(state.value, str(state.label))
