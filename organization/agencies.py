"""Setting up an agency: the unit itself, its leadership, its letterhead, calendar and settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.timezone import localdate

from audit import services as audit
from audit.models import Stream
from organization.calendar import load_calendar
from organization.enums import UnitKind
from organization.models import AgencySettings, Calendar, Letterhead, Unit
from organization.rights import Rights

FIRST_YEAR = 2024
YEARS_AHEAD = 2


@dataclass(frozen=True)
class NewAgency:
    code: str
    name: str
    superior: str
    place: str


def change_settings(rights: Rights, values: Mapping[str, Any]) -> None:
    """What is different is written, and the ledger says what it was."""
    with audit.transaction():
        row = AgencySettings.objects.select_for_update().get(agency_id=rights.agency_id)
        changed = {name: value for name, value in values.items() if getattr(row, name) != value}
        if not changed:
            return
        before = {name: getattr(row, name) for name in changed}
        AgencySettings.objects.filter(agency_id=rights.agency_id).update(**changed)
        audit.record(
            "agency.settings_changed", f"agency:{rights.agency_id}", agency=rights.agency_id, actor=rights.user_id,
            stream=Stream.ACCESS, before=before, after=changed,
        )  # fmt: skip


def ensure_agency(wanted: NewAgency) -> Unit:
    """The agency of that code, made with all it needs where it is missing."""
    found = Unit.objects.filter(agency=None, code=wanted.code).first()
    if found:
        return found
    agency = Unit.objects.create(kind=UnitKind.AGENCY, code=wanted.code, name=wanted.name)
    Unit.objects.create(agency=agency, parent=agency, kind=UnitKind.LEADERSHIP, code="LĐ", name="Lãnh đạo Sở")
    Letterhead.objects.create(
        agency=agency, superior=wanted.superior, name=wanted.name, symbol=wanted.code, place=wanted.place
    )
    calendar = Calendar.objects.create(name=f"Lịch làm việc {wanted.code}")
    load_calendar(calendar, range(FIRST_YEAR, localdate().year + YEARS_AHEAD + 1))
    AgencySettings.objects.create(agency=agency, calendar=calendar)
    return agency
