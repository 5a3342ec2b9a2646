"""What a verb writes besides the move itself, inside the act's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.db.models import Exists, Q

from evidence.models import Document
from organization.calendar import working_days_after
from organization.enums import Role
from organization.models import AgencySettings, Post, User
from organization.rights import holders
from workflow.errors import Paused, Refused
from workflow.holding import route_of, who_would_approve
from workflow.levels import why_not_confirmed
from workflow.models import Assignment, Case, Sighting, Slip, Suspension
from workflow.returns import RETURNS
from workflow.rounds import standing_of, submit_round

if TYPE_CHECKING:
    from workflow.engine import Move

STATEMENT_MISSING = "Chưa ghi kết quả thực hiện. Ghi ngắn gọn việc đã làm, số liệu đạt được rồi nộp lại."
ROUTE_CHANGED = "Người rà soát của Văn phòng vừa thay đổi. Mở lại trang rồi nộp lại; nội dung đã nhập còn ở dưới."
REASON_MISSING = "Chưa ghi lý do trả lại. Ghi rõ cần bổ sung gì rồi gửi lại."
ALREADY_OPENED = "Người nhận đã mở xem nên không rút lại được nữa. Trao đổi với người đang giữ để được trả lại."
ANSWER_MISSING = "Lãnh đạo đang chờ làm rõ. Ghi phần trả lời vào ý kiến kèm theo rồi trình duyệt lại."
NOBODY_TO_CLARIFY = "Văn phòng không rà soát việc này nên không làm rõ được. Trả lại đơn vị hoặc cho ý kiến chỉ đạo."


@dataclass(frozen=True, slots=True)
class Shared:
    """The accepted round of the work that others stand on."""

    case: int
    statement: str
    documents: Sequence[Document]
    on: date


def name_officer(move: Move, *, officer: User) -> None:
    """Phân công: the officer must hold a post in the lead unit."""
    must_belong(officer, move.case, move.on)
    assignment = move.case.assignment
    assignment.officer = officer
    assignment.save(update_fields=("officer",), force_update=True)
    move.case.here = officer.pk
    move.facts["officer"] = officer.pk


def must_belong(officer: User, case: Case, on: date) -> None:
    """Refuses a person who holds no post in the lead unit on that day."""
    if not Post.objects.on(on).filter(user=officer, unit_id=case.unit_id, user__is_active=True).exists():
        raise Refused(f"{officer.full_name} không thuộc đơn vị chủ trì. Chọn người trong đơn vị.")


def hand_on(move: Move) -> None:
    """Chuyển trưởng đơn vị: what was kept while writing is in the step's note now; what a judge asked for goes along."""
    carry_on(move)
    Assignment.objects.filter(pk=move.case.pk).exclude(draft="").update(draft="")


def hand_in(move: Move, *, statement: str = "", documents: Sequence[Document] | None = None) -> None:
    """Nộp kết quả: a new numbered, immutable submission, with the documents beside the case where none are named.

    It goes to Văn phòng, or past it where Văn phòng may not review. A return to the officer asks for its reason.
    """
    if move.outcome == "returned":
        need_reason(move)
        carry_on(move)
        return
    move.case.route = route_of(move.case, move.on, move.by, direct=move.step.direct)
    if move.case.route.past_review:
        move.outcome = "submitted_past_review"
    elif move.outcome == "submitted_past_review":
        raise Refused(ROUTE_CHANGED)
    if not statement.strip():
        raise Refused(STATEMENT_MISSING)
    submission = submit_round(move, statement, documents, answers=answers_in_time(move))
    move.case.handed_in_on = submission.on
    move.facts |= {"submission": submission.number, "content": submission.digest}


def seen_digest(case: Case) -> str | None:
    """The digest of the last round as it stands, as the act has just read it."""
    return case.look.standing.digest if case.look and case.look.standing else None


