"""What a person does with a step, in the words of the office. Each verb goes through the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied

from evidence.models import Document
from organization.enums import LEADERS
from organization.models import User
from organization.rights import Rights, rights_of
from workflow import engine
from workflow.errors import ChangedUnder, Refused, StaleStep
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Case, Slip, Step
from workflow.nodes import Started
from workflow.querysets import StepQuerySet

NOT_YOURS = "Bạn không có quyền thực hiện thao tác này."
REASON_TO_REOPEN = "Chưa ghi lý do mở lại. Ghi rõ lý do rồi gửi lại."
REASON_FOR_CHANGE = "Chưa ghi lý do đổi người thực hiện. Ghi lý do rồi gửi lại."


ALREADY_DONE = "Đã có người xử lý."
NOT_CONFIRMED = "Nhiệm vụ này không phải do Văn phòng xác nhận. Mở lại nhiệm vụ nếu cần xem xét."
REASON_TO_LOOK = "Chưa ghi lý do xem lại. Ghi rõ lý do rồi gửi lại."


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one row of a verb over many: `refusal` is the sentence for the person, empty where it was done.

    `stale`: it was no longer there to be done, or no longer what the page showed.
    """

    case: Case
    refusal: str = ""
    stale: bool = False


def assign(step_id: int, officer: User, rights: Rights, *, note: str = "") -> Step:
    """Phân công một việc cho một người của đơn vị chủ trì."""
    return engine.act(step_id, "assigned", rights, note=note, officer=officer)


def assign_measure(step_id: int, officer: User, rights: Rights, *, note: str = "") -> list[Result]:
    """Phân công cả năm: this step, then every other open one of the same measure and unit, each its own act.

    Raises what `assign` raises for the step itself; the others are reported row by row.
    """
    case = Case.objects.select_related("assignment").get(task_set=step_id)
    assign(step_id, officer, rights, note=note)
    others = to_assign(rights).filter(
        process__assignment__measure_id=case.assignment.measure_id, process__unit_id=case.unit_id
    )
    return [Result(case), *assign_many(((step, officer) for step in others), rights, note=note)]


# a step with the digest that its row showed
Shown = tuple[Step, str]


def accept_many(shown: Iterable[Shown], rights: Rights) -> list[Result]:
    """Trình duyệt nhiều việc: each its own act, tied to the digest its row showed."""
    return [_tried(step, accept, rights, seen=seen) for step, seen in shown]


def confirm_many(shown: Iterable[Shown], rights: Rights) -> list[Result]:
    """Xác nhận hoàn thành nhiều việc."""
    return [_tried(step, confirm, rights, seen=seen) for step, seen in shown]


def approve_many(shown: Iterable[Shown], rights: Rights, *, slip: Slip | None = None) -> list[Result]:
    """Phê duyệt nhiều việc; `slip` is the phiếu trình by which it is done."""
    return [_tried(step, approve, rights, seen=seen, slip=slip) for step, seen in shown]


def assign_many(pairs: Iterable[tuple[Step, User]], rights: Rights, *, note: str = "") -> list[Result]:
    """Each step to its officer, each its own act: what cannot be done is said and stops nothing else."""
    return [_tried(step, assign, officer, rights, note=note) for step, officer in pairs]


def to_assign(rights: Rights) -> StepQuerySet:
    """Open assign steps this person may take, those of later periods too, in the order of the plan."""
    steps = Step.objects.actionable(rights).filter(flow_task=AssignmentFlow.assign)
    return steps.select_related("process__assignment").order_by("process__assignment__period", "process_id")


def save_draft(step_id: int, rights: Rights, *, statement: str) -> None:
    """Lưu tạm what the officer has written so far. Raises StaleStep, PermissionDenied."""
    step = Step.objects.select_related("process").get(pk=step_id)
    if step.finished:
        raise StaleStep(step)
    if not Step.objects.actionable(rights).filter(pk=step_id, flow_task=AssignmentFlow.execute).exists():
        raise PermissionDenied(NOT_YOURS)
    Assignment.objects.filter(pk=step.process_id).update(draft=statement)


def change_officer(case: Case, officer: User, rights: Rights, *, reason: str) -> list[Result]:
    """Đổi người từ kỳ này trở đi: work under way is handed over, what is not assigned yet is assigned.

    What the former officer has already handed in stays theirs and is reported as such.
    """
    if not rights.heads(case.unit_id):
        raise PermissionDenied(NOT_YOURS)
    if not reason.strip():
        raise Refused(REASON_FOR_CHANGE)
    own = case.assignment
    steps = Step.objects.open().filter(
        process__assignment__measure_id=own.measure_id,
        process__assignment__unit_id=own.unit_id,
        process__assignment__period__gte=own.period,
    )
    steps = steps.select_related("process__assignment").order_by("process__assignment__period")
    return [_changed(step, officer, rights, reason) for step in steps if step.owner_id != officer.pk]


def hand_over_many(steps: Iterable[Step], to: User, rights: Rights, *, reason: str) -> list[Result]:
    """Bàn giao: each step its own act; what cannot be handed over is said and stops nothing else."""
    return [_tried(step, engine.hand_over, to, rights, note=reason, held_by=step.owner_id) for step in steps]


def _changed(step: Step, officer: User, rights: Rights, reason: str) -> Result:
    if step.node is AssignmentFlow.assign:
        return _tried(step, assign, officer, rights, note=reason)
    if step.node is AssignmentFlow.execute:
        return _tried(step, engine.hand_over, officer, rights, note=reason)
    return Result(step.process, f"Đang ở khâu {step.stage_title.lower()}, giữ nguyên người thực hiện.")


