"""An act, a hand-over, a change of officer, a recall and a transfer of the unit at one moment: one of them wins, the rest are refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection, transaction
from django.utils.timezone import localdate

from audit.models import Entry
from organization.enums import Role
from organization.rights import rights_of
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from tests.workflow.test_transferring import wish
from workflow import engine, services, transferring
from workflow.errors import Busy, Refused
from workflow.models import Assignment, Case, Extension, HandOver, Step, Transfer
from workflow.requests import asking

pytestmark = pytest.mark.django_db(transaction=True)
CLEAN = {"done", "refused", "StaleStep", "Refused", "PermissionDenied"}


def kind(result: object) -> str:
    """A row of a verb over many is its own result."""
    if isinstance(result, list):
        return "refused" if not result or result[0].refusal else "done"
    return "done" if isinstance(result, Step | Transfer) else type(result).__name__


def hurried(call: Callable[[], object], milliseconds: int = 40) -> Callable[[], object]:
    """The same, by somebody who does not wait long for a lock."""

    def run() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{milliseconds}ms"])
        return call()

    return run


def raced(calls: Sequence[Callable[[], object]]) -> Counter[str]:
    return Counter(kind(result) for result in race(calls))


def hands(office: Office, step: Step) -> list[Callable[[], object]]:
    """Fifty: the officer finishes, the head hands over from an open page, the head changes the officer."""
    officer, head, held_by = office.rights("officer"), office.rights("head"), office["officer"].pk
    case = Case.objects.select_related("assignment").get(pk=step.process_id)
    return (
        [partial(services.finish, step.pk, officer, statement="Xong")] * 17
        + [partial(engine.hand_over, step.pk, office["colleague"], head, note="Đổi người", held_by=held_by)] * 17
        + [partial(services.change_officer, case, office["colleague"], head, reason="Đổi người")] * 16
    )


def one_owner(step: Step) -> None:
    """Whoever won: one open step, the officer of the assignment holds it or handed it on, one line in the ledger for it."""
    here = Step.objects.get(process_id=step.process_id, finished=None)
    officer = Assignment.objects.get(pk=step.process_id).officer_id
    handed = HandOver.objects.filter(step=step).count()
    written = Entry.objects.filter(subject=f"case:{step.process_id}", verb__in=("execute.done", "execute.handed_over"))
    assert (here.pk == step.pk, handed, written.count()) in [(True, 1, 1), (False, 0, 1)]
    assert here.pk != step.pk or here.owner_id == officer


@pytest.mark.parametrize("impatient", [False, True])
def test_act_against_hand_over_and_change_of_officer(office: Office, impatient: bool) -> None:
    step = walk(office, make_assignment(office), "execute")
    calls = hands(office, step)
    results = raced([hurried(call) for call in calls] if impatient else calls)
    assert results["done"] == 1, results
    assert set(results) <= CLEAN | ({"Busy"} if impatient else set()), results
    one_owner(step)


@pytest.mark.parametrize("impatient", [False, True])
def test_review_against_recall(office: Office, impatient: bool) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    seen, head = last_digest(assignment), office.rights("head")
    reviewers = [rights_of(make_person(office.office, f"Người {n}", Role.REVIEWER)) for n in range(25)]
    calls = [partial(services.accept, step.pk, who, seen=seen) for who in reviewers]
    calls += [partial(services.recall, step.pk, head)] * 25
    results = raced([hurried(call) for call in calls] if impatient else calls)
    assert results["done"] == 1, results
    assert set(results) <= {"done", "StaleStep", *(("Busy",) if impatient else ())}, results
    assert open_step(assignment).stage in {"submit", "approve"}


def test_approval_against_hand_over_to_another_leader(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    seen, leader, director = last_digest(assignment), office.rights("leader"), office.rights("director")
    calls = [partial(services.approve, step.pk, leader, seen=seen)] * 25
    calls += [
        partial(
            engine.hand_over, step.pk, office["other_leader"], director, note="Đi công tác", held_by=office["leader"].pk
        )
    ] * 25
    results = raced(calls)
    assert results["done"] == 1, results
    assert set(results) <= CLEAN, results
    assert Case.objects.get().finished or open_step(assignment).owner == office["other_leader"]


@pytest.mark.parametrize("impatient", [False, True])
def test_acts_and_hand_overs_against_a_transfer_of_the_unit(office: Office, impatient: bool) -> None:
    """Before the transfer they were the unit's, after it they are nobody's of the former unit."""
    step = walk(office, make_assignment(office), "execute")
    asked, by = wish(office.division, office.other_division), office.rights("reviewer")
    calls = hands(office, step)[:46]
    calls += [partial(transferring.transfer, office.division, asked, by)] * 4
    results = race([hurried(call) for call in calls] if impatient else calls)
    kinds = Counter(kind(result) for result in results)
    done = sum(isinstance(result, Transfer) for result in results)
    assert done == 1 if not impatient else done <= 1, kinds
    assert kinds["done"] - done <= 1, kinds
    assert set(kinds) <= CLEAN | ({"Busy"} if impatient else set()), kinds
    case, open_now = Case.objects.get(), Step.objects.get(finished=None)
    assert case.unit_id == (office.other_division.pk if done else office.division.pk)
    assert not done or (open_now.owner_id, open_now.pool_unit_id) == (None, office.other_division.pk)


def test_who_waits_too_long_is_told_so_and_nothing_is_half_done(office: Office) -> None:
    """Somebody holds the case: every verb gives up after its lock_timeout with the same sentence."""
    assignment, other = make_assignment(office), make_assignment(office)
    step, review = walk(office, assignment, "execute"), walk(office, other, "review")
    asked, before = wish(office.division, office.other_division), Entry.objects.count()
    calls: list[Callable[[], object]] = [
        *hands(office, step)[::10], partial(services.recall, review.pk, office.rights("head")),
        partial(services.accept, review.pk, office.rights("reviewer"), seen=last_digest(other)),
        partial(transferring.transfer, office.division, asked, office.rights("chief")),
    ]  # fmt: skip
    with transaction.atomic():
        list(Case.objects.select_for_update().order_by("pk"))
        results = race([hurried(call) for call in calls])
    assert {str(result[0].refusal) if isinstance(result, list) else str(result) for result in results} == {str(Busy())}
    assert Entry.objects.count() == before
    assert (open_step(assignment).owner, open_step(other).pk) == (office["officer"], review.pk)


def test_granting_against_the_end_of_the_work_never_deadlocks(office: Office) -> None:
    for _ in range(5):
        work = make_assignment(office)
        asking.ask_extension(work.pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ")
        request = Extension.objects.get(of=work.case)
        asking.advise(open_step_of(request), office.rights("reviewer"), agrees=True)
        walk(office, work, "approve")
        decide, approve, seen = open_step_of(request), open_step(work).pk, last_digest(work)
        results = race([
            lambda decide=decide: asking.grant_extension(decide, office.rights("leader")),
            lambda approve=approve, seen=seen: services.approve(approve, office.rights("leader"), seen=seen),
        ])  # fmt: skip
        assert all(isinstance(one, Step | Refused) for one in results), results
        assert not isinstance(results[1], Refused)


def open_step_of(request: Extension) -> int:
    return Step.objects.get(process_id=request.pk, finished=None).pk
