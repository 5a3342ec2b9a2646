"""A draft plan made row by row, for tests of issuing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.timezone import now

from organization.models import Unit
from plans.enums import OwnerKind, Part
from plans.models import Measure, MeasureCriterion, MeasureText, MeasureUnit, Occurrence, Plan, PlanVersion
from tests.office import Office


@dataclass
class Draft:
    office: Office
    plan: Plan
    version: PlanVersion
    rows: int = 0

    def row(
        self,
        *leads: Unit | str,
        due: Sequence[date | tuple[date, date]] = (),
        kind: str = "date",
        task: str = "Số hóa hồ sơ",
    ) -> MeasureText:
        """`leads`: units, names of groups ("all", "with_procedures"), or "?" for a lead nobody knows yet."""
        self.rows += 1
        measure = Measure.objects.create(agency=self.office.agency, plan=self.plan)
        text = MeasureText.objects.create(
            measure=measure, version=self.version, position=self.rows, appendix="I", order=str(self.rows), task=task,
            product="Báo cáo", lead_raw="Phòng được kiểm tra", deadline_kind=kind, points=Decimal("1.50"),
        )  # fmt: skip
        for position, lead in enumerate(leads, 1):
            MeasureUnit.objects.create(text=text, part=Part.LEAD, position=position, written=str(lead), **_owner(lead))
        MeasureCriterion.objects.create(text=text, position=1, code="3.3.3", points=Decimal("1.50"))
        for number, dates in enumerate(due, 1):
            begins, day = dates if isinstance(dates, tuple) else (date(dates.year, 1, 1), dates)
            label = f"kỳ {number}" if len(due) > 1 else ""
            Occurrence.objects.create(text=text, number=number, label=label, begins_on=begins, due_on=day)
        return text


def _owner(lead: Unit | str) -> dict[str, object]:
    if isinstance(lead, Unit):
        return {"kind": OwnerKind.UNIT, "unit": lead}
    if lead == "?":
        return {"kind": OwnerKind.UNNAMED}
    return {"kind": OwnerKind.GROUP, "group": lead}


def make_draft(office: Office, year: int = 2026) -> Draft:
    plan = Plan.objects.create(
        agency=office.agency, year=year, title=f"Kế hoạch năm {year}", by=office["chief"], at=now()
    )
    return Draft(office, plan, PlanVersion.objects.create(plan=plan, at=now()))
