"""Bàn giao đơn vị: on the day a unit ends, its open work goes to its successors (merge and split), with minutes.

What was decided before stays with the unit that decided it: only what is open moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit import services as audit
from audit.models import Stream
from notifications.models import Notice
from notifications.registry import Said, register
from organization.enums import LEADERS, Role, UnitKind
from organization.models import Post, Unit, User
from organization.rights import Rights, holders
from organization.vietnamese import counted, short_date
from plans.enums import Part
from plans.models import MeasureUnit
from workflow import engine
from workflow.errors import Refused
from workflow.flows import InputFlow
from workflow.models import Assignment, Case, Step, Transfer
from workflow.owing import owe

KIND = "unit.transferred"
FOR_WHOM = "Chỉ Văn phòng và lãnh đạo bàn giao công việc của đơn vị."
BASIS_MISSING = "Chưa ghi căn cứ. Ghi số, ngày của quyết định sắp xếp đơn vị."
CHANGED = "Danh sách việc của đơn vị vừa thay đổi. Xem lại bảng rồi xác nhận; các lựa chọn vẫn còn."


# a request of a lead unit about its work: extension, change of lead
ASKS = Q(extension__isnull=False) | Q(leadchange__isnull=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What goes where: open cases by key, coordinating parts by the key of their row; and from when, by what decision."""

    on: date
    basis: str
    cases: Mapping[int, Unit]
    helping: Mapping[int, Unit]

    @property
    def successors(self) -> list[Unit]:
        found = {unit.pk: unit for unit in (*self.cases.values(), *self.helping.values())}
        return [found[key] for key in sorted(found)]


def part_of(case: Case) -> str:
    """The unit's part in one of its open cases: an answer that another waits for is help."""
    return (Part.COORDINATING if case.flow_class is InputFlow else Part.LEAD).value


def may_transfer(rights: Rights) -> bool:
    return rights.is_office or rights.leads


def ending_units(rights: Rights) -> QuerySet[Unit]:
    """Units in force that could end: all but leadership."""
    units = Unit.objects.on(rights.on).filter(agency_id=rights.agency_id, until=None)
    return units.exclude(kind__in=(UnitKind.LEADERSHIP, UnitKind.AGENCY))


def open_work(unit: Unit) -> QuerySet[Case]:
    """What the unit leads and has not ended, soonest first; what it asks about its work goes along with that work."""
    return Case.objects.live().filter(unit=unit).exclude(ASKS).with_holder(localdate()).soonest_first()


def helping_in(unit: Unit) -> QuerySet[MeasureUnit]:
    """The rows in whose newest wording the unit coordinates, where work is open."""
    open_measures = Assignment.objects.filter(case__finished=None).values("measure_id")
    rows = MeasureUnit.objects.filter(unit=unit, part=Part.COORDINATING, text__measure_id__in=open_measures)
    return rows.filter(text__version__number=_newest()).select_related("text").order_by("text__position", "pk")


def transfer(unit: Unit, wish: Wish, rights: Rights) -> Transfer:
    """Raises PermissionDenied, Refused, Busy; all or nothing."""
    if not may_transfer(rights) or unit.agency_id != rights.agency_id:
        raise PermissionDenied(FOR_WHOM)
    with engine.one_transaction():
        unit = _lock(unit, wish)
        _refuse_senseless(unit, wish, rights)
        steps, waiting = _lock_work(unit)
        helping = list(helping_in(unit))
        wish = _with_requests(unit, wish)
        if {step.process_id for step in steps} != set(wish.cases) or {row.pk for row in helping} != set(wish.helping):
            raise Refused(CHANGED)
        _refuse_twice(steps, wish)
        _refuse_own_review(steps, wish)
        row = Transfer.objects.create(
            agency_id=rights.agency_id, unit=unit, on=wish.on, basis=wish.basis, by_id=rights.user_id, at=now(),
            on_behalf_of_id=rights.name_for(Role.REVIEWER, *LEADERS), lines=_lines(steps, helping, wish),
        )  # fmt: skip
        engine.give_to_units(steps, {key: unit.pk for key, unit in wish.cases.items()}, row, rights)
        _elsewhere(unit, waiting, wish, row, rights)
        _reword(unit, steps, wish)
        _end(unit, wish, row, rights)
        _tell(row, unit, wish, rights)
    return row


