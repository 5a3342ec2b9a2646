"""Đóng kế hoạch, mở lại kế hoạch: every unfinished row is settled, the open work ends, and only leadership opens again."""

from __future__ import annotations

from datetime import date, datetime
from html import unescape
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.calendar import soon_until
from organization.models import Delegation
from plans.enums import Confirmation, Settled, Source
from plans.errors import PlanRefused
from plans.models import Closing, Plan, PlanVersion, Settlement
from plans.services import put_leader, put_source, put_target, set_confirmation
from tests.office import Office, make_assignment, make_measure, make_plan, open_step, walk
from tests.threads import race
from workflow import closing, directing, services, stopping
from workflow.errors import Refused, StaleStep
from workflow.issuing import decide_past, name_lead
from workflow.models import Assignment, Case, Decision, Step, Suspension
from workflow.requests import asking
from workflow.timeliness import State

pytestmark = pytest.mark.django_db
NOON = "T12:00:00+07:00"
PAST, AHEAD = date(2026, 11, 30), date(2027, 1, 15)


@pytest.fixture(autouse=True)
def clock() -> Any:
    """Monday, 28 December 2026."""
    with time_machine.travel(f"2026-12-28{NOON}", tick=False) as traveller:
        yield traveller


@pytest.fixture
def version(office: Office) -> PlanVersion:
    return make_plan(office, 2026)


def work(office: Office, version: PlanVersion, stage: str = "execute", due: date = PAST, **more: Any) -> Assignment:
    assignment = make_assignment(office, version=version, due=due, **more)
    walk(office, assignment, stage)
    return assignment


def choose(office: Office, plan: Plan, outcome: Settled, *assignments: Assignment, who: str = "chief") -> closing.Kept:
    """What a person would choose on the page as it is now."""
    lines = {line.case_id: line for line in closing.lines_of(plan, office.rights(who))}
    picks = {lines[one.pk].key: (outcome, lines[one.pk].seen) for one in assignments}
    return closing.choose(plan.pk, picks, office.rights(who))


def close(office: Office, plan: Plan, who: str = "director") -> Closing:
    return closing.close_plan(plan.pk, office.rights(who))


def state(assignment: Assignment, office: Office) -> State:
    cases = Case.objects.with_timeliness(localdate(), soon_until(office.agency.pk, localdate()))
    return State(cases.get(pk=assignment.pk).timeliness)


def told(kind: str, office: Office) -> set[str]:
    names = {person.pk: name for name, person in office.people.items()}
    return {names[notice.to_id] for notice in Notice.objects.filter(kind=kind)}


def page(office: Office, name: str, address: str, data: dict[str, Any] | None = None) -> Any:
    client = Client()
    client.force_login(office[name])
    return client.get(address) if data is None else client.post(address, data)


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


# --- what is chosen


def test_every_unfinished_row_is_listed_by_unit_and_what_is_finished_is_not(
    office: Office, version: PlanVersion
) -> None:
    late, ahead = work(office, version), work(office, version, due=AHEAD)
    other = work(office, version, "assign", lead=office.other_division)
    work(office, version, "end")
    nobody = make_measure(office, version, lead=office.division, due=PAST)
    lines = closing.lines_of(version.plan, office.rights("chief"))
    assert [(line.unit and line.unit.code, line.case_id) for line in lines] == [
        ("ĐKKD", late.pk), ("ĐKKD", ahead.pk), ("KTN", other.pk), (None, None),
    ]  # fmt: skip
    assert lines[3].row.measure_id == nobody.pk
    assert [line.may_lapse for line in lines] == [True, False, True, True]


def test_choices_are_kept_until_they_are_all_there(office: Office, version: PlanVersion) -> None:
    one, two = work(office, version), work(office, version)
    choose(office, version.plan, Settled.CARRIED, one)
    with pytest.raises(Refused, match="Còn 01 dòng chưa chọn"):
        close(office, version.plan)
    choose(office, version.plan, Settled.DROPPED, one, two, who="leader")
    assert [s.outcome for s in Settlement.objects.order_by("pk")] == ["dropped", "dropped"]
    assert not Closing.objects.exists()
    assert Entry.objects.filter(verb="plan.rows_settled").count() == 2
    assert open_step(one).stage == "execute"


