"""Rows as pages show them: what was read, how it was understood, what is wrong; and the totals over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from organization.calendar import BeyondCalendar
from organization.due_dates import Due, projected
from organization.vietnamese import counted, short_date
from plans.deadlines import DeadlineKind
from plans.drafting import COORDINATING, DEADLINE, LEAD, SURE, DraftProblem, DraftRow
from plans.enums import Confirmation, Source
from plans.leads import LeadBook
from plans.proposing import Proposal, proposed

SHORT = 3  # so many due dates are listed, more are counted
WAITING = {
    DeadlineKind.RELATIVE: "Chờ ngày bắt đầu",
    DeadlineKind.CONDITIONAL: "Chưa xác định thời hạn",
    DeadlineKind.UNKNOWN: "Chưa xác định thời hạn",
}
CLEAR, ASK, BAD = "clear", "ask", "bad"


@dataclass(frozen=True, slots=True)
class Shown:
    """A row on a page; `key` is its place in a file under review, or the key of a saved row."""

    key: int
    row: DraftRow
    today: date
    moves: tuple[str, ...] = ()  # which of its dates are days off and where they go, or lie beyond the calendar

    @property
    def css(self) -> str:
        return {BAD: "bad-row", ASK: "ask-row"}.get(self.row.standing, "")

    @property
    def dates(self) -> list[str]:
        """«Mốc 1: 31/3/2024»; many dates are counted, with the next of them."""
        occurrences = self.row.deadline.occurrences
        if len(occurrences) > SHORT:
            ahead = [o.due_on for o in occurrences if o.due_on >= self.today]
            following = f"kỳ tới {short_date(ahead[0])}" if ahead else f"kỳ cuối {short_date(occurrences[-1].due_on)}"
            return [f"{len(occurrences)} kỳ, {following}"]
        return [f"{o.label}: {short_date(o.due_on)}" if o.label else short_date(o.due_on) for o in occurrences]

    @property
    def state(self) -> tuple[str, str] | None:
        """The kind and words of a row without dates."""
        kind = self.row.deadline.kind
        if self.row.deadline.occurrences:
            return None
        if kind == DeadlineKind.OPEN:
            return "ongoing", "Thường xuyên"
        return "undated", WAITING.get(DeadlineKind(kind), WAITING[DeadlineKind.UNKNOWN])

    @property
    def facts(self) -> str:
        """Product, criteria and points: the second line."""
        codes = "; ".join(criterion.code or criterion.name for criterion in self.row.criteria)
        return " · ".join(part for part in (self.row.product, f"tiêu chí {codes}" if codes else "") if part)

    @property
    def proposal(self) -> Proposal:
        return proposed(self.row)

    @property
    def origin(self) -> str:
        """Nguồn giao and mức xác nhận where they are other than usual."""
        parts = []
        if self.row.source != Source.PLAN:
            document = f" ({self.row.source_document})" if self.row.source_document else ""
            parts.append(f"Nguồn giao: {Source(self.row.source).label}{document}")
        if self.row.confirmation != Confirmation.LEADER:
            parts.append(Confirmation(self.row.confirmation).label)
        return "; ".join(parts)

    @property
    def sureness(self) -> tuple[str, str]:
        """How far the row was understood, in words, and of how many points of 100 where a name was guessed."""
        words = {BAD: "Phải sửa", ASK: "Cần xác nhận"}.get(self.row.standing)
        if words is None:
            words = "Đã xác nhận" if self.row.confirmed else "Hiểu rõ"
        return words, f"{self.row.score}%" if self.row.score < SURE else ""

    @property
    def lead_problems(self) -> list[DraftProblem]:
        return self.row.told(LEAD)

    @property
    def helper_problems(self) -> list[DraftProblem]:
        return self.row.told(COORDINATING)

    @property
    def deadline_problems(self) -> list[DraftProblem]:
        return self.row.told(DEADLINE)

    @property
    def other_problems(self) -> list[DraftProblem]:
        known = {LEAD, COORDINATING, DEADLINE}
        return [problem for problem in self.row.problems if problem.column not in known]

    @property
    def written_otherwise(self) -> bool:
        """The file names the leads in other words than the list of units."""
        return bool(self.row.lead_raw) and self.row.lead_raw.strip() != "; ".join(o.name for o in self.row.leads)

    @property
    def first_problem(self) -> str:
        return next((problem.message for problem in self.row.problems if problem.blocking), "")


def with_moves(agency_id: int, rows: Iterable[Shown]) -> list[Shown]:
    """The rows with what the agency's calendar and setting make of their dates. One query."""
    shown = list(rows)
    written = {one.due_on for row in shown for one in row.row.deadline.occurrences}
    known = projected(agency_id, written) if written else {}
    return [replace(row, moves=tuple(_moves(row.row, known))) for row in shown]


