"""Who holds a step. Heads' and Văn phòng's steps are held by (unit, role), never by who is head today."""

from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from organization.enums import UNIT_ROLES, Role, UnitKind
from organization.leadership import leaders_for
from organization.models import Post, Unit
from workflow.errors import Refused
from workflow.models import Case, Step
from workflow.nodes import Holder

OFFICE_LEADS = "Văn phòng chủ trì, không qua rà soát"
NOBODY_TO_REVIEW = "Không còn ai ở Văn phòng đủ điều kiện rà soát, chuyển thẳng lãnh đạo"
NOBODY_TO_APPROVE = (
    "Không có lãnh đạo nào đủ điều kiện phê duyệt việc này. Đề nghị quản trị kiểm tra danh sách lãnh đạo."
)
NO_OFFICE = "Cơ quan chưa có Văn phòng trong danh sách đơn vị. Đề nghị quản trị bổ sung."


def head(case: Case, on: date) -> Holder:  # noqa: ARG001 - one signature for all finders
    return Holder(unit=case.unit_id, role=Role.HEAD)


def officer(case: Case, on: date) -> Holder:
    """The officer named; the unit's head where that person is no longer there."""
    person = case.assignment.officer_id
    still_here = Post.objects.on(on).filter(user_id=person, unit_id=case.unit_id, user__is_active=True)
    return Holder(person=person) if person and still_here.exists() else head(case, on)


def office(case: Case, on: date) -> Holder:  # noqa: ARG001
    return Holder(unit=reviewing_unit(case.agency_id), role=Role.REVIEWER)


def leader(case: Case, on: date) -> Holder:
    """The leader in charge who took no part in the work; else the next who did not."""
    first = case.assignment.measure.leader_id
    person = (
        impartial(leaders_for(case.agency_id, case.unit_id, on, first), case, on)
        .values_list("user_id", flat=True)
        .first()
    )
    if person is None:
        raise Refused(NOBODY_TO_APPROVE)
    return Holder(person=person, remark=case.past_review)


def reviewing_unit(agency_id: int) -> int:
    """Văn phòng of the agency. Raises Refused where the agency has none."""
    unit = (
        Unit.objects.filter(agency_id=agency_id, kind=UnitKind.OFFICE, until=None).values_list("pk", flat=True).first()
    )
    if unit is None:
        raise Refused(NO_OFFICE)
    return unit


def impartial(posts: QuerySet[Post], case: Case, on: date) -> QuerySet[Post]:
    """Of these posts, those of people who took no part in any round and do not sit in the lead unit."""
    user = OuterRef("user_id")
    took_part = Step.objects.filter(process_id=case.pk, judging=False).exclude(flow_task_type="START")
    sits_there = Post.objects.on(on).filter(user_id=user, unit_id=case.unit_id, role__in=UNIT_ROLES)
    return posts.exclude(Exists(took_part.filter(Q(acted_by_id=user) | Q(on_behalf_of_id=user)))).exclude(
        Exists(sits_there)
    )


def why_past_review(case: Case, on: date, by: int) -> str:
    """Why this case goes past Văn phòng's review when `by` submits it; empty where it is reviewed."""
    if case.unit.kind == UnitKind.OFFICE:
        return OFFICE_LEADS
    reviewers = Post.objects.on(on).filter(
        agency_id=case.agency_id, unit__kind=UnitKind.OFFICE, role=Role.REVIEWER, user__is_active=True
    ).exclude(user_id=by)  # fmt: skip
    return "" if impartial(reviewers, case, on).exists() else NOBODY_TO_REVIEW
