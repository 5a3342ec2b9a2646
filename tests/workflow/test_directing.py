"""What leadership says beside the flow: directives, and objective causes of a delay."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.enums import Role
from organization.models import Delegation
from tests.office import START, Office, make_assignment, open_step, walk
from workflow import directing
from workflow.errors import Refused
from workflow.models import Case, Directive, ObjectiveCause

pytestmark = pytest.mark.django_db


def client_of(office: Office, name: str) -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def words(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def late(office: Office) -> Case:
    return make_assignment(office, due=localdate() - timedelta(days=20)).case


def test_directive_tells_and_moves_nothing(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    response = client_of(office, "leader").post(
        reverse("workflow:direct", args=[assignment.pk]), {"text": "Xong trước 15/12"}
    )
    assert response.status_code == 302
    assert open_step(assignment).pk == step.pk
    told = Notice.objects.filter(kind="case.directed")
    assert {notice.to_id for notice in told} == {
        office[name].pk for name in ("officer", "head", "deputy", "chief", "reviewer")
    }
    notice = told[0]
    assert "Xong trước 15/12" in say([notice])[notice.pk].text
    assert still_true([notice]) == {notice.pk}
    assert Entry.objects.filter(verb="case.directed", subject=assignment.case.subject).count() == 1
    task = words(client_of(office, "officer").get(reverse("workflow:task", args=[assignment.pk])))
    assert task.count("Xong trước 15/12") == 2
    assert "cho ý kiến chỉ đạo" in task
    assert "Xong trước 15/12" in words(client_of(office, "officer").get(reverse("workflow:execute", args=[step.pk])))


def test_directive_is_given_after_the_end_too(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "end")
    directing.direct(assignment.pk, office.rights("leader"), text="Phổ biến cách làm")
    task = words(client_of(office, "officer").get(reverse("workflow:task", args=[assignment.pk])))
    assert "Phổ biến cách làm" in task
    assert "Chuẩn bị lần nộp thứ 2" not in task


def test_directive_needs_words_and_keeps_its_form(office: Office) -> None:
    assignment = make_assignment(office)
    with pytest.raises(Refused, match="Chưa ghi ý kiến"):
        directing.direct(assignment.pk, office.rights("leader"), text="  ")
    shown = words(client_of(office, "leader").post(reverse("workflow:direct", args=[assignment.pk]), {"text": " "}))
    assert "Chưa ghi ý kiến chỉ đạo" in shown
    assert not Directive.objects.exists()


def test_directive_of_a_substitute_has_both_names(office: Office) -> None:
    Delegation.objects.create(
        agency=office.agency, principal=office["leader"], substitute=office["chief"], legal_basis="QĐ",
        roles=[Role.LEADER], since=START, until=localdate() + timedelta(days=9),
    )  # fmt: skip
    assignment = make_assignment(office)
    directive = directing.direct(assignment.pk, office.rights("chief"), text="Xong sớm")
    assert (directive.by, directive.on_behalf_of) == (office["chief"], office["leader"])
    task = words(client_of(office, "head").get(reverse("workflow:task", args=[assignment.pk])))
    assert "Hoàng Thu Nam, thay Nông Đức Ánh" in task


@pytest.mark.parametrize("page", ["workflow:direct", "workflow:confirm_cause"])
@pytest.mark.parametrize("name", ["officer", "head", "reviewer", "viewer"])
def test_pages_are_for_leadership(office: Office, late: Case, page: str, name: str) -> None:
    client = client_of(office, name)
    address = reverse(page, args=[late.pk])
    assert client.get(address).status_code == 403
    assert client.post(address, {"text": "Tôi chỉ đạo", "reason": "Mưa bão"}).status_code == 403
    assert not Directive.objects.exists()
    assert not ObjectiveCause.objects.exists()


@pytest.mark.parametrize("page", ["workflow:direct", "workflow:confirm_cause"])
def test_pages_of_another_agency_are_not_found(office: Office, other_office: Office, late: Case, page: str) -> None:
    address = reverse(page, args=[late.pk])
    for client in (client_of(other_office, "leader"), client_of(office, "other_officer")):
        assert client.get(address).status_code == 404
        assert client.post(address, {"text": "Lạ", "reason": "Lạ"}).status_code == 404
    with pytest.raises(Case.DoesNotExist):
        directing.direct(late.pk, other_office.rights("leader"), text="Lạ")
    with pytest.raises(Case.DoesNotExist):
        directing.confirm_cause(late.pk, other_office.rights("leader"), reason="Lạ")


def test_cause_is_confirmed_once_and_the_delay_stays(office: Office, late: Case) -> None:
    leader = client_of(office, "leader")
    task = reverse("workflow:task", args=[late.pk])
    assert "Xác nhận nguyên nhân khách quan" in words(leader.get(task))
    response = leader.post(reverse("workflow:confirm_cause", args=[late.pk]), {"reason": "Chờ thông tư của Bộ"})
    assert response.status_code == 302
    shown = words(leader.get(task))
    assert "Quá hạn" in shown
    assert "chậm do nguyên nhân khách quan" in shown
    assert "Chờ thông tư của Bộ" in shown
    assert "Xác nhận nguyên nhân khách quan" not in shown
    again = leader.post(reverse("workflow:confirm_cause", args=[late.pk]), {"reason": "Lần nữa"})
    assert again.status_code == 409
    assert "đã được xác nhận" in again.content.decode()
    assert "Lần nữa" in again.content.decode()
    assert Entry.objects.filter(verb="case.cause_confirmed").count() == 1


def test_cause_of_what_is_not_late_is_refused(office: Office) -> None:
    for assignment in (make_assignment(office), make_assignment(office, undated=True)):
        with pytest.raises(Refused, match="chưa chậm"):
            directing.confirm_cause(assignment.pk, office.rights("leader"), reason="Mưa bão")
    due_today = make_assignment(office, due=localdate())
    walk(office, due_today, "review")
    with pytest.raises(Refused, match="chưa chậm"):
        directing.confirm_cause(due_today.pk, office.rights("leader"), reason="Mưa bão")


def test_cause_of_what_was_extended_counts_from_the_first_date(office: Office, late: Case) -> None:
    Case.objects.filter(pk=late.pk).update(due_on=localdate() + timedelta(days=9))
    assert directing.confirm_cause(late.pk, office.rights("director"), reason="Mưa bão").by == office["director"]


def test_cause_needs_words_and_leadership(office: Office, late: Case) -> None:
    with pytest.raises(Refused, match="Chưa ghi nguyên nhân"):
        directing.confirm_cause(late.pk, office.rights("leader"), reason=" ")
    with pytest.raises(PermissionDenied):
        directing.confirm_cause(late.pk, office.rights("chief"), reason="Mưa bão")
