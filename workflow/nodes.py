"""The nodes of our flows. The outcome a person takes is the edge that is taken; one token travels.

A step is inserted once, already held; the end step is inserted already done. These activations
are called by workflow/engine.py and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Self

from django.utils.timezone import localdate
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.activation import Activation
from viewflow.workflow.base import Edge
from viewflow.workflow.nodes import EndActivation, ViewActivation
from viewflow.workflow.nodes.start import StartHandleActivation
from viewflow.workflow.status import PROCESS, STATUS
from viewflow.workflow.token import Token

if TYPE_CHECKING:
    from organization.rights import Rights
    from workflow.engine import Move
    from workflow.models import Case, Step


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may take a step: one person, or whoever holds `role` in `unit` on the day."""

    person: int | None = None
    unit: int | None = None
    role: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Pull:
    """A verb that takes an open step from whoever holds it: who may, where the case goes then, what it writes."""

    to: Any
    label: str
    may: Callable[[Rights, Step], bool]
    effect: Callable[..., None] | None = None
    # in whose name they do; where nothing is said, in that of the role by which they oversee
    name: Callable[[Rights, Step], int | None] | None = None


Finder = Callable[["Case", date], Holder]
Effect = Callable[..., None]
Pin = Callable[["Case"], str | None]


def new_step(node: Any, case: Case, at: datetime, *, previous: Step | None, token: Token, **fields: Any) -> Step:
    """A step that is not saved yet."""
    return node.flow_class.task_class(
        process=case, agency_id=case.agency_id, flow_task=node, flow_task_type=node.task_type,
        previous=previous, token=token, created=at, **fields,
    )  # fmt: skip


class StartedActivation(StartHandleActivation):
    """Start: the engine inserts case and start step, then goes on from here."""

    at: datetime


class Started(flow.StartHandle):
    """A case is begun by the engine with what its verb knows; viewflow's own handle is not used."""

    activation_class = StartedActivation

    def __init__(self, label: str = "", effect: Effect | None = None) -> None:
        """For a case that is taken up again: what history says of it, and whom it tells."""
        super().__init__(None)
        self.words, self.effect = label, effect

    def label(self, outcome: str) -> str:  # noqa: ARG002 - as a human's node is asked
        return self.words

    def begin(self, case: Case, at: datetime) -> StartedActivation:
        """An activation over a start step that is not saved yet."""
        step = new_step(
            self, case, at, previous=None, token=Token("start"), started=at, finished=at, opens_on=localdate(at)
        )
        activation = self.activation_class(step)
        activation.at = at
        return activation


class Asked(Started):
    """A start that a person asks for: whoever did took part, and judges nothing of the case."""

    task_type = "ASKED"


class HumanActivation(ViewActivation):
    """A person takes one of the node's outcomes."""

    at: datetime

    @classmethod
    def create(cls, flow_task: Human, prev_activation: Any, token: Any, data: Any = None, seed: Any = None) -> Self:
        step = flow_task.prepare(
            prev_activation.process, prev_activation.at, previous=prev_activation.task, token=token
        )
        step.save(force_insert=True)
        return cls(step)

    @Activation.status.transition(source=[STATUS.NEW, STATUS.ASSIGNED], target=STATUS.STARTED)
    def take(self, outcome: str, at: datetime) -> None:
        self.at = at
        self.task.outcome, self.task.started = outcome, at

    @Activation.status.super()
    def complete(self) -> None:
        self.task.finished = self.at
        self.task.save(
            update_fields=(
                "status",
                "outcome",
                "acted_by",
                "on_behalf_of",
                "note",
                "digest",
                "started",
                "finished",
                "pulled",
                "reasons",
                "recorded_by",
                "paper",
                "slip",
            ),
            force_update=True,
        )

    @Activation.status.super()
    def create_next(self) -> Iterator[Activation]:
        yield self.flow_task.target(self.task.outcome)._create(self, self.task.token)


