"""How notices of the work read, and whether their matter still stands. Asked for many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate

from notifications.models import Notice
from notifications.registry import Said, register
from organization.models import Delegation, Post, User
from organization.vietnamese import acting, counted, short_date
from workflow.models import Case, Step, Suspension
from workflow.returns import RETURNS

GONE = Said("Nhiệm vụ không còn", "Nhiệm vụ của thông báo này không còn trong chương trình.", "")
WORK = "Nhiệm vụ"
ARRIVED = {
    "assign": "chờ phân công",
    "execute": "được giao thực hiện",
    "submit": "chờ nộp kết quả",
    "review": "chờ rà soát",
    "approve": "chờ phê duyệt",
}


@dataclass(frozen=True)
class Facts:
    """What the notices of one page speak of, fetched together."""

    cases: dict[int, Case]
    steps: dict[int, Step]
    people: dict[int, str]

    def by(self, notice: Notice) -> str:
        """Who did it, and in whose name."""
        return acting(self.people[notice.params["by"]], self.people.get(notice.params.get("behalf") or 0, ""))


Wording = Callable[[Notice, Case, Facts], Said]


def case_of(notice: Notice) -> int:
    return int(notice.subject.removeprefix("case:"))


def facts_of(notices: Sequence[Notice]) -> Facts:
    """Cases, steps, people with their units: four queries, however many notices."""
    cases = Case.objects.select_related("unit").in_bulk({case_of(notice) for notice in notices})
    steps = Step.objects.select_related("previous").in_bulk({n.params["step"] for n in notices if "step" in n.params})
    return Facts(
        cases,
        steps,
        people_of(notices),
    )


def people_of(notices: Sequence[Notice]) -> dict[int, str]:
    """The names of whoever these notices speak of, by key."""
    return _people(
        {n.params[name] for n in notices for name in ("by", "behalf", "to", "instead_of") if name in n.params}
    )


def _people(keys: Iterable[int]) -> dict[int, str]:
    """Names, each followed by a unit: two people may share one name."""
    names = dict(User.objects.filter(pk__in=keys).values_list("pk", "full_name")) if keys else {}
    posts = Post.objects.on(localdate()).filter(user_id__in=names).order_by("user_id", "-unit_id")
    units = dict(posts.values_list("user_id", "unit__name")) if names else {}
    return {key: f"{name} ({units[key]})" if key in units else name for key, name in names.items()}


def render(notices: Sequence[Notice]) -> list[Said]:
    facts = facts_of(notices)
    return [_said(notice, facts) for notice in notices]


def _said(notice: Notice, facts: Facts) -> Said:
    case = facts.cases.get(case_of(notice))
    if case is None or case.agency_id != notice.agency_id:
        return GONE
    said = WORDINGS[notice.kind](notice, case, facts)
    absent = facts.people.get(notice.params.get("instead_of", 0))
    return said._replace(text=f"{said.text} Được báo vì đang thay {absent}.") if absent else said


def page_of(case: Case) -> str:
    """A flow of its own names the page of its cases; the work has one address."""
    page = getattr(case.flow_class, "page", "")
    return reverse(page or "workflow:task", args=[case.pk])


def named(case: Case) -> str:
    """Nhiệm vụ I.13, or the title of what is in no plan; a flow of its own has a word of its own for its cases."""
    return f"{_noun(case)} {case.code}" if case.code else f"“{case.name}”"


def _noun(case: Case) -> str:
    return getattr(case.flow_class, "noun", "") or WORK


def spelled(case: Case) -> str:
    """Nhiệm vụ I.13 “Rà soát …” do Phòng Đăng ký kinh doanh chủ trì."""
    if not case.code:
        return f"“{case.name}”"
    whose = f", gửi {case.unit.name}" if _noun(case) != WORK else f" do {case.unit.name} chủ trì"
    return f"{named(case)} “{case.name}”{whose}"


def _until(case: Case) -> str:
    return f" Thời hạn hoàn thành: {short_date(case.due_on)}." if case.due_on else ""


def _reason(notice: Notice) -> str:
    note = str(notice.params.get("note", "")).strip()
    return f" Lý do: “{note}”" if note else ""


def say_arrived(notice: Notice, case: Case, facts: Facts) -> Said:
    step = facts.steps.get(notice.params["step"])
    by = facts.by(notice)
    before = step.previous if step else None
    if step and before and before.outcome in RETURNS:
        if not before.judging:
            title = f"{named(case)} được trả lại chuyên viên, chưa nộp"
            return Said(
                title, f"{by} đã trả lại {_lower(spelled(case))}.{_until(case)}{_reason(notice)}", page_of(case)
            )
        return _sent_back(notice, case, by, before.outcome, step.answer_by)
    title = f"{named(case)} {ARRIVED.get(notice.params['stage'], 'chờ xử lý')}"
    return Said(title, f"{by} đã chuyển {_lower(spelled(case))}.{_until(case)}", page_of(case))


def say_handed_over(notice: Notice, case: Case, facts: Facts) -> Said:
    by, to = facts.by(notice), facts.people[notice.params["to"]]
    title = f"{named(case)} được bàn giao"
    return Said(
        title, f"{by} đã bàn giao {_lower(spelled(case))} cho {to}.{_until(case)}{_reason(notice)}", page_of(case)
    )


def say_returned(notice: Notice, case: Case, facts: Facts) -> Said:
    until = notice.params.get("answer_by")
    by = facts.by(notice)
    return _sent_back(notice, case, by, notice.params.get("asked", ""), date.fromisoformat(until) if until else None)


def _sent_back(notice: Notice, case: Case, by: str, asked: str, answer_by: date | None) -> Said:
    """Two kinds of return: papers keep the day of the round, content does not."""
    if asked == "supplement":
        title = f"{named(case)}: yêu cầu bổ sung hồ sơ"
        text = f"{by} đã yêu cầu bổ sung hồ sơ {_lower(spelled(case))}."
        kept = f" Bổ sung chậm nhất ngày {short_date(answer_by)} thì giữ nguyên ngày nộp." if answer_by else ""
        return Said(title, f"{text}{kept}{_reason(notice)}", page_of(case))
    title = f"{named(case)} bị trả lại, chưa đạt"
    return Said(title, f"{by} đã trả lại {_lower(spelled(case))}.{_until(case)}{_reason(notice)}", page_of(case))


def say_clarify(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    question = str(notice.params.get("note", "")).strip()
    text = f"{by} yêu cầu Văn phòng làm rõ {_lower(spelled(case))}: “{question}”"
    return Said(f"{named(case)}: lãnh đạo yêu cầu Văn phòng làm rõ", text, page_of(case))


def say_directed(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    text = f"{by} cho ý kiến về {_lower(spelled(case))}: “{notice.params['note']}”"
    return Said(f"{named(case)}: ý kiến chỉ đạo của lãnh đạo", text, page_of(case))


def say_excused(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    text = f"{by} xác nhận nguyên nhân khách quan {_lower(spelled(case))}: “{notice.params['note']}”"
    return Said(f"{named(case)}: xác nhận nguyên nhân khách quan", text, page_of(case))


def say_reviewer_named(notice: Notice, case: Case, facts: Facts) -> Said:
    by, note = facts.by(notice), _reason(notice)
    title = f"{named(case)}: {'được' if notice.params['named'] else 'không còn được'} chỉ định rà soát chéo"
    word = "chỉ định bạn" if notice.params["named"] else "thôi chỉ định bạn"
    return Said(title, f"{by} {word} rà soát chéo {_lower(spelled(case))}, từ lần nộp tới.{note}", page_of(case))


def say_approved(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    slip = f", theo phiếu trình số {notice.params['slip']}" if "slip" in notice.params else ""
    return Said(
        f"{named(case)} đã được phê duyệt", f"{by} đã phê duyệt kết quả {_lower(spelled(case))}{slip}.", page_of(case)
    )


def say_amended(notice: Notice, case: Case, facts: Facts) -> Said:
    by, document = facts.by(notice), notice.params["document"]
    issued_on = notice.params["issued_on"]
    named_by = f"{document} ngày {short_date(date.fromisoformat(issued_on))}" if issued_on else document
    body = f"{by} đã đưa văn bản điều chỉnh {named_by} vào theo dõi. {notice.params['words']}"
    return Said(f"{named(case)} được điều chỉnh", body, page_of(case))


def say_added(notice: Notice, case: Case, facts: Facts) -> Said:
    by, document = facts.by(notice), notice.params["document"]
    issued_on = notice.params["issued_on"]
    named_by = f"{document} ngày {short_date(date.fromisoformat(issued_on))}" if issued_on else document
    text = f"{by} đã đưa {_lower(spelled(case))} vào theo dõi theo văn bản {named_by}.{_until(case)}"
    return Said(f"{named(case)} được bổ sung vào kế hoạch", text, page_of(case))


def say_shared(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    text = f"{by} đã chấp nhận kết quả dùng chung, {_lower(spelled(case))} hoàn thành theo kết quả ấy."
    return Said(f"{named(case)} hoàn thành theo kết quả dùng chung", text, page_of(case))


def say_sharing(notice: Notice, case: Case, facts: Facts) -> Said:
    by, other = facts.by(notice), notice.params["other"]
    if notice.params["ends"]:
        text = f"{by}: {_lower(spelled(case))} và {other} không còn dùng chung kết quả."
        return Said(f"{named(case)} thôi dùng chung kết quả", text, page_of(case))
    text = (
        f"{by}: {_lower(spelled(case))} dùng chung kết quả với {other}. Kết quả được chấp nhận thì cả hai hoàn thành."
    )
    return Said(f"{named(case)} dùng chung kết quả", text, page_of(case))


def say_confirmed(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    text = f"{by} đã xác nhận hoàn thành {_lower(spelled(case))}. Lãnh đạo có thể lấy lên xem lại."
    return Said(f"{named(case)} đã được Văn phòng xác nhận", text, page_of(case))


def say_on_paper(notice: Notice, case: Case, facts: Facts) -> Said:
    by, did = facts.by(notice), notice.params["did"]
    paper = f"số {notice.params['number']} ngày {short_date(date.fromisoformat(notice.params['dated']))}"
    text = f"{by} đã ghi nhận quyết định trên giấy {paper} của bạn: {did}, {_lower(spelled(case))}."
    return Said(f"{named(case)} có quyết định trên giấy được ghi nhận", text, page_of(case))


def say_recalled(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    return Said(f"{named(case)} đã được rút lại", f"{by} đã rút lại {_lower(spelled(case))}.", page_of(case))


def say_paused(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    words = f"{by} đã tạm dừng {_lower(spelled(case))}. Thời hạn không tính những ngày tạm dừng.{_reason(notice)}"
    return Said(f"{named(case)} tạm dừng", words, page_of(case))


def say_resumed(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    words = f"{by} đã cho tiếp tục {_lower(spelled(case))}.{_until(case)}{_reason(notice)}"
    return Said(f"{named(case)} được tiếp tục", words, page_of(case))


def say_dropped(notice: Notice, case: Case, facts: Facts) -> Said:
    by, note = facts.by(notice), str(notice.params.get("note", ""))
    basis = f" Căn cứ: {note}" if note else ""
    return Said(
        f"{named(case)} không còn thực hiện", f"{by} đã dừng thực hiện {_lower(spelled(case))}.{basis}", page_of(case)
    )


def say_due_set(notice: Notice, case: Case, facts: Facts) -> Said:
    by, params = facts.by(notice), notice.params
    due = short_date(date.fromisoformat(params["due_on"]))
    happened = params.get("happened_on")
    since = f" Tính từ ngày {short_date(date.fromisoformat(happened))}." if happened else ""
    moved = f" {params['moved']}" if params.get("moved") else ""
    ground = f" Căn cứ: {params['note']}." if params.get("note") else ""
    text = f"{by} đã đặt thời hạn {due} cho {_lower(spelled(case))}.{since}{moved}{ground}"
    return Said(f"{named(case)} có thời hạn {due}", text, page_of(case))


def say_calendar_moved(notice: Notice, case: Case, facts: Facts) -> Said:  # noqa: ARG001 - one signature for all wordings
    was, then = (short_date(date.fromisoformat(notice.params[name])) for name in ("was", "now"))
    text = f"Thời hạn của {_lower(spelled(case))} chuyển từ {was} sang {then}, không tính là gia hạn. {notice.params['why']}"
    return Said(f"{named(case)}: thời hạn chuyển sang {then} do lịch làm việc", text, page_of(case))


def say_reopened(notice: Notice, case: Case, facts: Facts) -> Said:
    by = facts.by(notice)
    words = f"{by} đã mở lại {_lower(spelled(case))}.{_until(case)}{_reason(notice)}"
    return Said(f"{named(case)} được mở lại", words, page_of(case))


def say_reminder(notice: Notice, case: Case, facts: Facts) -> Said:  # noqa: ARG001 - one signature for all wordings
    due_on, after = date.fromisoformat(notice.params["due_on"]), int(notice.params["after"])
    last = date.fromisoformat(notice.params["on"]) != due_on
    state, then = _ladder(after, short_date(due_on), last_working_day=last)
    title, _, _ = state.partition(" (")
    # what is urged is said by a flow of its own
    then = getattr(case.flow_class, "urge", "") or then
    return Said(f"{named(case)} {title}", f"{spelled(case)} {state}. {then}", page_of(case))


def _ladder(after: int, due: str, *, last_working_day: bool) -> tuple[str, str]:
    """Where the ladder stands, and what is asked for."""
    before = "Đề nghị cập nhật kết quả hoặc đề nghị gia hạn trước khi hết hạn."
    if after < 0:
        return f"còn {counted(-after)} ngày làm việc đến hạn ({due})", before
    if after > 0:
        late = "Đề nghị khẩn trương hoàn thành và nộp kết quả."
        return f"quá hạn {counted(after)} ngày làm việc (hạn {due})", late
    if last_working_day:
        return f"đang ở ngày làm việc cuối cùng trước hạn ({due})", before
    return f"đến hạn hôm nay ({due})", "Đề nghị nộp kết quả trong hôm nay hoặc đề nghị gia hạn."


def _lower(words: str) -> str:
    return words[0].lower() + words[1:]


def true_of(rule: Callable[[Notice, Case, Step | None], bool], notices: Sequence[Notice]) -> set[int]:
    """The keys of those for which the rule holds, given their case and its open step."""
    keys = {case_of(notice) for notice in notices}
    cases = Case.objects.in_bulk(keys)
    steps = {step.process_id: step for step in Step.objects.open().filter(process_id__in=keys)}
    return {
        notice.pk
        for notice in notices
        if (case := cases.get(case_of(notice))) and rule(notice, case, steps.get(case.pk))
    }


def reminders_still_true(notices: Sequence[Notice]) -> set[int]:
    """The unit's clock still runs towards the same date, and the person still holds the step or acts for who does."""
    acting, still = _acting(notices), _paused(notices)

    def rule(notice: Notice, case: Case, step: Step | None) -> bool:
        if step is None or case.pk in still or step.judging or str(case.due_on) != notice.params["due_on"]:
            return False
        return step.owner_id in {None, notice.to_id} or (step.owner_id, notice.to_id) in acting

    return true_of(rule, notices)


