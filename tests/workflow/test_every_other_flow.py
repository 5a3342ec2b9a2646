"""Every (step, outcome, person) of what is asked beside the work, and every pull of every flow, generated from them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate

from tests.office import Office, make_assignment, walk
from tests.workflow.test_every_pair import PEOPLE
from workflow import engine
from workflow.errors import Refused
from workflow.flows import AssignmentFlow, ExtensionFlow, InputFlow, LeadChangeFlow
from workflow.inputs import asking as inputs
from workflow.models import Step
from workflow.nodes import Human
from workflow.requests import asking as requests

pytestmark = pytest.mark.django_db

FLOWS = (InputFlow, ExtensionFlow, LeadChangeFlow)
NODES = [node for flow in FLOWS for node in flow.instance.nodes() if isinstance(node, Human)]
EVERY_NODE = [node for node in AssignmentFlow.instance.nodes() if isinstance(node, Human)] + NODES
OUTCOMES = sorted({outcome for node in NODES for outcome in node.outcomes} | {"invented"})
PULLS = sorted({pull for node in EVERY_NODE for pull in node.pulls} | {"invented"})

OFFICE, OVERSEERS = {"reviewer", "chief"}, {"reviewer", "chief", "leader", "other_leader", "director"}
# what the office's rules say, written down apart from the code that holds them; the head of the lead unit asked
MAY_ACT = {
    "InputFlow.answer": {"other_head"},
    "InputFlow.prepare": {"other_officer"},
    "ExtensionFlow.opinion": OFFICE,
    "ExtensionFlow.decide": {"leader"},
    "LeadChangeFlow.opinion": OFFICE,
    "LeadChangeFlow.decide": {"leader"},
}
ASKED = {"head", "deputy"}
LEADING = {"leader", "other_leader", "director"}
# wherever the work stands: stopped, moved to another unit, ended with its plan, done by a result that it shares
ANYWHERE: dict[str, set[str]] = {
    "discontinued": OVERSEERS, "lead_changed": OVERSEERS, "carried": LEADING, "lapsed": LEADING,
    "not_carried_on": LEADING, "shared": set(),
}  # fmt: skip
MAY_PULL: dict[str, dict[str, set[str]]] = {
    "AssignmentFlow.assign": ANYWHERE,
    "AssignmentFlow.execute": ANYWHERE,
    "AssignmentFlow.submit": ANYWHERE | {"recalled": {"officer"}},
    "AssignmentFlow.review": ANYWHERE | {"recalled": {"head"}},
    "AssignmentFlow.approve": ANYWHERE | {"recalled": set()},
    "InputFlow.answer": {"withdrawn": ASKED | {"officer"}, "ended": set()},
    "InputFlow.prepare": {"withdrawn": ASKED | {"officer"}, "ended": set()},
    "ExtensionFlow.opinion": {"withdrawn": ASKED, "ended": set()},
    "ExtensionFlow.decide": {"withdrawn": ASKED, "ended": set()},
    "LeadChangeFlow.opinion": {"withdrawn": ASKED, "ended": set()},
    "LeadChangeFlow.decide": {"withdrawn": ASKED, "ended": set()},
}


def named(node: Human) -> str:
    return f"{node.flow_class.__name__}.{node.name}"


def at(office: Office, node: Human) -> Step:
    """A case of the node's flow whose open step is at the node."""
    work = make_assignment(office)
    if node.flow_class is AssignmentFlow:
        return walk(office, work, node.name)
    walk(office, work, "execute")
    step = ASKING[node.flow_class](office, work)
    if step.stage != node.name:
        outcome, who = ("named", "other_head") if node.flow_class is InputFlow else ("agreed", "reviewer")
        step = engine.act(step.pk, outcome, office.rights(who), note="Ý kiến", **data_of(office, outcome, node))
    assert step.stage == node.name
    return step


def ask_input(office: Office, work: Any) -> Step:
    (asked,) = inputs.ask(work.pk, office.rights("head"), units=[office.other_division],
                          due_on=localdate() + timedelta(days=9), question="Số liệu")  # fmt: skip
    return Step.objects.get(process_id=asked.pk, finished=None)


def ask_extension(office: Office, work: Any) -> Step:
    asked = requests.ask_extension(
        work.pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ"
    )
    return Step.objects.get(process_id=asked.pk, finished=None)


