"""A step that names a person is theirs while their post is; what leadership asked about ends with leadership."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils.timezone import localdate

from notifications.models import Notice
from notifications.registry import say
from organization.enums import Role
from organization.models import Post
from plans.enums import Confirmation
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import directing, progress, reviewing, services
from workflow.errors import Refused
from workflow.levels import ASKED_BY_LEADERSHIP, confirmable, why_not_confirmed
from workflow.models import Assignment, Case, Step

pytestmark = pytest.mark.django_db
YESTERDAY = timedelta(days=1)


def leaves(office: Office, name: str) -> None:
    Post.objects.filter(user=office[name]).update(until=localdate() - YESTERDAY)


def takes(office: Office, name: str, role: Role) -> None:
    Post.objects.create(
        agency=office.agency, unit=office.other_division, user=office[name], role=role, since=localdate()
    )


def may(office: Office, name: str, assignment: Assignment) -> bool:
    return Step.objects.inbox(office.rights(name)).filter(process_id=assignment.pk).exists()


def test_leader_who_became_a_head_approves_no_more(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    assert may(office, "leader", assignment)
    leaves(office, "leader")
    takes(office, "leader", Role.HEAD)
    assert not may(office, "leader", assignment)
    with pytest.raises(PermissionDenied):
        services.approve(step.pk, office.rights("leader"), seen=last_digest(assignment))


def test_officer_without_a_post_works_no_more(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    leaves(office, "officer")
    with pytest.raises(PermissionDenied):
        services.finish(step.pk, office.rights("officer"), statement="Đã xong")


def test_who_said_how_it_goes_on_judges_nothing_of_it(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    progress.update(assignment.pk, progress.Said("Đã thu thập số liệu"), office.rights("head"))
    walk(office, assignment, "review")
    takes(office, "head", Role.OFFICER)
    Post.objects.filter(user=office["head"]).update(unit=office.office, role=Role.REVIEWER)
    assert not may(office, "head", assignment)


def confirmable_one(office: Office) -> Assignment:
    assignment = make_assignment(office)
    assignment.measure.confirmation = Confirmation.OFFICE
    assignment.measure.save()
    walk(office, assignment, "review")
    return assignment


def test_office_has_the_last_word_on_what_comes_once(office: Office) -> None:
    assignment = confirmable_one(office)
    assert confirmable([assignment.pk]) == {assignment.pk}
    services.confirm(open_step(assignment).pk, office.rights("reviewer"), seen=last_digest(assignment))
    assert Case.objects.get(pk=assignment.pk).finished


def test_what_leadership_asked_about_goes_back_to_it(office: Office) -> None:
    assignment = confirmable_one(office)
    seen = last_digest(assignment)
    services.accept(open_step(assignment).pk, office.rights("reviewer"), seen=seen)
    services.ask_the_office(open_step(assignment).pk, office.rights("leader"), seen=seen, question="Số liệu ở đâu ra?")
    assert why_not_confirmed(assignment.case) == ASKED_BY_LEADERSHIP
    assert confirmable([assignment.pk]) == set()
    step = open_step(assignment)
    with pytest.raises(Refused, match="yêu cầu làm rõ"):
        services.confirm(step.pk, office.rights("reviewer"), seen=seen)
    with pytest.raises(Refused, match="Ghi phần trả lời"):
        services.accept(step.pk, office.rights("reviewer"), seen=seen)
    services.accept(step.pk, office.rights("reviewer"), seen=seen, note="Từ hệ thống một cửa, ngày 01/11")
    assert open_step(assignment).stage == "approve"


def test_second_return_is_told_to_who_accepted_the_round_before(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "approve")
    services.return_work(
        step.pk, office.rights("leader"), seen=last_digest(assignment), reason="Thiếu biểu", direct=True
    )
    step = walk(office, assignment, "approve")
    Notice.objects.all().delete()
    services.return_work(step.pk, office.rights("leader"), seen=last_digest(assignment), reason="Vẫn thiếu")
    assert Notice.objects.filter(kind="case.returned", to=office["reviewer"]).exists()


def test_other_reason_alone_says_nothing(client: Client, office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "review")
    client.force_login(office["reviewer"])
    given = {"decision": "returned", "seen": last_digest(assignment), "reasons": ["other"]}
    client.post(f"/buoc/{step.pk}/ra-soat/", given)
    assert open_step(assignment).pk == step.pk
    client.post(f"/buoc/{step.pk}/ra-soat/", given | {"wanted": "Bổ sung biểu số 2"})
    assert open_step(assignment).stage == "execute"


def test_confirmed_cause_is_told_to_the_unit_and_the_office(office: Office) -> None:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    Case.objects.filter(pk=assignment.pk).update(
        original_due_on=localdate() - YESTERDAY, due_on=localdate() - YESTERDAY
    )
    directing.confirm_cause(assignment.pk, office.rights("leader"), reason="Chờ thông tư của Bộ")
    told = Notice.objects.filter(kind="case.excused")
    assert {"officer", "head", "reviewer"} <= {name for name in office.people if told.filter(to=office[name]).exists()}
    assert "Chờ thông tư của Bộ" in next(iter(say(list(told)).values())).text


def test_who_is_named_to_review_hears_of_it_and_so_does_who_was(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    for name in ("other_head", "head"):
        reviewing.name_reviewer(assignment.pk, office[name], office.rights("leader"), note="Độc lập")
    told = Notice.objects.filter(kind="case.reviewer_named")
    assert [(one.to, one.params["named"]) for one in sorted(told, key=lambda one: (one.at, one.params["named"]))] == [
        (office["other_head"], True), (office["other_head"], False), (office["head"], True),
    ]  # fmt: skip
    assert "chỉ định bạn rà soát chéo" in next(iter(say(list(told)).values())).text
