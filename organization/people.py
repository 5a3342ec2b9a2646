"""What an administrator does to people and their posts. Each verb is a line in the ledger; nobody is deleted."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError
from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Stream
from organization.enums import Role, UnitKind
from organization.models import LeaderInCharge, Post, Unit, User
from organization.refusals import Refused
from organization.rights import Rights


def make_administrator(user: User) -> bool:
    """Whether they were not one already."""
    today = localdate()
    if user.posts.on(today).filter(role=Role.ADMINISTRATOR).exists():
        return False
    own = user.posts.on(today).select_related("unit").first()
    unit = own.unit if own else Unit.objects.get(agency_id=user.agency_id, kind=UnitKind.LEADERSHIP)
    with audit.transaction():
        post = Post.objects.create(
            agency_id=user.agency_id,
            user=user,
            unit=unit,
            role=Role.ADMINISTRATOR,
            title="Quản trị hệ thống",
            since=today,
        )
        _record("post.given", user, None, post)
    return True


def add_person(rights: Rights, person: User, post: Post) -> User:
    with audit.transaction():
        person.agency_id = rights.agency_id
        person.set_unusable_password()
        _save(person, "Mã công chức này đã có. Kiểm tra lại mã.")
        post.user = person
        _save_post(rights, post)
        _record("person.added", person, rights.user_id, post)
    return person


def change_person(rights: Rights, person: User, changed: Mapping[str, Any]) -> None:
    with audit.transaction():
        _save(person, "Mã công chức này đã có. Kiểm tra lại mã.")
        _record("person.changed", person, rights.user_id, **changed)


def set_active(rights: Rights, person: User, *, active: bool) -> None:
    if person.pk == rights.user_id:
        raise Refused("Không tự ngừng tài khoản của mình. Nhờ một quản trị khác.")
    with audit.transaction():
        User.objects.filter(pk=person.pk, agency_id=rights.agency_id).update(is_active=active)
        _record("person.opened" if active else "person.closed", person, rights.user_id)


def save_post(rights: Rights, post: Post) -> None:
    """Give a post, or change its words and dates."""
    verb = "post.changed" if post.pk else "post.given"
    with audit.transaction():
        _save_post(rights, post)
        _record(verb, post.user, rights.user_id, post)


def end_post(rights: Rights, post: Post) -> None:
    """From today on they no longer hold it; what began today never was."""
    _not_oneself(rights, post)
    with audit.transaction():
        _record("post.ended", post.user, rights.user_id, post)
        yesterday = localdate() - timedelta(days=1)
        if post.since > yesterday:
            post.delete()
        else:
            post.until = yesterday
            post.save()


def put_in_charge(rights: Rights, unit: Unit, leader: User, since: date) -> None:
    with audit.transaction():
        name_leader(rights.agency_id, unit, leader, since)
        audit.record("unit.leader_named", f"unit:{unit.pk}", agency=rights.agency_id, actor=rights.user_id,
                     stream=Stream.ACCESS, leader=leader.pk, since=since)  # fmt: skip


def name_leader(agency_id: int, unit: Unit, leader: User, since: date) -> None:
    """The leader answers for the unit from that day; whoever did before, until the day before."""
    rows = LeaderInCharge.objects.filter(agency_id=agency_id, unit=unit)
    rows.filter(since__gte=since).delete()
    rows.on(since).update(until=since - timedelta(days=1))
    LeaderInCharge.objects.create(agency_id=agency_id, unit=unit, leader=leader, since=since)


def _not_oneself(rights: Rights, post: Post) -> None:
    if post.user_id == rights.user_id:
        raise Refused("Không tự sửa chức vụ của mình. Nhờ một quản trị khác.")


def _save_post(rights: Rights, post: Post) -> None:
    _not_oneself(rights, post)
    post.agency_id = rights.agency_id
    _save(post, "Chức vụ này từ ngày đó đã có. Sửa chức vụ đã có hoặc chọn ngày khác.")


def _save(row: User | Post, taken: str) -> None:
    """Two pages may save the same at once: the second is told so."""
    try:
        row.save()
    except IntegrityError as error:
        raise Refused(taken) from error


def _record(verb: str, person: User, actor: int | None, post: Post | None = None, **body: Any) -> None:
    if post:
        body |= {"post": post.pk, "unit": post.unit_id, "role": post.role, "authorised": post.authorised,
                 "since": post.since, "until": post.until}  # fmt: skip
    audit.record(verb, f"user:{person.pk}", agency=person.agency_id, actor=actor, stream=Stream.ACCESS, **body)
