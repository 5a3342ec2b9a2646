"""A row on its way from a file to a plan: as read, as understood, as a person corrected it. Pure.

Kept as JSON while the file is looked over; a saved draft's row takes the same shape while it is corrected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from dataclasses import field as made
from datetime import date
from decimal import Decimal
from typing import Any, Self

from plans.deadlines import DeadlineKind, DeadlineSettings
from plans.enums import Confirmation, OwnerKind, Source
from plans.owners import GroupName, Owner, UnitNames, is_a_name
from plans.owners import OwnerKind as ReadKind
from plans.owners import unnamed as not_a_unit
from plans.reading import Column, Criterion, PlanFile, PlanHeader, Problem, RawRow, Severity
from plans.understanding import UnderstoodRow, understand

GROUP_WORDS = {
    GroupName.ALL.value: "Các phòng, đơn vị thuộc cơ quan",
    GroupName.WITH_PROCEDURES.value: "Các phòng, đơn vị có thủ tục hành chính",
}
SURE = 100
LEAD_MISSING = "Chưa ghi đơn vị chủ trì. Chọn đơn vị chủ trì."
LEAD, COORDINATING, DEADLINE = Column.LEAD.value, Column.COORDINATING.value, Column.DEADLINE.value
CRITERIA = Column.CRITERIA.value


@dataclass(frozen=True, slots=True)
class DraftOwner:
    """`unit_id` is the key of a unit; `group` the name of a group that is expanded when the plan is issued."""

    written: str
    name: str
    kind: str
    unit_id: int | None = None
    group: str = ""
    score: int = 100  # of 100, how surely the name is that of the unit

    @property
    def key(self) -> str:
        """How a form names it: unit:5, group:all; empty where nobody is named."""
        if self.unit_id is not None:
            return f"unit:{self.unit_id}"
        return f"group:{self.group}" if self.group in GROUP_WORDS else ""


@dataclass(frozen=True, slots=True)
class DraftOccurrence:
    """`number` is that of the saved occurrence; 0 where its place gives it."""

    label: str
    begins_on: date
    due_on: date
    number: int = 0


@dataclass(frozen=True, slots=True)
class DraftDeadline:
    raw: str
    kind: str
    rule: str = ""
    canonical: str = ""
    occurrences: tuple[DraftOccurrence, ...] = ()
    notes: tuple[str, ...] = ()
    begins_on: date | None = None  # of work without dates that starts on a known day


@dataclass(frozen=True, slots=True)
class DraftProblem:
    column: str
    message: str
    severity: str

    @property
    def blocking(self) -> bool:
        return self.severity == Severity.ERROR.value


@dataclass(frozen=True, slots=True)
class DraftCriterion:
    code: str
    name: str
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RowChange:
    """What a person wrote for a row. `leads` are keys of units and groups; None leaves them as they are."""

    task: str
    solution: str
    product: str
    field: str
    note: str
    criteria: tuple[DraftCriterion, ...]
    coordinating_raw: str
    deadline_raw: str
    leads: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class DraftRow:
    appendix: str
    order: str
    row: str
    field: str
    task: str
    solution: str
    product: str
    note: str
    lead_raw: str
    coordinating_raw: str
    criteria: tuple[DraftCriterion, ...]
    leads: tuple[DraftOwner, ...]
    coordinating: tuple[DraftOwner, ...]
    deadline: DraftDeadline
    problems: tuple[DraftProblem, ...] = ()
    confirmed: bool = False
    measure_id: int | None = None  # the measure whose next wording this is
    # each cell as the file had it; empty for a row that no file had, or one saved before this was kept
    read: Mapping[str, str] = made(default_factory=dict, hash=False)
    # of a row that is no measure yet: a saved one keeps them with its measure
    source: str = Source.PLAN.value
    source_document: str = ""
    confirmation: str = Confirmation.LEADER.value
    by_hand: bool = False  # put in by a person or from another source: no file is missing it
    continues: int | None = None  # the measure of last year's plan that it was copied from
    carried: bool = False  # which was not finished when its year was closed

    @classmethod
    def of(cls, understood: UnderstoodRow[int]) -> Self:
        raw = understood.raw
        return cls(
            raw.appendix, raw.order, raw.row, raw.field, raw.task, raw.solution, raw.product, raw.note,
            raw.lead_raw, raw.coordinating_raw,
            tuple(DraftCriterion(c.code, c.name, c.points) for c in raw.criteria),
            tuple(_owner(owner) for owner in understood.leads),
            tuple(_owner(owner) for owner in understood.coordinating),
            _deadline(understood), tuple(_problem(problem) for problem in understood.problems),
        ).as_read()  # fmt: skip

    @classmethod
    def blank(cls, appendix: str, order: str, field: str) -> Self:
        code = f"{appendix}.{order}" if appendix else order
        deadline = DraftDeadline("", DeadlineKind.UNKNOWN.value)
        missing = (DraftProblem(LEAD, LEAD_MISSING, Severity.ERROR.value),)
        return cls(appendix, order, code, field, "", "", "", "", "", "", (), (), (), deadline, missing, by_hand=True)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Self:
        deadline = body["deadline"]
        occurrences = tuple(
            DraftOccurrence(
                o["label"], date.fromisoformat(o["begins_on"]), date.fromisoformat(o["due_on"]), o.get("number", 0)
            )
            for o in deadline["occurrences"]
        )
        return cls(
            **{
                **body,
                "criteria": tuple(
                    DraftCriterion(c["code"], c["name"], None if c["points"] is None else Decimal(c["points"]))
                    for c in body["criteria"]
                ),
                "leads": tuple(DraftOwner(**owner) for owner in body["leads"]),
                "coordinating": tuple(DraftOwner(**owner) for owner in body["coordinating"]),
                "deadline": DraftDeadline(
                    **{
                        **deadline,
                        "occurrences": occurrences,
                        "notes": tuple(deadline["notes"]),
                        "begins_on": date.fromisoformat(deadline["begins_on"]) if deadline["begins_on"] else None,
                    }
                ),
                "problems": tuple(DraftProblem(**problem) for problem in body["problems"]),
            }
        )

    def as_read(self) -> Self:
        """The row with its cells put down as the file has them."""
        return replace(self, read=self.cells)

    @property
    def cells(self) -> dict[str, str]:
        """What the row says now, cell by cell."""
        criteria = "\n".join(f"{c.code} {c.name}".strip() for c in self.criteria)
        points = "\n".join(str(c.points) for c in self.criteria if c.points is not None)
        return {
            "task": self.task, "solution": self.solution, "product": self.product, "note": self.note, "field": self.field,
            "criteria": criteria, "points": points, "lead": self.lead_raw, "coordinating": self.coordinating_raw,
            "deadline": self.deadline.raw,
        }  # fmt: skip

    def written(self, cell: str) -> str:
        """What the file said there, before any hand; what the row says where that was not kept."""
        return self.read[cell] if cell in self.read else self.cells[cell]

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = asdict(self)
        begins_on = self.deadline.begins_on
        body["deadline"]["begins_on"] = begins_on.isoformat() if begins_on else None
        for occurrence in body["deadline"]["occurrences"]:
            occurrence |= {
                "begins_on": occurrence["begins_on"].isoformat(),
                "due_on": occurrence["due_on"].isoformat(),
            }
        for criterion in body["criteria"]:
            criterion["points"] = None if criterion["points"] is None else str(criterion["points"])
        return body

    @property
    def points(self) -> Decimal:
        return sum((c.points for c in self.criteria if c.points is not None), Decimal(0))

    @property
    def code(self) -> str:
        """I.27, as a saved row is called."""
        return f"{self.appendix}.{self.order}" if self.appendix else self.order

    @property
    def standing(self) -> str:
        """bad: must be settled; ask: should be looked at; clear: nothing to do."""
        if any(problem.blocking for problem in self.problems):
            return "bad"
        return "ask" if self.problems and not self.confirmed else "clear"

    @property
    def lead_missing(self) -> bool:
        return any(problem.column == LEAD and problem.blocking for problem in self.problems)

    @property
    def rivals(self) -> tuple[DraftOwner, ...]:
        """The units that lead side by side, where it is to be said whether one answers for all."""
        units = tuple(owner for owner in self.leads if owner.unit_id is not None)
        return units if len(units) > 1 and not self.confirmed else ()

    @property
    def score(self) -> int:
        """Of 100, how surely the least sure of its units was understood."""
        return min((owner.score for owner in (*self.leads, *self.coordinating) if owner.unit_id), default=100)

    def told(self, column: str) -> list[DraftProblem]:
        return [problem for problem in self.problems if problem.column == column]


def _owner(owner: Owner[int]) -> DraftOwner:
    kind = OwnerKind.UNNAMED if owner.kind is ReadKind.UNKNOWN else OwnerKind(owner.kind.value)
    unit = owner.key if kind == OwnerKind.UNIT and isinstance(owner.key, int) else None
    if kind == OwnerKind.UNIT and unit is None:
        kind = OwnerKind.UNNAMED  # no list of units to find it in
    return DraftOwner(owner.text, owner.name, kind.value, unit, owner.group.value if owner.group else "", owner.score)


def _deadline(understood: UnderstoodRow[int]) -> DraftDeadline:
    deadline = understood.deadline
    return DraftDeadline(
        deadline.raw, deadline.kind.value, deadline.rule.value if deadline.rule else "", deadline.canonical,
        tuple(DraftOccurrence(o.label, o.begins_on, o.due_on) for o in deadline.occurrences), deadline.notes,
        deadline.begins_on,
    )  # fmt: skip


def _problem(problem: Problem) -> DraftProblem:
    return DraftProblem(problem.column, problem.message, problem.severity.value)


def unchanged(row: DraftRow) -> RowChange:
    """The change that changes nothing."""
    return RowChange(
        row.task, row.solution, row.product, row.field, row.note, row.criteria, row.coordinating_raw, row.deadline.raw
    )


def corrected(
    row: DraftRow,
    change: RowChange,
    year: int,
    titles: Mapping[int, str],
    units: UnitNames[int] | None,
    settings: DeadlineSettings,
) -> DraftRow:
    """The row as the person wrote it; only what changed is read anew, and dates are meant as they are typed."""
    raw = RawRow(
        row.appendix, row.order, row.row, change.field,
        tuple(Criterion(c.code, c.name, c.points) for c in change.criteria),
        change.task, change.solution, change.product, row.lead_raw, change.coordinating_raw, change.deadline_raw,
        change.note,
    )  # fmt: skip
    (read,) = understand(PlanFile(PlanHeader(year=year), [raw]), year, units, settings)
    fresh = DraftRow.of(read)
    leads, lead_problems = _leads(row, change.leads, titles)
    same_helpers = change.coordinating_raw == row.coordinating_raw
    same_deadline = change.deadline_raw == row.deadline.raw
    return replace(
        fresh,
        leads=leads,
        coordinating=row.coordinating if same_helpers else fresh.coordinating,
        deadline=row.deadline if same_deadline else fresh.deadline,
        problems=(
            *lead_problems,
            *(row if same_helpers else fresh).told(COORDINATING),
            *(row if same_deadline else fresh).told(DEADLINE),
            *(row.told(CRITERIA) if change.criteria == row.criteria else ()),
        ),
        measure_id=row.measure_id,
        read=row.read,
        by_hand=row.by_hand,
        continues=row.continues,
        carried=row.carried,
        source=row.source,
        source_document=row.source_document,
        confirmation=row.confirmation,
    )


def with_lead(row: DraftRow, key: str, titles: Mapping[int, str]) -> DraftRow:
    """The row with this unit or group beside the leads that are known; it stands for those that were not."""
    known = [owner.key for owner in row.leads if owner.key]
    leads = (*(_chosen(row, one, titles) for one in dict.fromkeys((*known, key))), *_outside(row))
    return replace(row, leads=leads, problems=tuple(p for p in row.problems if p.column != LEAD), confirmed=False)


def led_by_one(row: DraftRow, key: str) -> DraftRow:
    """One of the lead units answers for the row, the others help it; outside bodies stay beside the one."""
    one = next(owner for owner in row.leads if owner.key == key)
    others = tuple(owner for owner in row.leads if owner.key and owner.key != key)
    named = "; ".join([*(owner.name for owner in others), *([row.coordinating_raw] if row.coordinating_raw else [])])
    return replace(
        row, leads=(one, *_outside(row)), coordinating=(*others, *row.coordinating), coordinating_raw=named,
        problems=tuple(problem for problem in row.problems if problem.column != LEAD or problem.blocking),
    )  # fmt: skip


def lessons(before: DraftRow, after: DraftRow) -> list[tuple[str, int]]:
    """Names that a person matched with a unit: what is written, the unit's key. A match that was sure teaches nothing."""
    doubtful = [o for o in before.leads if is_a_name(o.written) and not o.group and (not o.key or o.score < SURE)]
    doubtful = [owner for owner in doubtful if owner.kind != OwnerKind.EXTERNAL]
    if after.confirmed and not before.confirmed:
        guessed = [owner for owner in (*before.leads, *before.coordinating) if owner.unit_id and owner.score < SURE]
        return [(owner.written, owner.unit_id) for owner in guessed if owner.unit_id]
    known = {owner.key for owner in before.leads}
    chosen = [owner.unit_id for owner in after.leads if owner.unit_id and owner.key not in known]
    replaced = [owner.written for owner in doubtful if owner not in after.leads]
    return [(replaced[0], chosen[0])] if len(replaced) == len(chosen) == 1 else []


