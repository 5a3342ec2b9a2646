"""Deadlines as offices write them: raw Vietnamese text in, a rule and due dates out. Pure."""

from plans.deadlines.reading import describe, read_deadline
from plans.deadlines.shape import (
    REPORT_DAYS,
    Deadline,
    DeadlineKind,
    DeadlineSettings,
    Occurrence,
    Rule,
    Wait,
    WaitUnit,
)

__all__ = [
    "REPORT_DAYS",
    "Deadline",
    "DeadlineKind",
    "DeadlineSettings",
    "Occurrence",
    "Rule",
    "Wait",
    "WaitUnit",
    "describe",
    "read_deadline",
]
