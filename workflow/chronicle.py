"""The history of a case, round by round: who did what, in whose name, when, why, and how long each held it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clock, counted
from workflow.dossier import Dossier, Event
from workflow.models import Sighting, Step
from workflow.querysets import HANDED_IN
from workflow.returns import RETURNS
from workflow.rows import waiting_since
from workflow.selectors import working_days


@dataclass(frozen=True, slots=True)
class Turn:
    """One closed step: what came of it, how long it waited there, and who had opened it."""

    event: Event
    held: str
    seen: list[str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The steps of one round, newest first."""

    title: str
    turns: list[Turn]


def chapters_of(dossier: Dossier, seen: Mapping[int, list[str]], days: Mapping[date, int]) -> list[Chapter]:
    """Newest round first. A round ends when a judge returns it; what the head returns stays in its round."""
    rounds: list[list[tuple[Step, Turn]]] = [[]]
    for step, event in reversed(list(zip(dossier.done, dossier.events, strict=True))):
        rounds[-1].append((step, Turn(event, held_words(step, days), seen.get(step.pk, []))))
        if step.judging and step.outcome in RETURNS:
            rounds.append([])
    told = [(number, turns) for number, turns in enumerate(rounds, 1) if turns]
    return [Chapter(_title(number, turns), [turn for _, turn in reversed(turns)]) for number, turns in reversed(told)]


def _title(number: int, turns: list[tuple[Step, Turn]]) -> str:
    handed_in = any(step.outcome in HANDED_IN for step, _ in turns)
    return f"Lần nộp thứ {number}" if handed_in else f"Chuẩn bị lần nộp thứ {number}"


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
