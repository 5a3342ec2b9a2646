"""A flow drawn from itself, as SVG: its nodes from top to bottom, its outcomes as arrows with their words.

Straight ahead goes down, back goes up at the left, past a step goes down at the right. Lengths are in
user units; the classes are those of the stylesheet, which stands inside the picture where it stands alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from viewflow.workflow.flow import Flow

from workflow.models import Case
from workflow.nodes import Ended, Human

WIDTH, BOX = 240, 56
LEFT, TOP = 330, 24
GAP, LINE, LANE = 48, 22, 18
STYLE = Path(__file__).parent / "data" / "diagram.css"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One path with its words; `anchor` is how the words stand at (x, y)."""

    path: str
    words: str
    x: int
    y: int
    anchor: str


@dataclass
class Box:
    node: Any
    y: int
    height: int
    name: str
    title: str
    holder: str = ""
    place: str = ""

    @property
    def middle(self) -> int:
        return self.y + self.height // 2


@dataclass
class Drawing:
    """Everything the template draws."""

    title: str
    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    height: int = 0
    width: int = LEFT * 2 + WIDTH


def diagram(flow: type[Flow], *, now: str = "", past: Iterable[str] = (), alone: bool = False) -> str:
    """The flow as an SVG element. `now` is the name of the node that is lit, `past` the nodes gone through;
    `alone` puts the stylesheet inside, for a file of its own."""
    drawing = draw(flow, now=now, past=past)
    style = STYLE.read_text("utf-8") if alone else ""
    return render_to_string("workflow/diagram.svg", {"drawing": drawing, "style": style, "left": LEFT, "box": WIDTH})


def draw(flow: type[Flow], *, now: str = "", past: Iterable[str] = ()) -> Drawing:
    drawing = Drawing(str(flow.process_title))
    every = _nodes(flow)
    nodes: list[Any] = [node for node in every if isinstance(node, Human)]
    main_end: Any = next(node for node in every if isinstance(node, Ended) and node.closes_as == Case.DONE)
    gone, y = set(past), TOP
    for node in [*nodes, main_end]:
        sideways = [target for target, _ in _targets(node) if not _is_next(node, target, nodes, main_end)]
        height = max(BOX, LINE * len(sideways) + 12)
        title = str(node.task_title) if isinstance(node, Human) else "Hoàn thành"
        place = "now" if node.name == now else "past" if node.name in gone else ""
        drawing.boxes.append(Box(node, y, height, node.name, title, place=place))
        y += height + GAP
    drawing.height = y - GAP + TOP
    boxes = {box.name: box for box in drawing.boxes}
    lanes = {"left": 0, "right": 0}
    for box in drawing.boxes[:-1]:
        drawing.arrows += _arrows(box, boxes, drawing.boxes, lanes)
    return drawing


def pulled(flow: type[Flow]) -> list[tuple[str, str]]:
    """What others than the holder may do: the words, and at which steps."""
    at: dict[str, list[str]] = {}
    for node in _nodes(flow):
        for pull in getattr(node, "pulls", {}).values():
            at.setdefault(pull.label, []).append(str(node.task_title))
    return [(label, ", ".join(titles)) for label, titles in at.items()]


def _nodes(flow: type[Flow]) -> list[Any]:
    """In the order in which the flow is written."""
    written = list(vars(flow))
    nodes: list[Any] = list(flow.instance.nodes())
    return sorted(nodes, key=lambda node: written.index(node.name))


def _targets(node: Any) -> list[tuple[Any, str]]:
    """Where the outcomes of a node lead, each with its words: without the «đã» of history."""
    outcomes = getattr(node, "outcomes", {})
    return [(target, node.labels[outcome].removeprefix("đã ")) for outcome, target in outcomes.items()]


def _is_next(node: Any, target: Any, nodes: list[Any], end: Any) -> bool:
    order = [*nodes, end]
    return order.index(target) == order.index(node) + 1


def _arrows(box: Box, boxes: dict[str, Box], order: list[Box], lanes: dict[str, int]) -> Iterable[Arrow]:
    centre, sideways = LEFT + WIDTH // 2, 0
    here = order.index(box)
    for target, said in _targets(box.node):
        to = boxes[target.name]
        if order.index(to) == here + 1:
            bottom = box.y + box.height
            yield Arrow(f"M{centre} {bottom} V{to.y - 2}", said, centre + 10, bottom + GAP // 2 + 4, "start")
            continue
        sideways += 1
        y = box.y + LINE * sideways
        if order.index(to) < here:
            lanes["left"] += 1
            x, edge, side, anchor, at = 24 + LANE * lanes["left"], LEFT, LEFT - 2, "end", LEFT - 8
        else:
            lanes["right"] += 1
            edge = LEFT + WIDTH
            x, side, anchor, at = edge + LEFT - 24 - LANE * lanes["right"], edge + 2, "start", edge + 8
        yield Arrow(f"M{edge} {y} H{x} V{to.y + to.height - 10} H{side}", said, at, y - 5, anchor)