def test_overdue_is_said_only_of_what_is_late(office: Office, version: PlanVersion) -> None:
    ahead, waiting = work(office, version, due=AHEAD), work(office, version, "review", due=AHEAD)
    undated = make_assignment(office, version=version, undated=True)
    kept = choose(office, version.plan, Settled.LAPSED, ahead, waiting, undated)
    assert (kept.number, len(kept.not_late), Settlement.objects.count()) == (0, 3, 0)


def test_choice_about_work_that_moved_is_asked_again(office: Office, version: PlanVersion) -> None:
    one = work(office, version)
    (before,) = closing.lines_of(version.plan, office.rights("chief"))
    choose(office, version.plan, Settled.LAPSED, one)
    walk(office, one, "review")
    (line,) = closing.lines_of(version.plan, office.rights("chief"))
    assert (line.choice, line.moved) == ("", True)
    with pytest.raises(Refused, match="vừa thay đổi"):
        close(office, version.plan)
    stale = closing.choose(version.plan.pk, {before.key: (Settled.DROPPED, before.seen)}, office.rights("chief"))
    assert (stale.number, stale.moved) == (0, [line.code])


@pytest.mark.parametrize("name", ["head", "officer", "clerk", "viewer", "administrator"])
def test_others_choose_nothing_and_close_nothing(office: Office, version: PlanVersion, name: str) -> None:
    with pytest.raises(PermissionDenied):
        closing.choose(version.plan.pk, {}, office.rights(name))
    with pytest.raises(PermissionDenied):
        close(office, version.plan, name)


def test_office_chooses_and_does_not_close(office: Office, version: PlanVersion) -> None:
    for name in ("chief", "reviewer"):
        with pytest.raises(PermissionDenied, match="Chỉ lãnh đạo"):
            close(office, version.plan, name)
        with pytest.raises(PermissionDenied, match="Chỉ lãnh đạo"):
            closing.reopen_plan(version.plan.pk, office.rights(name), reason="Nhầm")


def test_stranger_finds_no_plan(office: Office, other_office: Office, version: PlanVersion) -> None:
    with pytest.raises(Plan.DoesNotExist):
        close(other_office, version.plan)
    with pytest.raises(Plan.DoesNotExist):
        closing.reopen_plan(version.plan.pk, other_office.rights("director"), reason="x")
    for name in ("close_plan", "reopen_plan"):
        for sent in (None, {"action": "close", "reason": "x"}):
            assert (
                page(other_office, "director", reverse(f"workflow:{name}", args=[version.plan.pk]), sent).status_code
                == 404
            )


def test_draft_is_not_closed(office: Office) -> None:
    plan = Plan.objects.create(agency=office.agency, year=2026, title="Dự thảo", by=office["chief"], at=now())
    PlanVersion.objects.create(plan=plan, at=now())
    with pytest.raises(Refused, match="dự thảo"):
        close(office, plan)


# --- closing


def closed(office: Office, version: PlanVersion) -> dict[Settled, Assignment]:
    """A closed plan with a row of each outcome."""
    rows = {one: work(office, version, task=one.label) for one in Settled}
    for outcome, assignment in rows.items():
        choose(office, version.plan, outcome, assignment)
    close(office, version.plan)
    return rows


def test_open_work_ends_as_it_was_settled(office: Office, version: PlanVersion) -> None:
    done = work(office, version, "end")
    rows = closed(office, version)
    assert [state(rows[one], office) for one in Settled] == [State.CARRIED, State.DROPPED, State.LAPSED]
    assert state(done, office) in {State.DONE, State.DONE_LATE}
    assert not Step.objects.filter(finished=None).exists()
    last = Step.objects.filter(process_id=rows[Settled.LAPSED].pk, pulled=True).get()
    assert (last.outcome, last.acted_by, last.note) == ("lapsed", office["director"], f"{version.plan} đóng. Quá hạn.")
    assert Settlement.objects.filter(closing=Closing.objects.get()).count() == 3
    line = Entry.objects.get(verb="plan.closed")
    assert '"carried":1' in line.text


