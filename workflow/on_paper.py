"""Quyết định trên giấy: who may write down what a head or a leader decided on a signed paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from evidence.models import Document
from organization.enums import Role
from organization.models import Delegation, User
from organization.rights import Rights, rights_of
from organization.rights import holders as holders_of
from workflow.errors import Refused, StaleStep
from workflow.holding import took_part_in
from workflow.models import Assignment, Step

RECORDERS = frozenset({Role.REVIEWER, Role.CLERK})
NOT_A_RECORDER = "Chỉ Văn phòng và văn thư ghi nhận quyết định trên giấy."
NOT_ON_PAPER = "Bước này không nhận quyết định trên giấy. Người đang giữ xử lý trên trang của bước."
TOOK_PART = (
    "Bạn đã rà soát hoặc tham gia nhiệm vụ này nên không ghi nhận quyết định trên giấy được. "
    "Đề nghị người khác của Văn phòng hoặc văn thư ghi nhận."
)
NOT_THEIRS = "Người ký văn bản không được quyết định bước này. Kiểm tra lại người ký và người đang giữ nhiệm vụ."
PAPER_INCOMPLETE = "Chưa ghi đủ số, ngày của văn bản đã ký. Ghi số, ngày và tải bản quét rồi gửi lại."


@dataclass(frozen=True, slots=True)
class Recording:
    """Who writes a decision down, and the paper it stands on."""

    by: int
    paper: Document


def is_recorder(rights: Rights) -> bool:
    return bool(rights.roles & RECORDERS)


def took_part(step: Step, person: int) -> bool:
    """Whether this person had a hand in the case, is its officer, or judged it, in any round and in whosever name.
    Who wrote down one decision may write down the next."""
    judged = Step.objects.filter(process_id=step.process_id, judging=True, pulled=False)
    judged = judged.filter(Q(acted_by_id=person) | Q(on_behalf_of_id=person))
    if judged.exists() or Assignment.objects.filter(pk=step.process_id, officer_id=person).exists():
        return True
    return took_part_in(step.process_id, [person], recording=False)


def must_record(step: Step, principal: Rights, recorder: Rights) -> None:
    """Raises PermissionDenied, StaleStep or Refused where this person may not write down that person's decision."""
    if not is_recorder(recorder) or step.agency_id != recorder.agency_id:
        raise PermissionDenied(NOT_A_RECORDER)
    if step.finished:
        raise StaleStep(step)
    if not step.node.on_paper:
        raise Refused(NOT_ON_PAPER)
    if principal.user_id == recorder.user_id or took_part(step, recorder.user_id):
        raise Refused(TOOK_PART)
    if not Step.objects.actionable(principal).filter(pk=step.pk).exists():
        raise Refused(NOT_THEIRS)


def must_be_complete(paper: Document) -> None:
    """A signed paper has a number, a date and its scan. Raises Refused."""
    if not paper.number or paper.dated is None or not paper.files.exists():
        raise Refused(PAPER_INCOMPLETE)


def signers(step: Step, on: date) -> list[User]:
    """Whose decision on a paper could be written down now: who holds the step, and who stands in for them."""
    holders = [step.owner_id] if step.owner_id else holders_of(step.process.unit_id, Role.HEAD, on)
    lent = Delegation.objects.on(on).filter(principal_id__in=holders).values_list("substitute_id", flat=True)
    people = User.objects.filter(pk__in=[*holders, *lent], is_active=True).order_by("name_key", "pk")
    return [one for one in people if Step.objects.actionable(rights_of(one, on)).filter(pk=step.pk).exists()]
