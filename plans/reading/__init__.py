"""From a plan file, Word or Excel as offices have it, to rows as they are written. Pure; nothing is understood here."""

from organization.office_files import UnreadableError
from plans.reading.files import MAX_BYTES, read_plan_file
from plans.reading.shape import (
    Column,
    Criterion,
    PlanFile,
    PlanHeader,
    Problem,
    RawRow,
    Severity,
)

__all__ = [
    "MAX_BYTES",
    "Column",
    "Criterion",
    "PlanFile",
    "PlanHeader",
    "Problem",
    "RawRow",
    "Severity",
    "UnreadableError",
    "read_plan_file",
]
