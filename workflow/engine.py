"""The one door: lock, look, check, move, owe, write down.

Nothing else moves a step. An act is one transaction: one query locks the case, then the step, and
reads both as they are now; one looks whether this person may act, and at all that the verb needs to know;
is the submission the one that was seen; the verb's own rows; the move; the notices owed; the ledger last. Figures: `dev.py bench`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.utils.timezone import localdate, now
from viewflow.workflow.status import PROCESS, STATUS
from viewflow.workflow.token import Token

from audit import services as audit
from evidence.models import Document
from notifications.models import Notice
from organization.due_dates import Due
from organization.enums import LEADERS, Role
from organization.models import Post, Unit, User
from organization.rights import Rights
from plans.closing import why_closed
from plans.models import Closing, Plan
from workflow import handing, pulls
from workflow.effects import Shared
from workflow.errors import Busy, ChangedUnder, Refused, StaleStep, within_calendar
from workflow.holding import route_of
from workflow.looking import look
from workflow.models import (
    Assignment,
    Case,
    Extension,
    HandOver,
    InputRequest,
    LeadChange,
    ResultShare,
    Schedule,
    Step,
    Submission,
    Suspension,
    Transfer,
)
from workflow.nodes import Started
from workflow.on_paper import Recording, must_be_complete, must_record
from workflow.owing import Arrival, owe
from workflow.querysets import CaseQuerySet
from workflow.succession import heir_of

LOCKED = Step.objects.select_related("process__unit", "previous").select_for_update(of=("process", "self"))
# of PostgreSQL: waited longer than lock_timeout; chosen to give way in a deadlock
BUSY = {"55P03", "40P01"}
SHARED = "Kết quả dùng chung với nhiệm vụ {row}, {plan}, lần nộp thứ {number}: {statement}"
ENDED = "Việc này đã kết thúc nên không thực hiện được thao tác này. Mở lại trang nhiệm vụ để xem."


def locked(step_id: int) -> Step:
    """The step and its case, locked and as they are now. Raises Step.DoesNotExist.

    Where the lead unit changed while one waited, PostgreSQL drops the row, joined as it is to the former unit:
    a second look finds it.
    """
    return next(iter(LOCKED.filter(pk=step_id)), None) or LOCKED.get(pk=step_id)


@dataclass
class Move:
    """One act under way: what an effect may read, and what it may owe."""

    step: Step
    case: Case
    outcome: str
    by: int
    on_behalf_of: int | None
    at: datetime
    note: str
    notices: list[Notice] = field(default_factory=list)
    arrival: Arrival | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def on(self) -> date:
        """The local date of the act."""
        return localdate(self.at)

    def tell(self, people: Iterable[int | None], kind: str, **params: Any) -> None:
        """Owe each of these people a notice of this act, written in its transaction; not whoever did it (`by`)."""
        for person in dict.fromkeys(people):
            if person and person != params.get("by", self.by):
                self.notices.append(self.notice(person, kind, params))

    def notice(self, person: int | None, kind: str, params: Mapping[str, Any]) -> Notice:
        """A notice of this act, not written yet, which names who acted and in whose name."""
        behalf = {"behalf": self.on_behalf_of} if self.on_behalf_of else {}
        owed = Notice(
            agency_id=self.case.agency_id, kind=kind, subject=self.case.subject, at=self.at,
            key=f"{kind}:{self.step.pk}:{person}", params={"note": self.note, "by": self.by, **behalf, **params},
        )  # fmt: skip
        if person is not None:
            owed.to_id = person
        return owed


def act(
    step_id: int,
    outcome: str,
    rights: Rights,
    *,
    note: str = "",
    seen: str | None = None,
    **data: Any,
) -> Step:
    """Finish one open step and return the step that follows (the end step when the case ends).

    `seen` is the digest the page showed, for pinned steps; `data` goes to the node's effect.
    Raises Step.DoesNotExist, StaleStep, PermissionDenied, ChangedUnder, Busy, or what the effect refuses.
    """
    return act_through(step_id, [(outcome, note, data)], rights, seen=seen)


def act_through(
    step_id: int, acts: Sequence[tuple[str, str, dict[str, Any]]], rights: Rights, *, seen: str | None = None
) -> Step:
    """Several acts of one person in one press, all or none: (outcome, note, data) for each step in turn."""
    with one_transaction():
        step = locked(step_id)
        for outcome, note, data in acts:
            step = _take(step, outcome, rights, note, seen, data)
        return step


def record_on_paper(
    step_id: int,
    outcome: str,
    principal: Rights,
    recorder: Rights,
    *,
    paper: Callable[[], Document],
    note: str = "",
    seen: str | None = None,
    **data: Any,
) -> Step:
    """An act that `principal` took on a signed paper, written down by `recorder`; returns the step that follows.

    `paper` takes the document in, before any lock is asked for. It is an act of the principal in all else: the
    one predicate, the digest, the effect. Raises what `act` raises, and Refused where the recorder may not.
    """
    with one_transaction():
        document = paper()
        must_be_complete(document)
        step = locked(step_id)
        must_record(step, principal, recorder)
        return _take(step, outcome, principal, note, seen, data, Recording(recorder.user_id, document))


def act_within(step_id: int, outcome: str, rights: Rights, *, note: str = "", **data: Any) -> Step:
    """`act` inside a verb that has begun its transaction already, to take in a document first."""
    return _take(locked(step_id), outcome, rights, note, None, data)


def pull(step_id: int, verb: str, rights: Rights, *, note: str = "", **data: Any) -> Step:
    """Take an open step from whoever holds it, by one of its node's `pulls`; returns the step that follows.

    `data` goes to the pull's effect. Raises StaleStep, PermissionDenied, Busy, or what the effect refuses.
    """
    with one_transaction():
        return pull_locked(locked(step_id), verb, rights, note=note, **data)


def pull_locked(step: Step, verb: str, rights: Rights, *, note: str = "", **data: Any) -> Step:
    """`pull` inside a verb that has locked case and step already (several cases: in the order of their keys)."""
    if step.finished:
        raise StaleStep(step)
    means = step.node.pulls.get(verb)
    if means is None or step.agency_id != rights.agency_id or not means.may(rights, step):
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
    step.acted_by_id, step.note, step.pulled = rights.user_id, note, True
    step.on_behalf_of_id = (means.name or pulls.overseeing_as)(rights, step)
    move = Move(step, step.process, verb, rights.user_id, step.on_behalf_of_id, now(), note)
    if means.effect:
        means.effect(move, **data)
    return _move_on(move)


def reopen(
    case_id: int, node: Started, rights: Rights, *, note: str, on_behalf_of: int | None = None, **facts: Any
) -> Step:
    """Take a case that has ended up again, through a start node of its flow; returns its open step.

    Who may, and in whose name, is the caller's to say. Where its unit ended meanwhile, the successor leads it.
    Raises Refused where it has not ended, or nobody is there to take it.
    """
    with one_transaction():
        _need_open_plan(case_id)
        (last,) = lock_ended([case_id])
        inherited = _inherit(last.process, localdate()) if last.process.finished else ""
        follower = _take_up(last, node, rights, note, on_behalf_of, remark=inherited, **facts)
        _take_back_shared(case_id, rights, note, on_behalf_of)
        return follower


def _take_back_shared(case_id: int, rights: Rights, note: str, on_behalf_of: int | None) -> None:
    """A result that is looked at again is no result in the other plans either, but in those whose year is closed."""
    closed = Closing.objects.in_force().values("plan")
    done = sharers(case_id).filter(status=PROCESS.DONE).exclude(plan__in=closed)
    for last in lock_ended(list(done.order_by("pk").values_list("pk", flat=True))):
        if last.previous and last.previous.outcome == "shared":
            give_back(last, rights, note=note, on_behalf_of=on_behalf_of)


def _need_open_plan(case_id: int) -> None:
    """Nothing of a closed plan is taken up again by itself. The plan is held first, as by whoever closes it."""
    plan = Plan.objects.select_for_update(no_key=True).filter(pk__in=Case.objects.filter(pk=case_id).values("plan_id"))
    if refusal := why_closed(plan.first()):
        raise Refused(refusal)


def lock_ended(cases: Sequence[int]) -> list[Step]:
    """The last steps of these cases, locked in the order of their keys; whoever waited reads them as they are then."""
    list(Case.objects.select_for_update().filter(pk__in=cases).order_by("pk").values_list("pk"))
    newest = Step.objects.filter(process_id__in=cases).order_by("process_id", "-id").distinct("process_id")
    steps = LOCKED.filter(pk__in=list(newest.values_list("pk", flat=True))).order_by("process_id")
    return list(steps.select_related("process__unit", "process__assignment", "previous"))


def _take_up(
    last: Step, node: Started, rights: Rights, note: str, on_behalf_of: int | None, remark: str = "", **facts: Any
) -> Step:
    """`reopen` of a case whose last step is locked."""
    case, at = last.process, now()
    if case.finished is None:
        raise Refused("Việc này đang được thực hiện nên không cần mở lại.")
    case.status, case.finished = PROCESS.NEW, None
    case.save(update_fields=("status", "finished", "unit"), force_update=True)
    activation = node.begin(case, at)
    first = activation.task
    first.previous, first.acted_by_id, first.note, first.remark = last, rights.user_id, note, remark
    first.on_behalf_of_id = on_behalf_of
    first.status, first.outcome = STATUS.DONE, node.name
    first.save(force_insert=True)
    follower = _follow_start(activation)
    move = Move(first, case, node.name, rights.user_id, on_behalf_of, at, note, facts=dict(facts))
    if node.effect:
        node.effect(move)
    _announce(move, follower)
    owe(move.notices, follower.pk, move.on, move.arrival)
    audit.record(
        f"case.{node.name}", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=on_behalf_of,
        at=at, note=note, unit=case.unit_id, **facts,
    )  # fmt: skip
    return follower


def give_back(last: Step, rights: Rights, *, note: str, on_behalf_of: int | None) -> Step:
    """A case that its plan's closing ended stands again where it stood, the same round at hand; locked by the caller.

    A round that waited for Văn phòng waits there, or with leadership where nobody of Văn phòng may judge it now.
    """
    case, taken = last.process, last.previous
    if taken is None:
        raise Refused(ENDED)
    case.answer_by, case.direct, stage = taken.answer_by, taken.direct, taken.stage
    if taken.judging:
        case.handed_in_on = taken.opens_on
    if stage == "review":
        case.route = route_of(case, localdate(), rights.user_id, direct=False)
        stage = "approve" if case.route.past_review else stage
    node: Started = getattr(case.flow_class.instance, f"to_{stage}")
    return _take_up(last, node, rights, note, on_behalf_of)


def _inherit(case: Case, on: date) -> str:
    """Where the lead unit has ended, the one that follows it leads from now on; the words of it. Raises Refused."""
    heir, former = heir_of(case, on), case.unit
    if heir is None:
        return ""
    case.unit = case.assignment.unit = heir
    Assignment.objects.filter(pk=case.pk).update(unit=heir)
    return f"{former.name} đã kết thúc, {heir.name} tiếp nhận nhiệm vụ"[:200]


@contextmanager
def one_transaction() -> Generator[None]:
    """A verb of the engine: one durable transaction, and a sentence where somebody else holds the rows too long."""
    try:
        with within_calendar(), audit.transaction():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in BUSY:
            raise Busy from error
        raise


def _take(
    step: Step,
    outcome: str,
    rights: Rights,
    note: str,
    seen: str | None,
    data: dict[str, Any],
    recording: Recording | None = None,
) -> Step:
    if step.finished:
        raise StaleStep(step)
    node, at = step.node, now()
    looked = step.process.look = look(step, rights, localdate(at))
    step.process.here = step.process.assignment.officer_id if looked.officer_here else None
    if outcome not in node.outcomes:
        raise PermissionDenied(f"{node.name}: {outcome}")
    step.acted_by_id, step.on_behalf_of_id, step.note = rights.user_id, looked.on_behalf_of, note
    if node.pinned:
        step.digest = node.pinned(step.process) or ""
        if not step.digest or step.digest != seen:
            raise ChangedUnder
    move = Move(step, step.process, outcome, rights.user_id, looked.on_behalf_of, at, note)
    if recording:
        _write_down(move, recording)
    node.does(move, data)
    return _move_on(move)


def _write_down(move: Move, recording: Recording) -> None:
    """The act is the principal's; step and ledger name who recorded it, and they are told."""
    step, paper = move.step, recording.paper
    step.recorded_by_id, step.paper = recording.by, paper
    move.facts |= {
        "recorded_by": recording.by,
        "paper": paper.pk,
        "paper_number": paper.number,
        "paper_dated": paper.dated,
    }
    move.tell(
        [person for person in (move.by, move.on_behalf_of) if person], "step.on_paper", by=recording.by, behalf=None,
        number=paper.number, dated=str(paper.dated), did=step.node.label(move.outcome),
    )  # fmt: skip