def test_those_concerned_hear_once_each_and_not_row_by_row(office: Office, version: PlanVersion) -> None:
    closed(office, version)
    assert told("plan.closed", office) == {"head", "deputy", "officer", "chief", "reviewer", "leader", "other_leader"}
    assert Notice.objects.filter(kind="plan.closed").count() == 7
    assert not Notice.objects.filter(kind="case.dropped").exists()
    notice = Notice.objects.filter(kind="plan.closed")[0]
    said = say([notice])[notice.pk]
    assert said.text.endswith("01 dòng chuyển tiếp sang năm sau, 01 dòng không còn thực hiện, 01 dòng quá hạn.")
    assert still_true([notice]) == {notice.pk}
    closing.reopen_plan(version.plan.pk, office.rights("director"), reason="Còn việc")
    assert still_true([notice]) == set()


def test_who_stands_in_for_a_head_hears_and_why(office: Office, version: PlanVersion) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["clerk"], legal_basis="12/UQ",
                              since=localdate(), until=localdate())  # fmt: skip
    closed(office, version)
    notice = Notice.objects.get(kind="plan.closed", to=office["clerk"])
    assert say([notice])[notice.pk].text.endswith("Được báo vì đang thay Lương Thu Hạnh.")


def test_substitute_closes_in_the_leaders_name(office: Office, version: PlanVersion) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["director"], substitute=office["reviewer"], legal_basis="12/UQ",
                              since=localdate(), until=localdate())  # fmt: skip
    assert close(office, version.plan, "reviewer").on_behalf_of == office["director"]
    assert Entry.objects.get(verb="plan.closed").on_behalf_of == office["director"].pk


def test_nothing_of_a_closed_plan_is_acted_upon(office: Office, version: PlanVersion) -> None:
    rows = closed(office, version)
    carried, plan, leader = rows[Settled.CARRIED], version.plan, office.rights("director")
    step = Step.objects.filter(process_id=carried.pk, pulled=True).get()
    acts = [
        lambda: services.finish(step.pk, office.rights("officer"), statement="Xong"),
        lambda: services.reopen(carried.case, leader, reason="Còn việc"),
        lambda: stopping.suspend(carried.pk, leader, reason="Chờ"),
        lambda: directing.direct(carried.pk, leader, text="Làm tiếp"),
        lambda: directing.confirm_cause(carried.pk, leader, reason="Bão"),
        lambda: asking.ask_extension(carried.pk, office.rights("head"), due_on=AHEAD, reason="Chậm"),
        lambda: decide_past(plan.pk, [], "dropped", office.rights("chief")),  # type: ignore[arg-type]
        lambda: name_lead(version.texts.all()[0].pk, [office.division], office.rights("chief")),
        lambda: closing.choose(plan.pk, {}, office.rights("chief")),
        lambda: close(office, plan),
    ]
    for act in acts:
        with pytest.raises(Refused):
            act()
    measure, chief = carried.measure_id, office.rights("chief")
    facts = [
        lambda: put_leader(measure, office["leader"], chief),
        lambda: put_source(measure, Source.PROVINCE, "12/UBND", chief),
        lambda: put_target(measure, None, "", chief),
        lambda: set_confirmation(plan.pk, [measure], Confirmation.OFFICE, chief),
    ]
    for put in facts:
        with pytest.raises(PlanRefused, match="đã đóng"):
            put()


