"""Đặt thời hạn, nhập ngày bắt đầu tính: a due date for work that had none yet.

A deadline such as «Trong 15 ngày làm việc kể từ ngày nhận được kết luận» waits for a day that Văn phòng enters; the
due date is counted from it. One word may go to every lead unit of the measure.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Func, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from organization.calendar import working_days_after, working_days_before
from organization.due_dates import Due, due_date
from organization.enums import Role
from organization.rights import Rights
from organization.vietnamese import clean, counted, short_date
from plans.deadlines import Deadline, Wait, WaitUnit, read_deadline
from plans.models import MeasureText, Plan
from workflow.effects import concerned_of
from workflow.errors import Refused
from workflow.issuing import need_office, verb
from workflow.models import Assignment, Case, Schedule, Step
from workflow.owing import owe_each

GROUND_MISSING = "Chưa ghi căn cứ của thời hạn. Ghi văn bản hoặc lý do rồi lưu lại."
NOT_WAITING = "Thời hạn của nhiệm vụ này không tính từ một ngày phải nhập. Đặt thẳng thời hạn."


@dataclass(frozen=True, slots=True)
class Ground:
    """Why the date is what it is: a document, words, the day from which it was counted."""

    note: str = ""
    document: str = ""
    happened_on: date | None = None

    @property
    def words(self) -> str:
        return ". ".join(part for part in (self.document, self.note) if part)


def set_due(
    case_id: int, due_on: date, rights: Rights, *, note: str, document_text: str = "", everywhere: bool = False
) -> list[Case]:
    """The due date of a case, or of every open one of its measure that has none (`everywhere`).

    `document_text` names the document that sets it. A day off moves it as the agency decided. Raises
    Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    need_office(rights)
    ground = Ground(clean(note), clean(document_text))
    if due_on < localdate():
        raise Refused(f"Thời hạn phải từ ngày {short_date(localdate())} trở đi. Ghi lại thời hạn.")
    if not ground.words:
        raise Refused(GROUND_MISSING)
    with verb():
        cases = _locked(case_id, rights, everywhere=everywhere)
        due = due_date(rights.agency_id, due_on).not_before(localdate())
        return _give(cases, due, ground, rights)


def trigger(
    case_id: int,
    happened_on: date,
    rights: Rights,
    *,
    note: str = "",
    document_text: str = "",
    everywhere: bool = False,
) -> list[Case]:
    """Nhập ngày bắt đầu tính: the due date is counted from it as the plan says.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    need_office(rights)
    with verb():
        cases = _locked(case_id, rights, everywhere=everywhere)
        wait = deadline_of(cases[0]).wait
        if wait is None:
            raise Refused(NOT_WAITING)
        due = due_date(rights.agency_id, counted_from(rights.agency_id, wait, happened_on)).not_before(localdate())
        if due.on < localdate():
            raise Refused(
                f"Thời hạn tính từ ngày {short_date(happened_on)} là {short_date(due.on)}, đã qua. "
                "Kiểm tra lại ngày, hoặc đặt thẳng thời hạn từ hôm nay trở đi."
            )
        return _give(cases, due, Ground(clean(note), clean(document_text), happened_on), rights)


def deadline_of(case: Case) -> Deadline:
    """The deadline as the newest wording of the case's measure has it: its words, and what it waits for. One query."""
    texts = MeasureText.objects.filter(measure__assignments=case.pk).order_by("-version__number")
    raw, year = texts.values_list("deadline_raw", "version__plan__year").first() or ("", localdate().year)
    return read_deadline(raw, year=year)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A measure whose date nobody knows yet: its first case, how many units have it, and what it waits for."""

    case: Case
    units: int
    raw: str
    wait: str


def waiting_of(plan: Plan) -> QuerySet[Case]:
    """One case of each measure of the plan that waits for a date, in the plan's order."""
    texts = MeasureText.objects.filter(measure=OuterRef("assignment__measure")).order_by("-version__number")
    cases = Case.objects.filter(plan=plan, finished=None, schedule=Schedule.UNDATED, assignment__isnull=False)
    first = cases.order_by("assignment__measure", "pk").distinct("assignment__measure").values("pk")
    same = cases.filter(assignment__measure=OuterRef("assignment__measure")).order_by()
    units = same.annotate(n=Func(Value(1), function="count")).values("n")
    return cases.filter(pk__in=first).annotate(
        raw=Subquery(texts.values("deadline_raw")[:1]),
        position=Subquery(texts.values("position")[:1]),
        units=Subquery(units),
    ).order_by("position", "pk")  # fmt: skip


