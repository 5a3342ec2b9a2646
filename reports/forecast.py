"""Dự báo điểm: what a set has now, what open work can still win, what is lost if nothing happens until a day.

An estimate of the office's own. Won is all that is missing of a criterion for which open work stands, handed in or not;
lost is what of it is at stake (workflow.stake).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from organization.rights import Rights
from plans.criteria.arithmetic import Leaf, Sum, total
from plans.criteria.bands import Band, band_of
from plans.criteria.models import CriteriaSet, Criterion
from plans.criteria.scoring import last_year_of, leaf_of
from workflow.stake import Scale, stake_of

NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Row:
    """A scored criterion: `won` what open work can still win, `lost` what of it is at stake."""

    criterion: Criterion
    leaf: Leaf
    last: Leaf
    won: Decimal = NOTHING
    lost: Decimal = NOTHING

    @property
    def forecast(self) -> Leaf:
        return self._with(self.won)

    @property
    def lowest(self) -> Leaf:
        return self._with(self.won - self.lost)

    @property
    def without_work(self) -> bool:
        """Points are missing and nobody works for them."""
        return not self.leaf.dropped and not self.won and (self.leaf.points or NOTHING) < self.leaf.maximum

    def _with(self, more: Decimal) -> Leaf:
        points = None if self.leaf.points is None and not more else (self.leaf.points or NOTHING) + more
        return Leaf(self.leaf.maximum, points, self.leaf.dropped)


@dataclass(frozen=True)
class Part:
    """A field, or the whole set, as sums of its rows."""

    code: str
    name: str
    rows: list[Row]

    @property
    def now(self) -> Sum:
        return total(row.leaf for row in self.rows)

    @property
    def forecast(self) -> Sum:
        return total(row.forecast for row in self.rows)

    @property
    def lowest(self) -> Sum:
        return total(row.lowest for row in self.rows)

    @property
    def last(self) -> Sum:
        return total(row.last for row in self.rows)

    @property
    def won(self) -> Decimal:
        return sum((row.won for row in self.rows), NOTHING)

    @property
    def lost(self) -> Decimal:
        return sum((row.lost for row in self.rows), NOTHING)

    @property
    def to_last(self) -> Decimal | None:
        """Forecast against last year; None where last year's scores are not there."""
        known = any(row.last.points is not None for row in self.rows)
        return self.forecast.points - self.last.points if known else None

    @property
    def behind_last(self) -> Decimal:
        """By how much the forecast is below last year: a number of points, not a sign."""
        return max(-(self.to_last or NOTHING), NOTHING)

    @property
    def without_work(self) -> list[Row]:
        return [row for row in self.rows if row.without_work]


@dataclass(frozen=True)
class Forecast:
    criteria_set: CriteriaSet
    whole: Part
    fields: list[Part]

    @property
    def band(self) -> Band | None:
        return band_of(self.whole.forecast.exact_index, self.criteria_set.all_bands)

    @property
    def gaps(self) -> list[tuple[Band, Decimal, Decimal]]:
        """Each nhóm with what is missing to it by the forecast, and now."""
        forecast, now = self.whole.forecast, self.whole.now
        return [(band, forecast.needed(band.least), now.needed(band.least)) for band in self.criteria_set.all_bands]


def forecast_of(scale: Scale, scales: list[Scale], rights: Rights, until: date) -> Forecast:
    """Two queries: all open work, and what of it is due by then and not handed in."""
    asked = scale.criteria_set.pk
    won = stake_of(scales, rights, asked=asked).worth
    lost = stake_of(scales, rights, until=until, asked=asked).worth
    parents = {criterion.pk: criterion for criterion in scale.criteria}
    fields: dict[int, list[Row]] = {}
    for criterion in scale.criteria:
        if criterion.leaf:
            row = Row(criterion, leaf_of(criterion), last_year_of(criterion), won.get(criterion.pk, NOTHING),
                      lost.get(criterion.pk, NOTHING))  # fmt: skip
            fields.setdefault(_top(criterion, parents).pk, []).append(row)
    parts = [Part(parents[key].code, parents[key].name, rows) for key, rows in fields.items()]
    return Forecast(scale.criteria_set, Part("", "Cộng", [row for part in parts for row in part.rows]), parts)


def _top(criterion: Criterion, parents: dict[int, Criterion]) -> Criterion:
    while criterion.parent_id is not None:
        criterion = parents[criterion.parent_id]
    return criterion
