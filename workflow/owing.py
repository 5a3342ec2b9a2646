"""Notices of one act, and the same to whoever stands in for the people told: one statement in the act's transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from notifications.models import Notice
from organization.enums import JUDGES, UNIT_ROLES, Role

# A substitute hears of what waits to be judged or done only where such a role is lent; of the rest, where any is.
OWE = """
WITH owed AS (
    SELECT * FROM jsonb_to_recordset(%(notices)s::jsonb)
    AS owed (agency bigint, person bigint, kind text, subject text, step text, params jsonb, pool bigint, role text)
), told AS (
    SELECT owed.*, owed.person AS reader, NULL::bigint AS instead_of FROM owed WHERE owed.person IS NOT NULL
    UNION ALL
    SELECT owed.*, lent.substitute_id, owed.person
    FROM owed
    JOIN organization_delegation lent ON lent.principal_id = owed.person AND lent.agency_id = owed.agency
         AND %(on)s BETWEEN lent.since AND lent.until AND lent.ended_at IS NULL
    JOIN organization_user reader ON reader.id = lent.substitute_id AND reader.is_active
    WHERE lent.substitute_id <> (owed.params->>'by')::bigint AND EXISTS (
        SELECT FROM organization_post post
        WHERE post.user_id = owed.person AND post.since <= %(on)s AND (post.until IS NULL OR post.until >= %(on)s)
        AND (lent.roles = '[]' OR lent.roles ? post.role)
        AND (NOT owed.params ? 'judging' OR post.role = ANY(
             CASE WHEN (owed.params->>'judging')::boolean THEN %(judges)s::text[] ELSE %(works)s::text[] END))
    )
    UNION ALL
    SELECT owed.*, lent.substitute_id, lent.principal_id
    FROM owed
    JOIN organization_post post ON post.unit_id = owed.pool AND post.since <= %(on)s AND (post.until IS NULL OR post.until >= %(on)s)
         AND (post.role = owed.role OR (owed.role = 'head' AND post.role = 'deputy' AND post.authorised))
    JOIN organization_user away ON away.id = post.user_id AND away.is_active
    JOIN organization_delegation lent ON lent.principal_id = post.user_id AND lent.agency_id = owed.agency
         AND %(on)s BETWEEN lent.since AND lent.until AND lent.ended_at IS NULL AND (lent.roles = '[]' OR lent.roles ? post.role)
    JOIN organization_user reader ON reader.id = lent.substitute_id AND reader.is_active
    WHERE lent.substitute_id <> (owed.params->>'by')::bigint
)
INSERT INTO notifications_notice (agency_id, to_id, kind, subject, key, params, at)
SELECT agency, reader, kind, subject, concat_ws(':', kind, step, reader),
       CASE WHEN instead_of IS NULL THEN params ELSE params || jsonb_build_object('instead_of', instead_of) END, %(at)s
FROM told ORDER BY instead_of NULLS FIRST, reader
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A step that a role holds now: who stands in for its people hears of it. `notice` names no reader yet."""

    notice: Notice
    unit: int
    role: str


def owe(notices: Sequence[Notice], step_id: int, on: date, arrival: Arrival | None = None) -> None:
    """Each once to each reader; nothing where nobody is told."""
    if not (notices or arrival):
        return
    rows = [_row(notice, step_id) for notice in notices]
    at = notices[0].at if notices else None
    if arrival:
        told = arrival.notice
        at = told.at
        rows.append({"agency": told.agency_id, "kind": told.kind, "subject": told.subject, "step": step_id, "params": told.params,
                     "pool": arrival.unit, "role": arrival.role})  # fmt: skip
    _insert(rows, on, at)


def owe_each(notices: Sequence[tuple[Notice, str]], on: date, batch: int = 1000) -> None:
    """The notices of one act about many cases, each with what makes it one of its kind to its reader."""
    for first in range(0, len(notices), batch):
        part = notices[first : first + batch]
        _insert([_row(notice, key) for notice, key in part], on, part[0][0].at)


def _row(notice: Notice, key: int | str) -> dict[str, Any]:
    return {"agency": notice.agency_id, "person": notice.to_id, "kind": notice.kind, "subject": notice.subject,
            "step": key, "params": notice.params}  # fmt: skip


def _insert(rows: Sequence[dict[str, Any]], on: date, at: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OWE, {
            "notices": json.dumps(rows), "on": on, "at": at, "judges": _values(JUDGES), "works": _values(UNIT_ROLES),
        })  # fmt: skip


def _values(roles: frozenset[Role]) -> list[str]:
    return sorted(role.value for role in roles)
