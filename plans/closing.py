"""Đóng kế hoạch as a fact of the plan: what is said of each row that is not finished, and who closed it.

What becomes of the open work is a verb of the work. The choices are kept one by one until the plan is closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.timezone import localdate, now

from audit import services as audit
from organization.enums import LEADERS, Role
from organization.rights import Rights
from organization.vietnamese import short_date
from plans.enums import Settled
from plans.models import Closing, Plan, Settlement

NOT_ISSUED = "Kế hoạch còn là dự thảo nên chưa đóng được. Đưa vào theo dõi trước."


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not finished: one period of one lead unit, or a row that nobody was given."""

    measure_id: int
    unit_id: int | None = None
    period: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """`seen` is where the work stood when it was made."""

    row: Row
    outcome: Settled
    seen: str


def why_closed(plan: Plan | None) -> str:
    """Why nothing of this plan can be changed now; empty where it can."""
    closing = plan.closing if plan else None
    if closing is None:
        return ""
    day = short_date(localdate(closing.at))
    return f"{plan} đã đóng ngày {day} nên không thay đổi được nữa. Lãnh đạo mở lại kế hoạch trước."


def chosen(plan: Plan) -> dict[Row, Settlement]:
    """What was chosen so far for a plan that is not closed."""
    kept = Settlement.objects.filter(plan=plan, closing=None)
    return {Row(one.measure_id, one.unit_id, one.period): one for one in kept}


def keep_choices(plan: Plan, choices: Iterable[Choice], rights: Rights) -> None:
    """Inside the caller's transaction, which holds the plan's lock. A row's last choice counts."""
    at, newly = now(), {choice.row: choice for choice in choices}
    before = chosen(plan)
    fresh = [one for row, one in newly.items() if row not in before]
    moved = [(before[row], one) for row, one in newly.items() if row in before and _differs(before[row], one)]
    for kept, one in moved:
        kept.outcome, kept.seen, kept.by_id, kept.at = one.outcome, one.seen, rights.user_id, at
    Settlement.objects.bulk_update([kept for kept, _ in moved], ("outcome", "seen", "by", "at"), batch_size=1000)
    Settlement.objects.bulk_create(
        (
            Settlement(agency_id=plan.agency_id, plan=plan, measure_id=one.row.measure_id, unit_id=one.row.unit_id,
                       period=one.row.period, outcome=one.outcome, seen=one.seen, by_id=rights.user_id, at=at)
            for one in fresh
        ),
        batch_size=1000,
    )  # fmt: skip
    said = [*fresh, *(one for _, one in moved)]
    if said:
        audit.record(
            "plan.rows_settled", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, at=at,
            on_behalf_of=rights.name_for(Role.REVIEWER, *LEADERS),
            rows=[[one.row.measure_id, one.row.unit_id, one.row.period, one.outcome.value] for one in said],
        )  # fmt: skip


def _differs(kept: Settlement, one: Choice) -> bool:
    return (kept.outcome, kept.seen) != (one.outcome.value, one.seen)


def close(plan: Plan, rows: Iterable[Row], rights: Rights, *, on_behalf_of: int | None) -> Closing:
    """What was chosen for these rows holds from now on; other choices are of rows that were finished since.

    Inside the caller's transaction, which holds the plan's lock.
    """
    closing = Closing.objects.create(
        agency_id=plan.agency_id, plan=plan, by_id=rights.user_id, on_behalf_of_id=on_behalf_of, at=now()
    )
    kept, wanted = chosen(plan), set(rows)
    Settlement.objects.filter(pk__in=[one.pk for row, one in kept.items() if row in wanted]).update(closing=closing)
    Settlement.objects.filter(plan=plan, closing=None).delete()
    return closing


def measures_settled(plan: Plan) -> dict[int, set[str]]:
    """What the closing in force said of each measure, over its units and periods."""
    rows = Settlement.objects.filter(plan=plan, closing__isnull=False, closing__reopened_at=None)
    found: dict[int, set[str]] = {}
    for measure, outcome in rows.values_list("measure_id", "outcome"):
        found.setdefault(measure, set()).add(outcome)
    return found
