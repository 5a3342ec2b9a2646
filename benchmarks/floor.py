"""The floor: what the engine does, statement for statement, by hand-written SQL, one transaction an act.

The same rows with the same columns, the same checks, keys and indexes, in the same order. Where the engine's own
statement is written by hand already, it is used as it is; what the ORM writes is written out here. `test_floor`
holds both to the same statements and rows. It runs on Django's cursor, and on psycopg alone with prepared statements.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from django.db import connection, transaction
from django.utils.timezone import localdate, now

from audit.inspector import FIRST, hash_of
from audit.models import Stream
from audit.services import INSERT as LEDGER
from audit.services import ROW, Line
from organization.enums import JUDGES, UNIT_ROLES
from organization.rights import Rights
from workflow import holding, rounds
from workflow.authority import principal
from workflow.looking import COLUMNS, LOOK
from workflow.owing import OWE

LOCK = """SELECT c.id, c.unit_id, s.*, c.*, u.*, p.*
FROM workflow_step s JOIN workflow_case c ON c.id = s.process_id JOIN organization_unit u ON u.id = c.unit_id
LEFT JOIN workflow_step p ON p.id = s.previous_id WHERE s.id = %s FOR UPDATE OF c, s"""
BELONGS = """SELECT 1 FROM organization_post post JOIN organization_user person ON person.id = post.user_id AND person.is_active
WHERE post.user_id = %s AND post.unit_id = %s AND post.since <= %s AND (post.until IS NULL OR post.until >= %s) LIMIT 1"""
NAME_OFFICER = "UPDATE workflow_assignment SET officer_id = %s WHERE case_id = %s"
END_DRAFT = "UPDATE workflow_assignment SET draft = '' WHERE case_id = %s AND NOT draft = ''"
FINISH = """UPDATE workflow_step SET status = 'DONE', outcome = %s, acted_by_id = %s, on_behalf_of_id = %s, note = %s, digest = %s,
started = %s, finished = %s, pulled = false, reasons = '{}', recorded_by_id = NULL, paper_id = NULL, slip_id = NULL WHERE id = %s"""
NEXT = """INSERT INTO workflow_step (flow_task, flow_task_type, status, created, started, finished, token, process_id, agency_id, previous_id,
opens_on, owner_id, pool_unit_id, pool_role, judging, remark, outcome, note, digest, acted_by_id, on_behalf_of_id, pulled, reasons,
answer_by, direct, owner_permission_obj_pk, owner_permission_content_type_id, recorded_by_id, paper_id, slip_id)
VALUES (%s, %s, %s, %s, %s, %s, 'start', %s, %s, %s, %s, %s, %s, %s, %s, '', '', '', '', NULL, NULL, false, '{}', NULL, false, NULL, NULL, NULL, NULL, NULL)
RETURNING id"""
END_CASE = "UPDATE workflow_case SET status = 'DONE', finished = %s WHERE id = %s"
LAST = "SELECT sequence, hash FROM audit_last(%s, %s)"

OFFICER = COLUMNS.index("officer_id")

Execute = Callable[[str, Sequence[Any] | Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Act:
    stage: str
    outcome: str
    by: Rights
    following: str
    owner: int | None = None
    pool: int | None = None
    pool_role: str = ""
    note: str = ""


@contextmanager
def on_django() -> Iterator[Execute]:
    with transaction.atomic(), connection.cursor() as cursor:

        def execute(sql: str, params: Any) -> Any:
            cursor.execute(sql, params)
            return cursor

        yield execute


def on_psycopg(raw: psycopg.Connection) -> Callable[[], Any]:
    """The same on psycopg alone, every statement prepared."""

    @contextmanager
    def begin() -> Iterator[Execute]:
        with raw.transaction(), raw.cursor() as cursor:
            yield lambda sql, params: cursor.execute(sql, params, prepare=True)

    return begin


def lifecycle(step: int, acts: list[Act], begin: Callable[[], Any] = on_django) -> None:
    for act in acts:
        step = perform(step, act, begin)


def perform(step: int, act: Act, begin: Callable[[], Any] = on_django) -> int:
    """One act; the key of the step that follows."""
    at = now()
    on = localdate(at)
    with begin() as execute:
        row = execute(LOCK, [step]).fetchone()
        case = Case(row[0], act.by.agency_id, row[1])
        who, params = principal(act.by)
        person, *row = execute(LOOK.replace("%s", who, 1), [*params, on, on, on, on, on, step]).fetchone()
        last, heads, work = row[:5], row[6], row[11:]
        assert person is not None, act  # noqa: S101 - a bench that measures a refusal measures nothing
        digest = rounds.Standing.of(last).digest if act.stage in {"review", "approve"} else ""
        facts = _own_rows(execute, act, case, on, at)
        execute(FINISH, [act.outcome, act.by.user_id, None, act.note, digest, at, at, step])
        following = _follow(execute, act, case, step, on, at)
        _tell(execute, act, case, step, following, [work[OFFICER], *heads], on, at)
        _write_down(execute, act, case, step, digest, facts, at)
    return following


@dataclass(frozen=True)
class Case:
    pk: int
    agency: int
    unit: int


def _own_rows(execute: Execute, act: Act, case: Case, on: date, at: Any) -> dict[str, Any]:
    if act.stage == "assign":
        assert execute(BELONGS, [act.owner, case.unit, on, on]).fetchone()  # noqa: S101
        execute(NAME_OFFICER, [act.owner, case.pk])
        return {"officer": act.owner}
    if act.stage == "execute":
        execute(END_DRAFT, [case.pk])
    if act.stage == "submit":
        return _submit(execute, act, case, on, at)
    return {}


def _submit(execute: Execute, act: Act, case: Case, on: date, at: Any) -> dict[str, Any]:
    execute(holding.ROUTE, {
        "case": case.pk, "work": case.pk, "agency": case.agency, "unit": case.unit, "on": on, "by": act.by.user_id, "direct": False,
        "roles": holding.JUDGING_ROLES, "asked": holding.LEADER_ASKED_DIRECTLY, "office_leads": holding.OFFICE_LEADS, "nobody": holding.NOBODY_TO_REVIEW,
    }).fetchone()  # fmt: skip
    product, last, _, criteria, papers = execute(
        rounds.WITH_BESIDE, {"case": case.pk, "subject": f"case:{case.pk}", "agency": case.agency}
    ).fetchone()
    number, papers = (last or 0) + 1, json.loads(papers or "[]")
    content = json.dumps(
        {"assignment": case.pk, "number": number, "statement": "Đã xong", "product": product or "",
         "criteria": json.loads(criteria or "[]"), "documents": papers},
        sort_keys=True, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    digest = hashlib.sha256(content.encode()).hexdigest()
    execute(rounds.INSERT, {
        "case": case.pk, "agency": case.agency, "number": number, "statement": "Đã xong", "by": act.by.user_id,
        "on_behalf_of": None, "at": at, "on": on, "before_issue": False, "content": content, "digest": digest,
        "documents": [paper["id"] for paper in papers],
    })  # fmt: skip
    return {"submission": number, "content": digest}


def _follow(execute: Execute, act: Act, case: Case, step: int, on: date, at: Any) -> int:
    ended = act.following == "end"
    if act.following == "approve":
        execute(
            holding.LEADER, {"case": case.pk, "work": case.pk, "agency": case.agency, "unit": case.unit, "on": on}
        ).fetchone()
    following = execute(NEXT, [
        f"workflow/flows.AssignmentFlow.{act.following}", "END" if ended else "HUMAN",
        "DONE" if ended else "ASSIGNED" if act.owner else "NEW", at, at if ended else None, at if ended else None, case.pk, case.agency,
        step, on, act.owner, act.pool, act.pool_role, act.following in {"review", "approve"},
    ]).fetchone()[0]  # fmt: skip
    if ended:
        execute(END_CASE, [at, case.pk])
    return following


def _tell(
    execute: Execute, act: Act, case: Case, step: int, following: int, heads: list[int], on: date, at: Any
) -> None:
    params: dict[str, Any] = {"note": act.note, "by": act.by.user_id}
    if act.following == "end":
        people, kind = heads, "case.approved"
    else:
        people, kind = [act.owner] if act.owner else [], "step.arrived"
        params |= {"step": following, "stage": act.following, "judging": act.following == "approve"}
    if people:
        owed = [
            {"agency": case.agency, "person": person, "kind": kind, "subject": f"case:{case.pk}", "step": step, "params": params}
            for person in people
        ]  # fmt: skip
        execute(OWE, {
            "notices": json.dumps(owed), "on": on, "at": at, "judges": sorted(role.value for role in JUDGES),
            "works": sorted(role.value for role in UNIT_ROLES),
        })  # fmt: skip


def _write_down(execute: Execute, act: Act, case: Case, step: int, digest: str, facts: dict[str, Any], at: Any) -> None:
    last, previous = execute(LAST, [case.agency, "work"]).fetchone()
    sequence, previous = (last or 0) + 1, previous or FIRST
    verb, subject = f"{act.stage}.{act.outcome}", f"case:{case.pk}"
    body = {"step": step, "note": act.note, **facts}
    text = Line(case.agency, Stream.WORK, at, act.by.user_id, None, verb, subject, digest, "", body).text(sequence)
    execute(LEDGER + ROW, [
        case.agency, "work", sequence, at, act.by.user_id, None, verb, subject, digest, "", text, previous, hash_of(previous, text),
    ])  # fmt: skip
