"""One page for each step of a report. GET shows it, POST acts through reports.services and nothing else.

Not theirs: 404. Seen but not theirs to act on: 403. Too late: a sentence, and what was typed is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.views import View

from organization.requests import SignedInRequest
from organization.vietnamese import short_date
from reports import services
from reports.flows import ReportFlow
from reports.forms import PresentForm, SignForm, typed
from reports.selectors import PRESENT, SIGN, Dossier, dossiers, visible_reports
from reports.views.reports import FOR_OVERSEERS, TOO_LATE, show
from workflow.errors import ChangedUnder, Refused, StaleStep
from workflow.models import Step

CHANGED = "Báo cáo đã có phiên bản khác sau khi trang này được mở, hoặc đang được tổng hợp lại. Chưa ghi gì; xem lại phiên bản dưới đây rồi quyết định."


class StepPage(View):
    """What both pages share: finding the step, and saying what came of an act."""

    stage: ClassVar[str]
    form_class: ClassVar[type[PresentForm | SignForm]]
    request: SignedInRequest
    step: Step
    dossier: Dossier

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.find(pk)
        if not (self.mine or request.rights.oversees):
            raise PermissionDenied(FOR_OVERSEERS)
        if self.step.stage != self.stage:
            if self.step.stage not in {PRESENT, SIGN}:
                raise Http404("Bước này không có trang xử lý.")
            return redirect(self.step.node.page, pk)
        if self.step.finished:
            return self.too_late(TOO_LATE if request.method == "POST" else 200, self.form_class(request.POST))
        if not self.mine:
            raise PermissionDenied(f"Bước này đang do {self.dossier.holder} giữ.")
        return super().dispatch(request)  # type: ignore[return-value]

    def find(self, pk: int) -> None:
        """The step and its report. Raises Http404 where this person may neither act on it nor see it."""
        rights = self.request.rights
        rows = dossiers(visible_reports(rights).filter(case__task_set=pk), rights)
        if not rows:
            raise Http404("Không có bước này trong phạm vi được giao.")
        self.dossier = rows[0]
        self.step = next(step for step in self.dossier.steps if step.pk == pk)
        self.mine = Step.objects.actionable(rights).filter(pk=pk).exists()

    def get(self, request: SignedInRequest) -> HttpResponse:  # noqa: ARG002 - Django's signature
        return self.page(self.form_class())

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        if not form.is_valid():
            return self.page(form)
        try:
            said = self.act(form.cleaned_data)
        except (StaleStep, PermissionDenied):
            self.find(self.step.pk)
            if self.step.finished is None:
                raise
            return self.too_late(TOO_LATE, form)
        except ChangedUnder:
            self.find(self.step.pk)
            return self.page(form, TOO_LATE, changed=CHANGED)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.page(form, TOO_LATE)
        messages.success(request, said)
        return redirect("reports:report", self.dossier.report.pk)

    def page(self, form: PresentForm | SignForm, status: int = 200, changed: str = "") -> HttpResponse:
        return show(self.request, self.dossier, self.stage, status, form=form, step=self.step, changed=changed)

    def too_late(self, status: int, form: PresentForm | SignForm) -> HttpResponse:
        return show(self.request, self.dossier, status=status, stale={
            "title": "Bước này đã có người xử lý", "words": self.told(), "kept": typed(form),
            "url": reverse("reports:report", args=[self.dossier.report.pk]), "link": "Xem báo cáo",
        })  # fmt: skip

    def told(self) -> str:
        """Lý Thị Minh Thu (Phó Giám đốc) đã duyệt dự thảo báo cáo 9 tháng năm 2024 lúc 09:10 ngày 17/9/2024."""
        moment = localtime(self.step.finished)
        day = "" if localdate(moment) == localdate() else f" ngày {short_date(localdate(moment))}"
        words = f"{self.dossier.who(self.step)} {self.step.outcome_label} báo cáo {self.dossier.report.period.spoken} lúc {moment:%H:%M}{day}."
        return f"{words} Nội dung vừa nhập chưa được ghi." if self.request.method == "POST" else words

    def act(self, given: dict[str, Any]) -> str:
        """Does what was asked and returns the sentence that says so."""
        raise NotImplementedError


class Present(StepPage):
    """Văn phòng: hoàn thiện, trình lãnh đạo."""

    stage = ReportFlow.present.name
    form_class = PresentForm

    def act(self, given: dict[str, Any]) -> str:
        follower = services.present(self.step.pk, self.request.rights, seen=given["seen"], note=given["note"])
        signer = follower.owner.full_name if follower.owner else ""
        return f"Đã trình {signer} báo cáo {self.dossier.report.period.spoken}."


class Sign(StepPage):
    """Lãnh đạo: duyệt dự thảo, hoặc trả lại với lý do."""

    stage = ReportFlow.sign.name
    form_class = SignForm

    def act(self, given: dict[str, Any]) -> str:
        pk, rights, spoken = self.step.pk, self.request.rights, self.dossier.report.period.spoken
        if given["decision"] == SignForm.RETURNED:
            services.send_back(pk, rights, seen=given["seen"], reason=given["reason"])
            return f"Đã trả lại báo cáo {spoken}. Văn phòng tổng hợp lại theo lý do đã ghi."
        services.approve(pk, rights, seen=given["seen"], note=given["note"])
        return f"Đã duyệt dự thảo báo cáo {spoken}."
