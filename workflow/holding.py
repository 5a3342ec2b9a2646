"""Who holds a step. Heads' and Văn phòng's steps are held by (unit, role), never by who is head today."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from organization.enums import ONLOOKERS, Role, UnitKind
from organization.models import Post, Unit
from workflow.authority import CROSS_REVIEW, took_part
from workflow.errors import Refused
from workflow.models import Case
from workflow.nodes import Holder

OFFICE_LEADS = "Văn phòng chủ trì, không qua rà soát"
NOBODY_TO_REVIEW = "Không còn ai ở Văn phòng đủ điều kiện rà soát, chuyển thẳng lãnh đạo"
LEADER_ASKED_DIRECTLY = "Lãnh đạo yêu cầu trình lại trực tiếp"
NOT_INDEPENDENT = (
    "{} không rà soát chéo được việc này: thuộc đơn vị chủ trì, đã tham gia thực hiện, hoặc không còn chức vụ xử lý việc. "
    "Chọn người khác."
)
NOBODY_TO_APPROVE = (
    "Không có lãnh đạo nào đủ điều kiện phê duyệt việc này. Đề nghị quản trị kiểm tra danh sách lãnh đạo."
)
NO_OFFICE = "Cơ quan chưa có Văn phòng trong danh sách đơn vị. Đề nghị quản trị bổ sung."

# Of the people who hold a post on the day, those who took no part in any round and do not sit in the lead unit.
# Written by hand: it is asked in every submission and every acceptance.
ELIGIBLE = f"""FROM organization_post post JOIN organization_user person ON person.id = post.user_id AND person.is_active
JOIN organization_unit seat ON seat.id = post.unit_id
WHERE post.agency_id = %(agency)s AND post.since <= %(on)s AND (post.until IS NULL OR post.until >= %(on)s)
  AND NOT {took_part("%(case)s", "post.user_id")}
  AND NOT EXISTS (SELECT 1 FROM organization_post own WHERE own.user_id = post.user_id AND own.unit_id = %(unit)s
                  AND own.role NOT IN ('viewer', 'administrator')
                  AND own.since <= %(on)s AND (own.until IS NULL OR own.until >= %(on)s))"""  # noqa: S608 - our own constants
# who judges something: everybody but those who only look on
JUDGING_ROLES = [role.value for role in Role if role not in ONLOOKERS]
TOOK_PART = f"SELECT {took_part('%(case)s', 'ANY(%(people)s)')}"
WORKED = f"SELECT {took_part('%(case)s', 'ANY(%(people)s)', recording=False)}"
MAY_JUDGE = f"SELECT 1 {ELIGIBLE} AND post.user_id = %(person)s AND post.role = ANY(%(roles)s) LIMIT 1"
# rà soát chéo: the person whom leadership named to review this work, where they may
NAMED = f"""SELECT post.user_id {ELIGIBLE} AND post.role = ANY(%(roles)s) AND post.user_id <> %(by)s
    AND post.user_id = (SELECT work.reviewer_id FROM workflow_assignment work WHERE work.case_id = %(case)s) LIMIT 1"""  # noqa: S608 - our own constants
REVIEWER = f"SELECT 1 {ELIGIBLE} AND seat.kind = 'office' AND post.role = 'reviewer' AND post.user_id <> %(by)s LIMIT 1"
# first the leader named for this measure, then the one in charge of the unit, the director, the others
FIRST_LEADER = f"""{ELIGIBLE} AND post.role IN ('director', 'leader')
ORDER BY post.user_id IS NOT DISTINCT FROM (SELECT measure.leader_id FROM workflow_assignment work
             JOIN plans_measure measure ON measure.id = work.measure_id WHERE work.case_id = %(work)s) DESC,
         post.user_id IS NOT DISTINCT FROM (SELECT charge.leader_id FROM organization_leaderincharge charge WHERE charge.unit_id = %(unit)s
             AND charge.since <= %(on)s AND (charge.until IS NULL OR charge.until >= %(on)s) ORDER BY charge.since DESC LIMIT 1) DESC,
         post.role = 'director' DESC, person.name_key, post.user_id LIMIT 1"""  # noqa: S608 - our own constants
LEADER = f"SELECT post.user_id, post.role, post.title, person.full_name {FIRST_LEADER}"
# which way a submission goes, with who waits at its end: in one query, since it is asked in every submission
ROUTE = f"""SELECT way.past, CASE WHEN way.past = '' THEN (
        SELECT office.id FROM organization_unit office WHERE office.agency_id = %(agency)s AND office.kind = 'office' AND office.until IS NULL
        ORDER BY office.position, office.sort_key LIMIT 1) END,
    CASE WHEN way.past <> '' THEN (SELECT post.user_id {FIRST_LEADER}) END, way.reviewer
