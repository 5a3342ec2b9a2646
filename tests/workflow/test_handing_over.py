"""Bàn giao: who may, to whom, what stands in the history; many at once; and rà soát chéo."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry
from evidence.models import Use
from notifications.models import Notice
from organization.enums import Role
from organization.models import Delegation, Post
from tests.office import START, Office, last_digest, make_assignment, make_document, make_person, open_step, walk
from workflow import engine, reviewing, services
from workflow.errors import Refused, StaleStep
from workflow.holding import CROSS_REVIEW, OFFICE_LEADS
from workflow.models import Assignment, Case, HandOver, Step

pytestmark = pytest.mark.django_db


def signed_in(office: Office, who: str) -> Client:
    client = Client()
    client.force_login(office[who])
    return client


def hand(step: Step, to: str, office: Office, by: str, note: str = "Nghỉ phép") -> Step:
    return engine.hand_over(step.pk, office[to], office.rights(by), note=note)


@pytest.mark.parametrize("by", ["leader", "director", "reviewer", "chief"])
def test_approval_goes_to_another_leader(office: Office, by: str) -> None:
    step = walk(office, make_assignment(office), "approve")
    hand(step, "other_leader", office, by)
    assert open_step(Assignment.objects.get()).owner == office["other_leader"]
    row = HandOver.objects.get()
    assert (row.former, row.to, row.by, row.judging, row.reason) == (
        office["leader"], office["other_leader"], office[by], True, "Nghỉ phép",
    )  # fmt: skip
    entry = Entry.objects.get(verb="approve.handed_over")
    assert (entry.actor, entry.subject) == (office[by].pk, f"case:{step.process_id}")
    assert office["other_leader"].pk in Notice.objects.filter(kind="step.handed_over").values_list("to_id", flat=True)


@pytest.mark.parametrize("by", ["head", "officer", "other_leader", "other_head", "clerk", "viewer", "administrator"])
def test_others_do_not_hand_an_approval_over(office: Office, by: str) -> None:
    step = walk(office, make_assignment(office), "approve")
    with pytest.raises(PermissionDenied):
        hand(step, "director", office, by)


def test_any_leader_takes_what_a_leader_who_left_holds(office: Office) -> None:
    step = walk(office, make_assignment(office), "approve")
    Post.objects.filter(user=office["leader"]).update(until=localdate() - timedelta(days=1))
    hand(step, "other_leader", office, "other_leader")
    assert open_step(Assignment.objects.get()).owner == office["other_leader"]


@pytest.mark.parametrize("to", ["head", "reviewer", "leader", "viewer"])
def test_approval_goes_to_nobody_but_another_leader(office: Office, to: str) -> None:
    step = walk(office, make_assignment(office), "approve")
    with pytest.raises(Refused):
        hand(step, to, office, "director")


def test_approval_does_not_go_to_a_leader_who_took_part(office: Office) -> None:
    Post.objects.create(
        agency=office.agency, user=office["other_leader"], unit=office.division, role=Role.HEAD, since=START
    )
    step = walk(office, make_assignment(office), "approve")
    with pytest.raises(Refused, match="thuộc đơn vị chủ trì"):
        hand(step, "other_leader", office, "director")


def test_office_does_not_choose_who_approves_its_own_work(office: Office) -> None:
    step = walk(office, make_assignment(office, lead=office.office), "approve", officer="office_officer", head="chief")
    for by in ("chief", "reviewer"):
        with pytest.raises(PermissionDenied):
            hand(step, "other_leader", office, by)
    hand(step, "other_leader", office, "director")


@pytest.mark.parametrize("stage", ["assign", "submit", "review"])
def test_step_held_by_a_role_is_handed_over_by_nobody(office: Office, stage: str) -> None:
    step = walk(office, make_assignment(office), stage)
    for by in ("head", "director", "reviewer"):
        with pytest.raises(PermissionDenied):
            hand(step, "colleague", office, by)


def test_reason_and_another_holder_are_needed(office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    with pytest.raises(Refused, match="Chưa ghi lý do"):
        hand(step, "colleague", office, "head", note="  ")
    with pytest.raises(Refused, match="đang giữ bước này"):
        hand(step, "officer", office, "head")
    with pytest.raises(Refused, match="không thuộc đơn vị chủ trì"):
        hand(step, "other_officer", office, "head")


def test_hand_over_from_a_page_that_is_old_is_refused(office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    hand(step, "colleague", office, "head")
    with pytest.raises(Refused, match="vừa được bàn giao"):
        engine.hand_over(step.pk, office["deputy"], office.rights("head"), note="Nghỉ", held_by=office["officer"].pk)
    services.finish(step.pk, office.rights("colleague"), statement="Đã xong")
    with pytest.raises(StaleStep):
        hand(step, "officer", office, "head")


def test_substitute_hands_over_in_the_name_of_the_head(office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["other_officer"], roles=["head"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    step = walk(office, make_assignment(office), "execute")
    hand(step, "colleague", office, "other_officer")
    assert HandOver.objects.get().on_behalf_of == office["head"]
    page = signed_in(office, "head").get(f"/nhiem-vu/{step.process_id}/").content.decode()
    assert "đã bàn giao bước Thực hiện từ Nguyễn Văn Hùng cho Nông Thị Thuỳ, thay Lương Thu Hạnh" in page


def test_history_shows_the_hand_over_on_task_and_step(office: Office) -> None:
    step = walk(office, make_assignment(office), "execute")
    hand(step, "colleague", office, "head", note="Điều động sang Thanh tra")
    client = signed_in(office, "colleague")
    for address in (f"/nhiem-vu/{step.process_id}/", f"/buoc/{step.pk}/thuc-hien/"):
        page = client.get(address).content.decode()
        assert "đã bàn giao bước Thực hiện từ Nguyễn Văn Hùng cho Nông Thị Thuỳ" in page
        assert "Điều động sang Thanh tra" in page


def reviews(office: Office, who: str, step: Step) -> bool:
    return Step.objects.actionable(office.rights(who)).filter(pk=step.pk).exists()


def test_who_held_the_work_before_does_not_review_it(office: Office) -> None:
    """They did nothing that stands in a closed step, but they had it in hand."""
    step = walk(office, make_assignment(office), "execute")
    hand(step, "colleague", office, "head")
    Post.objects.create(
        agency=office.agency, user=office["officer"], unit=office.office, role=Role.REVIEWER, since=START
    )
    Post.objects.filter(user=office["officer"], unit=office.division).update(until=localdate() - timedelta(days=1))
    review = walk(office, Assignment.objects.get(), "review", officer="colleague")
    assert not reviews(office, "officer", review)
    assert reviews(office, "reviewer", review)


def test_who_handed_the_work_over_does_not_review_it(office: Office) -> None:
    """Choosing the officer is assigning, in whosever name."""
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["reviewer"], roles=["head"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    step = walk(office, make_assignment(office), "execute")
    hand(step, "colleague", office, "reviewer")
    review = walk(office, Assignment.objects.get(), "review", officer="colleague")
    assert (reviews(office, "reviewer", review), reviews(office, "chief", review)) == (False, True)


def test_who_put_a_document_beside_the_work_does_not_review_it(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    document = make_document(office, office["officer"])
    Use.objects.create(
        agency=office.agency, document=document, subject=f"case:{assignment.pk}", by=office["reviewer"], at=document.at
    )
    review = walk(office, assignment, "review")
    assert (reviews(office, "reviewer", review), reviews(office, "chief", review)) == (False, True)


def test_judge_who_handed_the_approval_over_took_no_part(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    hand(step, "other_leader", office, "leader")
    hand(open_step(assignment), "leader", office, "director")
    services.approve(step.pk, office.rights("leader"), seen=last_digest(assignment))


# many at once


def many(office: Office, who: str = "officer") -> str:
    return f"{reverse('workflow:hand_over_many')}?nguoi={office[who].pk}"


def test_everything_of_one_person_goes_to_another_and_each_row_says_so(office: Office) -> None:
    steps = [walk(office, make_assignment(office, task=f"Việc {number}"), "execute") for number in range(3)]
    client = signed_in(office, "head")
    page = client.get(many(office)).content.decode()
    assert page.count('name="step"') == 3
    services.finish(steps[2].pk, office.rights("officer"), statement="Đã xong")
    data = {"step": [step.pk for step in steps], "to": office["colleague"].pk, "reason": "Chuyển công tác"}
    page = client.post(many(office), data).content.decode()
    assert "Đã bàn giao 02 trên 02 việc" in page
    assert [Step.objects.get(pk=step.pk).owner for step in steps] == [office["colleague"]] * 2 + [office["officer"]]


def test_row_that_cannot_go_stops_no_other(office: Office) -> None:
    here = walk(office, make_assignment(office), "execute")
    there = walk(
        office,
        make_assignment(office, lead=office.other_division),
        "execute",
        officer="other_officer",
        head="other_head",
    )
    Step.objects.filter(pk=there.pk).update(owner=office["officer"])
    Delegation.objects.create(agency=office.agency, principal=office["other_head"], substitute=office["head"], roles=["head"],
                              legal_basis="15/UQ", since=START, until=date(2099, 1, 1))  # fmt: skip
    data = {"step": [here.pk, there.pk], "to": office["colleague"].pk, "reason": "Chuyển công tác"}
    page = signed_in(office, "head").post(many(office), data).content.decode()
    assert "Đã bàn giao 01 trên 02 việc" in page
    assert "Nông Thị Thuỳ không thuộc đơn vị chủ trì" in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": "Nghỉ"}, "Chọn người nhận."),
        ({"to": "colleague"}, "Chưa ghi lý do bàn giao"),
        ({"to": "colleague", "reason": "Nghỉ", "step": []}, "Chưa chọn việc nào"),
    ],
)
def test_bulk_says_what_is_missing(office: Office, given: dict[str, str], words: str) -> None:
    step = walk(office, make_assignment(office), "execute")
    data = {"step": [step.pk]} | given | ({"to": office[given["to"]].pk} if "to" in given else {})
    page = signed_in(office, "head").post(many(office), data).content.decode()
    assert words in page
    assert not HandOver.objects.exists()


def test_bulk_shows_only_what_is_ones_own_to_hand_over(office: Office, other_office: Office) -> None:
    walk(office, make_assignment(office), "execute")
    walk(other_office, make_assignment(other_office), "execute")
    assert signed_in(office, "head").get(many(other_office)).status_code == 404
    assert {who: signed_in(office, who).get(many(office)).status_code for who in ("head", "officer", "other_head", "reviewer", "administrator")} == {
        "head": 200, "officer": 200, "other_head": 404, "reviewer": 404, "administrator": 404,
    }  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
def test_bulk_costs_the_same_whatever_its_length(
    office: Office, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(rows):
        walk(office, make_assignment(office), "execute")
    client = signed_in(office, "head")
    with django_assert_num_queries(9):
        client.get(many(office))


def test_one_step_page_is_for_who_may(office: Office, other_office: Office) -> None:
    step = walk(office, make_assignment(office), "approve")
    address = reverse("workflow:hand_over", args=[step.process_id])
    statuses = {
        who: signed_in(office, who).get(address).status_code
        for who in ("leader", "director", "reviewer", "head", "other_head")
    }
    assert statuses == {"leader": 200, "director": 200, "reviewer": 200, "head": 403, "other_head": 404}
    assert signed_in(other_office, "director").get(address).status_code == 404
    answer = signed_in(office, "director").post(address, {"to": office["other_leader"].pk, "reason": "Đi công tác"})
    assert answer.status_code == 302
    assert open_step(Assignment.objects.get()).owner == office["other_leader"]


# rà soát chéo


def name(office: Office, case: int, reviewer: str, by: str = "leader") -> int:
    data = {"reviewer": office[reviewer].pk if reviewer else "", "note": ""}
    return signed_in(office, by).post(reverse("workflow:name_reviewer", args=[case]), data).status_code


def test_work_of_the_office_goes_to_the_named_reviewer(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    assert name(office, assignment.pk, "other_head") == 302
    step = walk(office, assignment, "review", officer="office_officer", head="chief")
    assert (step.owner, step.remark) == (office["other_head"], CROSS_REVIEW)
    assert reviews(office, "other_head", step)
    assert not reviews(office, "reviewer", step)
    assert Notice.objects.filter(to=office["other_head"], kind="step.arrived").exists()
    step = services.accept(step.pk, office.rights("other_head"), seen=last_digest(assignment))
    assert step.owner == office["leader"]
    assert Entry.objects.filter(verb="assignment.reviewer_named").count() == 1


def test_named_reviewer_who_left_is_passed_over(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    name(office, assignment.pk, "other_head")
    Post.objects.filter(user=office["other_head"]).update(until=localdate() - timedelta(days=1))
    step = walk(office, assignment, "approve", officer="office_officer", head="chief")
    assert step.remark == OFFICE_LEADS


@pytest.mark.parametrize("reviewer", ["chief", "reviewer", "office_officer", "viewer", "administrator"])
def test_named_reviewer_stands_apart(office: Office, reviewer: str) -> None:
    assignment = make_assignment(office, lead=office.office)
    assert name(office, assignment.pk, reviewer) == 200
    case = Case.objects.get(pk=assignment.pk)
    with pytest.raises(Refused):
        reviewing.name_reviewer(case.pk, office[reviewer], office.rights("leader"))


def test_reviewer_is_named_only_where_the_office_cannot(office: Office) -> None:
    assignment = make_assignment(office)
    with pytest.raises(Refused, match="không cần rà soát chéo"):
        reviewing.name_reviewer(assignment.pk, office["other_head"], office.rights("leader"))
    Post.objects.filter(role=Role.REVIEWER).update(until=localdate() - timedelta(days=1))
    reviewing.name_reviewer(assignment.pk, office["other_head"], office.rights("leader"))
    assert walk(office, assignment, "review").owner == office["other_head"]


def test_only_leadership_of_the_agency_names_a_reviewer(office: Office, other_office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    assert name(office, assignment.pk, "other_head", by="chief") == 403
    assert name(office, assignment.pk, "other_head", by="other_head") == 404
    assert name(other_office, assignment.pk, "other_head") == 404
    with pytest.raises(PermissionDenied):
        reviewing.name_reviewer(assignment.pk, office["other_head"], office.rights("chief"))


def test_leadership_takes_the_naming_back(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    name(office, assignment.pk, "other_head")
    name(office, assignment.pk, "")
    assert walk(office, assignment, "approve", officer="office_officer", head="chief").remark == OFFICE_LEADS


def test_leadership_gives_the_review_to_another(office: Office) -> None:
    office.people["apart"] = make_person(office.other_division, "Trần Văn Bình", Role.OFFICER)
    assignment = make_assignment(office, lead=office.office)
    name(office, assignment.pk, "other_head")
    step = walk(office, assignment, "review", officer="office_officer", head="chief")
    with pytest.raises(PermissionDenied):
        hand(step, "apart", office, "chief")
    with pytest.raises(Refused):
        hand(step, "reviewer", office, "leader")
    hand(step, "apart", office, "leader")
    assert reviews(office, "apart", open_step(assignment))
