"""Nhắc cập nhật việc thường xuyên: once in a reporting period, some working days before its figures are closed.

One statement for each agency; a person is told once of a case and period, whatever day the job last ran.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.timezone import localdate, make_aware, now

from audit import services as audit
from notifications.models import Notice
from notifications.registry import Said, register
from organization.calendar import BeyondCalendar, is_working_day, working_days_between
from organization.models import AgencySettings
from organization.vietnamese import short_date
from workflow.models import Case, Progress, Step
from workflow.notices import case_of, named, spelled
from workflow.ongoing import Period, periods_of

KIND = "ongoing.missing"
DAYS_BEFORE = 5  # working days

OWE = """
WITH silent AS MATERIALIZED (
    SELECT work.id, work.unit_id, assigned.officer_id
    FROM workflow_case work
    JOIN workflow_assignment assigned ON assigned.case_id = work.id
    JOIN workflow_step step ON step.process_id = work.id AND step.finished IS NULL AND NOT step.judging
    WHERE work.agency_id = %(agency)s AND work.finished IS NULL AND work.schedule = 'ongoing' AND work.opens_on <= %(on)s
    AND NOT EXISTS (SELECT FROM workflow_suspension pause WHERE pause.case_id = work.id AND pause.until IS NULL)
    AND (%(last)s OR NOT EXISTS (
        SELECT FROM workflow_progress said WHERE said.case_id = work.id
        AND said.at >= %(begins)s AND said.at < %(ends)s))
), told AS (
    SELECT id, officer_id AS person FROM silent WHERE officer_id IS NOT NULL
    UNION
    SELECT silent.id, post.user_id FROM silent
    JOIN organization_post post ON post.unit_id = silent.unit_id AND post.since <= %(on)s
         AND (post.until IS NULL OR post.until >= %(on)s) AND (post.role = 'head' OR (post.role = 'deputy' AND post.authorised))
), owed AS (
    INSERT INTO notifications_notice (agency_id, to_id, kind, subject, key, params, at)
    SELECT %(agency)s, told.person, 'ongoing.missing', 'case:' || told.id,
           concat_ws(':', 'ongoing.missing', told.id, CAST(%(until)s AS date), told.person), %(params)s::jsonb, %(at)s
    FROM told JOIN organization_user person ON person.id = told.person AND person.is_active
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM owed
"""


def urge_updates(on: date) -> int:
    """Owe what is to be said of ongoing work on this day; returns how many notices. Nothing on a day off."""
    owed = 0
    for agency, cut_offs in AgencySettings.objects.order_by("pk").values_list("agency_id", "cut_offs"):
        period = _closing(agency, cut_offs, on)
        if period:
            owed += _owe(agency, period, on)
    return owed


def _closing(agency: int, cut_offs: Sequence[str], on: date) -> Period | None:
    """The period that closes within the next working days; None where the calendar ends before (the ladder says so)."""
    period = next((one for one in periods_of(on.year, cut_offs) if one.since <= on <= one.until), None)
    try:
        if period is None or not is_working_day(agency, on):
            return None
        left = working_days_between(agency, [period.until], on)[period.until]
    except BeyondCalendar:
        return None
    return period if left <= DAYS_BEFORE else None


def _owe(agency: int, period: Period, on: date) -> int:
    params = json.dumps({"until": str(period.until), "since": str(period.since), "last": period.last})
    values: dict[str, Any] = {"agency": agency, "on": on, "at": now(), "until": period.until, "begins": _midnight(period.since),
              "ends": _midnight(period.until + timedelta(days=1)), "last": period.last,
              "params": params}  # fmt: skip
    with audit.transaction(), connection.cursor() as cursor:
        cursor.execute(OWE, values)
        owed = int(cursor.fetchone()[0])
        if owed:
            audit.record("ongoing.urged", f"agency:{agency}", agency=agency, actor=None, on=on, notices=owed)
    return owed


def _midnight(day: date) -> datetime:
    """The moment a day begins here."""
    return make_aware(datetime.combine(day, time.min))


def say(notices: Sequence[Notice]) -> list[Said]:
    cases = Case.objects.select_related("unit").in_bulk({case_of(notice) for notice in notices})
    return [_said(notice, cases[case_of(notice)]) for notice in notices]


def _said(notice: Notice, case: Case) -> Said:
    until = short_date(date.fromisoformat(notice.params["until"]))
    ask = "nộp kết quả năm" if notice.params["last"] else "cập nhật kết quả của kỳ"
    title = f"{named(case)}: {ask} chậm nhất {until}"
    text = f"{spelled(case)} là việc thường xuyên. Số liệu kỳ báo cáo chốt ngày {until}; đề nghị {ask}, không chép lại kỳ trước."
    return Said(title, text, reverse("workflow:task", args=[case.pk]))


def still_true(notices: Sequence[Notice]) -> set[int]:
    """The unit still has the work in hand and has said nothing within the period."""
    cases = {case_of(notice) for notice in notices}
    in_hand = set(Step.objects.open().filter(process_id__in=cases, judging=False).values_list("process_id", flat=True))
    newest = Progress.objects.filter(case_id__in=cases).order_by("case_id", "-id").distinct("case_id")
    said = {case: localdate(at) for case, at in newest.values_list("case_id", "at")}
    return {
        notice.pk for notice in notices
        if case_of(notice) in in_hand
        and (notice.params["last"] or said.get(case_of(notice), date.min) < date.fromisoformat(notice.params["since"]))
    }  # fmt: skip


def register_kinds() -> None:
    register(KIND, say, still_true)
