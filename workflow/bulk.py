"""Many decisions in one press: what each row shows, and what came of it. A bulk press does nothing a single one could not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from organization.rights import Rights
from workflow import services
from workflow.differences import Difference, differences
from workflow.dossier import Filed, as_json
from workflow.flows import AssignmentFlow
from workflow.levels import confirmable
from workflow.models import Case, Step, Submission, SubmissionDocument
from workflow.rounds import Standing, standing_of
from workflow.services import Result, Shown

ACCEPTED, CONFIRMED, APPROVED = "accepted", "confirmed", "approved"
VERBS = {ACCEPTED: services.accept_many, CONFIRMED: services.confirm_many, APPROVED: services.approve_many}
# at most so many in one press: a page of the inbox
MOST = 100


@dataclass(frozen=True, slots=True)
class Item:
    """A step with the round that a decision would be about, as it stands now; `confirms`: Văn phòng may say the last word on it."""

    step: Step
    round: Submission
    documents: Sequence[Filed]
    standing: Standing
    confirms: bool = False

    @property
    def case(self) -> Case:
        return self.step.process

    @property
    def approves(self) -> bool:
        return self.step.node is AssignmentFlow.approve

    @property
    def value(self) -> str:
        """Of its tick: the step and the digest that the row shows."""
        return f"{self.step.pk}:{self.standing.digest}"

    @property
    def differences(self) -> list[Difference]:
        """What is not as it was handed in."""
        return differences(self.standing.content, self.standing.now)


def items_of(steps: Iterable[Step]) -> list[Item]:
    """Each with its last round; four queries with the steps, however many rows."""
    found = list(steps)
    rounds = last_rounds(step.process_id for step in found)
    standing = standing_of(rounds)
    confirms = confirmable(step.process_id for step in found if step.node is AssignmentFlow.review)
    return [
        Item(step, *rounds[step.process_id], standing[step.process_id], step.process_id in confirms)
        for step in found
        if step.process_id in rounds
    ]


def last_rounds(case_ids: Iterable[int]) -> dict[int, tuple[Submission, list[Filed]]]:
    """The last round of each case with its documents. One query."""
    held = SubmissionDocument.objects.filter(submission_id=OuterRef("pk")).order_by("position")
    rounds = Submission.objects.filter(assignment_id__in=list(case_ids)).defer("content").select_related("by")
    rounds = rounds.annotate(rows=ArraySubquery(held.values_list(as_json("document__", "document_id"))))
    last = rounds.order_by("assignment_id", "-number").distinct("assignment_id")
    return {one.assignment_id: (one, [Filed.of(row) for row in one.rows]) for one in last}


def ready(rights: Rights, keys: Iterable[int]) -> list[Item]:
    """Of these steps, those that wait for this person's judgement, in the order of the plan."""
    steps = Step.objects.inbox(rights).filter(pk__in=list(keys))
    steps = steps.filter(flow_task__in=[AssignmentFlow.review, AssignmentFlow.approve]).with_deputised(rights)
    return items_of(steps.select_related("process__unit").order_by("process__code", "process_id"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a press over many rows."""

    done: list[Result]
    stale: list[Result]
    refused: list[Result]

    @classmethod
    def of(cls, results: Sequence[Result]) -> Outcome:
        refused = [result for result in results if result.refusal]
        return cls(
            [result for result in results if not result.refusal],
            [result for result in refused if result.stale],
            [result for result in refused if not result.stale],
        )


def settle(shown: Sequence[Shown], verbs: dict[int, str], rights: Rights) -> Outcome:
    """Each step by its verb (of VERBS), each its own act, in the order given."""
    results: list[Result] = []
    for step, seen in shown:
        results += VERBS[verbs[step.pk]]([(step, seen)], rights)
    return Outcome.of(results)
