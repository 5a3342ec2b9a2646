"""Acts at 00:30 and 23:30 in Vietnam, where UTC has another date: due dates, delegations, posts and transfers go by the local day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from notifications.models import Notice
from organization.enums import Role
from organization.models import Delegation, Post
from tests.office import START, Office, last_digest, make_assignment, make_person, open_step, walk
from tests.workflow.test_transferring import wish
from workflow import engine, services, transferring
from workflow.errors import Refused
from workflow.models import Case, HandOver, Step
from workflow.timeliness import State

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 12)
DAY = timedelta(days=1)


def at(day: date, clock: str) -> time_machine.travel:
    return time_machine.travel(f"{day}T{clock}:00+07:00", tick=False)


def lend(office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["leader"], substitute=office["other_leader"], roles=["leader"],
                              legal_basis="15/UQ", since=FIRST, until=LAST)  # fmt: skip


# the moments around the first and the last day, and whether the substitute's rights hold
MOMENTS = [(FIRST - DAY, "23:30", False), (FIRST, "00:30", True), (LAST, "23:30", True), (LAST + DAY, "00:30", False)]


@pytest.mark.parametrize(("day", "clock", "holds"), MOMENTS)
def test_delegation_begins_and_ends_by_itself(office: Office, day: date, clock: str, holds: bool) -> None:
    lend(office)
    assignment = make_assignment(office)
    with at(FIRST - 2 * DAY, "09:00"):
        walk(office, assignment, "review")
    with at(day, clock):
        step = services.accept(open_step(assignment).pk, office.rights("reviewer"), seen=last_digest(assignment))
        told = Notice.objects.filter(kind="step.arrived", to=office["other_leader"], params__step=step.pk)
        assert told.exists() == holds
        client, rights = Client(), office.rights("other_leader")
        client.force_login(office["other_leader"])
        assert (f"/buoc/{step.pk}/" in client.get("/viec/").content.decode()) == holds
        assert (client.get(f"/buoc/{step.pk}/phe-duyet/").status_code == 200) == holds
        if holds:
            services.approve(step.pk, rights, seen=last_digest(assignment))
            step.refresh_from_db()
            assert (step.acted_by, step.on_behalf_of) == (office["other_leader"], office["leader"])
        else:
            with pytest.raises(PermissionDenied):
                services.approve(step.pk, rights, seen=last_digest(assignment))


def test_what_waited_since_before_the_first_day_is_in_the_substitute_s_inbox(office: Office) -> None:
    lend(office)
    with at(FIRST - DAY, "23:30"):
        step = walk(office, make_assignment(office), "approve")
    seen = {}
    for day, clock, _ in MOMENTS:
        with at(day, clock):
            seen[day, clock] = Step.objects.inbox(office.rights("other_leader")).filter(pk=step.pk).exists()
    assert list(seen.values()) == [False, True, True, False]


@pytest.mark.parametrize(
    ("day", "clock", "late"), [(LAST, "23:30", False), (LAST + DAY, "00:30", True), (LAST, "00:30", False)]
)
def test_round_is_late_by_the_local_day(office: Office, day: date, clock: str, late: bool) -> None:
    assignment = make_assignment(office, due=LAST)
    with at(day, clock):
        before = Case.objects.with_timeliness(day, day + DAY).get().timeliness
        assert before == (State.OVERDUE if late else State.TODAY)
        walk(office, assignment, "end")
        assert assignment.submissions.get().on == day
    with at(day + 3 * DAY, "09:00"):
        after = Case.objects.with_timeliness(day + 3 * DAY, day + 9 * DAY).get().timeliness
    assert after == (State.DONE_LATE if late else State.DONE)


@pytest.mark.parametrize(("day", "clock", "holds"), MOMENTS)
def test_work_goes_only_to_who_is_in_the_unit_that_day(office: Office, day: date, clock: str, holds: bool) -> None:
    person = make_person(office.division, "Trần Văn Bình")
    Post.objects.create(
        agency=office.agency, user=person, unit=office.division, role=Role.OFFICER, since=FIRST, until=LAST
    )
    step = walk(office, make_assignment(office), "execute")
    with at(day, clock):
        if holds:
            engine.hand_over(step.pk, person, office.rights("head"), note="Nghỉ phép")
        else:
            with pytest.raises(Refused, match="không thuộc đơn vị chủ trì"):
                engine.hand_over(step.pk, person, office.rights("head"), note="Nghỉ phép")
    assert (open_step(step.process.assignment).owner == person) == holds == HandOver.objects.exists()


@pytest.mark.parametrize("clock", ["00:30", "23:30"])
def test_unit_ends_on_the_local_day(office: Office, clock: str) -> None:
    make_assignment(office)
    with at(FIRST, clock):
        rights = office.rights("reviewer")
        with pytest.raises(Refused, match="Chưa đến ngày"):
            transferring.transfer(office.division, wish(office.division, office.other_division, on=FIRST + DAY), rights)
        transferring.transfer(office.division, wish(office.division, office.other_division, on=FIRST), rights)
    office.division.refresh_from_db()
    assert office.division.until == FIRST - DAY


def test_delegation_is_given_from_the_local_day_on(client: Client, office: Office) -> None:
    """At 00:30 UTC still has yesterday: today is allowed, yesterday is not."""
    client.force_login(office["head"])
    given = {"substitute": office["colleague"].pk, "roles": ["head"], "until": f"{LAST:%d/%m/%Y}", "legal_basis": ""}
    with at(FIRST, "00:30"):
        page = client.post("/uy-quyen/lap/", given | {"since": f"{FIRST - DAY:%d/%m/%Y}"})
        assert "Ủy quyền không bắt đầu trước hôm nay" in page.content.decode()
        assert client.post("/uy-quyen/lap/", given | {"since": f"{FIRST:%d/%m/%Y}"}).status_code == 302
        assert office.division.pk in office.rights("colleague").headed_units
    with at(LAST, "23:30"):
        client.force_login(office["head"])
        row = Delegation.objects.get()
        assert client.post(f"/uy-quyen/{row.pk}/ket-thuc/").status_code == 302
        assert not office.rights("colleague").headed_units
    assert START < Delegation.objects.get().since == FIRST
