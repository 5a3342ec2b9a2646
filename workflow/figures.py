"""Figures of progress, as offices write and read them. Pure functions."""

from __future__ import annotations

import re
from decimal import Decimal

from organization.vietnamese import decimal

MOST = Decimal(10) ** 12
WRITTEN = re.compile(r"(?P<whole>\d{1,3}(?:\.\d{3})+|\d+)(?:,(?P<part>\d{1,2}))?|(?P<plain>\d+\.\d{1,2})")


class NotAFigure(ValueError):
    """The text is no figure; the message is a sentence for who wrote it."""


def figure_of(written: str) -> Decimal | None:
    """1.234,5 and 1234,5 and 12.5; None where nothing is written. Raises NotAFigure."""
    text = "".join(written.split()).removesuffix("%")
    if not text:
        return None
    found = WRITTEN.fullmatch(text)
    if found is None or not text.isascii():
        raise NotAFigure(
            f"“{written.strip()[:30]}” không phải số không âm, có nhiều nhất hai chữ số lẻ. Ghi số, ví dụ 1.234,5."
        )
    plain = found["plain"] or f"{found['whole'].replace('.', '')}.{found['part'] or 0}"
    return in_range(Decimal(plain))


def in_range(figure: Decimal) -> Decimal:
    """Raises NotAFigure where it is not to be kept as it is."""
    if not figure.is_finite() or figure < 0 or figure >= MOST:
        raise NotAFigure("Số phải từ 0 đến dưới 1.000 tỷ. Kiểm tra lại số.")
    if figure != round(figure, 2):
        raise NotAFigure("Số có quá hai chữ số lẻ. Làm tròn rồi ghi lại.")
    return figure


def figure_words(figure: Decimal, unit: str = "") -> str:
    """1.234,5 hồ sơ: no zeros that say nothing."""
    places = 0 if figure == figure.to_integral_value() else 1 if round(figure, 1) == figure else 2
    words = decimal(figure, places)
    return f"{words}%" if unit == "%" else f"{words} {unit}".strip()
