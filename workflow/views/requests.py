"""Đề nghị gia hạn, đề nghị chuyển đơn vị chủ trì: asking, the request's page, opinion and decision.

Not theirs: 404. Seen but not theirs to act on: 403. Too late: a sentence, and what was typed is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from evidence.models import Document
from evidence.services import store_document
from organization.requests import SignedInRequest
from organization.vietnamese import short_date
from plans.enums import Source
from plans.errors import PlanRefused
from plans.leads import working_units
from plans.services import put_source
from plans.views.guards import office_only, posted
from workflow import queue
from workflow.documents import row_of
from workflow.errors import Refused, StaleStep
from workflow.flows import AssignmentFlow
from workflow.handing import may_hand
from workflow.holding import OFFICE_LEADS, leader_words
from workflow.models import Case, Extension, Step
from workflow.on_paper import is_recorder
from workflow.requests import asking
from workflow.requests.deciding import may_withdraw
from workflow.requests.forms import (
    OPPOSED,
    OTHERWISE,
    REFUSED,
    AnswerForm,
    ExtensionDecisionForm,
    ExtensionForm,
    LeadChangeForm,
    LeadDecisionForm,
    OpinionForm,
    PaperForm,
    SourceForm,
    WithdrawForm,
)
from workflow.requests.reading import Told, files_of, visible_request
from workflow.rows import MANY
from workflow.views.steps import redirect_to

TOO_LATE = 409


def work_of(request: SignedInRequest, pk: int) -> Case:
    """The assignment this person sees. Raises Http404."""
    cases = Case.objects.visible_to(request.rights).filter(flow_class=AssignmentFlow)
    return get_object_or_404(cases.select_related("unit", "plan", "assignment__measure", "assignment__officer"), pk=pk)


def filing(request: SignedInRequest, form: PaperForm, work: Case) -> Callable[[], Document] | None:
    """What takes the paper in, within the verb's transaction; None where there is none."""
    if not form.given:
        return None
    said = form.cleaned_data

    def filed() -> Document:
        return store_document(
            agency_id=work.agency_id, by=request.user, number=said["number"], dated=said["dated"], issuer=said["issuer"],
            abstract=said["abstract"] or f"Văn bản kèm đề nghị về nhiệm vụ {work.code}", files=said["uploads"],
        )  # fmt: skip

    return filed


def paper_form(request: SignedInRequest) -> PaperForm:
    return PaperForm(request.POST, request.FILES) if request.method == "POST" else PaperForm()


def ask_extension(request: SignedInRequest, pk: int) -> HttpResponse:
    work = work_of(request, pk)
    asking.asks_as(request.rights, work, officer=True)
    if work.due_on is None:
        return refused(request, work, asking.NO_DATE)
    form, paper = ExtensionForm(posted(request), due_on=work.due_on), paper_form(request)
    source = asking.source_of(work)
    status = 200
    if request.method == "POST" and form.is_valid() & paper.is_valid():
        given, taken = form.cleaned_data, filing(request, paper, work)
        try:
            extension = asking.ask_extension(
                pk, request.rights, due_on=given["due_on"], reason=given["reason"],
                document=taken if source == Source.PLAN else None, allowed_by=None if source == Source.PLAN else taken,
            )  # fmt: skip
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(request, f"Đã đề nghị gia hạn nhiệm vụ {work.code} đến {short_date(given['due_on'])}.")
            return redirect("workflow:request", extension.pk)
    granted = asking.granted_times(work.pk)
    return render(request, "workflow/requests/ask_extension.html", {
        "case": work, "form": form, "paper": paper, "source": source, "granted": granted,
        "many": granted + 1 >= MANY, "after_due": work.due_on < localdate(), "higher": source != Source.PLAN,
    }, status=status)  # fmt: skip


