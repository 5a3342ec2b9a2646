"""Slips as pages and papers show them: what is on one, what each row says, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet
from django.utils.timezone import localdate

from organization.rights import Rights
from organization.vietnamese import clock, counted
from workflow import bulk
from workflow.differences import Difference, differences
from workflow.dossier import Event, Filed, wordings_of
from workflow.flows import AssignmentFlow
from workflow.models import Case, Slip, SlipItem, Step, Submission, Suspension
from workflow.querysets import StepQuerySet
from workflow.rounds import Standing
from workflow.rows import Badge

ACCEPTED = "accepted"
PEOPLE = ("leader", "by", "on_behalf_of", "closed_by", "closed_on_behalf_of")


def waiting(agency_id: int) -> StepQuerySet:
    """What Văn phòng accepted and waits for a leader's approval, on no open slip, in the order of the plan."""
    paused = Suspension.objects.filter(case_id=OuterRef("process_id"), until=None)
    on_a_slip = SlipItem.objects.filter(step_id=OuterRef("pk"), open=True)
    steps = Step.objects.open().filter(
        ~Exists(paused), ~Exists(on_a_slip), agency_id=agency_id, flow_task=AssignmentFlow.approve, owner__isnull=False,
        previous__outcome=ACCEPTED,
    )  # fmt: skip
    return steps.order_by("process__code", "process_id")


@dataclass(frozen=True, slots=True)
class Stack:
    """How many accepted rows wait for one leader, since when."""

    leader_id: int
    leader: str
    count: int
    since: date


def stacks(rights: Rights) -> list[Stack]:
    """Each leader for whom accepted work waits on no slip yet, in the order of names. One query."""
    rows = (
        waiting(rights.agency_id)
        .order_by("owner__name_key", "owner_id")
        .values_list("owner_id", "owner__full_name")
        .annotate(count=Count("pk"), since=Min("created"))
    )
    return [Stack(leader, name, count, localdate(since)) for leader, name, count, since in rows]


def slips_of(rights: Rights) -> QuerySet[Slip]:
    """The slips of the agency, newest first, each with `rows` and `approved`: how many it holds, and approved."""
    approved = Count("items", filter=Q(items__step__slip_id=F("pk")))
    return (
        Slip.objects.filter(agency_id=rights.agency_id)
        .annotate(rows=Count("items"), approved=approved)
        .select_related(*PEOPLE)
        .order_by("-id")
    )


def may_decide(slip: Slip, rights: Rights) -> bool:
    """The leader, or who stands in for them as a judge."""
    return any(standing.person == slip.leader_id and standing.judges for standing, _ in rights.standings)


def open_for(rights: Rights) -> list[Slip]:
    """The slips that wait for this person's decision. One query."""
    people = [standing.person for standing, _ in rights.standings if standing.judges]
    slips = Slip.objects.filter(agency_id=rights.agency_id, leader_id__in=people, closed_at=None)
    return list(slips.annotate(rows=Count("items")).order_by("id"))


