"""Đưa vào theo dõi: from a draft to work in people's inboxes, and what is settled of it later.

Every verb locks the plan's row first, so that two of them never make the same assignment. Nothing is
born overdue: what was due before the day it would begin waits for Văn phòng's word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, OperationalError
from django.utils.timezone import localdate, now

from audit import services as audit
from evidence.models import Document, Use
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights
from organization.vietnamese import clean, short_date
from plans.closing import why_closed
from plans.enums import BeforeIssue
from plans.models import MeasureText, Occurrence, Plan
from plans.services import name_leads
from workflow import engine
from workflow.engine import BUSY, Move
from workflow.errors import Busy, Refused, within_calendar
from workflow.flows import AssignmentFlow
from workflow.planned import Planner, Work, leaderless, rows_of, undecided
from workflow.rounds import submit_round

RECORDED = "Kết quả đã có trước khi kế hoạch được đưa vào theo dõi: {document}, ngày {date}."
NUMBER_MISSING = "Chưa ghi số kế hoạch. Ghi số, ký hiệu của kế hoạch đã ký."
NUMBER_LONG = "Số, ký hiệu dài quá 60 ký tự. Chỉ ghi số và ký hiệu, ví dụ 45/KH-SKHĐT."
NUMBER_LENGTH = 60
NUMBER_TAKEN = "Kế hoạch có số và ngày này đã được đưa vào theo dõi. Kiểm tra lại số, ngày ban hành."
NO_ROWS = "Kế hoạch chưa có dòng nhiệm vụ nào. Nhập nhiệm vụ rồi đưa vào theo dõi."


@dataclass(frozen=True)
class Issued:
    """What issuing made, and what it left for later."""

    plan: Plan
    assignments: int
    recorded: int
    undecided: list[Occurrence]
    leaderless: list[MeasureText]


# a document that is there, or a function that takes it in within the verb's transaction
Filed = Document | Callable[[], Document] | None


def filed(document: Filed) -> Document | None:
    """Taken in before any lock is asked for: a long upload keeps nobody waiting, and is undone with the verb."""
    return document() if callable(document) else document


@contextmanager
def verb() -> Iterator[None]:
    """One verb's transaction. Raises Busy where a lock is not had in time."""
    try:
        with within_calendar(), audit.transaction():
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) in BUSY:
            raise Busy from error
        raise


def need_office(rights: Rights) -> None:
    if not rights.is_office:
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")


def locked_plan(plan_id: int, rights: Rights, *, closed: bool = False) -> Plan:
    """The plan's row, held until the verb ends; refused where its year is closed, unless the verb is about that.

    Its key stays free: who asks about work that this verb waits for makes a case of the plan.
    Raises Plan.DoesNotExist for another agency's, Refused.
    """
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan_id, agency_id=rights.agency_id)
    if not closed and (refusal := why_closed(plan)):
        raise Refused(refusal)
    return plan


def issue_plan(plan_id: int, rights: Rights, *, number: str, issued_on: date, signed_document: Filed = None) -> Issued:
    """Đưa vào theo dõi, once. Raises PermissionDenied, Refused, Busy."""
    need_office(rights)
    today = localdate()
    number = _checked(clean(number), issued_on, today)
    try:
        with verb():
            signed = filed(signed_document)
            plan = locked_plan(plan_id, rights)
            _refuse_again(plan)
            texts = list(rows_of(plan).prefetch_related("criteria"))
            if not texts:
                raise Refused(NO_ROWS)
            plan.number, plan.issued_on, plan.signed_document = number, issued_on, signed
            plan.issued_by_id, plan.issued_at = rights.user_id, now()
            plan.save(update_fields=("number", "issued_on", "signed_document", "issued_by", "issued_at"))
            planner = Planner.of(plan, today)
            recorded, assignments = begin(planner, planner.work(texts), rights)
            issued = Issued(plan, assignments, recorded, list(undecided(plan, today)), leaderless(texts, planner.book))
            audit.record(
                "plan.issued", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER), at=plan.issued_at,
                number=number, issued_on=issued_on, signed_document=signed and signed.pk,
                rows=len(texts), assignments=assignments, recorded=recorded, undecided=len(issued.undecided),
                leaderless=len(issued.leaderless), digest=digest_of(texts),
            )  # fmt: skip
    except IntegrityError as error:
        if "plan_number_once" in str(error):
            raise Refused(NUMBER_TAKEN) from error
        raise
    return issued


