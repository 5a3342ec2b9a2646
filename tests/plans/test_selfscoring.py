"""Đợt tự chấm: who may do what at each step, what is refused, what is told and written down."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils.timezone import localdate

from audit.models import Entry
from notifications.models import Notice
from notifications.registry import say, still_true
from organization.enums import Role
from organization.models import Delegation
from plans.criteria import scoring
from plans.criteria.models import CriteriaSet, Criterion, Score, Standing
from plans.criteria.services import set_rule
from plans.errors import PlanRefused
from plans.selfscoring import gate, reminders, services
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.services import Dates
from plans.selfscoring.states import MOVES, ShareState, State
from tests.office import Office, make_document, make_measure, make_plan
from tests.plans.test_criteria_pages import criterion_of, make_set

pytestmark = pytest.mark.django_db

TODAY = localdate()
DATES = Dates(TODAY - timedelta(days=2), TODAY + timedelta(days=5), TODAY + timedelta(days=9))
CODES = ("3.3.3", "3.3.4", "4.1")
WAY = ("open", "assemble", "present", "close", "explain", "finish")
PEOPLE = (
    "head",
    "deputy",
    "officer",
    "reviewer",
    "chief",
    "leader",
    "director",
    "clerk",
    "viewer",
    "administrator",
    "other_head",
)
OFFICE, LEADERS = {"reviewer", "chief"}, {"leader", "director"}


def make_round(office: Office, *, dates: Dates = DATES) -> ScoringRound:
    """3.3.3 and 3.3.4 are the division's, 4.1 is Văn phòng's."""
    found = make_set(office, year=TODAY.year)
    made = services.begin(found.pk, dates, office.rights("reviewer"))
    shares = {criterion_of(found, code).pk: office.division.pk for code in ("3.3.3", "3.3.4")}
    services.share_out(made.pk, shares, office.rights("reviewer"))
    return made


def go(office: Office, made: ScoringRound, *verbs: str, **said: Any) -> ScoringRound:
    """Through the one door, by who may."""
    for verb in verbs:
        made.refresh_from_db()
        who = "leader" if MOVES[verb].roles & {Role.LEADER} else "reviewer"
        rest = {"explain_until": TODAY + timedelta(days=3)} if verb == "explain" else {}
        services.move(made.pk, verb, office.rights(who), seen=made.stamp, note="Vì còn thiếu", **(rest | said))
    made.refresh_from_db()
    return made


def enter(office: Office, made: ScoringRound, code: str, who: str, **given: Any) -> Score:
    criterion = criterion_of(made.criteria_set, code)
    points = {name: Decimal(value) if name in scoring.POINTS else value for name, value in given.items()}
    return scoring.enter_score(
        criterion.pk, points, scoring.stamp(Score.objects.filter(criterion=criterion).first()), office.rights(who)
    )


def bring(office: Office, made: ScoringRound, state: State) -> ScoringRound:
    """A round with all that its way to that state needs."""
    if state == State.PREPARING:
        return made
    go(office, made, "open")
    if state == State.OPEN:
        return made
    enter(office, made, "3.3.3", "officer", self_score="30")
    enter(office, made, "3.3.4", "officer", self_score="20", basis="Công văn 5")
    services.hand_in(made.pk, office.division.pk, office.rights("head"))
    enter(office, made, "4.1", "reviewer", self_score="40")
    verbs = {State.CHECKING: 1, State.PRESENTED: 2, State.CLOSED: 3}.get(state, 3)
    go(office, made, *WAY[1 : 1 + verbs])
    if state not in {State.EXPLAINING, State.FINAL}:
        return made
    for code, points in (("3.3.3", "20"), ("3.3.4", "20"), ("4.1", "40")):
        enter(office, made, code, "reviewer", appraisal_1=points)
    go(office, made, "explain")
    if state == State.FINAL:
        enter(office, made, "3.3.3", "officer", explanation="Đã bổ sung biểu số 2")
        enter(office, made, "3.3.3", "reviewer", appraisal_2="25")
        go(office, made, "finish")
    return made


def kinds(office: Office, who: str) -> list[str]:
    return list(
        Notice.objects.filter(to=office[who], kind__startswith="scoring").order_by("pk").values_list("kind", flat=True)
    )


def test_whole_way(office: Office) -> None:
    made = bring(office, make_round(office), State.FINAL)
    assert [(one.verb, one.by) for one in made.moves.order_by("pk")] == [
        (verb, office["leader" if verb == "close" else "reviewer"]) for verb in WAY
    ]
    lines = Entry.objects.filter(subject=made.subject).order_by("sequence")
    assert [line.verb for line in lines] == [
        "scoring.begun", "scoring.shared", "scoring.open", "scoring.handed_in", *(f"scoring.{verb}" for verb in WAY[1:]),
    ]  # fmt: skip
    assert [body(line)["before"] for line in lines if line.verb == "scoring.close"] == ["presented"]
    assert all(line.digest for line in lines if line.verb in {"scoring.close", "scoring.handed_in"})
    assert scoring.sheet_of(made.criteria_set).now.points == 85


@pytest.mark.parametrize("state", State)
def test_only_the_right_person_with_a_legal_move_goes_on(office: Office, state: State) -> None:
    made = bring(office, make_round(office), state)
    for person, (verb, move) in itertools.product(PEOPLE, MOVES.items()):
        if state in move.sources and person in (LEADERS if move.roles & {Role.LEADER} else OFFICE):
            continue
        with pytest.raises((PermissionDenied, PlanRefused)):
            services.move(made.pk, verb, office.rights(person), seen=made.stamp, note="Lý do", explain_until=TODAY)
        made.refresh_from_db()
        assert made.state == state


MAY_WRITE: dict[State, dict[str, tuple[str, ...]]] = {
    State.PREPARING: {"self_score": ("reviewer",), "last_year": ("reviewer",)},
    State.OPEN: {"self_score": ("head", "officer"), "last_year": ("reviewer",)},
    State.CHECKING: {"self_score": ("reviewer",), "last_year": ("reviewer",)},
    State.PRESENTED: {},
    State.CLOSED: {"appraisal_1": ("reviewer",)},
    State.EXPLAINING: {"appraisal_2": ("reviewer",), "explanation": ("head", "officer")},
    State.FINAL: {},
}  # fmt: skip


@pytest.mark.parametrize("state", State)
def test_who_writes_what_at_each_step(office: Office, state: State) -> None:
    """Of a criterion of the division, by everybody, every field."""
    made = bring(office, make_round(office), state)
    new = {
        "self_score": "7",
        "appraisal_1": "7",
        "appraisal_2": "7",
        "last_year": "7",
        "explanation": "Bảy",
        "basis": "Bảy",
    }
    criterion = criterion_of(made.criteria_set, "3.3.3")
    for person, (name, value) in itertools.product(
        ("head", "officer", "reviewer", "leader", "other_head", "viewer"), new.items()
    ):
        before = Score.objects.filter(criterion=criterion).values().first()
        if person in MAY_WRITE[state].get("self_score" if name == "basis" else name, ()):
            enter(office, made, "3.3.3", person, **{name: value})
            Score.objects.filter(criterion=criterion).delete()
            if before:
                Score.objects.create(**before)
            continue
        with pytest.raises((PermissionDenied, PlanRefused)):
            enter(office, made, "3.3.3", person, **{name: value})
        assert Score.objects.filter(criterion=criterion).values().first() == before


def body(line: Entry) -> Any:
    return json.loads(line.text)["body"]


def test_the_one_who_has_it_in_hand_writes(office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    enter(office, made, "3.3.3", "officer", self_score="30")
    with pytest.raises(PlanRefused, match="đang chấm tiêu chí này, đến hết ngày"):
        enter(office, made, "3.3.3", "reviewer", self_score="1")
    assert services.hand_in(made.pk, office.division.pk, office.rights("deputy")) == ["3.3.3"]
    with pytest.raises(PlanRefused, match="Đơn vị đã gửi Văn phòng"):
        enter(office, made, "3.3.3", "officer", self_score="1")
    assert enter(office, made, "3.3.3", "reviewer", self_score="29").self_score == 29
    lines = Entry.objects.filter(verb="criterion.scored").order_by("sequence")
    assert [(body(line)["before"].get("self_score"), body(line)["after"]["self_score"]) for line in lines] == [
        (None, "30"), ("30.00", "29"),
    ]  # fmt: skip


def test_a_unit_scores_from_its_day_to_its_day_and_the_office_gives_more(office: Office) -> None:
    made = bring(office, make_round(office, dates=replace(DATES, opens_on=TODAY + timedelta(days=1))), State.OPEN)
    with pytest.raises(PlanRefused, match="Đơn vị tự chấm từ ngày"):
        enter(office, made, "3.3.3", "officer", self_score="30")
    over = Dates(TODAY - timedelta(days=9), TODAY - timedelta(days=1), TODAY)
    services.set_dates(made.pk, over, office.rights("reviewer"))
    for late in (lambda: enter(office, made, "3.3.3", "officer", self_score="30"),
                 lambda: services.hand_in(made.pk, office.division.pk, office.rights("head"))):  # fmt: skip
        with pytest.raises(PlanRefused, match="hết thời gian tự chấm"):
            late()
    assert enter(office, made, "3.3.3", "reviewer", self_score="3").self_score == 3
    services.set_dates(made.pk, replace(over, score_until=TODAY), office.rights("reviewer"))
    assert enter(office, made, "3.3.3", "officer", self_score="30").self_score == 30
    line = Entry.objects.filter(verb="scoring.dates_set").order_by("sequence").last()
    assert line is not None
    assert [body(line)[when]["score_until"] for when in ("before", "after")] == [
        over.score_until.isoformat(),
        TODAY.isoformat(),
    ]
    assert kinds(office, "head")[-2:] == ["scoring.dates", "scoring.dates"]


@pytest.mark.parametrize("dates", [
    replace(DATES, score_until=DATES.opens_on - timedelta(days=1)), replace(DATES, close_by=DATES.score_until - timedelta(days=1)),
])  # fmt: skip
def test_dates_in_the_wrong_order_are_refused(office: Office, dates: Dates) -> None:
    made = make_round(office)
    with pytest.raises(PlanRefused, match="từ ngày"):
        services.set_dates(made.pk, dates, office.rights("reviewer"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoringRound.objects.update(score_until=dates.score_until, close_by=dates.close_by)


def test_units_come_from_the_plan_and_are_changed_by_the_office_only(office: Office, other_office: Office) -> None:
    make_measure(office, make_plan(office), lead=office.other_division)  # names 3.3.3
    found = make_set(office, year=TODAY.year)
    made = services.begin(found.pk, DATES, office.rights("reviewer"))
    assert [(share.criterion.code, share.unit) for share in made.shares.all()] == [("3.3.3", office.other_division)]
    key, other = criterion_of(found, "3.3.3").pk, criterion_of(found, "4.1").pk
    for who in ("head", "leader", "viewer"):
        with pytest.raises(PermissionDenied):
            services.share_out(made.pk, {key: office.division.pk}, office.rights(who))
    with pytest.raises(ScoringRound.DoesNotExist):
        services.share_out(made.pk, {key: office.division.pk}, other_office.rights("reviewer"))
    for wrong in ({key: other_office.division.pk}, {criterion_of(found, "4").pk: office.division.pk}):
        with pytest.raises(PlanRefused, match="không còn"):
            services.share_out(made.pk, wrong, office.rights("reviewer"))
    assert services.share_out(made.pk, {key: office.division.pk, other: None}, office.rights("reviewer")) == 1
    assert kinds(office, "head") == []  # nothing is said before it is open
    go(office, made, "open")
    services.share_out(made.pk, {key: None, other: office.division.pk}, office.rights("reviewer"))
    notice = Notice.objects.get(to=office["head"], kind="scoring.shared")
    assert "thêm 01 tiêu chí, bớt 01 tiêu chí" in say([notice])[notice.pk].text
    with pytest.raises(PlanRefused, match="đã có đợt tự chấm"):
        services.begin(found.pk, DATES, office.rights("reviewer"))


def test_one_criterion_goes_back_with_a_reason_and_a_day(office: Office) -> None:
    made = bring(office, make_round(office), State.CHECKING)
    key, until = criterion_of(made.criteria_set, "3.3.3").pk, TODAY + timedelta(days=1)
    rights = office.rights("reviewer")
    with pytest.raises(PlanRefused, match="Chưa ghi lý do"):
        services.send_back(key, " ", until, rights)
    with pytest.raises(PlanRefused, match="đã qua"):
        services.send_back(key, "Thiếu biểu", TODAY - timedelta(days=1), rights)
    with pytest.raises(PermissionDenied):
        services.send_back(key, "Thiếu biểu", until, office.rights("leader"))
    with pytest.raises(ScoringShare.DoesNotExist):
        services.send_back(criterion_of(made.criteria_set, "4.1").pk, "Thiếu biểu", until, rights)
    services.send_back(key, "Thiếu biểu", until, rights)
    notice = Notice.objects.get(to=office["head"], kind="scoring.returned")
    assert "“Thiếu biểu”" in say([notice])[notice.pk].text
    assert still_true([notice]) == {notice.pk}
    with pytest.raises(PlanRefused, match=r"đang trả lại đơn vị: 3.3.3"):
        go(office, made, "present")
    with pytest.raises(PlanRefused, match=r"Văn phòng đang tổng hợp|Đơn vị đã gửi"):
        enter(office, made, "3.3.4", "officer", self_score="1")
    enter(office, made, "3.3.3", "officer", self_score="28")
    assert services.hand_in(made.pk, office.division.pk, office.rights("head")) == ["3.3.3"]
    assert still_true([notice]) == set()
    go(office, made, "present")


def test_what_is_not_scored_is_not_presented_and_what_does_not_apply_needs_no_points(office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    with pytest.raises(PlanRefused, match=r"chưa chấm: 3.3.3, 3.3.4"):
        services.hand_in(made.pk, office.division.pk, office.rights("head"))
    go(office, made, "assemble")
    with pytest.raises(PlanRefused, match=r"Còn 03 tiêu chí chưa chấm: 3.3.3, 3.3.4, 4.1"):
        go(office, made, "present")
    for code in CODES:
        enter(office, made, code, "reviewer", standing=Standing.NOT_APPLICABLE, reason="Không có đơn vị sự nghiệp")
    go(office, made, "present")


def test_only_heads_hand_in_and_only_their_own(office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    enter(office, made, "3.3.3", "officer", self_score="30")
    for who in ("officer", "other_head", "reviewer", "leader"):
        with pytest.raises(PermissionDenied):
            services.hand_in(made.pk, office.division.pk, office.rights(who))
    services.hand_in(made.pk, office.division.pk, office.rights("head"))
    assert kinds(office, "reviewer") == ["scoring.handed-in"]


def test_after_closing_nothing_that_bears_on_the_self_score_changes(office: Office) -> None:
    made = bring(office, make_round(office), State.CLOSED)
    one, rights = criterion_of(made.criteria_set, "3.3.3"), office.rights("reviewer")
    document = make_document(office, office["reviewer"])
    for change in (
        lambda: set_rule(one.pk, one.scored_by, "Báo cáo", rights),
        lambda: scoring.take_last_year(made.criteria_set_id, rights),
        lambda: scoring.add_document(one.pk, document, "", rights, office["reviewer"]),
        lambda: scoring.remove_document(one.pk, document, rights, office["reviewer"]),
        lambda: services.share_out(made.pk, {one.pk: None}, rights),
        lambda: services.send_back(one.pk, "Thiếu", TODAY, rights),
    ):
        with pytest.raises(PlanRefused, match="Chỉ lãnh đạo mở lại được"):
            change()


def test_a_move_on_a_round_that_has_moved_is_refused_and_says_by_whom(office: Office) -> None:
    made = bring(office, make_round(office), State.PRESENTED)
    seen = made.stamp
    services.move(made.pk, "give-back", office.rights("leader"), seen=seen, note="Xem lại 4.1")
    go(office, made, "present")
    with pytest.raises(PlanRefused, match="Nguyễn Đức Hạnh đã trình lãnh đạo chốt điểm tự chấm lúc"):
        services.move(made.pk, "close", office.rights("director"), seen=seen)
    with pytest.raises(PlanRefused, match="Chưa ghi lý do"):
        services.move(made.pk, "give-back", office.rights("leader"), seen=made.stamp)


def test_explaining_has_its_deadline_and_the_end_waits_for_it(office: Office) -> None:
    made = bring(office, make_round(office), State.CLOSED)
    with pytest.raises(PlanRefused, match="không có gì để giải trình"):
        go(office, made, "explain")
    with pytest.raises(PlanRefused, match=r"chưa có điểm thẩm định: 3.3.3, 3.3.4, 4.1"):
        go(office, made, "finish")
    for code, points in (("3.3.3", "20"), ("3.3.4", "20"), ("4.1", "40")):
        enter(office, made, code, "reviewer", appraisal_1=points)
    with pytest.raises(PlanRefused, match=r"bị giảm điểm: 3.3.3"):
        go(office, made, "finish")
    with pytest.raises(PlanRefused, match="hạn đã qua"):
        go(office, made, "explain", explain_until=TODAY - timedelta(days=1))
    go(office, made, "explain", explain_until=TODAY)
    with pytest.raises(PlanRefused, match="còn được giải trình"):
        go(office, made, "finish")
    ScoringRound.objects.update(explain_until=TODAY - timedelta(days=1))
    with pytest.raises(PlanRefused, match="Đã hết hạn giải trình"):
        enter(office, made, "3.3.3", "officer", explanation="Muộn")
    go(office, made, "finish")
    assert still_true(Notice.objects.filter(kind="scoring.moved", params__verb="explain")) == set()


def test_proof_may_be_added_while_explaining_and_not_taken_away(office: Office) -> None:
    made = bring(office, make_round(office), State.EXPLAINING)
    one, document = criterion_of(made.criteria_set, "3.3.3"), make_document(office, office["officer"])
    scoring.add_document(one.pk, document, "trang 2", office.rights("officer"), office["officer"])
    with pytest.raises(PlanRefused):
        scoring.remove_document(one.pk, document, office.rights("officer"), office["officer"])
    with pytest.raises(PermissionDenied):
        scoring.add_document(one.pk, document, "", office.rights("other_head"), office["other_head"])


def test_leadership_opens_again_and_it_is_written_down(office: Office) -> None:
    made = bring(office, make_round(office), State.FINAL)
    go(office, made, "reopen-final")
    assert made.state == State.CLOSED
    assert enter(office, made, "3.3.3", "reviewer", appraisal_2="22").appraisal_2 == 22
    go(office, made, "reopen")
    assert (made.state, made.explain_until) == (State.CHECKING, None)
    enter(office, made, "3.3.3", "reviewer", self_score="31")
    line = Entry.objects.get(verb="scoring.reopen-final")
    assert (body(line)["before"], body(line)["after"], body(line)["note"]) == ("final", "closed", "Vì còn thiếu")


def test_those_concerned_are_told_once_and_their_substitutes(office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["colleague"], since=TODAY,
                              until=TODAY, by=office["head"], roles=[Role.HEAD])  # fmt: skip
    made = bring(office, make_round(office), State.PRESENTED)
    assert kinds(office, "head") == kinds(office, "colleague") == kinds(office, "deputy") == ["scoring.moved"] * 2
    assert kinds(office, "leader") == kinds(office, "director") == ["scoring.moved"]
    assert kinds(office, "officer") == kinds(office, "other_head") == kinds(office, "viewer") == []
    notice = Notice.objects.get(to=office["colleague"], params__verb="open")
    assert "Được báo vì đang thay Lương Thu Hạnh" in say([notice])[notice.pk].text
    assert still_true(Notice.objects.filter(to=office["leader"])) == {Notice.objects.get(to=office["leader"]).pk}
    services.move(made.pk, "give-back", office.rights("leader"), seen=made.stamp, note="Xem lại")
    assert still_true(Notice.objects.filter(to=office["leader"])) == set()


def test_a_substitute_hands_in_and_both_names_are_written(office: Office) -> None:
    Delegation.objects.create(agency=office.agency, principal=office["head"], substitute=office["colleague"], since=TODAY,
                              until=TODAY, by=office["head"])  # fmt: skip
    made = bring(office, make_round(office), State.OPEN)
    enter(office, made, "3.3.3", "colleague", self_score="30")
    services.hand_in(made.pk, office.division.pk, office.rights("colleague"))
    line = Entry.objects.get(verb="scoring.handed_in")
    assert (line.actor, line.on_behalf_of) == (office["colleague"].pk, office["head"].pk)


def test_constraints_hold_without_the_verbs(office: Office) -> None:
    made = make_round(office)
    for change in ({"state": ShareState.RETURNED}, {"reason": "Thiếu"}, {"until": TODAY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            made.shares.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoringRound.objects.update(state=State.EXPLAINING)
    with pytest.raises(IntegrityError), transaction.atomic():
        ScoringRound.objects.create(agency=office.agency, criteria_set=made.criteria_set, by=office["chief"], opens_on=TODAY,
                                    score_until=TODAY, close_by=TODAY, moved_at=made.moved_at)  # fmt: skip


def test_without_a_round_and_of_another_agency(office: Office, other_office: Office) -> None:
    found = make_set(office)
    assert gate.writing_of(criterion_of(found, "4.1"), office.rights("reviewer")).names == gate.ALL
    with pytest.raises(PermissionDenied):
        scoring.enter_score(criterion_of(found, "4.1").pk, {"self_score": Decimal(1)}, "", office.rights("head"))
    made = services.begin(found.pk, DATES, office.rights("reviewer"))
    rights = other_office.rights("reviewer")
    with pytest.raises(ScoringRound.DoesNotExist):
        services.move(made.pk, "open", rights, seen=made.stamp)
    with pytest.raises(Criterion.DoesNotExist):
        scoring.enter_score(criterion_of(found, "4.1").pk, {"self_score": Decimal(1)}, "", rights)
    with pytest.raises(CriteriaSet.DoesNotExist):
        services.begin(make_set(office, "Bộ khác", year=2023).pk, DATES, rights)


def test_an_act_costs_few_queries(office: Office, django_assert_max_num_queries: Callable[[int], Any]) -> None:
    made, rights = bring(office, make_round(office), State.PRESENTED), office.rights("leader")
    with django_assert_max_num_queries(13):
        services.move(made.pk, "close", rights, seen=made.stamp)


MONDAY = date(2026, 6, 1)


def at_work(office: Office, state: State, **dates: date) -> ScoringRound:
    """A round whose days stand around a known Monday."""
    made = bring(office, make_round(office), state)
    before = {"opens_on": MONDAY - timedelta(days=30), "score_until": MONDAY, "close_by": MONDAY}
    ScoringRound.objects.filter(pk=made.pk).update(**(before | dates))
    return made


def test_units_are_reminded_by_working_days_once_a_rung(office: Office) -> None:
    friday = MONDAY + timedelta(days=11)
    at_work(office, State.OPEN, score_until=friday, close_by=friday)
    told = [reminders.remind(MONDAY + timedelta(days=day)) for day in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12)]
    # head and deputy: nine working days before nothing, then at 7, 3 and 1 and on the day
    assert told == [0, 0, 2, 0, 0, 0, 0, 0, 2, 2, 2, 0]
    notices = list(Notice.objects.filter(to=office["head"], kind="scoring.reminder").order_by("pk"))
    assert "Đơn vị còn 02 tiêu chí phải chấm và gửi Văn phòng" in say(notices)[notices[0].pk].text
    assert reminders.remind(friday) == 0


def test_leadership_is_reminded_to_close_and_units_to_explain(office: Office) -> None:
    made = at_work(office, State.PRESENTED, close_by=MONDAY)
    assert reminders.remind(MONDAY) == 3
    assert {notice.to for notice in Notice.objects.filter(kind="scoring.reminder")} == {
        office["leader"],
        office["director"],
        office["other_leader"],
    }
    ScoringRound.objects.filter(pk=made.pk).update(state=State.CLOSED)
    enter(office, made, "3.3.3", "reviewer", appraisal_1="20")
    ScoringRound.objects.filter(pk=made.pk).update(state=State.EXPLAINING, explain_until=MONDAY)
    assert reminders.remind(MONDAY) == 2
    Score.objects.filter(criterion__code="3.3.3").update(explanation="Đã bổ sung")
    ScoringRound.objects.filter(pk=made.pk).update(explain_until=MONDAY + timedelta(days=1))
    assert reminders.remind(MONDAY) == 0
