"""Ủy quyền: one person's roles lent to another for some days. Both are told; the rules are organization's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.urls import reverse
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from notifications.registry import Said, register
from organization import delegations
from organization.enums import Role
from organization.models import Delegation
from organization.rights import Rights
from organization.vietnamese import short_date

GIVEN, ENDED = "delegation.given", "delegation.ended"


def give(rights: Rights, delegation: Delegation) -> Delegation:
    """Raises organization.refusals.Refused."""
    with audit.transaction():
        delegations.record(rights, delegation)
        _tell(GIVEN, rights, delegation)
    return delegation


def end_early(rights: Rights, delegation: Delegation) -> Delegation:
    """Raises organization.refusals.Refused where it has ended already."""
    with audit.transaction():
        row = delegations.end(rights, delegation)
        _tell(ENDED, rights, row)
    return row


def may_end(rights: Rights, row: Delegation) -> bool:
    """Whoever gave it, or an administrator; one that has passed has ended by itself."""
    running = row.ended_at is None and row.until >= localdate()
    return running and (rights.is_administrator or row.principal_id == rights.user_id)


def roles_in_words(row: Delegation) -> str:
    """Trưởng đơn vị, Rà soát của Văn phòng."""
    return ", ".join(Role(role).label for role in row.roles) or "mọi vai trò"


def _tell(kind: str, rights: Rights, row: Delegation) -> None:
    people = {row.principal_id, row.substitute_id} - {rights.user_id}
    Notice.objects.bulk_create(
        Notice(agency_id=row.agency_id, to_id=person, kind=kind, subject=f"delegation:{row.pk}", at=now(),
               key=f"{kind}:{row.pk}:{person}")
        for person in sorted(people)
    )  # fmt: skip


def _rows_of(notices: Sequence[Notice]) -> dict[int, Delegation]:
    keys = {_key(notice) for notice in notices}
    return Delegation.objects.select_related("principal", "substitute").in_bulk(keys)


def _key(notice: Notice) -> int:
    return int(notice.subject.removeprefix("delegation:"))


def _render(wording: Callable[[Delegation], tuple[str, str]]) -> Callable[[Sequence[Notice]], list[Said]]:
    def render(notices: Sequence[Notice]) -> list[Said]:
        rows = _rows_of(notices)
        return [Said(*wording(rows[_key(notice)]), reverse("workflow:delegations")) for notice in notices]

    return render


def _given(row: Delegation) -> tuple[str, str]:
    names = f"{row.principal.full_name} ủy quyền cho {row.substitute.full_name}"
    basis = f" Căn cứ: {row.legal_basis}." if row.legal_basis else ""
    dates = f"từ {short_date(row.since)} đến hết {short_date(row.until)}"
    return names, f"{names} xử lý thay {dates}, vai trò: {roles_in_words(row)}.{basis}"


def _ended(row: Delegation) -> tuple[str, str]:
    names = f"{row.principal.full_name} cho {row.substitute.full_name}"
    return (
        f"Ủy quyền của {names} đã kết thúc",
        f"Ủy quyền của {names} được kết thúc trước hạn ({short_date(row.until)}).",
    )


def _still_given(notices: Sequence[Notice]) -> set[int]:
    rows = _rows_of(notices)
    return {n.pk for n in notices if (row := rows.get(_key(n))) and row.ended_at is None and row.until >= localdate()}


def _always(notices: Sequence[Notice]) -> set[int]:
    return {notice.pk for notice in notices}


def register_kinds() -> None:
    register(GIVEN, _render(_given), _still_given)
    register(ENDED, _render(_ended), _always)
