"""Compiling by a real worker through the real broker."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections

from config.celery import app
from reports import services
from reports.enums import PeriodCode
from reports.models import Compilation
from reports.tasks import call_worker, resume_unfinished
from tests.office import Office, make_plan

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def worker() -> Iterator[None]:
    """A worker of one thread beside the tests; messages that others left are thrown away first."""
    app.control.purge()
    with start_worker(app, perform_ping_check=False, pool="solo", shutdown_timeout=20):
        yield
    connections.close_all()


def until_finished(compilation_id: int, seconds: int = 30) -> Compilation:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        version = Compilation.objects.get(pk=compilation_id)
        if version.finished:
            return version
        time.sleep(0.1)
    raise AssertionError("the version was not compiled")


def asked(office: Office) -> Compilation:
    return services.request_report(
        make_plan(office).plan, PeriodCode.HALF_YEAR, office["leader"], office.rights("reviewer")
    )


@pytest.mark.usefixtures("worker")
def test_worker_compiles_what_was_asked_for(office: Office) -> None:
    version = asked(office)
    assert call_worker(version.pk)
    assert until_finished(version.pk).digest


@pytest.mark.usefixtures("worker")
def test_message_that_was_lost_costs_time_only(office: Office) -> None:
    version = asked(office)
    resume_unfinished.delay()
    assert until_finished(version.pk).digest
