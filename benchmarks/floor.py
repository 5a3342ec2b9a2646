"""The floor: the same rows as the engine writes, by hand-written SQL on Django's cursor, one transaction an act."""

import hashlib
import json
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils.timezone import localdate, now

LOCK = """SELECT s.id, s.finished, s.owner_id, s.pool_unit_id, s.pool_role, c.id, c.agency_id, c.unit_id, c.opens_on
          FROM workflow_step s JOIN workflow_case c ON c.id = s.process_id WHERE s.id = %s FOR UPDATE OF c, s"""
MAY_ACT = """SELECT EXISTS (SELECT 1 FROM workflow_step s WHERE s.id = %(step)s AND s.finished IS NULL AND s.agency_id = %(agency)s
             AND (s.owner_id = %(by)s OR (s.owner_id IS NULL AND s.pool_unit_id = %(unit)s AND s.pool_role = %(role)s))
             AND (NOT s.judging OR NOT EXISTS (SELECT 1 FROM workflow_step p WHERE p.process_id = s.process_id AND NOT p.judging
                                               AND p.flow_task_type <> 'START' AND (p.acted_by_id = %(by)s OR p.on_behalf_of_id = %(by)s))))"""
PINNED = "SELECT digest FROM workflow_submission WHERE assignment_id = %s ORDER BY number DESC LIMIT 1"
FINISH = """UPDATE workflow_step SET status = 'DONE', outcome = %s, acted_by_id = %s, note = %s, digest = %s, started = %s, finished = %s
            WHERE id = %s"""
NEXT = """INSERT INTO workflow_step (flow_task, flow_task_type, status, created, started, finished, token, process_id, agency_id, previous_id,
          opens_on, owner_id, pool_unit_id, pool_role, judging, remark, outcome, note, digest)
          VALUES ('workflow/flows.AssignmentFlow.' || %s, %s, %s, %s, %s, %s, 'start', %s, %s, %s, %s, %s, %s, %s, %s, '', '', '', '') RETURNING id"""
NOTICE = """INSERT INTO notifications_notice (agency_id, to_id, kind, subject, key, params, at)
            VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
LEDGER = """INSERT INTO audit_entry (agency, stream, sequence, at, actor, verb, subject, text) VALUES (%s, 'work', %s, %s, %s, %s, %s, %s)"""
SUBMISSION = """INSERT INTO workflow_submission (assignment_id, agency_id, number, statement, by_id, at, "on", before_issue, content, digest)
                VALUES (%s, %s, %s, %s, %s, %s, %s, false, %s, %s)"""


@dataclass(frozen=True)
class Act:
    stage: str
    outcome: str
    by: int
    unit: int
    role: str
    following: str
    owner: int | None = None
    pool: int | None = None
    pool_role: str = ""


def lifecycle(step: int, acts: list[Act]) -> None:
    for act in acts:
        step = perform(step, act)


def perform(step: int, act: Act) -> int:
    """One act; the key of the step that follows."""
    at = now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(LOCK, [step])
        row = cursor.fetchone()
        case, agency = row[5], row[6]
        cursor.execute(MAY_ACT, {"step": step, "agency": agency, "by": act.by, "unit": act.unit, "role": act.role})
        assert cursor.fetchone()[0], act  # noqa: S101 - a bench that measures a refusal measures nothing
        digest = _own_rows(cursor, act, case, agency, at)
        cursor.execute(FINISH, [act.outcome, act.by, "Đã xong", digest, at, at, step])
        following = _follow(cursor, act, case, agency, step, at)
        if act.owner:
            key = f"step.arrived:{step}:{act.owner}"
            cursor.execute(
                NOTICE, [agency, act.owner, "step.arrived", f"case:{case}", key, json.dumps({"step": following}), at]
            )
        _write_down(cursor, act, case, agency, step, at)
    return following


def _own_rows(cursor, act: Act, case: int, agency: int, at) -> str:
    today = localdate(at)
    if act.stage == "assign":
        cursor.execute(
            "SELECT 1 FROM organization_post WHERE user_id = %s AND unit_id = %s AND since <= %s LIMIT 1",
            [act.owner, act.unit, today],
        )
        cursor.execute("UPDATE workflow_assignment SET officer_id = %s WHERE case_id = %s", [act.owner, case])
    if act.stage == "submit":
        cursor.execute(
            "SELECT user_id FROM organization_post WHERE agency_id = %s AND role = 'reviewer' LIMIT 1", [agency]
        )
        cursor.execute("SELECT max(number) FROM workflow_submission WHERE assignment_id = %s", [case])
        number = (cursor.fetchone()[0] or 0) + 1
        content = json.dumps({"assignment": case, "number": number, "statement": "Đã xong"}, sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        cursor.execute(SUBMISSION, [case, agency, number, "Đã xong", act.by, at, today, content, digest])
    if act.stage in {"review", "approve"}:
        cursor.execute(PINNED, [case])
        return cursor.fetchone()[0]
    return ""


def _follow(cursor, act: Act, case: int, agency: int, step: int, at) -> int:
    ended = act.following == "end"
    cursor.execute(NEXT, [
        act.following, "END" if ended else "HUMAN", "DONE" if ended else "ASSIGNED" if act.owner else "NEW", at,
        at if ended else None, at if ended else None, case, agency, step, localdate(at), act.owner, act.pool, act.pool_role,
        act.following in {"review", "approve"},
    ])  # fmt: skip
    following = cursor.fetchone()[0]
    if ended:
        cursor.execute("UPDATE workflow_case SET status = 'DONE', finished = %s WHERE id = %s", [at, case])
    return following


def _write_down(cursor, act: Act, case: int, agency: int, step: int, at) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit:{agency}:work"])
    cursor.execute(
        "SELECT sequence FROM audit_entry WHERE agency = %s AND stream = 'work' ORDER BY sequence DESC LIMIT 1",
        [agency],
    )
    last = cursor.fetchone()
    verb = f"{act.stage}.{act.outcome}"
    text = json.dumps([agency, "work", at.isoformat(), act.by, None, verb, f"case:{case}", {"step": step}])
    cursor.execute(LEDGER, [agency, (last[0] if last else 0) + 1, at, act.by, verb, f"case:{case}", text])
