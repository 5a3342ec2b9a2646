"""What happens to each việc giao of the demo plan: some on time, some late, some returned, some forgotten.

A fate is a generator: it yields the moment of its next act and performs the act when it is resumed.
The runner resumes the fates in the order of their moments, with the clock moved there.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from django.utils.timezone import now

from audit import services as audit
from evidence.services import store_document
from organization.enums import Role
from organization.models import Post, Unit, User
from organization.rights import rights_of
from plans.models import MeasureText
from reports.demo.clock import at, office_hour
from reports.demo.papers import paper
from workflow import services
from workflow.effects import last_digest
from workflow.models import Assignment, Schedule, Step

Fate = Iterator[datetime]

RETURNED_BY_OFFICE = (
    "Chưa ký; số liệu chưa khớp. Đề nghị gửi bản đã ký số và thống nhất số liệu giữa báo cáo và phụ lục."
)
RETURNED_BY_LEADER = "Bổ sung đánh giá nguyên nhân và giải pháp cho nội dung chưa đạt."


@dataclass
class Cast:
    """Who acts in one unit."""

    head: User
    officers: list[User]


@dataclass
class Stage:
    """The agency in which the story plays, and numbers for its documents."""

    agency: Unit
    casts: dict[int, Cast]
    reviewers: list[User]
    numbers: Iterator[int] = field(default_factory=lambda: count(101))

    @classmethod
    def of(cls, agency: Unit, on: date) -> Stage:
        casts: dict[int, Cast] = {}
        posts = (
            Post.objects.on(on)
            .filter(agency=agency, user__is_active=True)
            .select_related("user")
            .order_by("user__code")
        )
        for post in posts.filter(role=Role.HEAD):
            officers = [other.user for other in posts.filter(unit_id=post.unit_id, role=Role.OFFICER)]
            casts[post.unit_id] = Cast(post.user, officers or [post.user])
        reviewers = [post.user for post in posts.filter(role=Role.REVIEWER)]
        return cls(agency, casts, reviewers)


class Play:
    """Runs fates in the order of their moments, up to now."""

    def __init__(self) -> None:
        self.waiting: list[tuple[datetime, int, Fate]] = []
        self.order = count()
        self.until = now()

    def add(self, fate: Fate) -> None:
        self._ask(fate, datetime.min.replace(tzinfo=self.until.tzinfo))

    def _ask(self, fate: Fate, after: datetime) -> None:
        moment = next(fate, None)
        if moment is not None and moment <= self.until:
            heapq.heappush(self.waiting, (max(moment, after), next(self.order), fate))

    def run(self) -> int:
        """Acts performed."""
        acts = 0
        while self.waiting:
            moment, _, fate = heapq.heappop(self.waiting)
            with at(moment):
                self._ask(fate, moment + timedelta(minutes=1))
            acts += 1
        return acts


def fates(stage: Stage, plan_id: int, began: date) -> Iterable[Fate]:
    """One fate for each việc giao of the plan; which one is decided by its place in the list."""
    assignments = (
        Assignment.objects.filter(measure__plan_id=plan_id, case__finished=None)
        .select_related("case", "unit")
        .order_by("case_id")
    )
    for place, assignment in enumerate(assignments):
        dated = assignment.case.schedule == Schedule.DATED
        fate = FATES[place % len(FATES)] if dated else forgotten  # work without an end is assigned and goes on
        yield fate(Life(stage, assignment, place, began))


class Life:
    """One việc giao, and the acts that can happen to it."""

    def __init__(self, stage: Stage, assignment: Assignment, place: int, began: date) -> None:
        self.stage, self.assignment, self.place = stage, assignment, place
        case = assignment.case
        self.opens = max(case.opens_on, began)
        self.due: date = case.due_on or self.opens + timedelta(days=45 + 7 * (place % 9))
        self.cast = stage.casts[assignment.unit_id]
        self.officer = self.cast.officers[place % len(self.cast.officers)]

    def day(self, on: date, hour: int) -> datetime:
        """An hour of that day, a little different for each việc giao."""
        return office_hour(max(on, self.opens), hour, (self.place * 7) % 55)

    def before_due(self, days: int, hour: int) -> datetime:
        return self.day(self.due - timedelta(days=days), hour)

    def step(self) -> Step:
        return Step.objects.select_related("owner", "process").get(process_id=self.assignment.pk, finished=None)

    def assign(self) -> None:
        step = self.step()
        if step.stage == "assign":
            services.assign(step.pk, self.officer, rights_of(self.cast.head))

    def finish(self, again: bool = False) -> None:
        text = MeasureText.objects.filter(measure_id=self.assignment.measure_id).order_by("-version__number")[0]
        statement = f"{self.assignment.unit.name} đã hoàn thành: {text.product or text.task}."
        if again:
            statement += " Đã ký số và thống nhất số liệu theo yêu cầu."
        self.hand_in_paper(text, again)
        services.finish(self.step().pk, rights_of(self.officer), statement=statement)

    def hand_in_paper(self, text: MeasureText, again: bool) -> None:
        day = rights_of(self.officer).on
        number = f"{next(self.stage.numbers)}/BC-SKHĐT"
        abstract = f"{'Báo cáo bổ sung' if again else 'Báo cáo kết quả'}: {text.task}"[:300]
        file = paper(agency=self.stage.agency.name, unit=self.assignment.unit.name, number=number, dated=day, abstract=abstract,
                     statement=text.product or text.task)  # fmt: skip
        with audit.transaction():
            store_document(agency_id=self.stage.agency.pk, by=self.officer, number=number, dated=day, issuer=self.stage.agency.name,
                           abstract=abstract, files=[file], subject=f"case:{self.assignment.pk}")  # fmt: skip

    def submit(self) -> None:
        step = self.step()
        statement = Step.objects.filter(process_id=self.assignment.pk, outcome="done").order_by("-pk")[0].note
        services.submit(step.pk, rights_of(self.cast.head), statement=statement)

    def judge(self, verb: Callable[..., Step], **words: str) -> None:
        """Văn phòng or the leader decides, whoever holds the step."""
        step = self.step()
        judge = step.owner or self.stage.reviewers[self.place % len(self.stage.reviewers)]
        verb(step.pk, rights_of(judge), seen=last_digest(self.assignment.pk), **words)

    def reviewed(self) -> bool:
        """Whether Văn phòng reviews this one; its own work goes straight to the leader."""
        return self.step().stage == "review"


def done_in_time(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=1 + life.place % 3), 8)
    life.assign()
    yield from _round(life, finished=6, again=False)
    yield life.before_due(1, 15)
    life.judge(services.approve)


def done_late(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=2), 9)
    life.assign()
    yield from _round(life, finished=-3 - life.place % 5, again=False)
    yield life.before_due(-9, 16)
    life.judge(services.approve)


def returned_by_office(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=1), 10)
    life.assign()
    yield life.before_due(12, 9)
    life.finish()
    yield life.before_due(11, 9)
    life.submit()
    yield life.before_due(10, 14)
    if life.reviewed():
        life.judge(services.return_work, reason=RETURNED_BY_OFFICE)
        yield life.before_due(7, 10)
        life.finish(again=True)
        yield life.before_due(6, 10)
        life.submit()
        yield life.before_due(5, 14)
        life.judge(services.accept)
    yield life.before_due(3, 9)
    life.judge(services.approve)


def returned_by_leader(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=1), 11)
    life.assign()
    yield from _round(life, finished=15, again=False)
    yield life.before_due(9, 15)
    life.judge(services.return_work, reason=RETURNED_BY_LEADER)
    yield from _round(life, finished=5, again=True)
    yield life.before_due(1, 10)
    life.judge(services.approve)


def waits_for_leader(life: Life) -> Fate:
    """Submitted early; approved only some weeks later."""
    yield life.day(life.opens + timedelta(days=2), 8)
    life.assign()
    yield from _round(life, finished=10, again=False)
    yield life.before_due(-20, 9)
    life.judge(services.approve)


def waits_for_review(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=3), 8)
    life.assign()
    yield life.before_due(4, 9)
    life.finish()
    yield life.before_due(3, 9)
    life.submit()
    yield life.before_due(-25, 9)
    if life.reviewed():
        life.judge(services.accept)


def waits_for_head(life: Life) -> Fate:
    """The officer is done; the head has not looked."""
    yield life.day(life.opens + timedelta(days=2), 14)
    life.assign()
    yield life.before_due(2, 16)
    life.finish()


def forgotten(life: Life) -> Fate:
    yield life.day(life.opens + timedelta(days=4), 9)
    life.assign()


def untouched(life: Life) -> Fate:  # noqa: ARG001 - a fate in which nothing happens
    yield from ()


def _round(life: Life, *, finished: int, again: bool) -> Fate:
    """From the officer's work to the leader's desk, beginning `finished` days before the due date."""
    yield life.before_due(finished, 9)
    life.finish(again=again)
    yield life.before_due(finished - 1, 10)
    life.submit()
    yield life.before_due(finished - 3, 14)
    if life.reviewed():
        life.judge(services.accept)


FATES: tuple[Callable[[Life], Fate], ...] = (
    done_in_time, returned_by_office, done_in_time, done_late, done_in_time, forgotten, done_in_time, waits_for_leader, done_late,
    returned_by_leader, done_in_time, waits_for_review, untouched, done_in_time, waits_for_head, done_late, waits_for_review,
)  # fmt: skip