def _tried(step: Step, verb: Callable[..., Step], *given: object, **named: object) -> Result:
    try:
        verb(step.pk, *given, **named)
    except StaleStep:
        return Result(step.process, ALREADY_DONE, stale=True)
    except ChangedUnder as refusal:
        return Result(step.process, str(refusal), stale=True)
    except Refused as refusal:
        return Result(step.process, str(refusal))
    except PermissionDenied:
        return Result(step.process, NOT_YOURS)
    return Result(step.process)


def finish(step_id: int, rights: Rights, *, statement: str) -> Step:
    """Chuyên viên làm xong, chuyển trưởng đơn vị; kết quả đi theo để trưởng đơn vị nộp."""
    return engine.act(step_id, "done", rights, note=statement)


def submit(step_id: int, rights: Rights, *, statement: str, documents: Sequence[Document] | None = None) -> Step:
    """Trưởng đơn vị nộp kết quả: tới Văn phòng, hoặc thẳng lãnh đạo khi Văn phòng không được rà soát."""
    return engine.act(step_id, "submitted", rights, statement=statement, documents=documents)


def finish_and_submit(step_id: int, rights: Rights, *, statement: str) -> Step:
    """Head and officer at once: both steps in one press, both or neither."""
    return engine.act_through(step_id, [("done", statement, {}), ("submitted", "", {"statement": statement})], rights)


def send_back(step_id: int, rights: Rights, *, reason: str) -> Step:
    """Trưởng đơn vị trả lại chuyên viên trước khi nộp."""
    return engine.act(step_id, "returned", rights, note=reason)


def accept(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Văn phòng trình duyệt."""
    return engine.act(step_id, "accepted", rights, note=note, seen=seen)


def approve(step_id: int, rights: Rights, *, seen: str, note: str = "", slip: Slip | None = None) -> Step:
    """Lãnh đạo phê duyệt, riêng hoặc theo một phiếu trình."""
    return engine.act(step_id, "approved", rights, note=note, seen=seen, slip=slip)


def return_work(
    step_id: int, rights: Rights, *, seen: str, reason: str, reasons: Sequence[str] = (), **asked: bool
) -> Step:
    """Văn phòng hoặc lãnh đạo trả lại, chưa đạt: về chuyên viên, trưởng đơn vị được báo, thời hạn tính tiếp.

    A leader may ask `direct=True`: the next round comes straight back, past Văn phòng.
    """
    return engine.act(step_id, "returned", rights, note=reason, seen=seen, reasons=reasons, **asked)


def ask_for_papers(
    step_id: int, rights: Rights, *, seen: str, reason: str, reasons: Sequence[str] = (), **asked: bool
) -> Step:
    """Yêu cầu bổ sung hồ sơ: về hình thức; trả lời trong hạn thì giữ nguyên ngày nộp."""
    return engine.act(step_id, "supplement", rights, note=reason, seen=seen, reasons=reasons, **asked)


def ask_the_office(step_id: int, rights: Rights, *, seen: str, question: str) -> Step:
    """Lãnh đạo yêu cầu Văn phòng làm rõ, không trả về đơn vị."""
    return engine.act(step_id, "clarify", rights, note=question, seen=seen)


def confirm(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Văn phòng xác nhận hoàn thành, lãnh đạo được biết: chỉ với mức xác nhận của Văn phòng."""
    return engine.act(step_id, "confirmed", rights, note=note, seen=seen)


def decide_on_paper(
    step_id: int,
    outcome: str,
    principal: User,
    rights: Rights,
    *,
    paper: Callable[[], Document],
    note: str = "",
    seen: str | None = None,
    **data: Any,
) -> Step:
    """Ghi nhận quyết định trên giấy của trưởng đơn vị hoặc lãnh đạo: tính là của người ký, ghi rõ ai ghi nhận."""
    signed_by = rights_of(principal, rights.on)
    return engine.record_on_paper(step_id, outcome, signed_by, rights, paper=paper, note=note, seen=seen, **data)


def recall(step_id: int, rights: Rights) -> Step:
    """Rút lại điều mình vừa chuyển đi, khi người nhận chưa mở xem."""
    return engine.pull(step_id, "recalled", rights)


def reopen(case: Case, rights: Rights, *, reason: str) -> Step:
    """Mở lại việc đã kết thúc, thành một vòng mới: chỉ lãnh đạo."""
    return _take_up(case, AssignmentFlow.reopened, rights, reason)


def pull_up(case: Case, rights: Rights, *, reason: str) -> Step:
    """Lãnh đạo xem lại điều Văn phòng đã xác nhận: việc lên bước phê duyệt."""
    last = Step.objects.filter(process=case).exclude(outcome="").order_by("-id").first()
    if last is None or last.outcome != "confirmed":
        raise Refused(NOT_CONFIRMED)
    return _take_up(case, AssignmentFlow.pulled_up, rights, reason, REASON_TO_LOOK)


def _take_up(case: Case, node: Started, rights: Rights, reason: str, missing: str = REASON_TO_REOPEN) -> Step:
    if not rights.leads or case.agency_id != rights.agency_id:
        raise PermissionDenied(NOT_YOURS)
    if not reason.strip():
        raise Refused(missing)
    return engine.reopen(case.pk, node, rights, note=reason, on_behalf_of=rights.name_for(*LEADERS))
