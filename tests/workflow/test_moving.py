"""Every other way in which work moves: papers asked for, questions to the office, recall, the end and what comes after."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now

from organization.rights import rights_of
from plans.enums import Confirmation
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow import services, stopping
from workflow.errors import Paused, Refused
from workflow.models import Assignment, Case, Sighting, Step, Suspension

pytestmark = pytest.mark.django_db


@pytest.fixture
def assignment(office: Office) -> Assignment:
    return make_assignment(office)


def returned(office: Office, assignment: Assignment, *, by: str = "reviewer", **asked: bool) -> Step:
    step = open_step(assignment)
    seen = last_digest(assignment)
    return services.ask_for_papers(
        step.pk, office.rights(by), seen=seen, reason="Chưa ký", reasons=["unsigned"], **asked
    )


def days_of(assignment: Assignment) -> list[int]:
    """The days of the rounds, counted from today."""
    return [(one.on - localdate()).days for one in assignment.submissions.order_by("number")]


def test_papers_added_in_time_keep_the_first_day(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "review")
    first = localdate()
    step = returned(office, assignment)
    assert step.stage == "execute"
    assert step.answer_by is not None
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        following = walk(office, assignment, "review")
        assert [one.on for one in assignment.submissions.order_by("number")] == [first, first]
        assert following.opens_on == first
        assert following.answer_by is None


def test_papers_added_too_late_count_from_their_own_day(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "review")
    step = returned(office, assignment)
    late = step.answer_by + timedelta(days=1)
    with time_machine.travel(f"{late}T09:00:00+07:00", tick=True):
        walk(office, assignment, "review")
    assert assignment.submissions.get(number=2).on == late


def test_the_days_for_papers_survive_a_send_back_within_the_unit(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "review")
    asked = returned(office, assignment)
    step = walk(office, assignment, "submit")
    services.send_back(step.pk, office.rights("head"), reason="Xem lại")
    assert open_step(assignment).answer_by == asked.answer_by


def test_content_return_starts_the_clock_again(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "review")
    services.return_work(
        step.pk, office.rights("reviewer"), seen=last_digest(assignment), reason="Sai", reasons=["wrong"]
    )
    assert open_step(assignment).answer_by is None
    assert Step.objects.get(pk=step.pk).reasons == ["wrong"]
    with time_machine.travel(now() + timedelta(days=1), tick=True):
        walk(office, assignment, "review")
    assert days_of(assignment) == [0, 1]


def test_leader_asks_to_have_it_back_directly(office: Office, assignment: Assignment) -> None:
    walk(office, assignment, "approve")
    returned(office, assignment, by="leader", direct=True)
    step = walk(office, assignment, "submit")
    following = services.submit(step.pk, office.rights("head"), statement="Đã ký")
    assert following.stage == "approve"
    assert following.remark == "Lãnh đạo yêu cầu trình lại trực tiếp"


def test_leader_asks_the_office_and_the_unit_is_not_troubled(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "approve")
    following = services.ask_the_office(
        step.pk, office.rights("leader"), seen=last_digest(assignment), question="Số liệu nào là của quý III?"
    )
    assert following.stage == "review"
    reviewer, seen = office.rights("reviewer"), last_digest(assignment)
    with pytest.raises(Refused, match="Lãnh đạo đang chờ làm rõ"):
        services.accept(following.pk, reviewer, seen=seen)
    answered = services.accept(following.pk, reviewer, seen=seen, note="Là số liệu chín tháng")
    assert answered.stage == "approve"
    assert days_of(assignment) == [0]


def test_recall_until_it_is_opened(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "review")
    with pytest.raises(PermissionDenied):
        services.recall(step.pk, office.rights("officer"))
    following = services.recall(step.pk, office.rights("head"))
    assert following.stage == "submit"
    step = walk(office, assignment, "review")
    Sighting.objects.create(step=step, user=office["reviewer"], at=now())
    with pytest.raises(Refused, match="đã mở xem"):
        services.recall(step.pk, office.rights("head"))


def test_discontinued_work_keeps_its_history_and_leadership_takes_it_up_again(
    office: Office, assignment: Assignment
) -> None:
    step = walk(office, assignment, "review")
    with pytest.raises(PermissionDenied):
        stopping.discontinue(step.pk, office.rights("head"), number="12/QĐ-SKHĐT", dated=localdate())
    with pytest.raises(Refused, match="quyết định"):
        stopping.discontinue(step.pk, office.rights("leader"), number=" ", dated=localdate())
    stopping.discontinue(step.pk, office.rights("leader"), number="12/QĐ-SKHĐT", dated=localdate())
    case = Case.objects.get(pk=assignment.pk)
    assert (case.status, bool(case.finished)) == ("CANCELED", True)
    with pytest.raises(PermissionDenied):
        services.reopen(case, office.rights("chief"), reason="Làm tiếp")
    assert services.reopen(case, office.rights("leader"), reason="Làm tiếp").stage == "execute"
    walk(office, assignment, "end")
    case.refresh_from_db()
    assert case.status == "DONE"


def test_office_confirms_what_it_may_and_leadership_may_look(office: Office, assignment: Assignment) -> None:
    measure = assignment.measure
    step = walk(office, assignment, "review")
    with pytest.raises(Refused, match="lãnh đạo phê duyệt"):
        services.confirm(step.pk, office.rights("reviewer"), seen=last_digest(assignment))
    measure.confirmation = Confirmation.OFFICE
    measure.save()
    other = make_assignment(office)
    others = Assignment.objects.filter(pk=other.pk)
    others.update(measure=measure, period=0)
    with pytest.raises(Refused, match="Kỳ cuối"):
        services.confirm(step.pk, office.rights("reviewer"), seen=last_digest(assignment))
    others.update(period=2)
    following = services.confirm(step.pk, office.rights("reviewer"), seen=last_digest(assignment))
    assert following.finished
    case = Case.objects.get(pk=assignment.pk)
    assert services.pull_up(case, office.rights("leader"), reason="Xem lại số liệu").stage == "approve"
    walk(office, assignment, "end")


def test_nobody_acts_on_what_is_suspended(office: Office, assignment: Assignment) -> None:
    step = walk(office, assignment, "review")
    pause = Suspension.objects.create(
        case=assignment.case,
        agency=office.agency,
        since=localdate(),
        reason="Chờ quy định",
        by=office["leader"],
        at=now(),
    )
    assert not Step.objects.actionable(office.rights("reviewer")).filter(pk=step.pk).exists()
    with pytest.raises(Paused):
        services.accept(step.pk, office.rights("reviewer"), seen=last_digest(assignment))
    pause.until, pause.ended_by, pause.ended_at = localdate(), office["leader"], now()
    pause.save()
    services.accept(step.pk, rights_of(office["reviewer"]), seen=last_digest(assignment))
