"""What an act must know of its case before it moves: one query, made after the lock, so that all of it is as it is now.

Written by hand: it is asked in every act, and each part is one probe of an index, however long the case's history.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db import connection

from organization.rights import Rights
from workflow.authority import SELF, principal
from workflow.errors import Paused
from workflow.models import Assignment, Step, Suspension
from workflow.rounds import STANDING, Standing

IN_FORCE = "post.since <= %s AND (post.until IS NULL OR post.until >= %s)"
COLUMNS = [field.column for field in Assignment._meta.concrete_fields]
FIELDS = [field.attname for field in Assignment._meta.concrete_fields]
LOOK = f"""SELECT %s,
    last.digest, last.content, last.product, last.criteria, last.papers,
    EXISTS (SELECT 1 FROM organization_post post JOIN organization_user person ON person.id = post.user_id AND person.is_active
            WHERE post.user_id = work.officer_id AND post.unit_id = lead.unit_id AND {IN_FORCE}),
    ARRAY(SELECT DISTINCT post.user_id FROM organization_post post JOIN organization_user person ON person.id = post.user_id AND person.is_active
          WHERE post.unit_id = lead.unit_id AND (post.role = 'head' OR (post.role = 'deputy' AND post.authorised)) AND {IN_FORCE} ORDER BY 1),
    ARRAY(SELECT person FROM (
        SELECT part.acted_by_id, part.on_behalf_of_id FROM workflow_step part WHERE part.id = workflow_step.previous_id AND part.outcome = 'accepted'
        UNION ALL (SELECT part.acted_by_id, part.on_behalf_of_id FROM workflow_step before
            JOIN workflow_step part ON part.process_id = before.process_id AND part.outcome = 'accepted'
            WHERE before.id = workflow_step.previous_id AND before.outcome = 'submitted_past_review' ORDER BY part.id DESC LIMIT 1)
    ) looked, unnest(ARRAY[looked.acted_by_id, looked.on_behalf_of_id]) person WHERE person IS NOT NULL),
    EXISTS (SELECT 1 FROM workflow_inputrequest asked JOIN workflow_case helping ON helping.id = asked.case_id
            WHERE asked.of_id = workflow_step.process_id AND helping.finished IS NULL)
        OR EXISTS (SELECT 1 FROM workflow_extension asked WHERE asked.of_id = workflow_step.process_id AND asked.decision = '')
        OR EXISTS (SELECT 1 FROM workflow_leadchange asked WHERE asked.of_id = workflow_step.process_id AND asked.decision = ''),
    EXISTS (SELECT 1 FROM organization_delegation lent WHERE lent.agency_id = lead.agency_id AND lent.ended_at IS NULL
            AND %s BETWEEN lent.since AND lent.until),
    EXISTS (SELECT 1 FROM workflow_resultshare share WHERE share.case_id = workflow_step.process_id AND share.position = 1),
    {", ".join(f'work."{column}"' for column in COLUMNS)}
FROM workflow_step JOIN workflow_case lead ON lead.id = workflow_step.process_id
LEFT JOIN workflow_assignment work ON work.case_id = workflow_step.process_id
LEFT JOIN LATERAL ({STANDING}) last ON workflow_step.judging WHERE workflow_step.id = %s"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Look:
    """`heads` of the lead unit today; `reviewers`: who accepted the round that is decided now, or the last one before
    it came straight back; `standing`: the last round, where
    a judge decides on it;
    `asks_others`: whether something asked about this work is not answered yet; `lends`: whether anybody of the agency is
    represented today; `shared`: whether rows of other plans stand on its result."""

    on_behalf_of: int | None
    standing: Standing | None
    officer_here: bool
    heads: list[int]
    reviewers: list[int]
    asks_others: bool = False
    lends: bool = True
    shared: bool = False


def look(step: Step, rights: Rights, on: date) -> Look:
    """Look, and put the assignment beside the case. Raises PermissionDenied where this person may not act,
    Paused where nobody may now."""
    who, params = principal(rights)
    with connection.cursor() as cursor:
        cursor.execute(LOOK.replace("%s", who, 1), [*params, on, on, on, on, on, step.pk])
        person, *row = cursor.fetchone()
    last, facts, work = row[:5], row[5:11], row[11:]
    if person is None:
        if step.agency_id == rights.agency_id and paused(step.process_id):
            raise Paused
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
    if work[0] is not None:
        step.process.assignment = Assignment.from_db(connection.alias, FIELDS, work)
    standing = Standing.of(last) if last[0] else None
    return Look(None if person == SELF else person, standing, *facts)


def paused(case_id: int) -> bool:
    """Whether a case stands still; asked under its lock by the verbs that may not move it then."""
    return Suspension.objects.filter(case_id=case_id, until=None).exists()
