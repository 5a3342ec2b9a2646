"""One clause of a deadline («báo cáo trước 15/11») and what its rules need to read it."""

from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date

from organization.vietnamese import fold
from plans.deadlines.shape import DeadlineKind, DeadlineSettings, Rule, Wait

ROMAN = {
    "i": 1,
    "ii": 2,
    "iii": 3,
    "iv": 4,
    "v": 5,
    "vi": 6,
    "vii": 7,
    "viii": 8,
    "ix": 9,
    "x": 10,
    "xi": 11,
    "xii": 12,
}
WORDS = {"mot": 1, "nhat": 1, "hai": 2, "ba": 3, "bon": 4, "tu": 4}
QUARTERS = ("I", "II", "III", "IV")

LEADS = (
    r"(?:(?:truoc|cham nhat|muon nhat|khong qua|khong muon hon|xong|den|toi|het|trong|vao|la|ngay|han cuoi|cuoi ngay)"
    r"(?![a-z]) ?)*"
)


class WrongDeadlineError(ValueError):
    """The text names a day, month, quarter or year that cannot be; the message is for the reader."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first day to the due day; `begins` is None where the work may begin at once."""

    due: date
    begins: date | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    kind: DeadlineKind
    canonical: str
    spans: tuple[Span, ...] = ()
    rule: Rule | None = None
    begins_on: date | None = None
    wait: Wait | None = None
    notes: tuple[str, ...] = ()
    sure: bool = True
    label: str = ""
    amount: int = 0  # «02 cuộc/năm»: how many times

    def named(self, label: str) -> "Clause":
        return replace(self, label=label, canonical=f"{label}: {self.canonical}")


@dataclass(frozen=True, slots=True)
class Context:
    year: int
    shift: int = 0
    settings: DeadlineSettings = field(default_factory=DeadlineSettings)

    def year_of(self, written: str | None) -> int:
        if not written:
            return self.year
        number = int(written)
        found = (number + 2000 if number < 100 else number) + self.shift
        if abs(found - self.year) > 1:
            message = f"Năm {found} cách xa năm {self.year} của kế hoạch. Kiểm tra lại năm trong thời hạn."
            raise WrongDeadlineError(message)
        return found

    def day(self, year: int, month: int, day: int, written: str) -> date:
        if self.shift and (month, day) == (2, 29):
            day = monthrange(year, 2)[1]
        if not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
            raise WrongDeadlineError(f"Ngày “{written}” không có trong lịch. Sửa lại ngày.")
        return date(year, month, day)


def aligned(text: str) -> str:
    """Folded letter by letter, so that a position found here is the same position in the text."""
    return "".join(_plain(character) for character in text)


def _plain(character: str) -> str:
    if character in "–—−‐‑":
        return "-"
    if character.isspace():
        return " "
    folded = fold(character)
    return folded if len(folded) == 1 else character


def number_of(written: str) -> int:
    if written.isdigit():
        return int(written)
    return ROMAN.get(written) or WORDS.get(written) or 0


def month_end(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def month_span(year: int, month: int) -> Span:
    return Span(month_end(year, month), date(year, month, 1), f"tháng {month}/{year}")


def quarter_span(year: int, quarter: int) -> Span:
    first = 3 * quarter - 2
    return Span(month_end(year, first + 2), date(year, first, 1), f"quý {QUARTERS[quarter - 1]}/{year}")


def year_span(year: int) -> Span:
    return Span(date(year, 12, 31), date(year, 1, 1), f"năm {year}")
