"""Beginning a thousand assignments in bulk."""

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from audit import services as audit
from benchmarks.lifecycle import timed
from tests.office import make_measure, make_office, make_plan
from workflow import engine
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, Schedule

COUNT = 5_000


def measure() -> dict[str, object]:
    """Milliseconds an assignment, and INSERT statements for all."""
    office = make_office("ISSUE")
    version, today, rights = make_plan(office), localdate(), office.rights("chief")
    made = make_measure(office, version, lead=office.division, due=today)
    pairs = [
        (
            Case(agency=office.agency, unit=office.division, plan=version.plan, code=f"I.{n}", title="Việc đo", schedule=Schedule.DATED,
                 original_due_on=today, due_on=today, opens_on=today),
            Assignment(agency=office.agency, measure=made, unit=office.division, period=n),
        )
        for n in range(COUNT)
    ]  # fmt: skip

    def issue() -> None:
        with audit.transaction():
            engine.start_many(pairs, AssignmentFlow.start, rights)

    with CaptureQueriesContext(connection) as captured:
        took = timed(issue)
    inserts = sum(query["sql"].startswith("INSERT") for query in captured.captured_queries)
    return {"assignments": COUNT, "ms_each": round(took / COUNT, 3), "inserts": inserts}
