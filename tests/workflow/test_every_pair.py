"""Every (step, outcome, person), generated from the flow: only the right person with a right outcome gets through."""

import itertools

import pytest
from django.core.exceptions import PermissionDenied

from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import engine
from workflow.errors import Refused
from workflow.flows import AssignmentFlow
from workflow.models import Step
from workflow.nodes import Human

pytestmark = pytest.mark.django_db

NODES = [node for node in AssignmentFlow.instance.nodes() if isinstance(node, Human)]
OUTCOMES = sorted({outcome for node in NODES for outcome in node.outcomes} | {"invented"})
PEOPLE = ["head", "deputy", "officer", "colleague", "reviewer", "chief", "leader", "other_leader", "director", "clerk", "viewer",
          "administrator", "other_head", "other_officer"]  # fmt: skip
# what the office's rules say, written down apart from the code that holds them
MAY_ACT = {
    "assign": {"head", "deputy"},
    "execute": {"officer"},
    "submit": {"head", "deputy"},
    "review": {"reviewer", "chief"},
    "approve": {"leader"},
}
DATA = {
    "assign": lambda office: {"officer": office["officer"]},
    "submit": lambda office: {"statement": "Đã xong"},
}


def test_flow_names_every_stage() -> None:
    assert {node.name for node in NODES} == set(MAY_ACT)


def test_every_human_step_has_a_page_and_a_finder() -> None:
    assert all(node.held and node.page for node in NODES)


@pytest.mark.parametrize("node", NODES, ids=lambda node: node.name)
def test_only_the_right_person_with_a_legal_outcome_moves_the_step(office: Office, node: Human) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, node.name)
    seen = last_digest(assignment) if node.pinned else None
    for person, outcome in itertools.product(PEOPLE, OUTCOMES):
        if person in MAY_ACT[node.name] and outcome in node.outcomes:
            continue
        before = open_step(assignment)
        with pytest.raises((PermissionDenied, Refused)):
            engine.act(before.pk, outcome, office.rights(person), note="Lý do", seen=seen)
        assert open_step(assignment) == before


@pytest.mark.parametrize(
    ("node", "outcome", "person"),
    [
        (node, outcome, person)
        for node in NODES
        for outcome in node.outcomes
        # Văn phòng's own work takes the one, measures that Văn phòng confirms the other: test_flow, test_moving
        if outcome not in {"submitted_past_review", "confirmed"}
        for person in sorted(MAY_ACT[node.name])
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_legal_outcome_by_the_right_person_takes_its_edge(
    office: Office, node: Human, outcome: str, person: str
) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, node.name)
    seen = last_digest(assignment) if node.pinned else None
    data = {} if outcome == "returned" else DATA.get(node.name, lambda _: {})(office)
    follower = engine.act(step.pk, outcome, office.rights(person), note="Lý do", seen=seen, **data)
    assert follower.flow_task == node.outcomes[outcome]


def test_stranger_of_another_agency_moves_nothing(office: Office, other_office: Office) -> None:
    assignment = make_assignment(office)
    for stage in MAY_ACT:
        step = walk(office, assignment, stage)
        node = step.node
        for person in PEOPLE:
            assert not Step.objects.actionable(other_office.rights(person)).filter(pk=step.pk).exists()
            with pytest.raises(PermissionDenied):
                engine.act(step.pk, next(iter(node.outcomes)), other_office.rights(person), note="x", seen=None)