def test_row_that_nobody_was_given_is_settled_too(office: Office, version: PlanVersion) -> None:
    measure = make_measure(office, version, lead=office.division, due=PAST)
    with pytest.raises(Refused, match="Còn 01 dòng"):
        close(office, version.plan)
    closing.choose(version.plan.pk, {f"m{measure.pk}": (Settled.LAPSED, "")}, office.rights("chief"))
    made = close(office, version.plan)
    assert [(row.code, row.unit, row.outcome) for row in closing.outcomes_of(made)] == [
        (measure.texts.get().code, None, Settled.LAPSED)
    ]


def test_pause_and_requests_end_with_the_year(office: Office, version: PlanVersion) -> None:
    one = work(office, version, due=AHEAD)
    asked = asking.ask_extension(one.pk, office.rights("head"), due_on=date(2027, 2, 1), reason="Chậm")
    stopping.suspend(one.pk, office.rights("chief"), reason="Chờ")
    choose(office, version.plan, Settled.CARRIED, one)
    close(office, version.plan)
    asked.refresh_from_db()
    assert asked.decision == Decision.ENDED
    assert not Suspension.objects.filter(until=None).exists()


# --- opening again


@pytest.mark.parametrize("stage", ["assign", "execute", "submit", "review", "approve"])
def test_work_stands_again_where_it_stood(office: Office, version: PlanVersion, stage: str, clock: Any) -> None:
    one = work(office, version, stage, due=AHEAD)
    before = open_step(one)
    choose(office, version.plan, Settled.CARRIED, one)
    close(office, version.plan)
    clock.move_to(datetime.fromisoformat(f"2027-01-20{NOON}"))
    assert closing.reopen_plan(version.plan.pk, office.rights("leader"), reason="Còn việc") == 1
    after = open_step(one)
    assert after.pk != before.pk
    held = ("stage", "owner_id", "pool_unit_id", "pool_role", "judging", "remark", "answer_by", "direct")
    assert {name: getattr(after, name) for name in held} == {name: getattr(before, name) for name in held}
    if before.judging:  # handed in before the year was closed: the day of the round stands
        assert after.opens_on == before.opens_on
        assert state(one, office) == State.SUBMITTED
    walk(office, one, "end")
    assert state(one, office) in {State.DONE, State.DONE_LATE}


def test_opening_again_is_leaderships_with_a_reason_and_those_concerned_hear(
    office: Office, version: PlanVersion
) -> None:
    closed(office, version)
    leader = office.rights("director")
    with pytest.raises(Refused, match="lý do"):
        closing.reopen_plan(version.plan.pk, leader, reason="  ")
    closing.reopen_plan(version.plan.pk, leader, reason="Tỉnh cho làm tiếp")
    with pytest.raises(Refused, match="không đóng"):
        closing.reopen_plan(version.plan.pk, leader, reason="Lại lần nữa")
    assert told("plan.reopened", office) == {"head", "deputy", "officer", "chief", "reviewer", "leader", "other_leader"}
    notice = Notice.objects.filter(kind="plan.reopened")[0]
    assert "03 việc trở lại" in say([notice])[notice.pk].text
    assert Closing.objects.get().reason == "Tỉnh cho làm tiếp"
    # the next closing asks about every row anew
    assert {line.choice for line in closing.lines_of(Plan.objects.get(pk=version.plan_id), leader)} == {""}


def test_what_had_ended_before_stays_ended(office: Office, version: PlanVersion) -> None:
    dropped = work(office, version)
    stopping.discontinue(open_step(dropped).pk, office.rights("chief"), number="1/QĐ", dated=localdate())
    closed(office, version)
    closing.reopen_plan(version.plan.pk, office.rights("director"), reason="Còn việc")
    assert state(dropped, office) == State.DROPPED


# --- constraints


