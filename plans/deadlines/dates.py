"""Clauses that name a day or a period: «Trước ngày 30/11/2024», «Quý II, III/2024», «6 tháng đầu năm»."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from organization.vietnamese import short_date
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
from plans.deadlines.shape import DeadlineKind

CLOCK = r"(?:\d{1,2} ?(?:h|gio|:) ?(?:\d{2})?(?: ?phut)?,? ?)?"
DAY = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}"
    r"|\d{1,2} ?[/.-] ?\d{1,2}(?: ?[/.-] ?(?:\d{4}|\d{2}))?"
    r"|\d{1,2},? thang \d{1,2}(?:(?: ?/ ?|,? ?nam |,? )\d{4})?)(?!\d)"
)
ISO_PARTS = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})")
DAY_PARTS = re.compile(r"(?P<d>\d{1,2})\D+?(?P<m>\d{1,2})(?:\D+?(?P<y>\d{4}|\d{2}))?")
AND = r" ?(?:,|va|&|;|\+) ?"
TO = r" ?(?:-|den|toi)(?: het)? ?"
ONE_OR_MORE_DAYS = re.compile(rf"{LEADS}{CLOCK}{LEADS}(?P<days>{DAY}(?:{AND}{LEADS}{DAY})*)")
DAY_RANGE = re.compile(rf"(?:trong |tu )*(?:ngay )?(?P<from>{DAY}|\d{{1,2}}){TO}(?:ngay )?(?P<to>{DAY})")
SINCE_DAY = re.compile(rf"(?:bat dau |ke |tinh )?tu (?:ngay )?(?P<day>{DAY})(?: tro di)?")

YEAR = r"(?:(?: ?[/-] ?|,? nam |,? )(?:\d{4}))"
QUARTER = rf"(?:quy )?(?:[ivx]+|\d{{1,2}}|mot|nhat|hai|ba|bon|tu)(?![a-z]){YEAR}?"
MONTH = rf"(?:thang |t)?(?:[ivx]+|\d{{1,2}})(?![a-z]){YEAR}?"
ITEM = re.compile(rf"(?:quy |thang |t)?(?P<n>[ivx]+|\d{{1,2}}(?!\d)|mot|nhat|hai|ba|bon|tu)(?![a-z])(?P<y>{YEAR})?")
PERIOD_LEADS = (
    r"(?P<lead>(?:(?:truoc|cham nhat|muon nhat|khong qua|xong|den|toi|het|trong|vao|la|cuoi|dau|giua|cac|het ngay cuoi)"
    r"(?![a-z]) ?)*)"
)
QUARTER_LIST = re.compile(rf"{PERIOD_LEADS}(?P<items>quy {QUARTER}(?:{AND}{QUARTER})*)")
MONTH_LIST = re.compile(
    rf"{PERIOD_LEADS}(?P<items>(?:(?:thang |t(?=\d)){MONTH}(?:{AND}{MONTH})*|\d{{1,2}} ?[/-] ?\d{{4}}))"
)
QUARTER_RANGE = re.compile(rf"{PERIOD_LEADS}(?:tu )?(?P<from>quy {QUARTER}){TO}(?P<to>{QUARTER})")
MONTH_RANGE = re.compile(rf"{PERIOD_LEADS}(?:tu )?(?P<from>(?:thang |t(?=\d)){MONTH}){TO}(?P<to>{MONTH})")
SINCE_PERIOD = re.compile(
    rf"(?:bat dau |ke |tinh )?tu (?:dau )?(?P<item>quy {QUARTER}|thang {MONTH}|(?P<year>nam \d{{4}}))(?: tro di)?"
)
HALF = r"(?:0?(?:6|9|3) thang|nua) (?:dau|cuoi)(?: nam)?(?: ?[/-]? ?\d{4})?"
HALF_LIST = re.compile(rf"(?:trong |het |den het |xong )*(?P<items>{HALF}(?:{AND}{HALF})*)")
HALF_ITEM = re.compile(r"(?:0?(?P<n>6|9|3) thang|nua) (?P<side>dau|cuoi)(?: nam)?(?: ?[/-]? ?(?P<y>\d{4}))?")
NTH = {"dau": 1, "dau tien": 1, "thu nhat": 1, "thu hai": 2, "thu ba": 3, "thu tu": 4, "cuoi": 0, "cuoi cung": 0}
WEEK_OF_MONTH = re.compile(
    r"(?:trong |vao |het |xong )*tuan (?:le )?(?P<which>dau tien|dau|thu nhat|thu hai|thu ba|thu tu|cuoi cung|cuoi|thu \d|\d)"
    rf"(?: cua)?,? thang (?P<n>[ivx]+|\d{{1,2}})(?![a-z\d])(?P<y>{YEAR})?"
)
WHOLE_YEAR = re.compile(
    r"(?:trong |het |den het |cuoi |truoc het |ca )*nam(?: nay)?(?: ?(?P<y>\d{4}))?"
    r"(?P<on> va (?:cac |nhung )?nam (?:tiep theo|sau))?|(?P<bare>20\d\d)"
)


def read_day(ctx: Context, text: str, year: str | None = None) -> date:
    parts = ISO_PARTS.fullmatch(text) or DAY_PARTS.fullmatch(text)
    if parts is None:
        raise WrongDeadlineError(f"Không hiểu ngày “{text}”. Ghi theo dạng ngày/tháng/năm.")
    return ctx.day(ctx.year_of(parts["y"] or year), int(parts["m"]), int(parts["d"]), text)


def _filled_years(years: list[str | None]) -> list[str | None]:
    """«Quý II, III/2024»: a year said once holds for the items before it, or else after it."""
    filled: list[str | None] = []
    for number, year in enumerate(years):
        later = next((y for y in years[number:] if y), None)
        earlier = next((y for y in reversed(years[:number]) if y), None)
        filled.append(year or later or earlier)
    return filled


def _year_in_day(text: str) -> str | None:
    parts = ISO_PARTS.fullmatch(text) or DAY_PARTS.fullmatch(text)
    return parts["y"] if parts else None


def days(text: str, ctx: Context) -> Clause | None:
    found = ONE_OR_MORE_DAYS.fullmatch(text)
    if not found:
        return None
    written = re.findall(DAY, found["days"])
    years = _filled_years([_year_in_day(day) for day in written])
    named = sorted({read_day(ctx, day, year) for day, year in zip(written, years, strict=True)})
    exclusive = "truoc" in text[: found.start("days")]
    due, notes = named, []
    if exclusive:
        due = named if ctx.settings.before_is_on_time else [day - timedelta(days=1) for day in named]
        notes = [_about_before(day, on_time=ctx.settings.before_is_on_time) for day in named]
    word = "Trước ngày" if exclusive else "Ngày"
    canonical = f"{word} {', '.join(short_date(day) for day in named)}"
    spans = tuple(Span(day) for day in due)
    return Clause(DeadlineKind.DATE, canonical, spans, notes=tuple(notes))


def _about_before(day: date, *, on_time: bool) -> str:
    if on_time:
        return f"“Trước ngày {short_date(day)}” được tính cả ngày {short_date(day)}."
    return f"“Trước ngày {short_date(day)}” được hiểu là đến hết ngày {short_date(day - timedelta(days=1))}."


def day_range(text: str, ctx: Context) -> Clause | None:
    found = DAY_RANGE.fullmatch(text)
    if not found:
        return None
    last = read_day(ctx, found["to"])
    if found["from"].isdigit():
        first = ctx.day(last.year, last.month, int(found["from"]), found["from"])
    else:
        first = read_day(ctx, found["from"], None if _year_in_day(found["from"]) else _year_in_day(found["to"]))
    _ordered(first, last)
    canonical = f"Từ ngày {short_date(first)} đến ngày {short_date(last)}"
    return Clause(DeadlineKind.DATE, canonical, (Span(last, first),))


def since_day(text: str, ctx: Context) -> Clause | None:
    found = SINCE_DAY.fullmatch(text)
    if not found:
        return None
    first = read_day(ctx, found["day"])
    return Clause(DeadlineKind.OPEN, f"Từ ngày {short_date(first)}", begins_on=first)


def _quarter(ctx: Context, number: str, year: str | None) -> Span:
    value = number_of(number)
    if not 1 <= value <= 4:
        raise WrongDeadlineError(f"“Quý {number.upper()}” không có: một năm có bốn quý I, II, III, IV. Sửa lại quý.")
    return quarter_span(ctx.year_of(year), value)


def _month(ctx: Context, number: str, year: str | None) -> Span:
    value = number_of(number)
    if not 1 <= value <= 12:
        raise WrongDeadlineError(f"“Tháng {number.upper()}” không có: một năm có mười hai tháng. Sửa lại tháng.")
    return month_span(ctx.year_of(year), value)


Maker = Callable[[Context, str, str | None], Span]


def _items(ctx: Context, text: str, make: Maker) -> list[Span]:
    found = list(ITEM.finditer(text))
    years = _filled_years([item["y"][-4:] if item["y"] else None for item in found])
    spans = {span.due: span for item, year in zip(found, years, strict=True) for span in [make(ctx, item["n"], year)]}
    return [spans[due] for due in sorted(spans)]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _period_clause(spans: list[Span], lead: str) -> Clause:
    sure = "dau" not in lead.split() and "giua" not in lead.split()
    names = _capital(", ".join(span.label for span in spans))
    if "truoc" in lead.split():
        ends = tuple(Span(span.begins - timedelta(days=1)) for span in spans if span.begins)
        notes = tuple(f"Hiểu là đến hết ngày {short_date(end.due)}." for end in ends)
        return Clause(DeadlineKind.DATE, f"Trước {names[:1].lower()}{names[1:]}", ends, notes=notes, sure=False)
    return Clause(DeadlineKind.PERIOD, names, tuple(spans), sure=sure)


def periods(text: str, ctx: Context) -> Clause | None:
    """Quarters or months, one or several."""
    for pattern, make in ((QUARTER_LIST, _quarter), (MONTH_LIST, _month)):
        if found := pattern.fullmatch(text):
            return _period_clause(_items(ctx, found["items"], make), found["lead"])
    return None


def period_range(text: str, ctx: Context) -> Clause | None:
    for pattern, make in ((QUARTER_RANGE, _quarter), (MONTH_RANGE, _month)):
        if found := pattern.fullmatch(text):
            ends = [ITEM.fullmatch(found[side]) for side in ("from", "to")]
            first, last = _range_ends(ctx, ends, make)
            canonical = f"Từ {first.label} đến {last.label}"
            span = Span(last.due, first.begins, f"{first.label} đến {last.label}")
            return Clause(DeadlineKind.PERIOD, canonical, (span,))
    return None


def _range_ends(ctx: Context, ends: list[re.Match[str] | None], make: Maker) -> Iterator[Span]:
    found = [end for end in ends if end]
    years = _filled_years([end["y"][-4:] if end["y"] else None for end in found])
    spans = [make(ctx, end["n"], year) for end, year in zip(found, years, strict=True)]
    if len(spans) != 2:
        raise WrongDeadlineError("Không hiểu khoảng thời gian. Ghi rõ từ tháng nào đến tháng nào.")
    _ordered(spans[0].due, spans[1].due)
    return iter(spans)


def _ordered(first: date, last: date) -> None:
    if first > last:
        message = f"Khoảng thời gian bị ngược: bắt đầu {short_date(first)}, kết thúc {short_date(last)}. Sửa lại."
        raise WrongDeadlineError(message)


def since_period(text: str, ctx: Context) -> Clause | None:
    found = SINCE_PERIOD.fullmatch(text)
    if not found:
        return None
    if found["year"]:
        span = year_span(ctx.year_of(found["year"][-4:]))
    else:
        span = _items(ctx, found["item"], _quarter if found["item"].startswith("quy") else _month)[0]
    return Clause(DeadlineKind.OPEN, f"Từ {span.label}", begins_on=span.begins)


def half_years(text: str, ctx: Context) -> Clause | None:
    found = HALF_LIST.fullmatch(text)
    if not found:
        return None
    items = list(HALF_ITEM.finditer(found["items"]))
    years = _filled_years([item["y"] for item in items])
    spans = [
        _months_of_year(ctx.year_of(y), int(item["n"] or 6), item["side"]) for item, y in zip(items, years, strict=True)
    ]
    spans.sort(key=lambda span: span.due)
    return Clause(DeadlineKind.PERIOD, _capital(", ".join(span.label for span in spans)), tuple(spans))


def _months_of_year(year: int, months: int, side: str) -> Span:
    if side == "dau":
        return Span(month_end(year, months), date(year, 1, 1), f"{months} tháng đầu năm {year}")
    return Span(date(year, 12, 31), date(year, 13 - months, 1), f"{months} tháng cuối năm {year}")


def week_of_month(text: str, ctx: Context) -> Clause | None:
    """«Tuần đầu tháng 6»: seven days from the first, the eighth, the fifteenth, the twenty-second; the last one ends
    with its month."""
    found = WEEK_OF_MONTH.fullmatch(text)
    if not found:
        return None
    month = _month(ctx, found["n"], found["y"][-4:] if found["y"] else None)
    which = found["which"]
    number = NTH[which] if which in NTH else int(which[-1])
    if number > 4 or (not number and which not in NTH):
        raise WrongDeadlineError(f"“Tuần {number}” của tháng chưa rõ. Ghi tuần 1, 2, 3, 4 hoặc tuần cuối.")
    last = month.due if not number else month.due.replace(day=7 * number)
    span = Span(last, last - timedelta(days=6), f"tuần {number or 'cuối'} {month.label}")
    note = f"Hiểu là từ ngày {short_date(last - timedelta(days=6))} đến hết ngày {short_date(last)}."
    return Clause(DeadlineKind.PERIOD, _capital(span.label), (span,), notes=(note,), sure=False)


def whole_year(text: str, ctx: Context) -> Clause | None:
    found = WHOLE_YEAR.fullmatch(text)
    if not found:
        return None
    span = year_span(ctx.year_of(found["y"] or found["bare"]))
    return Clause(DeadlineKind.PERIOD, _capital(span.label), (span,), sure=not found["on"])


RULES = (days, day_range, since_day, period_range, periods, since_period, half_years, week_of_month, whole_year)
