"""Đóng kế hoạch, mở lại kế hoạch: each unfinished row is settled, and the open work ends accordingly.

Văn phòng and leadership choose row by row; leadership closes, and only leadership opens again. The plan's row is
locked first, then the cases in the order of their keys; a choice about work that moved meanwhile is asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from notifications.registry import Said, register
from organization.enums import LEADERS, Role
from organization.models import Post, Unit, User
from organization.rights import Rights, holders
from organization.vietnamese import acting, clean, counted, short_date
from plans.closing import NOT_ISSUED, Choice, Row, chosen, close, keep_choices
from plans.enums import BeforeIssue, Settled
from plans.models import Closing, MeasureText, Plan, Settlement
from workflow import engine
from workflow.errors import Refused
from workflow.issuing import locked_plan, verb
from workflow.models import Assignment, Case, Step
from workflow.owing import owe
from workflow.planned import rows_of, undecided
from workflow.rows import Badge, state_badge
from workflow.selectors import holder_of, soon_until, working_days
from workflow.timeliness import State

CLOSED, REOPENED = "plan.closed", "plan.reopened"
FOR_WHOM = "Chỉ lãnh đạo đóng và mở lại kế hoạch."
WHO_CHOOSES = "Chỉ Văn phòng và lãnh đạo xử lý các dòng chưa xong khi đóng kế hoạch."
REASON_MISSING = "Chưa ghi lý do mở lại kế hoạch. Ghi rõ lý do rồi gửi lại."
NOT_CLOSED = "Kế hoạch này không đóng. Mở lại trang kế hoạch để xem."
NAMED = 8  # so many rows are named in a sentence; the rest are counted
VERBS = {Settled.CARRIED: "carried", Settled.DROPPED: "not_carried_on", Settled.LAPSED: "lapsed"}
MAY_LAPSE = frozenset({State.OVERDUE, State.SUBMITTED_LATE})


@dataclass(frozen=True, slots=True)
class Line:
    """A row that is not finished. `seen` is where its work stands now, `choice` what was chosen about just that;
    `moved`: a choice was made, and the work has moved since."""

    row: Row
    code: str
    name: str
    place: str
    badge: Badge
    due: str
    unit: Unit | None = None
    case_id: int | None = None
    seen: str = ""
    may_lapse: bool = False
    choice: str = ""
    moved: bool = False

    @property
    def key(self) -> str:
        """How the form names it."""
        return f"c{self.case_id}" if self.case_id else f"m{self.row.measure_id}"

    @property
    def allowed(self) -> list[Settled]:
        """What may truly be said of it: quá hạn only of what is late."""
        return [one for one in Settled if one != Settled.LAPSED or self.may_lapse]


def may_choose(rights: Rights) -> bool:
    return rights.is_office or rights.leads


def lines_of(plan: Plan, rights: Rights) -> list[Line]:
    """Every row that is not finished, by unit in the order of the agency, then in the plan's; what nobody was given last."""
    texts = {text.measure_id: text for text in rows_of(plan)}
    kept = chosen(plan)
    cases = list(_open_work(plan).with_timeliness(rights.on, soon_until(rights)).with_holder(rights.on))
    places = {measure: place for place, measure in enumerate(texts)}
    cases.sort(key=lambda case: (case.unit.position, case.unit.sort_key, places.get(case.assignment.measure_id, len(places)),
                                 case.assignment.period))  # fmt: skip
    days = working_days(rights, {case.due_on for case in cases} | {case.submitted_on for case in cases})
    lines = [_of_case(case, rights, days, kept) for case in cases]
    return lines + [_of_text(text, rights, kept) for text in _given_to_nobody(plan, texts.values(), rights)]


def _open_work(plan: Plan) -> Any:
    return Case.objects.live().filter(plan=plan, assignment__isnull=False).select_related("unit", "assignment")


def _given_to_nobody(plan: Plan, texts: Iterable[MeasureText], rights: Rights) -> list[MeasureText]:
    """Rows without any work, and those of which a past period waits for Văn phòng's word."""
    begun = set(Assignment.objects.filter(measure__plan=plan).values_list("measure_id", flat=True))
    waiting = {occurrence.text.measure_id for occurrence in undecided(plan, rights.on)}
    return [text for text in texts if text.measure_id in waiting or (text.measure_id not in begun and _counts(text))]


