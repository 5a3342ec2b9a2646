"""From a cell to a Deadline: cut into clauses, read each by the rules, put together.

Dates are as written; where one that is a day off goes is the agency's calendar's (organization.due_dates).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta

from organization.vietnamese import clean, short_date
from plans.deadlines import dates, recurrences, waits
from plans.deadlines.clause import Clause, Context, Span, WrongDeadlineError, aligned
from plans.deadlines.shape import Deadline, DeadlineKind, DeadlineSettings, Occurrence, Rule

LONGEST = 300
MOST_PARTS = 12
DATED = {DeadlineKind.DATE, DeadlineKind.PERIOD}

STRONG = re.compile(r"[;\n]+")
WEAK = re.compile(r", ?| va |\. | / |/ ")
EDGES = " .,;:-+•*·…"
LEAD_IN = re.compile(
    r"(?:(?:va|phai|phan dau|can|du kien|hoan thanh|thuc hien|trien khai|ket thuc|thoi gian|thoi han|han cuoi|han|nop"
    r"|xong)"
    r"(?: xong)?(?: vao)?[ :]+(?=\S))+"
)
LABEL = re.compile(r"(?P<label>[^:,()]{2,60}): ?(?P<core>.+)")
PARENTHESES = re.compile(r"(?P<main>[^()]+) ?\((?P<inner>[^()]+)\)")
ANCHOR = re.compile(
    r"(?<![a-z\d])(?:truoc|cham nhat|muon nhat|khong qua|den|het|trong|vao|xong|quy|thang|ngay|hang|dinh ky|moi|cuoi"
    r"|dau|nam|\d)"
)
# Words that belong to the deadline itself: what they begin is no name of a milestone.
NO_LABEL = re.compile(
    r"(?:tu|sau|khi|theo|ke|tinh|trong|ngay|truoc|can cu|tuy|moi|hang|dau|giua|cuoi|nua|quy|q|thang|t|tuan|nam|dot|lan"
    r"|giai doan|dinh ky|suot|\d)(?![a-z])|q[ivx]+(?![a-z])"
)
REPORT_LABEL = re.compile(r"(?:bao cao|so ket|tong ket)(?![a-z])")
YEARLY = (
    re.compile(r"(?P<core>.+?),? (?:hang|moi) nam"),
    re.compile(r"(?:hang|moi) nam(?: ?[,:(] ?| )(?:vao |bao cao )?(?P<core>[^()]+)\)?"),
)
SHORT_QUARTER = re.compile(r"(?<!\w)[Qq]\. ?(?=[1-4IVXivx])|(?<!\w)[Qq](?=(?:[1-4]|I{1,3}|IV|V)(?!\w))")
MIDNIGHT = re.compile(r" 00?:00(?::00)?(?=[ .]*(?:$|;|\n))")


def read_deadline(
    raw: str | date, *, year: int, source_year: int | None = None, settings: DeadlineSettings | None = None
) -> Deadline:
    """Read one cell for the plan of `year`.

    A file written for `source_year` moves by the difference: its «30/11/2024» is 30/11/2026 in the plan of 2026.
    Never raises on a text; what no rule understands is of kind unknown, with the reason in `problem`.
    """
    settings = settings or DeadlineSettings()
    ctx = Context(year, year - source_year if source_year else 0, settings)
    text = _as_text(raw)
    try:
        clauses = _Reader(ctx).read(text)
    except WrongDeadlineError as wrong:
        return Deadline(text, DeadlineKind.UNKNOWN, problem=str(wrong), sure=False, canonical=clean(text))
    if not clauses:
        return Deadline(text, DeadlineKind.UNKNOWN, problem=_not_understood(text), sure=False, canonical=clean(text))
    return _deadline(text, _combined(clauses))


def describe(deadline: Deadline) -> str:
    """The deadline in canonical Vietnamese; reading it again for the same year gives the same deadline."""
    return deadline.canonical


def _as_text(raw: str | date) -> str:
    return raw if isinstance(raw, str) else short_date(date(raw.year, raw.month, raw.day))


def _not_understood(text: str) -> str:
    shown = clean(text)
    if not shown:
        return "Ô thời hạn để trống. Ghi thời hạn hoặc chọn “thường xuyên”."
    shown = shown if len(shown) <= 80 else f"{shown[:77]}…"
    return f"Không hiểu thời hạn “{shown}”. Ghi lại, ví dụ: “Trước ngày 30/11”, “Quý III”, “Hằng tháng”."


class _Reader:
    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.known: dict[str, list[Clause]] = {}

    def read(self, text: str) -> list[Clause]:
        text = SHORT_QUARTER.sub("Quý ", MIDNIGHT.sub("", clean(text)))
        if not text or len(text) > LONGEST:
            return []
        clauses: list[Clause] = []
        for part in filter(None, (part.strip(EDGES) for part in STRONG.split(text))):
            found = self.part(part)
            if not found:
                return []
            clauses += found
        return clauses if len(clauses) <= MOST_PARTS else []

    def part(self, text: str) -> list[Clause]:
        """All clauses of a part, or nothing where any of it is not understood."""
        text = text.strip(EDGES)
        if text not in self.known:
            self.known[text] = []
            self.known[text] = self._part(text)
        return self.known[text]

    def _part(self, text: str) -> list[Clause]:
        if clause := self.single(text):
            return [clause]
        return self._bracketed(text) or self._labelled(text) or self._split(text) or self._led(text)

    def single(self, text: str) -> Clause | None:
        text = _without_lead_in(text.strip(EDGES))
        plain = aligned(text)
        for rule in (*dates.RULES, *recurrences.RULES):
            if clause := rule(plain, self.ctx):
                return clause
        for waiting in (waits.relative, waits.open_ended, waits.conditional):
            if clause := waiting(plain, self.ctx, text):
                return clause
        return self._yearly(text, plain)

    def _yearly(self, text: str, plain: str) -> Clause | None:
        """«Trước 15/12 hằng năm», «Hằng năm, tháng 6»: this year's dates of what comes round each year."""
        for pattern in YEARLY:
            if found := pattern.fullmatch(plain):
                core = self.single(text[slice(*found.span("core"))])
                if core and core.kind in DATED:
                    canonical = f"{core.canonical} hằng năm"
                    return replace(core, kind=DeadlineKind.RECURRING, rule=Rule.YEARLY, canonical=canonical)
        return None

    def _bracketed(self, text: str) -> list[Clause]:
        match = PARENTHESES.fullmatch(text)
        if not match:
            return []
        main, inner = self.part(match["main"]), self.part(match["inner"])
        if not main or not inner:
            return [replace(clause, sure=False) for clause in main]
        if within := _within(main, inner):
            return [within]
        if len(main) == 1 and main[0].rule and inner[0].kind in DATED | {DeadlineKind.RECURRING}:
            return _narrowed(main[0], inner)
        return main + inner

    def _labelled(self, text: str) -> list[Clause]:
        match = LABEL.fullmatch(text)
        found = self.part(match["core"]) if match else []
        label = match["label"].strip(EDGES) if match else ""
        if not found or found[0].label or not re.search(r"[^\W\d_]{2}", label):
            return []
        return [found[0].named(_capital(label)), *found[1:]]

    def _split(self, text: str) -> list[Clause]:
        cuts = list(WEAK.finditer(aligned(text)))
        for cut in cuts[:MOST_PARTS]:
            left = text[: cut.start()]
            first = self.single(left)
            found = [first] if first else self._labelled(left) or self._led(left)
            if found and (rest := self.part(text[cut.end() :])):
                return [*found, *rest]
        return []

    def _led(self, text: str) -> list[Clause]:
        """«báo cáo trước ngày 10/12»: words that name the milestone, then the deadline."""
        text = _without_lead_in(text)
        plain = aligned(text)
        if NO_LABEL.match(plain):
            return []
        for anchor in list(ANCHOR.finditer(plain))[:MOST_PARTS]:
            label = text[: anchor.start()].strip(EDGES)
            barred = r"[:;()]" if REPORT_LABEL.match(plain) else r"[\d:;()]"
            if not 2 <= len(label) <= 60 or re.search(barred, label):
                continue
            clause = self.single(text[anchor.start() :])
            if clause and clause.kind in DATED | {DeadlineKind.RECURRING}:
                return [clause.named(_capital(label))]
        return []


