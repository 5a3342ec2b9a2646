"""What must hold before a round goes on. Each raises PlanRefused and names the criteria that are in the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable
from datetime import date

from organization.vietnamese import counted, short_date
from plans.criteria.models import Criterion, Score, Standing
from plans.criteria.scoring import facts
from plans.errors import PlanRefused
from plans.selfscoring.models import ScoringRound, ScoringShare
from plans.selfscoring.states import ShareState

NAMED = 10


def score_of(criterion: Criterion) -> Score | None:
    return getattr(criterion, "score", None)


def share_of(criterion: Criterion) -> ScoringShare | None:
    return getattr(criterion, "share", None)


def is_scored(criterion: Criterion) -> bool:
    score = score_of(criterion)
    return score is not None and (score.self_score is not None or score.standing != Standing.SCORED)


def unscored(criteria: Iterable[Criterion]) -> list[Criterion]:
    return [one for one in criteria if not is_scored(one)]


def lost(criterion: Criterion) -> bool:
    """The appraisal gave less than the unit gave itself."""
    score = score_of(criterion)
    return bool(
        score and score.standing == Standing.SCORED and score.appraisal_1 is not None
        and score.appraisal_1 < (criterion.max_points if score.self_score is None else score.self_score)
    )  # fmt: skip


def unexplained(criterion: Criterion) -> bool:
    score = score_of(criterion)
    return lost(criterion) and score is not None and not score.explanation


def unappraised(criterion: Criterion) -> bool:
    score = score_of(criterion)
    if score is None or score.standing == Standing.SCORED:
        return score is None or (score.appraisal_1 is None and score.appraisal_2 is None)
    return False


def named(criteria: Collection[Criterion]) -> str:
    codes = [one.code for one in criteria]
    more = f" và {counted(len(codes) - NAMED)} tiêu chí khác" if len(codes) > NAMED else ""
    return ", ".join(codes[:NAMED]) + more


def must_be_shared(found: ScoringRound, criteria: list[Criterion], on: date) -> None:  # noqa: ARG001 - one signature for all
    if not any(share_of(one) for one in criteria):
        raise PlanRefused("Chưa chia tiêu chí nào cho đơn vị. Chia tiêu chí rồi mở đợt.")


def must_be_assembled(found: ScoringRound, criteria: list[Criterion], on: date) -> None:  # noqa: ARG001
    out = [one for one in criteria if (share := share_of(one)) and share.state == ShareState.RETURNED]
    if out:
        raise PlanRefused(
            f"Còn {counted(len(out))} tiêu chí đang trả lại đơn vị: {named(out)}. Chờ đơn vị gửi lại, hoặc chia lại."
        )
    if missing := unscored(criteria):
        raise PlanRefused(f"Còn {counted(len(missing))} tiêu chí chưa chấm: {named(missing)}. Chấm xong rồi trình.")


def must_be_appraised_once(found: ScoringRound, criteria: list[Criterion], on: date) -> None:  # noqa: ARG001
    if not any(lost(one) for one in criteria):
        raise PlanRefused("Chưa có tiêu chí nào có điểm thẩm định thấp hơn điểm tự chấm nên không có gì để giải trình.")


def must_be_finished(found: ScoringRound, criteria: list[Criterion], on: date) -> None:
    if missing := [one for one in criteria if unappraised(one)]:
        raise PlanRefused(
            f"Còn {counted(len(missing))} tiêu chí chưa có điểm thẩm định: {named(missing)}. Ghi điểm thẩm định rồi kết thúc."
        )
    waiting = [one for one in criteria if unexplained(one)]
    if waiting and found.explain_until is None:
        raise PlanRefused(
            f"Có {counted(len(waiting))} tiêu chí bị giảm điểm: {named(waiting)}. Gửi đơn vị giải trình trước."
        )
    if waiting and found.explain_until is not None and on <= found.explain_until:
        raise PlanRefused(
            f"Đơn vị còn được giải trình đến hết ngày {short_date(found.explain_until)}: {named(waiting)}. Chờ đến lúc đó."
        )


Check = Callable[[ScoringRound, list[Criterion], date], None]
CHECKS: dict[str, Check] = {
    "open": must_be_shared,
    "present": must_be_assembled,
    "explain": must_be_appraised_once,
    "finish": must_be_finished,
}


def digest_of(criteria: Iterable[Criterion]) -> str:
    """Of all that the scores say: the ledger names it with every move."""
    body = {one.code: facts(score_of(one)) for one in criteria}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