def _counts(text: MeasureText) -> bool:
    """Some of it is not «Không tính»."""
    occurrences = list(text.occurrences.all())
    return not occurrences or any(one.before_issue != BeforeIssue.DROPPED for one in occurrences)


def _of_case(case: Any, rights: Rights, days: Mapping[Any, int], kept: Mapping[Row, Settlement]) -> Line:
    holder, state = holder_of(case), State(case.timeliness)
    row = Row(case.assignment.measure_id, case.unit_id, case.assignment.period)
    line = Line(
        row, case.code, case.name, f"{holder.stage}, {holder.words}" if holder else "",
        state_badge(case, state, rights.on, days, holder), short_date(case.due_on) or str(case.get_schedule_display()),
        case.unit, case.pk, str(holder.step_id) if holder else "", state in MAY_LAPSE,
    )  # fmt: skip
    return _with_choice(line, kept.get(row))


def _of_text(text: MeasureText, rights: Rights, kept: Mapping[Row, Settlement]) -> Line:
    dates = [one.due_on for one in text.occurrences.all() if one.before_issue != BeforeIssue.DROPPED]
    late = bool(dates) and max(dates) < rights.on
    badge = Badge("overdue", "Quá hạn, chưa giao") if late else Badge("undated", "Chưa giao")
    row = Row(text.measure_id)
    due = short_date(max(dates)) if dates else "Không có ngày cụ thể"
    line = Line(row, text.code, text.task, "Chưa giao cho đơn vị nào", badge, due, may_lapse=late)
    return _with_choice(line, kept.get(row))


def _with_choice(line: Line, kept: Settlement | None) -> Line:
    if kept is None:
        return line
    holds = kept.seen == line.seen and kept.outcome in line.allowed
    return replace(line, choice=kept.outcome if holds else "", moved=not holds)


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of choices: how many are kept; the rows of which none is, since their work moved, or is not late."""

    number: int
    moved: list[str]
    not_late: list[str]


def choose(plan_id: int, picks: Mapping[str, tuple[Settled, str]], rights: Rights) -> Kept:
    """Keep what was chosen on the page: by a line's key the outcome, and where its work stood there.

    Raises PermissionDenied, Plan.DoesNotExist, Refused, Busy.
    """
    if not may_choose(rights):
        raise PermissionDenied(WHO_CHOOSES)
    with verb():
        plan = _open_plan(plan_id, rights)
        lines = [line for line in lines_of(plan, rights) if line.key in picks]
        moved = [line for line in lines if picks[line.key][1] != line.seen]
        early = [line for line in lines if line not in moved and picks[line.key][0] not in line.allowed]
        kept = [line for line in lines if line not in moved and line not in early]
        keep_choices(plan, (Choice(line.row, picks[line.key][0], line.seen) for line in kept), rights)
    return Kept(len(kept), [line.code for line in moved], [line.code for line in early])


def close_plan(plan_id: int, rights: Rights) -> Closing:
    """Đóng kế hoạch, all or nothing. Raises PermissionDenied, Plan.DoesNotExist, Refused, Busy."""
    if not rights.leads:
        raise PermissionDenied(FOR_WHOM)
    with verb():
        plan = _open_plan(plan_id, rights)
        steps = engine.lock_open(list(_open_work(plan).order_by("pk").values_list("pk", flat=True)))
        lines = lines_of(plan, rights)
        _need_choices(lines)
        closing = close(plan, [line.row for line in lines], rights, on_behalf_of=rights.name_for(*LEADERS))
        outcomes = {line.case_id: Settled(line.choice) for line in lines}
        told = {*_people(steps, rights), *_leaders(rights)}
        for step in steps:
            outcome = outcomes[step.process_id]
            engine.pull_locked(step, VERBS[outcome], rights, note=f"{plan} đóng. {outcome.label}.")
        chosen_how = Counter(line.choice for line in lines)
        numbers = {one.value: chosen_how[one] for one in Settled}
        _owe(CLOSED, closing, told, rights, numbers=numbers, behalf=closing.on_behalf_of_id)
        audit.record(
            "plan.closed", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, at=closing.at,
            on_behalf_of=closing.on_behalf_of_id, closing=closing.pk, numbers=numbers,
        )  # fmt: skip
    return closing


def reopen_plan(plan_id: int, rights: Rights, *, reason: str) -> int:
    """Mở lại kế hoạch: the work that the closing ended stands where it stood. Returns how many cases.

    Raises PermissionDenied, Plan.DoesNotExist, Refused, Busy.
    """
    if not rights.leads:
        raise PermissionDenied(FOR_WHOM)
    if not clean(reason):
        raise Refused(REASON_MISSING)
    with verb():
        plan = locked_plan(plan_id, rights, closed=True)
        closing = plan.closing
        if closing is None:
            raise Refused(NOT_CLOSED)
        closing.reopened_by_id, closing.reopened_at, closing.reason = rights.user_id, now(), clean(reason)
        closing.reopened_on_behalf_of_id = rights.name_for(*LEADERS)
        closing.save(update_fields=("reopened_by", "reopened_at", "reopened_on_behalf_of", "reason"))
        behalf = closing.reopened_on_behalf_of_id
        back = [
            engine.give_back(last, rights, note=closing.reason, on_behalf_of=behalf)
            for last in engine.lock_ended(_ended_by(closing))
        ]
        told = {*_people(back, rights), *_leaders(rights)}
        _owe(REOPENED, closing, told, rights, note=closing.reason, cases=len(back), behalf=behalf)
        audit.record(
            "plan.reopened", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, at=closing.reopened_at,
            on_behalf_of=behalf, closing=closing.pk, note=closing.reason, cases=len(back),
        )  # fmt: skip
    return len(back)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row as the closing in force left it; `case_id` where it was anybody's work."""

    code: str
    name: str
    unit: Unit | None
    period: str
    outcome: Settled
    case_id: int | None


