"""Tên gọi khác của đơn vị, nhóm đơn vị: how documents call the units of an agency, from when until when.

A name means one unit at a time: where it is given to another, the first keeps it until the day before.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Stream
from organization.models import Alias, Unit
from organization.refusals import Refused
from organization.rights import Rights
from organization.vietnamese import clean, fold, short_date

LONGEST = 200


def need_keeper(rights: Rights) -> None:
    if not (rights.is_office or rights.is_administrator):
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")


def give_name(rights: Rights, unit: Unit, text: str, since: date) -> Alias:
    """A name that a person writes down for a unit. Raises Refused."""
    need_keeper(rights)
    with audit.transaction():
        alias = put_name(rights, unit.pk, text, since)
        if alias is None:
            raise Refused(f"{unit.name} đã có tên gọi “{clean(text)}”.")
    return alias


def put_name(rights: Rights, unit_id: int, text: str, since: date | None = None) -> Alias | None:
    """The same inside the caller's transaction; None where the unit is called so already, or the name is too long for one."""
    text, since = clean(text), since or localdate()
    folded = fold(text)
    if not folded or len(text) > LONGEST:
        return None
    Unit.objects.select_for_update(no_key=True).get(pk=rights.agency_id)
    same = Alias.objects.filter(Q(until=None) | Q(until__gte=since), agency_id=rights.agency_id, folded=folded)
    if same.filter(unit_id=unit_id).exists():
        return None
    taken_from = [alias.unit_id for alias in same]
    for alias in same:
        _stop(alias, since)
    alias = Alias.objects.create(agency_id=rights.agency_id, unit_id=unit_id, text=text, since=since)
    _record("unit.name_given", rights, unit_id, text=text, since=since, taken_from=taken_from)
    return alias


def _stop(alias: Alias, since: date) -> None:
    """Until the day before; a name that began no earlier never held."""
    if alias.since >= since:
        alias.delete()
    else:
        Alias.objects.filter(pk=alias.pk).update(until=since - timedelta(days=1))


def end_name(rights: Rights, alias_id: int) -> Alias:
    """Thôi dùng from today on. Raises Alias.DoesNotExist, Refused."""
    need_keeper(rights)
    today = localdate()
    with audit.transaction():
        alias = Alias.objects.select_for_update(of=("self",)).get(pk=alias_id, agency_id=rights.agency_id)
        if alias.until and alias.until < today:
            raise Refused(f"Tên gọi “{alias.text}” đã thôi dùng từ ngày {short_date(alias.until)}.")
        key = alias.pk
        _stop(alias, today)
        _record("unit.name_ended", rights, alias.unit_id, text=alias.text, alias=key)
    return alias


def set_procedures(rights: Rights, units: Iterable[int]) -> int:
    """Which units «các phòng có thủ tục hành chính» stands for, from now on. Returns how many changed."""
    need_keeper(rights)
    wanted = set(units)
    with audit.transaction():
        rows = Unit.objects.select_for_update().on(localdate()).filter(agency_id=rights.agency_id).order_by("pk")
        changed = [unit for unit in rows if unit.has_procedures != (unit.pk in wanted)]
        for unit in changed:
            Unit.objects.filter(pk=unit.pk).update(has_procedures=unit.pk in wanted)
            _record("unit.procedures_set", rights, unit.pk, has_procedures=unit.pk in wanted)
    return len(changed)


def _record(verb: str, rights: Rights, unit_id: int, **body: Any) -> None:
    audit.record(verb, f"unit:{unit_id}", agency=rights.agency_id, actor=rights.user_id, stream=Stream.ACCESS, **body)
