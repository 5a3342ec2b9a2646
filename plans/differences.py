"""What an amended plan changes, row by row. Pure.

Rows are matched by what they say, never by their number: numbers are given twice, and move when a row goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process

from organization.vietnamese import decimal, fold
from plans.drafting import COORDINATING, DEADLINE, LEAD, DraftRow

ALIKE = 72  # of 100: below it a row is another row
CANDIDATES = 5
FIELDS = {
    "field": "Lĩnh vực",
    "criteria": "Tiêu chí",
    "points": "Điểm tối đa",
    "task": "Nhiệm vụ",
    "solution": "Giải pháp",
    "product": "Sản phẩm",
    "lead": "Đơn vị chủ trì",
    "coordinating": "Đơn vị phối hợp",
    "deadline": "Thời hạn",
    "note": "Ghi chú",
}
Fields = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Changed:
    """A row in both versions; `fields` hold old and new of what differs, by the keys of FIELDS."""

    old: DraftRow
    new: DraftRow
    fields: Fields


@dataclass(frozen=True, slots=True)
class Difference:
    """`kept` rows say the same, though their number may differ."""

    kept: list[tuple[DraftRow, DraftRow]]
    changed: list[Changed]
    added: list[DraftRow]
    dropped: list[DraftRow]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What a file that is read again changes, by the names of the rows; how many corrections by hand stay."""

    changed: list[str]
    added: list[str]
    dropped: list[str]
    corrections: int


TEXTS = ("task", "solution", "product", "note", "field")


def matched(old: Sequence[DraftRow], new: Sequence[DraftRow]) -> list[DraftRow]:
    """The new rows, each with the measure of the old row it continues and with what was settled of it there."""
    pairs = dict(_pairs(old, new))
    return [carried(old[pairs[place]], row) if place in pairs else row for place, row in enumerate(new)]


def _pairs(old: Sequence[DraftRow], new: Sequence[DraftRow]) -> Iterator[tuple[int, int]]:
    """Places in `new` with their places in `old`: first the rows with the same task, then those most alike."""
    left_old, left_new = set(range(len(old))), set(range(len(new)))

    def settle(scored: Iterable[tuple[float, int, int]]) -> Iterator[tuple[int, int]]:
        for _, there, here in sorted(scored, key=lambda one: (-one[0], abs(one[1] - one[2]), one[1])):
            if there in left_old and here in left_new:
                left_old.discard(there)
                left_new.discard(here)
                yield here, there

    same: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(old):
        same[fold(row.written("task"))].append(place)
    yield from settle(
        (_whole(old[there], row), there, here) for here, row in enumerate(new) for there in same[fold(row.task)]
    )
    rest = {there: fold(old[there].written("task")) for there in sorted(left_old)}
    yield from settle(
        (score, there, here)
        for here in sorted(left_new)
        for _, _, there in process.extract(fold(new[here].task), rest, scorer=fuzz.ratio, limit=CANDIDATES)
        if (score := likeness(old[there], new[here])) >= ALIKE
    )


def likeness(old: DraftRow, new: DraftRow) -> float:
    """0 to 100 over task, product and lead."""
    return (
        0.7 * fuzz.ratio(fold(old.written("task")), fold(new.task))
        + 0.2 * fuzz.ratio(fold(old.written("product")), fold(new.product))
        + 0.1 * fuzz.ratio(fold(old.written("lead")), fold(new.lead_raw))
    )


def _whole(old: DraftRow, new: DraftRow) -> float:
    """How alike two rows of one task are in all else they say."""
    return sum(fuzz.ratio(fold(a), fold(b)) for a, b in zip(_said(old), _said(new), strict=True))


def _said(row: DraftRow) -> tuple[str, ...]:
    return (row.appendix, row.field, row.product, row.solution, row.lead_raw, row.coordinating_raw, row.deadline.raw)


def carried(old: DraftRow, new: DraftRow) -> DraftRow:
    """`new` as the next wording of `old`: where the file says in a cell what it said before, the cell means what it meant,
    and what a person wrote in it stays."""
    row = replace(new, measure_id=old.measure_id, continues=old.continues, carried=old.carried, source=old.source,
                  source_document=old.source_document, confirmation=old.confirmation)  # fmt: skip
    by_hand = corrected_by_hand(old, new)
    row = replace(row, **{cell: getattr(old, cell) for cell in TEXTS if cell in by_hand})
    if {"criteria", "points"} & by_hand:
        row = replace(row, criteria=old.criteria)
    kept: list[str] = []
    if same(old.written("lead"), new.lead_raw):
        row, kept = replace(row, leads=old.leads, lead_raw=old.lead_raw if "lead" in by_hand else new.lead_raw), [LEAD]
    if same(old.written("coordinating"), new.coordinating_raw):
        raw = old.coordinating_raw if "coordinating" in by_hand else new.coordinating_raw
        row, kept = replace(row, coordinating=old.coordinating, coordinating_raw=raw), [*kept, COORDINATING]
    if same(old.written("deadline"), new.deadline.raw):
        row, kept = replace(row, deadline=old.deadline), [*kept, DEADLINE]
    problems = [problem for problem in new.problems if problem.column not in kept]
    settled = not problems and old.confirmed
    return replace(
        row, problems=(*problems, *(problem for problem in old.problems if problem.column in kept)), confirmed=settled
    )


