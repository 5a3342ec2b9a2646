"""Who may hand an open step over, and to whom. A step held by a role is nobody's to hand over: who takes the post takes it.

The rule goes by how a step finds its holder, so that every flow that holds its steps so has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from organization.enums import LEADERS, Role
from organization.models import Post, User
from organization.rights import Rights, Standing
from workflow import holding
from workflow.authority import CROSS_REVIEW
from workflow.effects import must_belong
from workflow.errors import Refused
from workflow.inputs import answering
from workflow.models import Case, Step
from workflow.officers import officers_of
from workflow.querysets import StepQuerySet

NOT_YOURS = "Bạn không có quyền bàn giao bước này."
REASON_MISSING = "Chưa ghi lý do bàn giao. Ghi lý do rồi gửi lại."
MOVED = "Bước này vừa được bàn giao cho người khác. Tải lại trang để xem ai đang giữ."

May = Callable[[Step, Standing, Rights], bool]
Suits = Callable[[User, Step, date], None]


@dataclass(frozen=True, slots=True)
class Handing:
    """`may`: whether this standing hands the step over; `suits` refuses a person who cannot take it;
    `named`: whether the officer of the assignment goes with it."""

    may: May
    suits: Suits
    named: bool = False


def rule_of(step: Step) -> Handing | None:
    """None where no person holds the step, or it is not handed over."""
    if step.finished is not None or not step.flow_task:
        return None
    rule = RULES.get(getattr(step.node, "held", None))
    return rule if rule and (rule.named or step.owner_id) else None


def may_hand(step: Step, rights: Rights) -> bool:
    rule = rule_of(step)
    return rule is not None and any(rule.may(step, standing, rights) for standing, _ in rights.standings)


def is_offered(step: Step, case: Case, rights: Rights) -> bool:
    """Whether a page offers it, asking nothing of the database; the page itself asks `may_hand`."""
    rule = rule_of(step)
    if rule is None:
        return False
    if rule.named:
        return rights.heads(case.unit_id) or any(_holds(step, standing) for standing, _ in rights.standings)
    if rule.may is _cross_review:
        return rights.leads
    holds = any(_holds(step, standing) or _has(standing, Role.DIRECTOR) for standing, _ in rights.standings)
    return holds or (rights.is_office and case.unit_id not in rights.units)


def in_whose_name(step: Step, rights: Rights) -> int | None:
    """In whose name this person hands the step over, None for their own. Raises PermissionDenied."""
    rule = rule_of(step)
    for standing, principal in rights.standings:
        if rule and rule.may(step, standing, rights):
            return principal
    raise PermissionDenied(NOT_YOURS)


def names_officer(step: Step) -> bool:
    """Whether who takes the step is the officer of the assignment from now on."""
    rule = rule_of(step)
    return rule is not None and rule.named


def must_suit(to: User, step: Step, on: date) -> None:
    """Refuses a person who cannot take the step."""
    rule = rule_of(step)
    if rule is None:
        raise PermissionDenied(NOT_YOURS)
    if to.pk == step.owner_id:
        raise Refused(f"{to.full_name} đang giữ bước này. Chọn người khác.")
    if to.agency_id != step.agency_id:
        raise Refused("Người nhận phải cùng cơ quan. Chọn người trong cơ quan.")
    rule.suits(to, step, on)


def held_steps(rights: Rights) -> StepQuerySet:
    """Open steps held by a person that this one may come to hand over: their own, their units' officers', the judges'.

    The rule is asked again for each step when it is handed over.
    """
    people = [standing.person for standing, _ in rights.standings]
    wanted = Q(owner_id__in=people) | Q(process__unit_id__in=rights.headed_units, judging=False)
    if rights.leads or rights.is_office:
        wanted |= Q(judging=True)
    return Step.objects.open().filter(wanted, agency_id=rights.agency_id, owner__isnull=False)


def receivers_of(steps: Sequence[Step], rights: Rights) -> dict[int, str]:
    """Who could take steps like these, by key, in words; whether they may is asked when it is done."""
    found: dict[int, str] = {}
    units = {step.process.unit_id for step in steps if names_officer(step)}
    for people in officers_of(units, rights.on).values():
        found |= {officer.user.pk: officer.label for officer in people}
    if any(step.judging for step in steps):
        posts = Post.objects.on(rights.on).filter(agency_id=rights.agency_id, user__is_active=True)
        posts = posts.filter(role__in=LEADERS) if _approving(steps) else posts.filter(role__in=holding.JUDGING_ROLES)
        for post in posts.select_related("user").order_by("user__name_key", "user_id"):
            found.setdefault(post.user_id, f"{post.user.full_name} ({post.user.code}), {post}")
    return found


def _approving(steps: Sequence[Step]) -> bool:
    return all(step.node.held is not holding.office for step in steps if step.judging)


def _holds(step: Step, standing: Standing) -> bool:
    if step.owner_id != standing.person:
        return False
    if not step.judging:
        return standing.works
    return standing.crosses if step.remark == CROSS_REVIEW else standing.judges


def _has(standing: Standing, *roles: Role) -> bool:
    return any(role in roles for _, role in standing.pools)


def _gone(step: Step, on: date) -> bool:
    """The holder's account is closed or they hold no post any more."""
    posts = Post.objects.on(on).filter(user_id=step.owner_id, user__is_active=True)
    return not posts.exclude(role__in=(Role.VIEWER, Role.ADMINISTRATOR)).exists()


def _work(step: Step, standing: Standing, rights: Rights) -> bool:  # noqa: ARG001 - one signature for all rules
    """An officer's step: the lead unit's head, or who holds it."""
    return (step.process.unit_id, Role.HEAD) in standing.pools or _holds(step, standing)


def _judgement(step: Step, standing: Standing, rights: Rights) -> bool:
    """A leader's step: who holds it, the director, Văn phòng where the work is not its own; any leader once the holder left."""
    if _holds(step, standing) or _has(standing, Role.DIRECTOR):
        return True
    if _has(standing, *LEADERS) and _gone(step, rights.on):
        return True
    return _has(standing, Role.REVIEWER) and _stands_apart(step, standing, rights)


def _cross_review(step: Step, standing: Standing, rights: Rights) -> bool:  # noqa: ARG001
    """A review that names a person: leadership named them, leadership names another."""
    return _has(standing, *LEADERS)


def _stands_apart(step: Step, standing: Standing, rights: Rights) -> bool:
    """Nobody chooses the judge of their own work."""
    if step.process.unit_id in rights.own.seats | standing.seats:
        return False
    return not holding.took_part_in(step.process_id, [rights.user_id, standing.person])


def _of_the_lead_unit(to: User, step: Step, on: date) -> None:
    must_belong(to, step.process, on)


def _another_leader(to: User, step: Step, on: date) -> None:
    if not holding.is_eligible(step.process, to.pk, on, LEADERS):
        raise Refused(
            f"{to.full_name} không phê duyệt được việc này: không phải lãnh đạo, thuộc đơn vị chủ trì hoặc đã tham gia thực hiện. "
            "Chọn lãnh đạo khác."
        )


def _independent(to: User, step: Step, on: date) -> None:
    if not holding.is_eligible(step.process, to.pk, on):
        raise Refused(holding.NOT_INDEPENDENT.format(to.full_name))


RULES: dict[object, Handing] = {
    holding.officer: Handing(_work, _of_the_lead_unit, named=True),
    answering.person_named: Handing(_work, _of_the_lead_unit, named=True),
    holding.leader: Handing(_judgement, _another_leader),
    holding.office: Handing(_cross_review, _independent),
}