def last_digest(case_id: int) -> str | None:
    """The digest of the last round as it stands: what a decision on this case is about."""
    standing = standing_of([case_id]).get(case_id)
    return standing.digest if standing else None


def need_reason(move: Move) -> None:
    if not move.note.strip():
        raise Refused(REASON_MISSING)


def carry_on(move: Move) -> None:
    """What a judge asked for holds until the unit hands in again."""
    move.case.answer_by, move.case.direct = move.step.answer_by, move.step.direct


def answers_in_time(move: Move) -> bool:
    """Whether this round answers a request for papers within its days."""
    return move.step.answer_by is not None and move.on <= move.step.answer_by


def unopened(move: Move) -> None:
    """Rút lại: only until the next person has opened it, and not while the case stands still.

    What was asked of the round still holds.
    """
    open_pause = Suspension.objects.filter(case_id=move.case.pk, until=None)
    seen = Sighting.objects.filter(step_id=move.step.pk).exclude(user_id=move.by)
    paused, opened = Case.objects.filter(pk=move.case.pk).values_list(Exists(open_pause), Exists(seen)).get()
    if paused:
        raise Paused
    if opened:
        raise Refused(ALREADY_OPENED)
    handed_on = move.step.previous if move.step.judging else move.step
    if handed_on is not None:
        move.case.answer_by, move.case.direct = handed_on.answer_by, handed_on.direct
    people = concerned(move.case, move.on, office=move.step.stage == "review")
    move.tell([*people, move.step.owner_id], "case.recalled")


def stop(move: Move) -> None:
    """Dừng thực hiện: a pause ends with the work; everybody concerned is told, who held it as well."""
    close(move)
    move.tell([*concerned(move.case, move.on), move.step.owner_id], "case.dropped")


def close(move: Move) -> None:
    """Đóng kế hoạch: a pause ends with the year; those concerned hear of the plan, not row by row."""
    Suspension.objects.filter(case_id=move.case.pk, until=None).update(
        until=move.on, ended_by_id=move.by, ended_at=move.at, ended_on_behalf_of_id=move.on_behalf_of
    )


def take_shared(move: Move, *, of: Shared) -> None:
    """Kết quả dùng chung: the round that was accepted elsewhere is this work's round too, of the same day."""
    close(move)
    made = submit_round(move, of.statement, of.documents, on=of.on)
    move.facts |= {"submission": made.number, "content": made.digest, "of": of.case}
    move.tell([*concerned(move.case, move.on), move.step.owner_id], "case.shared", of=of.case)


def tell_reopened(move: Move) -> None:
    """Mở lại: the officer hears by the step that comes; head and Văn phòng by this."""
    move.tell(concerned(move.case, move.on), "case.reopened")


def concerned(case: Case, on: date, *, office: bool = True) -> list[int]:
    """The officer, the heads of the lead unit and Văn phòng's reviewers on that day. One query."""
    wanted = Q(unit_id=case.unit_id) & (Q(role=Role.HEAD) | Q(role=Role.DEPUTY, authorised=True))
    if office:
        wanted |= Q(agency_id=case.agency_id, role=Role.REVIEWER)
    posts = Post.objects.on(on).filter(wanted, user__is_active=True).order_by("user_id")
    officer = case.assignment.officer_id
    return [*([officer] if officer else []), *posts.values_list("user_id", flat=True)]


def office_of(agency_id: int, on: date) -> list[int]:
    """Văn phòng's reviewers on that day. One query."""
    posts = Post.objects.on(on).filter(agency_id=agency_id, role=Role.REVIEWER, user__is_active=True)
    return list(posts.order_by("user_id").values_list("user_id", flat=True).distinct())


