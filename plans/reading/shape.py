"""What is found in a file: blocks of text and tables, then a header and rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

MOST_ROWS = 20_000
MOST_COLUMNS = 64
LONGEST_CELL = 20_000


class Severity(StrEnum):
    ERROR = "error"  # must be settled before the plan can be issued
    CONFIRM = "confirm"  # read by guessing; a person should look


class Column(StrEnum):
    """What a column means; the value is its name on screen."""

    ORDER = "Số thứ tự"
    FIELD = "Lĩnh vực"
    CRITERIA = "Tiêu chí"
    POINTS = "Điểm tối đa"
    TASK = "Nhiệm vụ"
    SOLUTION = "Giải pháp"
    PRODUCT = "Sản phẩm"
    LEAD = "Đơn vị chủ trì"
    COORDINATING = "Đơn vị phối hợp"
    LEAD_AND_COORDINATING = "Đơn vị chủ trì, phối hợp"
    DEADLINE = "Thời hạn"
    NOTE = "Ghi chú"
    OTHER = "Cột khác"


@dataclass(frozen=True, slots=True)
class Problem:
    row: str
    column: str
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class Cell:
    """One place of the grid. `above` and `left` mark places covered by a merged cell that starts there."""

    value: str | date = ""
    above: bool = False
    left: bool = False
    formula: bool = False

    @property
    def text(self) -> str:
        return (
            self.value
            if isinstance(self.value, str)
            else f"{self.value.day:02d}/{self.value.month:02d}/{self.value.year}"
        )


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Table:
    """`first_row` is the number a person sees beside the first row (Excel's own, else 1)."""

    rows: Sequence[Sequence[Cell]]
    first_row: int = 1


Block = str | Table


@dataclass(frozen=True, slots=True)
class Criterion:
    code: str
    name: str
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RawRow:
    appendix: str
    order: str
    row: str  # what a person finds it by: "I.5"
    field: str
    criteria: tuple[Criterion, ...]
    task: str
    solution: str
    product: str
    lead_raw: str
    coordinating_raw: str
    deadline_raw: str | date
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanHeader:
    number: str = ""
    issued_on: date | None = None
    title: str = ""
    year: int | None = None


@dataclass(frozen=True, slots=True)
class PlanFile:
    header: PlanHeader
    rows: list[RawRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)  # headings of columns with content that no row takes
