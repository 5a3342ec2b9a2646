"""Sizes of drawings, from numbers. Templates write them into SVG attributes; no style is inline."""

from __future__ import annotations

from dataclasses import dataclass

LEFT, RIGHT, TOP, BOTTOM = 36, 740, 20, 200
STEP = (RIGHT - LEFT) / 12


@dataclass(frozen=True)
class Curve:
    """Two cumulated lines over twelve months, in a drawing of 760 × 236."""

    planned: str
    achieved: str
    grid: list[tuple[float, int]]
    months: list[tuple[float, int]]
    last: tuple[float, float] | None


def curve(planned: list[int], achieved: list[int]) -> Curve:
    top = max([*planned, *achieved, 1])
    unit = max(1, -(-top // 4))

    def x(month: int) -> float:
        return round(LEFT + STEP * (month + 0.35), 1)

    def y(value: int) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * value / (unit * 4), 1)

    def line(values: list[int]) -> str:
        return " ".join(f"{x(month)},{y(value)}" for month, value in enumerate(values))

    return Curve(
        planned=line(planned), achieved=line(achieved), grid=[(y(unit * tick), unit * tick) for tick in range(5)],
        months=[(x(month), month + 1) for month in range(12)],
        last=(x(len(achieved) - 1), y(achieved[-1])) if achieved else None,
    )  # fmt: skip