def concerned_of(cases: Sequence[Case], on: date, *, office: bool = True) -> dict[int, list[int]]:
    """The same of many cases of one agency, by their keys. One query; the assignments are at hand."""
    wanted = Q(unit_id__in={case.unit_id for case in cases}) & (
        Q(role=Role.HEAD) | Q(role=Role.DEPUTY, authorised=True)
    )
    if office:
        wanted |= Q(agency_id__in={case.agency_id for case in cases}, role=Role.REVIEWER)
    posts = Post.objects.on(on).filter(wanted, user__is_active=True).order_by("user_id")
    heads: dict[int, list[int]] = {}
    reviewers: list[int] = []
    for unit, role, person in posts.values_list("unit_id", "role", "user_id"):
        (reviewers if role == Role.REVIEWER else heads.setdefault(unit, [])).append(person)
    return {
        case.pk: [one for one in (case.assignment.officer_id, *heads.get(case.unit_id, ()), *reviewers) if one]
        for case in cases
    }


def send_back(move: Move, reasons: Sequence[str], direct: bool) -> None:
    """A return by a judge: why, in code and in words; for papers alone, until when it keeps its day."""
    need_reason(move)
    move.step.reasons = list(reasons)
    move.case.direct = direct
    move.facts |= {"reasons": list(reasons), "direct": direct}
    if move.outcome == "supplement":
        move.case.answer_by = answer_by(move.case.agency_id, move.on)


def answer_by(agency_id: int, on: date) -> date:
    """The last day on which an answer to a request for papers keeps the day of its round."""
    days = AgencySettings.objects.values_list("supplement_days", flat=True).get(agency_id=agency_id)
    return working_days_after(agency_id, on, days)


def tell_return(move: Move, *, reasons: Sequence[str] = ()) -> None:
    """Văn phòng's return goes to the officer; the head is told. What Văn phòng confirms, it may confirm."""
    if move.outcome in RETURNS:
        send_back(move, reasons, direct=False)
        move.tell(_heads(move.case, move), "case.returned", stage="review", **_asked(move))
    elif move.outcome == "accepted" and move.step.previous and move.step.previous.outcome == "clarify":
        if not move.note.strip():
            raise Refused(ANSWER_MISSING)
    elif move.outcome == "confirmed":
        why_not = why_not_confirmed(move.case)
        if why_not:
            raise Refused(why_not)
        leader = who_would_approve(move.case, move.on)
        people = [move.case.assignment.officer_id, *_heads(move.case, move), leader]
        move.tell([person for person in people if person], "case.confirmed")


def tell_decision(move: Move, *, reasons: Sequence[str] = (), direct: bool = False, slip: Slip | None = None) -> None:
    """Leadership's return tells head and reviewer; its approval tells officer and head. What is approved by a slip
    says so for ever: the step, the notices, the ledger."""
    people = [move.case.assignment.officer_id, *_heads(move.case, move)]
    if move.outcome == "clarify":
        need_reason(move)
        move.case.handed_in_on = move.step.opens_on
        move.case.route = route_of(move.case, move.on, move.by, direct=False)
        if move.case.route.past_review:
            raise Refused(NOBODY_TO_CLARIFY)
        move.tell(_reviewers(move), "case.clarify", stage="approve")
    elif move.outcome in RETURNS:
        send_back(move, reasons, direct)
        move.tell([*people[1:], *_reviewers(move)], "case.returned", stage="approve", **_asked(move))
    else:
        by_slip = {"slip": slip.name} if slip else {}
        move.step.slip = slip
        move.facts |= by_slip
        move.tell([person for person in people if person], "case.approved", **by_slip)


def _asked(move: Move) -> dict[str, str]:
    """The kind of return and, of a request for papers, its last day: what a notice of it says."""
    until = move.case.answer_by
    return {"asked": move.outcome} | ({"answer_by": until.isoformat()} if until else {})


def _heads(case: Case, move: Move) -> list[int]:
    return case.look.heads if case.look else holders(case.unit_id, Role.HEAD, move.on)


def _reviewers(move: Move) -> list[int]:
    """Who accepted the round that is returned now, or the one before it where this one came straight back."""
    return move.case.look.reviewers if move.case.look else []
