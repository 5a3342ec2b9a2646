"""What presenting and deciding a report writes besides the move, and who signs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import connection
from django.db.models import Case as Choice
from django.db.models import Exists, OuterRef, Q, QuerySet, When

from organization.enums import LEADERS, Role, UnitKind
from organization.models import LeaderInCharge, Post
from reports.models import Compilation
from workflow.effects import need_reason
from workflow.errors import Refused
from workflow.holding import ELIGIBLE
from workflow.models import Case, Step
from workflow.nodes import Holder

if TYPE_CHECKING:
    from workflow.engine import Move


CANNOT_SIGN = "Người được chọn duyệt báo cáo không còn là lãnh đạo cơ quan, hoặc đã tham gia lập báo cáo này. Tổng hợp lại và chọn người duyệt khác."
# those who may judge this case, and among them this person
MAY_SIGN = f"SELECT 1 {ELIGIBLE} AND post.role IN ('director', 'leader') AND post.user_id = %(person)s LIMIT 1"


def signer(case: Case, on: date) -> Holder:
    """The leader named in the version that is presented, who must still be one and took no part in it."""
    presented = current(case.pk)
    person = presented.signer_id if presented else None
    with connection.cursor() as cursor:
        cursor.execute(MAY_SIGN, {"case": case.pk, "agency": case.agency_id, "unit": case.unit_id, "on": on, "person": person})  # fmt: skip
        if cursor.fetchone() is None:
            raise Refused(CANNOT_SIGN)
    return Holder(person=person)


def is_leader(person: int, agency_id: int, on: date) -> bool:
    return leaders_of(agency_id, on).filter(user_id=person).exists()


def leaders_of(agency_id: int, on: date) -> QuerySet[Post]:
    """The posts of leadership on that day: first who usually signs, the leader in charge of Văn phòng, then the director."""
    posts = Post.objects.on(on).filter(agency_id=agency_id, role__in=LEADERS, user__is_active=True)
    charge = LeaderInCharge.objects.on(on).filter(
        leader_id=OuterRef("user_id"), unit__kind=UnitKind.OFFICE, agency_id=agency_id
    )
    director = Choice(When(role=Role.DIRECTOR, then=0), default=1)
    return posts.select_related("user").order_by(Exists(charge).desc(), director, "user__name_key", "user_id")


def usual_signer(leaders: Sequence[Post]) -> int | None:
    """Among `leaders_of`."""
    return leaders[0].user_id if leaders else None


def current(report_id: int) -> Compilation | None:
    """The version that counts: the last one, those that were stopped aside. It has no digest while it is compiled."""
    counting = Compilation.objects.filter(Q(finished=None) | ~Q(digest=""), report_id=report_id)
    return counting.order_by("-number").first()


def seen_digest(case: Case) -> str | None:
    return last_digest(case.pk)


def last_digest(report_id: int) -> str | None:
    """The digest of the version that counts; empty while it is being compiled, none where there is none."""
    version = current(report_id)
    return version.digest if version else None


def tell_decision(move: Move) -> None:
    """Whoever presented the report is told what leadership decided."""
    if move.outcome == "returned":
        need_reason(move)
    presented = Step.objects.filter(process_id=move.case.pk, judging=False, outcome="presented").order_by("-id")
    people = [person for person in presented.values_list("acted_by_id", flat=True)[:1] if person]
    move.tell(people, "report.returned" if move.outcome == "returned" else "report.approved")