def _move_on(move: Move) -> Step:
    """The move itself, the notices owed, the ledger last."""
    step, node = move.step, move.step.node
    activation = node.activation_class(step)
    activation.take(move.outcome, move.at)
    follower = _follow(activation)
    _announce(move, follower)
    owe(move.notices, step.pk, move.on, move.arrival)
    audit.record(
        f"{node.name}.{move.outcome}", step.process.subject, agency=step.agency_id, actor=move.by,
        on_behalf_of=move.on_behalf_of, at=move.at, step=step.pk, note=move.note, digest=step.digest, **move.facts,
    )  # fmt: skip
    if step.process.finished and (step.process.look is None or step.process.look.asks_others):
        _end_requests(move)
    if step.process.status == PROCESS.DONE and step.process.look and step.process.look.shared:
        _share_result(move)
    return follower


def _share_result(move: Move) -> None:
    """What stands on the result of this work is done with it; what a judge has is decided by itself."""
    accepted = accepted_round(move.case.pk)
    if accepted is None:
        return
    for step in lock_open(list(sharers(move.case.pk).filter(finished=None).values_list("pk", flat=True))):
        if not step.judging:
            complete_shared(step, accepted, move)


def accepted_round(case_id: int) -> Submission | None:
    """The last round of work that is done, with its documents."""
    rounds = (
        Submission.objects.filter(assignment_id=case_id).order_by("-number").select_related("assignment__case__plan")
    )
    return rounds.prefetch_related("documents__document").first()


