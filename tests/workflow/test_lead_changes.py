"""Đề nghị chuyển đơn vị chủ trì: who asks, who decides, what goes along, and every way of saying no."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say
from organization.models import Delegation, Unit
from organization.rights import rights_of
from tests.office import START, Office, last_digest, make_assignment, make_person, open_step, walk
from workflow import services
from workflow.errors import Refused, StaleStep
from workflow.holding import OFFICE_LEADS
from workflow.models import Assignment, Case, Decision, LeadChange, Schedule, Step
from workflow.requests import asking

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def on_a_monday() -> object:
    with time_machine.travel("2026-11-09T09:00:00+07:00", tick=False) as traveller:
        yield traveller


@pytest.fixture
def work(office: Office) -> Assignment:
    assignment = make_assignment(office)
    walk(office, assignment, "execute")
    return assignment


def ask(
    office: Office, work: Assignment, who: str = "head", unit: Unit | None = None, reason: str = "Đúng chức năng"
) -> Step:
    change = asking.ask_lead_change(work.pk, office.rights(who), unit=unit or office.other_division, reason=reason)
    return Step.objects.get(process_id=change.pk, finished=None)


def advised(office: Office, work: Assignment) -> Step:
    return asking.advise(ask(office, work).pk, office.rights("reviewer"), agrees=True)


def test_granted_change_begins_with_the_new_head(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    work.refresh_from_db()
    assert (work.unit, work.officer) == (office.division, office["officer"])  # until then the unit stays responsible
    assert open_step(work).stage == "execute"
    asking.grant_lead_change(decide.pk, office.rights("leader"), note="Đồng ý")
    work.refresh_from_db()
    case = Case.objects.get(pk=work.pk)
    assert (work.unit, case.unit, work.officer) == (office.other_division, office.other_division, None)
    step = open_step(work)
    assert (step.stage, step.pool_unit, step.previous.outcome) == ("assign", office.other_division, "lead_changed")
    assert LeadChange.objects.get(of=case).decision == Decision.GRANTED
    assert case.due_on == case.original_due_on
    walk(office, work, "end", officer="other_officer", head="other_head")


def test_every_round_goes_along(office: Office, work: Assignment) -> None:
    review = walk(office, work, "review")
    services.return_work(review.pk, office.rights("reviewer"), seen=last_digest(work), reason="Thiếu")
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    assert work.submissions.count() == 1
    walk(office, work, "end", officer="other_officer", head="other_head")
    assert work.submissions.count() == 2


def test_work_handed_in_meanwhile_goes_along(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    walk(office, work, "review")
    asking.grant_lead_change(decide.pk, office.rights("leader"))
    assert open_step(work).stage == "assign"


def test_former_unit_still_sees_the_work(office: Office) -> None:
    """Also where nobody there had done anything yet."""
    work = make_assignment(office)
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    for name in ("head", "deputy", "other_head", "other_officer"):
        assert Case.objects.visible_to(office.rights(name)).filter(pk=work.pk).exists(), name
    assert not Case.objects.visible_to(office.rights("office_officer")).filter(pk=work.pk).exists()


def test_former_unit_acts_no_longer(office: Office, work: Assignment) -> None:
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    with pytest.raises(PermissionDenied):
        services.assign(open_step(work).pk, office["officer"], office.rights("head"))


@pytest.mark.parametrize("who", ["officer", "colleague", "other_head", "reviewer", "leader", "director", "clerk", "viewer",
                                 "administrator"])  # fmt: skip
def test_nobody_but_the_head_asks(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        ask(office, work, who)
    assert not LeadChange.objects.exists()


def test_authorised_deputy_asks(office: Office, work: Assignment) -> None:
    assert ask(office, work, "deputy").stage == "opinion"


def test_work_of_another_agency_is_not_there(office: Office, other_office: Office, work: Assignment) -> None:
    with pytest.raises(Case.DoesNotExist):
        ask(other_office, work)
    with pytest.raises(Refused):
        ask(office, work, unit=other_office.division)


def test_unit_that_leads_already_is_refused(office: Office, work: Assignment) -> None:
    with pytest.raises(Refused, match="đang chủ trì"):
        ask(office, work, unit=office.division)


def test_leadership_leads_no_work(office: Office, work: Assignment) -> None:
    with pytest.raises(Refused, match="không còn trong danh sách"):
        ask(office, work, unit=office.leadership)


def test_unit_that_has_the_same_task_is_refused(office: Office, work: Assignment) -> None:
    twin(office, work)
    with pytest.raises(Refused, match="cùng kỳ"):
        ask(office, work)


def test_unit_that_was_given_the_same_task_meanwhile_is_refused(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    twin(office, work)
    with pytest.raises(Refused, match="cùng kỳ"):
        asking.grant_lead_change(decide.pk, office.rights("leader"))
    assert open_step(work).stage == "execute"
    asking.refuse_lead_change(decide.pk, office.rights("leader"), reason="Đơn vị đã có việc này")


def twin(office: Office, work: Assignment) -> None:
    case = Case.objects.create(
        flow_class=work.case.flow_class, agency=office.agency, unit=office.other_division, title="Số hóa hồ sơ",
        schedule=Schedule.UNDATED, opens_on=START,
    )  # fmt: skip
    Assignment.objects.create(
        case=case, agency=office.agency, measure=work.measure, unit=office.other_division, period=work.period
    )


def test_reason_is_asked_for(office: Office, work: Assignment) -> None:
    with pytest.raises(Refused, match="lý do"):
        ask(office, work, reason="")


def test_one_request_at_a_time(office: Office, work: Assignment) -> None:
    ask(office, work)
    with pytest.raises(Refused, match="đang chờ quyết định"):
        ask(office, work, unit=office.office)


def test_refusal_needs_its_reason_and_moves_nothing(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    with pytest.raises(Refused, match="lý do không chấp thuận"):
        asking.refuse_lead_change(decide.pk, office.rights("leader"), reason="")
    asking.refuse_lead_change(decide.pk, office.rights("leader"), reason="Đúng chức năng của phòng")
    assert open_step(work).stage == "execute"
    assert LeadChange.objects.get(of=work.case).decision == Decision.REFUSED


def test_open_extension_is_decided_first(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    asking.ask_extension(work.pk, office.rights("head"), due_on=localdate() + timedelta(days=60), reason="Chờ")
    with pytest.raises(Refused, match="đề nghị gia hạn"):
        asking.grant_lead_change(decide.pk, office.rights("leader"))


def test_request_ends_with_the_work(office: Office, work: Assignment) -> None:
    decide = advised(office, work)
    walk(office, work, "end")
    assert LeadChange.objects.get(of=work.case).decision == Decision.ENDED
    with pytest.raises(StaleStep):
        asking.grant_lead_change(decide.pk, office.rights("leader"))


def test_office_led_work_goes_straight_to_leadership(office: Office) -> None:
    work = make_assignment(office, lead=office.office)
    step = ask(office, work, "chief")
    assert (step.stage, step.remark) == ("decide", OFFICE_LEADS)


@pytest.mark.parametrize("who", ["head", "officer", "reviewer", "other_leader", "other_head", "viewer"])
def test_nobody_but_the_leader_decides(office: Office, work: Assignment, who: str) -> None:
    with pytest.raises(PermissionDenied):
        asking.grant_lead_change(advised(office, work).pk, office.rights(who))


def test_both_units_and_the_office_are_told(office: Office, work: Assignment) -> None:
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    notices = list(Notice.objects.filter(kind="request.decided"))
    names = ("head", "deputy", "officer", "reviewer", "other_head")
    assert {notice.to_id for notice in notices} == {office[name].pk for name in names}
    assert "chuyển chủ trì sang Phòng Kinh tế ngành được chấp thuận" in next(iter(say(notices).values())).title


def test_ledger_says_who_asked_and_who_leads_now(office: Office, work: Assignment) -> None:
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    verbs = set(Entry.objects.filter(subject=work.case.subject).values_list("verb", flat=True))
    assert verbs >= {"leadchange.asked", "execute.lead_changed"}


def test_undated_work_may_change_its_lead(office: Office) -> None:
    work = make_assignment(office, undated=True)
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    assert open_step(work).pool_unit == office.other_division


def test_due_date_does_not_move(office: Office, work: Assignment) -> None:
    before: date | None = work.case.due_on
    asking.grant_lead_change(advised(office, work).pk, office.rights("leader"))
    assert Case.objects.get(pk=work.pk).due_on == before


def test_substitute_grants_in_the_leader_s_name(office: Office, work: Assignment) -> None:
    step, substitute = advised(office, work), make_person(office.other_division, "Vi Ngọc Nam")
    today = localdate()
    Delegation.objects.create(
        agency=office.agency,
        principal=office["leader"],
        substitute=substitute,
        legal_basis="GUQ",
        since=today,
        until=today,
    )
    asking.grant_lead_change(step.pk, rights_of(substitute))
    names = Step.objects.filter(acted_by=substitute).values_list("outcome", "on_behalf_of")
    assert set(names) == {("granted", office["leader"].pk), ("lead_changed", office["leader"].pk)}
    assert open_step(work).pool_unit == office.other_division
