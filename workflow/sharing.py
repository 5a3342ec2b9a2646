"""Kết quả dùng chung: one product counts in two or three live plans. One row does the work; the others are done with it.

Văn phòng and leadership say so, where they took no part in either row: whoever does decides that one result is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.utils.timezone import localdate, now
from rapidfuzz import fuzz

from audit import services as audit
from organization.enums import LEADERS, Role
from organization.rights import Rights
from organization.vietnamese import fold
from workflow import engine
from workflow.effects import concerned
from workflow.errors import Refused
from workflow.flows import AssignmentFlow
from workflow.holding import is_eligible
from workflow.models import Case, ResultShare, SharedResult, Step
from workflow.owing import owe_each
from workflow.querysets import CaseQuerySet
from workflow.stopping import may_stop

FOR_WHOM = "Chỉ Văn phòng và lãnh đạo cho dùng chung kết quả."
NOT_INDEPENDENT = "Người đã tham gia hoặc thuộc đơn vị chủ trì một trong hai nhiệm vụ không cho dùng chung kết quả được. Đề nghị người khác."
SAME_PLAN = "Hai dòng cùng một kế hoạch không dùng chung kết quả. Chọn dòng của kế hoạch khác."
SAME_PLAN_AGAIN = "Kế hoạch ấy đã có một dòng dùng kết quả này. Chọn dòng của kế hoạch khác."
MOST = "Kết quả này đã dùng cho ba kế hoạch nên không thêm được nữa."
USES_ANOTHER = "Nhiệm vụ {} đang dùng kết quả của nhiệm vụ khác. Mở nhiệm vụ ấy để thêm."
TAKEN = "Nhiệm vụ {} đã dùng chung kết quả rồi. Chọn nhiệm vụ khác."
HANDED_IN = "Nhiệm vụ {} đã nộp, đang chờ quyết định. Quyết định xong hoặc trả lại trước."
OVER = "Nhiệm vụ {} đã kết thúc nên không nhận kết quả dùng chung được."
NO_RESULT = "Nhiệm vụ này đã dừng, không có kết quả để dùng chung."
NOT_SHARED = "Nhiệm vụ này không dùng kết quả của nhiệm vụ khác. Mở lại trang nhiệm vụ để xem."
DONE = "Nhiệm vụ đã hoàn thành theo kết quả dùng chung. Mở lại nhiệm vụ nếu cần kết quả riêng."
OFFERED = 20


@dataclass(frozen=True, slots=True)
class Shared:
    """What stands together: the row that does the work first; `mine` is the share of the row that is looked at."""

    shares: Sequence[ResultShare]
    mine: ResultShare


def may_share(rights: Rights) -> bool:
    return may_stop(rights)


def shared_of(case: Case) -> Shared | None:
    shares = ResultShare.objects.filter(result__shares__case=case).order_by("position")
    found = list(shares.select_related("case__unit", "plan", "by", "on_behalf_of"))
    mine = next((share for share in found if share.case_id == case.pk), None)
    return Shared(found, mine) if mine else None


def offered(case: Case, rights: Rights, text: str = "") -> list[Case]:
    """Open rows of other plans that stand on no result yet: those with these words, else those most alike."""
    found: CaseQuerySet = Case.objects.visible_to(rights).live().filter(flow_class=AssignmentFlow, share=None)
    found = (
        found.exclude(plan=case.plan_id)
        .matching(text)
        .select_related("unit", "plan")
        .order_by("-plan__year", "code", "pk")
    )
    if text.strip():
        return list(found[:OFFERED])
    title = fold(case.title)
    scored = [(fuzz.token_set_ratio(title, fold(one.title)), one) for one in found]
    scored.sort(key=lambda pair: (-pair[0], pair[1].pk))
    return [one for _, one in scored[:OFFERED]]


def share(case_id: int, other_id: int, rights: Rights) -> SharedResult:
    """The other row counts the result of this one; where that is there already, the other is done at once.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    behalf = _need_rights(rights)
    with engine.one_transaction():
        case, other = _locked(case_id, other_id, rights)
        _need_independent((case, other), rights, behalf)
        step = _step_to_give(other)
        result = _result_of(case, rights, behalf)
        _refuse_senseless(case, other, result)
        at, last = now(), result.shares.aggregate(last=Max("position"))["last"]
        made = ResultShare.objects.create(
            result=result, case=other, plan_id=other.plan_id, position=last + 1, by_id=rights.user_id,
            on_behalf_of_id=behalf, at=at,
        )  # fmt: skip
        move = engine.Move(step, other, "sharing", rights.user_id, behalf, at, "")
        _tell(move, case, other, made, ends=False)
        audit.record("case.result_shared", other.subject, agency=other.agency_id, actor=rights.user_id, on_behalf_of=behalf,
                     at=at, of=case.pk, result=result.pk)  # fmt: skip
        if case.status == Case.DONE:
            accepted = engine.accepted_round(case.pk)
            if accepted:
                engine.complete_shared(step, accepted, move)
    return result