def sharers(case_id: int) -> CaseQuerySet:
    """The rows of other plans that stand on the result of this work."""
    shares = ResultShare.objects.filter(position__gt=ResultShare.FIRST, result__shares__case=case_id)
    return Case.objects.filter(pk__in=shares.exclude(case=case_id).values("case"))


def complete_shared(step: Step, accepted: Submission, move: Move) -> Step:
    """One open step of work that stands on this round, locked by the caller, in the name of whoever acts."""
    work = accepted.assignment.case
    said = SHARED.format(
        row=work.code or work.title, plan=work.plan, number=accepted.number, statement=accepted.statement
    )
    documents = [one.document for one in accepted.documents.all()]
    step.acted_by_id, step.on_behalf_of_id, step.pulled = move.by, move.on_behalf_of, True
    ending = Move(step, step.process, "shared", move.by, move.on_behalf_of, move.at, "")
    effect = step.node.pulls["shared"].effect
    if effect:
        effect(ending, of=Shared(work.pk, said, documents, accepted.on))
    return _move_on(ending)


def _end_requests(move: Move) -> None:
    """What was asked about work that ends, of other units or of leadership, and not answered yet, ends with it."""
    inputs, *judged = (
        kind.objects.filter(of=move.case, case__finished=None).values_list("pk", flat=True)
        for kind in (InputRequest, Extension, LeadChange)
    )
    # who decides a request at this moment holds its case and waits for this one: theirs is refused when they go on
    free = Case.objects.select_for_update(skip_locked=True).filter(pk__in=list(judged[0].union(judged[1])))
    for step in lock_open([*inputs, *free.values_list("pk", flat=True)]):
        step.acted_by_id, step.on_behalf_of_id, step.pulled = move.by, move.on_behalf_of, True
        ending = Move(step, step.process, "ended", move.by, move.on_behalf_of, move.at, "")
        Suspension.objects.filter(case_id=step.process_id, until=None).update(
            until=move.on, ended_by_id=move.by, ended_at=move.at
        )
        effect = step.node.pulls["ended"].effect
        if effect:
            effect(ending)
        _move_on(ending)


