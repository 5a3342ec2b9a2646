"""Random histories of one assignment, with delegation, against a small model of what the office's rules say.

Whatever people try, in whatever order: one open step, nobody judges their own work, every decision is on the
content it names, the ledger verifies, and all who count count the same.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from audit.verification import verify
from organization.enums import UNIT_ROLES
from organization.models import Delegation, Post
from plans.enums import Confirmation
from tests.office import Office, last_digest, make_assignment, make_office, numbers
from workflow import engine, services, stopping
from workflow.errors import Refused
from workflow.models import Assignment, Case, Decision, Extension, Sighting, Step, Suspension
from workflow.requests import asking
from workflow.selectors import inbox_count

pytestmark = pytest.mark.django_db

PEOPLE = ("head", "deputy", "officer", "colleague", "reviewer", "chief", "leader", "other_leader", "director", "clerk",
          "other_head", "viewer")  # fmt: skip
# from where an outcome leads where, written down apart from the flow
EDGES = {
    ("assign", "assigned"): "execute",
    ("execute", "done"): "submit",
    ("submit", "submitted"): "review",
    ("submit", "submitted_past_review"): "approve",
    ("submit", "returned"): "execute",
    ("review", "accepted"): "approve",
    ("review", "confirmed"): "end",
    ("review", "returned"): "execute",
    ("review", "supplement"): "execute",
    ("approve", "approved"): "end",
    ("approve", "returned"): "execute",
    ("approve", "supplement"): "execute",
    ("approve", "clarify"): "review",
}
PULLS = {("submit", "recalled"): "execute", ("review", "recalled"): "submit", ("approve", "recalled"): "submit"}
OUTCOMES = sorted({outcome for _, outcome in EDGES})
people, outcomes = st.sampled_from(PEOPLE), st.sampled_from(OUTCOMES)


class History(RuleBasedStateMachine):
    """`stage` is the model: where the case must be now."""

    def __init__(self) -> None:
        super().__init__()
        self.office: Office = make_office(f"S{next(numbers)}")
        self.assignment: Assignment = make_assignment(self.office)
        self.stage = "assign"
        self.due = self.case.due_on

    @property
    def case(self) -> Case:
        return Case.objects.get(pk=self.assignment.pk)

    @property
    def step(self) -> Step:
        return Step.objects.filter(process_id=self.assignment.pk).latest("pk")

    @property
    def alive(self) -> bool:
        return self.stage not in {"end", "dropped"}

    @property
    def paused(self) -> bool:
        return Suspension.objects.filter(case_id=self.assignment.pk, until=None).exists()

    def right(self) -> str:
        """Somebody who may act now; the walk goes on also where chance alone would not find them."""
        step = self.step
        may = (name for name in PEOPLE if Step.objects.actionable(self.office.rights(name)).filter(pk=step.pk).exists())
        return next(may, "head")

    def attempt(self, person: str, outcome: str) -> None:
        step, stage, paused = self.step, self.stage, self.paused
        data: dict[str, Any] = {}
        if outcome == "assigned":
            data = {"officer": self.office["officer"]}
        elif outcome in {"submitted", "submitted_past_review"}:
            data = {"statement": f"Lần {self.assignment.submissions.count() + 1}"}
        seen = last_digest(self.assignment) if self.assignment.submissions.exists() else None
        try:
            follower = engine.act(step.pk, outcome, self.office.rights(person), note="Lý do", seen=seen, **data)
        except (PermissionDenied, Refused):
            return
        except TypeError:
            assert (stage, outcome) not in EDGES
            return
        assert not paused
        assert (stage, outcome) in EDGES, f"{person} took {outcome} at {stage}"
        self.stage = EDGES[stage, outcome]
        assert follower.stage == self.stage

    @precondition(lambda self: self.alive)
    @rule(person=people, outcome=outcomes)
    def somebody_tries_something(self, person: str, outcome: str) -> None:
        self.attempt(person, outcome)

    @precondition(lambda self: self.alive)
    @rule(number=st.integers(0, 3))
    def the_right_person_goes_on(self, number: int) -> None:
        legal = [outcome for stage, outcome in EDGES if stage == self.stage]
        self.attempt(self.right(), legal[number % len(legal)])

    @precondition(lambda self: self.alive)
    @rule(person=people)
    def somebody_recalls(self, person: str) -> None:
        try:
            follower = services.recall(self.step.pk, self.office.rights(person))
        except (PermissionDenied, Refused):
            return
        self.stage = PULLS[self.stage, "recalled"]
        assert follower.stage == self.stage

    @precondition(lambda self: self.alive)
    @rule(person=people)
    def somebody_opens_it(self, person: str) -> None:
        step = self.step
        if Step.objects.actionable(self.office.rights(person)).filter(pk=step.pk).exists():
            Sighting.objects.get_or_create(step=step, user=self.office[person], defaults={"at": now()})

    @precondition(lambda self: self.alive)
    @rule(person=people)
    def somebody_hands_it_over(self, person: str) -> None:
        try:
            engine.hand_over(self.step.pk, self.office["colleague"], self.office.rights(person), note="Đổi người")
        except (PermissionDenied, Refused):
            return
        assert self.step.owner == self.office["colleague"]

    @precondition(lambda self: self.alive)
    @rule(person=people)
    def somebody_discontinues(self, person: str) -> None:
        try:
            stopping.discontinue(self.step.pk, self.office.rights(person), number="12/QĐ-SKHĐT", dated=localdate())
        except (PermissionDenied, Refused):
            return
        assert person in {"leader", "other_leader", "director", "chief", "reviewer"} or self.acts_for_such(person)
        self.stage = "dropped"

    @precondition(lambda self: self.alive)
    @rule(person=people)
    def somebody_pauses_or_resumes(self, person: str) -> None:
        paused = self.paused
        verb = stopping.resume if paused else stopping.suspend
        try:
            verb(self.assignment.pk, self.office.rights(person), **({} if paused else {"reason": "Chờ vốn"}))
        except (PermissionDenied, Refused):
            return
        assert self.paused is not paused

    @precondition(lambda self: self.alive)
    @rule(person=people, days=st.integers(-5, 90))
    def somebody_asks_for_an_extension(self, person: str, days: int) -> None:
        wanted = localdate() + timedelta(days=days)
        due = self.case.due_on
        try:
            asking.ask_extension(self.assignment.pk, self.office.rights(person), due_on=wanted, reason="Chờ số liệu")
        except (PermissionDenied, Refused):
            return
        assert due
        assert wanted > due

    @rule(person=people, verb=st.sampled_from(["agrees", "opposes", "grants", "refuses", "withdraws"]))
    def somebody_answers_the_request(self, person: str, verb: str) -> None:
        step = Step.objects.filter(process__extension__of=self.case, finished=None).first()
        if step is None:
            return
        rights, before = self.office.rights(person), self.case.due_on
        try:
            match verb:
                case "agrees" | "opposes":
                    asking.advise(step.pk, rights, agrees=verb == "agrees", opinion="Ý kiến")
                case "grants":
                    asking.grant_extension(step.pk, rights)
                case "refuses":
                    asking.refuse_extension(step.pk, rights, reason="Không có căn cứ")
                case "withdraws":
                    asking.withdraw(step.pk, rights)
        except (PermissionDenied, Refused):
            return
        if verb == "grants":
            assert self.case.due_on
            assert before
            assert self.case.due_on > before

    @precondition(lambda self: not self.alive)
    @rule(person=people)
    def somebody_reopens(self, person: str) -> None:
        try:
            services.reopen(self.case, self.office.rights(person), reason="Làm tiếp")
        except (PermissionDenied, Refused):
            return
        self.stage = "execute"

    @rule(principal=people, substitute=people)
    def somebody_delegates(self, principal: str, substitute: str) -> None:
        if principal != substitute and Delegation.objects.filter(agency=self.office.agency).count() < 2:
            Delegation.objects.create(
                agency=self.office.agency, principal=self.office[principal], substitute=self.office[substitute],
                legal_basis="12/UQ", since=localdate(), until=localdate() + timedelta(days=3),
            )  # fmt: skip

    @rule(level=st.sampled_from(Confirmation))
    def the_level_of_confirmation_changes(self, level: Confirmation) -> None:
        measure = self.assignment.measure
        measure.confirmation = level
        measure.save(update_fields=["confirmation"])

    def acts_for_such(self, person: str) -> bool:
        rights = self.office.rights(person)
        return rights.leads or rights.is_office

    @invariant()
    def one_open_step_until_the_end(self) -> None:
        opened = list(Step.objects.filter(process_id=self.assignment.pk, finished=None))
        assert len(opened) == int(self.alive)
        assert bool(self.case.finished) is not self.alive
        if opened:
            assert opened[0].stage == self.stage

    @invariant()
    def nobody_judged_their_own_work(self) -> None:
        inside = set(
            Post.objects.filter(unit=self.assignment.unit, role__in=UNIT_ROLES).values_list("user_id", flat=True)
        )
        took_part: set[int | None] = set()
        for step in Step.objects.filter(process_id=self.assignment.pk, finished__isnull=False).order_by("pk"):
            actors = {step.acted_by_id, step.on_behalf_of_id} - {None}
            if step.pulled or step.flow_task_type != "HUMAN":
                continue
            if step.judging:
                assert not actors & took_part
                assert not actors & inside
            else:
                took_part |= actors

    @invariant()
    def the_first_date_stays_and_nobody_decides_their_own_request(self) -> None:
        assert self.case.original_due_on == self.due
        requests = list(Extension.objects.filter(of=self.case))
        assert sum(one.decision == Decision.OPEN for one in requests) <= 1
        for one in requests:
            for step in Step.objects.filter(process_id=one.pk, judging=True, pulled=False, finished__isnull=False):
                assert not {step.acted_by_id, step.on_behalf_of_id} & ({one.by_id, one.on_behalf_of_id} - {None})

    @invariant()
    def decisions_name_the_content_they_are_about(self) -> None:
        rounds = {one.digest: one for one in self.assignment.submissions.all()}
        assert sorted(one.number for one in rounds.values()) == list(range(1, len(rounds) + 1))
        for one in rounds.values():
            assert hashlib.sha256(one.content.encode()).hexdigest() == one.digest
        judged = Step.objects.filter(process_id=self.assignment.pk, judging=True, pulled=False, finished__isnull=False)
        for step in judged.order_by("pk"):
            before = [one for one in rounds.values() if one.at <= step.finished]
            assert step.digest == max(before, key=lambda one: one.number).digest

    @invariant()
    def all_who_count_count_the_same(self) -> None:
        for name in PEOPLE:
            rights = self.office.rights(name)
            shown = list(Step.objects.inbox(rights).values_list("pk", flat=True))
            assert inbox_count(rights) == len(shown)
            named = Step.objects.in_name_of(rights).filter(process_id=self.assignment.pk, principal__isnull=False)
            mine = Step.objects.actionable(rights).filter(process_id=self.assignment.pk)
            assert {step.pk for step in named} == set(mine.values_list("pk", flat=True))

    def teardown(self) -> None:
        report = verify()
        assert not report.problems


def test_random_histories_keep_every_rule(request: pytest.FixtureRequest) -> None:
    examples = 200 if request.config.getoption("--long") else 10
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=examples, stateful_step_count=25, deadline=None, derandomize=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