def ask_lead_change(office: Office, work: Any) -> Step:
    asked = requests.ask_lead_change(work.pk, office.rights("head"), unit=office.other_division, reason="Đúng việc")
    return Step.objects.get(process_id=asked.pk, finished=None)


ASKING: dict[Any, Callable[[Office, Any], Step]] = {
    InputFlow: ask_input,
    ExtensionFlow: ask_extension,
    LeadChangeFlow: ask_lead_change,
}


def data_of(office: Office, outcome: str, node: Human) -> dict[str, Any]:
    """What an act needs beside its words."""
    if outcome == "named":
        return {"officer": office["other_officer"]}
    if outcome == "granted_otherwise":
        return {"due_on": localdate() + timedelta(days=45)}
    return (
        {"acting": office.rights("leader")}
        if outcome in {"granted", "refused"} and node.flow_class is LeadChangeFlow
        else {}
    )


def test_tables_name_every_step_and_every_pull() -> None:
    assert {named(node) for node in NODES} == set(MAY_ACT)
    assert {named(node): set(node.pulls) for node in EVERY_NODE} == {
        name: set(pulls) for name, pulls in MAY_PULL.items()
    }


@pytest.mark.parametrize("node", NODES, ids=named)
def test_only_the_right_person_with_a_legal_outcome_moves_the_step(office: Office, node: Human) -> None:
    step = at(office, node)
    for person, outcome in itertools.product(PEOPLE, OUTCOMES):
        if person in MAY_ACT[named(node)] and outcome in node.outcomes:
            continue
        with pytest.raises((PermissionDenied, Refused)):
            engine.act(step.pk, outcome, office.rights(person), note="Lý do", **data_of(office, outcome, node))
        step.refresh_from_db()
        assert step.finished is None, (person, outcome)


@pytest.mark.parametrize(
    ("node", "outcome", "person"),
    [(node, outcome, person) for node in NODES for outcome in node.outcomes for person in sorted(MAY_ACT[named(node)])],
    ids=lambda value: named(value) if isinstance(value, Human) else value,
)
def test_legal_outcome_by_the_right_person_takes_its_edge(
    office: Office, node: Human, outcome: str, person: str
) -> None:
    step = at(office, node)
    follower = engine.act(step.pk, outcome, office.rights(person), note="Lý do", **data_of(office, outcome, node))
    assert follower.flow_task == node.outcomes[outcome]


@pytest.mark.parametrize("node", EVERY_NODE, ids=named)
def test_only_the_right_person_pulls(office: Office, other_office: Office, node: Human) -> None:
    step = at(office, node)
    for person, verb in itertools.product(PEOPLE, PULLS):
        with pytest.raises((PermissionDenied, Refused)):
            engine.pull(step.pk, verb, other_office.rights(person), note="Lý do")
        if person in MAY_PULL[named(node)].get(verb, set()):
            continue
        with pytest.raises((PermissionDenied, Refused)):
            engine.pull(step.pk, verb, office.rights(person), note="Lý do")
        step.refresh_from_db()
        assert step.finished is None, (person, verb)


@pytest.mark.parametrize(
    ("node", "verb", "person"),
    [
        (node, verb, person)
        for node in EVERY_NODE
        for verb, people in MAY_PULL[named(node)].items()
        for person in sorted(people)
    ],
    ids=lambda value: named(value) if isinstance(value, Human) else value,
)
def test_legal_pull_by_the_right_person_takes_its_edge(office: Office, node: Human, verb: str, person: str) -> None:
    step = at(office, node)
    follower = engine.pull(step.pk, verb, office.rights(person), note="Lý do")
    assert follower.flow_task == node.pulls[verb].to


@pytest.mark.parametrize("node", NODES, ids=named)
def test_stranger_of_another_agency_moves_nothing(office: Office, other_office: Office, node: Human) -> None:
    step = at(office, node)
    for person, outcome in itertools.product(PEOPLE, node.outcomes):
        assert not Step.objects.actionable(other_office.rights(person)).filter(pk=step.pk).exists()
        with pytest.raises(PermissionDenied):
            engine.act(step.pk, outcome, other_office.rights(person), note="x", **data_of(office, outcome, node))


def test_work_still_open_moves_on_while_requests_wait(office: Office) -> None:
    """What is asked beside it never holds the work."""
    work = make_assignment(office)
    walk(office, work, "execute")
    for ask in ASKING.values():
        ask(office, work)
    walk(office, work, "end")
    assert not Step.objects.filter(process__agency=office.agency, finished=None).exists()
