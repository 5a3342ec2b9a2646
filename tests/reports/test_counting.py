"""The figures of a report against the same rules written a second time, as plain SQL over the tables."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils.timezone import localdate

from audit import services as audit
from plans.models import Measure, Occurrence, Plan
from reports.documents.wording import achieved
from reports.enums import Bucket
from reports.figures import rate, tabulate
from reports.snapshots import freeze
from tests.office import Office, last_digest, make_measure, make_plan, open_step, walk
from workflow import engine, services
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case

pytestmark = pytest.mark.django_db

# one việc giao: its last round up to the cut-off, whether that was approved at all, whether a judge held it that night
WORK = """
SELECT assignment.measure_id, unit.name AS unit, kase.due_on, CASE
    WHEN kase.finished IS NOT NULL AND last."on" <= %(as_of)s AND last."on" > kase.due_on THEN 'done-late'
    WHEN kase.finished IS NOT NULL AND last."on" <= %(as_of)s THEN 'done'
    WHEN judged.there THEN 'waiting'
    WHEN kase.schedule = 'ongoing' THEN 'ongoing'
    WHEN kase.due_on IS NULL THEN 'undated'
    WHEN kase.due_on < %(as_of)s OR (kase.due_on = %(as_of)s AND %(as_of)s < %(today)s) THEN 'overdue'
    ELSE 'in-time' END AS bucket
FROM workflow_assignment assignment
JOIN workflow_case kase ON kase.id = assignment.case_id
JOIN organization_unit unit ON unit.id = assignment.unit_id
JOIN plans_measure measure ON measure.id = assignment.measure_id AND measure.plan_id = %(plan)s
LEFT JOIN LATERAL (SELECT "on" FROM workflow_submission round WHERE round.assignment_id = assignment.case_id
                   ORDER BY number DESC LIMIT 1) last ON TRUE
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT 1 FROM workflow_step step WHERE step.process_id = kase.id AND step.judging
    AND (step.created AT TIME ZONE 'Asia/Ho_Chi_Minh')::date <= %(as_of)s
    AND (step.finished IS NULL OR (step.finished AT TIME ZONE 'Asia/Ho_Chi_Minh')::date > %(as_of)s)) AS there) judged
"""
ROWS = f"""
WITH work AS ({WORK}), due AS (
    SELECT measure_id, bucket FROM work WHERE due_on <= %(as_of)s AND bucket <> 'in-time'
), judged AS (
    SELECT measure_id, bucket FROM due
    UNION ALL SELECT measure_id, bucket FROM work WHERE measure_id NOT IN (SELECT measure_id FROM due)
), worst AS (
    SELECT measure_id, min(array_position(ARRAY['overdue','waiting','in-time','undated','ongoing','done-late','done'], bucket)) AS place
    FROM judged GROUP BY measure_id
)
SELECT measure.id, CASE
    WHEN worst.place IS NOT NULL THEN (ARRAY['overdue','waiting','in-time','undated','ongoing','done-late','done'])[worst.place]
    WHEN EXISTS (SELECT 1 FROM plans_occurrence o JOIN plans_measuretext t ON t.id = o.text_id WHERE t.measure_id = measure.id)
     AND NOT EXISTS (SELECT 1 FROM plans_occurrence o JOIN plans_measuretext t ON t.id = o.text_id
                     WHERE t.measure_id = measure.id AND o.before_issue <> 'dropped') THEN 'dropped'
    ELSE 'undated' END
