"""Number, date, title and year of a plan, from the lines above its tables."""

import re
from collections.abc import Sequence
from datetime import date

from organization.vietnamese import fold
from plans.reading.shape import PlanHeader

NUMBER = re.compile(r"^số\s*:\s*(?P<number>\d+\s*/\s*[\w&/-]+)", re.IGNORECASE)
ISSUED = re.compile(r"ngay (\d{1,2}) thang (\d{1,2}) nam (\d{4})\W*$")
YEAR = re.compile(r"\bnam (20\d\d)\b")
BODY = re.compile(r"(?:thuc hien|can cu|[ivx]+\.|\d+\.|sau khi|de trien khai|nham) ?")
NO_TITLE = re.compile(r"phu luc|so ?:|cong hoa|doc lap|ubnd|uy ban|so (?:ke hoach|tai chinh)|\(|sheet|trang tinh")
MOST_LINES = 120


def read_letterhead(lines: Sequence[str]) -> PlanHeader:
    lines = [part for line in lines[:MOST_LINES] for part in line.split("\n") if part.strip()]
    title = _title(lines)
    issued_on = _issued_on(lines)
    found = next(filter(None, (NUMBER.match(line) for line in lines)), None)
    number = re.sub(r"\s", "", found["number"]) if found else ""
    return PlanHeader(number, issued_on, title, _year(title, lines, issued_on))


def _issued_on(lines: Sequence[str]) -> date | None:
    for line in lines:
        if found := ISSUED.search(fold(line)):
            day, month, year = (int(part) for part in found.groups())
            try:
                return date(year, month, day)
            except ValueError:
                continue
    return None


def _title(lines: Sequence[str]) -> str:
    for number, line in enumerate(lines):
        if fold(line).strip(" .:") == "ke hoach":
            following: list[str] = []
            for part in lines[number + 1 : number + 4]:
                if BODY.match(fold(part)) and following:
                    break
                following.append(part)
                if len(part) > 100:
                    break
            return " ".join(following)
    named = [line for line in lines if len(line) > 14 and not NO_TITLE.match(fold(line))]
    with_year = [line for line in named if YEAR.search(fold(line))]
    return (with_year or [line for line in named if re.search(r"ke hoach|nhiem vu", fold(line))] or [""])[0]


def _year(title: str, lines: Sequence[str], issued_on: date | None) -> int | None:
    if found := YEAR.search(fold(title)):
        return int(found[1])
    if issued_on:
        return issued_on.year
    for line in lines:
        if not ISSUED.search(fold(line)) and (found := YEAR.search(fold(line))):
            return int(found[1])
    return None
