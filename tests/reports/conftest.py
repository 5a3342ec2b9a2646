"""Reports in each of their states, made through the verbs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils.timezone import localdate

from reports import services
from reports.enums import PeriodCode
from reports.models import Compilation
from tests.office import Office, make_assignment, make_plan, walk
from workflow.models import Step


@pytest.fixture(autouse=True)
def a_day_inside_the_period() -> Iterator[None]:
    """A year's figures end on 14/12; these tests speak of days before that."""
    with time_machine.travel(f"{localdate().year}-11-20T09:00:00+07:00"):
        yield


def compiled(office: Office, code: PeriodCode = PeriodCode.YEAR) -> Compilation:
    """The first version of a report on one row that is late and one that is done."""
    version = make_plan(office)
    make_assignment(office, version=version, due=localdate() - timedelta(days=3))
    walk(office, make_assignment(office, version=version), "end")
    asked = services.request_report(version.plan, code, office["leader"], office.rights("reviewer"))
    services.compile_version(asked.pk)
    asked.refresh_from_db()
    return asked


def open_step(compilation: Compilation) -> Step:
    return Step.objects.get(process_id=compilation.report_id, finished=None)


def present(office: Office, compilation: Compilation) -> Step:
    return services.present(open_step(compilation).pk, office.rights("reviewer"), seen=compilation.digest)
