"""Nguồn giao and mức xác nhận as a row's own words suggest them; a person takes the proposal or not. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from organization.vietnamese import fold
from plans.drafting import DraftRow
from plans.enums import Confirmation, Source

# fewer periods than these, and every one of them is the year's last
RECURS = 2
SYMBOL = re.compile(r"(?:số )?(\d+/[A-ZĐ0-9]{2,}(?:-[A-ZĐ0-9&]+)+(?:,? ngày \d{1,2}/\d{1,2}/\d{4})?)")
BASIS = r"(?:theo|thuc hien|trien khai)(?: \w+){0,5}? (?:ke hoach|chuong trinh|quyet dinh|danh muc|chi dao|yeu cau|huong dan|van ban|thoi han|cong van|thong bao)(?: \w+){0,4}?(?: cua)?"
BODIES = (
    (Source.PROVINCE, r"(?:ubnd|uy ban nhan dan) tinh", "UBND"),
    (Source.HOME_AFFAIRS, r"so noi vu", "SNV"),
    (Source.OTHER, r"(?:hdnd tinh|thu tuong(?: chinh phu)?|chinh phu|bo [a-z]+(?: va [a-z]+)?|tinh uy)", ""),
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the row's words suggest and is not yet so; empty where they suggest nothing else than it says."""

    source: Source | None = None
    document: str = ""
    confirmation: Confirmation | None = None

    def __bool__(self) -> bool:
        return self.source is not None or self.confirmation is not None

    @property
    def words(self) -> str:
        origin = ""
        if self.source:
            origin = f"nguồn giao {self.source.label}" + (f" ({self.document})" if self.document else "")
        level = f"mức {self.confirmation.label}" if self.confirmation else ""
        return "; ".join(part for part in (origin, level) if part)


def proposed(row: DraftRow) -> Proposal:
    source, document = origin_of(row)
    recurs = len(row.deadline.occurrences) >= RECURS
    return Proposal(
        source if source and row.source == Source.PLAN else None,
        document,
        Confirmation.OFFICE if recurs and row.confirmation != Confirmation.OFFICE else None,
    )


def origin_of(row: DraftRow) -> tuple[Source | None, str]:
    """The body that set the task, and its document where the row names it."""
    for text in (row.deadline.raw, row.task, row.note, row.solution):
        plain = fold(text)
        symbols = SYMBOL.findall(text)
        for source, body, letters in BODIES:
            own = next((found for found in symbols if letters and letters in found), "")
            if own or re.search(rf"{BASIS} {body}(?![a-z])|{body}(?:,? \w+){{0,4}} giao(?![a-z])", plain):
                return source, own
    return None, ""


def taken(row: DraftRow) -> DraftRow:
    """The row with what was proposed of it."""
    found = proposed(row)
    if found.source:
        row = replace(row, source=found.source.value, source_document=found.document)
    return replace(row, confirmation=found.confirmation.value) if found.confirmation else row