FROM organization_unit lead
CROSS JOIN LATERAL (SELECT CASE WHEN NOT %(direct)s THEN ({NAMED}) END AS reviewer) named
CROSS JOIN LATERAL (SELECT named.reviewer, CASE
    WHEN %(direct)s THEN %(asked)s WHEN named.reviewer IS NOT NULL THEN '' WHEN lead.kind = 'office' THEN %(office_leads)s
    WHEN EXISTS ({REVIEWER}) THEN '' ELSE %(nobody)s END AS past) way
WHERE lead.id = %(unit)s"""  # noqa: S608 - our own constants


@dataclass(frozen=True, slots=True)
class Route:
    """Why a submission goes past Văn phòng (empty where it does not), and who gets it: the office, a leader, or the
    person whom leadership named to review it."""

    past_review: str
    office: int | None
    leader: int | None
    reviewer: int | None = None


def route_of(case: Case, on: date, by: int, *, direct: bool) -> Route:
    """Which way this case goes when `by` submits it; `direct` where a leader asked for it."""
    with connection.cursor() as cursor:
        cursor.execute(ROUTE, {
            "case": case.pk, "work": case.about or case.pk, "agency": case.agency_id, "unit": case.unit_id, "on": on, "by": by, "direct": direct,
            "asked": LEADER_ASKED_DIRECTLY, "office_leads": OFFICE_LEADS, "nobody": NOBODY_TO_REVIEW,
            "roles": JUDGING_ROLES,
        })  # fmt: skip
        return Route(*cursor.fetchone())


def head(case: Case, on: date) -> Holder:  # noqa: ARG001 - one signature for all finders
    return Holder(unit=case.unit_id, role=Role.HEAD)


def officer(case: Case, on: date) -> Holder:
    """The officer named; the unit's head where that person is no longer there."""
    person = case.assignment.officer_id
    if person and person == case.here:
        return Holder(person=person)
    still_here = Post.objects.on(on).filter(user_id=person, unit_id=case.unit_id, user__is_active=True)
    return Holder(person=person) if person and still_here.exists() else head(case, on)


def office(case: Case, on: date) -> Holder:  # noqa: ARG001
    """Văn phòng, or the person whom leadership named instead."""
    if case.route and case.route.reviewer:
        return Holder(person=case.route.reviewer, remark=CROSS_REVIEW)
    unit = case.route.office if case.route else None
    return Holder(unit=unit or reviewing_unit(case.agency_id), role=Role.REVIEWER)


def leader(case: Case, on: date) -> Holder:
    """The leader in charge who took no part in the work; else the next who did not."""
    if case.route:
        person = case.route.leader
    else:
        row = _first_leader(case, on)
        person = row[0] if row else None
    if person is None:
        raise Refused(NOBODY_TO_APPROVE)
    return Holder(person=person, remark=case.route.past_review if case.route else "")


def leader_words(case: Case, on: date) -> str:
    """Who would approve today, with their post: Phó Giám đốc Lý Thị Minh Thu. Empty where nobody may."""
    row = _first_leader(case, on)
    if row is None:
        return ""
    _, role, title, name = row
    return f"{title or Role(role).label} {name}"


def who_would_approve(case: Case, on: date) -> int | None:
    """The leader to whom this case would go today."""
    row = _first_leader(case, on)
    return row[0] if row else None


def _first_leader(case: Case, on: date) -> tuple[int, str, str, str] | None:
    with connection.cursor() as cursor:
        cursor.execute(LEADER, {"case": case.pk, "work": case.about or case.pk, "agency": case.agency_id,
                                "unit": case.unit_id, "on": on})  # fmt: skip
        return cursor.fetchone()


def reviewing_unit(agency_id: int) -> int:
    """Văn phòng of the agency. Raises Refused where the agency has none."""
    unit = (
        Unit.objects.filter(agency_id=agency_id, kind=UnitKind.OFFICE, until=None).values_list("pk", flat=True).first()
    )
    if unit is None:
        raise Refused(NO_OFFICE)
    return unit


def why_past_review(case: Case, on: date, by: int) -> str:
    """Why this case goes past Văn phòng's review when `by` submits it; empty where it is reviewed."""
    return route_of(case, on, by, direct=False).past_review


def is_eligible(case: Case, person: int, on: date, roles: Collection[str] = JUDGING_ROLES) -> bool:
    """Whether this person may judge the case: holds one of the roles, took no part, does not sit in the lead unit."""
    asked = {"case": case.pk, "agency": case.agency_id, "unit": case.unit_id, "on": on, "person": person,
             "roles": [str(role) for role in roles]}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(MAY_JUDGE, asked)
        return cursor.fetchone() is not None


def took_part_in(case_id: int, people: Collection[int], *, recording: bool = True) -> bool:
    """Whether one of these people had a hand in the work of the case; `recording` counts as one unless told."""
    with connection.cursor() as cursor:
        cursor.execute(TOOK_PART if recording else WORKED, {"case": case_id, "people": list(people)})
        return bool(cursor.fetchone()[0])
