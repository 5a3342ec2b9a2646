"""One act: at most ten queries besides BEGIN and COMMIT, two of them the ledger's, whoever acts and whatever the outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from evidence.models import Use
from organization.models import Delegation, Post
from organization.rights import Rights, rights_of
from plans.enums import Confirmation
from plans.models import Measure
from tests.office import Office, last_digest, make_assignment, make_document, make_person, open_step, walk
from workflow import services
from workflow.models import Assignment, Step

# one transaction of its own, as in real life: what is counted is what the server gets
pytestmark = pytest.mark.django_db(transaction=True)
MOST = 10
ASIDE = ("BEGIN", "COMMIT")

Act = Callable[[Office, Step, Rights, str], Step]


def supplement(office: Office, step: Step, rights: Rights, seen: str) -> Step:
    return services.ask_for_papers(step.pk, rights, seen=seen, reason="Thiếu dấu", reasons=["unsigned"])


def returned(office: Office, step: Step, rights: Rights, seen: str) -> Step:
    return services.return_work(step.pk, rights, seen=seen, reason="Thiếu số liệu", reasons=["figures"])


ACTS: dict[str, tuple[str, str, Act, int]] = {
    "assigned": ("assign", "head", lambda office, step, rights, seen: services.assign(step.pk, office["officer"], rights), 9),
    "done": ("execute", "officer", lambda office, step, rights, seen: services.finish(step.pk, rights, statement="Đã xong"), 7),
    "submitted": ("submit", "head", lambda office, step, rights, seen: services.submit(step.pk, rights, statement="Đã xong"), 9),
    "given back": ("submit", "head", lambda office, step, rights, seen: services.send_back(step.pk, rights, reason="Thiếu"), 7),
    "accepted": ("review", "reviewer", lambda office, step, rights, seen: services.accept(step.pk, rights, seen=seen), 8),
    "confirmed": ("review", "reviewer", lambda office, step, rights, seen: services.confirm(step.pk, rights, seen=seen), 10),
    "returned by the office": ("review", "reviewer", returned, 7),
    "papers asked by the office": ("review", "reviewer", supplement, 9),
    "approved": ("approve", "leader", lambda office, step, rights, seen: services.approve(step.pk, rights, seen=seen), 8),
    "returned by leadership": ("approve", "leader", returned, 7),
    "papers asked by leadership": ("approve", "leader", supplement, 9),
    "office asked": ("approve", "leader", lambda office, step, rights, seen: services.ask_the_office(step.pk, rights, seen=seen, question="Vì sao?"), 8),
}  # fmt: skip


def cost(office: Office, assignment: Assignment, act: Act, rights: Rights, stage: str) -> int:
    step = open_step(assignment)
    assert step.stage == stage
    seen = last_digest(assignment) if assignment.submissions.exists() else ""
    with CaptureQueriesContext(connection) as captured:
        act(office, step, rights, seen)
    queries = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(ASIDE)]
    assert sum("audit_" in sql for sql in queries) == 2
    assert len(captured.captured_queries) == len(queries) + 2, "one transaction"
    return len(queries)


def prepared(office: Office, stage: str) -> Assignment:
    """An assignment at that stage, two documents beside it, which Văn phòng may confirm."""
    assignment = make_assignment(office)
    later = make_assignment(office)  # the year's last occurrence always goes to leadership
    Assignment.objects.filter(pk=later.pk).update(measure=assignment.measure, period=2)
    Measure.objects.filter(pk=assignment.measure_id).update(confirmation=Confirmation.OFFICE)
    for number in ("1/BC", "2/BC"):
        document = make_document(office, office["officer"], number=number)
        Use.objects.create(
            document=document,
            subject=assignment.case.subject,
            agency=office.agency,
            by=office["officer"],
            at=document.at,
        )
    walk(office, assignment, stage)
    return assignment


@pytest.mark.parametrize("name", ACTS)
def test_act_in_ones_own_name(office: Office, name: str) -> None:
    stage, person, act, queries = ACTS[name]
    assignment = prepared(office, stage)
    assert cost(office, assignment, act, office.rights(person), stage) == queries <= MOST


@pytest.mark.parametrize("name", ACTS)
def test_act_in_anothers_name_with_substitutes_who_are_told(office: Office, name: str) -> None:
    stage, person, act, queries = ACTS[name]
    assignment = prepared(office, stage)
    today = localdate()
    substitute = make_person(office.other_division, "Vi Ngọc Nam")
    others = {"officer", "head", "chief"} - ({"chief"} if person == "reviewer" else set())
    for principal in {office[other] for other in {person} | others}:
        Delegation.objects.create(
            agency=office.agency,
            principal=principal,
            substitute=substitute,
            legal_basis="GUQ",
            since=today,
            until=today,
        )
    # what a role gets is told in a statement of its own, where the act tells nobody else
    queries += name in {"done", "submitted"}
    assert cost(office, assignment, act, rights_of(substitute), stage) == queries <= MOST
    acted = Step.objects.filter(process_id=assignment.pk, acted_by=substitute).get()
    assert acted.on_behalf_of == office[person]


def test_submission_past_the_office_tells_the_leader_and_costs_no_more_than_ten(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    walk(office, assignment, "submit", officer="office_officer", head="chief")
    document = make_document(office, office["chief"])
    Use.objects.create(
        document=document, subject=assignment.case.subject, agency=office.agency, by=office["chief"], at=document.at
    )
    assert cost(office, assignment, ACTS["submitted"][2], office.rights("chief"), "submit") == MOST


def test_return_to_an_officer_who_left_costs_one_more(office: Office) -> None:
    assignment = prepared(office, "review")
    yesterday = localdate() - timedelta(days=1)
    Post.objects.filter(user=office["officer"]).update(since=yesterday, until=yesterday)
    assert cost(office, assignment, returned, office.rights("reviewer"), "review") == 8
    assert open_step(assignment).owner_id is None


def test_later_rounds_cost_what_the_first_did(office: Office) -> None:
    assignment = prepared(office, "review")
    for _ in range(3):
        assert cost(office, assignment, returned, office.rights("reviewer"), "review") == 7
        assert cost(office, assignment, ACTS["done"][2], office.rights("officer"), "execute") == 7
        assert cost(office, assignment, ACTS["submitted"][2], office.rights("head"), "submit") == 9
