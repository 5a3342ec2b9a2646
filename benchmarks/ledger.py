"""Sixteen writers of one agency's chain, alone and while another transaction holds a snapshot open; then the walk over it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from audit import services as audit
from audit.verification import verify
from tests.office import make_office

WRITERS = 16


def measure(each: int = 400) -> dict[str, object]:
    """Entries a second of the writers, `each` transactions of one entry by each; rows a second of the verifier."""
    agency = make_office("LEDGER").agency.pk
    alone = _written(agency, each)
    with _snapshot():
        held = _written(agency, each)
    began = time.perf_counter()
    report = verify()
    took = time.perf_counter() - began
    return {"writers": WRITERS, "entries_per_s": alone, "entries_per_s_with_a_snapshot_held": held,
            "verified_rows": report.entries, "verified_per_s": round(report.entries / took), "found": report.found}  # fmt: skip


def _written(agency: int, each: int) -> int:
    start = threading.Barrier(WRITERS + 1)

    def write() -> None:
        connection.ensure_connection()
        start.wait()
        try:
            for _ in range(each):
                with audit.transaction():
                    audit.record("bench.written", "bench:1", agency=agency, actor=None, note="một dòng")
        finally:
            connection.close()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return round(WRITERS * each / (time.perf_counter() - began))


@contextmanager
def _snapshot() -> Iterator[None]:
    """As a backup or a long report holds one: old versions of rows stay for as long."""
    other: BaseDatabaseWrapper = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT count(*) FROM audit_entry")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")
            other.close()