def withdraw(case_id: int, rights: Rights) -> None:
    """Thôi dùng chung: a row that is not done yet has a result of its own again.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    behalf = _need_rights(rights)
    with engine.one_transaction():
        case = Case.objects.select_for_update().get(pk=case_id, agency_id=rights.agency_id)
        mine = ResultShare.objects.filter(case=case).select_related("result").first()
        if mine is None or mine.works:
            raise Refused(NOT_SHARED)
        if case.finished:
            raise Refused(DONE)
        first = mine.result.shares.select_related("case__plan", "case__assignment").get(position=ResultShare.FIRST)
        step = Step.objects.get(process=case, finished=None)
        move = engine.Move(step, case, "sharing", rights.user_id, behalf, now(), "")
        _tell(move, first.case, case, mine, ends=True)
        mine.delete()
        if mine.result.shares.count() == 1:
            first.delete()
            mine.result.delete()
        audit.record("case.result_unshared", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=behalf,
                     of=first.case_id, result=mine.result_id)  # fmt: skip


def _need_rights(rights: Rights) -> int | None:
    if not may_share(rights):
        raise PermissionDenied(FOR_WHOM)
    return rights.name_for(Role.REVIEWER, *LEADERS)


def _locked(case_id: int, other_id: int, rights: Rights) -> tuple[Case, Case]:
    """Both, locked in the order of their keys. Raises Case.DoesNotExist."""
    cases = Case.objects.select_for_update(of=("self",)).filter(agency_id=rights.agency_id, flow_class=AssignmentFlow)
    rows = cases.filter(pk__in=[case_id, other_id]).select_related("plan", "assignment").order_by("pk")
    found = {case.pk: case for case in rows}
    if {case_id, other_id} - found.keys():
        raise Case.DoesNotExist
    return found[case_id], found[other_id]


def _need_independent(cases: Sequence[Case], rights: Rights, behalf: int | None) -> None:
    people = {rights.user_id, behalf or rights.user_id}
    if not all(is_eligible(case, person, localdate()) for case in cases for person in people):
        raise Refused(NOT_INDEPENDENT)


def _step_to_give(other: Case) -> Step:
    steps = engine.lock_open([other.pk])
    if not steps:
        raise Refused(OVER.format(other.code))
    if steps[0].judging:
        raise Refused(HANDED_IN.format(other.code))
    return steps[0]


def _result_of(case: Case, rights: Rights, behalf: int | None) -> SharedResult:
    """The result of this row, begun where it has none; inside the transaction that holds the case."""
    if case.finished and case.status != Case.DONE:
        raise Refused(NO_RESULT)
    mine = ResultShare.objects.filter(case=case).select_related("result").first()
    if mine and not mine.works:
        raise Refused(USES_ANOTHER.format(case.code))
    if mine:
        return mine.result
    at = now()
    result = SharedResult.objects.create(agency_id=case.agency_id, by_id=rights.user_id, on_behalf_of_id=behalf, at=at)
    ResultShare.objects.create(
        result=result, case=case, plan_id=case.plan_id, position=ResultShare.FIRST, by_id=rights.user_id,
        on_behalf_of_id=behalf, at=at,
    )  # fmt: skip
    return result


def _refuse_senseless(case: Case, other: Case, result: SharedResult) -> None:
    if case.plan_id == other.plan_id:
        raise Refused(SAME_PLAN)
    if ResultShare.objects.filter(case=other).exists():
        raise Refused(TAKEN.format(other.code))
    plans = list(result.shares.values_list("plan_id", flat=True))
    if other.plan_id in plans:
        raise Refused(SAME_PLAN_AGAIN)
    if len(plans) == ResultShare.MOST:
        raise Refused(MOST)


def _tell(move: engine.Move, case: Case, other: Case, share: ResultShare, *, ends: bool) -> None:
    """Officers, heads and Văn phòng of both rows: each of the other's."""
    for mine, theirs in ((case, other), (other, case)):
        said = engine.Move(move.step, mine, "sharing", move.by, move.on_behalf_of, move.at, "")
        said.tell(concerned(mine, move.on), "case.sharing", other=f"nhiệm vụ {theirs.code}, {theirs.plan}", ends=ends)
        key = f"{share.result_id}:{mine.pk}:{ends:d}:{move.at.timestamp()}"
        owe_each([(notice, key) for notice in said.notices], move.on)
