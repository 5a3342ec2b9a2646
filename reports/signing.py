"""What presenting and deciding a report writes besides the move, and who signs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from organization.enums import LEADERS
from organization.models import Post, User
from reports.models import Compilation
from workflow.effects import need_reason
from workflow.errors import Refused
from workflow.models import Case, Step
from workflow.nodes import Holder

if TYPE_CHECKING:
    from workflow.engine import Move


def signer(case: Case, on: date) -> Holder:  # noqa: ARG001 - one signature for all finders
    return Holder(person=case.report.signer_id)


def last_digest(case_id: int) -> str | None:
    """The digest of the last version that was compiled; none while one is being compiled."""
    last = Compilation.objects.filter(report_id=case_id).order_by("-number").first()
    return last.digest if last else None


def name_signer(move: Move, *, signer: User) -> None:
    """Trình lãnh đạo: the signer must be a leader on the day."""
    if (
        not Post.objects.on(move.on)
        .filter(user=signer, agency_id=move.case.agency_id, role__in=LEADERS, user__is_active=True)
        .exists()
    ):
        raise Refused(f"{signer.full_name} không phải lãnh đạo cơ quan. Chọn người duyệt khác.")
    report = move.case.report
    report.signer = signer
    report.save(update_fields=("signer",), force_update=True)
    move.facts |= {"signer": signer.pk}


def tell_decision(move: Move) -> None:
    """Whoever presented the report is told what leadership decided."""
    if move.outcome == "returned":
        need_reason(move)
    presented = Step.objects.filter(process_id=move.case.pk, judging=False, outcome="presented").order_by("-id")
    people = [person for person in presented.values_list("acted_by_id", flat=True)[:1] if person]
    move.tell(people, "report.returned" if move.outcome == "returned" else "report.approved")