def _moves(row: DraftRow, known: Mapping[date, Due]) -> Iterator[str]:
    dates = [one.due_on for one in row.deadline.occurrences]
    yield from (f"{BeyondCalendar(year)}" for year in dict.fromkeys(day.year for day in dates if day not in known))
    moved = [known[day].why for day in dates if day in known and known[day].why]
    yield from moved[:SHORT]
    if len(moved) > SHORT:
        yield f"Và {counted(len(moved) - SHORT)} kỳ khác rơi vào ngày nghỉ."


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    words: str
    number: int


def tabs_of(rows: Sequence[Shown], *, review: bool) -> list[Tab]:
    """What is carried forward from last year, Cần xem, Tất cả, then each appendix."""
    appendices = Counter(shown.row.appendix for shown in rows if shown.row.appendix)
    found = [Tab("tat-ca", "Tất cả", len(rows))]
    needy = sum(shown.row.standing != CLEAR for shown in rows)
    if review and needy:
        found.insert(0, Tab("can-xem", "Cần xem", needy))
    if carried := sum(shown.row.carried for shown in rows):
        found.insert(0, Tab("chuyen-tiep", "Chuyển tiếp", carried))
    if len(appendices) > 1:
        found += [Tab(f"phu-luc-{name}", f"Phụ lục {name}", number) for name, number in appendices.items()]
    return found


def in_tab(rows: Iterable[Shown], name: str) -> list[Shown]:
    if name == "can-xem":
        return sorted((s for s in rows if s.row.standing != CLEAR), key=lambda shown: shown.row.standing != BAD)
    if name == "chuyen-tiep":
        return [shown for shown in rows if shown.row.carried]
    if name.startswith("phu-luc-"):
        return [shown for shown in rows if shown.row.appendix == name.removeprefix("phu-luc-")]
    return list(rows)


@dataclass(frozen=True)
class Totals:
    rows: int
    clear: int
    ask: int
    bad: int
    units: int
    assignments: int
    appendices: str

    @classmethod
    def of(cls, rows: Sequence[Shown], book: LeadBook) -> Totals:
        standings = Counter(shown.row.standing for shown in rows)
        appendices = Counter(shown.row.appendix for shown in rows if shown.row.appendix)
        units: set[int] = set()
        assignments = 0
        for shown in rows:
            leads = book.leads(shown.row.leads)
            units |= {unit.pk for unit in leads}
            assignments += len(leads) * max(1, len(shown.row.deadline.occurrences))
        words = ", ".join(f"Phụ lục {name}: {number}" for name, number in appendices.items())
        return cls(
            len(rows), standings[CLEAR], standings[ASK], standings[BAD], len(units), assignments, words or "một bảng"
        )

    @property
    def words(self) -> str:
        return f"{counted(self.rows)} nhiệm vụ, {counted(self.units)} đơn vị, {counted(self.assignments)} việc giao"

    def figures(self, url: str) -> Iterator[dict[str, str]]:
        def figure(words: str, number: int, note: str, tab: str, css: str = "") -> dict[str, str]:
            return {
                "words": words,
                "value": str(number),
                "note": note,
                "url": f"{url}?xem={tab}",
                "css": css if number else "",
            }

        yield figure("Dòng đọc được", self.rows, self.appendices, "tat-ca")
        yield figure("Hiểu rõ", self.clear, "không cần làm gì", "tat-ca", "ok")
        yield figure("Cần xác nhận", self.ask, "lưu được, nên xem lại", "can-xem", "warn")
        yield figure("Phải sửa", self.bad, "chưa giao được", "can-xem", "late")
