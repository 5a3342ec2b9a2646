"""Lần nộp: a round of a case as canonical text, with the documents as they are now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection

from evidence.models import Document

if TYPE_CHECKING:
    from workflow.engine import Move

GIVEN = """FROM unnest(%(documents)s::bigint[]) WITH ORDINALITY AS given (id, place)
JOIN evidence_document paper ON paper.id = given.id"""
BESIDE = """FROM (SELECT used.document_id, used.id AS place FROM evidence_use used WHERE used.subject = %(subject)s) given
JOIN evidence_document paper ON paper.id = given.document_id AND paper.agency_id = %(agency)s"""
FACTS = """SELECT wording.product, last.number, last."on",
    (SELECT jsonb_agg(jsonb_build_object('code', part.code, 'points', part.points::text) ORDER BY part.position)
     FROM plans_measurecriterion part WHERE part.text_id = wording.id)::text,
    (SELECT jsonb_agg(jsonb_build_object('id', paper.id, 'number', paper.number, 'dated', coalesce(paper.dated::text, 'None'),
                                         'abstract', paper.abstract, 'files', ARRAY(
                SELECT file.sha256 FROM evidence_documentfile file WHERE file.document_id = paper.id)) ORDER BY given.place)
     {documents})::text
FROM workflow_assignment work
LEFT JOIN LATERAL (SELECT text.id, text.product FROM plans_measuretext text JOIN plans_planversion version ON version.id = text.version_id
                   WHERE text.measure_id = work.measure_id ORDER BY version.number DESC LIMIT 1) wording ON true
LEFT JOIN LATERAL (SELECT round.number, round."on" FROM workflow_submission round
                   WHERE round.assignment_id = work.case_id ORDER BY round.number DESC LIMIT 1) last ON true
WHERE work.case_id = %(case)s"""
WITH_GIVEN, WITH_BESIDE = FACTS.format(documents=GIVEN), FACTS.format(documents=BESIDE)
# the round and its documents in one statement
INSERT = """WITH round AS (
    INSERT INTO workflow_submission (assignment_id, agency_id, number, statement, by_id, on_behalf_of_id, at, "on", before_issue, content, digest)
    VALUES (%(case)s, %(agency)s, %(number)s, %(statement)s, %(by)s, %(on_behalf_of)s, %(at)s, %(on)s, %(before_issue)s, %(content)s, %(digest)s)
    RETURNING id
)
INSERT INTO workflow_submissiondocument (submission_id, document_id, position)
SELECT round.id, given.id, given.position FROM round, unnest(%(documents)s::bigint[]) WITH ORDINALITY AS given (id, position)"""


@dataclass(frozen=True, slots=True)
class Round:
    number: int
    digest: str
    on: date


def submit_round(
    move: Move,
    statement: str,
    documents: Sequence[Document] | None = None,
    *,
    before_issue: bool = False,
    on: date | None = None,
    answers: bool = False,
) -> Round:
    """The next round of the move's case, immutable, with these documents or those that are beside the case now.

    `on` is the day a result is dated that was there before the issue. A round that `answers` a request
    for papers keeps the day of the one it answers. Else it is the day of the act.
    """
    case = move.case
    facts = _facts(move, documents)
    if answers and facts["last_on"]:
        on = facts["last_on"]
    number, papers = facts["last"] + 1, facts["documents"]
    content = canonical_content(case.pk, number, statement, facts)
    made = Round(number, hashlib.sha256(content.encode()).hexdigest(), on or move.on)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, {
            "case": case.pk, "agency": case.agency_id, "number": number, "statement": statement, "by": move.by,
            "on_behalf_of": move.on_behalf_of, "at": move.at, "on": made.on, "before_issue": before_issue,
            "content": content, "digest": made.digest, "documents": [paper["id"] for paper in papers],
        })  # fmt: skip
    return made


def _facts(move: Move, documents: Sequence[Document] | None) -> dict[str, Any]:
    """The last round and the day it counts for, product and criteria of the newest wording, and the documents with their files."""
    case = move.case
    params: dict[str, Any] = {"case": case.pk, "subject": case.subject, "agency": case.agency_id}
    if documents is not None:
        params["documents"] = [document.pk for document in documents]
    with connection.cursor() as cursor:
        cursor.execute(WITH_BESIDE if documents is None else WITH_GIVEN, params)
        product, last, last_on, criteria, papers = cursor.fetchone()
    return {
        "product": product or "", "last": last or 0, "last_on": last_on, "criteria": json.loads(criteria or "[]"),
        "documents": json.loads(papers or "[]"),
    }  # fmt: skip


def canonical_content(case_id: int, number: int, statement: str, facts: dict[str, Any]) -> str:
    """What a decision is about, as canonical JSON: statement, documents with their SHA-256, product, criteria."""
    body = {
        "assignment": case_id,
        "number": number,
        "statement": statement,
        "product": facts["product"],
        "criteria": facts["criteria"],
        "documents": [paper | {"files": sorted(paper["files"])} for paper in facts["documents"]],
    }
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
