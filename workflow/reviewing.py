"""Rà soát chéo: leadership names who reviews what Văn phòng leads itself, or what nobody of Văn phòng may review."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.timezone import now

from audit import services as audit
from notifications.models import Notice
from organization.enums import LEADERS
from organization.models import Post, User
from organization.rights import Rights
from workflow import engine
from workflow.authority import took_part
from workflow.errors import Refused
from workflow.holding import JUDGING_ROLES, NOT_INDEPENDENT, is_eligible, why_past_review
from workflow.models import Assignment, Case
from workflow.owing import owe

FOR_LEADERS = "Chỉ lãnh đạo chỉ định người rà soát chéo."
OFFICE_REVIEWS = "Việc này do Văn phòng rà soát được nên không cần rà soát chéo."


def lacks_reviewer(case: Case, rights: Rights) -> bool:
    """Văn phòng leads it, or nobody of Văn phòng may review it; or somebody was named for it already."""
    named = case.assignment.reviewer_id is not None
    return named or bool(why_past_review(case, rights.on, rights.user_id))


def candidates(case: Case, rights: Rights) -> QuerySet[User]:
    """People of the agency, outside the lead unit, who do not approve it later: leaders approve."""
    posts = Post.objects.on(rights.on).filter(agency_id=rights.agency_id, role__in=JUDGING_ROLES)
    people = User.objects.filter(pk__in=posts.exclude(role__in=LEADERS).values("user_id"), is_active=True)
    inside = Post.objects.on(rights.on).filter(unit_id=case.unit_id)
    part = RawSQL(took_part(str(int(case.pk)), "organization_user.id"), [], output_field=BooleanField())  # noqa: S611 - a key and our own constants
    return people.exclude(pk__in=inside.values("user_id")).alias(took_part=part).filter(took_part=False)


def name_reviewer(case_id: int, reviewer: User | None, rights: Rights, *, note: str = "") -> Assignment:
    """For the next submission; None gives the work back to Văn phòng's usual way.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    if not rights.leads:
        raise PermissionDenied(FOR_LEADERS)
    with engine.one_transaction():
        # the case alone is locked first: who waited reads what hangs on it as it is then
        Case.objects.select_for_update().get(pk=case_id, agency_id=rights.agency_id)
        work = Assignment.objects.select_related("case__unit").get(pk=case_id)
        case = work.case
        case.assignment = work
        if reviewer and not lacks_reviewer(case, rights):
            raise Refused(OFFICE_REVIEWS)
        if reviewer and not is_eligible(case, reviewer.pk, rights.on):
            raise Refused(NOT_INDEPENDENT.format(reviewer.full_name))
        former, work.reviewer = work.reviewer_id, reviewer
        work.save(update_fields=("reviewer",), force_update=True)
        _tell(case, former, work.reviewer_id, rights, note)
        audit.record("assignment.reviewer_named", case.subject, agency=case.agency_id, actor=rights.user_id,
                     on_behalf_of=rights.name_for(*LEADERS), note=note, former=former, reviewer=reviewer.pk if reviewer else None)  # fmt: skip
    return work


def _tell(case: Case, former: int | None, named: int | None, rights: Rights, note: str) -> None:
    """Who is to review, and who is no longer to."""
    if former == named:
        return
    at, behalf = now(), rights.name_for(*LEADERS)
    owed = [
        Notice(
            agency_id=case.agency_id, to_id=person, kind="case.reviewer_named", subject=case.subject, at=at,
            params={"by": rights.user_id, "behalf": behalf, "note": note, "named": person == named},
        )
        for person in (former, named) if person and person != rights.user_id
    ]  # fmt: skip
    owe(owed, round(at.timestamp() * 1000), rights.on)  # each naming is told of, however often