def _without_lead_in(text: str) -> str:
    found = LEAD_IN.match(aligned(text))
    return text[found.end() :] if found else text


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _within(main: list[Clause], inner: list[Clause]) -> Clause | None:
    """«Quý III/2024 (trước ngày 30/8)»: a day inside the period is when the work of that period is due."""
    if (
        len(main) != 1
        or len(inner) != 1
        or main[0].kind is not DeadlineKind.PERIOD
        or inner[0].kind is not DeadlineKind.DATE
    ):
        return None
    if len(main[0].spans) != 1 or len(inner[0].spans) != 1:
        return None
    period, day = main[0].spans[0], inner[0].spans[0].due
    if period.begins is None or not period.begins <= day <= period.due:
        return None
    canonical = f"{main[0].canonical} ({inner[0].canonical})"
    return replace(inner[0], spans=(Span(day, period.begins),), canonical=canonical)


def _narrowed(main: Clause, inner: list[Clause]) -> list[Clause]:
    """«02 cuộc/năm (Quý II, Quý IV)»: what stands in brackets says when."""
    dated = sum(len(clause.spans) for clause in inner)
    if main.amount:
        sure = main.amount == dated
        note = main.notes[:1] if not sure else ()
        return [replace(inner[0], sure=inner[0].sure and sure, notes=(*note, *inner[0].notes)), *inner[1:]]
    if inner[0].rule is main.rule or main.canonical == "Hằng năm":
        return inner
    return [main, *inner]