def locked_open_step(case_id: int, rights: Rights) -> Step:
    """Lock a case, then its open step, as an act would. Raises Case.DoesNotExist, Refused where it has ended."""
    Case.objects.select_for_update().get(pk=case_id, agency_id=rights.agency_id)
    step = LOCKED.filter(process_id=case_id, finished=None).first()
    if step is None:
        raise Refused(ENDED)
    return step


def answer_later(step: Step, until: date) -> None:
    """A request for papers may be answered until a later day: the clock of its case stood still."""
    step.answer_by = until
    step.save(update_fields=("answer_by",), force_update=True)


def _follow(activation: Any) -> Step:
    """Finish the step and return its follower, keeping the case in memory as the locked one."""
    activation.complete()
    (following,) = activation.create_next()
    following.task.process = activation.process
    return following.task


def _follow_start(activation: Any) -> Step:
    (following,) = activation.create_next()
    following.task.process = activation.process
    return following.task


def _announce(move: Move, follower: Step) -> None:
    """Tell the person who holds the next step that it is theirs now; of what a role holds, who stands in for its people."""
    if follower.finished is not None:
        return
    facts = {"step": follower.pk, "stage": follower.stage, "judging": follower.judging}
    if follower.owner_id:
        move.tell([follower.owner_id], follower.node.announces, **facts)
    elif follower.pool_unit_id and (move.case.look is None or move.case.look.lends):
        notice = move.notice(None, follower.node.announces, facts)
        move.arrival = Arrival(notice, follower.pool_unit_id, follower.pool_role)