def _lock(unit: Unit, wish: Wish) -> Unit:
    """All units concerned, in the order of their keys: neither ends meanwhile. Acts under way refer to them, so their
    keys stay free, or the two would wait for each other."""
    keys = {unit.pk, *(successor.pk for successor in wish.successors)}
    units = Unit.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    return next(found for found in units if found.pk == unit.pk)


def _lock_work(unit: Unit) -> tuple[list[Step], list[Step]]:
    """What the unit leads, and what others' work waits for at its door; locked in the order in which every verb locks
    them: a request before its work, else by the cases' keys."""
    concerned = Case.objects.live().filter(Q(unit=unit) | Q(task_set__finished=None, task_set__pool_unit=unit))
    steps = engine.lock_open(sorted(set(concerned.filter(ASKS).values_list("pk", flat=True))))
    steps += engine.lock_open(sorted(set(concerned.exclude(ASKS).values_list("pk", flat=True))))
    led = [step for step in steps if step.process.unit_id == unit.pk]
    return led, [step for step in steps if step.process.unit_id != unit.pk and step.pool_unit_id == unit.pk]


def _with_requests(unit: Unit, wish: Wish) -> Wish:
    """What the unit asked about its work goes where that work goes; one that was asked meanwhile as well."""
    asked = Case.objects.live().filter(ASKS, unit=unit)
    about = asked.values_list("pk", Coalesce("extension__of_id", "leadchange__of_id"))
    return replace(wish, cases={**wish.cases, **{pk: wish.cases[work] for pk, work in about if work in wish.cases}})


def _refuse_senseless(unit: Unit, wish: Wish, rights: Rights) -> None:
    if unit.until is not None:
        raise Refused(f"{unit.name} đã kết thúc từ sau ngày {short_date(unit.until)}.")
    if not wish.basis.strip():
        raise Refused(BASIS_MISSING)
    if wish.on > rights.on:
        raise Refused(f"Chưa đến ngày {short_date(wish.on)}. Bàn giao vào đúng ngày đó hoặc sau đó.")
    if wish.on <= unit.since:
        raise Refused(f"{unit.name} có từ ngày {short_date(unit.since)}. Chọn ngày bàn giao sau ngày đó.")
    allowed = set(ending_units(rights).values_list("pk", flat=True)) - {unit.pk}
    if not wish.successors or any(successor.pk not in allowed for successor in wish.successors):
        raise Refused("Chọn đơn vị nhận đang hoạt động của cơ quan, khác đơn vị bàn giao.")


def _refuse_twice(steps: Sequence[Step], wish: Wish) -> None:
    """Of one row and period a unit leads one assignment; two cannot become one by themselves."""
    works = [step.process.assignment for step in steps if _is_assignment(step)]
    codes = {step.process_id: step.process.code for step in steps}
    taken = set(
        Assignment.objects.filter(measure_id__in={work.measure_id for work in works}, unit__in=wish.successors)
        .values_list("measure_id", "unit_id", "period")
    )  # fmt: skip
    twice = [
        codes[work.case_id] for work in works if (work.measure_id, wish.cases[work.case_id].pk, work.period) in taken
    ]  # fmt: skip
    if twice:
        raise Refused(
            f"Đơn vị nhận đã chủ trì nhiệm vụ {', '.join(sorted(twice))} trong cùng kỳ. "
            "Chọn đơn vị nhận khác, hoặc dừng thực hiện một trong hai việc trước."
        )


def _refuse_own_review(steps: Sequence[Step], wish: Wish) -> None:
    """What a unit reviews does not become its own: nobody there could decide it."""
    own = [step for step in steps if step.judging and step.pool_unit_id == wish.cases[step.process_id].pk]
    if own:
        codes = ", ".join(sorted(step.process.code for step in own))
        raise Refused(
            f"Nhiệm vụ {codes} đang chờ Văn phòng rà soát nên không chuyển cho chính Văn phòng được. "
            "Rà soát xong hoặc trả lại trước, hoặc chọn đơn vị nhận khác."
        )


def _lines(steps: Sequence[Step], helping: Sequence[MeasureUnit], wish: Wish) -> list[dict[str, Any]]:
    """What the minutes say, as it was at the moment of the transfer."""
    led = [
        {"part": part_of(step.process), "case": step.process_id, "code": step.process.code, "title": step.process.name, "stage": step.stage_title,
         "due": str(step.process.due_on or ""), "schedule": step.process.get_schedule_display(),
         "holder": step.owner.full_name if step.owner else Role(step.pool_role).label, "to": wish.cases[step.process_id].name}
        for step in steps
    ]  # fmt: skip
    helped = [
        {"part": "coordinating", "case": None, "code": row.text.code, "title": row.text.task, "stage": "", "due": "", "schedule": "",
         "holder": "", "to": wish.helping[row.pk].name}
        for row in helping
    ]  # fmt: skip
    return led + helped


