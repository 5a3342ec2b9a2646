"""Many people on one step: one winner, the rest a clean refusal, no deadlock."""

import pytest
from django.db import connection

from organization.enums import Role
from organization.rights import rights_of
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from tests.threads import race
from workflow import engine, services
from workflow.errors import StaleStep
from workflow.models import Step

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
