"""What a person reads after an act, or instead of one."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.timezone import localdate, localtime

from organization.models import User
from organization.vietnamese import counted, short_date
from workflow.dossier import holder_of
from workflow.models import Case, Step, Suspension
from workflow.services import Result


def named(case: Case) -> str:
    """nhiệm vụ I.16 (tháng 10)."""
    return f"nhiệm vụ {code_of(case)}"


def code_of(case: Case) -> str:
    code = case.code or f"“{case.title}”"
    return f"{code} ({case.period[0].lower()}{case.period[1:]})" if case.period else code


def done(step: Step, follower: Step) -> str:
    """Đã trình duyệt nhiệm vụ I.27. Bước tiếp theo: Lãnh đạo phê duyệt, Lý Thị Minh Thu."""
    said = _said(step.outcome_label, step.process)
    return f"{_sentence(said)}. {_what_follows(follower)}"


def too_late(step: Step) -> str:
    """Trần Thị Lan đã trình duyệt nhiệm vụ I.27 lúc 10:42."""
    if step.finished is None:
        return f"{_sentence(named(step.process))} đang do {holder_of(step)} giữ."
    moment = localtime(step.finished)
    day = "" if localdate(moment) == localdate() else f" ngày {short_date(moment)}"
    return f"{step.who} {_said(step.outcome_label, step.process)} lúc {moment:%H:%M}{day}."


def paused(pause: Suspension) -> str:
    """Nhiệm vụ tạm dừng từ ngày 03/11/2026 (Hoàng Thu Nam): chờ hướng dẫn của tỉnh."""
    reason = pause.reason.rstrip(".")
    return f"Nhiệm vụ tạm dừng từ ngày {short_date(pause.since)} ({pause.who}): {reason}. Chưa xử lý được cho đến khi tiếp tục."


def assigned(results: Sequence[Result], officer: User) -> str:
    """Đã phân công nhiệm vụ I.16 cho Nguyễn Văn Hùng, cùng 11 kỳ khác trong năm."""
    first, *others = results
    also = sum(not result.refusal for result in others)
    more = f", cùng {counted(also)} kỳ khác trong năm" if also else ""
    return " ".join([f"Đã phân công {named(first.case)} cho {officer.full_name}{more}.", *refused(others)])


def refused(results: Sequence[Result]) -> list[str]:
    return [f"{code_of(result.case)}: {result.refusal}" for result in results if result.refusal]


def _said(label: str, case: Case) -> str:
    """The task's name stands before the comma: đã trả lại nhiệm vụ I.27, chưa đạt yêu cầu."""
    verb, comma, rest = label.partition(",")
    return f"{verb} {named(case)}{comma}{rest}"


def _what_follows(follower: Step) -> str:
    if follower.finished:
        return "Nhiệm vụ đã hoàn thành."
    return f"Bước tiếp theo: {follower.stage_title}, {holder_of(follower)}."


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"
