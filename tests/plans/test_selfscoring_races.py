"""Two at once on one đợt tự chấm: one winner, nothing written after closing, no deadlock."""

from __future__ import annotations

import pytest

from plans.criteria.models import Score
from plans.criteria.rules import Rule
from plans.criteria.services import set_rule
from plans.errors import PlanRefused
from plans.selfscoring import services
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.states import ShareState, State
from tests.office import Office
from tests.plans.test_criteria_pages import criterion_of
from tests.plans.test_selfscoring import bring, enter, make_round
from tests.threads import race

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_leaders_decide_at_once_and_one_decision_stands(office: Office) -> None:
    made = bring(office, make_round(office), State.PRESENTED)
    seen = made.stamp
    leader, director = office.rights("leader"), office.rights("director")
    results = race([
        lambda: services.move(made.pk, "close", leader, seen=seen),
        lambda: services.move(made.pk, "give-back", director, seen=seen, note="Xem lại"),
        lambda: services.move(made.pk, "close", director, seen=seen),
    ])  # fmt: skip
    assert sorted(type(one).__name__ for one in results) == ["PlanRefused", "PlanRefused", "ScoringRound"]
    made.refresh_from_db()
    assert made.moves.filter(source=State.PRESENTED).count() == 1


def test_presenting_against_writing_leaves_what_leadership_sees(office: Office) -> None:
    """Either the score is in before the round is presented, or it is refused; whoever waits is not deadlocked."""
    made = bring(office, make_round(office), State.CHECKING)
    seen, one = made.stamp, criterion_of(made.criteria_set, "3.3.3")
    reviewer, chief = office.rights("reviewer"), office.rights("chief")
    results = race([
        lambda: services.move(made.pk, "present", reviewer, seen=seen),
        lambda: enter(office, made, "3.3.3", "reviewer", self_score="11"),
        lambda: set_rule(one.pk, Rule(), "Báo cáo", chief),
        lambda: services.share_out(made.pk, {one.pk: None}, chief),
    ])  # fmt: skip
    assert isinstance(results[0], ScoringRound)
    assert all(result is None or isinstance(result, (PlanRefused, Score, int)) for result in results[1:]), results
    made.refresh_from_db()
    assert made.state == State.PRESENTED
    assert Score.objects.get(criterion=one).self_score == (11 if isinstance(results[1], Score) else 30)


def test_a_unit_hands_in_once_however_often_it_presses(office: Office) -> None:
    made = bring(office, make_round(office), State.OPEN)
    enter(office, made, "3.3.3", "officer", self_score="30")
    enter(office, made, "3.3.4", "officer", self_score="20")
    head = office.rights("head")
    results = race([lambda: services.hand_in(made.pk, office.division.pk, head)] * 4)
    assert sorted(type(one).__name__ for one in results) == ["PlanRefused"] * 3 + ["list"]
    assert set(ScoringShare.objects.values_list("state", flat=True)) == {ShareState.HANDED_IN}
