"""One page for each of the five steps. GET shows it, POST acts through workflow.services and nothing else.

Not theirs: 404. Seen but not theirs to act on: 403. Too late: a sentence, and what was typed is kept.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.timezone import localtime, now
from django.views import View

from organization.requests import SignedInRequest
from workflow import queue, sentences, services
from workflow.checks import summary
from workflow.differences import Difference, differences
from workflow.directing import directives_of
from workflow.documents import IN_HAND, Panel, changing, row_of
from workflow.dossier import (
    Dossier,
    Filed,
    Wording,
    asked_of,
    changes_between,
    checks_for,
    documents_beside,
    history_of,
    rounds_of,
    wording_of,
)
from workflow.errors import ChangedUnder, Refused, StaleStep
from workflow.forms import (
    CLARIFY,
    CONFIRMED,
    RETURNED,
    SUPPLEMENT,
    AssignForm,
    JudgeForm,
    StatementForm,
    StepForm,
    SubmitForm,
)
from workflow.holding import NOBODY_TO_APPROVE, NOBODY_TO_REVIEW, OFFICE_LEADS, leader_words, why_past_review
from workflow.inputs.reading import inputs_of, missing_words
from workflow.models import Step, Submission
from workflow.officers import officers_of
from workflow.progress import NOTHING_HAPPENED, lines_of, may_happen, may_write
from workflow.rounds import Standing, standing_of
from workflow.rows import Badge, answering, handed_in, no_date, remaining
from workflow.selectors import working_days
from workflow.slips.reading import last_item
from workflow.stopping import pause_of

TOO_LATE = 409


class StepPage(View):
    """What the five pages share: finding the step, and saying what came of an act."""

    stage: ClassVar[str]
    form_class: ClassVar[type[StepForm]]
    request: SignedInRequest
    step: Step

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        self.request = request
        self.find(pk)
        if self.step.stage != self.stage:
            return redirect_to(self.step)
        if self.step.finished or not self.step.mine:
            return self.closed()
        return super().dispatch(request)  # type: ignore[return-value]

    def find(self, pk: int) -> None:
        """The step with the history of its case. Raises Http404 where this person may neither act nor see."""
        steps = history_of(pk, self.request.rights)
        if not steps:
            raise Http404("Không có bước này trong phạm vi được giao.")
        self.dossier = Dossier(steps[0].process, steps)
        self.step = self.dossier.step(pk)
        self.step.process = self.case = self.dossier.case

    def closed(self) -> HttpResponse:
        """A step that is finished explains who did what; one that somebody else holds is 403."""
        typed = self.form_class.typed_in(self.request.POST)
        pause = None if self.step.finished else pause_of(self.case)
        if pause:
            return self.too_late(
                TOO_LATE if self.request.method == "POST" else 200,
                typed,
                sentences.paused(pause),
                "Nhiệm vụ đang tạm dừng",
            )
        if self.request.method == "POST":
            return self.too_late(TOO_LATE if self.step.finished else 403, typed)
        if not self.step.finished:
            raise PermissionDenied(sentences.too_late(self.step))
        return self.too_late(200, "")

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
            return self.too_late(TOO_LATE if self.step.finished else 403, form.typed)
        except ChangedUnder as refusal:
            self.find(self.step.pk)
            return self.show(form, TOO_LATE, changed=str(refusal))
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.show(form, TOO_LATE)
        messages.success(request, said)
        return self.onward()

    def onward(self) -> HttpResponseRedirect:
        """An inbox is cleared without going back to it: the next row is open."""
        step = queue.following(self.case, self.request.rights)
        return redirect_to(step) if step else HttpResponseRedirect(reverse("workflow:inbox"))

    def too_late(self, status: int, typed: str, words: str = "", title: str = "") -> HttpResponse:
        words = words or sentences.too_late(self.step)
        if self.request.htmx:
            return HttpResponse(words, status=status)
        return render(self.request, "workflow/steps/too_late.html", {
            "case": self.case, "dossier": self.dossier, "step": self.step, "words": words, "title": title,
            "typed": typed, "open": next((step for step in self.dossier.steps if step.mine), None),
        }, status=status)  # fmt: skip

    def show(self, form: StepForm, status: int = 200, changed: str = "") -> HttpResponse:
        neighbours = queue.neighbours(self.step, self.request.rights)
        # the badge of the shell need not count again
        self.request.counted = {"workflow:inbox": neighbours.total}
        context = {
            "form": form, "case": self.case, "dossier": self.dossier, "step": self.step, "wording": self.wording,
            "neighbours": neighbours, "changed": changed, "badge": self.badge(),
            "directives": directives_of(self.case.pk), "lines": lines_of(self.case) if self.step.has_progress else [],
            "update_url": reverse("workflow:progress", args=[self.case.pk]) if may_write(self.case, self.step, self.request.rights) else "",
        }  # fmt: skip
        return render(self.request, f"workflow/steps/{self.stage}.html", context | self.context(form), status=status)

    def badge(self) -> Badge:
        """How the case stands: days left, or since when its clock stands."""
        rights, case, answer_by = self.request.rights, self.case, self.step.answer_by
        if answer_by and answer_by >= rights.on:
            return answering(answer_by, rights.on, working_days(rights, [answer_by]))
        if case.due_on is None:
            return no_date(case.schedule)
        handed_in_on = self.dossier.handed_in_on if self.step.judging else None
        days = working_days(rights, [case.due_on, handed_in_on])
        if handed_in_on:
            return handed_in(handed_in_on, case.due_on, self.stage, days)
        return remaining(days.get(case.due_on), case.due_on, rights.on)

    @cached_property
    def wording(self) -> Wording:
        return wording_of(self.case)

    def form(self, data: Any = None) -> StepForm:
        return self.form_class(data)

    def context(self, form: StepForm) -> dict[str, Any]:  # noqa: ARG002 - one signature for all five
        return {}

    def act(self, given: dict[str, Any]) -> str:
        """Does what was asked and returns the sentence that says so."""
        raise NotImplementedError

    def others(self) -> dict[str, Any]:
        """What other units were asked, and who is missing."""
        inputs = inputs_of(self.case, self.request.rights) if self.step.asks_others else []
        return {"inputs": inputs, "missing": missing_words(inputs)}

    def checked(self, statement: str, documents: list[Filed]) -> dict[str, Any]:
        checks = checks_for(self.case, self.wording, statement, documents)
        panel = changing(self.case, documents) if self.stage in IN_HAND else Panel([row_of(one) for one in documents])
        return {"panel": panel, "checks": checks, "checks_summary": summary(checks)}


class Assign(StepPage):
    """Phân công: the head names an officer, for the year or for this period."""

    stage = "assign"
    form_class = AssignForm

    def form(self, data: Any = None) -> StepForm:
        unit = self.case.unit_id
        officers = officers_of([unit], self.request.rights.on).get(unit, [])
        former = self.case.assignment.officer_id
        return AssignForm(data, officers=officers, initial={"officer": former} if former else {})

    def act(self, given: dict[str, Any]) -> str:
        officer, rights = given["officer"], self.request.rights
        if given["whole_year"]:
            results = services.assign_measure(self.step.pk, officer, rights, note=given["note"])
        else:
            services.assign(self.step.pk, officer, rights, note=given["note"])
            results = [services.Result(self.case)]
        return sentences.assigned(results, officer)


class Execute(StepPage):
    """Thực hiện: documents and a statement; who is head as well submits in the same press."""

    stage = "execute"
    form_class = StatementForm

    @property
    def is_head(self) -> bool:
        return self.request.rights.heads(self.case.unit_id)

    def post(self, request: SignedInRequest) -> HttpResponse:
        if request.POST.get("act") == "nothing" and may_happen(self.case):
            given = request.POST.copy()
            given["statement"] = NOTHING_HAPPENED
            request.POST = given  # type: ignore[assignment]
        return self.keep() if request.POST.get("act") == "draft" else super().post(request)

    def keep(self) -> HttpResponse:
        """Lưu tạm: nothing typed is lost, and nothing is checked yet."""
        form = self.form(self.request.POST)
        form.is_valid()
        if form.has_error("statement", "max_length"):
            return self.show(form)
        services.save_draft(self.step.pk, self.request.rights, statement=form.typed)
        said = f"Đã lưu tạm lúc {localtime(now()):%H:%M}."
        if self.request.htmx:
            return HttpResponse(said)
        messages.success(self.request, said)
        return redirect_to(self.step)

    def form(self, data: Any = None) -> StepForm:
        form = StatementForm(data, initial={"statement": self.case.assignment.draft or self.dossier.statement})
        form.keep_at(self.request.path)
        return form

    def context(self, form: StepForm) -> dict[str, Any]:
        return self.checked(str(form["statement"].value() or ""), documents_beside(self.case)) | self.others() | {
            "is_head": self.is_head, "may_happen": may_happen(self.case), "returns": asked_of(self.dossier, self.step, self.request.rights.on),
            "past_review": why_past_review(self.case, self.request.rights.on, self.request.user.pk) if self.is_head else "",
        }  # fmt: skip

    def act(self, given: dict[str, Any]) -> str:
        verb = services.finish_and_submit if self.is_head else services.finish
        follower = verb(self.step.pk, self.request.rights, statement=given["statement"])
        return sentences.done(follower.previous or self.step, follower)


class Submit(StepPage):
    """Nộp kết quả: the head submits, or gives it back to the officer."""

    stage = "submit"
    form_class = SubmitForm

    def form(self, data: Any = None) -> StepForm:
        return SubmitForm(data, initial={"statement": self.dossier.statement})

    def context(self, form: StepForm) -> dict[str, Any]:
        rights = self.request.rights
        past_review = why_past_review(self.case, rights.on, self.request.user.pk)
        return self.checked(str(form["statement"].value() or ""), documents_beside(self.case)) | self.others() | {
            "past_review": past_review, "judge": leader_words(self.case, rights.on) if past_review else "",
            "returns": asked_of(self.dossier, self.step, rights.on),
        }  # fmt: skip

    def act(self, given: dict[str, Any]) -> str:
        rights = self.request.rights
        if given["decision"] == RETURNED:
            follower = services.send_back(self.step.pk, rights, reason=given["reason"])
        else:
            follower = services.submit(self.step.pk, rights, statement=given["statement"])
        return sentences.done(follower.previous or self.step, follower)


class Judge(StepPage):
    """What Văn phòng and leadership have in common: a round, what changed in it, a decision tied to its digest."""

    form_class = JudgeForm
    yes: ClassVar[str]
    yes_label: ClassVar[str]

    def find(self, pk: int) -> None:
        super().find(pk)
        self.dossier.rounds = rounds_of(self.case)
        self.standing = standing_of([self.case.pk]).get(self.case.pk)

    def form(self, data: Any = None) -> StepForm:
        return JudgeForm(data, choices=self.choices())

    def choices(self) -> list[tuple[str, str]]:
        """The decisions offered here; the first is the one that is ticked."""
        return [(self.yes, self.yes_label), (SUPPLEMENT, "Yêu cầu bổ sung hồ sơ"), (RETURNED, "Trả lại, chưa đạt")]

    def context(self, form: StepForm) -> dict[str, Any]:  # noqa: ARG002
        last = self.dossier.last_round
        if last is None or self.standing is None:
            raise Http404("Chưa có lần nộp nào.")
        former = self.dossier.rounds[1] if len(self.dossier.rounds) > 1 else None
        return self.checked(last.statement, last.documents) | {
            "round": last, "former": former, "changes": changes_between(former, last) if former else None,
            "supplement_days": self.step.supplement_days, "may_clarify": False, "may_ask_directly": False,
            "may_confirm": False, "seen": self.standing.digest, "differences": self.differences(self.standing, last.number),
        }  # fmt: skip

    def differences(self, standing: Standing, number: int) -> list[Difference]:
        """Against what the page that was sent had shown; of a page just opened, against what was handed in."""
        shown = standing.content
        if seen := self.request.POST.get("seen"):
            others = Submission.objects.filter(assignment_id=self.case.pk, digest=seen).exclude(number=number)
            shown = others.values_list("content", flat=True).first() or shown
        return differences(shown, standing.now)

    def act(self, given: dict[str, Any]) -> str:
        pk, rights, seen = self.step.pk, self.request.rights, given["seen"]
        match given["decision"]:
            case "returned":
                follower = services.return_work(pk, rights, seen=seen, **self.asked(given))
            case "supplement":
                follower = services.ask_for_papers(pk, rights, seen=seen, **self.asked(given))
            case "clarify":
                follower = services.ask_the_office(pk, rights, seen=seen, question=given["question"])
            case "confirmed":
                follower = services.confirm(pk, rights, seen=seen, note=given["last_word"])
            case _:
                follower = self.agree(pk, seen, given["note"])
        return sentences.done(follower.previous or self.step, follower)

    def asked(self, given: dict[str, Any]) -> dict[str, Any]:
        """What a return says: why, in words and code."""
        return {"reason": given["reason"], "reasons": given["codes"]}

    def agree(self, pk: int, seen: str, note: str) -> Step:
        raise NotImplementedError


class Review(Judge):
    """Văn phòng rà soát."""

    stage, yes, yes_label = "review", "accepted", "Đạt yêu cầu"

    def choices(self) -> list[tuple[str, str]]:
        choices = super().choices()
        return [(CONFIRMED, "Xác nhận hoàn thành"), *choices] if self.step.may_confirm else choices

    def agree(self, pk: int, seen: str, note: str) -> Step:
        return services.accept(pk, self.request.rights, seen=seen, note=note)

    def context(self, form: StepForm) -> dict[str, Any]:
        judge = leader_words(self.case, self.request.rights.on)
        before = self.step.previous_id and self.dossier.step(self.step.previous_id)
        return super().context(form) | {
            "yes_note": f"Trình {judge} phê duyệt" if judge else NOBODY_TO_APPROVE,
            "question": before if before and before.outcome == CLARIFY else None, "may_confirm": self.step.may_confirm,
        }  # fmt: skip


class Approve(Judge):
    """Lãnh đạo phê duyệt."""

    stage, yes, yes_label = "approve", "approved", "Phê duyệt"

    def choices(self) -> list[tuple[str, str]]:
        return [*super().choices(), (CLARIFY, "Yêu cầu Văn phòng làm rõ")]

    def asked(self, given: dict[str, Any]) -> dict[str, Any]:
        return super().asked(given) | {"direct": given["straight"]}

    def agree(self, pk: int, seen: str, note: str) -> Step:
        return services.approve(pk, self.request.rights, seen=seen, note=note)

    def context(self, form: StepForm) -> dict[str, Any]:
        before = next((step for step in self.dossier.done if step.pk < self.step.pk), None)
        return super().context(form) | {
            "reviewed": before if before and before.outcome == "accepted" else None,
            "yes_note": "Nhiệm vụ hoàn thành, tính theo ngày nộp kết quả",
            "on_slip": last_item(self.step.pk) if self.step.on_slips else None,
            # who leads its own work, and what goes past Văn phòng, has nobody there to answer
            "may_clarify": self.step.remark not in {OFFICE_LEADS, NOBODY_TO_REVIEW} or self.case.assignment.reviewer_id is not None,
            "may_ask_directly": True,
        }  # fmt: skip


def step(request: SignedInRequest, pk: int) -> HttpResponse:
    """A step by its number alone: on to the page made for its stage."""
    steps = history_of(pk, request.rights)
    if not steps:
        raise Http404("Không có bước này trong phạm vi được giao.")
    return redirect_to(next(step for step in steps if step.pk == pk))


def redirect_to(step: Step) -> HttpResponseRedirect:
    """The page of the step's own stage, whatever address was asked for. Raises Http404 where nobody acts on it."""
    page = getattr(step.node, "page", "")
    if not page:
        raise Http404("Bước này không có trang xử lý.")
    return redirect(page, step.pk)
