"""Gia hạn: who asks, who says what, what moves, and every way of saying no."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.utils.timezone import now
from viewflow.workflow.status import PROCESS

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.enums import Role
from organization.models import Delegation, Post, User
from plans.enums import Source
from plans.errors import PlanRefused
from plans.services import put_source
from tests.office import START, Office, make_assignment, make_document, make_person, open_step, walk
from workflow import services
from workflow.errors import Refused, StaleStep
from workflow.holding import NOBODY_TO_REVIEW, OFFICE_LEADS
from workflow.models import Assignment, Case, Decision, Extension, Step, Suspension
from workflow.reminders import remind
from workflow.requests import asking
from workflow.rows import MANY

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 9)
DUE = TODAY + timedelta(days=10)
LATER = DUE + timedelta(days=21)


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel("2026-11-09T09:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(office: Office) -> Assignment:
    assignment = make_assignment(office, due=DUE)
    walk(office, assignment, "execute")
    return assignment


def ask(office: Office, work: Assignment, who: str = "head", due_on: date = LATER, reason: str = "Chờ số liệu") -> Step:
    extension = asking.ask_extension(work.pk, office.rights(who), due_on=due_on, reason=reason)
    return Step.objects.get(process_id=extension.pk, finished=None)


def advised(office: Office, work: Assignment, **given: object) -> Step:
    return asking.advise(ask(office, work, **given).pk, office.rights("reviewer"), agrees=True)  # type: ignore[arg-type]


def dates(work: Assignment) -> tuple[date | None, date | None]:
    return Case.objects.values_list("original_due_on", "due_on").get(pk=work.pk)


def told(kind: str) -> set[int]:
    return set(Notice.objects.filter(kind=kind).values_list("to_id", flat=True))


def test_granted_extension_moves_the_date_and_keeps_the_first(office: Office, work: Assignment) -> None:
    step = ask(office, work)
    assert step.stage == "opinion"
    assert dates(work) == (DUE, DUE)
    decide = asking.advise(step.pk, office.rights("reviewer"), agrees=True, opinion="Có lý do")
    assert (decide.stage, decide.owner) == ("decide", office["leader"])
    end = asking.grant_extension(decide.pk, office.rights("leader"))
    assert end.finished
    assert dates(work) == (DUE, LATER)
    extension = Extension.objects.get(of=work.case)
    assert (extension.decision, extension.granted_due, extension.from_due) == (Decision.GRANTED, LATER, DUE)
    assert extension.case.finished
    assert open_step(work).stage == "execute"  # the work itself did not move


def test_another_date_may_be_granted(office: Office, work: Assignment) -> None:
    sooner = DUE + timedelta(days=7)
    asking.grant_extension(advised(office, work).pk, office.rights("leader"), due_on=sooner)
    assert dates(work) == (DUE, sooner)
    assert Step.objects.get(process__extension__of=work.case, outcome="granted_otherwise").acted_by == office["leader"]


def test_refusal_needs_its_reason_and_moves_nothing(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    with pytest.raises(Refused, match="lý do không chấp thuận"):
        asking.refuse_extension(decide.pk, office.rights("leader"), reason="  ")
    asking.refuse_extension(decide.pk, office.rights("leader"), reason="Đủ thời gian")
    assert dates(work) == (DUE, DUE)
    assert Extension.objects.get(of=work.case).decision == Decision.REFUSED
    ask(office, work)  # and may be asked anew


def test_opposing_opinion_says_why_and_leadership_still_decides(office: Office, work: Assignment) -> None:
    step = ask(office, work)
    with pytest.raises(Refused, match="Chưa ghi ý kiến"):
        asking.advise(step.pk, office.rights("reviewer"), agrees=False)
    decide = asking.advise(step.pk, office.rights("reviewer"), agrees=False, opinion="Đã gia hạn rồi")
    asking.grant_extension(decide.pk, office.rights("leader"))
    assert dates(work) == (DUE, LATER)


@pytest.mark.parametrize("who", ["head", "deputy", "officer"])
def test_lead_unit_asks(office: Office, work: Assignment, who: str) -> None:
    assert ask(office, work, who).stage == "opinion"


@pytest.mark.parametrize("who", ["colleague", "other_head", "other_officer", "reviewer", "leader", "director", "clerk", "viewer",
                                 "administrator"])  # fmt: skip
def test_nobody_but_the_lead_unit_asks(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        ask(office, work, who)
    assert not Extension.objects.exists()


def test_work_of_another_agency_is_not_there(office: Office, other_office: Office, work: Assignment) -> None:
    with pytest.raises(Case.DoesNotExist):
        ask(other_office, work)


def test_substitute_asks_in_the_head_s_name_and_neither_decides(office: Office, work: Assignment) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["leader"], legal_basis="1/UQ",
                              roles=[Role.HEAD], since=TODAY, until=TODAY)  # fmt: skip
    step = ask(office, work, "leader")
    extension = Extension.objects.get(of=work.case)
    assert (extension.by, extension.on_behalf_of) == (office["leader"], office["head"])
    decide = asking.advise(step.pk, office.rights("reviewer"), agrees=True)
    assert decide.owner != office["leader"]


@pytest.mark.parametrize("due_on", [DUE, DUE - timedelta(days=1), TODAY - timedelta(days=1)])
def test_new_date_must_be_later(office: Office, work: Assignment, due_on: date) -> None:
    with pytest.raises(Refused):
        ask(office, work, due_on=due_on)


def test_reason_is_asked_for(office: Office, work: Assignment) -> None:
    with pytest.raises(Refused, match="lý do"):
        ask(office, work, reason=" ")


def test_one_request_at_a_time(office: Office, work: Assignment) -> None:
    ask(office, work)
    with pytest.raises(Refused, match="đang chờ quyết định"):
        ask(office, work, "officer")


def test_database_holds_one_open_request(office: Office, work: Assignment) -> None:
    ask(office, work)
    one = Extension.objects.get(of=work.case)
    with pytest.raises(IntegrityError, match="one_open_extension"):
        Extension.objects.create(case=make_assignment(office).case, agency=office.agency, of=work.case, by=one.by, at=now(),
                                 reason="x", from_due=DUE, asked_due=LATER)  # fmt: skip


def test_work_without_a_date_is_not_extended(office: Office) -> None:
    with pytest.raises(Refused, match="chưa có thời hạn"):
        ask(office, make_assignment(office, undated=True))


def test_work_that_is_handed_in_is_not_extended(office: Office, work: Assignment) -> None:
    walk(office, work, "review")
    with pytest.raises(Refused, match="đã nộp"):
        ask(office, work)


def test_work_that_has_ended_is_not_extended(office: Office, work: Assignment) -> None:
    walk(office, work, "end")
    with pytest.raises(Refused, match="đã kết thúc"):
        ask(office, work)


def test_suspended_work_is_not_extended(office: Office, work: Assignment) -> None:
    Suspension.objects.create(
        case=work.case, agency=office.agency, since=TODAY, reason="Chờ", by=office["leader"], at=now()
    )
    with pytest.raises(Refused, match="tạm dừng"):
        ask(office, work)


def test_asked_after_the_due_date_it_stays_late_against_the_original(office: Office, work: Assignment) -> None:
    with time_machine.travel("2026-11-25T09:00:00+07:00"):
        decide = advised(office, work)
        asking.grant_extension(decide.pk, office.rights("leader"))
        case = Case.objects.with_timeliness(date(2026, 11, 25), date(2026, 11, 25)).get(pk=work.pk)
    assert case.timeliness == "in-time"
    assert case.original_due_on < date(2026, 11, 25) < case.due_on


def test_office_led_work_goes_straight_to_leadership(office: Office) -> None:
    work = make_assignment(office, lead=office.office, due=DUE)
    step = ask(office, work, "chief")
    assert (step.stage, step.owner, step.remark) == ("decide", office["leader"], OFFICE_LEADS)


def test_where_nobody_may_give_an_opinion_leadership_decides(office: Office, work: Assignment) -> None:
    Post.objects.filter(role=Role.REVIEWER).delete()
    step = ask(office, work)
    assert (step.stage, step.remark) == ("decide", NOBODY_TO_REVIEW)


def test_leader_named_for_the_measure_decides(office: Office, work: Assignment) -> None:
    work.measure.leader = office["other_leader"]
    work.measure.save()
    assert advised(office, work).owner == office["other_leader"]


def test_nobody_decides_what_they_asked_for(office: Office, work: Assignment) -> None:
    """The head who asked has become a leader meanwhile, and sits in the unit no longer."""
    step = ask(office, work)
    Post.objects.filter(user=office["head"]).update(until=TODAY - timedelta(days=1))
    for role, unit in ((Role.LEADER, office.leadership), (Role.REVIEWER, office.office)):
        Post.objects.create(agency=office.agency, user=office["head"], unit=unit, role=role, since=START)
    with pytest.raises(PermissionDenied):
        asking.advise(step.pk, office.rights("head"), agrees=True)
    Post.objects.filter(user__in=[office["leader"], office["director"], office["other_leader"]]).update(
        until=TODAY - timedelta(days=1)
    )
    with pytest.raises(Refused, match="Không có lãnh đạo nào"):
        asking.advise(step.pk, office.rights("reviewer"), agrees=True)


@pytest.mark.parametrize("who", ["head", "officer", "reviewer", "other_leader", "director", "viewer", "administrator"])
def test_nobody_but_the_leader_decides(office: Office, work: Assignment, who: str) -> None:
    decide = advised(office, work)
    with pytest.raises(PermissionDenied):
        asking.grant_extension(decide.pk, office.rights(who))
    assert dates(work) == (DUE, DUE)


@pytest.mark.parametrize("who", ["head", "officer", "leader", "office_officer", "clerk"])
def test_nobody_but_the_office_gives_an_opinion(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        asking.advise(ask(office, work).pk, office.rights(who), agrees=True)


def test_stranger_decides_nothing(office: Office, other_office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    with pytest.raises(PermissionDenied):
        asking.grant_extension(decide.pk, other_office.rights("leader"))


def test_decision_comes_once(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    asking.grant_extension(decide.pk, office.rights("leader"))
    with pytest.raises(StaleStep):
        asking.refuse_extension(decide.pk, office.rights("leader"), reason="Không")


def test_request_ends_with_the_work_and_both_sides_hear_of_it(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    Notice.objects.all().delete()
    walk(office, work, "end")
    extension = Extension.objects.get(of=work.case)
    assert (extension.decision, extension.case.status) == (Decision.ENDED, PROCESS.CANCELED)
    assert set(Notice.objects.filter(kind="request.decided").values_list("to__code", flat=True)) == {
        office["head"].code
    }
    with pytest.raises(StaleStep):
        asking.grant_extension(decide.pk, office.rights("leader"))
    assert dates(work) == (DUE, DUE)


def test_date_that_moved_further_meanwhile_is_not_moved_back(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    Case.objects.filter(pk=work.pk).update(due_on=LATER + timedelta(days=1))
    with pytest.raises(Refused, match="sau thời hạn hiện tại"):
        asking.grant_extension(decide.pk, office.rights("leader"))


def test_grant_after_the_submission_counts_for_it(office: Office, work: Assignment) -> None:
    """A moved due date does not make a submission stale."""
    decide = advised(office, work)
    with time_machine.travel("2026-11-25T09:00:00+07:00"):
        walk(office, work, "approve")
        asking.grant_extension(decide.pk, office.rights("leader"))
        walk(office, work, "end")
        case = Case.objects.with_timeliness(TODAY, TODAY).get(pk=work.pk)
    assert case.timeliness == "done"


def test_date_set_above_the_agency_needs_that_body_s_document(office: Office, work: Assignment) -> None:
    put_source(work.measure_id, Source.PROVINCE, "Công văn 12/UBND-NC ngày 02/02/2026", office.rights("reviewer"))
    decide = advised(office, work)
    with pytest.raises(Refused, match="UBND tỉnh ấn định"):
        asking.grant_extension(decide.pk, office.rights("leader"))
    assert dates(work) == (DUE, DUE)
    paper = make_document(office, office["leader"], number="99/UBND-NC")
    asking.grant_extension(decide.pk, office.rights("leader"), allowed_by=paper)
    assert dates(work) == (DUE, LATER)
    assert Extension.objects.get(of=work.case).allowed_by == paper
    assert paper.uses.get().subject == f"case:{decide.process_id}"


def test_document_may_come_with_the_request_or_the_opinion(office: Office, work: Assignment) -> None:
    put_source(work.measure_id, Source.HOME_AFFAIRS, "Công văn 5/SNV", office.rights("reviewer"))
    paper = make_document(office, office["reviewer"], number="7/SNV")
    decide = asking.advise(ask(office, work).pk, office.rights("reviewer"), agrees=True, allowed_by=paper)
    asking.grant_extension(decide.pk, office.rights("leader"))
    assert dates(work) == (DUE, LATER)


def test_source_is_named_by_the_office_with_its_document(
    office: Office, other_office: Office, work: Assignment
) -> None:
    with pytest.raises(PermissionDenied):
        put_source(work.measure_id, Source.PROVINCE, "1/UBND", office.rights("head"))
    with pytest.raises(PlanRefused, match="văn bản giao"):
        put_source(work.measure_id, Source.PROVINCE, " ", office.rights("reviewer"))
    with pytest.raises(work.measure.DoesNotExist):
        put_source(work.measure_id, Source.PROVINCE, "1/UBND", other_office.rights("reviewer"))
    put_source(work.measure_id, Source.PROVINCE, "1/UBND", office.rights("reviewer"))
    work.measure.refresh_from_db()
    assert (work.measure.source, work.measure.source_document) == (Source.PROVINCE, "1/UBND")


def test_unit_takes_its_request_back(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    asking.withdraw(decide.pk, office.rights("head"), note="Đã xong")
    extension = Extension.objects.get(of=work.case)
    assert extension.decision == Decision.WITHDRAWN
    assert not Step.objects.filter(process_id=extension.pk, finished=None).exists()
    assert office["leader"].pk in told("request.decided")


@pytest.mark.parametrize("who", ["colleague", "reviewer", "leader", "other_head"])
def test_others_do_not_take_it_back(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        asking.withdraw(ask(office, work).pk, office.rights(who))


def test_third_grant_is_the_one_that_is_flagged(office: Office, work: Assignment) -> None:
    until = DUE
    for times in range(3):
        assert asking.granted_times(work.pk) == times
        until += timedelta(days=5)
        asking.grant_extension(advised(office, work, due_on=until).pk, office.rights("leader"))
    assert asking.granted_times(work.pk) == MANY
    assert dates(work) == (DUE, until)


def test_everybody_concerned_is_told(office: Office, work: Assignment) -> None:
    step = ask(office, work, "deputy")
    office_people = {office["reviewer"].pk, office["chief"].pk}
    assert told("request.arrived") == office_people
    assert told("request.asked") == {office["head"].pk, office["officer"].pk}
    decide = asking.advise(step.pk, office.rights("reviewer"), agrees=True)
    assert told("request.arrived") == office_people | {office["leader"].pk}
    asking.grant_extension(decide.pk, office.rights("leader"), note="Đồng ý")
    unit = {office["head"].pk, office["deputy"].pk, office["officer"].pk}
    assert told("request.decided") == unit | {office["reviewer"].pk}
    notices = list(Notice.objects.order_by("pk"))
    said = say(notices)
    assert all(said[notice.pk].url for notice in notices)
    decided = next(said[n.pk] for n in notices if n.kind == "request.decided")
    assert "được chấp thuận" in decided.title
    assert "Thời hạn mới: 10/12/2026" in decided.text
    true = still_true(notices)
    assert {n.kind for n in notices if n.pk in true} >= {"request.decided"}
    assert not {n.kind for n in notices if n.pk in true} & {"request.arrived", "request.asked"}


def test_reminders_of_the_old_date_are_taken_back_and_begin_anew(office: Office, work: Assignment) -> None:
    eve = DUE - timedelta(days=1)
    remind(eve)
    old = list(Notice.objects.filter(kind="reminder"))
    assert old
    assert still_true(old) == {notice.pk for notice in old}
    asking.grant_extension(advised(office, work, due_on=LATER).pk, office.rights("leader"))
    assert still_true(old) == set()
    remind(LATER - timedelta(days=1))
    new = Notice.objects.filter(kind="reminder").exclude(pk__in=[notice.pk for notice in old])
    assert {notice.params["due_on"] for notice in new} == {str(LATER)}


def test_ledger_says_who_asked_and_what_moved(office: Office, work: Assignment) -> None:
    asking.grant_extension(advised(office, work).pk, office.rights("leader"))
    verbs = list(
        Entry.objects.filter(agency=office.agency.pk, subject=work.case.subject)
        .order_by("sequence")
        .values_list("verb", flat=True)
    )
    assert verbs[-2:] == ["extension.asked", "case.due_extended"]
    assert Entry.objects.filter(verb="decide.granted").count() == 1


def test_asking_twice_in_whosever_name_counts_the_inbox_once(office: Office, work: Assignment) -> None:
    """The request stands in the inbox of who must act, and of nobody else."""
    step = ask(office, work)

    def waits_for(name: str) -> bool:
        return Step.objects.inbox(office.rights(name)).filter(pk=step.pk).exists()

    assert {name for name in office.people if waits_for(name)} == {"reviewer", "chief"}


def test_leader_who_sits_in_the_lead_unit_does_not_decide(office: Office, work: Assignment) -> None:
    Post.objects.create(
        agency=office.agency, user=office["leader"], unit=office.division, role=Role.OFFICER, since=START
    )
    assert advised(office, work).owner != office["leader"]


def test_person_of_the_lead_unit_gives_no_opinion(office: Office, work: Assignment) -> None:
    both: User = make_person(office.office, "Hai Vai", Role.REVIEWER)
    Post.objects.create(agency=office.agency, user=both, unit=office.division, role=Role.OFFICER, since=START)
    step = ask(office, work)
    assert not Step.objects.actionable(office.rights("head")).filter(pk=step.pk).exists()
    office.people["both"] = both
    with pytest.raises(PermissionDenied):
        asking.advise(step.pk, office.rights("both"), agrees=True)


def test_work_goes_on_while_a_request_waits(office: Office, work: Assignment) -> None:
    ask(office, work)
    step = services.finish(open_step(work).pk, office.rights("officer"), statement="Xong")
    assert step.stage == "submit"
