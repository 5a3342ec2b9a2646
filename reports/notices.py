"""How notices of reports read, and whether their matter still stands. Asked for many at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.timezone import localdate

from notifications.models import Notice
from notifications.registry import Said, register
from organization.vietnamese import acting, short_date
from reports.flows import ReportFlow
from reports.models import Report
from reports.selectors import names_of
from workflow.models import Step
from workflow.notices import case_of

GONE = Said("Báo cáo không còn", "Báo cáo của thông báo này không còn trong chương trình.", "")
DONE = {
    "report.arrived": ("chờ duyệt dự thảo", "đã trình"),
    "report.returned": ("bị trả lại", "đã trả lại"),
    "report.approved": ("đã được duyệt dự thảo", "đã duyệt dự thảo"),
}


def render(notices: Sequence[Notice]) -> list[Said]:
    """Three queries, however many notices."""
    reports = Report.objects.select_related("period__plan").in_bulk({case_of(notice) for notice in notices})
    people = {notice.params.get(name) for notice in notices for name in ("by", "behalf")}
    names = names_of(people, localdate())
    return [_said(notice, reports.get(case_of(notice)), names) for notice in notices]


def _said(notice: Notice, report: Report | None, names: dict[int, str]) -> Said:
    if report is None or report.agency_id != notice.agency_id:
        return GONE
    state, verb = DONE[notice.kind]
    spoken = report.period.spoken
    note = str(notice.params["note"]).strip()
    by = acting(names[notice.params["by"]], names.get(notice.params.get("behalf") or 0, ""))
    parts = [f"{by} {verb} báo cáo {spoken}."]
    if notice.kind == "report.arrived":
        parts.append(f"Hạn gửi báo cáo: {short_date(report.period.due_on)}.")
    if note:
        parts.append(f"{'Lý do' if notice.kind == 'report.returned' else 'Ý kiến'}: “{note}”")
    return Said(f"Báo cáo {spoken} {state}", " ".join(parts), reverse("reports:report", args=[report.pk]))


def still_true(notices: Sequence[Notice]) -> set[int]:
    """An arrival stands while the step is still that person's, a return until the report is presented again."""
    cases = {case_of(notice) for notice in notices}
    steps = {step.process_id: step for step in Step.objects.open().filter(process_id__in=cases)}
    return {notice.pk for notice in notices if _stands(notice, steps.get(case_of(notice)))}


def _stands(notice: Notice, step: Step | None) -> bool:
    if notice.kind == "report.approved":
        return True
    if step is None:
        return False
    if notice.kind == "report.returned":
        return step.stage == ReportFlow.present.name
    return step.pk == notice.params["step"] and step.owner_id in {notice.to_id, notice.params.get("instead_of")}


def register_kinds() -> None:
    for kind in DONE:
        register(kind, render, still_true)