def outcomes_of(closing: Closing) -> list[Outcome]:
    """In the plan's order, one unit after another."""
    texts = {text.measure_id: (place, text) for place, text in enumerate(rows_of(closing.plan))}
    cases = {
        (one.measure_id, one.unit_id, one.period): one.case
        for one in Assignment.objects.filter(case__in=_ended_by(closing)).select_related("case")
    }
    found = []
    for one in closing.settlements.select_related("unit"):
        place, text = texts.get(one.measure_id, (len(texts), None))
        case = cases.get((one.measure_id, one.unit_id or 0, one.period or 0))
        code, name = (text.code, text.task) if text else (case.code, case.title) if case else ("", "")
        found.append(
            (
                place,
                Outcome(
                    code, name, one.unit, case.period if case else "", Settled(one.outcome), case.pk if case else None
                ),
            )
        )
    found.sort(key=lambda pair: (pair[0], pair[1].unit.position if pair[1].unit else 0, pair[1].case_id or 0))
    return [outcome for _, outcome in found]


def _open_plan(plan_id: int, rights: Rights) -> Plan:
    plan = locked_plan(plan_id, rights)
    if plan.issued_at is None:
        raise Refused(NOT_ISSUED)
    return plan


def _need_choices(lines: Sequence[Line]) -> None:
    moved = [line.code for line in lines if line.moved]
    if moved:
        raise Refused(f"Dòng {named(moved)} vừa thay đổi sau khi được chọn. Xem lại các dòng này rồi chọn lại.")
    missing = [line.code for line in lines if not line.choice]
    if missing:
        raise Refused(
            f"Còn {counted(len(missing))} dòng chưa chọn: {named(missing)}. Chọn cho từng dòng rồi đóng kế hoạch."
        )


def named(codes: Iterable[str]) -> str:
    """I.3, I.7 và 04 dòng khác."""
    every = list(dict.fromkeys(codes))
    more = f" và {counted(len(every) - NAMED)} dòng khác" if len(every) > NAMED else ""
    return ", ".join(every[:NAMED]) + more


