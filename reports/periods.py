"""Which days a report covers when nobody has said otherwise: up to the agency's cut-off days; each plan may change them."""

from collections.abc import Sequence
from datetime import date, timedelta

from organization.models import AgencySettings, usual_cut_offs
from plans.models import Plan
from reports.enums import PeriodCode
from reports.models import Period

SENT_AFTER = timedelta(days=5)  # công văn 581/BNV-CCHC: figures to the 14th, the report by the 19th


def window(code: PeriodCode, year: int, cut_offs: Sequence[str]) -> tuple[date, date, date]:
    """First and last day of the figures, and the day the report is due. `cut_offs`: month and day of each period, "06-14"."""
    last = dict(zip(PeriodCode, cut_offs, strict=True))
    until = date.fromisoformat(f"{year}-{last[code]}")
    since = date.fromisoformat(f"{year - 1}-{last[PeriodCode.YEAR]}") + timedelta(days=1)
    return since, until, until + SENT_AFTER


def period_of(plan: Plan, code: PeriodCode) -> Period:
    """The plan's period of this kind, made with the agency's days when first asked for."""
    known = Period.objects.filter(plan=plan, code=code).first()
    if known:
        return known
    cut_offs = AgencySettings.objects.values_list("cut_offs", flat=True).get(agency_id=plan.agency_id)
    since, until, due_on = window(code, plan.year, cut_offs)
    period, _ = Period.objects.get_or_create(
        plan=plan, code=code, defaults={"agency_id": plan.agency_id, "since": since, "until": until, "due_on": due_on}
    )
    return period


def next_due(today: date) -> PeriodCode:
    """The period of this year whose report is due next by the usual days; the year's once all are."""
    usual = usual_cut_offs()
    return next((code for code in PeriodCode if window(code, today.year, usual)[2] >= today), PeriodCode.YEAR)
