"""Chốt số liệu: every row of a plan with its assignments, as canonical text that nothing changes afterwards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.timezone import get_current_timezone, localdate, now

from audit.verification import heads
from plans.enums import BeforeIssue, Part
from plans.models import MeasureText, Plan
from reports.figures import Work, bucket_of, row_bucket
from reports.models import Period, Snapshot
from workflow.models import Assignment, Case, Step, Submission, SubmissionDocument


def take(period: Period) -> Snapshot:
    """Freeze the plan as of the period's last day, or as of today while the period runs."""
    at = now()
    today = localdate(at)
    as_of = min(period.until, today)
    rows = freeze(period.plan, as_of, today)
    content = json.dumps(
        {"plan": period.plan_id, "period": period.code, "since": str(period.since), "until": str(period.until), "as_of": str(as_of), "rows": rows,
         "ledger": [str(head) for head in heads(period.agency_id)]},
        sort_keys=True, ensure_ascii=False, separators=(",", ":"),
    )  # fmt: skip
    return Snapshot.objects.create(
        agency_id=period.agency_id, plan=period.plan, period=period, at=at, as_of=as_of,
        content=content, digest=hashlib.sha256(content.encode()).hexdigest(),
    )  # fmt: skip


def rows_of(snapshot: Snapshot) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(snapshot.content)["rows"]
    return rows


def ledger_of(snapshot: Snapshot) -> list[str]:
    """The heads of the agency's ledger as they were when it was taken; older snapshots have none."""
    lines: list[str] = json.loads(snapshot.content).get("ledger", [])
    return lines


def window_of(snapshot: Snapshot) -> tuple[date, date]:
    """The first and last day its figures cover, as they were when it was taken."""
    content = json.loads(snapshot.content)
    return date.fromisoformat(content["since"]), date.fromisoformat(content["until"])


def freeze(plan: Plan, as_of: date, today: date) -> list[dict[str, Any]]:
    """The rows of the plan's newest version with their buckets; a fixed number of queries."""
    works: dict[int, list[dict[str, Any]]] = {}
    for measure, work in _works(plan, as_of, today):
        works.setdefault(measure, []).append(work)
    texts = MeasureText.objects.filter(version=plan.versions.order_by("-number")[:1]).prefetch_related(
        "units", "criteria", "occurrences"
    )
    return [_row(text, works.get(text.measure_id, []), as_of, today) for text in texts]


def _row(text: MeasureText, works: list[dict[str, Any]], as_of: date, today: date) -> dict[str, Any]:
    occurrences = list(text.occurrences.all())
    dropped = bool(occurrences) and all(occurrence.before_issue == BeforeIssue.DROPPED for occurrence in occurrences)
    bucket = row_bucket([work.pop("work") for work in works], as_of, today, dropped=dropped)
    return {
        "measure": text.measure_id, "appendix": text.appendix, "code": text.code, "field": text.field, "task": text.task, "product": text.product,
        "criteria": [criterion.code for criterion in text.criteria.all()], "points": str(text.points), "deadline": text.deadline_raw,
        "lead": [unit.written for unit in text.units.all() if unit.part == Part.LEAD],
        "bucket": bucket.value, "works": works,
    }  # fmt: skip


def _works(plan: Plan, as_of: date, today: date) -> Iterator[tuple[int, dict[str, Any]]]:
    night = datetime.combine(min(as_of, today) + timedelta(days=1), time(), tzinfo=get_current_timezone())
    judged = Step.objects.filter(process_id=OuterRef("pk"), judging=True, created__lt=night)
    rounds = Submission.objects.filter(assignment_id=OuterRef("pk"))
    assignments = (
        Assignment.objects.filter(measure__plan=plan)
        .select_related("case", "unit")
        .annotate(
            # what was handed in and never decided, since the year was closed, stays handed in
            waiting=Exists(judged.filter(Q(finished=None) | Q(finished__gte=night) | Q(outcome="carried"))),
            final_on=Subquery(rounds.order_by("-number").values("on")[:1]),
            before_issue=Exists(rounds.filter(before_issue=True)),
        )
        .order_by("measure_id", "period", "unit__position", "unit__sort_key")
    )
    documents = _documents(plan)
    for assignment in assignments.iterator(chunk_size=2000):
        case = assignment.case
        work = Work(
            assignment.unit.name, case.period, case.schedule, case.due_on, case.original_due_on, assignment.final_on,
            case.status == Case.DONE, assignment.waiting, case.status == Case.DISCONTINUED,
        )  # fmt: skip
        yield assignment.measure_id, {
            "work": work, "case": case.pk, "unit": work.unit, "period": work.period, "due_on": _text(work.due_on),
            "original_due_on": _text(work.original_due_on), "submitted_on": _text(work.submitted_on),
            "bucket": bucket_of(work, as_of, today).value, "documents": documents.get(case.pk, []), "before_issue": assignment.before_issue,
        }  # fmt: skip


def _documents(plan: Plan) -> dict[int, list[dict[str, str]]]:
    """The documents of each assignment's last round."""
    newest = (
        Submission.objects.filter(assignment_id=OuterRef("submission__assignment_id"))
        .order_by("-number")
        .values("pk")[:1]
    )
    rows = (
        SubmissionDocument.objects.filter(submission__assignment__measure__plan=plan, submission=Subquery(newest))
        .order_by("submission_id", "position")
        .values_list("submission__assignment_id", "document__number", "document__dated", "document__abstract")
    )
    found: dict[int, list[dict[str, str]]] = {}
    for case, number, dated, abstract in rows:
        found.setdefault(case, []).append({"number": number, "dated": _text(dated), "abstract": abstract})
    return found


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""
