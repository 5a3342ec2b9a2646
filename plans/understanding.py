"""A plan file put together with the units of a body and a year: what each row means and what is wrong with it. Pure."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Generic, TypeVar

from organization.vietnamese import counted
from plans.deadlines import Deadline, DeadlineSettings, describe, read_deadline
from plans.owners import GroupName, Owner, OwnerKind, UnitNames, read_owners
from plans.reading import Column, PlanFile, Problem, RawRow, Severity

Key = TypeVar("Key", bound=Hashable)
TOLD_EVERY = 250
YEAR = re.compile(r"(?<!\d)20\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class UnderstoodRow(Generic[Key]):
    raw: RawRow
    leads: tuple[Owner[Key], ...]
    coordinating: tuple[Owner[Key], ...]
    deadline: Deadline
    problems: tuple[Problem, ...]

    @property
    def blocked(self) -> bool:
        """Something must be settled before this row can be issued."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def written_for(plan_file: PlanFile) -> int | None:
    """The year the file was written for: its title's, else the one its deadlines name most."""
    if plan_file.header.year:
        return plan_file.header.year
    years: Counter[int] = Counter()
    for row in plan_file.rows:
        raw = row.deadline_raw
        years.update([int(year) for year in YEAR.findall(raw)] if isinstance(raw, str) else [raw.year])
    return years.most_common(1)[0][0] if years else None


def understand(
    plan_file: PlanFile,
    year: int,
    units: UnitNames[Key] | None = None,
    settings: DeadlineSettings | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> list[UnderstoodRow[Key]]:
    """Every row, none dropped. Without units, names of units are kept as they are written. `tell` hears every so many
    rows how many of how many are done. What is written the same is read once: cells of a plan repeat."""
    found_in_file: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in plan_file.problems:
        found_in_file[problem.row].append(problem)
    source_year = written_for(plan_file)
    rows: list[UnderstoodRow[Key]] = []

    @cache
    def owners(written: str) -> tuple[Owner[Key], ...]:
        return tuple(read_owners(written, units))

    @cache
    def deadline_of(written: str | date) -> Deadline:
        return read_deadline(written, year=year, source_year=source_year, settings=settings)

    for raw in plan_file.rows:
        if tell and len(rows) % TOLD_EVERY == 0:
            tell(len(rows), len(plan_file.rows))
        leads, helpers, deadline = owners(raw.lead_raw), owners(raw.coordinating_raw), deadline_of(raw.deadline_raw)
        problems = [
            *found_in_file[raw.row],
            *_about_leads(raw, leads),
            *_about_helpers(raw, helpers),
            *_about_deadline(raw, deadline),
        ]
        rows.append(UnderstoodRow(raw, leads, helpers, deadline, tuple(problems)))
    return rows


def _about_leads(raw: RawRow, leads: Sequence[Owner[Key]]) -> Iterable[Problem]:
    def problem(message: str, severity: Severity = Severity.ERROR) -> Problem:
        return Problem(raw.row, Column.LEAD.value, message, severity)

    if not leads:
        yield problem("Chưa ghi đơn vị chủ trì. Chọn đơn vị chủ trì.")
    for owner in leads:
        if owner.kind in {OwnerKind.UNNAMED, OwnerKind.UNKNOWN}:
            yield problem(owner.note)
        elif owner.kind is OwnerKind.EXTERNAL:
            yield problem(f"“{owner.text}” không phải đơn vị thuộc cơ quan. Chọn đơn vị chủ trì.")
        elif owner.group is GroupName.RELATED:
            yield problem(f"“{owner.text}” chưa rõ là những đơn vị nào. Chọn đơn vị chủ trì.")
        elif owner.note:
            yield problem(f"{owner.note} Xác nhận lại.", Severity.CONFIRM)
    units = [owner for owner in leads if owner.kind is OwnerKind.UNIT]
    if len(units) > 1:
        names = ", ".join(owner.name for owner in units)
        message = f"Có {counted(len(units))} đơn vị chủ trì: {names}. Mỗi đơn vị sẽ nhận một việc riêng; xác nhận lại."
        yield problem(message, Severity.CONFIRM)


def _about_helpers(raw: RawRow, helpers: Sequence[Owner[Key]]) -> Iterable[Problem]:
    for owner in helpers:
        if owner.note and owner.kind in {OwnerKind.UNIT, OwnerKind.UNKNOWN}:
            ending = " Xác nhận lại." if owner.kind is OwnerKind.UNIT else ""
            yield Problem(raw.row, Column.COORDINATING.value, f"{owner.note}{ending}", Severity.CONFIRM)


def _about_deadline(raw: RawRow, deadline: Deadline) -> Iterable[Problem]:
    if deadline.problem:
        yield Problem(raw.row, Column.DEADLINE.value, deadline.problem)
    elif not deadline.sure:
        message = f"“{deadline.raw}” được hiểu là “{describe(deadline)}”. Xác nhận lại."
        yield Problem(raw.row, Column.DEADLINE.value, message, Severity.CONFIRM)


def to_json(
    plan_file: PlanFile, rows: Sequence[UnderstoodRow[Key]], *, year: int, plan_id: int | str | None = None
) -> dict[str, Any]:
    """What `import_plan --json` prints."""
    header = plan_file.header
    return {
        "plan": {
            "id": plan_id,
            "number": header.number,
            "date": header.issued_on.isoformat() if header.issued_on else None,
            "title": header.title,
            "year": year,
        },
        "measures": [_measure(row) for row in rows],
        "problems": [
            {"row": problem.row, "column": problem.column, "message": problem.message}
            for row in rows
            for problem in row.problems
        ],
    }


def _measure(row: UnderstoodRow[Key]) -> dict[str, Any]:
    raw, deadline = row.raw, row.deadline
    return {
        "appendix": raw.appendix,
        "order": raw.order,
        "row": raw.row,
        "field": raw.field,
        "criteria": [criterion.code or criterion.name for criterion in raw.criteria],
        "task": raw.task,
        "solution": raw.solution,
        "product": raw.product,
        "lead": [owner.name for owner in row.leads],
        "coordinating": [owner.name for owner in row.coordinating],
        "deadline": {
            "raw": deadline.raw,
            "kind": deadline.kind.value,
            "rule": deadline.rule.value if deadline.rule else None,
            "due": [day.isoformat() for day in deadline.due_dates],
        },
    }
