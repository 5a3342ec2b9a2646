"""The history of a case, round by round: who did what, in whose name, when, why, and how long each held it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clock, counted
from workflow.dossier import Dossier, Event, round_title
from workflow.models import Directive, Sighting, Step
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


@dataclass(frozen=True, slots=True)
class Chapter:
    """The steps of one round, newest first."""

    title: str
    turns: list[Turn]


# what closes a round: a judge's return, a recall, the end of the case
CLOSING = RETURNS | {"recalled", "approved", "confirmed", "discontinued"}


def chapters_of(
    dossier: Dossier, seen: Mapping[int, list[str]], days: Mapping[date, int], directives: Sequence[Directive] = ()
) -> list[Chapter]:
    """Newest round first. What the head returns to the officer stays in its round; a directive and a change of hands
    stand where they happened."""
    rounds: list[list[tuple[Step | None, Turn]]] = [[]]
    given = list(directives)  # newest first
    for step, event, closed in reversed(dossier.told):
        if not closed:
            rounds[-1].append((None, Turn(event, "", [])))
            continue
        while given and step.finished and given[-1].at <= step.finished:
            rounds[-1].append((None, _said(given.pop())))
        rounds[-1].append((step, Turn(event, held_words(step, days), seen.get(step.pk, []))))
        if (step.judging or step.pulled) and step.outcome in CLOSING:
            rounds.append([])
    since = rounds[-1] if rounds[-1] or len(rounds) == 1 else rounds[-2]
    since += [(None, _said(directive)) for directive in reversed(given)]
    chapters, handed_in = [], 0
    for turns in filter(None, rounds):
        new = sum(step is not None and step.outcome in HANDED_IN for step, _ in turns)
        handed_in += new
        chapters.append(Chapter(_title(handed_in, bool(new), turns), [turn for _, turn in reversed(turns)]))
    return chapters[::-1]


def _said(directive: Directive) -> Turn:
    instead = f", thay {directive.on_behalf_of.full_name}" if directive.on_behalf_of else ""
    verb = f"cho ý kiến chỉ đạo{instead}"
    return Turn(Event("pen", "approve", directive.by.full_name, verb, clock(directive.at), directive.text), "", [])


def _title(number: int, handed_in: bool, turns: list[tuple[Step | None, Turn]]) -> str:
    if handed_in:
        return round_title(number)
    judged = any(step is not None and step.judging for step, _ in turns)
    return f"Xem lại lần nộp thứ {number}" if judged else f"Chuẩn bị lần nộp thứ {number + 1}"


def held_words(step: Step, days: Mapping[date, int]) -> str:
    """Phân công: 02 ngày làm việc."""
    since, until = waiting_since(step), localdate(step.finished)
    if since not in days or until not in days:
        return ""
    held = days[until] - days[since]
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
