"""Ghi nhận quyết định trên giấy: Văn phòng or văn thư writes down what a head or a leader signed."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views import View

from evidence.services import store_document
from organization.models import User
from organization.requests import SignedInRequest
from workflow import on_paper, sentences, services
from workflow.bulk import last_rounds
from workflow.errors import Refused, StaleStep
from workflow.flows import AssignmentFlow
from workflow.forms import PaperForm
from workflow.models import Case, Step
from workflow.officers import Officer, officers_of
from workflow.rounds import standing_of

TOO_LATE = 409
# what may be decided on paper, by the stage, in the words of the form
DECISIONS = {
    AssignmentFlow.assign.name: [("assigned", "Phân công")],
    AssignmentFlow.submit.name: [("submitted", "Nộp kết quả"), ("returned", "Trả lại chuyên viên")],
    AssignmentFlow.approve.name: [
        ("approved", "Phê duyệt"), ("returned", "Trả lại, chưa đạt"), ("supplement", "Yêu cầu bổ sung hồ sơ"),
    ],
}  # fmt: skip


class OnPaper(View):
    """Of the step that is open now; one that has moved on meanwhile is said to have."""

    case: Case
    step: Step

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        cases = Case.objects.visible_to(request.rights).filter(assignment__isnull=False)
        self.case = get_object_or_404(cases.select_related("unit", "assignment__officer"), pk=pk)
        if not on_paper.is_recorder(request.rights):
            raise PermissionDenied(on_paper.NOT_A_RECORDER)
        step = Step.objects.open().filter(process=self.case).select_related("owner").first()
        if step is None or step.stage not in DECISIONS:
            messages.warning(request, on_paper.NOT_ON_PAPER)
            return redirect("workflow:task", pk)
        step.process = self.case
        self.step = step
        return super().dispatch(request)  # type: ignore[return-value]

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
        messages.success(request, sentences.done(follower.previous or self.step, follower))
        return redirect("workflow:task", self.case.pk)

    def record(self, request: SignedInRequest, form: PaperForm) -> Step:
        given = form.cleaned_data
        if given["step"] != self.step.pk:
            raise StaleStep(self.step)
        more: dict[str, Any] = {}
        match given["decision"]:
            case "assigned":
                more = {"officer": form.people[given["officer"]]}
            case "submitted":
                more = {"statement": given["statement"]}
        paper = partial(
            store_document, agency_id=self.case.agency_id, by=request.user, number=given["number"], dated=given["dated"],
            issuer=request.rights.agency.name, abstract=given["abstract"], files=given["uploads"],
        )  # fmt: skip
        signer = User.objects.get(pk=given["signer"])
        return services.decide_on_paper(
            given["step"], given["decision"], signer, request.rights, paper=paper, note=given["note"],
            seen=given["seen"] or None, **more,
        )  # fmt: skip

    def form(self, request: SignedInRequest, *data: Any) -> PaperForm:
        signers = {one.pk: one.full_name for one in on_paper.signers(self.step, request.rights.on)}
        officers: list[Officer] = []
        if self.step.stage == AssignmentFlow.assign.name:
            officers = officers_of([self.case.unit_id], request.rights.on).get(self.case.unit_id, [])
        initial = {"abstract": f"Quyết định về {sentences.named(self.case)}", "step": self.step.pk}
        return PaperForm(
            *data, signers=signers, decisions=DECISIONS[self.step.stage], officers=officers, initial=initial
        )

    def show(self, request: SignedInRequest, form: PaperForm, status: int = 200) -> HttpResponse:
        # only a judge's decision names a round
        round_, documents = (
            last_rounds([self.case.pk]).get(self.case.pk, (None, [])) if self.step.judging else (None, [])
        )
        barred = on_paper.TOOK_PART if on_paper.took_part(self.step, request.rights.user_id) else ""
        return render(request, "workflow/on_paper.html", {
            "case": self.case, "step": self.step, "form": form, "round": round_, "documents": documents, "barred": barred,
            "standing": standing_of([self.case.pk]).get(self.case.pk) if round_ else None,
        }, status=status)  # fmt: skip