def corrected_by_hand(old: DraftRow, new: DraftRow) -> set[str]:
    """Cells that the file leaves as they were and that a person changed since it was read."""
    now = old.cells
    return {cell for cell, read in old.read.items() if now[cell] != read and same(read, new.written(cell))}


def rewritten(old: Sequence[DraftRow], new: Sequence[DraftRow]) -> tuple[list[DraftRow], Rewritten]:
    """The rows of a file that is read again, each as the next wording of the one it continues, and what that changes.

    Rows put in by hand stay, each after the row it stood after.
    """
    pairs = dict(_pairs(old, new))
    rows = [carried(old[pairs[place]], row) if place in pairs else row for place, row in enumerate(new)]
    changed = [row.row for place, row in enumerate(rows) if place in pairs and changes(old[pairs[place]], row)]
    corrections = sum(len(corrected_by_hand(old[there], new[place])) for place, there in pairs.items())
    added = [row.row for place, row in enumerate(rows) if place not in pairs]
    left = set(range(len(old))) - set(pairs.values())
    dropped = [old[place].row for place in sorted(left) if not old[place].by_hand]
    return with_hand_rows(old, rows, pairs), Rewritten(changed, added, dropped, corrections)


def with_hand_rows(old: Sequence[DraftRow], rows: Sequence[DraftRow], pairs: dict[int, int]) -> list[DraftRow]:
    """`rows` with those of `old` that no file has and nothing continues; `pairs`: place in rows → place in old."""
    places = {there: here for here, there in pairs.items()}
    after: defaultdict[int, list[DraftRow]] = defaultdict(list)
    last = -1
    for place, row in enumerate(old):
        last = places.get(place, last)
        if row.by_hand and place not in places:
            after[last].append(row)
    found = list(after[-1])
    for place, row in enumerate(rows):
        found += [row, *after[place]]
    return found


def same(old: str, new: str) -> bool:
    """Blanks, case and a closing mark make no other wording."""
    return _plain(old) == _plain(new)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).strip(" .;,")


def difference(old: Sequence[DraftRow], new: Sequence[DraftRow]) -> Difference:
    """Rows are paired by their measure: see `matched`."""
    before = {row.measure_id: row for row in old}
    kept, changed, added = [], [], []
    for row in new:
        was = before.pop(row.measure_id, None) if row.measure_id is not None else None
        if was is None:
            added.append(row)
        elif fields := changes(was, row):
            changed.append(Changed(was, row, fields))
        else:
            kept.append((was, row))
    return Difference(kept, changed, added, list(before.values()))


def changes(old: DraftRow, new: DraftRow) -> Fields:
    """Old and new of each field that differs."""
    both = {
        "field": (old.field, new.field),
        "criteria": (_criteria(old), _criteria(new)),
        "points": (_points(old), _points(new)),
        "task": (old.task, new.task),
        "solution": (old.solution, new.solution),
        "product": (old.product, new.product),
        "lead": (old.lead_raw, new.lead_raw),
        "coordinating": (old.coordinating_raw, new.coordinating_raw),
        "deadline": (old.deadline.raw, new.deadline.raw),
        "note": (old.note, new.note),
    }
    fields = {name: pair for name, pair in both.items() if not same(*pair)}
    if "lead" not in fields and _keys(old) != _keys(new):
        fields["lead"] = (_names(old), _names(new))
    if "deadline" not in fields and _due(old) != _due(new):
        fields["deadline"] = (_dates(old), _dates(new))
    return fields


def _criteria(row: DraftRow) -> str:
    return "\n".join(f"{criterion.code} {criterion.name}".strip() for criterion in row.criteria)


def _points(row: DraftRow) -> str:
    return "\n".join(decimal(c.points) for c in row.criteria if c.points is not None)


def _keys(row: DraftRow) -> list[str]:
    return sorted(owner.key for owner in row.leads if owner.key)


def _names(row: DraftRow) -> str:
    return "; ".join(owner.name for owner in row.leads)


def _due(row: DraftRow) -> list[str]:
    return [o.due_on.isoformat() for o in row.deadline.occurrences]


def _dates(row: DraftRow) -> str:
    dates = ", ".join(f"{o.due_on:%d/%m/%Y}" for o in row.deadline.occurrences)
    return f"{row.deadline.raw} ({dates})" if dates else row.deadline.raw


def to_json(found: Difference) -> dict[str, object]:
    """What `amend_plan --json` prints."""
    return {
        "kept": len(found.kept),
        "changed": [
            {"order": one.new.order, "row": one.new.row, "task": one.new.task,
             "fields": {name: list(pair) for name, pair in one.fields.items()}}
            for one in found.changed
        ],
        "added": [_told(row) for row in found.added],
        "dropped": [_told(row) for row in found.dropped],
    }  # fmt: skip


def _told(row: DraftRow) -> dict[str, str]:
    return {
        "order": row.order, "row": row.row, "task": row.task, "lead": row.lead_raw, "deadline": row.deadline.raw,
    }  # fmt: skip
