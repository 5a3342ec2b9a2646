"""Tiến độ: what the lead unit says of its work while it has it in hand. No step moves, nobody is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.enums import Role
from organization.rights import Rights
from organization.vietnamese import fold
from workflow import engine
from workflow.errors import Refused
from workflow.figures import figure_words
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, Progress, ProgressKind, Schedule, Step, Suspension

UNIT_ONLY = "Chỉ người thực hiện hoặc trưởng đơn vị chủ trì cập nhật được tiến độ."
PROGRESS_MISSING = "Chưa ghi tiến độ. Ghi ngắn gọn việc đã làm, việc còn lại rồi gửi lại."
NOT_IN_HAND = "Nhiệm vụ đã nộp hoặc đã kết thúc nên không cập nhật được tiến độ. Mở lại trang nhiệm vụ để xem."
SUSPENDED = "Nhiệm vụ đang tạm dừng nên không cập nhật được tiến độ. Cập nhật khi nhiệm vụ được tiếp tục."
NO_TARGET = "Nhiệm vụ này không có chỉ tiêu nên không ghi số liệu. Bỏ số liệu rồi gửi lại."
NOT_YET = "Ngày phát sinh ở sau hôm nay. Ghi ngày đã phát sinh rồi gửi lại."
NOTHING_HAPPENED = "Không phát sinh trong kỳ."
SINCE_CHANGED = "Tiến độ đã có cập nhật mới hơn. Mở lại trang nhiệm vụ để xem rồi ghi tiếp."
IN_HAND = (AssignmentFlow.assign, AssignmentFlow.execute, AssignmentFlow.submit)
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Said:
    """What is entered: words, and figures where the measure has a target; `happened_on` where it is of something that
    happened (ghi nhận phát sinh)."""

    text: str
    value: Decimal | None = None
    total: Decimal | None = None
    happened_on: date | None = None

    @property
    def kind(self) -> ProgressKind:
        return ProgressKind.HAPPENING if self.happened_on else ProgressKind.UPDATE


def update(case_id: int, said: Said, rights: Rights, *, last: int | None = None) -> Progress:
    """Cập nhật tiến độ. `last`: the newest entry that whoever writes has seen (0: none), where that matters.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    with engine.one_transaction():
        case = locked(case_id, rights)
        principal = must_write(case, rights)
        must_be_sound(case, said)
        if last is not None and last != newest_of([case.pk]).get(case.pk, 0):
            raise Refused(SINCE_CHANGED)
        entry = Progress.objects.create(
            case=case, agency_id=case.agency_id, by_id=rights.user_id, on_behalf_of_id=principal, at=now(),
            text=said.text, value=said.value, total=said.total, kind=said.kind, happened_on=said.happened_on,
            repeats=said.kind == ProgressKind.UPDATE and repeats(case.assignment, said.text),
        )  # fmt: skip
        _write_down("case.happened" if said.happened_on else "case.progress", entry)
    return entry


def _write_down(verb: str, entry: Progress) -> None:
    audit.record(
        verb, entry.case.subject, agency=entry.agency_id, actor=entry.by_id, on_behalf_of=entry.on_behalf_of_id,
        at=entry.at, progress=entry.pk, on=entry.happened_on, text=entry.text, value=_written(entry.value), total=_written(entry.total),
    )  # fmt: skip


def _written(figure: Decimal | None) -> str | None:
    return None if figure is None else str(figure)


def locked(case_id: int, rights: Rights) -> Case:
    """The case, locked as an act locks it, with its measure. Raises Case.DoesNotExist for another agency's."""
    cases = Case.objects.select_for_update(of=("self",)).select_related("assignment__measure")
    return cases.get(pk=case_id, agency_id=rights.agency_id)


def must_write(case: Case, rights: Rights) -> int | None:
    """In whose name this person writes; None for their own. Raises PermissionDenied, Refused."""
    principal = writing_for(case, rights)
    if Suspension.objects.filter(case=case, until=None).exists():
        raise Refused(SUSPENDED)
    if not Step.objects.open().filter(process=case, flow_task__in=IN_HAND).exists():
        raise Refused(NOT_IN_HAND)
    return principal


def writing_for(case: Case, rights: Rights) -> int | None:
    """In whose name this person writes of a case of theirs; None for their own. Raises PermissionDenied."""
    for standing, person in rights.standings:
        heads = (case.unit_id, Role.HEAD) in standing.pools
        if heads or (standing.person == case.assignment.officer_id and case.unit_id in standing.units):
            return person
    raise PermissionDenied(UNIT_ONLY)


def may_write(case: Case, step: Step | None, rights: Rights) -> bool:
    """Whether the pages offer it; `step` is the open one. No query."""
    if step is None or step.node not in IN_HAND:
        return False
    try:
        writing_for(case, rights)
    except PermissionDenied:
        return False
    return True


def may_happen(case: Case) -> bool:
    """Whether things are recorded as they happen, and a period may pass without any: work without a date, or that recurs."""
    return case.schedule != Schedule.DATED or bool(case.period)


def must_be_sound(case: Case, said: Said) -> None:
    """Raises Refused where something is missing, or said of what is not counted."""
    if not said.text.strip():
        raise Refused(PROGRESS_MISSING)
    if said.happened_on and said.happened_on > localdate():
        raise Refused(NOT_YET)
    if case.assignment.measure.target is None and (said.value, said.total) != (None, None):
        raise Refused(NO_TARGET)


def repeats(assignment: Assignment, text: str) -> bool:
    """Whether these are the words of the last entry of the same measure and unit, in this period or an earlier one."""
    before = Progress.objects.filter(
        case__assignment__measure_id=assignment.measure_id, case__unit_id=assignment.unit_id,
        case__assignment__period__lte=assignment.period,
    )  # fmt: skip
    last = before.order_by("-id").values_list("text", flat=True).first()
    return last is not None and fold(last) == fold(text)


def newest_of(cases: Sequence[int]) -> dict[int, int]:
    """The key of the newest entry of each of these cases that has one. One query."""
    found = Progress.objects.filter(case_id__in=cases).order_by("case_id", "-id").distinct("case_id")
    return dict(found.values_list("case_id", "id"))


@dataclass(frozen=True, slots=True)
class Line:
    """An entry as pages show it, its figures in words."""

    entry: Progress
    figures: str


def lines_of(case: Case, most: int | None = SHOWN) -> list[Line]:
    """The newest entries of a case, with who wrote them (None: all of them). One query besides the measure's, where it
    is not at hand."""
    entries = Progress.objects.filter(case_id=case.pk).select_related("by", "on_behalf_of", "document")[:most]
    return [Line(entry, figures_of(entry, case)) for entry in entries]


def figures_of(entry: Progress, case: Case) -> str:
    """Kỳ này 12 hồ sơ, lũy kế 80 trên chỉ tiêu 100 hồ sơ (80%)."""
    if entry.value is None and entry.total is None:
        return ""
    measure, parts = case.assignment.measure, []
    unit = measure.target_unit
    if entry.value is not None:
        parts.append(f"Kỳ này {figure_words(entry.value, unit)}")
    if entry.total is not None:
        words = f"lũy kế {figure_words(entry.total, unit)}"
        if measure.target:
            reached = round(entry.total * 100 / measure.target, 1)
            words += f" trên chỉ tiêu {figure_words(measure.target, unit)}, đạt {figure_words(reached, '%')}"
        parts.append(words)
    words = ", ".join(parts)
    return words[0].upper() + words[1:]
