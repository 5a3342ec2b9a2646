"""A large office made in the database at once, for measuring. Never in a database that people use.

Cases, assignments and steps are written by INSERT … SELECT, with the same columns the engine writes.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.timezone import localdate, now

from organization.enums import Role, UnitKind
from organization.models import AgencySettings, Calendar, LeaderInCharge, Post, Unit, User
from plans.models import Measure, MeasureText, Plan, PlanVersion

UNITS_PER_AGENCY = 10
OFFICERS_PER_UNIT = 6
MEASURES_PER_AGENCY = 400

# One in nine is still open; closed ones have gone the whole way. Stages of the open ones go round.
CASES = """
INSERT INTO workflow_case (flow_class, status, created, finished, agency_id, unit_id, plan_id, code, title, period, points,
                           schedule, original_due_on, due_on, opens_on, folded)
SELECT 'workflow/flows.AssignmentFlow', CASE WHEN open THEN 'NEW' ELSE 'DONE' END, %(at)s, CASE WHEN open THEN NULL ELSE %(at)s END,
       %(agency)s, unit, %(plan)s, 'I.' || (n %% 400), 'Nhiệm vụ nâng cao chỉ số số ' || n, 'kỳ ' || n, 1 + (n %% 4) * 0.5,
       'dated', due, due, %(since)s, 'i.' || (n %% 400) || ' nhiem vu nang cao chi so so ' || n
FROM (SELECT n, n %% 9 = 0 AS open, (%(units)s::bigint[])[1 + n %% cardinality(%(units)s::bigint[])] AS unit,
             %(today)s::date + ((n * 7919) %% 240)::int - 60 AS due
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) n) x
RETURNING id
"""
ASSIGNMENTS = """
INSERT INTO workflow_assignment (case_id, agency_id, measure_id, unit_id, period, officer_id)
SELECT c.id, c.agency_id, (%(measures)s::bigint[])[1 + k %% cardinality(%(measures)s::bigint[])], c.unit_id,
       1 + k / cardinality(%(measures)s::bigint[]),
       (SELECT (array_agg(user_id ORDER BY user_id))[1 + k %% %(officers)s] FROM organization_post p
         WHERE p.unit_id = c.unit_id AND p.role = 'officer')
FROM (SELECT c.*, row_number() OVER (ORDER BY id) - 1 AS k FROM workflow_case c WHERE plan_id = %(plan)s) c
"""
STEPS = """
INSERT INTO workflow_step (flow_task, flow_task_type, status, created, started, finished, token, process_id, agency_id, opens_on,
                           owner_id, pool_unit_id, pool_role, judging, remark, outcome, note, digest, acted_by_id, owner_permission_obj_pk)
SELECT 'workflow/flows.AssignmentFlow.' || s.stage, s.type,
       CASE WHEN s.closed THEN 'DONE' WHEN s.stage = 'execute' THEN 'ASSIGNED' ELSE 'NEW' END,
       %(at)s, %(at)s, CASE WHEN s.closed THEN %(at)s END, 'start', c.id, c.agency_id, %(since)s,
       CASE WHEN s.stage = 'execute' THEN a.officer_id WHEN s.stage = 'approve' THEN %(leader)s END,
       CASE WHEN s.stage IN ('assign', 'submit') THEN c.unit_id WHEN s.stage = 'review' THEN %(office)s END,
       CASE WHEN s.stage IN ('assign', 'submit') THEN 'head' WHEN s.stage = 'review' THEN 'reviewer' ELSE '' END,
       s.stage IN ('review', 'approve'), '', CASE WHEN s.closed THEN s.outcome ELSE '' END, '', '',
       CASE WHEN s.closed THEN CASE WHEN s.stage IN ('review', 'approve') THEN %(leader)s ELSE a.officer_id END END, NULL
FROM workflow_case c
JOIN workflow_assignment a ON a.case_id = c.id
CROSS JOIN LATERAL (SELECT CASE WHEN c.finished IS NULL THEN 1 + c.id %% 5 ELSE 7 END AS reached) r
CROSS JOIN LATERAL (
    SELECT v.*, v.place < r.reached + CASE WHEN c.finished IS NULL THEN 0 ELSE 1 END AS closed
    FROM (VALUES (0, 'start', 'START', ''), (1, 'assign', 'HUMAN', 'assigned'), (2, 'execute', 'HUMAN', 'done'),
                 (3, 'submit', 'HUMAN', 'submitted'), (4, 'review', 'HUMAN', 'accepted'), (5, 'approve', 'HUMAN', 'approved'),
                 (6, 'end', 'END', '')) v (place, stage, type, outcome)
    WHERE v.place <= r.reached
) s
WHERE c.plan_id = %(plan)s
"""
SUBMISSIONS = """
INSERT INTO workflow_submission (assignment_id, agency_id, number, statement, by_id, at, "on", before_issue, content, digest)
SELECT s.process_id, s.agency_id, 1, 'Đã hoàn thành', s.acted_by_id, s.finished, %(today)s, false, '{}',
       encode(sha256(convert_to(s.process_id::text, 'UTF8')), 'hex')