class Human(flow.View):
    """A step that waits for a person.

    `held` finds who may take it; `page` is the name of the URL that shows it; `judging` bars whoever
    took part; `pinned` finds the digest that must be
    the one that was seen; `effect` writes what belongs to the verb; `announces` is the kind of notice
    that a person who holds it gets; `on_paper`: the decision may be given on a signed paper that others record.
    """

    activation_class = HumanActivation

    def __init__(
        self,
        title: str,
        *,
        held: Finder,
        page: str,
        effect: Effect | None = None,
        judging: bool = False,
        pinned: Pin | None = None,
        announces: str = "step.arrived",
        on_paper: bool = False,
    ) -> None:
        super().__init__(None)
        self.task_title = title  # viewflow's own view node drops the argument of that name
        self.held, self.page, self.effect, self.judging, self.pinned = held, page, effect, judging, pinned
        self.announces, self.on_paper = announces, on_paper
        self.outcomes: dict[str, Any] = {}
        self.labels: dict[str, str] = {}
        self.pulls: dict[str, Pull] = {}

    def On(self, outcome: str, node: Any, label: str) -> Human:
        self.outcomes = {**self.outcomes, outcome: node}
        self.labels = {**self.labels, outcome: label}
        return self

    def Pull(
        self, verb: str, node: Any, label: str, *, may: Callable[[Rights, Step], bool], effect: Effect | None = None,
        name: Callable[[Rights, Step], int | None] | None = None,
    ) -> Human:  # fmt: skip
        """A verb of others than the holder; the step is closed by it and the case goes to `node`."""
        self.pulls = {**self.pulls, verb: Pull(node, label, may, effect, name)}
        return self

    def target(self, outcome: str) -> Any:
        """The node that follows an outcome or a verb that pulled the step."""
        return self.outcomes[outcome] if outcome in self.outcomes else self.pulls[outcome].to

    def label(self, outcome: str) -> str:
        """đã nộp kết quả: what was done, as history says it."""
        return self.pulls[outcome].label if outcome in self.pulls else self.labels.get(outcome, "")

    def prepare(self, case: Case, at: datetime, *, previous: Step | None, token: Token) -> Step:
        """The step as it will be inserted, already held."""
        today = localdate(at)
        holder = self.held(case, today)
        if holder.person is None and not (holder.unit and holder.role):
            raise LookupError(f"{self.name}: nobody holds it")
        return new_step(
            self, case, at, previous=previous, token=token, judging=self.judging, remark=holder.remark,
            # a judge's step opens on the day from which the round counts as handed in
            opens_on=(case.handed_in_on or today) if self.judging else max(today, case.opens_on),
            answer_by=None if self.judging else case.answer_by, direct=case.direct and not self.judging,
            owner_id=holder.person, pool_unit_id=holder.unit, pool_role=holder.role,
            status=STATUS.ASSIGNED if holder.person else STATUS.NEW,
        )  # fmt: skip

    def does(self, move: Move, data: dict[str, Any]) -> None:
        if self.effect:
            self.effect(move, **data)
        elif data:
            raise TypeError(f"{self.name} takes no {', '.join(data)}")

    def _resolve(self, instance: Any) -> None:
        super()._resolve(instance)
        self.outcomes = {name: this.resolve(instance, node) for name, node in self.outcomes.items()}
        self.pulls = {verb: replace(pull, to=this.resolve(instance, pull.to)) for verb, pull in self.pulls.items()}

    def _outgoing(self) -> Iterator[Edge]:
        for name, node in self.outcomes.items():
            yield Edge(src=self, dst=node, edge_class="cond_true", label=self.labels[name])
        for pull in self.pulls.values():
            yield Edge(src=self, dst=pull.to, edge_class="cond_false", label=pull.label)


class EndedActivation(EndActivation):
    """One token: nothing else can be open, so the end is written without counting."""

    @classmethod
    def create(cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None) -> Self:
        case, at = prev_activation.process, prev_activation.at
        step = new_step(
            flow_task, case, at, previous=prev_activation.task, token=token,
            status=STATUS.DONE, started=at, finished=at, opens_on=localdate(at),
        )  # fmt: skip
        step.save(force_insert=True)
        case.status, case.finished = flow_task.closes_as, at
        case.save_end()
        return cls(step)


class Ended(flow.End):
    """The end of a case: done, or not carried on with."""

    activation_class = EndedActivation

    def __init__(self, closes_as: str = PROCESS.DONE) -> None:
        super().__init__()
        self.closes_as = closes_as
