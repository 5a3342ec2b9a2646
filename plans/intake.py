"""Reading a plan file with what the agency knows: its units' names, its rule for «trước ngày»."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import IO

from django.conf import settings
from django.utils.timezone import localdate

from organization.models import AgencySettings, Alias, Unit
from plans.deadlines import DeadlineSettings
from plans.drafting import DraftRow, RowChange, corrected, with_lead
from plans.leads import working_units
from plans.owners import UnitNames
from plans.reading import PlanFile, PlanHeader, read_plan_file
from plans.understanding import UnderstoodRow, understand, written_for


@dataclass(frozen=True)
class Reading:
    """A file put together with an agency's units: `shifted` dates are those of the plan's own year."""

    file: PlanFile
    year: int
    understood: list[UnderstoodRow[int]]

    @property
    def header(self) -> PlanHeader:
        """The letterhead; its date moves to the plan's year with the deadlines."""
        source = written_for(self.file)
        issued_on = self.file.header.issued_on
        if issued_on and source and source != self.year:
            issued_on = _in_year(issued_on, issued_on.year + self.year - source)
        return replace(self.file.header, issued_on=issued_on)

    @property
    def rows(self) -> list[DraftRow]:
        return [DraftRow.of(row) for row in self.understood]


def _in_year(day: date, year: int) -> date:
    """29/02 becomes 28/02 in a year without it."""
    return day.replace(year=year, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=year)


def units_for_reading(agency: Unit, on: date | None = None) -> UnitNames[int] | None:
    """Names, codes and other names of the agency's units; None where no unit has been entered yet."""
    day = on or localdate()
    units = working_units(agency.pk, day)
    others: dict[int, list[str]] = {}
    for unit_id, text in Alias.objects.on(day).filter(agency=agency).values_list("unit_id", "text"):
        others.setdefault(unit_id, []).append(text)
    names = [(unit.pk, unit.name, [unit.code, *others.get(unit.pk, [])]) for unit in units]
    return UnitNames.of(names) if names else None


def deadline_settings(agency: Unit) -> DeadlineSettings:
    on_time = AgencySettings.objects.filter(agency=agency).values_list("before_includes_day", flat=True).first()
    return DeadlineSettings(before_is_on_time=on_time is not False)


def read_file(source: IO[bytes], agency: Unit | None, year: int | None = None) -> Reading:
    """Rows as written and as understood, for the file's own year or another. Raises UnreadableError."""
    file = read_plan_file(source, max_bytes=settings.IMPORT_MAX_BYTES)
    year = year or written_for(file) or localdate().year
    units = units_for_reading(agency) if agency else None
    rules = deadline_settings(agency) if agency else DeadlineSettings()
    return Reading(file, year, understand(file, year, units, rules))


def sha256_of(source: IO[bytes]) -> str:
    source.seek(0)
    digest = hashlib.file_digest(source, "sha256").hexdigest()  # type: ignore[arg-type]
    source.seek(0)
    return digest


@dataclass(frozen=True)
class Corrector:
    """What is needed to read a corrected row anew."""

    titles: dict[int, str]
    units: UnitNames[int] | None
    rules: DeadlineSettings

    @classmethod
    def of(cls, agency: Unit) -> Corrector:
        titles = {unit.pk: unit.name for unit in working_units(agency.pk, localdate())}
        return cls(titles, units_for_reading(agency), deadline_settings(agency))

    def correct(self, row: DraftRow, change: RowChange, year: int) -> DraftRow:
        return corrected(row, change, year, self.titles, self.units, self.rules)

    def led_by(self, row: DraftRow, key: str) -> DraftRow:
        return with_lead(row, key, self.titles)
