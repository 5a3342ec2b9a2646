"""The five steps with all their outcomes."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate

from notifications.models import Notice
from organization.enums import Role
from organization.models import Post
from organization.rights import rights_of
from tests.office import Office, last_digest, make_assignment, make_person, open_step, walk
from workflow import engine, services
from workflow.errors import ChangedUnder, Refused, StaleStep
from workflow.holding import NOBODY_TO_REVIEW, OFFICE_LEADS
from workflow.models import Case, Step

pytestmark = pytest.mark.django_db


def test_assignment_goes_through_five_steps_and_ends(office: Office) -> None:
    assignment = make_assignment(office)
    last = walk(office, assignment, "end")
    assert last.flow_task.name == "end"
    stages = list(Step.objects.filter(process_id=assignment.pk).order_by("id"))
    assert [step.stage for step in stages] == ["start", "assign", "execute", "submit", "review", "approve", "end"]
    assert Case.objects.get(pk=assignment.pk).finished is not None


def test_review_return_goes_to_the_officer_and_tells_the_head(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    step = services.return_work(
        review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Thiếu số liệu"
    )
    assert (step.stage, step.owner_id) == ("execute", office["officer"].pk)
    told = Notice.objects.filter(kind="case.returned").values_list("to_id", flat=True)
    assert set(told) == {office["head"].pk, office["deputy"].pk}


def test_approval_return_tells_head_and_reviewer(office: Office) -> None:
    assignment = make_assignment(office)
    approve = walk(office, assignment, "approve")
    services.return_work(approve.pk, office.rights("leader"), seen=last_digest(assignment), reason="Chưa đạt")
    told = set(Notice.objects.filter(kind="case.returned").values_list("to_id", flat=True))
    assert told == {office["head"].pk, office["deputy"].pk, office["reviewer"].pk}


def test_loop_goes_round_many_times_with_numbered_submissions(office: Office) -> None:
    assignment = make_assignment(office)
    for _ in range(4):
        review = walk(office, assignment, "review")
        services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Bổ sung")
    walk(office, assignment, "end")
    assert list(assignment.submissions.values_list("number", flat=True)) == [1, 2, 3, 4, 5]


def test_office_work_goes_straight_to_leadership_and_says_so(office: Office) -> None:
    assignment = make_assignment(office, lead=office.office)
    walk(office, assignment, "approve", officer="office_officer", head="chief")
    step = open_step(assignment)
    assert (step.stage, step.owner_id, step.remark) == ("approve", office["leader"].pk, OFFICE_LEADS)


def test_submission_with_no_eligible_reviewer_goes_to_leadership_and_says_so(office: Office) -> None:
    Post.objects.filter(role=Role.REVIEWER).exclude(user=office["reviewer"]).delete()
    Post.objects.create(
        agency=office.agency, user=office["reviewer"], unit=office.division, role=Role.OFFICER, since=localdate()
    )
    assignment = make_assignment(office)
    walk(office, assignment, "approve", officer="officer")
    assert open_step(assignment).remark == NOBODY_TO_REVIEW


def test_leader_who_took_part_does_not_approve(office: Office) -> None:
    Post.objects.create(
        agency=office.agency, user=office["leader"], unit=office.division, role=Role.HEAD, since=localdate()
    )
    assignment = make_assignment(office)
    walk(office, assignment, "approve", head="leader")
    assert open_step(assignment).owner_id == office["director"].pk


def test_reviewer_who_took_part_is_refused_and_sees_nothing_in_the_inbox(office: Office) -> None:
    both = make_person(office.other_division, "Vi Ngọc Nam", Role.HEAD)
    Post.objects.create(agency=office.agency, user=both, unit=office.office, role=Role.REVIEWER, since=localdate())
    office.people["both"] = both
    assignment = make_assignment(office, lead=office.other_division)
    review = walk(office, assignment, "review", officer="other_officer", head="both")
    assert not Step.objects.inbox(rights_of(both)).filter(pk=review.pk).exists()
    with pytest.raises(PermissionDenied):
        services.accept(review.pk, rights_of(both), seen=last_digest(assignment))


def test_act_on_a_finished_step_is_stale(office: Office) -> None:
    assignment = make_assignment(office)
    step = open_step(assignment)
    services.assign(step.pk, office["officer"], office.rights("head"))
    with pytest.raises(StaleStep):
        services.assign(step.pk, office["colleague"], office.rights("head"))


def test_review_of_another_digest_is_refused(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    with pytest.raises(ChangedUnder):
        services.accept(review.pk, office.rights("reviewer"), seen="0" * 64)
    assert open_step(assignment).pk == review.pk


def test_return_without_a_reason_is_refused(office: Office) -> None:
    assignment = make_assignment(office)
    review = walk(office, assignment, "review")
    with pytest.raises(Refused):
        services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="  ")


def test_officer_outside_the_lead_unit_is_refused(office: Office) -> None:
    assignment = make_assignment(office)
    with pytest.raises(Refused):
        services.assign(open_step(assignment).pk, office["other_officer"], office.rights("head"))


def test_head_who_is_officer_does_both_steps_in_one_press(office: Office) -> None:
    assignment = make_assignment(office)
    step = services.assign(open_step(assignment).pk, office["head"], office.rights("head"))
    step = services.finish_and_submit(step.pk, office.rights("head"), statement="Đã xong")
    assert step.stage == "review"


def test_both_steps_in_one_press_are_undone_together(office: Office) -> None:
    assignment = make_assignment(office)
    step = services.assign(open_step(assignment).pk, office["head"], office.rights("head"))
    with pytest.raises(Refused):
        services.finish_and_submit(step.pk, office.rights("head"), statement=" ")
    assert open_step(assignment).pk == step.pk


def test_completion_is_the_day_of_the_approved_round_not_of_the_approval(office: Office) -> None:
    due = localdate()
    assignment = make_assignment(office, due=due)
    approve = walk(office, assignment, "approve")
    with time_machine.travel(due + timedelta(days=9)):
        services.approve(approve.pk, office.rights("leader"), seen=last_digest(assignment))
        case = Case.objects.with_timeliness(localdate(), localdate()).get(pk=assignment.pk)
    assert (case.submitted_on, case.timeliness) == (due, "done")


@pytest.mark.parametrize(("clock", "expected"), [("23:30", "submitted"), ("00:30", "submitted-late")])
def test_due_day_ends_at_midnight_in_vietnam(office: Office, clock: str, expected: str) -> None:
    due = localdate() + timedelta(days=10)
    assignment = make_assignment(office, due=due)
    day = due if clock == "23:30" else due + timedelta(days=1)
    with time_machine.travel(f"{day}T{clock}:00+07:00"):
        walk(office, assignment, "review")
        case = Case.objects.with_timeliness(localdate(), localdate()).get(pk=assignment.pk)
    assert case.timeliness == expected


def test_hand_over_needs_the_head_and_tells_both(office: Office) -> None:
    assignment = make_assignment(office)
    step = walk(office, assignment, "execute")
    with pytest.raises(PermissionDenied):
        engine.hand_over(step.pk, office["colleague"], office.rights("colleague"), note="Nghỉ phép")
    engine.hand_over(step.pk, office["colleague"], office.rights("head"), note="Nghỉ phép")
    assignment.refresh_from_db()
    assert (open_step(assignment).owner, assignment.officer) == (office["colleague"], office["colleague"])


def test_step_of_a_later_period_is_not_in_the_inbox_yet(office: Office) -> None:
    today = localdate()
    assignment = make_assignment(office, opens_on=today + timedelta(days=1))
    step = open_step(assignment)
    assert not Step.objects.inbox(office.rights("head")).filter(pk=step.pk).exists()
    with time_machine.travel(today + timedelta(days=1)):
        assert Step.objects.inbox(office.rights("head")).filter(pk=step.pk).exists()
