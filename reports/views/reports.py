"""Báo cáo: the list, one report with its figures and versions, and what Văn phòng asks for on these pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organization.requests import SignedInRequest
from organization.rights import Rights
from plans.models import Plan
from reports import services
from reports.forms import PeriodForm, RequestForm, SignerForm
from reports.models import Compilation, Report
from reports.periods import next_due
from reports.selectors import PRESENT, Dossier, dossiers, findings_of, visible_reports
from reports.signing import leaders_of, usual_signer
from reports.snapshots import window_of
from reports.tasks import call_worker
from workflow.errors import Refused
from workflow.models import Step

TOO_LATE = 409
FOR_OVERSEERS = "Báo cáo của cơ quan dành cho Văn phòng và lãnh đạo."
ASKED = "Đã ghi nhận yêu cầu tổng hợp phiên bản {number}. Có thể đóng trang này, khi xong phiên bản hiện ở đây."
OWED = "Đã ghi nhận yêu cầu tổng hợp phiên bản {number}. Máy tổng hợp chưa trả lời nên sẽ chạy chậm hơn thường lệ; không cần yêu cầu lại."


@require_http_methods(["GET", "HEAD", "POST"])
def list_(request: SignedInRequest) -> HttpResponse:
    """The agency's reports; Văn phòng asks for one here."""
    rights = request.rights
    if not rights.oversees:
        raise PermissionDenied(FOR_OVERSEERS)
    form = _request_form(request) if rights.is_office else None
    status = 200
    if request.method == "POST":
        if form is None:
            raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
        if form.is_valid():
            given = form.cleaned_data
            try:
                return asked(request, services.request_report(given["plan"], given["period"], given["signer"], rights))
            except Refused as refusal:
                form.add_error(None, str(refusal))
                status = TOO_LATE
    rows = dossiers(visible_reports(rights), rights)
    return render(request, "reports/list.html", {"rows": rows, "form": form}, status=status)


def _request_form(request: SignedInRequest) -> RequestForm:
    rights = request.rights
    plans = list(Plan.objects.of(rights.agency_id).issued())
    leaders = list(leaders_of(rights.agency_id, rights.on))
    initial = {"signer": usual_signer(leaders), "period": next_due(rights.on)}
    return RequestForm(request.POST or None, plans=plans, leaders=leaders, initial=initial)


def asked(request: SignedInRequest, version: Compilation) -> HttpResponse:
    """A version was asked for: tell a worker, and show how far it is."""
    words = ASKED if call_worker(version.pk) else OWED
    messages.success(request, words.format(number=version.number))
    return redirect("reports:report", version.report_id)


def found(rights: Rights, pk: int) -> Dossier:
    """The report, for whoever oversees the agency. Raises Http404 and PermissionDenied."""
    rows = dossiers(visible_reports(rights).filter(pk=pk), rights)
    if not rows:
        raise Http404("Không có báo cáo này trong phạm vi được giao.")
    if not rights.oversees:
        raise PermissionDenied(FOR_OVERSEERS)
    return rows[0]


@require_safe
def report(request: SignedInRequest, pk: int) -> HttpResponse:
    return show(request, found(request.rights, pk))


def show(request: SignedInRequest, dossier: Dossier, template: str = "report", status: int = 200, **context: Any) -> HttpResponse:  # fmt: skip
    """A report's page. `context` may bring forms with what was typed."""
    return render(request, f"reports/{template}.html", common(request, dossier) | context, status=status)


def common(request: SignedInRequest, dossier: Dossier) -> dict[str, Any]:
    """What every page of a report shows."""
    rights, version = request.rights, dossier.ready
    in_hand = rights.is_office and dossier.stage == PRESENT
    period = dossier.report.period
    findings = findings_of(version) if version else None
    mine = dossier.open_step and Step.objects.actionable(rights).filter(pk=dossier.open_step.pk).exists()
    return {
        "dossier": dossier, "report": dossier.report, "version": version, "running": dossier.running, "in_hand": in_hand,
        "mine": dossier.open_step if mine else None, "findings": findings,
        "other_days": bool(findings and window_of(findings.snapshot) != (period.since, period.until)),
        "again": signer_form(request, version or dossier.running) if in_hand else None,
        "days": PeriodForm(initial={"since": period.since, "until": period.until, "due_on": period.due_on}) if in_hand else None,
    }  # fmt: skip


def signer_form(request: SignedInRequest, last: Compilation | None, data: Any = None) -> SignerForm:
    """Tổng hợp lại names the same leader again unless another is chosen."""
    leaders = list(leaders_of(request.rights.agency_id, request.rights.on))
    signer = last.signer_id if last else usual_signer(leaders)
    return SignerForm(data, leaders=leaders, initial={"signer": signer})


@require_safe
def progress(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the version under way is; asks the page to load again once it is done."""
    if not request.rights.oversees:
        raise PermissionDenied(FOR_OVERSEERS)
    shown = visible_reports(request.rights).filter(pk=pk).first()
    if shown is None:
        raise Http404("Không có báo cáo này trong phạm vi được giao.")
    running = shown.compilations.filter(finished=None).first()
    if running is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "reports/progress.html", {"running": running, "report": shown})


def _for_the_office(request: SignedInRequest, pk: int) -> Report:
    dossier = found(request.rights, pk)
    if not request.rights.is_office:
        raise PermissionDenied("Bạn không có quyền thực hiện thao tác này.")
    return dossier.report


@require_POST
def again(request: SignedInRequest, pk: int) -> HttpResponse:
    """Tổng hợp lại: a new version of the same period's report."""
    report = _for_the_office(request, pk)
    form = signer_form(request, None, request.POST)
    if not form.is_valid():
        return show(request, found(request.rights, pk), refused=" ".join(map(str, form.errors["signer"])))
    try:
        signer = form.cleaned_data["signer"]
        return asked(request, services.request_report(report.plan, report.period_code, signer, request.rights))
    except Refused as refusal:
        return show(request, found(request.rights, pk), status=TOO_LATE, refused=str(refusal))


@require_POST
def stop(request: SignedInRequest, pk: int) -> HttpResponse:
    try:
        version = services.stop(_for_the_office(request, pk), request.rights)
        messages.success(request, f"Đã dừng tổng hợp phiên bản {version.number}.")
    except Refused as refusal:
        messages.warning(request, str(refusal))
    return redirect("reports:report", pk)


@require_POST
def change_period(request: SignedInRequest, pk: int) -> HttpResponse:
    report = _for_the_office(request, pk)
    form = PeriodForm(request.POST)
    if not form.is_valid():
        return show(request, found(request.rights, pk), days=form)
    try:
        services.change_period(report, form.days, request.rights)
    except Refused as refusal:
        return show(request, found(request.rights, pk), status=TOO_LATE, days=form, refused=str(refusal))
    messages.success(
        request, f"Đã sửa ngày của kỳ báo cáo {report.period.spoken}. Tổng hợp lại để số liệu theo ngày mới."
    )
    return redirect("reports:report", pk)
