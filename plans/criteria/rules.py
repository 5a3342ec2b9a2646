"""How a criterion is scored, as data. Pure; points are Decimal with two places, percents are Decimal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from organization.vietnamese import clean, decimal, fold

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
MOST_STEPS = 12
LONGEST_STEP = 200

PERCENT = r"(\d{1,3}(?:[.,]\d{1,2})?)\s*%"
RATIO = re.compile(r"ty le|cong thuc|\bso .{1,60} / so ")
PASSED = re.compile(r"dat\s*[-–/]\s*khong dat")
FLOOR = re.compile(rf"duoi\s*{PERCENT}\s*:?\s*(?:la\s*)?0\b")
UNTIL = re.compile(rf"(?:tu|dat tu)\s*{PERCENT}")
STEP = re.compile(r"\s*(?P<words>[^:|]+?)\s*[:|]\s*(?P<points>\d+(?:[.,]\d+)?)\s*(?:điểm|đ)?\s*\.?", re.IGNORECASE)


class Kind(StrEnum):
    FREE = "free"
    PASS = "pass"  # noqa: S105 - passed or not
    STEPS = "steps"
    RATIO = "ratio"


class Absent(StrEnum):
    """What a criterion is worth in a year in which its matter did not come up."""

    DROP = "drop"
    FULL = "full"


class WrongRule(Exception):
    """What is wrong with a rule as typed, and what to do."""


@dataclass(frozen=True, slots=True)
class Rung:
    words: str
    points: Decimal


@dataclass(frozen=True, slots=True)
class Rule:
    """`floor`: below that percent no point; `full`: from that percent on all points."""

    kind: Kind = Kind.FREE
    steps: tuple[Rung, ...] = ()
    floor: Decimal = Decimal(0)
    full: Decimal = HUNDRED
    absent: Absent = Absent.DROP

    def body(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value, "floor": str(self.floor), "full": str(self.full), "absent": self.absent.value,
            "steps": [{"words": step.words, "points": str(step.points)} for step in self.steps],
        }  # fmt: skip

    @classmethod
    def of(cls, body: dict[str, Any]) -> Rule:
        if not body:
            return cls()
        steps = tuple(Rung(step["words"], Decimal(step["points"])) for step in body["steps"])
        return cls(Kind(body["kind"]), steps, Decimal(body["floor"]), Decimal(body["full"]), Absent(body["absent"]))

    def of_ratio(self, percent: Decimal, maximum: Decimal) -> Decimal:
        """(tỷ lệ × điểm tối đa) / 100, with the floor and the percent from which all points are given."""
        if percent < self.floor:
            return Decimal(0).quantize(CENT)
        share = HUNDRED if percent >= self.full else percent
        return rounded(maximum * share / HUNDRED)

    def levels(self, maximum: Decimal) -> tuple[Rung, ...]:
        """What one chooses from, where the points follow from a choice."""
        if self.kind is Kind.PASS:
            return (Rung("Đạt", maximum), Rung("Không đạt", Decimal(0)))
        return self.steps if self.kind is Kind.STEPS else ()

    def words(self) -> str:
        match self.kind:
            case Kind.PASS:
                return "Đạt: điểm tối đa; không đạt: 0"
            case Kind.STEPS:
                return "; ".join(f"{step.words}: {decimal(step.points)}" for step in self.steps)
            case Kind.RATIO:
                low = f"; dưới {percent(self.floor)}: 0" if self.floor else ""
                high = f"; từ {percent(self.full)}: điểm tối đa" if self.full < HUNDRED else ""
                return f"Tỷ lệ × điểm tối đa{low}{high}"
            case Kind.FREE:
                return "Chấm theo nội dung"


def rounded(points: Decimal) -> Decimal:
    return points.quantize(CENT, ROUND_HALF_UP)


def percent(value: Decimal) -> str:
    """80 %, 80,5 %: as people write it."""
    return f"{format(value.normalize(), 'f').replace('.', ',')}%"


def propose(text: str, maximum: Decimal) -> Rule:
    """The rule that the words of «Cách chấm» speak of; whoever knows better corrects it."""
    plain = fold(text)
    if not plain:
        return Rule()
    absent = Absent.FULL if re.search(r"khong phat sinh[^;.]*(toi da|du diem)", plain) else Absent.DROP
    steps = steps_in(text)
    if len(steps) > 1 and all(step.points <= maximum for step in steps):
        return Rule(Kind.STEPS, steps, absent=absent)
    if PASSED.search(plain) and not RATIO.search(plain):
        return Rule(Kind.PASS, absent=absent)
    if RATIO.search(plain) and not PASSED.search(plain):
        floor = FLOOR.search(plain) or (UNTIL.search(plain) if "duoi nguong: 0" in plain else None)
        low = Decimal(floor[1].replace(",", ".")) if floor else Decimal(0)
        return Rule(Kind.RATIO, floor=min(low, HUNDRED), absent=absent)
    return Rule(absent=absent)


def steps_in(text: str) -> tuple[Rung, ...]:
    """«đúng hạn: 0,5; chậm: 0,25; không: 0»; nothing where a part gives no number."""
    parts = [part for part in re.split(r"[;\n]", text) if part.strip()]
    found = [STEP.fullmatch(part) for part in parts]
    if not all(found):
        return ()
    return tuple(Rung(match["words"], Decimal(match["points"].replace(",", "."))) for match in found if match)


def read_steps(text: str, maximum: Decimal) -> tuple[Rung, ...]:
    """One step a line, «Mức | điểm». Raises WrongRule."""
    lines = [line for line in clean(text).split("\n") if line]
    if len(lines) > MOST_STEPS:
        raise WrongRule(f"Có {len(lines)} bậc, nhiều hơn {MOST_STEPS}. Bớt bậc.")
    steps = []
    for number, line in enumerate(lines, 1):
        match = STEP.fullmatch(line)
        if match is None:
            raise WrongRule(f"Dòng {number}: chưa đúng dạng “Mức | điểm”, ví dụ “Đúng hạn | 0,5”.")
        points = Decimal(match["points"].replace(",", "."))
        if points > maximum or points != rounded(points):
            raise WrongRule(f"Dòng {number}: điểm phải từ 0 đến {decimal(maximum)}, nhiều nhất hai chữ số thập phân.")
        if len(match["words"]) > LONGEST_STEP:
            raise WrongRule(f"Dòng {number}: tên bậc dài quá {LONGEST_STEP} ký tự. Rút gọn lại.")
        steps.append(Rung(match["words"], points))
    return tuple(steps)
