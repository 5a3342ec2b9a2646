"""Đề nghị phối hợp: asking, the request's page, answering, taking back.

Not theirs: 404. Seen but not theirs to act on: 403. Too late: a sentence, and what was typed is kept.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from organization.requests import SignedInRequest
from organization.vietnamese import counted, short_date
from workflow import documents, queue
from workflow.documents import changeable, changing, panel_of
from workflow.dossier import documents_beside
from workflow.errors import Refused, StaleStep
from workflow.handing import is_offered
from workflow.inputs import asking
from workflow.inputs.answering import may_ask, may_withdraw
from workflow.inputs.forms import NAMED, PASSED, AnswerForm, AskForm, WithdrawForm
from workflow.inputs.reading import Told, visible_input
from workflow.models import Case, Step
from workflow.officers import officers_of
from workflow.views.verbs import TOO_LATE, CaseVerb

NOT_SEEN = "Không có đề nghị phối hợp này trong phạm vi được giao."


class Ask(CaseVerb):
    """Đề nghị phối hợp: one or several units, what is asked, until when."""

    title, button = "Đề nghị phối hợp", "Gửi đề nghị"
    refusal = asking.NOT_THE_LEAD

    def may(self) -> bool:
        return may_ask(self.request.rights, self.case)

    def form(self, data: Any = None) -> AskForm:
        units = asking.units_to_ask(self.case, self.request.rights.on)
        return AskForm(data, units=units, chosen=asking.coordinating(self.case) - {self.case.unit_id})

    def will_happen(self) -> list[str]:
        if self.open_step().judging:
            raise Refused(asking.HANDED_IN)
        until = (
            f" Hạn trả lời không sau thời hạn của nhiệm vụ, {short_date(self.case.due_on)}." if self.case.due_on else ""
        )
        return [
            f"Mỗi đơn vị nhận một đề nghị riêng, với hạn trả lời riêng; trễ hạn tính cho đơn vị đang giữ.{until}",
            "Trưởng đơn vị trả lời hoặc giao người chuẩn bị; đơn vị chủ trì thấy đơn vị nào chưa trả lời.",
            "Người đã tham gia ý kiến không rà soát, không phê duyệt nhiệm vụ này.",
        ]

    def act(self, given: dict[str, Any]) -> str:
        asking.ask(
            self.case.pk, self.request.rights, units=given["units"], due_on=given["due_on"], question=given["question"]
        )
        names = ", ".join(unit.name for unit in given["units"])
        return f"Đã đề nghị {names} phối hợp nhiệm vụ {self.case.code}, hạn trả lời {short_date(given['due_on'])}."


def found(request: SignedInRequest, pk: int) -> Told:
    """Raises Http404."""
    told = visible_input(pk, request.rights)
    if told is None:
        raise Http404(NOT_SEEN)
    return told


@require_safe
def input_page(request: SignedInRequest, pk: int) -> HttpResponse:
    return show(request, found(request, pk))


@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rút đề nghị, while nobody has answered."""
    told = found(request, pk)
    if told.current is None:
        messages.error(request, f"Đề nghị này không rút được nữa: {told.badge.words.lower()}.")
        return redirect("workflow:input", pk)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return show(request, told, withdraw_form=form)
    try:
        asking.withdraw(told.current.pk, request.rights, note=form.cleaned_data["note"])
    except (Refused, StaleStep) as refusal:
        messages.error(request, str(refusal))
        return redirect("workflow:input", pk)
    messages.success(request, f"Đã rút đề nghị {told.case.unit.name} phối hợp nhiệm vụ {told.request.of.code}.")
    return redirect("workflow:task", told.request.of_id)