def _ended_by(closing: Closing) -> list[int]:
    """The cases that it ended."""
    settled = closing.settlements.filter(measure=OuterRef("measure"), unit=OuterRef("unit"), period=OuterRef("period"))
    return sorted(Assignment.objects.filter(Exists(settled)).values_list("case_id", flat=True))


def _people(steps: Sequence[Step], rights: Rights) -> set[int]:
    """Who holds, does or answers for this work, and Văn phòng."""
    heads = {
        person for unit in {step.process.unit_id for step in steps} for person in holders(unit, Role.HEAD, rights.on)
    }
    own = {person for step in steps for person in (step.owner_id, step.process.assignment.officer_id) if person}
    return heads | own | _posts(rights, Role.REVIEWER)


def _leaders(rights: Rights) -> set[int]:
    return _posts(rights, *LEADERS)


def _posts(rights: Rights, *roles: Role) -> set[int]:
    posts = Post.objects.on(rights.on).filter(agency_id=rights.agency_id, role__in=roles, user__is_active=True)
    return set(posts.values_list("user_id", flat=True))


def _owe(kind: str, closing: Closing, people: Iterable[int], rights: Rights, **params: Any) -> None:
    at = closing.reopened_at or closing.at
    owe(
        [
            Notice(agency_id=closing.agency_id, to_id=person, kind=kind, subject=closing.subject, at=at,
                   params={"by": rights.user_id} | params)
            for person in sorted(set(people) - {rights.user_id})
        ],
        closing.pk, localdate(at),
    )  # fmt: skip


def _render(notices: Sequence[Notice]) -> list[Said]:
    found = Closing.objects.select_related("plan").in_bulk({_key(notice) for notice in notices})
    names = ("by", "behalf", "instead_of")
    people = User.objects.in_bulk({n.params[name] for n in notices for name in names if n.params.get(name)})
    return [_for_substitute(_said(notice, found[_key(notice)], people), notice, people) for notice in notices]


def _for_substitute(said: Said, notice: Notice, people: Mapping[int, User]) -> Said:
    absent = people.get(notice.params.get("instead_of") or 0)
    return said._replace(text=f"{said.text} Được báo vì đang thay {absent.full_name}.") if absent else said


def _said(notice: Notice, closing: Closing, people: Mapping[int, User]) -> Said:
    plan, given = closing.plan, notice.params
    principal = people.get(given.get("behalf") or 0)
    by = acting(people[given["by"]].full_name, principal.full_name if principal else "")
    url = reverse("workflow:close_plan", args=[plan.pk])
    if notice.kind == REOPENED:
        words = f"{by} mở lại {plan}, năm {plan.year}: {counted(given['cases'])} việc trở lại như trước khi đóng."
        return Said(f"{plan} được mở lại", f"{words} Lý do: “{given['note']}”", reverse("plans:plan", args=[plan.pk]))
    parts = [
        f"{counted(given['numbers'][one])} dòng {one.label[:1].lower()}{one.label[1:]}"
        for one in Settled
        if given["numbers"].get(one)
    ]
    rest = ", ".join(parts) or "mọi dòng đã hoàn thành"
    return Said(f"{plan} đã đóng", f"{by} đóng {plan}, năm {plan.year}: {rest}.", url)


def _still_true(notices: Sequence[Notice]) -> set[int]:
    """A closing until it is undone; an opening until the plan is closed again."""
    rows = Closing.objects.filter(pk__in={_key(notice) for notice in notices})
    later = Closing.objects.filter(plan=OuterRef("plan"), pk__gt=OuterRef("pk"))
    standing = dict(rows.annotate(later=Exists(later)).values_list("pk", "later"))
    undone = set(rows.filter(reopened_at__isnull=False).values_list("pk", flat=True))

    def holds(notice: Notice) -> bool:
        closing = _key(notice)
        return not standing.get(closing, True) and (notice.kind == REOPENED or closing not in undone)

    return {notice.pk for notice in notices if holds(notice)}


def _key(notice: Notice) -> int:
    return int(notice.subject.removeprefix("closing:"))


def register_kinds() -> None:
    for kind in (CLOSED, REOPENED):
        register(kind, _render, _still_true)
