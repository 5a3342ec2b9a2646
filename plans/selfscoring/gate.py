"""What a person may write of one criterion now: by where its round stands, who has it in hand, and the day.

Without a round a set is Văn phòng's own, as it always was. In a round one holder writes at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied

from organization.rights import Rights
from organization.vietnamese import short_date
from plans.criteria.models import Criterion
from plans.errors import PlanRefused
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.states import ShareState, State

SELF = frozenset({"standing", "reason", "self_score", "basis"})
ALL = SELF | {"last_year", "appraisal_1", "explanation", "appraisal_2"}
NOTHING: frozenset[str] = frozenset()
BEING_SCORED = (State.PREPARING, State.OPEN, State.CHECKING)
NOT_YOURS = "Tiêu chí này do đơn vị khác hoặc Văn phòng chấm."
STANDS = {
    State.PREPARING: "Đợt tự chấm chưa mở. Văn phòng đang chuẩn bị và chia tiêu chí.",
    State.CHECKING: "Văn phòng đang tổng hợp điểm tự chấm nên đơn vị không sửa được. Đề nghị Văn phòng trả lại tiêu chí nếu cần sửa.",
    State.PRESENTED: "Điểm tự chấm đang chờ lãnh đạo chốt nên không sửa được. Lãnh đạo trả lại thì Văn phòng sửa tiếp.",
    State.CLOSED: "Điểm tự chấm đã chốt nên không sửa được. Chỉ lãnh đạo mở lại được.",
    State.EXPLAINING: "Điểm tự chấm đã chốt nên không sửa được. Chỉ lãnh đạo mở lại được.",
    State.FINAL: "Đợt tự chấm đã kết thúc nên không sửa được gì nữa. Chỉ lãnh đạo mở lại được.",
}


@dataclass(frozen=True, slots=True)
class Writing:
    """`names`: the fields of a score that may be written; `why`: what closes the others."""

    names: frozenset[str]
    why: str = ""
    concerned: bool = True

    @property
    def adds_documents(self) -> bool:
        return bool(self.names & {"self_score", "explanation"})

    @property
    def removes_documents(self) -> bool:
        return "self_score" in self.names

    @property
    def only_explains(self) -> bool:
        return self.names == {"explanation"}

    def must(self, allowed: bool) -> None:
        """Raises PermissionDenied for whom the criterion does not concern, PlanRefused where it is too late or early."""
        if not allowed:
            self.must_concern()
            raise PlanRefused(self.why)

    def must_concern(self) -> None:
        """Raises PermissionDenied."""
        if not self.concerned:
            raise PermissionDenied(self.why)


def until(round_: ScoringRound, share: ScoringShare) -> date:
    """The last day on which the unit scores it: its own where it was sent back."""
    return share.until or round_.score_until


def held_by_unit(round_: ScoringRound, share: ScoringShare | None, on: date) -> bool:
    """Whether the unit, and not Văn phòng, has it in hand."""
    if share is None or share.state == ShareState.HANDED_IN or on > until(round_, share):
        return False
    if round_.state == State.OPEN:
        return on >= round_.opens_on
    return round_.state == State.CHECKING and share.state == ShareState.RETURNED


def explains(round_: ScoringRound, on: date) -> bool:
    return round_.state == State.EXPLAINING and round_.explain_until is not None and on <= round_.explain_until


def writing(round_: ScoringRound | None, share: ScoringShare | None, rights: Rights) -> Writing:
    """`share` was fetched with its unit."""
    if round_ is None:
        return Writing(ALL if rights.is_office else NOTHING, "Chỉ Văn phòng ghi điểm.", concerned=rights.is_office)
    own = share is not None and share.unit_id in rights.units
    names = _of_unit(round_, share, rights.on) if own else NOTHING
    if rights.is_office:
        names |= _of_office(round_, share, rights.on)
    if not (own or rights.is_office):
        return Writing(NOTHING, NOT_YOURS, concerned=False)
    return Writing(names, _why_not(round_, share, rights))


def _of_unit(round_: ScoringRound, share: ScoringShare | None, on: date) -> frozenset[str]:
    if held_by_unit(round_, share, on):
        return SELF
    return frozenset({"explanation"}) if explains(round_, on) else NOTHING


def _of_office(round_: ScoringRound, share: ScoringShare | None, on: date) -> frozenset[str]:
    if round_.state in BEING_SCORED:
        return frozenset({"last_year"}) | (NOTHING if held_by_unit(round_, share, on) else SELF)
    if round_.state == State.CLOSED:
        # a round that went through explaining and was opened again is corrected at both stages
        return frozenset({"appraisal_1", "appraisal_2"} if round_.explain_until else {"appraisal_1"})
    if round_.state == State.EXPLAINING:
        explained = share is None and explains(round_, on)
        return frozenset({"appraisal_2", "explanation"} if explained else {"appraisal_2"})
    return NOTHING


def _why_not(round_: ScoringRound, share: ScoringShare | None, rights: Rights) -> str:
    state = State(round_.state)
    if state == State.EXPLAINING and not explains(round_, rights.on):
        return f"Đã hết hạn giải trình, ngày {short_date(round_.explain_until)}. Đề nghị Văn phòng lùi hạn nếu còn cần."
    if share is None or state not in {State.OPEN, State.CHECKING}:
        return STANDS.get(state, NOT_YOURS)
    return _why_not_yet(round_, share, state, rights.on)


def _why_not_yet(round_: ScoringRound, share: ScoringShare, state: State, on: date) -> str:
    """While it is scored: another holds it, or the unit's time has not come or is over."""
    if held_by_unit(round_, share, on):
        return f"{share.unit.name} đang chấm tiêu chí này, đến hết ngày {short_date(until(round_, share))}. Chờ đơn vị gửi Văn phòng."
    if share.state == ShareState.HANDED_IN:
        return "Đơn vị đã gửi Văn phòng điểm của tiêu chí này. Đề nghị Văn phòng trả lại nếu cần sửa."
    if state == State.OPEN and on < round_.opens_on:
        return f"Đơn vị tự chấm từ ngày {short_date(round_.opens_on)}."
    if state == State.CHECKING and share.state == ShareState.WAITING:
        return STANDS[state]
    return f"Đã hết thời gian tự chấm, ngày {short_date(until(round_, share))}. Đề nghị Văn phòng lùi ngày."


