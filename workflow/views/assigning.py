"""Naming officers for many rows at once, and changing one from a period on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views import View

from organization.enums import Role
from organization.models import User
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from workflow import sentences, services
from workflow.dossier import former_officers, wordings_of
from workflow.forms import ChangeOfficerForm
from workflow.models import Case, Step
from workflow.officers import Officer, officers_of
from workflow.services import Result

Key = tuple[int, int]  # measure and unit


@dataclass
class Row:
    """One measure of a unit, with all its steps that wait for an officer."""

    measure: int
    unit: int
    unit_name: str
    text: Any
    officers: list[Officer]
    steps: list[Step] = field(default_factory=list)
    chosen: int | None = None

    @property
    def name(self) -> str:
        """Of its field in the form."""
        return f"m{self.measure}u{self.unit}"

    @property
    def first(self) -> Case:
        return self.steps[0].process

    @property
    def due(self) -> Case:
        """The case that is due soonest."""
        return min(
            (step.process for step in self.steps), key=lambda case: (case.due_on is None, case.due_on or case.opens_on)
        )

    def officer(self, data: QueryDict) -> User | None:
        """Whom the form names; only people of the unit are heard."""
        return next((officer.user for officer in self.officers if str(officer.user.pk) == data.get(self.name)), None)


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    rows: list[Row]


class AssignAll(View):
    """Phân công: all rows of a head's units on one page, filled in beforehand, settled in one press."""

    def get(self, request: SignedInRequest) -> HttpResponse:
        return self.show(request, rows_of(request))

    def post(self, request: SignedInRequest) -> HttpResponse:
        rows = rows_of(request)
        named = [(row, officer) for row in rows if (officer := row.officer(request.POST))]
        for row, officer in named:
            row.chosen = officer.pk
        if not named:
            return self.show(
                request, rows, error="Chưa chọn người cho nhiệm vụ nào. Chọn ít nhất một người rồi phân công."
            )
        results = services.assign_many(
            ((step, officer) for row, officer in named for step in row.steps), request.rights, note=""
        )
        gone = left_behind(request, rows)
        said = f"Đã phân công {counted(settled(named, results))} trên {counted(len(named) + len(gone))} nhiệm vụ."
        refused = [*sentences.refused(results), *gone]
        if not refused:
            messages.success(request, said)
            return HttpResponseRedirect(
                reverse("workflow:assign_all") if len(named) < len(rows) else reverse("workflow:inbox")
            )
        return self.show(request, rows_of(request), said=said, refused=refused)

    def show(self, request: SignedInRequest, rows: list[Row], **said: Any) -> HttpResponse:
        if not request.rights.headed_units:
            raise PermissionDenied("Chỉ trưởng đơn vị hoặc người được ủy quyền phân công nhiệm vụ của đơn vị.")
        context = {"groups": in_groups(rows), "rows": rows, "steps": sum(len(row.steps) for row in rows),
                   "units": len({row.unit for row in rows}), "suggested": sum(bool(row.chosen) for row in rows), "error": "",
                   "said": "", "refused": []}  # fmt: skip
        return render(request, "workflow/steps/assign_all.html", context | said)


def rows_of(request: SignedInRequest) -> list[Row]:
    """Every measure of the head's units with open assign steps, later periods too; five queries in all."""
    rights = request.rights
    steps = list(services.to_assign(rights).select_related("process__unit"))
    texts = wordings_of({step.process.assignment.measure_id for step in steps})
    people = officers_of({step.process.unit_id for step in steps}, rights.on)
    former = former_officers(texts)
    rows: dict[Key, Row] = {}
    for step in steps:
        case = step.process
        key = (case.assignment.measure_id, case.unit_id)
        row = rows.setdefault(key, Row(*key, case.unit.name, texts[key[0]], people.get(case.unit_id, [])))
        row.steps.append(step)
    for key, row in rows.items():
        row.chosen = suggested(row.officers, former.get(key))
    return sorted(rows.values(), key=lambda row: (row.unit_name, row.text.position))


def suggested(officers: Iterable[Officer], former: int | None) -> int | None:
    """Who did the same measure last; else the unit's focal person; else nobody."""
    people = list(officers)
    if any(officer.user.pk == former for officer in people):
        return former
    return next((officer.user.pk for officer in people if Role.FOCAL in officer.roles), None)


def in_groups(rows: list[Row]) -> list[Group]:
    """By appendix and field, as the plan has them."""

    def title(row: Row) -> str:
        appendix = f"Phụ lục {row.text.appendix}" if row.text.appendix else ""
        return ": ".join(words for words in (appendix, row.text.field) if words)

    return [Group(words, list(some)) for words, some in groupby(rows, key=title)]


def settled(named: list[tuple[Row, User]], results: list[Result]) -> int:
    """How many rows were assigned in all their periods."""
    failed = {result.case.pk for result in results if result.refusal}
    return sum(not any(step.process_id in failed for step in row.steps) for row, _ in named)


def left_behind(request: SignedInRequest, rows: list[Row]) -> list[str]:
    """Rows that the page showed and that wait for nobody any more."""
    waiting = {row.name for row in rows}
    shown = dict(pair.partition("=")[::2] for pair in request.POST.getlist("shown"))
    gone = [code for name, code in shown.items() if name not in waiting and request.POST.get(name)]
    return [f"{code}: Đã có người xử lý." for code in gone]


class ChangeOfficer(View):
    """Đổi người từ kỳ này trở đi."""

    def dispatch(self, request: SignedInRequest, pk: int) -> HttpResponse:  # type: ignore[override]
        cases = Case.objects.visible_to(request.rights).filter(assignment__isnull=False)
        self.case = get_object_or_404(cases.select_related("unit", "assignment__officer"), pk=pk)
        if not request.rights.heads(self.case.unit_id):
            raise PermissionDenied("Chỉ trưởng đơn vị chủ trì hoặc người được ủy quyền đổi người thực hiện.")
        return super().dispatch(request)  # type: ignore[return-value]

    def get(self, request: SignedInRequest) -> HttpResponse:
        return self.show(request, self.form(request))

    def post(self, request: SignedInRequest) -> HttpResponse:
        form = self.form(request, request.POST)
        if not form.is_valid():
            return self.show(request, form)
        officer: User = form.cleaned_data["officer"]
        results = services.change_officer(self.case, officer, request.rights, reason=form.cleaned_data["reason"])
        return self.show(request, self.form(request), results=results, officer=officer)

    def form(self, request: SignedInRequest, data: Any = None) -> ChangeOfficerForm:
        officers = officers_of([self.case.unit_id], request.rights.on).get(self.case.unit_id, [])
        now = self.case.assignment.officer_id
        return ChangeOfficerForm(data, officers=[officer for officer in officers if officer.user.pk != now])

    def show(self, request: SignedInRequest, form: ChangeOfficerForm, **came: Any) -> HttpResponse:
        context = {"case": self.case, "form": form, "results": None, "officer": None}
        return render(request, "workflow/steps/change_officer.html", context | came)