@require_POST
def take_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Đưa tài liệu của đơn vị phối hợp vào hồ sơ nhiệm vụ, by who has the work in hand."""
    told = found(request, pk)
    if told.reply is None:
        messages.error(request, "Đơn vị chưa trả lời nên chưa có tài liệu để đưa vào hồ sơ. Chờ trả lời rồi đưa vào.")
        return redirect("workflow:input", pk)
    try:
        number = documents.take_over(told.case, told.request.of_id, request.rights, request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("workflow:input", pk)
    code = told.request.of.code
    messages.success(request, f"Đã đưa {counted(number)} tài liệu vào hồ sơ nhiệm vụ {code}." if number
                     else f"Các tài liệu này đã có trong hồ sơ nhiệm vụ {code}.")  # fmt: skip
    return redirect("workflow:task", told.request.of_id)


def show(
    request: SignedInRequest, told: Told, template: str = "input", status: int = 200, **context: Any
) -> HttpResponse:
    current, rights = told.current, request.rights
    panel = context.pop("panel", None) or panel_of(told.case, rights, back=request.path)
    mine = current and Step.objects.actionable(rights).filter(pk=current.pk).exists()
    return render(request, f"workflow/inputs/{template}.html", {
        "may_hand_over": current is not None and is_offered(current, told.case, rights),
        "told": told, "asked": told.request, "work": told.request.of, "mine": current if mine else None,
        "may_withdraw": current is not None and may_withdraw(rights, current), "withdraw_form": WithdrawForm(),
        "sees_work": Case.objects.visible_to(rights).filter(pk=told.request.of_id).exists(),
        "panel": panel, "may_take_over": bool(told.reply and panel.rows and changeable(told.request.of, rights).exists()),
    } | context, status=status)  # fmt: skip


class AnswerInput(View):
    """Trả lời: by the head of the unit that is asked, or by whom the head named."""

    request: SignedInRequest
    step: Step
    told: Told

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.request = request
        self.find(pk)
        if not self.mine or self.step.finished:
            return self.closed()
        return super().dispatch(request)  # type: ignore[return-value]

    def find(self, pk: int) -> None:
        """The step and its request. Raises Http404 where this person may neither act on it nor see it."""
        rights = self.request.rights
        case = Step.objects.filter(pk=pk, agency_id=rights.agency_id).values_list("process_id", flat=True).first()
        self.told = found(self.request, case or 0)
        self.step = next((step for step in self.told.steps if step.pk == pk), None) or self._gone()
        held = Step.objects.actionable(rights).with_deputised(rights).filter(pk=pk).values_list("deputises", flat=True)
        principals = list(held)
        self.mine, self.step.deputises = bool(principals), next(iter(principals), "")

    def _gone(self) -> Step:
        raise Http404(NOT_SEEN)

    def closed(self) -> HttpResponse:
        """A step that is finished explains who did what; one that somebody else holds is 403."""
        if self.step.finished is None and self.request.method != "POST":
            raise PermissionDenied(self.late_words())
        return self.too_late(AnswerForm.typed_in(self.request.POST))

    def too_late(self, typed: str) -> HttpResponse:
        status = 200 if self.request.method != "POST" else TOO_LATE if self.step.finished else 403
        return show(self.request, self.told, status=status, late=self.late_words(), typed=typed)

    def late_words(self) -> str:
        """Nguyễn Văn Ánh đã trả lời phối hợp lúc 09:10 ngày 09/11/2026."""
        if self.step.finished is None:
            return f"Đề nghị phối hợp này đang chờ {self.told.holder}."
        moment, who = localtime(self.step.finished), self.step.acted_by
        return f"{who.full_name if who else ''} {self.step.outcome_label} lúc {moment:%H:%M} ngày {short_date(moment)}."

    def form(self, data: Any = None) -> AnswerForm:
        unit, stage = self.told.case.unit_id, self.step.stage
        officers = officers_of([unit], self.request.rights.on).get(unit, []) if stage == "answer" else None
        return AnswerForm(data, officers=officers, text=self.prepared())

    def prepared(self) -> str:
        """What the person named has passed on."""
        before = next((step for step in self.told.steps if step.pk == self.step.previous_id), None)
        return before.note if before and before.outcome == PASSED else ""

    def get(self, request: SignedInRequest) -> HttpResponse:  # noqa: ARG002 - Django's signature
        return self.show(self.form())

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form)
        try:
            said = self.act(form.cleaned_data)
        except (StaleStep, PermissionDenied):
            self.find(self.step.pk)
            return self.too_late(form.typed)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.show(form, TOO_LATE)
        messages.success(request, said)
        step = queue.following(self.told.case, request.rights)
        return redirect(step.node.page, step.pk) if step else HttpResponseRedirect(reverse("workflow:inbox"))

    def show(self, form: AnswerForm, status: int = 200) -> HttpResponse:
        case = self.told.case
        panel = changing(case, documents_beside(case), back=self.request.path)
        return show(self.request, self.told, "answer", status, form=form, step=self.step, panel=panel)

    def act(self, given: dict[str, Any]) -> str:
        """Does what was asked and returns the sentence that says so."""
        rights, code = self.request.rights, self.told.request.of.code
        if given["decision"] == NAMED:
            asking.name_helper(self.step.pk, given["officer"], rights, note=given["note"])
            return f"Đã giao {given['officer'].full_name} chuẩn bị ý kiến phối hợp nhiệm vụ {code}."
        if given["decision"] == PASSED:
            asking.pass_to_head(self.step.pk, rights, text=given["text"])
            return f"Đã chuyển trưởng đơn vị ý kiến phối hợp nhiệm vụ {code}."
        asking.answer(self.step.pk, rights, text=given["text"])
        return f"Đã trả lời phối hợp nhiệm vụ {code}. {self.told.request.of.unit.name} được báo."