def _checked(number: str, issued_on: date, today: date) -> str:
    if not number:
        raise Refused(NUMBER_MISSING)
    if len(number) > NUMBER_LENGTH:
        raise Refused(NUMBER_LONG)
    if issued_on > today:
        raise Refused(f"Ngày ban hành {short_date(issued_on)} ở sau hôm nay. Kiểm tra lại ngày.")
    return number


def _refuse_again(plan: Plan) -> None:
    if plan.issued_at:
        by = f"{plan.issued_by.full_name} " if plan.issued_by else ""
        day = short_date(localdate(plan.issued_at))
        raise Refused(f"{by}đã đưa kế hoạch này vào theo dõi ngày {day}. Không có việc nào được giao thêm.".lstrip())


def digest_of(texts: Sequence[MeasureText]) -> str:
    """SHA-256 over what the rows say, in the plan's order."""
    body = [
        [
            text.code, text.task, text.solution, text.product, text.deadline_raw, str(text.points),
            [[unit.part, unit.written, unit.unit_id, unit.group] for unit in text.units.all()],
            [criterion.code for criterion in text.criteria.all()],
            [str(occurrence.due_on) for occurrence in text.occurrences.all()],
        ]
        for text in texts
    ]  # fmt: skip
    canonical = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def begin(planner: Planner, works: Sequence[Work], rights: Rights) -> tuple[int, int]:
    """Begin this work; returns how many have their result already, and how many in all."""
    recorded = [work for work in works if work.recorded]
    for work in recorded:
        _begin_recorded(planner.plan, work, rights)
    waiting = [work.pair(planner.plan) for work in works if not work.recorded]
    if waiting:
        engine.start_many(waiting, AssignmentFlow.start, rights)
    return len(recorded), len(works)


def _begin_recorded(plan: Plan, work: Work, rights: Rights) -> None:
    """An assignment whose result was there before: begun and ended at once, complete on the document's day."""
    document = work.recorded.result if work.recorded else None
    if document is None or document.dated is None:
        raise Refused(f"Dòng {work.text.code}: văn bản kết quả chưa có ngày. Chọn văn bản có ngày.")
    case, assignment = work.pair(plan)
    facts = {"before_issue": True, "document": document.pk}
    end = engine.start(case, assignment, AssignmentFlow.recorded, rights, **facts)
    Use.objects.get_or_create(
        document=document, subject=case.subject,
        defaults={"agency_id": plan.agency_id, "by_id": rights.user_id, "at": end.created},
    )  # fmt: skip
    move = Move(end, case, "recorded", rights.user_id, None, end.created, "")
    statement = RECORDED.format(document=document, date=short_date(document.dated))
    submit_round(move, statement, [document], before_issue=True, on=document.dated)


