"""Phiếu trình tổng hợp: Văn phòng gathers accepted work for one leader, who approves all of it and leaves exceptions.

A slip decides nothing a single press could not: each row is approved in its own act, on the digest the leader saw.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.utils.timezone import localdate, now

from audit import services as audit
from notifications.models import Notice
from organization.enums import Role
from organization.models import AgencySettings
from organization.rights import Rights
from workflow import engine, services
from workflow.errors import Refused
from workflow.models import Slip, SlipItem, Step
from workflow.owing import owe
from workflow.services import Result
from workflow.slips.reading import items_of, may_decide, waiting

FOR_OFFICE = "Chỉ Văn phòng lập và rút phiếu trình tổng hợp."
FOR_THE_LEADER = "Chỉ lãnh đạo được trình, hoặc người đang được ủy quyền thay, quyết định phiếu trình này."
NOTHING_CHOSEN = "Chưa chọn nhiệm vụ nào. Chọn ít nhất một nhiệm vụ rồi lập phiếu."
TOO_MANY = "Mỗi phiếu không quá 100 nhiệm vụ. Bỏ bớt rồi lập phiếu; phần còn lại lập phiếu sau."
SOME_GONE = "Có nhiệm vụ vừa được xử lý hoặc đã vào phiếu khác. Xem lại danh sách rồi lập phiếu."
WITHDRAWN = "Văn phòng đã rút phiếu trình này nên không quyết định được. Các nhiệm vụ vẫn chờ ở Chờ phê duyệt."
DECIDED = "Phiếu trình này đã được quyết định. Kết quả từng nhiệm vụ ở dưới."
WORD_MISSING = "Chưa ghi ý kiến cho nhiệm vụ để lại: {}. Ghi ngắn gọn vì sao để lại rồi gửi lại."
MOST = 100


def make(leader_id: int, keys: Collection[int], rights: Rights, *, note: str = "") -> Slip:
    """Lập phiếu with these steps of one leader, in the order of the plan. Raises PermissionDenied, Refused, Busy."""
    if not rights.is_office:
        raise PermissionDenied(FOR_OFFICE)
    if not keys:
        raise Refused(NOTHING_CHOSEN)
    if len(keys) > MOST:
        raise Refused(TOO_MANY)
    with engine.one_transaction():
        # one slip of an agency after the other: neither a number nor a step is taken twice
        AgencySettings.objects.select_for_update(no_key=True).get(agency_id=rights.agency_id)
        steps = list(waiting(rights.agency_id).filter(owner_id=leader_id, pk__in=keys).select_related("previous"))
        if len(steps) < len(set(keys)):
            raise Refused(SOME_GONE)
        slip = _numbered(leader_id, rights, note)
        SlipItem.objects.bulk_create(
            SlipItem(slip=slip, step=step, position=place, digest=step.previous.digest if step.previous else "")
            for place, step in enumerate(steps, 1)
        )
        _tell(slip, "slip.arrived", leader_id, rights, slip.on_behalf_of_id, judging=True)
        audit.record(
            "slip.made", slip.subject, agency=slip.agency_id, actor=slip.by_id, on_behalf_of=slip.on_behalf_of_id, at=slip.at,
            slip=slip.name, leader=leader_id, note=note, cases=[step.process_id for step in steps],
        )  # fmt: skip
    return slip


def _numbered(leader_id: int, rights: Rights, note: str) -> Slip:
    dated = localdate()
    last = Slip.objects.filter(agency_id=rights.agency_id, year=dated.year).aggregate(last=Max("number"))["last"]
    return Slip.objects.create(
        agency_id=rights.agency_id, leader_id=leader_id, year=dated.year, number=(last or 0) + 1, dated=dated, note=note,
        by_id=rights.user_id, on_behalf_of_id=rights.name_for(Role.REVIEWER), at=now(),
    )  # fmt: skip


def withdraw(slip_id: int, rights: Rights) -> Slip:
    """Rút phiếu before the leader decides: its work waits as before. Raises Slip.DoesNotExist, PermissionDenied, Refused, Busy."""
    if not rights.is_office:
        raise PermissionDenied(FOR_OFFICE)
    with engine.one_transaction():
        slip = _open(slip_id, rights)
        slip.withdrawn = True
        _close(slip, rights, rights.name_for(Role.REVIEWER))
        _tell(slip, "slip.withdrawn", slip.leader_id, rights, slip.closed_on_behalf_of_id)
        audit.record(
            "slip.withdrawn", slip.subject, agency=slip.agency_id, actor=rights.user_id, at=slip.closed_at,
            on_behalf_of=slip.closed_on_behalf_of_id, slip=slip.name,
        )  # fmt: skip
    return slip


def decide(slip_id: int, shown: Mapping[int, str], words: Mapping[int, str], rights: Rights) -> list[Result]:
    """Approve the rows that are ticked, leave the others waiting, each with a word.

    `shown`: step and the digest that its row showed, of what is ticked; `words`: of what is left. The slip is closed
    first, so that it is decided once; then each row is its own act, and what could not be done is written beside it.
    Raises Slip.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    slip, items = _claim(slip_id, shown, words, rights)
    steps = [(item.step, shown[item.step_id]) for item in items if item.step_id in shown]
    results = services.approve_many(steps, rights, slip=slip)
    refused = {step.pk: result.refusal for (step, _), result in zip(steps, results, strict=True) if result.refusal}
    if refused:
        _note_refused(slip, [item for item in items if item.step_id in refused], refused, rights)
    return results