def ask_lead_change(request: SignedInRequest, pk: int) -> HttpResponse:
    work = work_of(request, pk)
    asking.asks_as(request.rights, work, officer=False)
    others = [unit for unit in working_units(work.agency_id, request.rights.on) if unit.pk != work.unit_id]
    form, paper = LeadChangeForm(posted(request), units=others), paper_form(request)
    status = 200
    if request.method == "POST" and form.is_valid() & paper.is_valid():
        given = form.cleaned_data
        try:
            change = asking.ask_lead_change(
                pk, request.rights, unit=given["unit"], reason=given["reason"], document=filing(request, paper, work)
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(request, f"Đã đề nghị chuyển chủ trì nhiệm vụ {work.code} sang {given['unit'].name}.")
            return redirect("workflow:request", change.pk)
    return render(
        request, "workflow/requests/ask_lead.html", {"case": work, "form": form, "paper": paper}, status=status
    )


def refused(request: SignedInRequest, work: Case, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("workflow:task", work.pk)


@require_safe
def request_page(request: SignedInRequest, pk: int) -> HttpResponse:
    told = visible_request(pk, request.rights)
    if told is None:
        raise Http404("Không có đề nghị này trong phạm vi được giao.")
    return show(request, told)


@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rút đề nghị, while nobody has decided."""
    told = visible_request(pk, request.rights)
    if told is None:
        raise Http404("Không có đề nghị này trong phạm vi được giao.")
    if told.current is None:
        messages.error(request, f"Đề nghị này đã có kết quả: {told.badge.words.lower()}.")
        return redirect("workflow:request", pk)
    form = WithdrawForm(request.POST)
    if not form.is_valid():
        return show(request, told, withdraw_form=form)
    try:
        asking.withdraw(told.current.pk, request.rights, note=form.cleaned_data["note"])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Đã rút đề nghị về nhiệm vụ {told.request.of.code}.")
    return redirect("workflow:request", pk)


def show(
    request: SignedInRequest, told: Told, template: str = "request", status: int = 200, **context: Any
) -> HttpResponse:
    current = told.current
    may_take_back = current is not None and may_withdraw(request.rights, current)
    mine = current and Step.objects.actionable(request.rights).filter(pk=current.pk).exists()
    sees_work = Case.objects.visible_to(request.rights).filter(pk=told.request.of_id).exists()
    return render(request, f"workflow/requests/{template}.html", {
        "told": told, "asked": told.request, "work": told.request.of, "papers": [row_of(one) for one in files_of(told.papers)],
        "hands_over": current is not None and may_hand(current, request.rights),
        "on_paper": current is not None and current.node.on_paper and is_recorder(request.rights),
        "may_withdraw": may_take_back, "withdraw_form": WithdrawForm(), "mine": current if mine else None,
        "sees_work": sees_work, "source": Source(told.request.of.assignment.measure.source),
        "source_document": told.request.of.assignment.measure.source_document,
    } | context, status=status)  # fmt: skip


class RequestStep(View):
    """What opinion and decision share: finding the step, and saying what came of an act."""

    page: ClassVar[str]
    template: ClassVar[str]
    form_class: ClassVar[type[AnswerForm]]
    request: SignedInRequest
    step: Step
    told: Told

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.request = request
        self.find(pk)
        if getattr(self.step.node, "page", "") != self.page:
            return redirect_to(self.step)
        if not self.mine or self.step.finished:
            return self.closed()
        return super().dispatch(request)  # type: ignore[return-value]

    def find(self, pk: int) -> None:
        """The step and its request. Raises Http404 where this person may neither act on it nor see it."""
        case = Step.objects.filter(pk=pk, agency_id=self.request.rights.agency_id).values_list("process_id", flat=True)
        told = visible_request(case[0], self.request.rights) if case else None
        if told is None:
            raise Http404("Không có bước này trong phạm vi được giao.")
        self.told = told
        self.step = next(step for step in told.steps if step.pk == pk)
        rights = self.request.rights
        held = Step.objects.actionable(rights).with_deputised(rights).filter(pk=pk).values_list("deputises", flat=True)
        principals = list(held)
        self.mine, self.step.deputises = bool(principals), next(iter(principals), "")

    def closed(self) -> HttpResponse:
        """A step that is finished explains who did what; one that somebody else holds is 403."""
        if self.step.finished is None and self.request.method != "POST":
            raise PermissionDenied(f"Đề nghị này đang chờ {self.told.holder}.")
        return self.too_late(self.form_class.typed_in(self.request.POST))

    def too_late(self, typed: str) -> HttpResponse:
        status = 200 if self.request.method != "POST" else TOO_LATE if self.step.finished else 403
        return show(self.request, self.told, status=status, late=self.late_words(), typed=typed)

    def late_words(self) -> str:
        """Nông Đức Ánh đã chấp thuận gia hạn lúc 09:10 ngày 09/11/2026."""
        if self.step.finished is None:
            return f"Đề nghị này đang chờ {self.told.holder}."
        moment = localtime(self.step.finished)
        who = self.step.acted_by.full_name if self.step.acted_by else ""
        return f"{who} {self.step.outcome_label} lúc {moment:%H:%M} ngày {short_date(localdate(self.step.finished))}."

    def get(self, request: SignedInRequest) -> HttpResponse:  # noqa: ARG002 - Django's signature
        return self.show(self.form_class(), PaperForm())

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form_class(request.POST)
        paper = PaperForm(request.POST, request.FILES) if self.wants_paper else PaperForm()
        if not form.is_valid() or (paper.given and not paper.is_valid()):
            return self.show(form, paper)
        try:
            said = self.act(form.cleaned_data, paper)
        except (StaleStep, PermissionDenied):
            self.find(self.step.pk)
            return self.too_late(form.typed)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.show(form, paper, TOO_LATE)
        messages.success(request, said)
        step = queue.following(self.told.request.case, request.rights)
        return redirect_to(step) if step else HttpResponseRedirect(reverse("workflow:inbox"))

    @property
    def wants_paper(self) -> bool:
        """Whether the higher body's document is still missing."""
        request = self.told.request
        source = Source(request.of.assignment.measure.source)
        return isinstance(request, Extension) and source != Source.PLAN and request.allowed_by_id is None

    def show(self, form: AnswerForm, paper: PaperForm, status: int = 200) -> HttpResponse:
        case = self.told.request.case
        case.about = self.told.request.of_id
        return show(
            self.request, self.told, self.template, status, form=form, paper=paper, step=self.step,
            wants_paper=self.wants_paper, judge=leader_words(case, self.request.rights.on), office_leads=OFFICE_LEADS,
        )  # fmt: skip

    def act(self, given: dict[str, Any], paper: PaperForm) -> str:
        """Does what was asked and returns the sentence that says so."""
        raise NotImplementedError

    @property
    def code(self) -> str:
        return self.told.request.of.code


class Opinion(RequestStep):
    """Văn phòng cho ý kiến."""

    template = "opinion"
    form_class = OpinionForm

    def act(self, given: dict[str, Any], paper: PaperForm) -> str:
        agrees = given["decision"] != OPPOSED
        follower = asking.advise(
            self.step.pk, self.request.rights, agrees=agrees, opinion=given["note"] if agrees else given["reason"],
            allowed_by=filing(self.request, paper, self.told.request.of),
        )  # fmt: skip
        to = follower.owner.full_name if follower.owner else ""
        return f"Đã cho ý kiến về đề nghị của nhiệm vụ {self.code}, trình {to} quyết định."


class ExtensionOpinion(Opinion):
    page = "workflow:extension_opinion"


class LeadOpinion(Opinion):
    page = "workflow:lead_opinion"


class ExtensionDecision(RequestStep):
    """Lãnh đạo chấp thuận, chấp thuận ngày khác, hoặc không chấp thuận."""

    page, template = "workflow:extension_decision", "decide_extension"
    form_class = ExtensionDecisionForm

    def act(self, given: dict[str, Any], paper: PaperForm) -> str:
        pk, rights, decision = self.step.pk, self.request.rights, given["decision"]
        if decision == REFUSED:
            asking.refuse_extension(pk, rights, reason=given["reason"])
            return f"Không chấp thuận gia hạn nhiệm vụ {self.code}. Đơn vị được báo kèm lý do."
        other = decision == OTHERWISE
        allowed_by = filing(self.request, paper, self.told.request.of)
        note = given["other_note"] if other else given["note"]
        asking.grant_extension(pk, rights, due_on=given["due_on"] if other else None, note=note, allowed_by=allowed_by)
        until = Extension.objects.values_list("granted_due", flat=True).get(pk=self.told.request.pk)
        return f"Đã gia hạn nhiệm vụ {self.code} đến {short_date(until)}."


class LeadDecision(RequestStep):
    """Lãnh đạo quyết định đơn vị chủ trì."""

    page, template = "workflow:lead_decision", "decide_lead"
    form_class = LeadDecisionForm

    def act(self, given: dict[str, Any], paper: PaperForm) -> str:  # noqa: ARG002
        pk, rights = self.step.pk, self.request.rights
        if given["decision"] == REFUSED:
            asking.refuse_lead_change(pk, rights, reason=given["reason"])
            return f"Không chấp thuận chuyển chủ trì nhiệm vụ {self.code}. Đơn vị được báo kèm lý do."
        asking.grant_lead_change(pk, rights, note=given["note"])
        return f"Đã chuyển nhiệm vụ {self.code}. Đơn vị mới phân công lại."


@office_only
def name_source(request: SignedInRequest, pk: int) -> HttpResponse:
    """Nguồn giao of the measure this work belongs to."""
    work = work_of(request, pk)
    measure = work.assignment.measure
    form = SourceForm(posted(request), initial={"source": measure.source, "document": measure.source_document})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            put_source(measure.pk, Source(given["source"]), given["document"], request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Nhiệm vụ {work.code}: nguồn giao là {Source(given['source']).label}.")
            return redirect("workflow:task", pk)
    status = TOO_LATE if form.non_field_errors() else 200
    return render(request, "workflow/requests/source.html", {"form": form, "case": work}, status=status)
