"""Ghi nhận quyết định trên giấy: Văn phòng or văn thư writes down what a head or a leader signed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views import View

from evidence.services import store_document
from organization.models import User
from organization.requests import SignedInRequest
from organization.rights import Rights, rights_of
from workflow import on_paper, sentences, services
from workflow.bulk import last_rounds
from workflow.errors import Refused, StaleStep
from workflow.flows import AssignmentFlow, ExtensionFlow, LeadChangeFlow
from workflow.forms import PaperForm
from workflow.models import Case, Step
from workflow.nodes import Human
from workflow.officers import Officer, officers_of
from workflow.requests.reading import Told, visible_request
from workflow.rounds import standing_of

TOO_LATE = 409
# what may be decided on paper, by the step, in the words of the form
DECISIONS: dict[Human, list[tuple[str, str]]] = {
    AssignmentFlow.assign: [("assigned", "Phân công")],
    AssignmentFlow.submit: [("submitted", "Nộp kết quả"), ("returned", "Trả lại chuyên viên")],
    AssignmentFlow.approve: [
        ("approved", "Phê duyệt"), ("returned", "Trả lại, chưa đạt"), ("supplement", "Yêu cầu bổ sung hồ sơ"),
    ],
    ExtensionFlow.decide: [
        ("granted", "Chấp thuận"), ("granted_otherwise", "Chấp thuận đến ngày khác"), ("refused", "Không chấp thuận"),
    ],
    LeadChangeFlow.decide: [("granted", "Chấp thuận"), ("refused", "Không chấp thuận")],
}  # fmt: skip


class OnPaper(View):
    """Of the step that is open now; one that has moved on meanwhile is said to have."""

    back = "workflow:task"
    case: Case
    step: Step
    told: Told | None = None

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.find(request.rights, pk)
        if not on_paper.is_recorder(request.rights):
            raise PermissionDenied(on_paper.NOT_A_RECORDER)
        step = Step.objects.open().filter(process=self.case).select_related("owner").first()
        if step is None or step.node not in DECISIONS:
            messages.warning(request, on_paper.NOT_ON_PAPER)
            return redirect(self.back, pk)
        step.process = self.case
        self.step = step
        return super().dispatch(request)  # type: ignore[return-value]

    def find(self, rights: Rights, pk: int) -> None:
        """Raises Http404 where this person does not see it."""
        cases = Case.objects.visible_to(rights).filter(assignment__isnull=False)
        self.case = get_object_or_404(cases.select_related("unit", "assignment__officer"), pk=pk)

    def get(self, request: SignedInRequest) -> HttpResponse:
        return self.show(request, self.form(request))

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form(request, request.POST, request.FILES)
        if not form.is_valid():
            return self.show(request, form)
        try:
            follower = self.record(request, form)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.show(request, form, TOO_LATE)
        messages.success(request, self.done(follower))
        return redirect(self.back, self.case.pk)

    def done(self, follower: Step) -> str:
        return sentences.done(follower.previous or self.step, follower)

    def record(self, request: SignedInRequest, form: PaperForm) -> Step:
        given = form.cleaned_data
        if given["step"] != self.step.pk:
            raise StaleStep(self.step)
        signer = User.objects.get(pk=given["signer"])
        paper = partial(
            store_document, agency_id=self.case.agency_id, by=request.user, number=given["number"], dated=given["dated"],
            issuer=request.rights.agency.name, abstract=given["abstract"], files=given["uploads"],
        )  # fmt: skip
        return services.decide_on_paper(
            given["step"], given["decision"], signer, request.rights, paper=paper, note=given["note"],
            seen=given["seen"] or None, **self.more(given, form, rights_of(signer, request.rights.on)),
        )  # fmt: skip

    def more(self, given: dict[str, Any], form: PaperForm, signer: Rights) -> dict[str, Any]:
        """What the decision needs beside its words."""
        match self.step.node, given["decision"]:
            case AssignmentFlow.assign, _:
                return {"officer": form.people[given["officer"]]}
            case AssignmentFlow.submit, "submitted":
                return {"statement": given["statement"]}
            case AssignmentFlow.approve, "returned" | "supplement":
                return {"reasons": given["reasons"]}
            case ExtensionFlow.decide, "granted_otherwise":
                return {"due_on": given["due_on"]}
            case LeadChangeFlow.decide, _:
                return {"acting": signer}
        return {}

    def form(self, request: SignedInRequest, *data: Any) -> PaperForm:
        signers = {one.pk: one.full_name for one in on_paper.signers(self.step, request.rights.on)}
        officers: list[Officer] = []
        if self.step.node is AssignmentFlow.assign:
            officers = officers_of([self.case.unit_id], request.rights.on).get(self.case.unit_id, [])
        initial = {"abstract": f"Quyết định về {sentences.named(self.case)}", "step": self.step.pk}
        return PaperForm(
            *data, signers=signers, decisions=DECISIONS[self.step.node], officers=officers, initial=initial
        )

    def show(self, request: SignedInRequest, form: PaperForm, status: int = 200) -> HttpResponse:
        # only a judge's decision about work names a round
        judged = self.step.node is AssignmentFlow.approve
        round_, documents = last_rounds([self.case.pk]).get(self.case.pk, (None, [])) if judged else (None, [])
        barred = on_paper.TOOK_PART if on_paper.took_part(self.step, request.rights.user_id) else ""
        return render(request, "workflow/on_paper.html", {
            "case": self.case, "step": self.step, "form": form, "round": round_, "documents": documents, "barred": barred,
            "standing": standing_of([self.case.pk]).get(self.case.pk) if round_ else None, "told": self.told,
            "back": reverse(self.back, args=[self.case.pk]),
        }, status=status)  # fmt: skip


class RequestOnPaper(OnPaper):
    """Of what leadership is asked about work: another date, another lead unit."""

    back = "workflow:request"

    def find(self, rights: Rights, pk: int) -> None:
        told = visible_request(pk, rights)
        if told is None:
            raise Http404("Không có đề nghị này trong phạm vi được giao.")
        self.told, self.case = told, told.request.case

    def done(self, follower: Step) -> str:  # noqa: ARG002 - one signature for both
        return f"Đã ghi nhận quyết định về đề nghị của nhiệm vụ {self.case.code}. Người ký và đơn vị được báo."
