"""What a report counts: nhiệm vụ (rows of the plan), each in one bucket, as of the cut-off.

A row is complete when all its assignments due by the cut-off are, late if any was late. Tables by
unit count việc giao and need not sum to the rows. Pure functions over frozen rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from reports.enums import COMPLETED, Bucket


@dataclass(frozen=True, slots=True)
class Work:
    """One việc giao at the cut-off."""

    unit: str
    period: str
    schedule: str
    due_on: date | None
    original_due_on: date | None
    submitted_on: date | None
    finished: bool
    waiting: bool
    dropped: bool = False  # not carried on with


def bucket_of(work: Work, as_of: date, today: date) -> Bucket:
    """Where one việc giao stands at the end of `as_of`; `today` tells whether that day is over."""
    if work.dropped:
        return Bucket.DROPPED
    completed = work.finished and (work.submitted_on is None or work.submitted_on <= as_of)
    if completed:
        late = work.due_on is not None and work.submitted_on is not None and work.submitted_on > work.due_on
        return Bucket.DONE_LATE if late else Bucket.DONE
    if work.waiting:
        return Bucket.WAITING
    if work.schedule == "ongoing":
        return Bucket.ONGOING
    if work.due_on is None:
        return Bucket.UNDATED
    past = work.due_on < as_of or (work.due_on == as_of and as_of < today)
    return Bucket.OVERDUE if past else Bucket.IN_TIME


def row_bucket(works: Iterable[Work], as_of: date, today: date, *, dropped: bool = False) -> Bucket:
    """Where one nhiệm vụ stands: judged by its assignments due by the cut-off, or by all where none is due yet."""
    every = [(work, bucket_of(work, as_of, today)) for work in works]
    pairs = [(work, bucket) for work, bucket in every if bucket != Bucket.DROPPED]
    if not pairs:
        return Bucket.DROPPED if dropped or every else Bucket.UNDATED
    due = [bucket for work, bucket in pairs if work.due_on is not None and work.due_on <= as_of]
    judged = [bucket for bucket in due if bucket != Bucket.IN_TIME]
    buckets = set(judged or (bucket for _, bucket in pairs))
    for worst in (Bucket.OVERDUE, Bucket.WAITING, Bucket.IN_TIME, Bucket.UNDATED, Bucket.ONGOING, Bucket.DONE_LATE):
        if worst in buckets:
            return worst
    return Bucket.DONE


def count(buckets: Iterable[Bucket]) -> dict[Bucket, int]:
    """Every bucket with its number, zeros included, in the order of reports."""
    counted = Counter(buckets)
    return {bucket: counted[bucket] for bucket in Bucket}


def rate(counts: Mapping[Bucket, int]) -> Decimal | None:
    """Hoàn thành / (hoàn thành + quá hạn chưa hoàn thành), in percent with two decimals; None where nothing was due."""
    done = sum(counts[bucket] for bucket in COMPLETED)
    due = done + counts[Bucket.OVERDUE]
    return (Decimal(100 * done) / due).quantize(Decimal("0.01")) if due else None


@dataclass(frozen=True)
class Figures:
    """All tables of a report, from the frozen rows of a snapshot."""

    rows: list[dict[str, Any]]
    total: dict[Bucket, int]
    by_field: dict[str, dict[Bucket, int]]
    by_appendix: dict[str, dict[Bucket, int]]
    by_unit: dict[str, dict[Bucket, int]]

    @property
    def counted(self) -> int:
        """Rows of the plan that count."""
        return sum(number for bucket, number in self.total.items() if bucket != Bucket.DROPPED)

    @property
    def completed(self) -> int:
        return sum(self.total[bucket] for bucket in COMPLETED)

    @property
    def extended(self) -> int:
        """Of the rows completed on time, those that are so only after an extension: late by the first date."""
        return sum(
            row["bucket"] == Bucket.DONE and any(_past_first(work) for work in row["works"]) for row in self.rows
        )

    @property
    def rate(self) -> Decimal | None:
        return rate(self.total)


def _past_first(work: Mapping[str, Any]) -> bool:
    """A frozen việc giao that was completed after its first due date; days are written as ISO, empty for none."""
    first, done = str(work.get("original_due_on") or ""), str(work.get("submitted_on") or "")
    return work["bucket"] == Bucket.DONE and "" < first < done


def tabulate(rows: list[dict[str, Any]]) -> Figures:
    """`rows` as `snapshots.freeze` writes them: bucket, field, appendix, and works with unit and bucket."""

    def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, dict[Bucket, int]]:
        groups: dict[str, list[Bucket]] = {}
        for name, bucket in pairs:
            groups.setdefault(name, []).append(Bucket(bucket))
        return {name: count(buckets) for name, buckets in groups.items()}

    return Figures(
        rows=rows,
        total=count(Bucket(row["bucket"]) for row in rows),
        by_field=grouped((row["field"] or f"Phụ lục {row['appendix']}", row["bucket"]) for row in rows),
        by_appendix=grouped((row["appendix"], row["bucket"]) for row in rows),
        by_unit=grouped((work["unit"], work["bucket"]) for row in rows for work in row["works"]),
    )
