"""What presenting and deciding a report writes besides the move, and who signs."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from organization.enums import LEADERS
from organization.models import Post
from reports.models import Compilation
from workflow.effects import need_reason
from workflow.errors import Refused
from workflow.models import Case, Step
from workflow.nodes import Holder

if TYPE_CHECKING:
    from workflow.engine import Move


def signer(case: Case, on: date) -> Holder:
    """The leader named in the last version, who must still be one."""
    person = (
        Compilation.objects.filter(report_id=case.pk).order_by("-number").values_list("signer_id", flat=True).first()
    )
    if not is_leader(person, case.agency_id, on):
        raise Refused(
            "Người được chọn duyệt báo cáo không còn là lãnh đạo cơ quan. Tổng hợp lại và chọn người duyệt khác."
        )
    return Holder(person=person)


def is_leader(person: int | None, agency_id: int, on: date) -> bool:
    posts = Post.objects.on(on).filter(agency_id=agency_id, role__in=LEADERS, user__is_active=True)
    return person is not None and posts.filter(user_id=person).exists()


def last_digest(case_id: int) -> str | None:
    """The digest of the last version that was compiled; none while one is being compiled."""
    return Compilation.objects.filter(report_id=case_id).order_by("-number").values_list("digest", flat=True).first()


def tell_decision(move: Move) -> None:
    """Whoever presented the report is told what leadership decided."""
    if move.outcome == "returned":
        need_reason(move)
    presented = Step.objects.filter(process_id=move.case.pk, judging=False, outcome="presented").order_by("-id")
    people = [person for person in presented.values_list("acted_by_id", flat=True)[:1] if person]
    move.tell(people, "report.returned" if move.outcome == "returned" else "report.approved")
