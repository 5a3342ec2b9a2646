"""How a report is approved, on one page."""

from viewflow import this
from viewflow.workflow import flow, lock

from reports import signing
from workflow.holding import office
from workflow.models import Case, Step
from workflow.nodes import Ended, Human, Started


class ReportFlow(flow.Flow):
    """Duyệt báo cáo"""

    page = "reports:report"
    process_class, task_class = Case, Step
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    start = Started().Next(this.present)

    present = (
        Human("Hoàn thiện, trình lãnh đạo", held=office, page="reports:present", pinned=signing.seen_digest)
        .On("presented", this.sign, "đã trình lãnh đạo")
    )  # fmt: skip
    sign = (
        Human("Duyệt dự thảo báo cáo", held=signing.signer, page="reports:sign", effect=signing.tell_decision, judging=True,
              pinned=signing.seen_digest, announces="report.arrived")
        .On("approved", this.end, "đã duyệt dự thảo")
        .On("returned", this.present, "đã trả lại")
    )  # fmt: skip

    end = Ended()