def hand_over(step_id: int, to: User, rights: Rights, *, note: str, held_by: int | None = None) -> Step:
    """Give an open step to another person, with the reason; who may, and to whom, is workflow/handing.py's.

    `held_by` is who held it on the page. Raises StaleStep, PermissionDenied, Refused, Busy.
    """
    with one_transaction():
        step = locked(step_id)
        if step.finished:
            raise StaleStep(step)
        on_behalf_of = handing.in_whose_name(step, rights)
        if not note.strip():
            raise Refused(handing.REASON_MISSING)
        if held_by is not None and step.owner_id != held_by:
            raise Refused(handing.MOVED)
        move = Move(step, step.process, "handed_over", rights.user_id, on_behalf_of, now(), note)
        handing.must_suit(to, step, move.on)
        former = step.owner_id
        _give(step, to)
        HandOver.objects.create(
            agency_id=step.agency_id, case_id=step.process_id, step=step, judging=step.judging, former_id=former, to=to,
            by_id=move.by, on_behalf_of_id=on_behalf_of, at=move.at, reason=note,
        )  # fmt: skip
        move.tell([person for person in (former, to.pk) if person], "step.handed_over",
                  step=step.pk, stage=step.stage, to=to.pk, judging=step.judging)  # fmt: skip
        owe(move.notices, step.pk, move.on)
        audit.record(
            f"{step.stage}.handed_over", step.process.subject, agency=step.agency_id, actor=rights.user_id,
            on_behalf_of=on_behalf_of, at=move.at, step=step.pk, note=note, former=former, to=to.pk,
        )  # fmt: skip
        return step


