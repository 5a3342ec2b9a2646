"""One cell of a survey: 4, «4», «4 - Hài lòng», «Hài lòng»; or nothing; or a mistake. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from organization.vietnamese import clean, fold

NOTHING = None
# ways of not answering, folded
UNANSWERED = frozenset({
    "", "-", "–", "—", ".", "x", "kb", "k biet", "khong biet", "khong ro", "khong tra loi", "khong co y kien",
    "khong y kien", "khong danh gia", "khong su dung", "bo trong", "na", "n/a", "null", "none",
})  # fmt: skip
NUMBERED = re.compile(r"(\d{1,3})(?:[.,]0+)?(?:\s*[-–.:)]?\s*[^\W\d].*)?")


class Wrong(Exception):
    """What is wrong with the cell; the answer is left out."""


def read_answer(value: Any, scale: Sequence[str]) -> int | None:
    """The place on the scale, 1 and up, or None. Raises Wrong."""
    if type(value) is int and 1 <= value <= len(scale):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    words = clean(str(value)).replace("\n", " ")
    if words.startswith("="):
        raise Wrong("ô chứa công thức nên không tính. Thay công thức bằng giá trị.")
    plain = fold(words)
    if plain in UNANSWERED:
        return NOTHING
    found = next((place for place, level in enumerate(scale, 1) if fold(level) == plain), 0)
    numbered = NUMBERED.fullmatch(words)
    if not found and numbered:
        found = int(numbered[1])
    if not 1 <= found <= len(scale):
        raise Wrong(
            f"“{words[:40]}” không thuộc thang 1–{len(scale)} nên không tính. Sửa thành số từ 1 đến {len(scale)}."
        )
    return found