def test_database_keeps_what_is_settled(office: Office, version: PlanVersion) -> None:
    rows = closed(office, version)
    case, made = rows[Settled.LAPSED].case, Closing.objects.get()
    broken = [
        lambda: Case.objects.filter(pk=case.pk).update(finished=None),
        lambda: Case.objects.filter(pk=case.pk).update(status="NEW"),
        lambda: Settlement.objects.update(outcome="perhaps"),
        lambda: Settlement.objects.create(
            agency=office.agency, plan=version.plan, closing=made, measure=rows[Settled.LAPSED].measure,
            unit=case.unit, period=1, outcome=Settled.CARRIED, by=office["chief"], at=now(),
        ),
        lambda: Closing.objects.create(agency=office.agency, plan=version.plan, by=office["director"], at=now()),
        lambda: Closing.objects.update(reopened_at=now()),
    ]  # fmt: skip
    for write in broken:
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


# --- races


@pytest.mark.django_db(transaction=True)
def test_closing_while_somebody_submits(office: Office, clock: Any) -> None:
    """Either the round is in first and the row is asked about again, or the year is closed and nothing comes in."""
    for _ in range(4):
        version = make_plan(office)
        one = work(office, version, "submit", due=localdate())
        make_measure(office, version, lead=office.division)
        choose(office, version.plan, Settled.CARRIED, one)
        for line in closing.lines_of(version.plan, office.rights("chief")):
            closing.choose(version.plan.pk, {line.key: (Settled.CARRIED, line.seen)}, office.rights("chief"))
        step, head, director = open_step(one), office.rights("head"), office.rights("director")
        submitted, made = race([
            lambda: services.submit(step.pk, head, statement="Xong"),
            lambda: closing.close_plan(version.plan_id, director),
        ])  # fmt: skip
        assert isinstance(submitted, Step) != isinstance(made, Closing), (submitted, made)
        assert isinstance(submitted, Step | StaleStep), submitted
        assert isinstance(made, Closing | Refused), made


@pytest.mark.django_db(transaction=True)
def test_closing_while_a_row_is_reopened_and_an_extension_is_asked(office: Office, clock: Any) -> None:
    version = make_plan(office)
    done, one = work(office, version, "end", due=localdate()), work(office, version, due=date(2099, 1, 1))
    choose(office, version.plan, Settled.CARRIED, one)
    director, head, leader = office.rights("director"), office.rights("head"), office.rights("leader")
    race([
        lambda: closing.close_plan(version.plan_id, director),
        lambda: services.reopen(done.case, leader, reason="Còn việc"),
        lambda: asking.ask_extension(one.pk, head, due_on=date(2099, 2, 1), reason="Chậm"),
    ])  # fmt: skip
    plan = Plan.objects.get(pk=version.plan_id)
    assert not (plan.closing and Case.objects.filter(plan=plan, finished=None).exists())


@pytest.mark.django_db(transaction=True)
def test_two_leaders_close_once(office: Office, clock: Any) -> None:
    version = make_plan(office)
    results = race(
        [
            lambda who=who: closing.close_plan(version.plan_id, who)
            for who in (office.rights("director"), office.rights("leader"))
        ]
        * 2
    )
    assert sum(isinstance(one, Closing) for one in results) == 1
    assert sum(isinstance(one, Refused) for one in results) == 3


# --- pages


def address(version: PlanVersion, name: str = "close_plan") -> str:
    return reverse(f"workflow:{name}", args=[version.plan_id])


def sent(office: Office, version: PlanVersion, action: str, **choices: str) -> dict[str, Any]:
    lines = closing.lines_of(version.plan, office.rights("chief"))
    return {
        "action": action,
        "shown": [line.key for line in lines],
        **{f"seen-{line.key}": line.seen for line in lines},
    } | choices


