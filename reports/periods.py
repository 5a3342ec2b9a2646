"""Which days a report covers when nobody has said otherwise (công văn 581/BNV-CCHC; each plan may change them)."""

from datetime import date

from plans.models import Plan
from reports.enums import PeriodCode
from reports.models import Period


def window(code: PeriodCode, year: int) -> tuple[date, date, date]:
    """First and last day of the figures, and the day the report is due."""
    since = date(year - 1, 12, 15)
    until = {PeriodCode.HALF_YEAR: (6, 14), PeriodCode.NINE_MONTHS: (9, 14), PeriodCode.YEAR: (12, 14)}[code]
    return since, date(year, *until), date(year, until[0], 19)


def period_of(plan: Plan, code: PeriodCode) -> Period:
    """The plan's period of this kind, made with the usual days when first asked for."""
    since, until, due_on = window(code, plan.year)
    period, _ = Period.objects.get_or_create(
        plan=plan, code=code, defaults={"agency_id": plan.agency_id, "since": since, "until": until, "due_on": due_on}
    )
    return period


def next_due(today: date) -> PeriodCode:
    """The period of this year whose report is due next; the year's once all are."""
    return next((code for code in PeriodCode if window(code, today.year)[2] >= today), PeriodCode.YEAR)
