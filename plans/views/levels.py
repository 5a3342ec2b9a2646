"""Mức xác nhận của các dòng: who says last that a row is done. Văn phòng proposes it, leadership sees it and may change it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans.enums import Confirmation, Part
from plans.errors import PlanRefused
from plans.models import MeasureText, MeasureUnit, Plan
from plans.proposing import RECURS
from plans.services import set_confirmation
from plans.views.plans import visible_plans

NOTHING_TICKED = "Chưa chọn dòng nào. Chọn ít nhất một dòng rồi gửi lại."
NO_LEVEL = "Chưa chọn mức xác nhận. Chọn một trong hai mức rồi gửi lại."
REFUSED = 409


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its level; `suggested`: it recurs, so that Văn phòng could say the last word on most of its periods."""

    text: MeasureText
    leads: list[str]
    suggested: bool
    ticked: bool

    @property
    def by_office(self) -> bool:
        return self.text.measure.confirmation == Confirmation.OFFICE


@require_http_methods(["GET", "HEAD", "POST"])
def levels(request: SignedInRequest, pk: int) -> HttpResponse:
    rights = request.rights
    if not (rights.is_office or rights.leads):
        raise PermissionDenied("Chỉ Văn phòng và lãnh đạo xem và đặt mức xác nhận.")
    plan = get_object_or_404(visible_plans(request), pk=pk)
    if request.method != "POST":
        return show(request, plan, suggests=bool(request.GET.get("de_xuat")))
    ticked = {int(key) for key in request.POST.getlist("dong") if key.isdigit()}
    level = request.POST.get("muc", "")
    if not ticked or level not in Confirmation.values:
        return show(request, plan, ticked, NO_LEVEL if ticked else NOTHING_TICKED)
    try:
        changed = set_confirmation(plan.pk, ticked, Confirmation(level), rights)
    except PlanRefused as refusal:
        return show(request, plan, ticked, str(refusal))
    messages.success(request, f"{counted(changed)} dòng chuyển sang mức “{Confirmation(level).label}”.")
    return redirect("plans:levels", pk)


def show(
    request: SignedInRequest, plan: Plan, ticked: set[int] | None = None, error: str = "", *, suggests: bool = False
) -> HttpResponse:
    rows = rows_of(plan, ticked or set(), suggests=suggests)
    return render(request, "plans/levels.html", {
        "plan": plan, "rows": rows, "error": error, "suggests": suggests,
        "by_office": sum(row.by_office for row in rows),
        "suggested": sum(row.suggested and not row.by_office for row in rows),
    }, status=REFUSED if error else 200)  # fmt: skip


def rows_of(plan: Plan, ticked: set[int], *, suggests: bool) -> list[Row]:
    """The rows of the newest version; two queries."""
    newest = plan.versions.order_by("-number").values("pk")[:1]
    leads = MeasureUnit.objects.filter(part=Part.LEAD).select_related("unit").order_by("position")
    texts = MeasureText.objects.filter(version_id__in=newest).select_related("measure").order_by("position")
    texts = texts.annotate(periods=Count("occurrences")).prefetch_related(Prefetch("units", leads))
    return [_row(text, ticked, suggests) for text in texts]


def _row(text: MeasureText, ticked: set[int], suggests: bool) -> Row:
    suggested = text.periods >= RECURS  # type: ignore[attr-defined]
    names = [unit.unit.name if unit.unit else unit.written for unit in text.units.all()]
    proposed = suggests and suggested and text.measure.confirmation != Confirmation.OFFICE
    return Row(text, names, suggested, text.measure_id in ticked or proposed)
