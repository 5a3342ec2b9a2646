"""Lần nộp: a round of a case as canonical text, with the documents as they are now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
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
WORDING = """LEFT JOIN LATERAL (SELECT text.id, text.product FROM plans_measuretext text JOIN plans_planversion version ON version.id = text.version_id
                   WHERE text.measure_id = work.measure_id ORDER BY version.number DESC LIMIT 1) wording ON true"""
CRITERIA = """(SELECT jsonb_agg(jsonb_build_object('code', part.code, 'points', part.points::text) ORDER BY part.position)
     FROM plans_measurecriterion part WHERE part.text_id = wording.id)::text"""
PAPERS = """(SELECT jsonb_agg(jsonb_build_object('id', paper.id, 'number', paper.number, 'dated', coalesce(paper.dated::text, 'None'),
                                         'abstract', paper.abstract, 'files', ARRAY(
                SELECT file.sha256 FROM evidence_documentfile file WHERE file.document_id = paper.id)) ORDER BY given.place)
     {documents})::text"""
FACTS = f"""SELECT wording.product, last.number, last."on",
    {CRITERIA},
    {PAPERS}
FROM workflow_assignment work
{WORDING}
LEFT JOIN LATERAL (SELECT round.number, round."on" FROM workflow_submission round
                   WHERE round.assignment_id = work.case_id ORDER BY round.number DESC LIMIT 1) last ON true
WHERE work.case_id = %(case)s"""  # noqa: S608 - our own text
WITH_GIVEN, WITH_BESIDE = FACTS.format(documents=GIVEN), FACTS.format(documents=BESIDE)
HANDED_IN = """FROM (SELECT held.document_id, held.position AS place FROM workflow_submissiondocument held WHERE held.submission_id = round.id) given
JOIN evidence_document paper ON paper.id = given.document_id"""
# of a `work`: its last round, with what the plan and the documents of the round say now
STANDING = f"""SELECT round.digest, round.content, wording.product, {CRITERIA} AS criteria, {PAPERS.format(documents=HANDED_IN)} AS papers
FROM workflow_submission round {WORDING}
WHERE round.assignment_id = work.case_id ORDER BY round.number DESC LIMIT 1"""  # noqa: S608 - our own text
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


@dataclass(frozen=True, slots=True)
class Standing:
    """The last round of a case: `content` as it was handed in, `now` as it stands since: the same text unless the plan's
    row or a document of the round changed under it. `digest` is what a decision must have seen."""

    content: str
    now: str
    digest: str

    @classmethod
    def of(cls, row: Sequence[str | None]) -> Standing:
        """From a row of STANDING."""
        digest, content, product, criteria, papers = row
        body = json.loads(content or "{}")
        now = canonical(body | _changing(product or "", json.loads(criteria or "[]"), json.loads(papers or "[]")))
        return cls(content or "", now, (digest or "") if now == content else hashlib.sha256(now.encode()).hexdigest())


def standing_of(case_ids: Iterable[int]) -> dict[int, Standing]:
    """Of these cases, those that were handed in. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT work.case_id, last.* FROM workflow_assignment work JOIN LATERAL ({STANDING}) last ON true "  # noqa: S608 - our own text
            "WHERE work.case_id = ANY(%s)",
            [list(case_ids)],
        )
        return {case: Standing.of(row) for case, *row in cursor.fetchall()}


def canonical_content(case_id: int, number: int, statement: str, facts: dict[str, Any]) -> str:
    """What a decision is about, as canonical JSON: statement, documents with their SHA-256, product, criteria."""
    changing = _changing(facts["product"], facts["criteria"], facts["documents"])
    return canonical({"assignment": case_id, "number": number, "statement": statement} | changing)


def _changing(product: str, criteria: list[Any], documents: list[dict[str, Any]]) -> dict[str, Any]:
    """What may change under a round that was handed in."""
    papers = [paper | {"files": sorted(paper["files"])} for paper in documents]
    return {"product": product, "criteria": criteria, "documents": papers}


def canonical(body: dict[str, Any]) -> str:
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
