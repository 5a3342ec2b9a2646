"""The criteria cell and the points cell of a row, several to a cell, one per line."""

import re
from decimal import Decimal, InvalidOperation

from plans.reading.shape import Criterion

CODE = r"\d{1,2}(?:\.\d{1,3})+"
NEXT = re.compile(rf"[;\n,]\s*(?=(?:{CODE})(?:[.\s:;,]|$))|\n")
ENTRY = re.compile(
    rf"(?:(?:tiêu chí|tctp|tc)\s*)?(?P<code>{CODE}|\d{{1,2}}(?=\.\s))[.:]?\s*(?P<name>.*)", re.IGNORECASE | re.DOTALL
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
HIGHEST = Decimal(1000)


def read_criteria(text: str, points: str) -> tuple[tuple[Criterion, ...], str]:
    """The criteria named in a cell with their points, and what is wrong with the points, if anything."""
    found: list[tuple[str, str]] = []
    for part in filter(None, (part.strip(" -–—+•") for part in NEXT.split(text))):
        entry = ENTRY.fullmatch(part)
        if entry:
            found.append((entry["code"], entry["name"].strip(" .;,")))
        elif found and found[-1][0]:
            code, name = found[-1]
            found[-1] = (code, f"{name} {part}".strip())
        else:
            found.append(("", part))
    values, wrong = _points(points)
    if values and len(values) != len(found):
        wrong = wrong or f"Có {len(found)} tiêu chí nhưng {len(values)} số điểm. Ghi mỗi tiêu chí một dòng điểm."
        values = []
    padded = [*values, *[None] * len(found)]
    return tuple(Criterion(code, name, value) for (code, name), value in zip(found, padded, strict=False)), wrong


def _points(text: str) -> tuple[list[Decimal], str]:
    values: list[Decimal] = []
    for part in filter(None, re.split(r"[\n;]|\s{2,}|\s(?=\d)", text.strip())):
        plain = part.strip(" -+•đ")
        try:
            value = Decimal(plain.replace(",", ".")) if NUMBER.fullmatch(plain) else None
        except InvalidOperation:
            value = None
        if value is None or value > HIGHEST:
            return [], f"“{part[:40]}” không phải số điểm. Ghi số, ví dụ 0,5."
        values.append(value)
    return values, ""
