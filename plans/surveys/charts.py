"""Sizes of a survey's drawings. Templates write them into SVG attributes; each drawing has its table beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from plans.surveys.models import Survey
from plans.surveys.selectors import Index

LEFT, RIGHT, ROW, TOP = 300, 690, 34, 22
UNIT = (RIGHT - LEFT) / 100
LINE = 34  # so many letters stand in one line of a label


@dataclass(frozen=True)
class Bar:
    labels: list[tuple[float, str]]
    y: int
    middle: int
    width: float
    low: float
    high: float
    words: str


@dataclass(frozen=True)
class Bars:
    """Horizontal bars from 0 to 100 % with their intervals, in a drawing of 760 × height."""

    bars: list[Bar]
    height: int
    bottom: int
    grid: list[tuple[float, int]]
    target: float | None


def bars(indexes: Sequence[Index], target: Decimal | None = None) -> Bars:
    bottom = TOP + ROW * len(indexes)
    return Bars(
        [_bar(index, TOP + ROW * place) for place, index in enumerate(indexes)], bottom + 4, bottom,
        [(_x(tick), tick) for tick in (0, 25, 50, 75, 100)], None if target is None else _x(target),
    )  # fmt: skip


def _x(percent: Decimal | int) -> float:
    return round(LEFT + UNIT * float(percent), 1)


def _bar(index: Index, y: int) -> Bar:
    low, high = index.interval or (Decimal(0), Decimal(0))
    lines = _lines(index.name)
    middle = y + ROW // 2
    first = middle + 4 - 7.5 * (len(lines) - 1)
    return Bar(
        [(first + 15 * place, line) for place, line in enumerate(lines)], y + 8, middle,
        round(UNIT * float(index.percent or 0), 1), _x(low), _x(high), index.words,
    )  # fmt: skip


def _lines(name: str) -> list[str]:
    """At most two lines; what is longer stands in full in the table."""
    lines: list[str] = [""]
    for word in name.split():
        if lines[-1] and len(lines[-1]) + len(word) >= LINE:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines if len(lines) <= 2 else [lines[0], f"{lines[1]} …"]


@dataclass(frozen=True)
class Line:
    """One index from survey to survey, in a drawing of 760 × 236."""

    points: str
    marks: list[tuple[float, float, str, str]]
    grid: list[tuple[float, int]]


def line(surveys: Sequence[Survey], overall: Sequence[Index]) -> Line:
    """The scale begins at the ten below the lowest, so that small steps show; its ends are written on it."""
    known = [(survey, index.percent, index.words) for survey, index in zip(surveys, overall, strict=True)
             if index.percent is not None]  # fmt: skip
    floor = int(min((percent for _, percent, _ in known), default=Decimal(0)) // 10) * 10
    floor = min(max(floor - 10, 0), 80)
    step = 650 / max(len(known), 1)

    def x(place: int) -> float:
        return round(60 + step * (place + 0.5), 1)

    def y(percent: Decimal | int) -> float:
        return round(200 - 170 * (float(percent) - floor) / (100 - floor), 1)

    marks = [(x(place), y(percent), words, str(survey.year)) for place, (survey, percent, words) in enumerate(known)]
    ticks = [floor + (100 - floor) * part // 4 for part in range(5)]
    return Line(" ".join(f"{across},{up}" for across, up, _, _ in marks), marks, [(y(tick), tick) for tick in ticks])
