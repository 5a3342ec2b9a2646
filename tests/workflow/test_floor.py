"""The floor of `dev.py bench` does what the engine does: the same statements, the same rows."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Entry
from audit.verification import verify
from benchmarks import floor, lifecycle
from notifications.models import Notice
from tests.office import Office, make_plan
from workflow.models import Assignment, Case, Step, Submission

pytestmark = pytest.mark.django_db(transaction=True)
# what differs between two cases: keys, and what is computed from them
KEYS = {"id", "previous_id", "process_id", "assignment_id", "case_id", "measure_id", "subject", "key", "hash", "previous", "text", "sequence",
        "created", "at", "started", "finished", "digest", "content", "params"}  # fmt: skip


@pytest.fixture(autouse=True)
def rights_are_not_kept() -> None:
    lifecycle.rights_for.cache_clear()


def kinds(captured: CaptureQueriesContext) -> list[str]:
    """Each statement as its verb and the first table it names."""
    found = []
    for query in captured.captured_queries:
        sql = query["sql"].strip()
        if sql.startswith("SELECT") and "audit_last" in sql:
            found.append("SELECT audit_last")
        elif sql.startswith(("BEGIN", "COMMIT")):
            found.append(sql.split()[0])
        else:
            table = re.search(r'(?:UPDATE|INTO)\s+"?(\w+)', sql) or re.search(r'(?s)FROM\s+"?(\w+_\w+)', sql)
            found.append(f"{sql.split()[0]} {table[1] if table else ''}{' FOR UPDATE' if 'FOR UPDATE' in sql else ''}")
    return found


def rows(case: int) -> dict[str, list[dict[str, Any]]]:
    querysets = {
        "steps": Step.objects.filter(process_id=case), "case": Case.objects.filter(pk=case), "work": Assignment.objects.filter(pk=case),
        "rounds": Submission.objects.filter(assignment_id=case), "notices": Notice.objects.filter(subject=f"case:{case}"),
        "ledger": Entry.objects.filter(subject=f"case:{case}"),
    }  # fmt: skip
    return {
        name: [
            {key: value for key, value in row.items() if key not in KEYS} for row in queryset.order_by("pk").values()
        ]
        for name, queryset in querysets.items()
    }


@time_machine.travel("2026-06-12T09:00:00+07:00", tick=False)
def test_floor_does_the_engines_statements_and_writes_its_rows(office: Office) -> None:
    version = make_plan(office)
    for name in ("head", "officer", "reviewer", "leader"):
        lifecycle.rights_for(office[name])
    ours, floors = lifecycle.begin(office, version), lifecycle.begin(office, version)
    one, two = (Step.objects.get(pk=step).process_id for step in (ours, floors))
    Case.objects.filter(pk=two).update(code=Case.objects.get(pk=one).code)

    by_hand = []
    step = ours
    engine_kinds = []
    with CaptureQueriesContext(connection) as captured:
        lifecycle.through_engine(office, step)
    engine_kinds = [kind for kind in kinds(captured) if kind != "SELECT workflow_assignment"]
    first = [kind for kind in engine_kinds if kind != "SELECT workflow_step"]
    with CaptureQueriesContext(connection) as captured:
        floor.lifecycle(floors, lifecycle.by_hand(office))
    by_hand = [kind for kind in kinds(captured) if kind != "SELECT workflow_step"]

    assert by_hand == first
    assert rows(two) == rows(one)
    said = [
        json.loads(entry.text)["body"].keys() for entry in Entry.objects.filter(subject=f"case:{two}").order_by("id")
    ]
    assert said == [
        json.loads(entry.text)["body"].keys() for entry in Entry.objects.filter(subject=f"case:{one}").order_by("id")
    ]
    assert verify().found == 0


def test_floor_runs_on_psycopg_alone(office: Office) -> None:
    step = lifecycle.begin(office, make_plan(office))
    with lifecycle.raw_connection() as raw:
        floor.lifecycle(step, lifecycle.by_hand(office), floor.on_psycopg(raw))
    assert Case.objects.get(task_set=step).finished is not None
    assert verify().found == 0
