"""The flow draws itself: every node and every outcome once, the current step lit, well-formed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.test import Client

from tests.office import PASSWORD, Office, last_digest, make_assignment, walk
from workflow import services
from workflow.diagram import diagram, pulled
from workflow.flows import AssignmentFlow
from workflow.nodes import Human

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314 - our own picture


def texts_of(picture: str) -> list[str]:
    return [element.text or "" for element in parsed(picture).iter(f"{SVG}text")]


def test_every_step_and_every_outcome_is_drawn_once() -> None:
    texts = texts_of(diagram(AssignmentFlow))
    nodes = [node for node in AssignmentFlow.instance.nodes() if isinstance(node, Human)]
    words = sorted([str(node.task_title) for node in nodes] + ["Hoàn thành"]
                   + [label.removeprefix("đã ") for node in nodes for label in node.labels.values()])  # fmt: skip
    assert sorted(texts) == words


def test_the_current_step_is_lit_and_the_steps_before_it_are_marked() -> None:
    root = parsed(diagram(AssignmentFlow, now="review", past=["assign", "execute", "submit"]))
    places = [group.get("class") for group in root.iter(f"{SVG}g") if "node" in (group.get("class") or "")]
    assert places == ["node past", "node past", "node past", "node now", "node", "node"]


def test_boxes_do_not_overlap_and_stay_inside_the_picture() -> None:
    root = parsed(diagram(AssignmentFlow))
    height = int(root.get("viewBox", "").split()[3])
    ends = 0
    for box in root.iter(f"{SVG}rect"):
        top = int(box.get("y", ""))
        assert top >= ends
        ends = top + int(box.get("height", ""))
    assert ends <= height


def test_what_others_may_do_is_said_beside_it() -> None:
    assert dict(pulled(AssignmentFlow))["đã rút lại"] == "Nộp kết quả, Văn phòng rà soát, Lãnh đạo phê duyệt"


def test_the_picture_in_the_documents_is_the_flow_as_it_is() -> None:
    kept = (ROOT / "docs/assignment-flow.svg").read_text("utf-8")
    assert kept == diagram(AssignmentFlow, alone=True), "manage draw_flow > docs/assignment-flow.svg"


@pytest.mark.django_db
def test_history_page_shows_rounds_with_their_own_numbers(office: Office, other_office: Office, client: Client) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    services.ask_for_papers(step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Chưa ký")
    step = walk(office, assignment, "review")
    services.recall(step.pk, office.rights("head"))
    walk(office, assignment, "end")
    client.login(username=office["head"].code, password=PASSWORD)
    page = client.get(f"/nhiem-vu/{assignment.pk}/qua-trinh/").content.decode()
    assert [page.count(f"<h2>Lần nộp thứ {number}</h2>") for number in (1, 2, 3, 4)] == [1, 1, 1, 0]
    assert page.count("Mã nội dung") == 3
    assert "node now" in page
    client.login(username=other_office["head"].code, password=PASSWORD)
    assert client.get(f"/nhiem-vu/{assignment.pk}/qua-trinh/").status_code == 404
