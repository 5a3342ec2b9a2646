"""Nhóm A, B, C or xếp loại: from which percent on. Data of a set; what is proposed here is only its beginning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from organization.vietnamese import clean
from plans.criteria.rules import WrongRule, percent

LINE = re.compile(r"(?P<name>[^|]{1,40}?)\s*\|\s*(?P<least>\d{1,3}(?:[.,]\d{1,2})?)\s*%?")
MOST = 10


@dataclass(frozen=True, slots=True)
class Band:
    name: str
    least: Decimal

    @property
    def words(self) -> str:
        return f"{self.name} (từ {percent(self.least)})"


OF_PROVINCES = (Band("Nhóm A", Decimal(90)), Band("Nhóm B", Decimal(80)), Band("Nhóm C", Decimal(70)))
OF_DEPARTMENTS = (
    Band("Xuất sắc", Decimal(90)), Band("Tốt", Decimal(80)), Band("Khá", Decimal(70)), Band("Trung bình", Decimal(50)),
)  # fmt: skip


def band_of(index: Decimal, bands: tuple[Band, ...]) -> Band | None:
    """The highest band that the percent reaches."""
    return next((band for band in ordered(bands) if index >= band.least), None)


def ordered(bands: tuple[Band, ...]) -> tuple[Band, ...]:
    return tuple(sorted(bands, key=lambda band: -band.least))


def stored(bands: tuple[Band, ...]) -> list[dict[str, str]]:
    return [{"name": band.name, "least": str(band.least)} for band in ordered(bands)]


def read_stored(body: list[dict[str, Any]]) -> tuple[Band, ...]:
    return tuple(Band(one["name"], Decimal(one["least"])) for one in body)


def written(bands: tuple[Band, ...]) -> str:
    return "\n".join(f"{band.name} | {percent(band.least).rstrip('%')}" for band in bands)


def read_lines(text: str) -> tuple[Band, ...]:
    """One band a line, «Nhóm A | 90». Raises WrongRule."""
    lines = [line for line in clean(text).split("\n") if line]
    if len(lines) > MOST:
        raise WrongRule(f"Có {len(lines)} nhóm, nhiều hơn {MOST}. Bớt nhóm.")
    bands = []
    for number, line in enumerate(lines, 1):
        match = LINE.fullmatch(line)
        least = Decimal(match["least"].replace(",", ".")) if match else None
        if match is None or least is None or least > 100:
            raise WrongRule(f"Dòng {number}: chưa đúng dạng “Tên nhóm | từ bao nhiêu %”, ví dụ “Nhóm A | 90”.")
        bands.append(Band(match["name"], least))
    if len({band.least for band in bands}) < len(bands) or len({band.name.casefold() for band in bands}) < len(bands):
        raise WrongRule("Có hai nhóm trùng tên hoặc trùng mức. Sửa để mỗi nhóm một tên, một mức.")
    return ordered(tuple(bands))
