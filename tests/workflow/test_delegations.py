"""Ủy quyền: who may lend what to whom, who is told, and what a substitute may do."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.enums import Role
from organization.models import Delegation, Post
from organization.rights import rights_of
from tests.office import START, Office, last_digest, make_assignment, make_person, open_step, walk
from workflow import services
from workflow.models import Step

pytestmark = pytest.mark.django_db

LIST, GIVE = "/uy-quyen/", "/uy-quyen/lap/"


def lend(office: Office, principal: str, substitute: str, *roles: str, **dates: date) -> Delegation:
    return Delegation.objects.create(
        agency=office.agency, principal=office[principal], substitute=office[substitute], roles=list(roles),
        legal_basis="15/UQ", **{"since": START, "until": date(2099, 1, 1)} | dates,
    )  # fmt: skip


def filled(office: Office, substitute: str, *roles: str, days: tuple[int, int] = (0, 5), **more: Any) -> dict[str, Any]:
    since, until = (localdate() + timedelta(days=day) for day in days)
    return {"substitute": office[substitute].pk, "roles": list(roles), "since": f"{since:%d/%m/%Y}",
            "until": f"{until:%d/%m/%Y}", "legal_basis": ""} | more  # fmt: skip


def post(client: Client, office: Office, who: str, data: dict[str, Any]) -> Any:
    client.force_login(office[who])
    return client.post(GIVE, data)


def test_head_lends_their_own_role_and_the_substitute_is_told(client: Client, office: Office) -> None:
    answer = post(client, office, "head", filled(office, "colleague", "head"))
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    row = Delegation.objects.get()
    assert (row.principal, row.substitute, row.roles, row.by) == (
        office["head"],
        office["colleague"],
        ["head"],
        office["head"],
    )
    notice = Notice.objects.get(kind="delegation.given")
    assert notice.to == office["colleague"]
    said = say([notice])[notice.pk]
    assert said.title == "Lương Thu Hạnh ủy quyền cho Nông Thị Thuỳ"
    assert said.url == LIST
    entry = Entry.objects.get(verb="delegation.given")
    assert (entry.stream, entry.actor, entry.subject) == ("access", office["head"].pk, f"user:{office['head'].pk}")
    assert office.division.pk in office.rights("colleague").headed_units


@pytest.mark.parametrize(
    ("substitute", "roles", "days", "words"),
    [
        ("colleague", (), (0, 5), "Chọn ít nhất một vai trò."),
        ("colleague", ("head",), (-1, 5), "Ủy quyền không bắt đầu trước hôm nay."),
        ("colleague", ("head",), (5, 4), "Đến ngày phải từ ngày bắt đầu trở đi."),
        ("colleague", ("director",), (0, 5), "Người ủy quyền không giữ vai trò này."),
        ("viewer", ("head",), (0, 5), "Người này không nhận ủy quyền được."),
        ("administrator", ("head",), (0, 5), "Người này không nhận ủy quyền được."),
        ("head", ("head",), (0, 5), "Người này không nhận ủy quyền được."),
    ],
)
def test_delegation_that_makes_no_sense_is_refused(
    client: Client, office: Office, substitute: str, roles: tuple[str, ...], days: tuple[int, int], words: str
) -> None:
    answer = post(client, office, "head", filled(office, substitute, *roles, days=days))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Delegation.objects.exists()


def test_somebody_of_another_agency_is_not_offered(client: Client, office: Office, other_office: Office) -> None:
    answer = post(client, office, "head", filled(other_office, "colleague", "head"))
    assert answer.status_code == 200
    assert not Delegation.objects.exists()


def test_same_role_is_not_lent_twice_at_a_time(client: Client, office: Office) -> None:
    post(client, office, "head", filled(office, "colleague", "head", days=(3, 9)))
    answer = post(client, office, "head", filled(office, "officer", "head", days=(0, 3)))
    assert "đã ủy quyền cho Nông Thị Thuỳ" in answer.content.decode()
    assert post(client, office, "head", filled(office, "officer", "head", days=(0, 2))).status_code == 302


def test_who_is_away_does_not_stand_in_for_another(client: Client, office: Office) -> None:
    post(client, office, "head", filled(office, "deputy", "head"))
    answer = post(client, office, "other_head", filled(office, "head", "head"))
    assert "không nhận thay được" in answer.content.decode()


def test_officer_has_nothing_to_lend(client: Client, office: Office) -> None:
    client.force_login(office["officer"])
    assert client.get(GIVE).status_code == 403
    assert client.get(LIST).status_code == 200


def test_administrator_records_a_signed_paper_for_an_absent_person(client: Client, office: Office) -> None:
    data = filled(office, "chief", "director", principal=office["director"].pk)
    assert post(client, office, "administrator", data).status_code == 200
    assert not Delegation.objects.exists()
    assert (
        post(client, office, "administrator", data | {"legal_basis": "12/UQ-SKHĐT ngày 03/6/2024"}).status_code == 302
    )
    row = Delegation.objects.get()
    assert (row.principal, row.by) == (office["director"], office["administrator"])
    assert set(Notice.objects.values_list("to_id", flat=True)) == {office["director"].pk, office["chief"].pk}


def test_ending_early_takes_the_rights_at_once_and_keeps_the_row(client: Client, office: Office) -> None:
    post(client, office, "head", filled(office, "colleague", "head"))
    row = Delegation.objects.get()
    client.force_login(office["colleague"])
    assert client.post(f"{LIST}{row.pk}/ket-thuc/").status_code == 403
    client.force_login(office["other_head"])
    assert client.post(f"{LIST}{row.pk}/ket-thuc/").status_code == 404
    client.force_login(office["head"])
    client.post(f"{LIST}{row.pk}/ket-thuc/")
    row.refresh_from_db()
    assert row.ended_by == office["head"]
    assert not office.rights("colleague").headed_units
    given = Notice.objects.get(kind="delegation.given")
    ended = Notice.objects.get(kind="delegation.ended")
    assert still_true([given, ended]) == {ended.pk}
    again = client.post(f"{LIST}{row.pk}/ket-thuc/", follow=True)
    assert "Ủy quyền này đã kết thúc" in again.content.decode()


def test_stranger_ends_nothing(client: Client, office: Office, other_office: Office) -> None:
    row = lend(office, "head", "colleague", "head")
    client.force_login(other_office["administrator"])
    assert client.post(f"{LIST}{row.pk}/ket-thuc/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_whatever_its_length(
    client: Client, office: Office, other_office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lend(other_office, "head", "colleague", "head")
    for number in range(rows):
        lend(office, "head", "colleague", "head", since=date(2021 + number, 1, 1), until=date(2021 + number, 2, 1))
    client.force_login(office["administrator"])
    with django_assert_num_queries(7):
        page = client.get(LIST).content.decode()
    assert page.count("Lương Thu Hạnh → Nông Thị Thuỳ") == rows


def test_what_arrives_is_told_to_the_substitute_too(office: Office) -> None:
    lend(office, "leader", "other_leader", "leader")
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    told = Notice.objects.filter(kind="step.arrived", params__step=step.pk).order_by("pk")
    assert [notice.to for notice in told] == [office["leader"], office["other_leader"]]
    assert say(told)[told[1].pk].text.endswith("Được báo vì đang thay Nông Đức Ánh (Lãnh đạo Sở).")
    assert still_true(told) == {notice.pk for notice in told}
    Delegation.objects.update(until=localdate() - timedelta(days=1))
    assert still_true(told) == {told[0].pk}


def test_role_that_is_not_lent_is_not_told(office: Office) -> None:
    Post.objects.create(
        agency=office.agency, user=office["leader"], unit=office.other_division, role=Role.HEAD, since=START
    )
    lend(office, "leader", "other_officer", "head")
    step = walk(office, make_assignment(office), "approve")
    assert [notice.to for notice in Notice.objects.filter(params__step=step.pk)] == [office["leader"]]
    assert not Step.objects.actionable(office.rights("other_officer")).filter(pk=step.pk).exists()


def test_substitute_acts_and_both_names_stand(client: Client, office: Office) -> None:
    lend(office, "leader", "other_leader", "leader")
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    client.force_login(office["other_leader"])
    page = client.get(f"/buoc/{step.pk}/phe-duyet/").content.decode()
    assert "Đang xử lý thay" in page
    services.approve(step.pk, office.rights("other_leader"), seen=last_digest(assignment))
    step.refresh_from_db()
    assert (step.acted_by, step.on_behalf_of) == (office["other_leader"], office["leader"])
    entry = Entry.objects.get(verb="approve.approved")
    assert (entry.actor, entry.on_behalf_of) == (office["other_leader"].pk, office["leader"].pk)
    assert (
        "đã phê duyệt (lần nộp thứ 1), thay Nông Đức Ánh" in client.get(f"/nhiem-vu/{assignment.pk}/").content.decode()
    )


@pytest.mark.parametrize("substitute", ["head", "deputy", "officer", "colleague"])
def test_nobody_of_the_lead_unit_approves_in_the_name_of_a_leader(office: Office, substitute: str) -> None:
    """Also who took no part: the colleague."""
    lend(office, "leader", substitute, "leader")
    step = walk(office, make_assignment(office), "approve")
    assert not Step.objects.actionable(office.rights(substitute)).filter(pk=step.pk).exists()


def test_leader_who_sits_in_the_lead_unit_lends_no_judgement_of_it(office: Office) -> None:
    """The seat counts though only the leader's role is lent."""
    lend(office, "leader", "other_head", "leader")
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    assert Step.objects.actionable(office.rights("other_head")).filter(pk=step.pk).exists()
    Post.objects.create(agency=office.agency, user=office["leader"], unit=office.division, role=Role.HEAD, since=START)
    assert not Step.objects.actionable(office.rights("other_head")).filter(pk=step.pk).exists()


