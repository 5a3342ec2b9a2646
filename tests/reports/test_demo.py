"""The demo is driven through the product, with the clock moved from outside."""

from datetime import date, timedelta

import pytest
import time_machine
from django.utils.timezone import localdate, now

from audit import services as audit
from audit.models import Entry
from organization.models import DemoMark
from reports.demo.clock import NotADemo, at, office_hour
from reports.demo.story import FATES, Play, Stage, fates
from tests.office import Office, make_assignment, make_plan
from workflow.models import Case, Step
from workflow.timeliness import State

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)


def test_clock_of_a_database_that_people_use_is_not_moved() -> None:
    with pytest.raises(NotADemo), at(now()):
        pass


def test_every_fate_is_on_show(office: Office) -> None:
    DemoMark.objects.create(at=now())
    began = TODAY - timedelta(days=120)
    with time_machine.travel(office_hour(began, 8)):
        version = make_plan(office)
        for number in range(2 * len(FATES)):
            lead = office.division if number % 3 else office.office
            make_assignment(
                office, version=version, lead=lead, due=TODAY - timedelta(days=40 - 3 * number), opens_on=began
            )
    with time_machine.travel(office_hour(TODAY, 9)):
        stage = Stage.of(office.agency, localdate())
        play = Play()
        for fate in fates(stage, version.plan_id, began):
            play.add(fate)
        assert play.run() > 4 * len(FATES)
        found = Case.objects.with_timeliness(localdate(), localdate() + timedelta(days=9)).values_list(
            "timeliness", flat=True
        )
        assert {State.DONE, State.DONE_LATE, State.OVERDUE, State.SUBMITTED, State.IN_TIME} <= set(found)
    assert set(Step.objects.filter(judging=True).exclude(outcome="").values_list("outcome", flat=True)) == {
        "accepted",
        "approved",
        "returned",
    }
    moments = list(Entry.objects.filter(agency=office.agency.pk).order_by("sequence").values_list("at", flat=True))
    assert moments == sorted(moments)


def test_ledger_is_not_written_by_moving_the_clock(office: Office) -> None:
    DemoMark.objects.create(at=now())
    with at(now() - timedelta(days=3)), audit.transaction():
        audit.record("verb", "case:1", agency=office.agency.pk, actor=None)
    assert Entry.objects.get(verb="verb").at < now() - timedelta(days=2)
