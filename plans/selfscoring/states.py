"""Where a đợt tự chấm stands, and every move from there. Pure: the whole flow on one page, as data."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models

from organization.enums import LEADERS, Role
from organization.rights import Rights


class State(models.TextChoices):
    PREPARING = "preparing", "Đang chuẩn bị"
    OPEN = "open", "Đơn vị tự chấm"
    CHECKING = "checking", "Văn phòng tổng hợp"
    PRESENTED = "presented", "Chờ lãnh đạo chốt"
    CLOSED = "closed", "Đã chốt, chờ thẩm định"
    EXPLAINING = "explaining", "Đơn vị giải trình"
    FINAL = "final", "Đã kết thúc"


class ShareState(models.TextChoices):
    """Who has one criterion in hand while it is scored."""

    WAITING = "waiting", "Chờ đơn vị chấm"
    HANDED_IN = "handed-in", "Đã gửi Văn phòng"
    RETURNED = "returned", "Trả lại đơn vị"


@dataclass(frozen=True, slots=True)
class Move:
    """`done`: what it says it did; `why`: whether it must say why."""

    words: str
    done: str
    sources: tuple[State, ...]
    target: State
    roles: frozenset[Role]
    why: bool = False


OFFICE = frozenset({Role.REVIEWER})
MOVES: dict[str, Move] = {
    "open": Move("Mở đợt tự chấm", "Đã mở đợt tự chấm", (State.PREPARING,), State.OPEN, OFFICE),
    "assemble": Move("Bắt đầu tổng hợp", "Đã bắt đầu tổng hợp", (State.OPEN,), State.CHECKING, OFFICE),
    "present": Move("Trình lãnh đạo chốt", "Đã trình lãnh đạo chốt điểm tự chấm", (State.CHECKING,), State.PRESENTED, OFFICE),
    "close": Move("Chốt điểm tự chấm", "Đã chốt điểm tự chấm", (State.PRESENTED,), State.CLOSED, LEADERS),
    "give-back": Move("Trả lại Văn phòng", "Đã trả lại Văn phòng", (State.PRESENTED,), State.CHECKING, LEADERS, why=True),
    "explain": Move("Gửi đơn vị giải trình", "Đã gửi đơn vị giải trình", (State.CLOSED,), State.EXPLAINING, OFFICE),
    "finish": Move("Kết thúc đợt", "Đã kết thúc đợt tự chấm", (State.CLOSED, State.EXPLAINING), State.FINAL, OFFICE),
    "reopen": Move("Mở lại phần tự chấm", "Đã mở lại phần tự chấm", (State.CLOSED, State.EXPLAINING), State.CHECKING, LEADERS, why=True),
    "reopen-final": Move("Mở lại đợt đã kết thúc", "Đã mở lại đợt tự chấm", (State.FINAL,), State.CLOSED, LEADERS, why=True),
}  # fmt: skip


def may(move: Move, rights: Rights) -> bool:
    return bool(rights.roles & move.roles)


def moves_of(state: State, rights: Rights) -> list[tuple[str, Move]]:
    """What this person may do with a round that stands there."""
    return [(verb, move) for verb, move in MOVES.items() if state in move.sources and may(move, rights)]
