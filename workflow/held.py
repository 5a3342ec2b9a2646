"""Đang ở khâu nào, ai đang giữ: how long each person and unit had a case, and what stands longer than it should.

Days are working days. A stage's target is the agency's setting.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localdate, make_aware

from organization.calendar import last_day_more_than
from organization.models import AgencySettings
from organization.rights import Rights
from organization.vietnamese import counted, short_date
from workflow.authority import CROSS_REVIEW
from workflow.chronicle import paused_between
from workflow.dossier import Dossier, holder_of
from workflow.flows import AssignmentFlow
from workflow.models import Step, Suspension
from workflow.querysets import StepQuerySet
from workflow.rows import waiting_since
from workflow.selectors import working_days

LEADERSHIP = "Lãnh đạo"
CROSS = "Rà soát chéo"


@dataclass(slots=True)
class Share:
    """How many working days one person had the case, in which stages; `open` where it is with them now."""

    who: str
    days: int = 0
    stages: list[str] = field(default_factory=list)
    open: bool = False


@dataclass(slots=True)
class UnitShare:
    """The days of one unit, and of its people in it."""

    unit: str
    people: list[Share] = field(default_factory=list)

    @property
    def days(self) -> int:
        return sum(share.days for share in self.people)


@dataclass(frozen=True, slots=True)
class Turn:
    """A stage as one person of one unit had it, from one day to another; `until` is None where they have it now."""

    step: Step
    unit: str
    who: str
    since: date
    until: date | None


def shares_of(dossier: Dossier, days: Mapping[date, int], pauses: Sequence[Suspension] = ()) -> list[UnitShare]:
    """Who had the case for how long, in the order in which it came to them; days of a pause are nobody's.

    `days` as chronicle.days_of_steps has them, with those on which steps changed hands (`days_of_hands`).
    """
    units: dict[str, UnitShare] = {}
    people: dict[tuple[str, str], Share] = {}
    for turn in turns_of(dossier):
        place = units.setdefault(turn.unit, UnitShare(turn.unit))
        if (turn.unit, turn.who) not in people:
            people[turn.unit, turn.who] = Share(turn.who)
            place.people.append(people[turn.unit, turn.who])
        share = people[turn.unit, turn.who]
        share.days += _days(turn, days, pauses)
        share.open = share.open or turn.until is None
        if turn.step.stage_title not in share.stages:
            share.stages.append(turn.step.stage_title)
    return list(units.values())


def turns_of(dossier: Dossier) -> Iterator[Turn]:
    """Each stage, cut where it went from hand to hand; the unit is the one that led the work on those days."""
    lead = dossier.case.unit.name
    steps = [step for step in reversed(dossier.steps) if getattr(step.node, "page", "")]
    for step in steps:
        since, hands = waiting_since(step), _hands(step)
        moving = [hand for hand in hands if _leads_on(step, hand)]
        if moving:
            lead = moving[0]["former_unit"]
        elif not step.judging and step.pool_unit:  # the unit whose head held it led the work
            lead = step.pool_unit.name
        for hand in hands:
            yield Turn(step, _unit_of(step, lead), hand["former"], since, _day(hand))
            since, lead = _day(hand), hand["to_unit"] if hand in moving else lead
        yield Turn(step, _unit_of(step, lead), _who(step), since, localdate(step.finished) if step.finished else None)


def days_of_hands(dossier: Dossier) -> list[date]:
    """The days on which steps of the case changed hands."""
    return [_day(hand) for step in dossier.steps for hand in step.handed]


def _hands(step: Step) -> list[dict[str, Any]]:
    return list(reversed(step.handed))


def _leads_on(step: Step, hand: Mapping[str, Any]) -> bool:
    """Whether the lead went from unit to unit with the step, and not only the place of who judges."""
    reviews = step.judging and step.pool_unit is not None and step.pool_unit.name == hand["to_unit"]
    return bool(hand["to_unit"]) and not reviews


def _day(hand: Mapping[str, Any]) -> date:
    return localdate(datetime.fromisoformat(hand["at"]))


def _days(turn: Turn, days: Mapping[date, int], pauses: Sequence[Suspension]) -> int:
    since, until = days.get(turn.since), days.get(turn.until) if turn.until else 0
    if since is None or until is None:
        return 0
    return max(until - since - paused_between(since, until, days, pauses), 0)


def _unit_of(step: Step, lead: str) -> str:
    if not step.judging:
        return lead
    if step.pool_unit:
        return step.pool_unit.name
    return CROSS if step.remark == CROSS_REVIEW else LEADERSHIP


def _who(step: Step) -> str:
    """Who did it; who holds it, or held it when somebody else took it away."""
    if step.acted_by and not step.pulled:
        return step.acted_by.full_name
    return holder_of(step)


@dataclass(frozen=True, slots=True)
class Targets:
    """Working days that each stage should take at most."""

    review: int
    approve: int
    papers: int


def targets_of(agency_id: int) -> Targets:
    row = AgencySettings.objects.values_list("review_days", "approve_days", "supplement_days").get(agency_id=agency_id)
    return Targets(*row)


def beyond(rights: Rights, targets: Targets) -> StepQuerySet:
    """Open steps that wait longer than their stage should take, the oldest first."""
    review, approve = AssignmentFlow.review, AssignmentFlow.approve
    late = (
        _waiting_since_before(review, last_day_more_than(rights.agency_id, rights.on, targets.review))
        | _waiting_since_before(approve, last_day_more_than(rights.agency_id, rights.on, targets.approve))
        | Q(judging=False, answer_by__lt=rights.on)
    )
    paused = Suspension.objects.filter(case_id=OuterRef("process_id"), until=None)
    steps = Step.objects.open().filter(late, ~Exists(paused), agency_id=rights.agency_id)
    return steps.select_related("process__unit", "owner", "pool_unit").order_by("created", "pk")


def _waiting_since_before(node: object, last: date | None) -> Q:
    """Steps of the node that came on that day or before it; none where the calendar has no such day."""
    if last is None:
        return Q(pk__in=[])
    end = make_aware(datetime.combine(last + timedelta(days=1), time.min))
    resumed = Suspension.objects.filter(case_id=OuterRef("process_id"), until__gt=last)
    # what stood still waits anew from the day on which it went on
    return Q(~Exists(resumed), flow_task=node, created__lt=end, opens_on__lte=last)


@dataclass(frozen=True, slots=True)
class LateStep:
    """A row of the list."""

    case_id: int
    code: str
    name: str
    unit: str
    stage: str
    who: str
    since: str
    held: str
    target: str


def rows_of(steps: Sequence[Step], rights: Rights, targets: Targets) -> list[LateStep]:
    """One query, for the working days."""
    days = working_days(rights, [waiting_since(step) for step in steps])
    of_stage = {AssignmentFlow.review.name: targets.review, AssignmentFlow.approve.name: targets.approve}
    return [
        LateStep(
            step.process_id, step.process.code, step.process.name, step.process.unit.name,
            step.stage_title if step.judging else "Bổ sung hồ sơ", holder_of(step), short_date(waiting_since(step)),
            f"{counted(-days[waiting_since(step)])} ngày" if waiting_since(step) in days else "",
            f"{counted(of_stage.get(step.stage, targets.papers))} ngày",
        )
        for step in steps
    ]  # fmt: skip