def decide_past(
    plan_id: int,
    occurrence_ids: Sequence[int],
    decision: BeforeIssue,
    rights: Rights,
    *,
    new_due_on: date | None = None,
    result: Filed = None,
) -> int:
    """What becomes of occurrences that were due before their work began: one word for one or for many.

    On a draft it is kept until the issue and may be changed; afterwards the work begins at once.
    Returns how many assignments began. Raises PermissionDenied, Refused, Busy.
    """
    need_office(rights)
    today = localdate()
    with verb():
        document = filed(result)
        values = _decision(decision, new_due_on, document, today)
        plan = locked_plan(plan_id, rights)
        chosen = list(undecided(plan, today).filter(pk__in=occurrence_ids))
        if not chosen or len(chosen) != len(set(occurrence_ids)):
            raise Refused("Có dòng đã được quyết định rồi hoặc chưa quá hạn. Mở lại danh sách rồi chọn lại.")
        if plan.issued_at and decision != BeforeIssue.DROPPED:
            _need_leads(plan, chosen, today)
        Occurrence.objects.filter(pk__in=[occurrence.pk for occurrence in chosen]).update(**values)
        begun = _begin_rows(plan, {occurrence.text_id for occurrence in chosen}, rights) if plan.issued_at else 0
        audit.record(
            "plan.past_decided", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER), decision=decision.value,
            new_due_on=new_due_on, document=document and document.pk, assignments=begun,
            occurrences=[f"{occurrence.text.code}#{occurrence.number}" for occurrence in chosen],
        )  # fmt: skip
    return begun


def _decision(decision: BeforeIssue, new_due_on: date | None, result: Document | None, today: date) -> dict[str, Any]:
    match decision:
        case BeforeIssue.MOVED:
            if new_due_on is None or new_due_on < today:
                raise Refused(f"Thời hạn mới phải từ ngày {short_date(today)} trở đi. Ghi lại thời hạn mới.")
            return {"before_issue": decision, "new_due_on": new_due_on, "result": None}
        case BeforeIssue.RECORDED:
            if result is None or result.dated is None:
                raise Refused("Chưa có văn bản kết quả kèm ngày văn bản. Ghi số, ngày và chọn tệp kết quả.")
            if result.dated > today:
                raise Refused(f"Ngày văn bản {short_date(result.dated)} ở sau hôm nay. Kiểm tra lại ngày.")
            return {"before_issue": decision, "new_due_on": None, "result": result}
        case BeforeIssue.DROPPED:
            return {"before_issue": decision, "new_due_on": None, "result": None}


def _need_leads(plan: Plan, chosen: Sequence[Occurrence], today: date) -> None:
    book = Planner.of(plan, today).book
    missing = {o.text.code for o in chosen if not book.leads_of(o.text)}
    if missing:
        raise Refused(f"Dòng {', '.join(sorted(missing))} chưa có đơn vị chủ trì. Chọn đơn vị chủ trì trước.")


def _begin_rows(plan: Plan, text_ids: set[int], rights: Rights) -> int:
    planner = Planner.of(plan, localdate())
    works = planner.work(rows_of(plan).filter(pk__in=text_ids))
    return begin(planner, works, rights)[1]


def name_lead(text_id: int, units: Sequence[Unit], rights: Rights) -> int:
    """Chọn đơn vị chủ trì of a row that had none. Where the plan is issued its work begins at once.

    Returns how many assignments began. Raises PermissionDenied, Refused, Busy.
    """
    need_office(rights)
    today = localdate()
    with verb():
        plan = locked_plan(_plan_of(text_id, rights), rights)
        text = rows_of(plan).filter(pk=text_id).first()
        planner = Planner.of(plan, today)
        if text is None or planner.book.leads_of(text):
            raise Refused("Dòng này đã có đơn vị chủ trì. Mở lại kế hoạch để xem.")
        if not units or any(unit.pk not in planner.book.units for unit in units):
            raise Refused("Chưa chọn đơn vị chủ trì trong danh sách đơn vị. Chọn ít nhất một đơn vị.")
        name_leads(text, units)
        begun = _begin_rows(plan, {text_id}, rights) if plan.issued_at else 0
        audit.record(
            "plan.lead_named", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER), row=text.code,
            units=[unit.pk for unit in units], assignments=begun,
        )  # fmt: skip
    return begun


def _plan_of(text_id: int, rights: Rights) -> int:
    return MeasureText.objects.values_list("version__plan_id", flat=True).get(
        pk=text_id, version__plan__agency_id=rights.agency_id
    )
