"""The ledger walked from the first line to the last, its heads, and what an inspector takes away."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from django.db import connection
from django.db.transaction import atomic

from audit import inspector
from audit.inspector import Chain, head_line, read_heads
from audit.models import Entry

CHUNK = 5000
VERIFIER = "kiem_tra.py"
# one index probe a chain, however long the chains are
HEADS = """
WITH RECURSIVE chain AS (
    (SELECT agency, stream FROM audit_entry ORDER BY agency, stream LIMIT 1)
    UNION ALL
    SELECT following.agency, following.stream FROM chain, LATERAL (
        SELECT entry.agency, entry.stream FROM audit_entry entry
        WHERE (entry.agency, entry.stream) > (chain.agency, chain.stream) ORDER BY entry.agency, entry.stream LIMIT 1
    ) following
)
SELECT chain.agency, chain.stream, last.sequence, last.hash FROM chain, LATERAL (
    SELECT entry.sequence, entry.hash FROM audit_entry entry
    WHERE entry.agency = chain.agency AND entry.stream = chain.stream ORDER BY entry.sequence DESC LIMIT 1
) last ORDER BY chain.agency, chain.stream
"""
# Numbers drawn after the last line. A verb that failed at its very commit leaves one; so does a line cut off the end.
DRAWN = """SELECT CASE WHEN is_called THEN last_value ELSE 0 END - coalesce((SELECT max(id) FROM audit_entry), 0)
FROM audit_entry_id_seq"""


class Head(NamedTuple):
    agency: int
    stream: str
    sequence: int
    hash: str

    def __str__(self) -> str:
        return head_line(*self)


class Row(NamedTuple):
    """A line as the table holds it."""

    agency: int
    stream: str
    sequence: int
    previous: str
    hash: str
    text: str
    at: datetime
    actor: int | None
    on_behalf_of: int | None
    verb: str
    subject: str
    digest: str
    address: str


@dataclass
class Report:
    chains: list[Chain]
    drawn_after_last: int

    @property
    def problems(self) -> list[dict[str, object]]:
        return [problem for chain in self.chains for problem in chain.problems]

    @property
    def found(self) -> int:
        return sum(chain.found for chain in self.chains)

    @property
    def entries(self) -> int:
        return sum(chain.entries for chain in self.chains)


def heads(agency: int | None = None) -> list[Head]:
    """The last line of every chain, or of one agency's."""
    with connection.cursor() as cursor:
        cursor.execute(HEADS)
        found = [Head(*row) for row in cursor.fetchall()]
    return [head for head in found if agency in {None, head.agency}]


def verify(anchor: str = "") -> Report:
    """Every line of every chain, in one snapshot and without holding them in memory."""
    anchors = read_heads(anchor)
    chains = []
    with atomic():
        for key, rows in groupby(_rows(), key=lambda row: (row[0], row[1])):
            chain = Chain(*key, anchors.pop(key, None))
            for row in rows:
                _check(chain, row)
            chain.end()
            chains.append(chain)
        with connection.cursor() as cursor:
            cursor.execute(DRAWN)
            drawn = cursor.fetchone()[0]
    for (agency, stream), anchored in anchors.items():
        chains.append(Chain(agency, stream, anchored))
        chains[-1].end()
    return Report(chains, drawn)


def _rows() -> Iterator[tuple[Any, ...]]:
    return Entry.objects.order_by("agency", "stream", "sequence").values_list(*Row._fields).iterator(CHUNK)


def _check(chain: Chain, row: tuple[Any, ...]) -> None:
    """The chain, and the columns against the text: searches must find what was written down."""
    _, _, sequence, previous, chained, text, at, actor, on_behalf_of, verb, subject, digest, address = row
    facts = chain.feed(sequence, previous, chained, text)
    if facts is None:
        return
    try:
        same = (
            facts["actor"] == actor and facts["verb"] == verb and facts["subject"] == subject
            and facts["on_behalf_of"] == on_behalf_of and datetime.fromisoformat(str(facts["at"])) == at
            and facts.get("digest", "") == digest and facts.get("address", "") == address
        )  # fmt: skip
    except (LookupError, ValueError):
        same = False
    if not same:
        chain.problem("columns", sequence, "các cột tra cứu khác với nội dung đã ghi")


def export(folder: Path) -> list[Head]:
    """A file for each chain, their heads, and the verifier: all that an inspector needs."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with atomic():
        for (agency, stream), rows in groupby(_rows(), key=lambda row: (row[0], row[1])):
            with (folder / f"{agency}-{stream}.tsv").open("w", encoding="utf-8", newline="\n") as file:
                for row in rows:
                    file.write(f"{row[2]}\t{row[3]}\t{row[4]}\t{row[5]}\n")
            written.append(Head(agency, stream, row[2], row[4]))
    (folder / inspector.HEADS).write_text("".join(f"{head}\n" for head in written), encoding="utf-8")
    shutil.copyfile(inspector.__file__, folder / VERIFIER)
    return written