def _give(step: Step, to: User) -> None:
    """The officer of the assignment goes with the officer's step."""
    step.owner_id, step.status = to.pk, STATUS.ASSIGNED
    step.pool_unit_id, step.pool_role = None, ""
    step.save(update_fields=("owner", "pool_unit", "pool_role", "status"), force_update=True)
    if handing.names_officer(step):
        Assignment.objects.filter(pk=step.process_id).update(officer=to)


def start(
    case: Case, subject: Any, node: Started, rights: Rights, *, on_behalf_of: int | None = None, **facts: Any
) -> Step:
    """Begin one case through a start node, inside the caller's `audit.transaction()`; returns its first open step.

    `subject` is the row that hangs on the case one-to-one (assignment, report, request).
    """
    at = now()
    case.flow_class, case.created = node.flow_class, at
    case.save(force_insert=True)
    subject.case = case
    subject.save(force_insert=True)
    activation = node.begin(case, at)
    activation.task.acted_by_id, activation.task.on_behalf_of_id = rights.user_id, on_behalf_of
    activation.task.status = STATUS.DONE
    activation.task.save(force_insert=True)
    (following,) = activation.create_next()
    audit.record(
        f"{node.name}.started", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=on_behalf_of,
        at=at, **facts,
    )  # fmt: skip
    return following.task


def start_many(pairs: Sequence[tuple[Case, Any]], node: Started, rights: Rights, *, batch: int = 1000) -> int:
    """Begin many cases through a start node whose follower waits for a person; three INSERTs a batch.

    Runs inside the caller's `audit.transaction()`, which writes one line for the whole verb.
    """
    at = now()
    follower = node._next
    for first in range(0, len(pairs), batch):
        part = pairs[first : first + batch]
        for case, _ in part:
            case.flow_class, case.created, case.folded = node.flow_class, at, case.search_text()
        Case.objects.bulk_create([case for case, _ in part])
        for case, subject in part:
            subject.case = case
            case.assignment = subject
        type(part[0][1]).objects.bulk_create([subject for _, subject in part])
        Step.objects.bulk_create(_first_steps([case for case, _ in part], node, follower, at, rights.user_id))
    return len(pairs)


def _first_steps(cases: list[Case], node: Started, follower: Any, at: datetime, by: int) -> list[Step]:
    """Start steps and the steps that follow them, with keys drawn beforehand so that one INSERT holds both."""
    keys = iter(_step_keys(2 * len(cases)))
    steps = []
    for case in cases:
        first = node.begin(case, at).task
        first.pk, first.status, first.acted_by_id = next(keys), STATUS.DONE, by
        second = follower.prepare(case, at, previous=first, token=Token("start"))
        second.pk = next(keys)
        steps += [first, second]
    return steps


def _step_keys(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('workflow_step', 'id')) FROM generate_series(1, %s)", [count]
        )
        return [key for (key,) in cursor.fetchall()]


def lock_open(cases: Sequence[int]) -> list[Step]:
    """The open steps of these cases, for a verb over many: the cases are locked first, in the order of their keys,
    so that what is read next is what nobody moves until the verb ends. Inside the caller's transaction."""
    list(Case.objects.select_for_update().filter(pk__in=cases).order_by("pk").values_list("pk"))
    steps = LOCKED.filter(process_id__in=cases, finished=None).order_by("process_id")
    return list(steps.select_related("process__unit", "process__assignment", "owner", "pool_unit"))