def test_who_submitted_in_anothers_name_approves_in_nobodys(office: Office) -> None:
    lend(office, "head", "other_head", "head")
    lend(office, "leader", "other_head", "leader")
    assignment = make_assignment(office)
    step = walk(office, assignment, "submit")
    services.submit(step.pk, office.rights("other_head"), statement="Đã xong")
    step = walk(office, assignment, "approve")
    assert not Step.objects.actionable(office.rights("other_head")).filter(pk=step.pk).exists()
    assert Step.objects.actionable(office.rights("leader")).filter(pk=step.pk).exists()


def test_principal_of_who_assigned_does_not_review(office: Office) -> None:
    """The reviewer lent the head's chair of another unit: what was assigned in their name is theirs."""
    person = make_person(office.office, "Trần Văn Bình", Role.REVIEWER)
    Post.objects.create(
        agency=office.agency, user=person, unit=office.other_division, role=Role.DEPUTY, since=START, authorised=True
    )
    Delegation.objects.create(agency=office.agency, principal=person, substitute=office["officer"], roles=["deputy"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    assignment = make_assignment(office, lead=office.other_division)
    services.assign(open_step(assignment).pk, office["other_officer"], office.rights("officer"))
    Post.objects.filter(user=person, role=Role.DEPUTY).update(until=localdate() - timedelta(days=1))
    step = walk(office, assignment, "review", officer="other_officer", head="other_head")
    assert not Step.objects.actionable(rights_of(person)).filter(pk=step.pk).exists()
    assert Step.objects.actionable(office.rights("reviewer")).filter(pk=step.pk).exists()


def test_what_a_role_gets_is_told_to_who_stands_in_for_its_people(office: Office, other_office: Office) -> None:
    """The head and Văn phòng see their own lists; while one is away, their substitute hears of each arrival."""
    lend(office, "head", "other_officer", "head")
    lend(office, "chief", "clerk", "reviewer")
    lend(other_office, "head", "colleague", "head")
    assignment = make_assignment(office)
    step = walk(office, assignment, "submit")
    (told,) = Notice.objects.filter(kind="step.arrived", params__step=step.pk)
    assert (told.to, told.params["instead_of"]) == (office["other_officer"], office["head"].pk)
    assert say([told])[told.pk].title.endswith("chờ nộp kết quả")
    assert say([told])[told.pk].text.endswith("Được báo vì đang thay Lương Thu Hạnh (Phòng Đăng ký kinh doanh).")
    assert still_true([told]) == {told.pk}
    review = services.submit(step.pk, office.rights("other_officer"), statement="Đã xong")
    told_of_review = Notice.objects.filter(kind="step.arrived", params__step=review.pk)
    assert [notice.to for notice in told_of_review] == [office["clerk"]]
    assert (still_true([told]), still_true(told_of_review)) == (set(), {told_of_review[0].pk})
    Delegation.objects.update(until=localdate() - timedelta(days=1))
    assert still_true(told_of_review) == set()
