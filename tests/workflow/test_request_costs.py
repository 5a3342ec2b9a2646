"""An opinion and a decision on a request cost what any act may; a change of lead is that and a move of the work itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from organization.rights import Rights
from tests.office import Office, make_assignment, walk
from workflow.models import Step
from workflow.requests import asking

pytestmark = pytest.mark.django_db(transaction=True)

MOST = 10
ASIDE = ("BEGIN", "COMMIT")

Act = Callable[[int, Rights], object]


def extension(office: Office, due_on: date) -> Step:
    work = make_assignment(office)
    walk(office, work, "execute")
    asked = asking.ask_extension(work.pk, office.rights("head"), due_on=due_on, reason="Chờ số liệu")
    return Step.objects.get(process_id=asked.pk, finished=None)


def lead_change(office: Office, due_on: date) -> Step:
    work = make_assignment(office)
    walk(office, work, "execute")
    asked = asking.ask_lead_change(work.pk, office.rights("head"), unit=office.other_division, reason="Đúng việc")
    return Step.objects.get(process_id=asked.pk, finished=None)


def cost(act: Act, step: Step, rights: Rights) -> int:
    with CaptureQueriesContext(connection) as captured:
        act(step.pk, rights)
    queries = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(ASIDE)]
    assert sum("audit_" in sql for sql in queries) == 2
    assert len(captured.captured_queries) == len(queries) + 2, "one transaction"
    return len(queries)


@pytest.mark.parametrize("asked", [extension, lead_change])
def test_opinion_and_decisions(office: Office, asked: Callable[[Office, date], Step]) -> None:
    later = localdate() + timedelta(days=60)
    reviewer, leader = office.rights("reviewer"), office.rights("leader")
    extends = asked is extension

    def opinion(step: Step) -> int:
        return cost(lambda pk, rights: asking.advise(pk, rights, agrees=True), step, reviewer)

    def decision(act: Act) -> int:
        step = asked(office, later)
        assert opinion(step) == 9
        return cost(act, Step.objects.get(process_id=step.process_id, finished=None), leader)

    if extends:
        assert decision(asking.grant_extension) == MOST
        assert decision(lambda pk, rights: asking.grant_extension(pk, rights, due_on=later - timedelta(days=3))) == MOST
        assert decision(lambda pk, rights: asking.refuse_extension(pk, rights, reason="Chưa có căn cứ")) == MOST
    else:
        assert decision(lambda pk, rights: asking.refuse_lead_change(pk, rights, reason="Đúng việc")) == MOST
        assert decision(asking.grant_lead_change) == 2 * MOST + 1  # it moves the step of the work as well
