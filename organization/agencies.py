"""Setting up an agency: the unit itself, its leadership, its letterhead, calendar and settings."""

from dataclasses import dataclass

from django.utils.timezone import localdate

from organization.calendar import load_calendar
from organization.enums import UnitKind
from organization.models import AgencySettings, Calendar, Letterhead, Unit

FIRST_YEAR = 2024
YEARS_AHEAD = 2


@dataclass(frozen=True)
class NewAgency:
    code: str
    name: str
    superior: str
    place: str


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
