"""Thao tác khác: one page for each verb about a task besides its steps. What will happen stands above the form.

Not theirs: 404. Seen but not theirs to do: 403. Too late: a sentence, and what was typed is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View

from evidence.content import NotAccepted
from organization.requests import SignedInRequest
from organization.vietnamese import counted, short_date
from workflow import services, stopping
from workflow.dossier import holder_of
from workflow.engine import ENDED
from workflow.errors import Refused
from workflow.models import Case, Step
from workflow.selectors import assignments
from workflow.verb_forms import DropForm, RecallForm, ReopenForm, ResumeForm, SuspendForm

TOO_LATE = 409


class CaseVerb(View):
    """A verb about one task: its words, its form, and what it does."""

    title: ClassVar[str]
    button: ClassVar[str]
    form_class: ClassVar[type[forms.Form]]
    refusal: ClassVar[str] = stopping.NOT_YOURS
    request: SignedInRequest
    case: Case

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.request = request
        cases = assignments(request.rights).select_related("unit", "assignment__officer")
        self.case = get_object_or_404(cases, pk=pk)
        if not self.may():
            raise PermissionDenied(self.refusal)
        return super().dispatch(request)  # type: ignore[return-value]

    def get(self, request: SignedInRequest) -> HttpResponse:
        try:
            return self.show(self.form())
        except Refused as refusal:
            messages.warning(request, str(refusal))
            return self.back()

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.answer(form, 200)
        try:
            said = self.act(form.cleaned_data)
        except (Refused, NotAccepted) as refusal:
            form.add_error(None, str(refusal))
            return self.answer(form, TOO_LATE)
        messages.success(request, said)
        return self.back()

    def answer(self, form: forms.Form, status: int) -> HttpResponse:
        """The form again; without what would happen where it cannot happen any more."""
        try:
            return self.show(form, status)
        except Refused as refusal:
            if not form.non_field_errors():
                form.add_error(None, str(refusal))
            return self.page(form, [], TOO_LATE)

    def show(self, form: forms.Form, status: int = 200) -> HttpResponse:
        """Raises Refused where the verb comes too late."""
        return self.page(form, self.will_happen(), status)

    def page(self, form: forms.Form, happens: list[str], status: int) -> HttpResponse:
        context = {"case": self.case, "form": form, "title": self.title, "button": self.button, "happens": happens}
        return render(self.request, "workflow/verb.html", context, status=status)

    def back(self) -> HttpResponseRedirect:
        return redirect("workflow:task", self.case.pk)

    def open_step(self) -> Step:
        """Raises Refused where the case has ended."""
        steps = Step.objects.open().filter(process_id=self.case.pk)
        step = steps.select_related("process", "owner", "pool_unit", "previous").first()
        if step is None:
            raise Refused(ENDED)
        return step

    def form(self, data: Any = None) -> forms.Form:
        return self.form_class(data, self.request.FILES or None)

    def may(self) -> bool:
        return stopping.may_stop(self.request.rights)

    def will_happen(self) -> list[str]:
        """Sentences. Raises Refused where it cannot happen."""
        raise NotImplementedError

    def act(self, given: dict[str, Any]) -> str:
        """Does it and returns the sentence that says so."""
        raise NotImplementedError


class Recall(CaseVerb):
    """Rút lại what one has handed on, until the next person has opened it."""

    title, button, form_class = "Rút lại", "Rút lại", RecallForm
    refusal = "Chỉ người đã chuyển việc đi rút lại được, và chỉ khi người nhận chưa xử lý."

    def may(self) -> bool:
        """Who handed it on in any step: whether it was the last one is said by a sentence."""
        people = {standing.person for standing, _ in self.request.rights.standings}
        passed = Step.objects.filter(process_id=self.case.pk, judging=False, finished__isnull=False)
        return passed.exclude(flow_task_type="START").filter(acted_by_id__in=people).exists()

    def form(self, data: Any = None) -> forms.Form:
        return RecallForm(data) if data is not None else RecallForm(initial={"step": self.open_step().pk})

    def will_happen(self) -> list[str]:
        step = self.open_step()
        if "recalled" not in step.node.pulls or not step.node.pulls["recalled"].may(self.request.rights, step):
            raise Refused(f"Việc đã sang bước khác, {holder_of(step)} đang giữ, nên không rút lại được nữa.")
        return [
            f"Việc đang ở {holder_of(step)}, bước {step.stage_title.lower()}, sẽ trở lại bước trước để sửa và chuyển lại.",
            "Chỉ rút lại được khi người nhận chưa mở xem. Lần nộp đã ghi vẫn còn trong quá trình.",
        ]

    def act(self, given: dict[str, Any]) -> str:
        step = get_object_or_404(Step, pk=given["step"], process_id=self.case.pk)
        follower = services.recall(step.pk, self.request.rights)
        return f"Đã rút lại nhiệm vụ {self.case.code}. Việc trở lại bước {follower.stage_title.lower()}."


class Suspend(CaseVerb):
    """Tạm dừng."""

    title, button, form_class = "Tạm dừng nhiệm vụ", "Tạm dừng", SuspendForm

    def will_happen(self) -> list[str]:
        step = self.open_step()
        if stopping.pause_of(self.case):
            raise Refused(stopping.ALREADY_PAUSED)
        return [
            f"Nhiệm vụ giữ nguyên ở {holder_of(step)}, không ai xử lý được và không bị nhắc việc cho đến khi tiếp tục.",
            "Khi tiếp tục, thời hạn lùi đúng số ngày làm việc đã mất; thời hạn ban đầu vẫn được ghi.",
            "Người thực hiện, trưởng đơn vị, Văn phòng và người đang giữ được báo kèm lý do.",
        ]

    def act(self, given: dict[str, Any]) -> str:
        stopping.suspend(self.case.pk, self.request.rights, reason=given["reason"])
        return f"Đã tạm dừng nhiệm vụ {self.case.code}."


class Resume(CaseVerb):
    """Cho tiếp tục."""

    title, button, form_class = "Cho tiếp tục nhiệm vụ", "Cho tiếp tục", ResumeForm

    def will_happen(self) -> list[str]:
        step, pause = self.open_step(), stopping.pause_of(self.case)
        if pause is None:
            raise Refused(stopping.NOT_PAUSED)
        then = stopping.resumption(self.case, step, pause, self.request.rights.on)
        said = f"{pause.who} tạm dừng từ ngày {short_date(pause.since)}: {pause.reason}"
        return [said, self.dates(then), f"{holder_of(step)} tiếp tục xử lý và được báo."]

    def dates(self, then: stopping.Resumption) -> str:
        if self.case.due_on is None:
            return "Nhiệm vụ không có ngày đến hạn nên không có thời hạn để lùi."
        if not then.days:
            return f"Đơn vị không mất ngày làm việc nào, thời hạn vẫn là {short_date(self.case.due_on)}."
        return (
            f"Đã mất {counted(then.days)} ngày làm việc: thời hạn {short_date(self.case.due_on)} lùi đến "
            f"{short_date(then.due_on)}. Thời hạn ban đầu {short_date(self.case.original_due_on)} vẫn được ghi."
        )

    def act(self, given: dict[str, Any]) -> str:
        then = stopping.resume(self.case.pk, self.request.rights, note=given["note"])
        until = f" Thời hạn: {short_date(then.due_on)}." if then.due_on else ""
        return f"Đã cho tiếp tục nhiệm vụ {self.case.code}.{until}"


class Discontinue(CaseVerb):
    """Dừng thực hiện, by a decision."""

    title, button, form_class = "Dừng thực hiện nhiệm vụ", "Dừng thực hiện", DropForm

    def will_happen(self) -> list[str]:
        step = self.open_step()
        return [
            f"Nhiệm vụ kết thúc ở bước {step.stage_title.lower()} của {holder_of(step)}, ghi là «Không còn thực hiện».",
            "Nhiệm vụ không còn thực hiện không tính vào tỷ lệ hoàn thành.",
            "Các lần nộp, tài liệu và quá trình vẫn đọc được. Chỉ lãnh đạo mở lại được.",
            "Người thực hiện, trưởng đơn vị, Văn phòng và người đang giữ được báo kèm số quyết định.",
        ]

    def act(self, given: dict[str, Any]) -> str:
        stopping.discontinue(
            self.open_step().pk, self.request.rights, number=given["number"], dated=given["dated"], note=given["note"],
            by=self.request.user, files=given["uploads"],
        )  # fmt: skip
        return f"Đã dừng thực hiện nhiệm vụ {self.case.code}."


class Reopen(CaseVerb):
    """Mở lại, by leadership."""

    title, button, form_class = "Mở lại nhiệm vụ", "Mở lại", ReopenForm
    refusal = "Chỉ lãnh đạo mở lại được nhiệm vụ đã kết thúc."

    def may(self) -> bool:
        return self.request.rights.leads

    def will_happen(self) -> list[str]:
        if self.case.finished is None:
            raise Refused("Việc này đang được thực hiện nên không cần mở lại.")
        officer = self.case.assignment.officer
        until = f" Thời hạn vẫn là {short_date(self.case.due_on)}." if self.case.due_on else ""
        return [
            f"Nhiệm vụ trở lại bước thực hiện{f' của {officer.full_name}' if officer else ''}, thành một vòng mới.{until}",
            "Các lần nộp trước vẫn còn. Ngày hoàn thành tính theo lần nộp được phê duyệt sau này.",
            "Người thực hiện, trưởng đơn vị và Văn phòng được báo kèm lý do.",
        ]

    def act(self, given: dict[str, Any]) -> str:
        follower = services.reopen(self.case, self.request.rights, reason=given["reason"])
        return f"Đã mở lại nhiệm vụ {self.case.code}. {holder_of(follower)} đang giữ."
