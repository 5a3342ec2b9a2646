"""What a deadline is once it has been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType


class DeadlineKind(StrEnum):
    DATE = "date"
    PERIOD = "period"
    RECURRING = "recurring"
    OPEN = "open"
    CONDITIONAL = "conditional"
    RELATIVE = "relative"
    UNKNOWN = "unknown"


class Rule(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"
    REPORT_PERIODS = "report_periods"


class WaitUnit(StrEnum):
    HOUR = "giờ"
    DAY = "ngày"
    WORKING_DAY = "ngày làm việc"
    WEEK = "tuần"
    MONTH = "tháng"
    YEAR = "năm"


@dataclass(frozen=True, slots=True)
class Occurrence:
    number: int
    label: str
    begins_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Wait:
    """A deadline counted from an event whose date somebody enters later."""

    amount: int
    unit: WaitUnit
    trigger: str
    before: bool = False


# Data windows of the periodic PAR reports (Công văn 581/BNV-CCHC): months covered → (month, day) of the cut-off.
REPORT_DAYS: Mapping[int, tuple[int, int]] = MappingProxyType({3: (3, 14), 6: (6, 14), 9: (9, 14), 12: (12, 14)})


@dataclass(frozen=True, slots=True)
class DeadlineSettings:
    before_is_on_time: bool = True  # «Trước ngày X»: is the day X itself still on time?
    report_days: Mapping[int, tuple[int, int]] = field(default_factory=lambda: REPORT_DAYS)


@dataclass(frozen=True, slots=True)
class Deadline:
    """`canonical` is the same deadline in the project's own words; reading it again gives the same dates.

    `sure` is False where a person should confirm the reading; `problem` says why nothing could be read.
    `begins_on` is set for open work that starts on a known day («Từ tháng 7/2024»).
    """

    raw: str
    kind: DeadlineKind
    rule: Rule | None = None
    occurrences: tuple[Occurrence, ...] = ()
    begins_on: date | None = None
    wait: Wait | None = None
    notes: tuple[str, ...] = ()
    problem: str | None = None
    sure: bool = True
    canonical: str = ""

    @property
    def due_dates(self) -> list[date]:
        return [occurrence.due_on for occurrence in self.occurrences]

    @property
    def final_due(self) -> date | None:
        return self.occurrences[-1].due_on if self.occurrences else None