def _leads(
    row: DraftRow, chosen: Sequence[str] | None, titles: Mapping[int, str]
) -> tuple[tuple[DraftOwner, ...], list[DraftProblem]]:
    """The choice as it was changes nothing. Else outside bodies stay, and a unit that is new stands for the unnamed."""
    known = {owner.key for owner in row.leads if owner.key}
    if chosen is None or set(chosen) == known:
        return row.leads, row.told(LEAD)
    named = tuple(_chosen(row, key, titles) for key in chosen)
    unnamed = () if set(chosen) - known else tuple(o for o in row.leads if not o.key and o.kind != OwnerKind.EXTERNAL)
    problems = [DraftProblem(LEAD, not_a_unit(owner.written), Severity.ERROR.value) for owner in unnamed]
    if not named and not unnamed:
        problems = [DraftProblem(LEAD, LEAD_MISSING, Severity.ERROR.value)]
    return (*named, *unnamed, *_outside(row)), problems


def _outside(row: DraftRow) -> tuple[DraftOwner, ...]:
    return tuple(owner for owner in row.leads if owner.kind == OwnerKind.EXTERNAL)


def _chosen(row: DraftRow, key: str, titles: Mapping[int, str]) -> DraftOwner:
    for owner in row.leads:
        if owner.key == key:
            return owner
    what, _, name = key.partition(":")
    if what == "group":
        return DraftOwner(row.lead_raw or GROUP_WORDS[name], GROUP_WORDS[name], OwnerKind.GROUP.value, None, name)
    title = titles[int(name)]
    return DraftOwner(row.lead_raw or title, title, OwnerKind.UNIT.value, int(name))