def _reword(unit: Unit, steps: Sequence[Step], wish: Wish) -> None:
    """Whom the newest wording of open rows names: as written it stays, as understood it is the successor."""
    for key, successor in wish.helping.items():
        MeasureUnit.objects.filter(pk=key).update(unit=successor)
    leads = {step.process.assignment.measure_id: wish.cases[step.process_id] for step in steps if _is_assignment(step)}
    rows = MeasureUnit.objects.filter(unit=unit, part=Part.LEAD, text__measure_id__in=leads)
    for row in rows.filter(text__version__number=_newest()).select_related("text"):
        MeasureUnit.objects.filter(pk=row.pk).update(unit=leads[row.text.measure_id])


def _is_assignment(step: Step) -> bool:
    return hasattr(step.process, "assignment")


def _newest() -> Subquery:
    newest = MeasureUnit.objects.filter(text__measure_id=OuterRef("text__measure_id"))
    return Subquery(
        newest.order_by().values("text__measure_id").annotate(last=Max("text__version__number")).values("last")
    )


def _elsewhere(unit: Unit, waiting: Sequence[Step], wish: Wish, row: Transfer, rights: Rights) -> None:
    """What other units' work waits for at the unit's door: Văn phòng's review goes to the office that follows."""
    if not waiting:
        return
    same = next((successor for successor in wish.successors if successor.kind == unit.kind), None)
    if same is None:
        raise Refused(
            f"Còn {counted(len(waiting))} việc của đơn vị khác chờ ở {unit.name}. Chọn ít nhất một đơn vị nhận cùng loại với đơn vị này."
        )
    targets = {step.process_id: same.pk for step in waiting}
    engine.give_to_units(waiting, targets, row, rights, leads=False)


def _end(unit: Unit, wish: Wish, row: Transfer, rights: Rights) -> None:
    """The unit's last day is the one before; its posts are the administrator's to end."""
    unit.until = wish.on - timedelta(days=1)
    unit.save(update_fields=("until",))
    unit.successors.add(*wish.successors)
    audit.record("unit.ended", f"unit:{unit.pk}", agency=rights.agency_id, actor=rights.user_id, stream=Stream.ACCESS,
                 on_behalf_of=row.on_behalf_of_id, until=unit.until, successors=[successor.pk for successor in wish.successors], basis=wish.basis)  # fmt: skip


def _tell(row: Transfer, unit: Unit, wish: Wish, rights: Rights) -> None:
    """Everybody of the unit, and the heads of those who take its work over."""
    people = set(Post.objects.on(rights.on).filter(unit=unit, user__is_active=True).values_list("user_id", flat=True))
    people |= {person for successor in wish.successors for person in holders(successor.pk, Role.HEAD, rights.on)}
    owe(
        [
            Notice(agency_id=row.agency_id, to_id=person, kind=KIND, subject=f"transfer:{row.pk}", at=row.at,
                   params={"by": rights.user_id})
            for person in sorted(people - {rights.user_id})
        ],
        row.pk, rights.on,
    )  # fmt: skip


def _render(notices: Sequence[Notice]) -> list[Said]:
    rows = Transfer.objects.select_related("unit").in_bulk({_key(notice) for notice in notices})
    absent = User.objects.in_bulk({notice.params["instead_of"] for notice in notices if "instead_of" in notice.params})
    return [_said(rows[_key(notice)], absent.get(notice.params.get("instead_of", 0))) for notice in notices]


def _said(row: Transfer, absent: User | None) -> Said:
    names = ", ".join(dict.fromkeys(line["to"] for line in row.lines))
    title = f"Công việc của {row.unit.name} được bàn giao"
    return Said(title, f"{counted(len(row.lines))} việc của {row.unit.name} được chuyển cho {names} từ ngày {short_date(row.on)}. "
                       f"Căn cứ: {row.basis}.{f' Được báo vì đang thay {absent.full_name}.' if absent else ''}", reverse("workflow:minutes", args=[row.pk]))  # fmt: skip


def _key(notice: Notice) -> int:
    return int(notice.subject.removeprefix("transfer:"))


def register_kinds() -> None:
    register(KIND, _render, lambda notices: {notice.pk for notice in notices})