def shown_waiting(cases: Iterable[Any], year: int) -> list[Waiting]:
    waits = ((case, read_deadline(case.raw or "", year=year).wait) for case in cases)
    return [Waiting(case, case.units, case.raw or "", wait_words(wait) if wait else "") for case, wait in waits]


def wait_words(wait: Wait) -> str:
    """15 ngày làm việc kể từ ngày nhận được thông báo kết luận."""
    link = "trước" if wait.before else "kể từ"
    return f"{counted(wait.amount)} {wait.unit} {link} {wait.trigger}"


def counted_from(agency_id: int, wait: Wait, day: date) -> date:
    """The day that much after the event, or before it, counted from the day next to it. Raises BeyondCalendar."""
    if wait.unit == WaitUnit.WORKING_DAY:
        count = working_days_before if wait.before else working_days_after
        return count(agency_id, day, wait.amount)
    amount = -wait.amount if wait.before else wait.amount
    match wait.unit:
        case WaitUnit.HOUR:  # a part of a day ends with that day's end
            days = -(-wait.amount // 24)
            return day + timedelta(days=-days if wait.before else days)
        case WaitUnit.WEEK:
            return day + timedelta(weeks=amount)
        case WaitUnit.MONTH:
            return _months_later(day, amount)
        case WaitUnit.YEAR:
            return _months_later(day, 12 * amount)
        case _:
            return day + timedelta(days=amount)


def _months_later(day: date, months: int) -> date:
    """The same day of that month, or its last."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def waiting_beside(case_id: int) -> Q:
    """The open cases of the same measure that have no due date yet, as a condition."""
    measure = Assignment.objects.filter(case=case_id).values("measure_id")
    return Q(finished=None, schedule=Schedule.UNDATED, assignment__measure_id__in=measure)


def _locked(case_id: int, rights: Rights, *, everywhere: bool) -> list[Case]:
    """The cases that get the date, this one first; found by the query that locks them."""
    wanted = Q(pk=case_id) | waiting_beside(case_id) if everywhere else Q(pk=case_id)
    held = Case.objects.select_for_update(of=("self",)).filter(wanted, agency_id=rights.agency_id)
    cases = {case.pk: case for case in held.select_related("assignment").order_by("pk")}
    if case_id not in cases:
        raise Case.DoesNotExist
    _must_be_waiting(cases[case_id])
    return [cases.pop(case_id), *cases.values()]


def _must_be_waiting(case: Case) -> None:
    if case.finished:
        raise Refused("Việc này đã kết thúc nên không đặt thời hạn được nữa.")
    if case.due_on:
        raise Refused(f"Việc này đã có thời hạn {short_date(case.due_on)}. Mở lại trang để xem.")
    if case.schedule == Schedule.ONGOING:
        raise Refused("Việc thường xuyên không có thời hạn. Kết quả được cập nhật theo kỳ báo cáo.")


def _give(cases: list[Case], due: Due, ground: Ground, rights: Rights) -> list[Case]:
    """A date that an amendment took away left the first one, which stays."""
    behalf = rights.name_for(Role.REVIEWER)
    for case in cases:
        case.schedule, case.due_on, case.written_due_on = Schedule.DATED, due.on, due.moved_from
        case.original_due_on = case.original_due_on or due.on
        audit.record(
            "case.due_set", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=behalf,
            due_on=due.on, written=due.written_on, moved=due.why, note=ground.note, document=ground.document,
            happened_on=ground.happened_on,
        )  # fmt: skip
    Case.objects.bulk_update(cases, ("schedule", "original_due_on", "due_on", "written_due_on"))
    _tell(cases, due, ground, rights, behalf)
    return cases


def _tell(cases: Sequence[Case], due: Due, ground: Ground, rights: Rights, behalf: int | None) -> None:
    at, holders = now(), _holders(cases)
    told = concerned_of(cases, rights.on)
    params = {
        "by": rights.user_id, "behalf": behalf, "due_on": due.on.isoformat(), "note": ground.words, "moved": due.why,
        "happened_on": ground.happened_on.isoformat() if ground.happened_on else "",
    }  # fmt: skip
    notices = [
        (Notice(agency_id=case.agency_id, to_id=person, kind="case.due_set", subject=case.subject, at=at, params=params),
         f"{case.pk}:{at.timestamp()}")
        for case in cases
        for person in dict.fromkeys([*told[case.pk], holders.get(case.pk)])
        if person and person != rights.user_id
    ]  # fmt: skip
    owe_each(notices, rights.on)


def _holders(cases: Sequence[Case]) -> dict[int, int | None]:
    """Who holds the open step of each case."""
    found = Step.objects.open().filter(process_id__in=[case.pk for case in cases])
    return dict(found.values_list("process_id", "owner_id"))
