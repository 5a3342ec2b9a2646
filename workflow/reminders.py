"""The ladder: 7, 3 and 1 working days before the due date, the day itself, then overdue.

Only the rung in force is made, so that rungs missed together are one notice, whatever day the job
last ran. A rung is claimed by a unique row (case, due date, rung, person); claim and notice are one
statement over the numbered calendar, and no row comes to the client.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.db import connection
from django.utils.timezone import now

from audit import services as audit

LOCK = "workflow.reminders"
HORIZON = timedelta(days=40)  # seven working days, with Tết in between, end well before

MISSING = """
SELECT DISTINCT unit.name, extract(year FROM day)::int
FROM (
    SELECT settings.agency_id, settings.calendar_id, %(on)s::date AS day FROM organization_agencysettings settings
    UNION ALL
    SELECT settings.agency_id, settings.calendar_id, work.due_on
    FROM workflow_case work JOIN organization_agencysettings settings USING (agency_id)
    WHERE work.finished IS NULL AND work.due_on <= %(until)s
) wanted
JOIN organization_unit unit ON unit.id = wanted.agency_id
WHERE NOT EXISTS (
    SELECT FROM working_day known WHERE known.calendar_id = wanted.calendar_id AND known.day = wanted.day
)
ORDER BY 1, 2
"""

REMIND = """
WITH today AS MATERIALIZED (
    SELECT settings.agency_id, settings.calendar_id, day.ordinal
    FROM organization_agencysettings settings
    JOIN working_day day ON day.calendar_id = settings.calendar_id AND day.day = %(on)s AND day.works
), running AS MATERIALIZED (
    -- the unit's clock runs while no judge holds the open step
    SELECT work.id AS case_id, work.agency_id, work.due_on, today.ordinal - due.ordinal AS after,
           step.owner_id, coalesce(step.pool_unit_id, work.unit_id) AS unit_id, coalesce(nullif(step.pool_role, ''), 'head') AS role
    FROM today
    JOIN workflow_case work ON work.agency_id = today.agency_id AND work.finished IS NULL
         AND work.due_on <= %(until)s AND work.opens_on <= %(on)s
    JOIN working_day due ON due.calendar_id = today.calendar_id AND due.day = work.due_on
    JOIN workflow_step step ON step.process_id = work.id AND step.finished IS NULL AND NOT step.judging
    WHERE NOT EXISTS (SELECT FROM workflow_suspension pause WHERE pause.case_id = work.id AND pause.until IS NULL)
), rungs AS MATERIALIZED (
    SELECT *, CASE WHEN after <= -4 THEN -7 WHEN after <= -2 THEN -3 WHEN after <= 0 THEN after
              ELSE after - (after - 1) %% 5 END AS rung
    FROM running WHERE after >= -7
), posts AS MATERIALIZED (
    SELECT post.user_id, post.unit_id, post.role, post.authorised
    FROM organization_post post JOIN organization_user person ON person.id = post.user_id AND person.is_active
    WHERE post.since <= %(on)s AND (post.until IS NULL OR post.until >= %(on)s)
), owners AS (
    SELECT rungs.case_id, person.id AS person
    FROM rungs JOIN organization_user person ON person.id = rungs.owner_id AND person.is_active
), holding AS (
    SELECT case_id, person, NULL AS role FROM owners
    UNION ALL
    -- held by a role; or by a person who is no longer here, whose head must know
    SELECT rungs.case_id, posts.user_id, posts.role
    FROM rungs JOIN posts ON posts.unit_id = rungs.unit_id
         AND (posts.role = rungs.role OR (rungs.role = 'head' AND posts.role = 'deputy' AND posts.authorised))
    WHERE NOT EXISTS (SELECT FROM owners WHERE owners.case_id = rungs.case_id)
), told AS MATERIALIZED (
    SELECT case_id, person FROM holding
    UNION
    SELECT holding.case_id, lent.substitute_id
    FROM holding
    JOIN organization_delegation lent ON lent.principal_id = holding.person AND %(on)s BETWEEN lent.since AND lent.until
         AND lent.ended_at IS NULL
    JOIN organization_user person ON person.id = lent.substitute_id AND person.is_active
    WHERE EXISTS (
        SELECT FROM posts WHERE posts.user_id = holding.person AND posts.role = coalesce(holding.role, posts.role)
        AND (lent.roles = '[]' OR lent.roles ? posts.role)
    )
), made AS (
    INSERT INTO workflow_reminder (case_id, due_on, rung, to_id, "on")
    SELECT rungs.case_id, rungs.due_on, rungs.rung, told.person, %(on)s FROM told JOIN rungs USING (case_id)
    ON CONFLICT DO NOTHING
    RETURNING case_id, to_id
), owed AS (
    INSERT INTO notifications_notice (agency_id, to_id, kind, subject, key, params, at)
    SELECT rungs.agency_id, made.to_id, 'reminder', 'case:' || rungs.case_id,
           concat_ws(':', 'reminder', rungs.case_id, rungs.due_on, rungs.rung, made.to_id),
           jsonb_build_object('due_on', rungs.due_on, 'after', rungs.after, 'on', %(on)s::date), %(at)s
    FROM made JOIN rungs USING (case_id)
    ON CONFLICT DO NOTHING
)
SELECT (SELECT count(*) FROM running), (SELECT count(*) FROM told),
       (SELECT coalesce(jsonb_object_agg(agency_id, told), '{}')
        FROM (SELECT agency_id, count(*) AS told FROM made JOIN rungs USING (case_id) GROUP BY agency_id) counted)
"""


@dataclass(frozen=True)
class Reminded:
    """`scanned`: cases whose clock runs; `created`: notices owed now; `already`: rungs in force told before;
    `missing`: what a calendar lacks, as sentences."""

    on: date
    scanned: int
    created: int
    already: int
    missing: list[str] = field(default_factory=list)


def remind(on: date) -> Reminded:
    """Owe each responsible person the rung in force on `on`. Nothing on a day off; nothing twice.

    A due date that the calendar does not reach is named in `missing`; the others are still told.
    """
    bounds = {"on": on, "until": on + HORIZON, "at": now()}
    with audit.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")  # another run may take its time: it is waited for
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [LOCK])
        cursor.execute(MISSING, bounds)
        missing = [
            f"Lịch làm việc của {agency} chưa có đủ năm {year}. Quản trị nhập lịch năm {year}, rồi chạy lại."
            for agency, year in cursor.fetchall()
        ]
        cursor.execute(REMIND, bounds)
        scanned, told, counted = cursor.fetchone()
        owed: dict[str, int] = json.loads(counted)
        for agency, number in owed.items():
            audit.record("reminders.owed", f"agency:{agency}", agency=int(agency), actor=None, on=on, notices=number)
    created = sum(owed.values())
    return Reminded(on, scanned, created, told - created, missing)
