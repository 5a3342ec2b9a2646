"""What a round should have before somebody judges it. Pure: the same list for the division and for Văn phòng.

A check never bars the way; it says what is missing, and a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from organization.vietnamese import counted, fold


class Result(StrEnum):
    """How a check came out, worst first."""

    BAD = "bad"
    WARN = "warn"
    OK = "ok"


SAID = {Result.BAD: "Chưa đạt", Result.WARN: "Cần xem", Result.OK: "Đạt"}


@dataclass(frozen=True, slots=True)
class Check:
    result: Result
    words: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a check looks at in a document."""

    number: str
    dated: date | None
    abstract: str

    @property
    def name(self) -> str:
        return self.number or self.abstract


def checks_of(
    *,
    statement: str,
    papers: Sequence[Paper],
    products: Sequence[str],
    criteria: Sequence[str],
    year: int | None,
    before: str = "",
) -> list[Check]:
    """All checks of a round, problems first; `before` is what was handed in for the last period."""
    checks = [_statement(statement)]
    checks += [_repeated()] if statement.strip() and fold(statement) == fold(before) else []
    checks += [_criteria(criteria, papers)] if criteria else []
    checks += [_products(products, papers)] if products else []
    checks += [_numbered(papers), _in_year(papers, year)] if papers else [_no_paper()]
    return sorted(checks, key=lambda check: list(Result).index(check.result))


def summary(checks: Sequence[Check]) -> Check:
    """All checks in one line: «Đạt 6/6», or how many need a look."""
    open_ = [check for check in checks if check.result is not Result.OK]
    result, number = (open_[0].result, len(open_)) if open_ else (Result.OK, len(checks))
    return Check(result, f"{SAID[result]} {number}/{len(checks)}")


def products_of(text: str) -> list[str]:
    """The products a row of the plan names: «Kế hoạch; báo cáo» are two."""
    return [part.strip(" .-+") for part in re.split(r"[;\n]", text) if part.strip(" .-+")]


def _statement(statement: str) -> Check:
    if statement.strip():
        return Check(Result.OK, "Đã ghi kết quả thực hiện")
    return Check(Result.BAD, "Chưa ghi kết quả thực hiện", "Ghi ngắn gọn việc đã làm và số liệu đạt được")


def _repeated() -> Check:
    return Check(
        Result.WARN, "Nội dung giống hệt lần nộp của kỳ trước", "Ghi việc đã làm và số liệu đạt được trong kỳ này"
    )


def _no_paper() -> Check:
    return Check(Result.BAD, "Chưa có tài liệu kiểm chứng", "Thêm văn bản có số, ngày ban hành và tệp kèm theo")


def _criteria(codes: Sequence[str], papers: Sequence[Paper]) -> Check:
    held = f"{counted(len(papers))} tài liệu cho tiêu chí {', '.join(codes)}"
    if papers:
        return Check(Result.OK, "Mỗi tiêu chí có tài liệu", held)
    return Check(Result.BAD, "Tiêu chí chưa có tài liệu", ", ".join(codes))


def _products(products: Sequence[str], papers: Sequence[Paper]) -> Check:
    if len(papers) >= len(products):
        return Check(Result.OK, "Mỗi sản phẩm có tài liệu")
    asked = (
        f"Kế hoạch ghi {counted(len(products))} sản phẩm ({'; '.join(products)}), đã có {counted(len(papers))} tài liệu"
    )
    return Check(Result.WARN if papers else Result.BAD, "Có sản phẩm chưa có tài liệu", asked)


def _numbered(papers: Sequence[Paper]) -> Check:
    bare = [paper.name for paper in papers if not paper.number or paper.dated is None]
    if bare:
        return Check(Result.WARN, "Văn bản chưa có số hoặc ngày", "; ".join(bare))
    return Check(Result.OK, "Văn bản đã có số và ngày")


def _in_year(papers: Sequence[Paper], year: int | None) -> Check:
    outside = [paper.name for paper in papers if year and paper.dated and paper.dated.year != year]
    if outside:
        return Check(Result.WARN, f"Ngày văn bản ngoài năm {year}", "; ".join(outside))
    return Check(Result.OK, "Ngày văn bản trong kỳ")
