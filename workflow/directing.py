"""What leadership says of a case beside the flow: ý kiến chỉ đạo, and nguyên nhân khách quan of a delay."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from organization.enums import LEADERS, Role, UnitKind
from organization.models import Post
from organization.rights import Rights, holders
from plans.closing import why_closed
from workflow import engine
from workflow.errors import Refused
from workflow.models import Case, Directive, ObjectiveCause, Step
from workflow.owing import owe

LEADERS_ONLY = "Chỉ lãnh đạo cơ quan thực hiện được thao tác này."
TEXT_MISSING = "Chưa ghi ý kiến chỉ đạo. Ghi ý kiến rồi gửi lại."
CAUSE_MISSING = "Chưa ghi nguyên nhân khách quan. Ghi rõ nguyên nhân, căn cứ rồi gửi lại."
NOT_LATE = "Nhiệm vụ chưa chậm so với thời hạn ban đầu nên không có gì để xác nhận."
CONFIRMED = "Nguyên nhân khách quan của nhiệm vụ này đã được xác nhận. Mở lại trang nhiệm vụ để xem."


def direct(case_id: int, rights: Rights, *, text: str) -> Directive:
    """Cho ý kiến chỉ đạo: the officer, the heads and Văn phòng are told; no step moves.

    Raises Case.DoesNotExist, PermissionDenied, Refused.
    """
    principal = leading_for(rights)
    if not text.strip():
        raise Refused(TEXT_MISSING)
    with audit.transaction():
        case = Case.objects.select_related("assignment", "plan").get(pk=case_id, agency_id=rights.agency_id)
        _need_open_plan(case)
        directive = Directive.objects.create(
            case=case, agency_id=case.agency_id, by_id=rights.user_id, on_behalf_of_id=principal, at=now(), text=text
        )
        owe(
            [_notice(directive, case, person, "case.directed", text) for person in _told(case, directive)],
            directive.pk,
            rights.on,
        )
        audit.record(
            "case.directed", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=principal,
            at=directive.at, directive=directive.pk, text=text,
        )  # fmt: skip
    return directive


def confirm_cause(case_id: int, rights: Rights, *, reason: str) -> ObjectiveCause:
    """Xác nhận nguyên nhân khách quan of a case that is late. Its lateness stays, and is counted apart.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    principal = leading_for(rights)
    if not reason.strip():
        raise Refused(CAUSE_MISSING)
    with engine.one_transaction():
        case = (
            Case.objects.select_for_update(of=("self",))
            .select_related("assignment", "plan")
            .get(pk=case_id, agency_id=rights.agency_id)
        )
        _need_open_plan(case)
        if ObjectiveCause.objects.filter(case=case).exists():
            raise Refused(CONFIRMED)
        if not is_late(case):
            raise Refused(NOT_LATE)
        cause = ObjectiveCause.objects.create(
            case=case,
            agency_id=case.agency_id,
            by_id=rights.user_id,
            on_behalf_of_id=principal,
            at=now(),
            reason=reason,
        )
        owe(
            [_notice(cause, case, person, "case.excused", reason) for person in _told(case, cause)], cause.pk, rights.on
        )
        audit.record(
            "case.cause_confirmed", case.subject, agency=case.agency_id, actor=rights.user_id, on_behalf_of=principal,
            at=cause.at, reason=reason,
        )  # fmt: skip
    return cause


def _need_open_plan(case: Case) -> None:
    if refusal := why_closed(case.plan):
        raise Refused(refusal)


def cause_of(case: Case) -> ObjectiveCause | None:
    """What was confirmed of a case that was fetched with `objective_cause`."""
    return getattr(case, "objective_cause", None)


def directives_of(case_id: int) -> list[Directive]:
    """Newest first, with the people in them. One query."""
    return list(Directive.objects.filter(case_id=case_id).select_related("by", "on_behalf_of"))


def leading_for(rights: Rights) -> int | None:
    """In whose name this person leads; None for their own. Raises PermissionDenied where they do not."""
    for standing, person in rights.standings:
        if any(role in LEADERS for _, role in standing.pools):
            return person
    raise PermissionDenied(LEADERS_ONLY)


def is_late(case: Case) -> bool:
    """Whether the last round came, or nothing has come, after the first due date."""
    if case.original_due_on is None:
        return False
    judged = Step.objects.filter(process_id=case.pk, finished=None, judging=True).exists()
    handed_in = Case.objects.with_submission().values_list("submitted_on", flat=True).get(pk=case.pk)
    last = handed_in if handed_in and (case.finished or judged) else localdate()
    return last > case.original_due_on


def _told(case: Case, said: Directive | ObjectiveCause) -> list[int]:
    officer = case.assignment.officer_id
    office = Post.objects.on(localdate()).filter(
        agency_id=case.agency_id, unit__kind=UnitKind.OFFICE, role=Role.REVIEWER, user__is_active=True
    )
    people = [officer, *holders(case.unit_id, Role.HEAD, localdate()), *office.order_by("user_id").values_list("user_id", flat=True)]  # fmt: skip
    return [person for person in dict.fromkeys(people) if person and person != said.by_id]


def _notice(said: Directive | ObjectiveCause, case: Case, person: int, kind: str, words: str) -> Notice:
    return Notice(
        agency_id=case.agency_id, to_id=person, kind=kind, subject=case.subject, at=said.at,
        params={"note": words, "by": said.by_id, "behalf": said.on_behalf_of_id},
    )  # fmt: skip
