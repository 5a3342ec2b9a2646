"""The history of a case, round by round: who did what, in whose name, when, why, and how long each held it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clock, counted
from workflow.dossier import CLOSED, Dossier, Event, round_title
from workflow.models import Directive, Sighting, Step, Suspension
from workflow.querysets import HANDED_IN
from workflow.returns import RETURNS
from workflow.rows import waiting_since
from workflow.selectors import working_days


@dataclass(frozen=True, slots=True)
class Turn:
    """One closed step: what came of it, how long it waited there, and who had opened it; or a change of hands."""

    event: Event
    held: str
    seen: list[str]


Moment = tuple[datetime, Event]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The steps of one round, newest first."""

    title: str
    turns: list[Turn]


# what closes a round: a judge's return, a recall, the end of the case
CLOSING = RETURNS | {"recalled", "approved", "confirmed", "discontinued", *CLOSED}


def chapters_of(
    dossier: Dossier,
    seen: Mapping[int, list[str]],
    days: Mapping[date, int],
    directives: Sequence[Directive] = (),
    pauses: Sequence[Suspension] = (),
    beside: Iterable[Moment] = (),
) -> list[Chapter]:
    """Newest round first. What the head returns to the officer stays in its round; a directive, a pause, a change
    of hands and what happened beside the steps (requests) stand where they happened."""
    rounds: list[list[tuple[Step | None, Turn]]] = [[]]
    told = [(directive.at, _said(directive)) for directive in directives] + stops_of(dossier, pauses)
    told += [(at, Turn(event, "", [])) for at, event in beside]
    between = sorted(told, key=lambda pair: pair[0])
    for step, event, closed in reversed(dossier.told):
        if not closed:
            rounds[-1].append((None, Turn(event, "", [])))
            continue
        while between and step.finished and between[0][0] <= step.finished:
            rounds[-1].append((None, between.pop(0)[1]))
        rounds[-1].append((step, Turn(event, held_words(step, days, pauses), seen.get(step.pk, []))))
        if (step.judging or step.pulled) and step.outcome in CLOSING:
            rounds.append([])
    since = rounds[-1] if rounds[-1] or len(rounds) == 1 else rounds[-2]
    since += [(None, turn) for _, turn in between]
    chapters, handed_in = [], 0
    for turns in filter(None, rounds):
        steps = [step for step, _ in turns if step]
        new = sum(step.outcome in HANDED_IN for step in steps)
        handed_in += new
        chapters.append(Chapter(_title(handed_in, bool(new), steps), [turn for _, turn in reversed(turns)]))
    return chapters[::-1]


def _said(directive: Directive) -> Turn:
    instead = f", thay {directive.on_behalf_of.full_name}" if directive.on_behalf_of else ""
    verb = f"cho ý kiến chỉ đạo{instead}"
    return Turn(Event("pen", "approve", directive.by.full_name, verb, clock(directive.at), directive.text), "", [])


def stops_of(dossier: Dossier, pauses: Sequence[Suspension]) -> list[tuple[datetime, Turn]]:
    """Each pause as the history tells it; one that ended with the work ends without a line of its own."""
    ends = {step.finished for step in dossier.done}
    told = [(pause.at, _stop("pause", pause.who, "đã tạm dừng", pause.at, pause.reason)) for pause in pauses]
    told += [
        (pause.ended_at, _stop("play", pause.who_ended, "đã cho tiếp tục", pause.ended_at))
        for pause in pauses
        if pause.ended_at and pause.ended_at not in ends
    ]
    return told


def _stop(icon: str, by: str, verb: str, at: datetime, quote: str = "") -> Turn:
    return Turn(Event(icon, "sub", by, verb, clock(at), quote), "", [])


def dates_of(pauses: Iterable[Suspension]) -> list[date | None]:
    return [day for pause in pauses for day in (pause.since, pause.until)]


def paused_days(step: Step, days: Mapping[date, int], pauses: Sequence[Suspension]) -> int:
    """Working days on which the step stood still; `days` has the dates of the pauses, and counts from today."""
    since, until = days.get(waiting_since(step)), days.get(localdate(step.finished)) if step.finished else 0
    return 0 if since is None or until is None else paused_between(since, until, days, pauses)


def paused_between(since: int, until: int, days: Mapping[date, int], pauses: Sequence[Suspension]) -> int:
    """Of the working days between two ordinals, those of a pause."""
    spans = ((days.get(pause.since), days.get(pause.until, 0) if pause.until else 0) for pause in pauses)
    return sum(max(0, min(until, ended) - max(since, begun)) for begun, ended in spans if begun is not None)


def _title(number: int, handed_in: bool, steps: list[Step]) -> str:
    if handed_in:
        return round_title(number)
    judged = any(step.judging for step in steps)
    return f"Xem lại lần nộp thứ {number}" if judged else f"Chuẩn bị lần nộp thứ {number + 1}"


def held_words(step: Step, days: Mapping[date, int], pauses: Sequence[Suspension] = ()) -> str:
    """Phân công: 02 ngày làm việc."""
    since, until = waiting_since(step), localdate(step.finished)
    if since not in days or until not in days or not step.stage_title:
        return ""
    held = days[until] - days[since] - paused_days(step, days, pauses)
    return f"{step.stage_title}: {f'{counted(held)} ngày làm việc' if held > 0 else 'trong ngày'}"


def days_of_steps(steps: Iterable[Step], rights: Rights, *others: date | None) -> dict[date, int]:
    """Working days from today to every date at which a step arrived or ended, and to `others`. One query."""
    dates = {waiting_since(step) for step in steps} | {localdate(step.finished) for step in steps if step.finished}
    return working_days(rights, [*dates, *others])


def sightings_of(case_id: int) -> dict[int, list[str]]:
    """Who opened each step of a case and when. One query."""
    seen: dict[int, list[str]] = {}
    sightings = Sighting.objects.filter(step__process_id=case_id).select_related("user").order_by("at", "pk")
    for sighting in sightings:
        seen.setdefault(sighting.step_id, []).append(f"{sighting.user.full_name} đã xem lúc {clock(sighting.at)}")
    return seen
