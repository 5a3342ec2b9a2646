"""Many people on one step: one winner, the rest a clean refusal, no deadlock."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils.timezone import localdate

from organization.enums import Role
from organization.rights import rights_of
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import engine, services, stopping
from workflow.errors import StaleStep
from workflow.inputs import asking as inputs
from workflow.models import Case, Decision, Extension, Step, Suspension
from workflow.requests import asking
from workflow.sightings import see

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(results: list[object]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for result in results:
        name = "done" if isinstance(result, Step) else type(result).__name__
        counted[name] = counted.get(name, 0) + 1
    return counted


def test_fifty_threads_on_one_step_have_one_winner(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    seen = last_digest(assignment)
    reviewers = [rights_of(make_person(office.office, f"Người {n}", Role.REVIEWER)) for n in range(50)]
    results = race([lambda who=who: services.accept(review.pk, who, seen=seen) for who in reviewers])
    assert kinds(results) == {"done": 1, "StaleStep": 49}
    assert Step.objects.filter(process_id=assignment.pk, finished=None).count() == 1


def test_one_person_pressing_twice_acts_once(office: Office) -> None:
    assignment = make_assignment(office)
    step, rights = open_step(assignment), office.rights("head")
    results = race([lambda: services.assign(step.pk, office["officer"], rights)] * 8)
    assert kinds(results) == {"done": 1, "StaleStep": 7}


def test_acts_against_hand_overs_never_deadlock(office: Office) -> None:
    for _ in range(6):
        assignment = make_assignment(office)
        step = walk(office, assignment, "execute")
        officer, head = office.rights("officer"), office.rights("head")
        results = race(
            [lambda: services.finish(step.pk, officer, statement="Xong")] * 6
            + [lambda: engine.hand_over(step.pk, office["colleague"], head, note="Đổi người")] * 6
        )
        names = set(kinds(results))
        assert names <= {"done", "StaleStep", "PermissionDenied", "Refused"}, names
        assert Step.objects.filter(process_id=assignment.pk, finished=None).count() == 1


def test_two_leaders_work_on_one_agency_ledger_without_gaps(office: Office) -> None:
    assignments = [make_assignment(office) for _ in range(12)]
    steps = [open_step(assignment) for assignment in assignments]
    rights = office.rights("head")
    results = race([lambda step=step: services.assign(step.pk, office["officer"], rights) for step in steps])
    assert kinds(results) == {"done": 12}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), max(sequence) FROM audit_entry WHERE agency = %s AND stream = 'work'", [office.agency.pk]
        )
        count, last = cursor.fetchone()
    assert count == last == 24


def test_waiter_reads_what_the_winner_left(office: Office) -> None:
    """Handed over while one waits for the lock: the former holder is refused, not served from an old row."""
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    engine.hand_over(step.pk, office["colleague"], office.rights("head"), note="Đổi người")
    services.finish(step.pk, office.rights("colleague"), statement="Xong")
    with pytest.raises(StaleStep):
        services.finish(step.pk, office.rights("officer"), statement="Xong")


def test_recall_against_opening_and_accepting(office: Office) -> None:
    """Taken back, or opened and accepted: never both, and nothing half-done."""
    for _ in range(5):
        assignment = make_assignment(office)
        step = walk(office, assignment, "review")
        seen, head, reviewer = last_digest(assignment), office.rights("head"), office.rights("reviewer")
        results = race(
            [lambda: services.recall(step.pk, head)] * 3
            + [lambda: see(step.pk, reviewer), lambda: services.accept(step.pk, reviewer, seen=seen)]
        )
        done = [result for result in results if isinstance(result, Step)]
        names = set(kinds(results)) - {"NoneType"}
        assert len(done) == 1, names
        assert names <= {"done", "StaleStep", "Refused"}, names
        assert Step.objects.filter(process_id=assignment.pk, finished=None).get().stage in {"submit", "approve"}


def test_discontinuation_against_approval_has_one_end(office: Office) -> None:
    for _ in range(5):
        assignment = make_assignment(office)
        step = walk(office, assignment, "approve")
        seen, leader, chief = last_digest(assignment), office.rights("leader"), office.rights("chief")
        results = race(
            [lambda: services.approve(step.pk, leader, seen=seen)] * 3
            + [lambda: stopping.discontinue(step.pk, chief, number="15/QĐ", dated=localdate())] * 3
        )
        assert kinds(results) == {"done": 1, "StaleStep": 5}
        assert Step.objects.filter(process_id=assignment.pk, finished=None).count() == 0


def test_pause_against_acts_has_one_order(office: Office) -> None:
    """Acted first and paused then, or paused and refused: never an act on what stands still."""
    for _ in range(5):
        assignment = make_assignment(office)
        step = walk(office, assignment, "execute")
        officer, chief = office.rights("officer"), office.rights("chief")
        results = race(
            [lambda: services.finish(step.pk, officer, statement="Xong")] * 3
            + [lambda: stopping.suspend(assignment.pk, chief, reason="Chờ")] * 3
        )
        assert set(kinds(results)) <= {"done", "StaleStep", "Paused", "Suspension", "Refused"}, kinds(results)
        assert kinds(results)["Suspension"] == 1
        pause = Suspension.objects.get(case_id=assignment.pk)
        assert not Step.objects.filter(process_id=assignment.pk, outcome="done", finished__gt=pause.at).exists()


def test_pauses_and_resumptions_together(office: Office) -> None:
    assignment = make_assignment(office)
    chief = office.rights("chief")
    results = race(
        [lambda: stopping.suspend(assignment.pk, chief, reason="Chờ")] * 4
        + [lambda: stopping.resume(assignment.pk, chief)] * 4
    )
    assert set(kinds(results)) <= {"Suspension", "Resumption", "Refused"}, kinds(results)
    assert Suspension.objects.filter(case_id=assignment.pk, until=None).count() <= 1


def test_two_leaders_reopen_once(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    case, leader = Case.objects.get(pk=assignment.pk), office.rights("leader")
    results = race([lambda: services.reopen(case, leader, reason="Số liệu chưa khớp")] * 6)
    assert kinds(results) == {"done": 1, "Refused": 5}


def test_one_unit_is_asked_once_however_many_ask(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    due, rights = localdate(), office.rights("officer")
    results = race(
        [lambda: inputs.ask(assignment.pk, rights, units=[office.other_division], due_on=due, question="Số liệu")] * 6
    )
    assert kinds(results) == {"list": 1, "Refused": 5}


def test_answers_against_approval_of_the_work_leave_nothing_open(office: Office) -> None:
    for _ in range(4):
        assignment = make_assignment(office)
        walk(office, assignment, "execute")
        (request,) = inputs.ask(
            assignment.pk,
            office.rights("officer"),
            units=[office.other_division],
            due_on=localdate(),
            question="Số liệu",
        )
        step = Step.objects.get(process_id=request.pk, finished=None)
        approve = walk(office, assignment, "approve")
        leader, seen = rights_of(approve.owner), last_digest(assignment)
        results = race(
            [lambda: services.approve(approve.pk, leader, seen=seen)] * 3
            + [lambda: inputs.answer(step.pk, office.rights("other_head"), text="Có")] * 3
        )
        assert set(kinds(results)) <= {"done", "StaleStep"}, kinds(results)
        assert not Case.objects.filter(pk__in=[assignment.pk, request.pk], finished=None).exists()
        assert Step.objects.filter(process_id=request.pk, flow_task_type="END").count() == 1


def test_two_requests_at_once_are_one(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    later = localdate() + timedelta(days=60)
    results = race(
        [
            lambda who=who: asking.ask_extension(assignment.pk, office.rights(who), due_on=later, reason="Chờ số liệu")
            for who in ("head", "deputy", "officer", "head", "deputy", "officer")
        ]
    )
    assert kinds(results) == {"Extension": 1, "Refused": 5}
    assert Extension.objects.filter(of_id=assignment.pk).count() == 1


def test_grants_against_submissions_both_happen(office: Office) -> None:
    for _ in range(6):
        assignment = make_assignment(office)
        step = walk(office, assignment, "submit")
        later = localdate() + timedelta(days=60)
        asking.ask_extension(assignment.pk, office.rights("head"), due_on=later, reason="Chờ")
        opinion = Step.objects.get(process__extension__of=assignment.case, finished=None)
        decide = asking.advise(opinion.pk, office.rights("reviewer"), agrees=True)
        leader, head = office.rights("leader"), office.rights("head")
        results = race(
            [lambda: asking.grant_extension(decide.pk, leader)] * 4
            + [lambda: services.submit(step.pk, head, statement="Xong")] * 4
        )
        assert kinds(results) == {"done": 2, "StaleStep": 6}
        case = Case.objects.get(pk=assignment.pk)
        assert (case.due_on, open_step(assignment).stage) == (later, "review")


def test_lead_changes_against_acts_never_deadlock(office: Office) -> None:
    for _ in range(6):
        assignment = make_assignment(office)
        step = walk(office, assignment, "execute")
        asking.ask_lead_change(assignment.pk, office.rights("head"), unit=office.other_division, reason="Đúng việc")
        opinion = Step.objects.get(process__leadchange__of=assignment.case, finished=None)
        decide = asking.advise(opinion.pk, office.rights("reviewer"), agrees=True)
        leader, officer = office.rights("leader"), office.rights("officer")
        results = race(
            [lambda: asking.grant_lead_change(decide.pk, leader)] * 4
            + [lambda: services.finish(step.pk, officer, statement="Xong")] * 4
        )
        assert set(kinds(results)) <= {"done", "StaleStep"}
        assert open_step(assignment).stage == "assign"
        assert Case.objects.get(pk=assignment.pk).unit == office.other_division


def test_grants_against_approval_of_the_work_have_one_order(office: Office) -> None:
    for _ in range(4):
        assignment = make_assignment(office)
        walk(office, assignment, "execute")
        later = localdate() + timedelta(days=60)
        asking.ask_extension(assignment.pk, office.rights("head"), due_on=later, reason="Chờ")
        opinion = Step.objects.get(process__extension__of=assignment.case, finished=None)
        decide = asking.advise(opinion.pk, office.rights("reviewer"), agrees=True)
        approve = walk(office, assignment, "approve")
        leader, seen = rights_of(approve.owner), last_digest(assignment)
        results = race(
            [lambda: asking.grant_extension(decide.pk, leader)] * 3
            + [lambda: services.approve(approve.pk, leader, seen=seen)] * 3
        )
        case = Case.objects.get(pk=assignment.pk)
        assert case.finished is not None
        granted = Extension.objects.get(of=case).decision == Decision.GRANTED
        # granted before the end, or refused in words after it
        assert kinds(results) == ({"done": 2, "StaleStep": 4} if granted else {"done": 1, "StaleStep": 2, "Refused": 3})
        assert (case.due_on == later) == granted
