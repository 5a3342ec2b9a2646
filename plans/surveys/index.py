"""The arithmetic of SIPAS: exact shares, rounded once; Wilson's interval; the size of a sample. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered to one question: `satisfied` of `valid`, and how many sheets left it open."""

    satisfied: int = 0
    valid: int = 0
    missing: int = 0

    @property
    def share(self) -> Fraction | None:
        return Fraction(self.satisfied, self.valid) if self.valid else None


def pooled(questions: Iterable[Answers]) -> Fraction | None:
    """All satisfied answers among all valid ones."""
    every = list(questions)
    valid = sum(one.valid for one in every)
    return Fraction(sum(one.satisfied for one in every), valid) if valid else None


def mean(questions: Iterable[Answers]) -> Fraction | None:
    """Each question weighs the same, however many answered it."""
    shares = [one.share for one in questions if one.share is not None]
    return sum(shares, Fraction(0)) / len(shares) if shares else None


def percent(share: Fraction | None) -> Decimal | None:
    """83.945 % → 83.95: half goes up, decided on the exact fraction."""
    if share is None:
        return None
    hundredths = (2 * share.numerator * 10_000 + share.denominator) // (2 * share.denominator)
    return Decimal(hundredths).scaleb(-2)


def wilson(share: Fraction | None, size: int) -> tuple[Decimal, Decimal] | None:
    """The 95 % interval of a share among `size` people, in percent."""
    if share is None or size < 1:
        return None
    p, z2 = float(share), Z95 * Z95
    middle = p + z2 / (2 * size)
    half = Z95 * math.sqrt(p * (1 - p) / size + z2 / (4 * size * size))
    low, high = ((middle + sign * half) / (1 + z2 / size) for sign in (-1, 1))
    return _hundredths(max(low, 0.0)), _hundredths(min(high, 1.0))


def _hundredths(share: float) -> Decimal:
    return Decimal(round(share * 10_000)).scaleb(-2)


def sample_size(population: int, error: Decimal) -> int:
    """n = N / (1 + N·e²), rounded up; `error` in percent."""
    e = Fraction(error) / 100
    return math.ceil(Fraction(population) / (1 + population * e * e))
