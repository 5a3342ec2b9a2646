"""Reading a plan file with what the agency knows: its units' names, its rule for «trước ngày»."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import IO

from django.conf import settings
from django.utils.timezone import localdate

from organization.models import AgencySettings, Alias, Unit
from organization.naming import put_name
from organization.rights import Rights
from organization.vietnamese import fold
from plans.deadlines import REPORT_DAYS, DeadlineSettings
from plans.drafting import DraftRow, RowChange, corrected, lessons, with_lead
from plans.enums import OwnerKind
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
    return names_of(working_units(agency.pk, day), agency.pk, day)


def names_of(units: Iterable[Unit], agency_id: int, day: date) -> UnitNames[int] | None:
    """What these units are called on that day; one query."""
    others: dict[int, list[str]] = {}
    for unit_id, text in Alias.objects.on(day).filter(agency_id=agency_id).values_list("unit_id", "text"):
        others.setdefault(unit_id, []).append(text)
    names = [(unit.pk, unit.name, [unit.code, *others.get(unit.pk, [])]) for unit in units]
    return UnitNames.of(names) if names else None


def deadline_settings(agency: Unit) -> DeadlineSettings:
    decided = AgencySettings.objects.filter(agency=agency).values_list("before_includes_day", "cut_offs").first()
    if decided is None:
        return DeadlineSettings()
    half, nine, year = ((int(month), int(day)) for month, day in (one.split("-") for one in decided[1]))
    return DeadlineSettings(before_is_on_time=decided[0], report_days={**REPORT_DAYS, 6: half, 9: nine, 12: year})


def read_file(
    source: IO[bytes], agency: Unit | None, year: int | None = None, tell: Callable[[int, int], None] | None = None
) -> Reading:
    """Rows as written and as understood, for the file's own year or another. Raises UnreadableError.

    `tell` hears how many rows of how many are understood.
    """
    file = read_plan_file(source, max_bytes=settings.IMPORT_MAX_BYTES)
    year = year or written_for(file) or localdate().year
    units = units_for_reading(agency) if agency else None
    rules = deadline_settings(agency) if agency else DeadlineSettings()
    return Reading(file, year, understand(file, year, units, rules, tell))


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

    def reread_lead(self, row: DraftRow, text: str, unit_id: int) -> DraftRow:
        """The row with this unit where it names the lead in these words and nobody knew whom they mean."""
        meant = [o for o in row.leads if not o.key and o.kind == OwnerKind.UNNAMED and fold(o.written) == fold(text)]
        if not meant or len([o for o in row.leads if not o.key and o.kind != OwnerKind.EXTERNAL]) != len(meant):
            return row
        return with_lead(row, f"unit:{unit_id}", self.titles)

    def led_by(self, row: DraftRow, key: str) -> DraftRow:
        return with_lead(row, key, self.titles)


def learn(before: DraftRow, row: DraftRow, rights: Rights) -> list[tuple[str, int]]:
    """Names that were matched by hand are names of their units from today on. Inside the caller's transaction."""
    return [(text, unit) for text, unit in lessons(before, row) if put_name(rights, unit, text)]
