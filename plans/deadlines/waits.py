"""Clauses without a date of their own: open, conditional on something not yet known, counted from an event."""

import re

from organization.vietnamese import counted
from plans.deadlines.clause import Clause, Context, WrongDeadlineError, number_of
from plans.deadlines.shape import DeadlineKind, Wait, WaitUnit

UNITS = {
    "ngay lam viec": WaitUnit.WORKING_DAY,
    "ngay": WaitUnit.DAY,
    "gio": WaitUnit.HOUR,
    "tuan": WaitUnit.WEEK,
    "thang": WaitUnit.MONTH,
    "nam": WaitUnit.YEAR,
}
RELATIVE = re.compile(
    r"(?:trong(?: vong| thoi han)?|cham nhat(?: la)?(?: trong)?|toi da|khong qua|sau)? ?"
    r"(?P<n>\d{1,3}|(?:mot|hai|ba|bon)(?![a-z]))(?: ?\([^()]{1,20}\))? ?(?P<unit>ngay lam viec|ngay|gio|tuan|thang|nam)"
    r"(?:,? ?(?P<link>ke tu|tinh tu|tu|sau|truoc)(?= ) ?(?P<trigger>.+))?"
)
AT_ONCE = re.compile(r"ngay(?: lap tuc)?|(?:hoa toc|khan|thuong khan)(?:,? (?:hoa toc|khan))?")
OPEN_WORD = (
    r"(?:(?:sau do )?duy tri )?(?:thuc hien |trien khai |dinh ky )?(?:thuong xuyen(?:,? lien tuc)?|lien tuc|dot xuat|hang ngay|moi ngay"
    r"|(?:ngay )?khi (?:co )?phat sinh[^;,]*|theo quy dinh[^;,]*"
    r"|(?:ngay )?khi co (?:yeu cau|ho so|vu viec|su viec|nhu cau)[^;,]*"
    r"|theo (?:tinh hinh|nhu cau) thuc te|theo thuc te|khi can(?: thiet)?|phat sinh)"
)
OPEN = re.compile(
    rf"{OPEN_WORD}(?: ?(?:,|/|va|hoac|-) ?{OPEN_WORD})*"
    r"(?:,? ?(?:trong|ca|suot)(?: ca)? nam(?: (?P<year>\d{4}))?)?(?: thuc hien)?"
)
ALL_YEAR = re.compile(r"(?:trong )?(?:suot|quanh)(?: ca)? nam(?: (?P<year>\d{4}))?")
CONDITIONAL = re.compile(
    r"(?:(?:hoan thanh|thuc hien|trien khai) )?"
    r"(?:theo|ngay sau|sau|khi|ngay khi|truoc khi|truoc|cung voi|dong thoi voi|tuy|can cu"
    r"|trong thoi han|dung thoi han|thoi han theo|truoc moi|trong) "
    r"(?=[a-z])[^;]{2,}"
)
NOT_CONDITIONAL = re.compile(r"(?:truoc|trong) (?:ngay|thang|quy|nam|het|\d)")


def relative(text: str, _ctx: Context, written: str) -> Clause | None:
    if AT_ONCE.fullmatch(text):
        wait = Wait(1, WaitUnit.WORKING_DAY, "ngày giao việc")
        return _relative_clause(wait, notes=("Việc phải làm ngay: tính 01 ngày làm việc kể từ ngày giao.",), sure=False)
    found = RELATIVE.fullmatch(text)
    if not found or not (found["trigger"] or text.startswith(("trong", "sau", "cham nhat", "toi da", "khong qua"))):
        return None
    amount = number_of(found["n"])
    if not amount:
        raise WrongDeadlineError("Số ngày phải lớn hơn 0. Sửa lại thời hạn.")
    trigger = written[found.start("trigger") :].strip(" .,:") if found["trigger"] else "ngày giao việc"
    if not trigger:
        return None
    wait = Wait(amount, UNITS[found["unit"]], trigger, before=found["link"] == "truoc")
    return _relative_clause(wait, sure=bool(found["trigger"]))


def _relative_clause(wait: Wait, *, notes: tuple[str, ...] = (), sure: bool = True) -> Clause:
    if wait.before:
        canonical = f"Chậm nhất {counted(wait.amount)} {wait.unit} trước {wait.trigger}"
    else:
        canonical = f"Trong {counted(wait.amount)} {wait.unit} kể từ {wait.trigger}"
    return Clause(DeadlineKind.RELATIVE, canonical, wait=wait, notes=notes, sure=sure)


def open_ended(text: str, ctx: Context, written: str) -> Clause | None:
    found = OPEN.fullmatch(text) or ALL_YEAR.fullmatch(text)
    if not found:
        return None
    canonical = written
    if found["year"]:
        year = ctx.year_of(found["year"])
        canonical = written[: found.start("year")] + str(year) + written[found.end("year") :]
    return Clause(DeadlineKind.OPEN, canonical)


def conditional(text: str, _ctx: Context, written: str) -> Clause | None:
    if not CONDITIONAL.fullmatch(text) or NOT_CONDITIONAL.match(text):
        return None
    return Clause(DeadlineKind.CONDITIONAL, written)
