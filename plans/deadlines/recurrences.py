"""Clauses that come round: «Hằng tháng», «Trước ngày 20 tháng cuối quý», «Định kỳ 6 tháng, 9 tháng, năm»."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from organization.vietnamese import counted
from plans.deadlines.clause import (
    LEADS,
    Clause,
    Context,
    Span,
    WrongDeadlineError,
    month_end,
    month_span,
    number_of,
    quarter_span,
    year_span,
)
from plans.deadlines.shape import DeadlineKind, Rule

EVERY = r"(?:hang|moi|tung|theo|cac|dinh ky hang|dinh ky theo|dinh ky)"
UNIT_RULES = {"tuan": Rule.WEEKLY, "thang": Rule.MONTHLY, "quy": Rule.QUARTERLY, "nam": Rule.YEARLY}
NAMES = {
    Rule.WEEKLY: "Hằng tuần",
    Rule.MONTHLY: "Hằng tháng",
    Rule.QUARTERLY: "Hằng quý",
    Rule.HALF_YEARLY: "6 tháng một lần",
    Rule.YEARLY: "Hằng năm",
}
LAST = "cuoi(?: cung)?"
DAY_OF = rf"{LEADS}(?P<day>\d{{1,2}}|{LAST})"
EVERY_MONTH = r"(?: cua)?,? ?(?:hang|moi|cac|tung) thang"
NEXT = r"(?:sau|tiep theo|ke tiep|lien ke)(?: lien ke)?"
OF_QUARTER = (
    r"(?: cua)?,? ?thang (?P<which>dau|giua|cuoi|thu nhat|thu hai|thu ba)(?: tien)?(?: cua)?(?: hang| moi| cac)? quy"
    rf"(?P<next> {NEXT})?"
)
AND = r" ?(?:,|va|&|;|\+) ?"
PAREN = r"[ ,:(]+"
MONTH_DAY = re.compile(rf"(?:{DAY_OF}{EVERY_MONTH})\)?")
DAYS_OF = rf"{LEADS}(?P<days>\d{{1,2}}(?:{AND}{LEADS}(?:\d{{1,2}}|{LAST}))+)"
MONTH_DAYS = re.compile(rf"{DAYS_OF}{EVERY_MONTH}\)?")
MONTH_DAYS_AFTER = re.compile(rf"{EVERY} thang{PAREN}(?:bao cao |nop |gui )?{DAYS_OF}\)?")
MONTH_DAY_AFTER = re.compile(rf"{EVERY} thang{PAREN}(?:bao cao |nop |gui )?{DAY_OF}\)?")
NEXT_MONTH_DAY = re.compile(
    rf"(?:{EVERY} thang{PAREN})?{DAY_OF}(?: cua)?,? ?(?:hang |dau )?"
    rf"thang {NEXT}\)?"
)
QUARTER_DAY = re.compile(rf"(?:{EVERY} quy{PAREN})?{DAY_OF}{OF_QUARTER}\)?")
END_OF = re.compile(rf"(?:vao )?(?:ngay )?(?:thang )?{LAST} (?:hang |moi |cac )?(?P<unit>thang|quy)")
EVERY_UNIT = re.compile(
    rf"(?:(?:thuc hien|cap nhat|bao cao|kiem tra|thuong xuyen)? ?{EVERY}) (?P<unit>tuan|thang|quy|nam)"
    r"(?: (?:trong nam|mot lan|1 lan|bao cao|co bao cao|tong hop|cap nhat))?"
)
HALF_YEARLY = re.compile(
    rf"(?:{EVERY} )?(?:0?6 thang(?: mot lan| 1 lan|/ ?lan|/ ?1 lan)|nua nam(?: mot lan)?)|{EVERY} 0?6 thang"
)
ONCE_IN = re.compile(
    r"(?:dinh ky )?(?P<n>\d{1,2}|mot|hai|ba) (?P<unit>tuan|thang|quy|nam) ?(?:/|mot|1|/ ?0?1) ?(?:lan)?"
)
QUANTITY = re.compile(
    r"(?:it nhat |toi thieu |thuc hien |to chuc |dang )*(?P<n>\d{1,3}) (?P<what>[^\d/()]{1,40}?) ?"
    r"(?:/|moi|mot|hang|trong|trong mot) ?"
    r"(?:0?1 )?(?P<unit>tuan|thang|quy|nam)(?: \d{4})?"
)
QUANTITY_AFTER = re.compile(
    r"(?:moi|hang) (?P<unit>tuan|thang|quy|nam),?:? (?:it nhat |toi thieu )?(?P<n>\d{1,3}) (?P<what>[^\d/()]{1,40})"
)
REPORT = (
    r"(?:(?:hang |moi |dinh ky |dinh ky hang |bao cao |so ket |tong ket )*"
    r"(?:quy (?:iii|iv|ii|i|[1-4])|quy|thang|tuan|0?[69] thang(?: dau nam)?|(?:ca |mot |1 )?nam(?: \d{4})?))"
)
REPORTS = re.compile(
    r"(?P<lead>(?:theo )?(?:(?:bao cao|so ket|tong ket|dinh ky|hang|theo|ky|che do)(?: bao cao)? )*)"
    rf"(?P<items>{REPORT}(?: ?(?:,|va|/|-|;) ?{REPORT})*)"
)
MONTHS_IN_RANGE = {"quy i": 3, "quy 1": 3, "quy ii": 6, "quy 2": 6, "quy iii": 9, "quy 3": 9, "quy iv": 12, "quy 4": 12}


def _weeks(year: int) -> list[Span]:
    friday = date(year, 1, 1) + timedelta(days=(4 - date(year, 1, 1).weekday()) % 7)
    weeks: list[Span] = []
    while friday.year == year:
        begins = max(friday - timedelta(days=4), date(year, 1, 1))
        weeks.append(Span(friday, begins, f"tuần {len(weeks) + 1}/{year}"))
        friday += timedelta(days=7)
    return weeks


def _halves(year: int) -> list[Span]:
    return [
        Span(date(year, 6, 30), date(year, 1, 1), f"6 tháng đầu năm {year}"),
        Span(date(year, 12, 31), date(year, 7, 1), f"6 tháng cuối năm {year}"),
    ]


SPANS: dict[Rule, Callable[[int], list[Span]]] = {
    Rule.WEEKLY: _weeks,
    Rule.MONTHLY: lambda year: [month_span(year, month) for month in range(1, 13)],
    Rule.QUARTERLY: lambda year: [quarter_span(year, quarter) for quarter in range(1, 5)],
    Rule.HALF_YEARLY: _halves,
    Rule.YEARLY: lambda year: [year_span(year)],
}


def every(rule: Rule, ctx: Context, *, notes: tuple[str, ...] = (), sure: bool = True) -> Clause:
    if rule is Rule.WEEKLY:
        notes = (*notes, "Việc hằng tuần được tính đến hết thứ Sáu của mỗi tuần.")
    return Clause(DeadlineKind.RECURRING, NAMES[rule], tuple(SPANS[rule](ctx.year)), rule, notes=notes, sure=sure)


def _day_within(span: Span, day: int, month: int, year: int) -> Span:
    end = month_end(year, month)
    due = date(year, month, min(day, end.day))
    return Span(due, span.begins, span.label)


def days_of_month(text: str, ctx: Context) -> Clause | None:
    """«Ngày 15 và 30 hằng tháng»: two or more days of every month, each with what came since the one before it."""
    match = MONTH_DAYS.fullmatch(text) or MONTH_DAYS_AFTER.fullmatch(text)
    if match is None:
        return None
    before = "truoc" in text[: match.start("days")]
    days = sorted({_day_number(day) for day in re.findall(rf"\d{{1,2}}|{LAST}", match["days"])})
    spans = [span for month in range(1, 13) for span in _parts_of_month(ctx.year, month, days)]
    canonical = f"{'Trước ngày' if before else 'Ngày'} {', '.join(map(str, days))} hằng tháng"
    notes = tuple(note for day in days for note in _about_before("hằng tháng", day, ctx, before=before))
    if days[-1] > 28:
        notes = (*notes, f"Tháng không có ngày {days[-1]} thì tính ngày cuối tháng.")
    return Clause(DeadlineKind.RECURRING, canonical, _moved(spans, ctx, before=before), Rule.MONTHLY, notes=notes)


def _parts_of_month(year: int, month: int, days: list[int]) -> Iterator[Span]:
    whole = month_span(year, month)
    begins, last = whole.begins, whole.due.day
    for day in sorted({min(day, last) for day in days}):
        due = date(year, month, day)
        yield Span(due, begins, f"ngày {day} {whole.label}")
        begins = due + timedelta(days=1)


def _day_number(written: str) -> int:
    day = int(written) if written.isdigit() else 31
    if not 1 <= day <= 31:
        raise WrongDeadlineError(f"Ngày “{written}” không có trong lịch. Sửa lại ngày.")
    return day


def _moved(spans: list[Span], ctx: Context, *, before: bool) -> tuple[Span, ...]:
    if not before or ctx.settings.before_is_on_time:
        return tuple(spans)
    return tuple(Span(span.due - timedelta(days=1), span.begins, span.label) for span in spans)


def _about_before(word: str, day: int, ctx: Context, *, before: bool) -> tuple[str, ...]:
    if not before:
        return ()
    if ctx.settings.before_is_on_time:
        return (f"“Trước ngày {day}” được tính cả ngày {day} {word}.",)
    return (f"“Trước ngày {day}” được hiểu là đến hết ngày liền trước {word}.",)


def day_of_month(text: str, ctx: Context) -> Clause | None:
    found = MONTH_DAY.fullmatch(text) or MONTH_DAY_AFTER.fullmatch(text)
    late = NEXT_MONTH_DAY.fullmatch(text)
    match = found or late
    if match is None:
        return None
    day, before = _day_number(match["day"]), "truoc" in text[: match.start("day")]
    spans = []
    for month in range(1, 13):
        year, in_month = (ctx.year + month // 12, month % 12 + 1) if late and not found else (ctx.year, month)
        spans.append(_day_within(month_span(ctx.year, month), day, in_month, year))
    word = "tháng sau" if late and not found else "hằng tháng"
    canonical = f"{'Trước ngày' if before else 'Ngày'} {day} {word}"
    notes = _about_before(word, day, ctx, before=before)
    if day > 28:
        notes = (*notes, f"Tháng không có ngày {day} thì tính ngày cuối tháng.")
    return Clause(DeadlineKind.RECURRING, canonical, _moved(spans, ctx, before=before), Rule.MONTHLY, notes=notes)


WHICH = {"dau": 0, "thu nhat": 0, "giua": 1, "thu hai": 1, "cuoi": 2, "thu ba": 2}


def day_of_quarter(text: str, ctx: Context) -> Clause | None:
    match = QUARTER_DAY.fullmatch(text)
    if match is None:
        return None
    day, before, offset = _day_number(match["day"]), "truoc" in text[: match.start("day")], WHICH[match["which"]]
    # of the quarter after it, its own month may lie in the year after
    ahead = 3 if match["next"] else 0
    months = [(quarter, 3 * quarter - 3 + offset + ahead) for quarter in range(1, 5)]
    spans = [
        _day_within(quarter_span(ctx.year, quarter), day, month % 12 + 1, ctx.year + month // 12)
        for quarter, month in months
    ]
    which = ("tháng đầu quý", "tháng giữa quý", "tháng cuối quý")[offset] + (" sau" if ahead else "")
    canonical = f"{'Trước ngày' if before else 'Ngày'} {day} {which}"
    notes = _about_before(which, day, ctx, before=before)
    return Clause(DeadlineKind.RECURRING, canonical, _moved(spans, ctx, before=before), Rule.QUARTERLY, notes=notes)


def each_period(text: str, ctx: Context) -> Clause | None:
    if found := END_OF.fullmatch(text) or EVERY_UNIT.fullmatch(text):
        return every(UNIT_RULES[found["unit"]], ctx)
    if HALF_YEARLY.fullmatch(text):
        return every(Rule.HALF_YEARLY, ctx)
    return None


def once_in(text: str, ctx: Context) -> Clause | None:
    found = ONCE_IN.fullmatch(text)
    if not found:
        return None
    length = number_of(found["n"])
    rules = {
        (1, "tuan"): Rule.WEEKLY,
        (1, "thang"): Rule.MONTHLY,
        (3, "thang"): Rule.QUARTERLY,
        (1, "quy"): Rule.QUARTERLY,
    }
    rules |= {
        (6, "thang"): Rule.HALF_YEARLY,
        (2, "quy"): Rule.HALF_YEARLY,
        (12, "thang"): Rule.YEARLY,
        (1, "nam"): Rule.YEARLY,
    }
    rule = rules.get((length, found["unit"]))
    return every(rule, ctx) if rule else None


def quantity(text: str, ctx: Context) -> Clause | None:
    """«02 tin/tháng»: every month, and how many."""
    found = QUANTITY.fullmatch(text) or QUANTITY_AFTER.fullmatch(text)
    if not found:
        return None
    rule, amount = UNIT_RULES[found["unit"]], int(found["n"])
    sure = rule is not Rule.YEARLY or amount == 1
    note = f"Mỗi kỳ phải đạt số lượng: {counted(amount)}."
    if not sure:
        note = f"Cần {counted(amount)} lần trong năm nhưng chưa ghi từng lần vào lúc nào; tạm tính một hạn cuối năm."
    return replace(every(rule, ctx, notes=(note,), sure=sure), amount=amount)


def reports(text: str, ctx: Context) -> Clause | None:
    """Lists such as «6 tháng, 9 tháng, năm» follow the cut-off days of the periodic reports."""
    found = REPORTS.fullmatch(text)
    if not found:
        return None
    items = {
        re.sub(r"^(?:hang |moi |dinh ky |bao cao |so ket |tong ket )+", "", item.strip())
        for item in re.split(r",| va |/|-|;", found["items"])
    }
    if len(items) == 1 and not found["lead"].strip() and not re.match(r"0?[69] thang$", next(iter(items))):
        return None
    if items == {"tuan"}:
        return every(Rule.WEEKLY, ctx)
    if items & {"tuan", "thang"}:
        notes = ("Có nhiều kỳ; việc được theo dõi theo tháng.",) if len(items) > 1 else ()
        return every(Rule.MONTHLY, ctx, notes=notes, sure="tuan" not in items)
    months = _report_months(items)
    if months <= {3, 6, 9, 12} and not any("thang" in item or item in MONTHS_IN_RANGE for item in items):
        return every(Rule.QUARTERLY if "quy" in items else Rule.YEARLY, ctx)
    return _report_clause(months, ctx, sure=bool(found["lead"].strip()) or len(items) > 1)


def _report_months(items: set[str]) -> set[int]:
    months: set[int] = set()
    for item in items:
        if item == "quy":
            months |= {3, 6, 9, 12}
        elif item in MONTHS_IN_RANGE:
            months.add(MONTHS_IN_RANGE[item])
        elif number := re.match(r"0?([69]) thang", item):
            months.add(int(number[1]))
        else:
            months.add(12)
    return months


REPORT_NAMES = {3: "quý I", 6: "6 tháng", 9: "9 tháng", 12: "năm"}


def _report_clause(months: set[int], ctx: Context, *, sure: bool) -> Clause:
    spans, begins = [], date(ctx.year, 1, 1)
    for length in sorted(months):
        month, day = ctx.settings.report_days[length]
        due = date(ctx.year, month, day)
        spans.append(Span(due, begins, f"báo cáo {REPORT_NAMES[length]} {'' if length == 12 else 'năm '}{ctx.year}"))
        begins = due + timedelta(days=1)
    canonical = f"Định kỳ báo cáo {', '.join(REPORT_NAMES[length] for length in sorted(months))}"
    note = "Hạn là ngày chốt số liệu của từng kỳ báo cáo CCHC."
    return Clause(DeadlineKind.RECURRING, canonical, tuple(spans), Rule.REPORT_PERIODS, notes=(note,), sure=sure)


RULES = (day_of_quarter, day_of_month, days_of_month, each_period, once_in, reports, quantity)
