"""Ủy quyền: who may stand in for whom. The verbs are in the room above, which also tells people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.timezone import localdate, now

from audit import services as audit
from audit.models import Stream
from organization.enums import LENT, ONLOOKERS, Role
from organization.models import Delegation, Post, User
from organization.refusals import Refused
from organization.rights import Rights
from organization.vietnamese import short_date


def lent_roles(person: User, on: date) -> list[Role]:
    """What this person may lend on that day, in the order of the roles; a deputy only what they are authorised to."""
    posts = Post.objects.on(on).filter(user=person, role__in=LENT)
    held = set(posts.exclude(role=Role.DEPUTY, authorised=False).values_list("role", flat=True))
    return [role for role in Role if role in held]


def may_lend(rights: Rights) -> bool:
    return any(post.role in LENT and (post.role != Role.DEPUTY or post.authorised) for post in rights.posts)


def substitutes_of(agency_id: int, on: date) -> QuerySet[User]:
    """Who may stand in for somebody: people of the agency with work of its own."""
    posts = Post.objects.on(on).filter(agency_id=agency_id).exclude(role__in=ONLOOKERS)
    return User.objects.filter(agency_id=agency_id, is_active=True, pk__in=posts.values("user_id"))


def delegations_of(rights: Rights) -> QuerySet[Delegation]:
    """What this person gave or received; everything of the agency for an administrator. Newest first."""
    rows = Delegation.objects.filter(agency_id=rights.agency_id)
    if not rights.is_administrator:
        rows = rows.filter(Q(principal=rights.user_id) | Q(substitute=rights.user_id))
    return rows.select_related("principal", "substitute", "by", "ended_by").order_by("-since", "-pk")


def record(rights: Rights, delegation: Delegation) -> None:
    """Inside `audit.transaction()`: write the delegation down, once both people's others stand still."""
    people = sorted([delegation.principal_id, delegation.substitute_id])
    list(User.objects.select_for_update(no_key=True).filter(pk__in=people).order_by("pk"))
    delegation.agency_id, delegation.by_id, delegation.at = rights.agency_id, rights.user_id, now()
    refuse_senseless(delegation)
    delegation.save(force_insert=True)
    _write("delegation.given", rights, delegation)


def end(rights: Rights, delegation: Delegation) -> Delegation:
    """Inside `audit.transaction()`: the rights end now, the row stays."""
    row = Delegation.objects.select_for_update().get(pk=delegation.pk)
    if row.ended_at or row.until < localdate():
        raise Refused("Ủy quyền này đã kết thúc.")
    row.ended_at, row.ended_by_id = now(), rights.user_id
    row.save(update_fields=("ended_at", "ended_by"))
    _write("delegation.ended", rights, row)
    return row


def refuse_senseless(new: Delegation) -> None:
    """Every rule in words; the form shows them as they are."""
    principal, substitute = new.principal, new.substitute
    if principal.pk == substitute.pk:
        raise Refused("Không ủy quyền cho chính mình. Chọn người khác.")
    if {principal.agency_id, substitute.agency_id} != {new.agency_id}:
        raise Refused("Người nhận ủy quyền phải cùng cơ quan. Chọn người trong cơ quan.")
    if new.since < localdate():
        raise Refused("Ủy quyền không bắt đầu trước hôm nay. Chọn từ ngày hôm nay trở đi.")
    if new.until < new.since:
        raise Refused("Đến ngày phải từ ngày bắt đầu trở đi. Sửa lại ngày kết thúc.")
    if not substitutes_of(new.agency_id, new.since).filter(pk=substitute.pk).exists():
        raise Refused(f"{substitute.full_name} không có chức vụ xử lý việc vào ngày bắt đầu. Chọn người khác.")
    _refuse_roles(new, principal)
    _refuse_overlap(new)


def _refuse_roles(new: Delegation, principal: User) -> None:
    held = lent_roles(principal, new.since)
    missing = [Role(role).label for role in new.roles if role not in held]
    if not new.roles:
        raise Refused("Chưa chọn vai trò ủy quyền. Chọn ít nhất một vai trò.")
    if missing:
        raise Refused(f"{principal.full_name} không giữ vai trò {', '.join(missing)} vào ngày bắt đầu. Bỏ vai trò này.")


def _refuse_overlap(new: Delegation) -> None:
    running = Delegation.objects.filter(ended_at=None, since__lte=new.until, until__gte=new.since)
    for row in running.filter(principal=new.principal).select_related("substitute").order_by("since", "pk"):
        if twice := _shared(row.roles, new.roles):
            raise Refused(
                f"Vai trò {', '.join(twice)} đã ủy quyền cho {row.substitute.full_name} từ {short_date(row.since)} đến "
                f"{short_date(row.until)}. Kết thúc ủy quyền đó trước, hoặc chọn ngày khác."
            )
    away = running.filter(principal=new.substitute).order_by("since", "pk").first()
    if away:
        raise Refused(
            f"{new.substitute.full_name} đã ủy quyền cho người khác từ {short_date(away.since)} đến "
            f"{short_date(away.until)}, không nhận thay được. Chọn người khác, hoặc chọn ngày khác."
        )


def _shared(before: Collection[str], now_given: Collection[str]) -> list[str]:
    """The labels of the roles that both lend; one without roles lends them all."""
    return [Role(role).label for role in now_given if not before or role in before]


def _write(verb: str, rights: Rights, row: Delegation) -> None:
    audit.record(
        verb, f"user:{row.principal_id}", agency=row.agency_id, actor=rights.user_id, stream=Stream.ACCESS,
        delegation=row.pk, substitute=row.substitute_id, roles=sorted(row.roles), legal_basis=row.legal_basis,
        since=row.since, until=row.until,
    )  # fmt: skip
