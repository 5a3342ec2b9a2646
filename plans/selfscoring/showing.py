"""A đợt tự chấm as pages show it: its rail, its progress by unit, its trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from organization.rights import Rights
from organization.vietnamese import acting, clock, short_date
from plans.criteria.arithmetic import Sum, total
from plans.criteria.models import Criterion, Score, Standing
from plans.criteria.scoring import leaf_of, missing
from plans.selfscoring.checks import is_scored, lost, score_of, share_of, unexplained
from plans.selfscoring.gate import held_by_unit, until
from plans.selfscoring.models import ScoringMove, ScoringRound
from plans.selfscoring.states import ShareState, State

STATES = {
    State.PREPARING: "undated", State.OPEN: "in-time", State.CHECKING: "review", State.PRESENTED: "approve",
    State.CLOSED: "ongoing", State.EXPLAINING: "in-time", State.FINAL: "done",
}  # fmt: skip
# what a move looks like in the trail
ICONS = {"give-back": ("st-returned", "returned"), "close": ("st-done", "done"), "present": ("st-approve", "approve"),
         "finish": ("st-done", "done"), "assemble": ("st-review", "review")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Badge:
    kind: str
    words: str
    tint: bool = False


@dataclass(frozen=True, slots=True)
class Stage:
    words: str
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Event:
    icon: str
    css: str
    name: str
    verb: str
    when: str
    quote: str


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion in a round."""

    criterion: Criterion
    badge: Badge
    in_hand: bool
    unproved: bool
    lost: bool
    unexplained: bool
    papers: int

    @property
    def score(self) -> Score | None:
        return score_of(self.criterion)

    @property
    def standing(self) -> str:
        """What stands instead of points."""
        score = self.score
        return score.get_standing_display() if score and score.standing != Standing.SCORED else ""

    @property
    def reason(self) -> str:
        share = share_of(self.criterion)
        return share.reason if share else ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A unit's criteria; `unit` None for what Văn phòng scores itself."""

    unit: int | None
    name: str
    rows: tuple[Row, ...]

    @property
    def scored(self) -> int:
        return sum(is_scored(row.criterion) for row in self.rows)

    @property
    def handed_in(self) -> int:
        return sum(
            bool((share := share_of(row.criterion)) and share.state == ShareState.HANDED_IN) for row in self.rows
        )

    @property
    def returned(self) -> int:
        return sum(bool((share := share_of(row.criterion)) and share.state == ShareState.RETURNED) for row in self.rows)

    @property
    def lost(self) -> int:
        return sum(row.lost for row in self.rows)

    @property
    def unexplained(self) -> int:
        return sum(row.unexplained for row in self.rows)

    @property
    def ready(self) -> int:
        """How many its head may hand in now."""
        return sum(row.in_hand and is_scored(row.criterion) for row in self.rows)

    @property
    def open(self) -> int:
        return sum(row.in_hand for row in self.rows)

    @property
    def points(self) -> Decimal:
        return sum((score.self_score or Decimal(0) for row in self.rows if (score := row.score)), Decimal(0))

    @property
    def maximum(self) -> Decimal:
        return sum((row.criterion.max_points for row in self.rows), Decimal(0))


def badge_of(found: ScoringRound, on: date) -> Badge:
    """Where the round stands, and whether it should be further."""
    state = State(found.state)
    due = found.due_on
    if due and on > due:
        return Badge("overdue", f"{state.label}, quá hạn {short_date(due)}", tint=True)
    return Badge(STATES[state], state.label)


def row_of(found: ScoringRound, criterion: Criterion, on: date) -> Row:
    share, papers = share_of(criterion), getattr(criterion, "papers", 0)
    return Row(
        criterion, _badge(found, criterion, on), held_by_unit(found, share, on),
        missing(leaf_of(criterion), papers, score_of(criterion)), lost(criterion), unexplained(criterion), papers,
    )  # fmt: skip


def _badge(found: ScoringRound, criterion: Criterion, on: date) -> Badge:
    share = share_of(criterion)
    if share is None:
        return Badge("done", "Đã chấm") if is_scored(criterion) else Badge("undated", "Văn phòng chưa chấm")
    if share.state == ShareState.HANDED_IN:
        return Badge("review", "Đã gửi Văn phòng")
    last = until(found, share)
    if found.state in {State.OPEN, State.CHECKING} and on > last:
        return Badge("overdue", f"Chưa gửi, quá hạn {short_date(last)}", tint=True)
    if share.state == ShareState.RETURNED:
        return Badge("returned", f"Trả lại, chấm đến {short_date(last)}", tint=True)
    return Badge("in-time", "Đã chấm, chưa gửi" if is_scored(criterion) else "Chưa chấm")


def progress_of(found: ScoringRound, criteria: Sequence[Criterion], on: date) -> list[Progress]:
    """By unit, in the order of their names; Văn phòng's own last."""
    rows: dict[tuple[bool, str, int | None], list[Row]] = {}
    for one in criteria:
        share = share_of(one)
        key = (False, share.unit.sort_key, share.unit_id) if share else (True, "", None)
        rows.setdefault(key, []).append(row_of(found, one, on))
    return [
        Progress(unit, share.unit.name if (share := share_of(some[0].criterion)) else "Văn phòng ghi", tuple(some))
        for (_, _, unit), some in sorted(rows.items(), key=lambda item: item[0][:2])
    ]


def sums_of(criteria: Sequence[Criterion]) -> Sum:
    return total(leaf_of(one) for one in criteria)


def rail_of(found: ScoringRound) -> list[Stage]:
    notes = {State.OPEN: found.score_until, State.PRESENTED: found.close_by, State.EXPLAINING: found.explain_until}
    order = list(State)
    now = order.index(State(found.state))
    return [
        Stage(state.label, "past" if place < now else "now" if place == now else "next",
              f"đến {short_date(day)}" if (day := notes.get(state)) else "")
        for place, state in enumerate(order)
    ]  # fmt: skip


def trail_of(found: ScoringRound) -> list[Event]:
    """Newest first. One query."""
    return [_event(one) for one in found.moves.select_related("by", "on_behalf_of")]


def _event(one: ScoringMove) -> Event:
    icon, css = ICONS.get(one.verb, ("history", "sub"))
    name = acting(one.by.full_name, one.on_behalf_of.full_name if one.on_behalf_of else "")
    words = str(one)
    return Event(icon, css, name, words[0].lower() + words[1:], clock(one.at), one.note)


def mine(found: list[Progress], rights: Rights) -> list[Progress]:
    return [one for one in found if one.unit in rights.units]