def _claim(
    slip_id: int, shown: Mapping[int, str], words: Mapping[int, str], rights: Rights
) -> tuple[Slip, list[SlipItem]]:
    with engine.one_transaction():
        slip = _open(slip_id, rights)
        if not may_decide(slip, rights):
            raise PermissionDenied(FOR_THE_LEADER)
        items = list(items_of(slip))
        mine = Step.objects.actionable(rights).filter(
            pk__in=[item.step_id for item in items if item.step_id not in shown]
        )
        theirs = set(mine.values_list("pk", flat=True))
        left = [item for item in items if item.step_id in theirs]
        speechless = [item.step.process.code for item in left if not words.get(item.step_id, "").strip()]
        if speechless:
            raise Refused(WORD_MISSING.format(", ".join(speechless)))
        principal = None if slip.leader_id == rights.user_id else slip.leader_id
        _close(slip, rights, principal)
        for item in left:
            item.open, item.left, item.word = False, True, words[item.step_id].strip()
        SlipItem.objects.bulk_update(left, ["open", "left", "word"])
        _tell(slip, "slip.decided", slip.by_id, rights, principal)
        audit.record(
            "slip.decided", slip.subject, agency=slip.agency_id, actor=rights.user_id, on_behalf_of=principal, at=slip.closed_at,
            slip=slip.name, asked=[item.step.process_id for item in items if item.step_id in shown],
            left={item.step.process_id: item.word for item in left},
        )  # fmt: skip
    return slip, items


def _note_refused(slip: Slip, items: list[SlipItem], refused: Mapping[int, str], rights: Rights) -> None:
    with engine.one_transaction():
        for item in items:
            item.word = refused[item.step_id]
        SlipItem.objects.bulk_update(items, ["word"])
        audit.record(
            "slip.refused", slip.subject, agency=slip.agency_id, actor=rights.user_id, on_behalf_of=slip.closed_on_behalf_of_id,
            slip=slip.name, refused={item.step.process_id: item.word for item in items},
        )  # fmt: skip


def _open(slip_id: int, rights: Rights) -> Slip:
    """The slip, locked. Raises Refused where it is closed."""
    slip = Slip.objects.select_for_update().get(pk=slip_id, agency_id=rights.agency_id)
    if slip.closed_at:
        raise Refused(WITHDRAWN if slip.withdrawn else DECIDED)
    return slip


def _close(slip: Slip, rights: Rights, principal: int | None) -> None:
    slip.closed_at, slip.closed_by_id, slip.closed_on_behalf_of_id = now(), rights.user_id, principal
    slip.save(update_fields=("closed_at", "closed_by", "closed_on_behalf_of", "withdrawn"), force_update=True)
    SlipItem.objects.filter(slip=slip).update(open=False)


def _tell(
    slip: Slip, kind: str, person: int, rights: Rights, behalf: int | None, *, judging: bool | None = None
) -> None:
    if person == rights.user_id:
        return
    params = {"by": rights.user_id, "behalf": behalf} | ({} if judging is None else {"judging": judging})
    at = slip.closed_at or slip.at
    notice = Notice(agency_id=slip.agency_id, to_id=person, kind=kind, subject=slip.subject, at=at, params=params)
    owe([notice], slip.pk, localdate(at))