def _paused(notices: Sequence[Notice]) -> set[int]:
    """The cases among theirs that stand still now."""
    pauses = Suspension.objects.filter(case_id__in={case_of(notice) for notice in notices}, until=None)
    return set(pauses.values_list("case_id", flat=True))


def pauses_still_true(notices: Sequence[Notice]) -> set[int]:
    still = _paused(notices)
    return {notice.pk for notice in notices if case_of(notice) in still}


def _acting(notices: Sequence[Notice]) -> set[tuple[int, int]]:
    """Who stands in for whom today: (principal, substitute), of those who are told."""
    lent = Delegation.objects.on(localdate()).filter(substitute_id__in={notice.to_id for notice in notices})
    return set(lent.values_list("principal_id", "substitute_id"))


def arrivals_still_true(notices: Sequence[Notice]) -> set[int]:
    """The step that came is still open, with the person or with whom they stand in for."""
    acting = _acting([notice for notice in notices if "instead_of" in notice.params])

    def rule(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
        if notice.params.get("to", notice.to_id) not in {notice.to_id, notice.params.get("instead_of")}:
            return True  # handed over to somebody else: told for good
        # what a role holds was told only to who stands in for one of its people
        holder = (step.owner_id or notice.params.get("instead_of")) if step else None
        holds = holder is not None and (holder == notice.to_id or (holder, notice.to_id) in acting)
        return step is not None and step.pk == notice.params["step"] and holds

    return true_of(rule, notices)


def _still_with_the_unit(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
    return step is not None and not step.judging


def _with_the_office(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
    return step is not None and step.stage == "review"


def _case_exists(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
    return True


def _case_is_open(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
    return step is not None


def _case_has_ended(notice: Notice, case: Case, step: Step | None) -> bool:  # noqa: ARG001
    return step is None


WORDINGS: dict[str, Wording] = {
    "step.arrived": say_arrived,
    "step.handed_over": say_handed_over,
    "case.returned": say_returned,
    "case.clarify": say_clarify,
    "case.approved": say_approved,
    "case.directed": say_directed,
    "case.excused": say_excused,
    "case.reviewer_named": say_reviewer_named,
    "case.amended": say_amended,
    "case.added": say_added,
    "case.shared": say_shared,
    "case.sharing": say_sharing,
    "case.confirmed": say_confirmed,
    "step.on_paper": say_on_paper,
    "case.recalled": say_recalled,
    "case.paused": say_paused,
    "case.resumed": say_resumed,
    "case.dropped": say_dropped,
    "case.reopened": say_reopened,
    "case.due_set": say_due_set,
    "case.calendar_moved": say_calendar_moved,
    "reminder": say_reminder,
}
RULES: dict[str, Any] = {
    "step.arrived": arrivals_still_true,
    "step.handed_over": arrivals_still_true,
    "case.returned": partial(true_of, _still_with_the_unit),
    "case.clarify": partial(true_of, _with_the_office),
    "case.approved": partial(true_of, _case_exists),
    "case.directed": partial(true_of, _case_exists),
    "case.excused": partial(true_of, _case_exists),
    "case.reviewer_named": partial(true_of, _case_exists),
    "case.amended": partial(true_of, _case_exists),
    "case.added": partial(true_of, _case_is_open),
    "case.shared": partial(true_of, _case_has_ended),
    "case.sharing": partial(true_of, _case_exists),
    "case.confirmed": partial(true_of, _case_exists),
    "step.on_paper": partial(true_of, _case_exists),
    "case.recalled": partial(true_of, _case_exists),
    "case.paused": pauses_still_true,
    "case.resumed": partial(true_of, _case_exists),
    "case.dropped": partial(true_of, _case_has_ended),
    "case.reopened": partial(true_of, _case_is_open),
    "case.due_set": partial(true_of, _case_exists),
    "case.calendar_moved": partial(true_of, _case_exists),
    "reminder": reminders_still_true,
}


def register_kinds() -> None:
    for kind in WORDINGS:
        register(kind, render, RULES[kind])