def change_lead(step: Step, unit: Unit, rights: Rights, *, note: str, stays: bool = False) -> Step:
    """Another unit leads from now on, with every round at hand; case and step are locked by the caller.

    The new head begins with phân công; where it `stays`, what was handed in is decided first. Returns the open step.
    """
    case = step.process
    former = case.unit_id
    Assignment.objects.filter(pk=case.pk).update(unit=unit, officer=None)
    case.assignment.unit, case.assignment.officer = unit, None
    case.unit = unit
    case.save(update_fields=("unit",), force_update=True)
    if not stays:
        return pull_locked(step, "lead_changed", rights, note=note)
    audit.record("case.lead_changed", case.subject, agency=case.agency_id, actor=rights.user_id, note=note,
                 on_behalf_of=rights.name_for(Role.REVIEWER, *LEADERS),
                 former=former, unit=unit.pk)  # fmt: skip
    return step


def give_to_units(
    steps: Sequence[Step], targets: Mapping[int, int], transfer: Transfer, rights: Rights, *, leads: bool = True
) -> None:
    """Open steps with their cases go from the unit that ends to the unit named for each case; locked by the caller.

    `leads`: the cases' lead goes along. Who is no person of the new unit no longer holds work there: its head does.
    """
    unit, at = transfer.unit_id, transfer.at
    for successor in sorted(set(targets.values())):
        cases = [case for case, target in targets.items() if target == successor]
        here = set(Post.objects.on(localdate(at)).filter(unit_id=successor).values_list("user_id", flat=True))
        gone = [step for step in steps if step.process_id in cases and _leaves(step, here)] if leads else []
        if leads:
            Case.objects.filter(pk__in=cases).update(unit=successor)
            Assignment.objects.filter(pk__in=cases).update(unit=successor)
            Assignment.objects.filter(pk__in=[step.process_id for step in gone]).update(officer=None)
        Step.objects.filter(process_id__in=cases, finished=None, pool_unit=unit).update(pool_unit=successor)
        Step.objects.filter(pk__in=[step.pk for step in gone]).update(
            owner=None, pool_unit=successor, pool_role=Role.HEAD, status=STATUS.NEW
        )
        HandOver.objects.bulk_create(
            HandOver(
                agency_id=step.agency_id, case_id=step.process_id, step=step, judging=step.judging, former_unit_id=unit,
                on_behalf_of_id=transfer.on_behalf_of_id,
                former_id=step.owner_id if step in gone else None, to_unit_id=successor, transfer=transfer,
                by_id=rights.user_id, at=at, reason=transfer.basis,
            )
            for step in steps if step.process_id in cases
        )  # fmt: skip
        for step in steps:
            if step.process_id in cases:
                audit.record("case.transferred", step.process.subject, agency=step.agency_id, actor=rights.user_id, at=at,
                             on_behalf_of=transfer.on_behalf_of_id, step=step.pk, transfer=transfer.pk, former=unit, unit=successor, leads=leads)  # fmt: skip


def _leaves(step: Step, here: set[int]) -> bool:
    """An officer's step whose officer does not come along."""
    return not step.judging and step.owner_id is not None and step.owner_id not in here


def move_due(
    step: Step, schedule: Schedule, due: Due | None, period: str, opens_on: date, rights: Rights, *, note: str
) -> None:
    """Another due date for work under way; the first one stays. Case and step are locked by the caller."""
    case, former, due_on = step.process, step.process.due_on, due.on if due else None
    case.schedule, case.due_on, case.period = schedule, due_on, period
    case.written_due_on = due.moved_from if due else None
    case.original_due_on = case.original_due_on or due_on
    case.opens_on = min(case.opens_on, opens_on)
    case.save(
        update_fields=("schedule", "due_on", "written_due_on", "period", "original_due_on", "opens_on", "folded"),
        force_update=True,
    )
    opens = max(case.opens_on, localdate(step.created))
    if step.opens_on > opens and not step.judging:
        step.opens_on = opens
        step.save(update_fields=("opens_on",), force_update=True)
    audit.record("case.due_moved", case.subject, agency=case.agency_id, actor=rights.user_id, note=note,
                 on_behalf_of=rights.name_for(Role.REVIEWER, *LEADERS),
                 former=former, due_on=due_on)  # fmt: skip
