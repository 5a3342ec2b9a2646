"""What a person does with a step, in the words of the office. Each verb goes through the engine."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.timezone import localdate

from evidence.models import Document
from organization.models import User
from organization.rights import Rights
from workflow import engine
from workflow.holding import why_past_review
from workflow.models import Case, Step


def assign(step_id: int, officer: User, rights: Rights, *, note: str = "") -> Step:
    """Phân công một việc cho một người của đơn vị chủ trì."""
    return engine.act(step_id, "assigned", rights, note=note, officer=officer)


def finish(step_id: int, rights: Rights, *, statement: str) -> Step:
    """Chuyên viên làm xong, chuyển trưởng đơn vị; kết quả đi theo để trưởng đơn vị nộp."""
    return engine.act(step_id, "done", rights, note=statement)


def submit(step_id: int, rights: Rights, *, statement: str, documents: Sequence[Document] | None = None) -> Step:
    """Trưởng đơn vị nộp kết quả: tới Văn phòng, hoặc thẳng lãnh đạo khi Văn phòng không được rà soát."""
    step = Step.objects.select_related("process__unit").get(pk=step_id)
    return engine.act(
        step_id,
        _route(step.process, rights),
        rights,
        statement=statement,
        documents=_documents(step.process, documents),
    )


def finish_and_submit(step_id: int, rights: Rights, *, statement: str) -> Step:
    """Head and officer at once: both steps in one press, both or neither."""
    step = Step.objects.select_related("process__unit").get(pk=step_id)
    handed_in = {"statement": statement, "documents": _documents(step.process, None)}
    return engine.act_through(step_id, [("done", statement, {}), (_route(step.process, rights), "", handed_in)], rights)


def send_back(step_id: int, rights: Rights, *, reason: str) -> Step:
    """Trưởng đơn vị trả lại chuyên viên trước khi nộp."""
    return engine.act(step_id, "returned", rights, note=reason)


def accept(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Văn phòng trình duyệt."""
    return engine.act(step_id, "accepted", rights, note=note, seen=seen)


def approve(step_id: int, rights: Rights, *, seen: str, note: str = "") -> Step:
    """Lãnh đạo phê duyệt."""
    return engine.act(step_id, "approved", rights, note=note, seen=seen)


def return_work(step_id: int, rights: Rights, *, seen: str, reason: str) -> Step:
    """Văn phòng hoặc lãnh đạo trả lại, yêu cầu bổ sung: về chuyên viên, trưởng đơn vị được báo."""
    return engine.act(step_id, "returned", rights, note=reason, seen=seen)


def _route(case: Case, rights: Rights) -> str:
    """Which outcome submitting takes today; the act itself looks again under the lock."""
    return "submitted_past_review" if why_past_review(case, localdate(), rights.user_id) else "submitted"


def _documents(case: Case, documents: Sequence[Document] | None) -> list[Document]:
    """The documents beside the case now, in the order in which they were put there."""
    if documents is not None:
        return list(documents)
    return list(Document.objects.filter(uses__subject=case.subject, agency_id=case.agency_id).order_by("uses__id"))
