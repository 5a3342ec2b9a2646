"""Đặt thời hạn: a due date for work that had none yet."""

from __future__ import annotations

from datetime import date

from django.utils.timezone import localdate

from audit import services as audit
from organization.rights import Rights
from organization.vietnamese import clean, short_date
from workflow.errors import Refused
from workflow.issuing import need_office, verb
from workflow.models import Case, Schedule


def set_due(case_id: int, due_on: date, rights: Rights, *, note: str, document_text: str = "") -> Case:
    """Both dates of a case become `due_on`; `document_text` names the document that sets it.

    Raises Case.DoesNotExist, PermissionDenied, Refused, Busy.
    """
    need_office(rights)
    if due_on < localdate():
        raise Refused(f"Thời hạn phải từ ngày {short_date(localdate())} trở đi. Ghi lại thời hạn.")
    if not (clean(note) or clean(document_text)):
        raise Refused("Chưa ghi căn cứ của thời hạn. Ghi văn bản hoặc lý do rồi lưu lại.")
    with verb():
        case = Case.objects.select_for_update().get(pk=case_id, agency_id=rights.agency_id)
        if case.finished:
            raise Refused("Việc này đã kết thúc nên không đặt thời hạn được nữa.")
        if case.due_on:
            raise Refused(f"Việc này đã có thời hạn {short_date(case.due_on)}. Mở lại trang để xem.")
        if case.schedule == Schedule.ONGOING:
            raise Refused("Việc thường xuyên không có thời hạn. Kết quả được cập nhật theo kỳ báo cáo.")
        case.schedule, case.original_due_on, case.due_on = Schedule.DATED, due_on, due_on
        case.save(update_fields=("schedule", "original_due_on", "due_on"))
        audit.record(
            "case.due_set", case.subject, agency=case.agency_id, actor=rights.user_id, due_on=due_on,
            note=clean(note), document=clean(document_text),
        )  # fmt: skip
    return case
