"""Question catalogues: codes, factors and the scale of a form. Two are shipped; an agency's own wording replaces them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from organization.vietnamese import clean

DATA = Path(__file__).parent / "data"
FIVE_LEVELS = ("Rất không hài lòng", "Không hài lòng", "Bình thường", "Hài lòng", "Rất hài lòng")
SATISFIED_FROM = 4
SHIPPED = {
    "nam-yeu-to": "Năm yếu tố (cách khảo sát 2017–2020)",
    "hai-khoi": "Hai khối (cách khảo sát từ năm 2023)",
}
CODE = re.compile(r"[^\W_][\w.-]{0,19}")
MOST_QUESTIONS = 200
LONGEST_CODE, LONGEST_NAME, LONGEST_TEXT = 20, 200, 500


@dataclass(frozen=True, slots=True)
class Question:
    """`block` is empty where the form has none."""

    code: str
    factor: str
    text: str = ""
    block: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`scale` names the answers 1, 2, … in order; those from `satisfied_from` on count as satisfied."""

    key: str
    name: str
    questions: tuple[Question, ...]
    scale: tuple[str, ...] = FIVE_LEVELS
    satisfied_from: int = SATISFIED_FROM

    @property
    def by_code(self) -> dict[str, Question]:
        return {question.code.casefold(): question for question in self.questions}


class WrongLine(Exception):
    """What is wrong with a line of a catalogue, and what to do."""


def shipped() -> list[Catalogue]:
    return [Catalogue(key, name, tuple(_questions(DATA / f"{key}.csv"))) for key, name in SHIPPED.items()]


def _questions(path: Path) -> Iterator[Question]:
    with path.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            yield Question(row["code"], row["factor"], row["text"], row["block"])


def written(questions: Iterable[Question]) -> str:
    """One question a line: «TC1 | Tiếp cận dịch vụ | Nơi ngồi chờ …», its block last."""
    return "\n".join(" | ".join(filter(None, (q.code, q.factor, q.text or "–", q.block))) for q in questions)


def read_lines(text: str) -> tuple[Question, ...]:
    """Raises WrongLine."""
    found: dict[str, Question] = {}
    lines = [line for line in clean(text).split("\n") if line]
    for number, line in enumerate(lines, 1):
        question = _question(number, line)
        if question.code.casefold() in found:
            raise WrongLine(f"Dòng {number}: mã {question.code} đã có ở trên. Mỗi câu hỏi một mã.")
        found[question.code.casefold()] = question
    if not found:
        raise WrongLine("Chưa có câu hỏi nào. Ghi mỗi câu hỏi một dòng.")
    if len(found) > MOST_QUESTIONS:
        raise WrongLine(f"Có hơn {MOST_QUESTIONS} câu hỏi. Bớt câu hỏi.")
    return tuple(found.values())


def _question(number: int, line: str) -> Question:
    parts: Sequence[str] = [part.strip() for part in line.split("|")]
    if len(parts) not in {2, 3, 4} or not parts[0] or not parts[1]:
        raise WrongLine(f"Dòng {number}: cần “Mã | Yếu tố | Nội dung”, có thể thêm “| Khối”. Sửa lại dòng này.")
    code, factor, text, block = [*parts, "", ""][:4]
    if not CODE.fullmatch(code):
        raise WrongLine(f"Dòng {number}: mã “{code[:30]}” chưa đúng. Chỉ dùng chữ, số, dấu chấm, dài nhất 20 ký tự.")
    if max(len(factor), len(block)) > LONGEST_NAME or len(text) > LONGEST_TEXT:
        raise WrongLine(f"Dòng {number}: tên yếu tố, khối hoặc nội dung dài quá. Rút gọn lại.")
    return Question(code, factor, "" if text == "–" else text, block)
