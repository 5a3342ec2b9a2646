"""Five acts of one assignment: through the engine, through textbook viewflow, and by hand-written SQL."""

import functools
import statistics
import time
from collections.abc import Callable

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from audit import services as audit
from benchmarks import floor, textbook
from organization.enums import Role
from organization.models import User
from organization.rights import Rights, rights_of
from tests.office import Office, make_measure, make_office, make_plan
from workflow import engine
from workflow.effects import last_digest
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, Schedule, Step

TURNS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")


def measure(rounds: int = 200) -> dict[str, object]:
    """Medians over interleaved rounds, in milliseconds for five acts."""
    office = make_office("BENCH")
    version = make_plan(office)
    times: dict[str, list[float]] = {"engine": [], "textbook": [], "floor": [], "psycopg": []}
    people = [office[name] for name in ("head", "officer", "head", "reviewer", "leader")]
    for name in ("head", "officer", "reviewer", "leader"):
        rights_for(office[name])
    raw = raw_connection()
    for _ in range(rounds):
        step, process, other, third = (
            begin(office, version),
            textbook.begin(),
            begin(office, version),
            begin(office, version),
        )
        times["engine"].append(through_engine(office, step))
        times["textbook"].append(timed(lambda process=process: textbook.lifecycle(process, people)))
        times["floor"].append(timed(lambda other=other: floor.lifecycle(other, by_hand(office))))
        times["psycopg"].append(
            timed(lambda third=third: floor.lifecycle(third, by_hand(office), floor.on_psycopg(raw)))
        )
    raw.close()
    medians = {name: statistics.median(values) for name, values in times.items()}
    return {
        "engine_ms": round(medians["engine"], 2), "textbook_ms": round(medians["textbook"], 2), "floor_ms": round(medians["floor"], 2),
        "psycopg_ms": round(medians["psycopg"], 2), "ms_per_act": round(medians["engine"] / 5, 2),
        "ratio": round(medians["engine"] / medians["floor"], 2), "queries_per_act": queries(office, begin(office, version)),
        "rounds": rounds,
    }  # fmt: skip


def flat(rounds: int = 1_000, window: int = 50) -> dict[str, object]:
    """Median milliseconds of hand-in, submission and return in the first and in the last rounds of one assignment."""
    office = make_office("ROUNDS")
    step, times = begin(office, make_plan(office)), []
    step = engine.act(step, "assigned", rights_for(office["head"]), officer=office["officer"]).pk
    for _ in range(rounds):
        began = time.perf_counter()
        step = engine.act(step, "done", rights_for(office["officer"]), note="Đã xong").pk
        step = engine.act(step, "submitted", rights_for(office["head"]), statement="Đã xong").pk
        took = time.perf_counter() - began
        seen = last_digest(Step.objects.values_list("process_id", flat=True).get(pk=step))
        began = time.perf_counter()
        step = engine.act(step, "returned", rights_for(office["reviewer"]), seen=seen, note="Thiếu số liệu").pk
        times.append((took + time.perf_counter() - began) * 1000)
    return {"rounds": rounds, "first_ms": round(statistics.median(times[:window]), 2),
            "last_ms": round(statistics.median(times[-window:]), 2)}  # fmt: skip


def engine_alone(code: str, times: int = 40) -> float:
    """Median milliseconds of the five acts, whatever else is in the database."""
    office = make_office(code)
    version = make_plan(office)
    return round(statistics.median(through_engine(office, begin(office, version)) for _ in range(times)), 2)


def timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def begin(office: Office, version) -> int:
    """A fresh assignment; its first open step. Not part of what is timed."""
    today = localdate()
    made = make_measure(office, version, lead=office.division, due=today)
    case = Case(agency=office.agency, unit=office.division, plan=version.plan, code="I.1", title="Việc đo", schedule=Schedule.DATED,
                original_due_on=today, due_on=today, opens_on=today)  # fmt: skip
    with audit.transaction():
        return engine.start(case, Assignment(agency=office.agency, measure=made, unit=office.division), AssignmentFlow.start,
                            office.rights("chief")).pk  # fmt: skip


def acts(office: Office) -> list[tuple[str, str, dict[str, object]]]:
    return [
        ("head", "assigned", {"officer": office["officer"]}), ("officer", "done", {"note": "Đã xong"}),
        ("head", "submitted", {"statement": "Đã xong"}), ("reviewer", "accepted", {}), ("leader", "approved", {}),
    ]  # fmt: skip


@functools.cache
def rights_for(user: User) -> Rights:
    """Rights belong to the request, not to the act: they are fetched before."""
    return rights_of(user)


def through_engine(office: Office, step: int) -> float:
    """Milliseconds of the five acts; what the page showed is fetched before each, outside of what is timed."""
    case, took = Step.objects.values_list("process_id", flat=True).get(pk=step), 0.0
    for person, outcome, data in acts(office):
        rights, seen = rights_for(office[person]), None
        if outcome in {"accepted", "approved"}:
            seen = last_digest(case)
        began = time.perf_counter()
        step = engine.act(step, outcome, rights, seen=seen, **data).pk
        took += time.perf_counter() - began
    return took * 1000


def queries(office: Office, step: int) -> dict[str, int]:
    """Statements of each act besides BEGIN and COMMIT."""
    counts, seen = {}, None
    for person, outcome, data in acts(office):
        rights = rights_for(office[person])
        with CaptureQueriesContext(connection) as captured:
            following = engine.act(step, outcome, rights, seen=seen, **data)
        counts[outcome] = sum(not query["sql"].startswith(TURNS) for query in captured.captured_queries)
        step = following.pk
        seen = last_digest(following.process_id)
    return counts


def by_hand(office: Office) -> list[floor.Act]:
    division, officer, leader = office.division.pk, office["officer"].pk, office["leader"].pk
    head, reviewer = rights_for(office["head"]), rights_for(office["reviewer"])
    return [
        floor.Act("assign", "assigned", head, "execute", owner=officer),
        floor.Act("execute", "done", rights_for(office["officer"]), "submit", pool=division, pool_role=Role.HEAD.value, note="Đã xong"),
        floor.Act("submit", "submitted", head, "review", pool=office.office.pk, pool_role=Role.REVIEWER.value),
        floor.Act("review", "accepted", reviewer, "approve", owner=leader),
        floor.Act("approve", "approved", rights_for(office["leader"]), "end"),
    ]  # fmt: skip


def raw_connection() -> psycopg.Connection:
    """psycopg alone, to the same database."""
    connection.ensure_connection()
    info = connection.get_connection_params()
    wanted = {name: info[name] for name in ("dbname", "user", "password", "host", "port", "options") if name in info}
    return psycopg.connect(**wanted, autocommit=True)
