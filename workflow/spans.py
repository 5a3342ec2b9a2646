"""Months and quarters that figures are asked for, as a page's address names them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import Http404, QueryDict

from workflow.facets import Option
from workflow.filters import number

QUARTERS = {1: "I", 2: "II", 3: "III", 4: "IV"}
YEARS_BACK = 4


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`, both in it. `code` is empty for the whole year, q1…q4, t1…t12."""

    year: int
    code: str

    @classmethod
    def read(cls, data: QueryDict, today: date) -> Span:
        """What the address asks for; the year of today where it says nothing. A word it does not know is no page."""
        year, code = number(data, "nam") or today.year, data.get("ky", "")
        if code not in dict(CODES) or not 2000 <= year <= 2100:
            raise Http404
        return cls(year, code)

    @property
    def words(self) -> str:
        return f"{dict(CODES)[self.code]} {self.year}"

    @property
    def months(self) -> tuple[int, int]:
        kind, place = self.code[:1], int(self.code[1:] or 0)
        match kind:
            case "q":
                return 3 * place - 2, 3 * place
            case "t":
                return place, place
        return 1, 12

    @property
    def first(self) -> date:
        return date(self.year, self.months[0], 1)

    @property
    def last(self) -> date:
        month = self.months[1]
        following = date(self.year + month // 12, month % 12 + 1, 1)
        return following - timedelta(days=1)

    @property
    def address(self) -> str:
        """From the question mark on."""
        return f"?nam={self.year}&ky={self.code}"

    @property
    def codes(self) -> list[Option]:
        return [Option(code, words, code == self.code) for code, words in CODES if code]

    def years(self, today: date) -> list[Option]:
        """This year and some before it, and the one that was asked for."""
        offered = {*range(today.year - YEARS_BACK, today.year + 1), self.year}
        return [Option(str(year), f"Năm {year}", year == self.year) for year in sorted(offered, reverse=True)]


CODES = (
    ("", "Cả năm"),
    *((f"q{place}", f"Quý {words} năm") for place, words in QUARTERS.items()),
    *((f"t{month}", f"Tháng {month} năm") for month in range(1, 13)),
)