def test_page_keeps_choices_then_closes(office: Office, version: PlanVersion) -> None:
    one, two = work(office, version), work(office, version)
    body = text(page(office, "chief", address(version)))
    assert "02 dòng chưa xong, còn 02 dòng chưa chọn" in body
    assert "Đóng kế hoạch</button>" not in body
    answer = page(office, "chief", address(version), sent(office, version, "save", **{f"c{one.pk}": "lapsed"}))
    assert answer.status_code == 302
    body = text(page(office, "director", address(version)))
    assert "còn 01 dòng chưa chọn" in body
    assert body.count("selected>") == 1
    answer = page(office, "director", address(version), sent(office, version, "close"))
    assert (answer.status_code, "Còn 01 dòng chưa chọn" in text(answer)) == (409, True)
    answer = page(office, "director", address(version), sent(office, version, "close", **{f"c{two.pk}": "carried"}))
    assert answer.status_code == 302
    for name in ("director", "chief", "head", "viewer"):
        body = text(page(office, name, address(version)))
        assert "Kế hoạch năm 2026 đã đóng" in body
        assert ("Mở lại kế hoạch" in body) == (name == "director")
    assert "Kế hoạch đã đóng" in text(page(office, "head", reverse("plans:plan", args=[version.plan_id])))
    assert "Đã đóng" in text(page(office, "head", reverse("plans:list")))
    assert "Kế hoạch năm 2026 đã đóng" in text(page(office, "head", reverse("workflow:task", args=[one.pk])))


def test_one_choice_for_many_rows(office: Office, version: PlanVersion) -> None:
    late, ahead = work(office, version), work(office, version, due=AHEAD)
    other = work(office, version, "assign", lead=office.other_division)
    bulk = {"bulk": "lapsed", "bulk_for": "moi-dong", f"c{other.pk}": "carried"}
    page(office, "chief", address(version), sent(office, version, "bulk", **bulk))
    kept = {(one.measure_id, one.outcome) for one in Settlement.objects.all()}
    assert kept == {(late.measure_id, "lapsed"), (other.measure_id, "carried")}
    bulk = {"bulk": "carried", "bulk_for": f"u{office.division.pk}", f"c{late.pk}": "lapsed"}
    page(office, "chief", address(version), sent(office, version, "bulk", **bulk))
    assert Settlement.objects.get(measure=ahead.measure_id).outcome == "carried"
    assert Settlement.objects.get(measure=late.measure_id).outcome == "lapsed"


def test_page_refuses_what_is_no_choice(office: Office, version: PlanVersion) -> None:
    one = work(office, version)
    for wrong in ({f"c{one.pk}": "perhaps"}, {"action": "burn"}, {"action": "bulk", "bulk": ""}):
        assert page(office, "chief", address(version), sent(office, version, "save") | wrong).status_code == 404
    assert (
        page(office, "chief", address(version), sent(office, version, "close", **{f"c{one.pk}": "lapsed"})).status_code
        == 403
    )
    assert page(office, "head", address(version)).status_code == 403
    stale = sent(office, version, "save", **{f"c{one.pk}": "lapsed", f"seen-c{one.pk}": "1"})
    answer = page(office, "chief", address(version), stale)
    assert (answer.status_code, "vừa thay đổi" in text(answer)) == (409, True)


def test_opening_again_by_its_page(office: Office, version: PlanVersion) -> None:
    one = closed(office, version)[Settled.CARRIED]
    url = address(version, "reopen_plan")
    assert page(office, "chief", url).status_code == 403
    assert "Chưa ghi lý do" in text(page(office, "director", url, {"reason": ""}))
    assert page(office, "director", url, {"reason": "Tỉnh cho làm tiếp"}).status_code == 302
    assert page(office, "director", url, {"reason": "Lại"}).status_code == 409
    assert page(office, "director", url).status_code == 302
    assert "đã mở lại cùng kế hoạch" in text(page(office, "head", reverse("workflow:task", args=[one.pk])))


def test_page_costs_the_same_with_one_row_and_with_three(
    office: Office, version: PlanVersion, django_assert_num_queries: Any
) -> None:
    client = Client()
    client.force_login(office["director"])
    work(office, version)
    client.get(address(version))
    with django_assert_num_queries(QUERIES):
        client.get(address(version))
    for _ in range(2):
        work(office, version, lead=office.other_division, stage="assign")
    with django_assert_num_queries(QUERIES):
        client.get(address(version))


QUERIES = 17
