"""What an amended plan means for the work that is open: one word for each assignment. Reads, never writes.

The preview shows it, the approval does it under its locks: both ask here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Self

from organization.enums import UnitKind
from organization.models import Unit
from organization.vietnamese import short_date
from plans.amendments import continued
from plans.differences import FIELDS, Changed, Difference
from plans.drafting import DraftOccurrence, DraftRow
from plans.leads import LeadBook
from workflow.dossier import holder_of
from workflow.models import Assignment, Case, Schedule, Step
from workflow.planned import schedule_of


class Becomes(StrEnum):
    """What happens to an open assignment."""

    ENDS = "ends"
    TAKEN_OVER = "taken_over"  # a new lead begins with phân công, every round at hand
    HEIRED = "heired"  # a new lead, while what was handed in is being decided
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Due:
    """Where an assignment's date goes; without `due_on` it has none from now on."""

    schedule: Schedule
    due_on: date | None
    label: str
    begins_on: date | None


@dataclass(frozen=True, slots=True)
class Follow:
    """One open assignment and its open step under an amendment. `row` is the new wording; None where it ends."""

    case: Case
    step: Step
    becomes: Becomes
    row: DraftRow | None = None
    unit: Unit | None = None
    due: Due | None = None
    fields: tuple[str, ...] = ()
    why: str = ""
    words: str = ""  # what happens, as the page, the notice and the history say it
    former: int = 0  # the lead unit, the holder and the officer before anything happens
    holder: int | None = None
    officer: int | None = None

    @classmethod
    def of(cls, step: Step, becomes: Becomes, **fields: Any) -> Self:
        case = step.process
        one = cls(case, step, becomes, **fields)
        return replace(
            one, words=" ".join(one._sentences()), former=case.unit_id, holder=step.owner_id,
            officer=case.assignment.officer_id,
        )  # fmt: skip

    def _sentences(self) -> Iterator[str]:
        if self.becomes == Becomes.ENDS:
            yield f"Dừng thực hiện: {self.why}. Lịch sử vẫn đọc được."
            return
        if self.becomes == Becomes.TAKEN_OVER and self.unit:
            left = " Bước rà soát rút khỏi Văn phòng." if self.step.judging else ""
            yield f"{self.case.unit.name} chuyển cho {self.unit.name} cùng các lần nộp; phân công lại.{left}"
        elif self.becomes == Becomes.HEIRED and self.unit:
            yield f"{self.case.unit.name} chuyển cho {self.unit.name} cùng các lần nộp; lần nộp đang chờ vẫn được quyết định."
        if self.due:
            yield self._due_words(self.due)
        others = [FIELDS[name].lower() for name in self.fields if name not in {"lead", "deadline"}]
        if others:
            yield f"Theo nội dung mới: {', '.join(others)}."

    def _due_words(self, due: Due) -> str:
        before = short_date(self.case.due_on) or str(self.case.get_schedule_display()).lower()
        after = short_date(due.due_on) or str(due.schedule.label).lower()
        return f"Thời hạn từ {before} sang {after}; nhắc việc theo thời hạn cũ không còn."

    @property
    def place(self) -> str:
        """Where it stands now: Thực hiện, Nguyễn Văn Hùng."""
        return f"{self.step.stage_title}, {holder_of(self.step)}"

    def born_late(self, today: date) -> bool:
        """Whether the amendment itself would make it overdue."""
        return bool(self.due and self.due.due_on and self.due.due_on < today)

    @property
    def matters(self) -> bool:
        """Whether anybody must be told."""
        return bool(self.becomes != Becomes.STAYS or self.due or self.fields)


def touched(found: Difference) -> list[int]:
    """The measures whose open work an amendment may reach."""
    rows = [*found.dropped, *(one.new for one in found.changed)]
    rows += [now for was, now in found.kept if was.code != now.code]
    return [row.measure_id for row in rows if row.measure_id is not None]


def open_cases(measures: Iterable[int]) -> list[int]:
    """Open cases of these measures in the order in which they are locked."""
    found = Assignment.objects.filter(measure_id__in=list(measures), case__finished=None)
    return list(found.order_by("case_id").values_list("case_id", flat=True))


