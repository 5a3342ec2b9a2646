"""Due dates that follow a change of the calendar: set-based, within the change's transaction.

A move by the calendar is no extension: where the first due date was the current one, it moves with it. A date that
was extended or set otherwise since is another date, and stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import OperationalError, connection
from django.urls import reverse
from django.utils.timezone import now

from audit import services as audit
from notifications.models import Notice
from notifications.registry import Said, register
from organization import calendar_changes
from organization.calendar_changes import Change, Moved, Shift
from organization.models import User
from organization.refusals import Refused
from organization.rights import Rights
from organization.vietnamese import counted
from workflow.effects import concerned_of, office_of
from workflow.engine import BUSY
from workflow.models import Case
from workflow.owing import owe_each

# locked in the order in which every verb locks cases
MOVE = """
WITH shift AS (
    SELECT * FROM unnest(CAST(%(written)s AS date[]), CAST(%(was)s AS date[]), CAST(%(now)s AS date[])) AS shift (written, was, now)
), held AS (
    SELECT kase.id, shift.written, shift.was, shift.now
    FROM workflow_case kase
    JOIN shift ON kase.due_on = shift.was AND COALESCE(kase.written_due_on, kase.due_on) = shift.written
    WHERE kase.agency_id = %(agency)s AND kase.finished IS NULL
          AND EXISTS (SELECT FROM workflow_assignment work WHERE work.case_id = kase.id)
    ORDER BY kase.id FOR UPDATE OF kase
)
UPDATE workflow_case kase
SET due_on = held.now, written_due_on = NULLIF(held.written, held.now),
    original_due_on = CASE WHEN kase.original_due_on = held.was THEN held.now ELSE kase.original_due_on END
FROM held WHERE kase.id = held.id
RETURNING kase.id, held.was, held.now
"""
HOLDERS = """
SELECT process_id, owner_id FROM workflow_step WHERE process_id = ANY(%(cases)s) AND finished IS NULL AND owner_id IS NOT NULL
"""
KIND, SUMMARY = "case.calendar_moved", "calendar.moved"


@dataclass(frozen=True, slots=True)
class Move:
    case: Case
    was: date
    now: date
    why: str


def follow(agency_id: int, shifts: Sequence[Shift], change: Change, rights: Rights) -> list[Moved]:
    """Every open assignment that was due by one of these dates. Raises Refused where somebody holds one too long."""
    moves = _moved(agency_id, shifts, change, rights.on)
    for move in moves:
        audit.record(
            "case.due_moved", move.case.subject, agency=agency_id, actor=rights.user_id, former=move.was,
            due_on=move.now, note=move.why, calendar=change.day,
        )  # fmt: skip
    if moves:
        _tell(agency_id, moves, change, rights)
    return [Moved(f"{move.case.code} ({move.case.unit.name})".strip(), move.was, move.now) for move in moves]


def _moved(agency_id: int, shifts: Sequence[Shift], change: Change, today: date) -> list[Move]:
    dues = [(shift.was, shift.now.not_before(today)) for shift in shifts]
    dues = [(was, due) for was, due in dues if was != due.on]
    values: dict[str, Any] = {
        "agency": agency_id, "written": [due.written_on for _, due in dues], "was": [was for was, _ in dues],
        "now": [due.on for _, due in dues],
    }  # fmt: skip
    try:
        with connection.cursor() as cursor:
            cursor.execute(MOVE, values)
            rows = cursor.fetchall()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in BUSY:
            raise Refused(
                "Có hồ sơ đang được người khác xử lý nên chưa sửa được lịch. Chờ ít giây rồi lưu lại."
            ) from error
        raise
    whys = {(was, due.on): due.why for was, due in dues}
    cases = Case.objects.select_related("unit", "assignment").in_bulk([row[0] for row in rows])
    return [
        Move(cases[key], was, day, " ".join(part for part in (change.words, whys[was, day]) if part))
        for key, was, day in sorted(rows)
    ]


def _tell(agency_id: int, moves: Sequence[Move], change: Change, rights: Rights) -> None:
    """The officer, who holds the step and the heads of each; the rest of Văn phòng once, with their number."""
    at, holders = now(), _holders([move.case.pk for move in moves])
    concerned = concerned_of([move.case for move in moves], rights.on, office=False)
    act = f"{change.day}:{at.timestamp()}"

    def notice(person: int, kind: str, subject: str, **params: Any) -> Notice:
        return Notice(agency_id=agency_id, to_id=person, kind=kind, subject=subject, at=at,
                      params={"by": rights.user_id, **params})  # fmt: skip

    notices = [
        (notice(person, KIND, move.case.subject, was=str(move.was), now=str(move.now), why=move.why), f"{move.case.pk}:{act}")
        for move in moves
        for person in dict.fromkeys([*concerned[move.case.pk], *holders.get(move.case.pk, ())])
        if person != rights.user_id
    ]  # fmt: skip
    notices += [
        (notice(person, SUMMARY, f"day:{change.day}", moved=len(moves), why=change.words), act)
        for person in office_of(agency_id, rights.on)
        if person != rights.user_id
    ]
    owe_each(notices, rights.on)


def _holders(cases: Sequence[int]) -> dict[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, {"cases": list(cases)})
        return {case: [owner] for case, owner in cursor.fetchall()}


def say_summary(notices: Sequence[Notice]) -> list[Said]:
    names = dict(User.objects.filter(pk__in={n.params["by"] for n in notices}).values_list("pk", "full_name"))
    return [
        Said(
            f"Lịch làm việc đổi, {counted(notice.params['moved'])} thời hạn được chuyển",
            f"{names[notice.params['by']]} đã sửa lịch. {notice.params['why']} "
            f"{counted(notice.params['moved'])} thời hạn đang mở được chuyển theo; không tính là gia hạn.",
            f"{reverse('organization:day')}?ngay={notice.subject.removeprefix('day:')}",
        )
        for notice in notices
    ]


def register_kinds() -> None:
    register(SUMMARY, say_summary, lambda notices: {notice.pk for notice in notices})
    calendar_changes.followers.append(follow)
