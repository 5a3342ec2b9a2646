"""Thao tác khác: what may be done about a task besides its step, as the task page lists it.

Whether a verb is offered is asked of facts the page has fetched already; whoever may do it is decided
again by the verb itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from organization.enums import UnitKind
from organization.rights import Rights
from workflow import handing
from workflow.directing import cause_of
from workflow.flows import AssignmentFlow
from workflow.holding import NOBODY_TO_REVIEW
from workflow.inputs.answering import may_ask
from workflow.models import Case, Schedule, Step
from workflow.on_paper import is_recorder
from workflow.progress import may_happen, may_write
from workflow.pulls import handed_in
from workflow.sharing import may_share
from workflow.stopping import may_stop
from workflow.timeliness import ENDED, State

OFFICER_MAY_CHANGE = (AssignmentFlow.assign, AssignmentFlow.execute)


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks about which case, which carries its `timeliness` and whether its plan's year is closed (`plan_closed`); `step` is its open one, None where it has ended,
    with the step before it."""

    rights: Rights
    case: Any
    step: Step | None
    # what was done last, where it has ended
    last: str = ""

    @property
    def paused(self) -> bool:
        return bool(self.case.timeliness == State.PAUSED)


@dataclass(frozen=True, slots=True)
class Verb:
    """`page` is the name of a URL that takes the case's key. `may` reads nothing that is not at hand."""

    label: str
    icon: str
    page: str
    may: Callable[[Asked], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    icon: str
    url: str


def may_change_officer(asked: Asked) -> bool:
    step = asked.step
    in_hand = step is not None and step.node in OFFICER_MAY_CHANGE and not asked.paused
    return in_hand and asked.rights.heads(asked.case.unit_id)


def may_set_due(asked: Asked) -> bool:
    return asked.rights.is_office and asked.step is not None and asked.case.schedule == Schedule.UNDATED


def may_name_leader(asked: Asked) -> bool:
    return asked.rights.is_office and asked.step is not None


def may_direct(asked: Asked) -> bool:
    return asked.rights.leads and not asked.case.plan_closed


def may_confirm_cause(asked: Asked) -> bool:
    due = asked.case.original_due_on
    return may_direct(asked) and due is not None and due < asked.rights.on and not cause_of(asked.case)


def may_hand_over(asked: Asked) -> bool:
    return asked.step is not None and handing.is_offered(asked.step, asked.case, asked.rights)


def may_name_reviewer(asked: Asked) -> bool:
    """Where Văn phòng leads, where nobody of it could review, or where somebody was named before."""
    if asked.step is None or not asked.rights.leads:
        return False
    named = asked.case.assignment.reviewer_id is not None
    return named or asked.case.unit.kind == UnitKind.OFFICE or asked.step.remark == NOBODY_TO_REVIEW


def may_ask_input(asked: Asked) -> bool:
    step = asked.step
    return step is not None and not step.judging and not asked.paused and may_ask(asked.rights, asked.case)


def may_recall(asked: Asked) -> bool:
    step = asked.step
    return step is not None and "recalled" in step.node.pulls and handed_in(asked.rights, step) and not asked.paused


def may_suspend(asked: Asked) -> bool:
    return asked.step is not None and not asked.paused and may_stop(asked.rights)


def may_resume(asked: Asked) -> bool:
    return asked.paused and may_stop(asked.rights)


def may_discontinue(asked: Asked) -> bool:
    return asked.step is not None and may_stop(asked.rights)


def may_reopen(asked: Asked) -> bool:
    return asked.step is None and asked.rights.leads and not asked.case.plan_closed


def may_look_again(asked: Asked) -> bool:
    """What Văn phòng confirmed, leadership may take up."""
    return may_reopen(asked) and asked.last == "confirmed"


def may_record(asked: Asked) -> bool:
    step = asked.step
    return step is not None and step.node.on_paper and is_recorder(asked.rights) and not asked.paused


def in_hand(asked: Asked) -> bool:
    """With the unit, and its clock runs."""
    return asked.step is not None and not asked.step.judging and not asked.paused


def may_ask_extension(asked: Asked) -> bool:
    """Of dated work in hand: the lead unit's head, and the officer."""
    of_the_unit = asked.rights.heads(asked.case.unit_id) or asked.rights.user_id == asked.case.assignment.officer_id
    return in_hand(asked) and of_the_unit and asked.case.due_on is not None


def may_ask_lead_change(asked: Asked) -> bool:
    return in_hand(asked) and asked.rights.heads(asked.case.unit_id)


def may_share_result(asked: Asked) -> bool:
    """Of work that is not over, or that is done: its result may count in another plan."""
    ended = asked.case.timeliness in ENDED
    return may_share(asked.rights) and not ended and asked.case.plan_id is not None


def may_update(asked: Asked) -> bool:
    return not asked.paused and may_write(asked.case, asked.step, asked.rights)


def may_record_happening(asked: Asked) -> bool:
    return may_update(asked) and may_happen(asked.case)


def may_set_target(asked: Asked) -> bool:
    return asked.rights.is_office and asked.step is not None


# in the order in which the menu shows them
VERBS = (
    Verb("Cập nhật tiến độ", "chart", "workflow:progress", may_update),
    Verb("Ghi nhận phát sinh", "plus", "workflow:happening", may_record_happening),
    Verb("Rút lại", "left", "workflow:recall", may_recall),
    Verb("Đề nghị phối hợp", "people", "workflow:ask_input", may_ask_input),
    Verb("Cho ý kiến chỉ đạo", "pen", "workflow:direct", may_direct),
    Verb("Xác nhận nguyên nhân khách quan", "patch-check", "workflow:confirm_cause", may_confirm_cause),
    Verb("Đổi người thực hiện từ kỳ này trở đi", "swap", "workflow:change_officer", may_change_officer),
    Verb("Bàn giao cho người khác", "swap", "workflow:hand_over", may_hand_over),
    Verb("Chỉ định người rà soát chéo", "person", "workflow:name_reviewer", may_name_reviewer),
    Verb("Đề nghị gia hạn", "calendar", "workflow:ask_extension", may_ask_extension),
    Verb("Đề nghị chuyển đơn vị chủ trì", "building", "workflow:ask_lead_change", may_ask_lead_change),
    Verb("Đặt thời hạn", "calendar", "workflow:set_due", may_set_due),
    Verb("Chỉ tiêu", "target", "workflow:target", may_set_target),
    Verb("Lãnh đạo phụ trách riêng", "person", "workflow:name_leader", may_name_leader),
    Verb("Nguồn giao", "link", "workflow:name_source", may_name_leader),
    Verb("Dùng chung kết quả", "link", "workflow:share_result", may_share_result),
    Verb("Tạm dừng", "pause", "workflow:suspend", may_suspend),
    Verb("Cho tiếp tục", "play", "workflow:resume", may_resume),
    Verb("Dừng thực hiện", "x", "workflow:discontinue", may_discontinue),
    Verb("Lấy lên xem lại", "eye", "workflow:look_again", may_look_again),
    Verb("Mở lại", "history", "workflow:reopen", may_reopen),
    Verb("Ghi nhận quyết định trên giấy", "paperclip", "workflow:on_paper", may_record),
)


def verbs_for(rights: Rights, case: Case, step: Step | None, last: str = "") -> list[Entry]:
    """What this person may do about the case now; `last` is the outcome of the last act on it. No query."""
    asked = Asked(rights, case, step, last)
    return [Entry(verb.label, verb.icon, reverse(verb.page, args=[case.pk])) for verb in VERBS if verb.may(asked)]