def open_steps(cases: Iterable[int]) -> list[Step]:
    steps = Step.objects.filter(process_id__in=list(cases), finished=None).order_by("process_id")
    return list(steps.select_related("process__unit", "process__assignment", "owner", "pool_unit"))


def follows(found: Difference, steps: Iterable[Step], book: LeadBook) -> list[Follow]:
    """One for each open step, in the plan's new order, what ends last."""
    by_measure: dict[int, list[Step]] = {}
    for step in steps:
        by_measure.setdefault(step.process.assignment.measure_id, []).append(step)

    def of(row: DraftRow) -> list[Step]:
        return by_measure.get(row.measure_id or 0, [])

    told = [
        Follow.of(step, Becomes.STAYS, row=now) for was, now in found.kept for step in of(now) if was.code != now.code
    ]
    for one in found.changed:
        told += _of_row(one, of(one.new), book)
    told += [
        Follow.of(step, Becomes.ENDS, why="nhiệm vụ không còn trong kế hoạch")
        for row in found.dropped
        for step in of(row)
    ]
    return told


def _of_row(one: Changed, steps: list[Step], book: LeadBook) -> Iterator[Follow]:
    heirs, gone = _heirs(one, book)
    held = {(step.process.unit_id, step.process.assignment.period) for step in steps}
    new = continued(one.new, one.old)
    fields = tuple(one.fields)
    for step in steps:
        case, period = step.process, step.process.assignment.period
        unit = heirs.get(case.unit_id)
        if case.unit_id in gone and (unit is None or (unit.pk, period) in held):
            yield Follow.of(step, Becomes.ENDS, why=f"{case.unit.name} không còn chủ trì")
            continue
        due, stays = _due(one, new, case, period)
        if not stays:
            yield Follow.of(step, Becomes.ENDS, why="kỳ này không còn trong kế hoạch")
            continue
        yield Follow.of(step, _becomes(step, unit), row=new, unit=unit, due=due, fields=fields)


def _heirs(one: Changed, book: LeadBook) -> tuple[dict[int, Unit], set[int]]:
    """Which unit takes over from which, and the units that lead no longer."""
    if "lead" not in one.fields:
        return {}, set()
    before, after = book.leads(one.old.leads), book.leads(one.new.leads)
    if not after:
        return {}, set()  # not known yet: the work stays where it is
    leaving = [unit for unit in before if unit not in after]
    coming = [unit for unit in after if unit not in before]
    return {was.pk: unit for was, unit in zip(leaving, coming, strict=False)}, {unit.pk for unit in leaving}


def _becomes(step: Step, unit: Unit | None) -> Becomes:
    if unit is None:
        return Becomes.STAYS
    # nobody judges their own work: Văn phòng does not review what it leads from now on
    leaves = step.pool_unit_id == unit.pk and unit.kind == UnitKind.OFFICE
    return Becomes.HEIRED if step.judging and not leaves else Becomes.TAKEN_OVER


def _due(one: Changed, new: DraftRow, case: Case, period: int) -> tuple[Due | None, bool]:
    """Where the date goes (None: nowhere), and whether the period is still in the plan."""
    if "deadline" not in one.fields:
        return None, True
    occurrences = {o.number: o for o in new.deadline.occurrences}
    if not occurrences:
        schedule = schedule_of(new.deadline.kind)
        first = min((o.number for o in one.old.deadline.occurrences), default=1)
        stays = not one.old.deadline.occurrences or period == first
        return (Due(schedule, None, "", None) if schedule != case.schedule else None), stays
    now = occurrences.get(period)
    if now is None:
        return None, False
    was = {o.number: o for o in one.old.deadline.occurrences}.get(period)
    return (None if was and _same(was, now) else Due(Schedule.DATED, now.due_on, now.label, now.begins_on)), True


def _same(was: DraftOccurrence, now: DraftOccurrence) -> bool:
    """The plan says the same of this period: a date moved otherwise since stays where it is."""
    return (was.due_on, was.label) == (now.due_on, now.label)