def standing_of(criterion: Criterion, rights: Rights) -> tuple[ScoringRound | None, ScoringShare | None, Writing]:
    """For a page: its round, who scores it, what may be written now. Two queries; the verb asks again under its lock."""
    rounds = ScoringRound.objects.select_related("criteria_set")
    round_ = rounds.filter(criteria_set=criterion.criteria_set_id).first()
    share = ScoringShare.objects.select_related("unit").filter(criterion=criterion).first() if round_ else None
    return round_, share, writing(round_, share, rights)


def writing_of(criterion: Criterion, rights: Rights) -> Writing:
    return standing_of(criterion, rights)[2]


def may_return(round_: ScoringRound | None, share: ScoringShare | None, rights: Rights) -> bool:
    """Whether Văn phòng may send it back to its unit now."""
    if round_ is None or share is None or not rights.is_office:
        return False
    return round_.state in {State.OPEN, State.CHECKING} and not held_by_unit(round_, share, rights.on)


def take(criterion_id: int, rights: Rights) -> tuple[Criterion, Writing]:
    """Lock the round, then the criterion, and say what may be written. Raises Criterion.DoesNotExist."""
    of_agency = {"agency_id": rights.agency_id, "criteria_set__criteria": criterion_id}
    round_ = ScoringRound.objects.select_for_update(of=("self",)).filter(**of_agency).order_by("pk").first()
    criterion = (
        Criterion.objects.select_for_update(of=("self",))
        .select_related("criteria_set")
        .get(pk=criterion_id, criteria_set__agency_id=rights.agency_id)
    )
    share = ScoringShare.objects.select_related("unit").filter(criterion=criterion).first() if round_ else None
    return criterion, writing(round_, share, rights)


def must_be_scored(**which: int) -> None:
    """What bears on scores of a whole set changes only before leadership has it. Locks the round; raises PlanRefused."""
    round_ = ScoringRound.objects.select_for_update(of=("self",)).filter(**which).order_by("pk").first()
    if round_ and round_.state not in BEING_SCORED:
        raise PlanRefused(STANDS[State(round_.state)])