def items_of(slip: Slip) -> QuerySet[SlipItem]:
    """In the order of the slip, with what Văn phòng said of each and who decided it since."""
    items = SlipItem.objects.filter(slip=slip).order_by("position")
    return items.select_related(
        "step__process__unit", "step__previous__acted_by", "step__previous__on_behalf_of", "step__acted_by",
        "step__on_behalf_of", "step__owner", "slip",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a slip: the round that Văn phòng accepted, as it stands now, and what became of it.

    `waits`: it waits for this person's decision on the slip.
    """

    step: Step
    round: Submission | None
    documents: Sequence[Filed]
    product: str
    standing: Standing | None
    item: SlipItem | None = None
    waits: bool = False

    @property
    def case(self) -> Case:
        return self.step.process

    @property
    def number(self) -> int:
        return self.item.position if self.item else 0

    @property
    def digest(self) -> str:
        return self.standing.digest if self.standing else ""

    @property
    def value(self) -> str:
        """Of its tick: the step and the digest that the row shows."""
        return f"{self.step.pk}:{self.digest}"

    @property
    def opinion(self) -> str:
        """What Văn phòng wrote when it accepted the round."""
        return self.step.previous.note if self.step.previous else ""

    @property
    def reviewer(self) -> str:
        return self.step.previous.who if self.step.previous else ""

    @property
    def differences(self) -> list[Difference]:
        """What is not as it was handed in."""
        return differences(self.standing.content, self.standing.now) if self.standing else []

    @property
    def badge(self) -> Badge:
        """What came of it: by this slip, by a decision of its own, or nothing yet."""
        item, step = self.item, self.step
        if item and step.slip_id == item.slip_id:
            return Badge("done", "Đã phê duyệt")
        if item and item.left:
            return Badge("returned", "Để lại")
        if step.finished:
            return Badge("dropped", "Xử lý riêng")
        if item and item.slip.closed_at and not item.slip.withdrawn:
            return Badge("overdue", "Chưa ghi được")
        return Badge("approve", "Chờ phê duyệt")

    @property
    def since(self) -> str:
        """Who decided it apart from the slip, and when; what was left out may be decided later."""
        step = self.step
        if step.finished is None or (self.item and step.slip_id == self.item.slip_id):
            return ""
        return f"{step.who} {step.outcome_label} lúc {clock(step.finished)}"


def rows_of(steps: Sequence[Step], rights: Rights, items: Sequence[SlipItem] = ()) -> list[Row]:
    """Rows for steps with their cases, five queries however many; `items` in the order of the steps, of a slip."""
    cases = [step.process_id for step in steps]
    shown = {item.step.pk: item for item in bulk.items_of(steps)}
    measures = dict(Case.objects.filter(pk__in=cases).values_list("pk", "assignment__measure_id"))
    wordings = wordings_of(measures.values())
    mine = set(Step.objects.actionable(rights).filter(pk__in=[step.pk for step in steps]).values_list("pk", flat=True))
    beside = {item.step_id: item for item in items}
    return [
        Row(
            step, found.round if found else None, found.documents if found else (),
            wordings[measures[step.process_id]].product if measures[step.process_id] in wordings else "",
            found.standing if found else None, beside.get(step.pk), step.pk in mine,
        )
        for step in steps for found in [shown.get(step.pk)]
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """What became of a slip, in numbers."""

    approved: int
    left: int
    refused: int
    apart: int

    @property
    def words(self) -> str:
        parts = [
            (self.approved, "được phê duyệt"), (self.left, "để lại"), (self.refused, "chưa ghi được"),
            (self.apart, "xử lý riêng"),
        ]  # fmt: skip
        return ", ".join(f"{counted(number)} {words}" for number, words in parts if number) or "không có nhiệm vụ nào"


def sum_of(items: Iterable[SlipItem]) -> Sum:
    """Of a slip that is decided; items with their steps."""
    found = list(items)
    approved = sum(item.step.slip_id == item.slip_id for item in found)
    left = sum(item.left for item in found)
    refused = sum(not item.left and item.step.finished is None for item in found)
    return Sum(approved, left, refused, len(found) - approved - left - refused)


def moments_of(case_id: int) -> list[tuple[datetime, Event]]:
    """What the history of a case tells of its slips: put on one, left out of it. One query."""
    items = SlipItem.objects.filter(step__process_id=case_id).order_by("pk")
    told = []
    for item in items.select_related(*(f"slip__{person}" for person in PEOPLE)):
        slip = item.slip
        made = f"đưa vào {slip}, trình {slip.leader.full_name}"
        told.append((slip.at, Event("list", "sub", slip.who, made, clock(slip.at), slip.note)))
        if slip.closed_at and slip.withdrawn:
            told.append((slip.closed_at, Event("left", "sub", slip.who_closed, f"rút {slip}", clock(slip.closed_at))))
        elif slip.closed_at and item.left:
            words = f"để lại khi quyết định {slip}, nhiệm vụ vẫn chờ phê duyệt"
            told.append(
                (slip.closed_at, Event("pen", "approve", slip.who_closed, words, clock(slip.closed_at), item.word))
            )
    return told


def last_item(step_id: int) -> SlipItem | None:
    """The last slip on which an open step was put, for its page. One query."""
    items = SlipItem.objects.filter(step_id=step_id).select_related(
        "slip__leader", "slip__closed_by", "slip__closed_on_behalf_of"
    )
    return items.exclude(slip__withdrawn=True).order_by("-pk").first()
