"""What changed between two rounds, or under one. Pure: texts are compared word by word, documents by what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

# Comparing takes time with the square of the length: longer texts are shown whole, old and new.
LONGEST = 3000
CONTEXT = 8


@dataclass(frozen=True, slots=True)
class Span:
    """A run of words: kept, taken out (`del`) or put in (`ins`)."""

    kind: Literal["", "ins", "del"]
    text: str


def words_changed(before: str, after: str) -> list[Span]:
    """The new text with what was taken out and put in; empty where nothing changed. Long unchanged runs are cut."""
    if before == after:
        return []
    old, new = re.findall(r"\S+", before), re.findall(r"\S+", after)
    if max(len(old), len(new)) > LONGEST:
        return [Span("del", before), Span("ins", after)]
    spans = [Span(kind, " ".join(words)) for kind, words in _runs(old, new)]
    return [_shortened(span, first=not index, last=index == len(spans) - 1) for index, span in enumerate(spans)]


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[Literal["", "ins", "del"], list[str]]]:
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "", old[a:b]
            continue
        if b > a:
            yield "del", old[a:b]
        if d > c:
            yield "ins", new[c:d]


def _shortened(span: Span, *, first: bool, last: bool) -> Span:
    """An unchanged run keeps the words next to a change."""
    words = span.text.split()
    if span.kind or len(words) <= 2 * CONTEXT:
        return span
    head, tail = "" if first else " ".join(words[:CONTEXT]), "" if last else " ".join(words[-CONTEXT:])
    return Span("", f"{head} … {tail}".strip())


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of two contents that is not the same, for a page to show side by side."""

    what: str
    before: str
    after: str


def differences(before: str, after: str) -> list[Difference]:
    """What differs between two canonical contents of a round (rounds.canonical_content); empty where nothing does."""
    old, new = (_said(json.loads(content)) for content in (before, after))
    return [Difference(what, words, new[what]) for what, words in old.items() if words != new[what]]


def _said(body: dict[str, Any]) -> dict[str, str]:
    """Each part of a content in words; documents with the beginning of each file's SHA-256, so that another file shows."""
    criteria = (
        f"{part['code']} ({part['points']} điểm)" if part["points"] else part["code"] for part in body["criteria"]
    )
    return {
        "Lần nộp": f"Lần {body['number']}",
        "Kết quả thực hiện": body["statement"],
        "Sản phẩm": body["product"],
        "Tiêu chí": ", ".join(criteria),
        "Tài liệu": "\n".join(_paper(paper) for paper in body["documents"]),
    }


def _paper(paper: dict[str, Any]) -> str:
    name = ", ".join(part for part in (paper["number"], paper["abstract"]) if part)
    return f"{name} (tệp {', '.join(file[:8] for file in paper['files'])})"