def _combined(clauses: Sequence[Clause]) -> Clause:
    canonical = "; ".join(clause.canonical for clause in clauses)
    kind = _kind(clauses)
    recurring = [clause for clause in clauses if clause.kind is DeadlineKind.RECURRING]
    waiting = [clause for clause in clauses if clause.wait]
    notes = [note for clause in clauses for note in clause.notes]
    sure = all(clause.sure for clause in clauses)
    begins_on = next((clause.begins_on for clause in clauses if clause.begins_on), None)
    if len(clauses) > 1 and kind in DATED | {DeadlineKind.RECURRING}:
        for clause in clauses:
            if clause.kind is DeadlineKind.OPEN and not clause.begins_on:
                notes.append("Ngoài các hạn đã ghi, việc làm thường xuyên.")
            elif clause.kind in {DeadlineKind.CONDITIONAL, DeadlineKind.RELATIVE}:
                notes.append(f"Phần “{clause.canonical}” chưa xác định được ngày.")
                sure = False
    spans = _begun(_named_spans(clauses), begins_on)
    return Clause(
        kind,
        canonical,
        tuple(spans),
        recurring[0].rule if recurring else None,
        begins_on,
        waiting[0].wait if waiting and kind is DeadlineKind.RELATIVE else None,
        tuple(dict.fromkeys(notes)),
        sure,
    )


def _kind(clauses: Sequence[Clause]) -> DeadlineKind:
    kinds = {clause.kind for clause in clauses}
    if DeadlineKind.RECURRING in kinds:
        return DeadlineKind.RECURRING
    if kinds & DATED:
        periods_alone = all(c.kind is DeadlineKind.PERIOD and (not c.label or len(clauses) == 1) for c in clauses)
        return DeadlineKind.PERIOD if periods_alone else DeadlineKind.DATE
    return next(k for k in (DeadlineKind.RELATIVE, DeadlineKind.CONDITIONAL, DeadlineKind.OPEN) if k in kinds)


def _named_spans(clauses: Sequence[Clause]) -> list[Span]:
    named: list[Span] = []
    milestones = [clause for clause in clauses if clause.kind in DATED]
    only_milestones = not any(clause.kind is DeadlineKind.RECURRING for clause in clauses)
    many = only_milestones and sum(len(clause.spans) for clause in milestones) > 1
    for clause in clauses:
        for span in clause.spans:
            label = clause.label
            if label and len(clause.spans) > 1 and span.label:
                label = f"{label}: {span.label}"
            if not label and (many or not only_milestones):
                label = span.label
            named.append(replace(span, label=label))
    named.sort(key=lambda span: span.due)
    if many and (any(clause.label for clause in milestones) or not all(span.label for span in named)):
        named = [replace(s, label=f"mốc {n}: {s.label}".removesuffix(": ")) for n, s in enumerate(named, 1)]
    return named


def _begun(spans: Iterable[Span], begins_on: date | None) -> list[Span]:
    """Where a start is written beside a recurrence, what is due before it falls away."""
    return [span for span in dict.fromkeys(spans) if begins_on is None or span.due >= begins_on]


def _deadline(raw: str, clause: Clause) -> Deadline:
    occurrences: list[Occurrence] = []
    free_from: date | None = None
    for number, span in enumerate(clause.spans, 1):
        begins = span.begins or free_from or date(span.due.year, 1, 1)
        free_from = span.due + timedelta(days=1)
        occurrences.append(Occurrence(number, span.label, min(begins, span.due), span.due))
    return Deadline(
        raw,
        clause.kind,
        clause.rule,
        tuple(occurrences),
        clause.begins_on,
        clause.wait,
        clause.notes,
        sure=clause.sure,
        canonical=clause.canonical,
    )