FROM plans_measure measure LEFT JOIN worst ON worst.measure_id = measure.id WHERE measure.plan_id = %(plan)s
"""  # noqa: S608 - our own constants


# counted from the first day; the comparisons are made of the first, the seventh, the day before the last and the last
DUE = (-12, -1, 0, 0, 1, 5, 6, 6, 7, 10, 11, 11, 12, 12, 13)
AGO = (0, 1, 6, 12)


def asked(sql: str, **params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def assign(office: Office, measure: Measure, plan: Plan, dice: random.Random, period: int) -> Assignment:
    """One more việc giao of a row, due around today or without a day."""
    unit = dice.choice([office.division, office.other_division])
    if measure.assignments.filter(unit=unit, period=period).exists():
        period += 10
    schedule = dice.choice(["dated"] * 4 + ["ongoing", "undated"])
    due = localdate() + timedelta(days=dice.choice(DUE)) if schedule == "dated" else None
    case = Case(agency=office.agency, unit=unit, plan=plan, title="Việc", schedule=schedule, original_due_on=due, due_on=due,
                opens_on=localdate())  # fmt: skip
    assignment = Assignment(agency=office.agency, measure=measure, unit=unit, period=period)
    with audit.transaction():
        engine.start(case, assignment, AssignmentFlow.start, office.rights("chief"))
    return assignment


def history(office: Office, dice: random.Random) -> Plan:
    """A plan whose work went its ways over ten days: on, back, round again, or nowhere."""
    version = make_plan(office)
    for _ in range(dice.randint(4, 5)):
        measure = make_measure(office, version, lead=office.division)
        works = [assign(office, measure, version.plan, dice, number) for number in range(1, dice.randint(1, 4))]
        if not works and dice.random() < 0.7:
            text = measure.texts.get()
            Occurrence.objects.create(text=text, number=1, begins_on=localdate(), due_on=localdate(), before_issue=dice.choice(["dropped", ""]))  # fmt: skip
        for work in works:
            go(office, work, dice)
    return version.plan


def go(office: Office, work: Assignment, dice: random.Random) -> None:
    names = ("head", "officer") if work.unit_id == office.division.pk else ("other_head", "other_officer")
    start = localdate()
    for _ in range(dice.randint(0, 3)):
        day = start + timedelta(days=dice.randint(0, 10))
        start = max(start, day)
        with time_machine.travel(f"{start}T{dice.choice(['00:10', '10:00', '23:50'])}:00+07:00"):
            step = walk(
                office, work, dice.choice(["submit", "review", "approve", "end"]), officer=names[1], head=names[0]
            )
            if step.finished:
                return
            if step.stage == "review" and dice.random() < 0.5:
                services.return_work(step.pk, office.rights("reviewer"), seen=last_digest(work), reason="Thiếu số liệu")
            assert open_step(work)


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same histories each time, no secrets


def test_rows_on_time_by_an_extension_are_told_apart() -> None:
    def row(bucket: str, first: str, done: str) -> dict[str, Any]:
        work = {"unit": "Phòng", "bucket": bucket, "original_due_on": first, "submitted_on": done}
        return {"bucket": bucket, "field": "", "appendix": "I", "works": [work]}

    rows = [
        row("done", "2026-03-01", "2026-03-09"), row("done", "2026-03-01", "2026-03-01"), row("done", "", "2026-03-09"),
        row("done-late", "2026-03-01", "2026-04-09"), row("overdue", "2026-03-01", ""),
    ]  # fmt: skip
    assert tabulate(rows).extended == 1
    assert "01 nhiệm vụ đúng hạn sau gia hạn" in achieved(tabulate(rows))
    assert "gia hạn" not in achieved(tabulate(rows[1:]))


def test_figures_are_those_of_plain_sql(office: Office, other_office: Office) -> None:
    reached: set[str] = set()
    for seed in (8, 9, 10, 11):
        history(other_office, dice_of(seed + 100))
        plan, began = history(office, dice_of(seed)), localdate()
        with time_machine.travel(f"{began + timedelta(days=12)}T09:00:00+07:00"):
            for ago in AGO:
                reached |= compared(plan, localdate() - timedelta(days=ago), localdate())
    assert reached == set(Bucket.values)  # the comparison means nothing for a bucket that no history reaches


def compared(plan: Plan, as_of: date, today: date) -> set[str]:
    """Holds the report's figures against those of plain SQL; the buckets that there were."""
    figures = tabulate(freeze(plan, as_of, today))
    rows = dict(asked(ROWS, plan=plan.pk, as_of=as_of, today=today))
    assert {row["measure"]: row["bucket"] for row in figures.rows} == rows
    counted = Counter(rows.values())
    assert figures.total == {bucket: counted[bucket.value] for bucket in Bucket}
    works = asked(WORK, plan=plan.pk, as_of=as_of, today=today)
    by_unit = {unit: {bucket.value: number for bucket, number in counts.items() if number} for unit, counts in figures.by_unit.items()}  # fmt: skip
    assert by_unit == {unit: dict(Counter(work[3] for work in works if work[1] == unit)) for unit in by_unit}
    assert sum(sum(counts.values()) for counts in by_unit.values()) == len(works)
    done, late = counted["done"] + counted["done-late"], counted["overdue"]
    assert rate(figures.total) == (
        Decimal(100 * done / (done + late)).quantize(Decimal("0.01")) if done + late else None
    )
    return set(rows.values())