FROM workflow_step s JOIN workflow_case c ON c.id = s.process_id
WHERE c.plan_id = %(plan)s AND s.flow_task = 'workflow/flows.AssignmentFlow.submit' AND s.finished IS NOT NULL
"""


def seed_load(assignments: int, agencies: int = 1) -> dict[str, int]:
    """`assignments` cases with their steps and submissions, spread over `agencies`; counts by table."""
    calendar = Calendar.objects.order_by("pk").first() or Calendar.objects.create(name="Việt Nam")
    counts = {"agencies": agencies, "cases": 0, "steps": 0, "submissions": 0}
    for number in range(agencies):
        share = assignments // agencies + (number < assignments % agencies)
        with transaction.atomic():
            for table, rows in _agency(share, calendar).items():
                counts[table] += rows
    with connection.cursor() as cursor:
        for table in ("workflow_case", "workflow_assignment", "workflow_step", "workflow_submission"):
            cursor.execute(f"VACUUM ANALYZE {table}")
    return counts


def _agency(assignments: int, calendar: Calendar) -> dict[str, int]:
    today = localdate()
    tag = Unit.objects.filter(kind=UnitKind.AGENCY).count() + 1
    agency = Unit.objects.create(kind=UnitKind.AGENCY, code=f"TAI{tag}", name=f"Cơ quan thử tải {tag}")
    AgencySettings.objects.create(agency=agency, calendar=calendar)
    leadership, office, *divisions = [_unit(agency, number) for number in range(UNITS_PER_AGENCY + 2)]
    leader = _person(agency, leadership, Role.DIRECTOR, f"TAI{tag}-GD")
    _person(agency, office, Role.REVIEWER, f"TAI{tag}-VP")
    for division in divisions:
        _person(agency, division, Role.HEAD, f"TAI{tag}-{division.code}-TP")
        LeaderInCharge.objects.create(agency=agency, unit=division, leader=leader, since=date(2020, 1, 1))
        for number in range(OFFICERS_PER_UNIT):
            _person(agency, division, Role.OFFICER, f"TAI{tag}-{division.code}-{number}")
    plan = Plan.objects.create(agency=agency, year=today.year, title="Kế hoạch thử tải", number=f"{tag}/KH", issued_on=today, at=now(),
                               issued_at=now(), by=leader, issued_by=leader)  # fmt: skip
    values: dict[str, Any] = {
        "at": now(), "today": today, "since": today - timedelta(days=60), "agency": agency.pk, "plan": plan.pk, "leader": leader.pk,
        "office": office.pk, "units": [division.pk for division in divisions], "officers": OFFICERS_PER_UNIT,
        "measures": _measures(agency, plan), "first": 1, "last": assignments,
    }  # fmt: skip
    with connection.cursor() as cursor:
        counts = {}
        for table, statement in (
            ("cases", CASES),
            ("assignments", ASSIGNMENTS),
            ("steps", STEPS),
            ("submissions", SUBMISSIONS),
        ):
            cursor.execute(statement.replace("RETURNING id", ""), values)
            counts[table] = cursor.rowcount
    del counts["assignments"]
    return counts


def _unit(agency: Unit, number: int) -> Unit:
    kind = {0: UnitKind.LEADERSHIP, 1: UnitKind.OFFICE}.get(number, UnitKind.DIVISION)
    name = {0: "Lãnh đạo", 1: "Văn phòng"}.get(number, f"Phòng số {number}")
    return Unit.objects.create(agency=agency, parent=agency, kind=kind, code=f"P{number}", name=name, position=number)


def _person(agency: Unit, unit: Unit, role: Role, code: str) -> User:
    user = User(agency=agency, code=code, full_name=f"Người {code}")
    user.set_unusable_password()
    user.save()
    Post.objects.create(agency=agency, user=user, unit=unit, role=role, since=date(2020, 1, 1))
    return user


def _measures(agency: Unit, plan: Plan) -> list[int]:
    version = PlanVersion.objects.create(plan=plan, at=now())
    measures = Measure.objects.bulk_create([Measure(agency=agency, plan=plan) for _ in range(MEASURES_PER_AGENCY)])
    MeasureText.objects.bulk_create(
        MeasureText(measure=measure, version=version, position=position, appendix="I", order=str(position),
                    field=f"Lĩnh vực {position % 8 + 1}", task=f"Nhiệm vụ {position}", deadline_kind="date", points=1)
        for position, measure in enumerate(measures, 1)
    )  # fmt: skip
    return [measure.pk for measure in measures]
