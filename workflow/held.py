"""Đang ở khâu nào, ai đang giữ: how long each person and unit had a case, and what stands longer than it should.

Days are working days. A stage's target is the agency's setting.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.timezone import localdate, make_aware

from organization.calendar import last_day_more_than
from organization.models import AgencySettings
from organization.rights import Rights
from organization.vietnamese import counted, short_date
from workflow.chronicle import paused_days
from workflow.dossier import Dossier, holder_of
from workflow.flows import AssignmentFlow
from workflow.models import Step, Suspension
from workflow.querysets import StepQuerySet
from workflow.rows import waiting_since
from workflow.selectors import working_days

LEADERSHIP = "Lãnh đạo"


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


def shares_of(dossier: Dossier, days: Mapping[date, int], pauses: Sequence[Suspension] = ()) -> list[UnitShare]:
    """Who had the case for how long, in the order in which it came to them; days of a pause are nobody's.

    `days` as chronicle.days_of_steps has them.
    """
    units: dict[str, UnitShare] = {}
    people: dict[tuple[str, str], Share] = {}
    for step in reversed(dossier.steps):
        if not getattr(step.node, "page", ""):
            continue
        unit, who = _unit_of(step, dossier), _who(step)
        place = units.setdefault(unit, UnitShare(unit))
        if (unit, who) not in people:
            people[unit, who] = Share(who)
            place.people.append(people[unit, who])
        share = people[unit, who]
        share.days += _days(step, days, pauses)
        share.open = share.open or step.finished is None
        if step.stage_title not in share.stages:
            share.stages.append(step.stage_title)
    return list(units.values())


def _days(step: Step, days: Mapping[date, int], pauses: Sequence[Suspension]) -> int:
    since = days.get(waiting_since(step))
    until = days.get(localdate(step.finished)) if step.finished else 0
    if since is None or until is None:
        return 0
    return max(until - since - paused_days(step, days, pauses), 0)


def _unit_of(step: Step, dossier: Dossier) -> str:
    if step.pool_unit:
        return step.pool_unit.name
    return LEADERSHIP if step.judging else dossier.case.unit.name


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
    return Q(flow_task=node, created__lt=end, opens_on__lte=last)


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
