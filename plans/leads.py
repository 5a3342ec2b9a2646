"""Which units lead a row: the one that is named, or every unit a group stands for on the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol, Self

from organization.enums import UnitKind
from organization.models import Unit
from plans.enums import OwnerKind, Part
from plans.models import MeasureText

WORKING_KINDS = (UnitKind.OFFICE, UnitKind.DIVISION)


class Owner(Protocol):
    """What a saved owner and a drafted one have in common."""

    @property
    def kind(self) -> str: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def group(self) -> str: ...


def working_units(agency_id: int, on: date) -> list[Unit]:
    """The units that can lead work on that day, in the order of the agency."""
    return list(Unit.objects.on(on).filter(agency_id=agency_id, kind__in=WORKING_KINDS))


@dataclass(frozen=True)
class LeadBook:
    """Units in the order of the agency, and what each group stands for."""

    units: dict[int, Unit]
    groups: dict[str, list[int]]

    @classmethod
    def of(cls, agency_id: int, on: date) -> Self:
        units = working_units(agency_id, on)
        return cls(
            {unit.pk: unit for unit in units},
            {"all": [unit.pk for unit in units], "with_procedures": [u.pk for u in units if u.has_procedures]},
        )

    def leads(self, owners: Iterable[Owner]) -> list[Unit]:
        """The lead units that these owners name, each once; none where no lead is known yet."""
        found: dict[int, Unit] = {}
        for owner in owners:
            for unit in self._members(owner):
                found.setdefault(unit, self.units[unit])
        return list(found.values())

    def leads_of(self, text: MeasureText) -> list[Unit]:
        """The same of a row whose `units` were prefetched."""
        return self.leads(owner for owner in text.units.all() if owner.part == Part.LEAD)

    def _members(self, owner: Owner) -> list[int]:
        if owner.kind == OwnerKind.GROUP:
            return self.groups.get(owner.group, [])
        return [owner.unit_id] if owner.unit_id in self.units else []
