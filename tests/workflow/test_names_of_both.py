"""Thay: what a substitute does stands with both names in step, ledger, history and notices, for every verb."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.models import Delegation
from tests.office import START, Office, last_digest, make_assignment, open_step, walk
from tests.workflow.test_transferring import wish
from workflow import reviewing, services, stopping, transferring
from workflow.models import Assignment, Case, HandOver, Step, Suspension

pytestmark = pytest.mark.django_db


def lend(office: Office, principal: str, substitute: str, role: str, until: date = date(2099, 1, 1)) -> None:
    Delegation.objects.create(agency=office.agency, principal=office[principal], substitute=office[substitute], roles=[role],
                              legal_basis="15/UQ", since=START, until=until)  # fmt: skip


@pytest.fixture
def deputised(office: Office) -> Office:
    """An officer of another division stands in for the leader in charge."""
    lend(office, "leader", "other_officer", "leader")
    return office


def dropped(office: Office, work: Assignment) -> None:
    stopping.discontinue(open_step(work).pk, office.rights("other_officer"), number="12/QĐ", dated=localdate())


def paused(office: Office, work: Assignment) -> None:
    stopping.suspend(work.pk, office.rights("other_officer"), reason="Chờ hướng dẫn")


def resumed(office: Office, work: Assignment) -> None:
    paused(office, work)
    stopping.resume(work.pk, office.rights("other_officer"))


def reopened(office: Office, work: Assignment) -> None:
    walk(office, work, "end")
    services.reopen(Case.objects.get(pk=work.pk), office.rights("other_officer"), reason="Số liệu chưa khớp")


def returned(office: Office, work: Assignment) -> None:
    step = walk(office, work, "approve")
    services.return_work(step.pk, office.rights("other_officer"), seen=last_digest(work), reason="Bổ sung")


@pytest.mark.parametrize(
    ("verb", "entry", "words"),
    [
        (dropped, "execute.discontinued", "đã dừng thực hiện"),
        (paused, "case.paused", "đã tạm dừng"),
        (resumed, "case.resumed", "đã cho tiếp tục"),
        (reopened, "case.reopened", "đã mở lại"),
        (returned, "approve.returned", "đã trả lại, chưa đạt yêu cầu"),
    ],
)
def test_both_names_stand_in_ledger_history_and_notice(
    client: Client, deputised: Office, verb: Callable[[Office, Assignment], None], entry: str, words: str
) -> None:
    office, work = deputised, make_assignment(deputised)
    walk(office, work, "execute")
    Notice.objects.all().delete()
    verb(office, work)
    row = Entry.objects.get(verb=entry)
    assert (row.actor, row.on_behalf_of) == (office["other_officer"].pk, office["leader"].pk)
    client.force_login(office["officer"])
    for address in (f"/nhiem-vu/{work.pk}/", f"/nhiem-vu/{work.pk}/qua-trinh/"):
        page = client.get(address).content.decode()
        assert words in page
        assert "thay Nông Đức Ánh" in page
    told = say(Notice.objects.filter(to=office["officer"], params__has_key="behalf").order_by("-pk")[:1])
    assert "Nguyễn Văn Hùng (Phòng Kinh tế ngành) thay Nông Đức Ánh (Lãnh đạo Sở) đã" in told.popitem()[1].text


def test_own_role_comes_first(office: Office) -> None:
    """Who is of leadership themselves leads in their own name, whoever lent them more."""
    lend(office, "leader", "other_leader", "leader")
    work = make_assignment(office)
    walk(office, work, "execute")
    stopping.suspend(work.pk, office.rights("other_leader"), reason="Chờ")
    pause = Suspension.objects.get()
    assert (pause.by, pause.on_behalf_of, pause.who) == (office["other_leader"], None, "Chu Đức Ế")


def test_reviewer_is_named_and_unit_transferred_in_the_name_of_the_leader(deputised: Office) -> None:
    office = deputised
    own, rights = make_assignment(office, lead=office.office), office.rights("other_officer")
    reviewing.name_reviewer(own.pk, office["other_head"], rights)
    make_assignment(office)
    row = transferring.transfer(office.division, wish(office.division, office.other_division), rights)
    assert (row.on_behalf_of, HandOver.objects.get().on_behalf_of) == (office["leader"], office["leader"])
    assert row.who == "Nguyễn Văn Hùng thay Nông Đức Ánh"
    entries = Entry.objects.filter(verb__in=("assignment.reviewer_named", "case.transferred", "unit.ended"))
    assert set(entries.values_list("verb", "on_behalf_of")) == {
        (verb, office["leader"].pk) for verb in ("assignment.reviewer_named", "case.transferred", "unit.ended")
    }


def test_recall_is_in_the_name_in_which_it_was_handed_in_and_ends_with_the_delegation(office: Office) -> None:
    lend(office, "head", "other_officer", "head")
    work = make_assignment(office)
    step = walk(office, work, "submit")
    review = services.submit(step.pk, office.rights("other_officer"), statement="Đã xong")
    Delegation.objects.update(until=localdate() - timedelta(days=1))
    with pytest.raises(PermissionDenied):
        services.recall(review.pk, office.rights("other_officer"))
    Delegation.objects.update(until=localdate())
    services.recall(review.pk, office.rights("other_officer"))
    pulled = Step.objects.get(pk=review.pk)
    assert (pulled.acted_by, pulled.on_behalf_of) == (office["other_officer"], office["head"])


def test_principal_takes_back_what_was_handed_in_for_them(office: Office) -> None:
    lend(office, "head", "other_officer", "head")
    step = walk(office, make_assignment(office), "submit")
    review = services.submit(step.pk, office.rights("other_officer"), statement="Đã xong")
    services.recall(review.pk, office.rights("head"))
    assert Step.objects.get(pk=review.pk).who == "Lương Thu Hạnh"


def test_pages_of_the_next_person_name_both(client: Client, office: Office) -> None:
    """Who accepted, who asked, who returned: as the leader, Văn phòng and the officer read it."""
    lend(office, "reviewer", "clerk", "reviewer")
    lend(office, "leader", "other_officer", "leader")
    work = make_assignment(office)
    review = walk(office, work, "review")
    step = services.accept(review.pk, office.rights("clerk"), seen=last_digest(work))
    client.force_login(office["leader"])
    page = client.get(f"/buoc/{step.pk}/phe-duyet/").content.decode()
    assert "Nguyễn Thị Lan thay Nguyễn Đức Hạnh đã rà soát" in page
    back = services.ask_the_office(step.pk, office.rights("other_officer"), seen=last_digest(work), question="Số nào?")
    client.force_login(office["chief"])
    page = client.get(f"/buoc/{back.pk}/ra-soat/").content.decode()
    assert "Nguyễn Văn Hùng thay Nông Đức Ánh yêu cầu làm rõ" in page
    answer = client.get(f"/buoc/{step.pk}/phe-duyet/", follow=True).content.decode()
    assert "Nguyễn Văn Hùng thay Nông Đức Ánh đã yêu cầu" in answer
    last = services.return_work(back.pk, office.rights("clerk"), seen=last_digest(work), reason="Thiếu biểu")
    client.force_login(office["officer"])
    page = client.get(f"/buoc/{last.pk}/thuc-hien/").content.decode()
    assert "Nguyễn Thị Lan thay Nguyễn Đức Hạnh" in page
