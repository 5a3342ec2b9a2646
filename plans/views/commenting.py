"""Góp ý dự thảo: what heads say of a draft, what Văn phòng answers; what differs from a unit's last year."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organization.models import Unit
from organization.requests import SignedInRequest
from organization.vietnamese import counted, short_date
from plans.commenting import ask_comments, comment, rows_now, settle_comment
from plans.differences import FIELDS
from plans.errors import PlanRefused
from plans.forms import AskForm, CommentForm
from plans.last_year import compared, plan_before
from plans.leads import working_units
from plans.models import DraftComment, Plan
from plans.views.guards import office_only
from plans.views.plans import visible_plans

REFUSED = 409


@require_http_methods(["GET", "HEAD", "POST"])
def comments(request: SignedInRequest, pk: int) -> HttpResponse:
    """Every comment with its answer; a head writes beside them."""
    plan = get_object_or_404(visible_plans(request), pk=pk)
    texts = list(rows_now(plan).order_by("position").defer("read"))
    about = request.GET.get("dong", "")
    data = request.POST if request.method == "POST" else None
    form = CommentForm(data, texts=texts, initial={"measure": about if about.isdecimal() else ""})
    status = 200
    if data is not None and form.is_valid():
        try:
            comment(pk, form.cleaned_data["text"], request.rights, form.cleaned_data["measure"])
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            status = REFUSED
        else:
            messages.success(request, "Đã gửi góp ý cho Văn phòng.")
            return redirect("plans:comments", pk)
    return show(request, plan, form, status)


def show(
    request: SignedInRequest, plan: Plan, form: CommentForm | None, status: int = 200, ask: AskForm | None = None
) -> HttpResponse:
    rights = request.rights
    found = plan.comments.select_related("unit", "by", "on_behalf_of", "settled_by")
    codes = {text.measure_id: text for text in rows_now(plan).defer("read")}
    open_now = plan.issued_at is None and plan.comments_until is not None and plan.comments_until >= localdate()
    rows = [(one, codes.get(one.measure_id) if one.measure_id else None) for one in found]
    context = {
        "plan": plan, "rows": rows, "unsettled": sum(one.settled_at is None for one, _ in rows), "office": rights.is_office,
        "form": form if open_now and rights.headed_units else None, "open": open_now,
        "ask": (ask or AskForm(initial={"until": plan.comments_until})) if rights.is_office and not plan.issued_at else None,
    }  # fmt: skip
    return render(request, "plans/comments.html", context, status=status)


@require_POST
@office_only
def ask(request: SignedInRequest, pk: int) -> HttpResponse:
    """Văn phòng asks the heads for comments, until a day."""
    plan = get_object_or_404(visible_plans(request), pk=pk)
    form = AskForm(request.POST)
    if form.is_valid():
        try:
            told = ask_comments(pk, form.cleaned_data["until"], request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            until = short_date(form.cleaned_data["until"])
            messages.success(request, f"Đã lấy ý kiến đến hết ngày {until}: {counted(told)} trưởng đơn vị được báo.")
            return redirect("plans:comments", pk)
    return show(request, plan, None, REFUSED, form)


@require_POST
@office_only
def settle(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(DraftComment, pk=pk, agency_id=request.rights.agency_id)
    try:
        settle_comment(pk, request.POST.get("answer", "")[:5000], request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Đã giải quyết góp ý.")
    return redirect("plans:comments", found.plan_id)


@require_safe
def last_year(request: SignedInRequest, pk: int) -> HttpResponse:
    """What the draft changes of one unit's work; a head's own unit first."""
    plan = get_object_or_404(visible_plans(request), pk=pk)
    units = working_units(plan.agency_id, localdate())
    if not (request.rights.is_office or request.rights.leads):
        units = [unit for unit in units if unit.pk in request.rights.units]
    unit = chosen(request, units)
    before = plan_before(plan)
    found = compared(plan, before, unit) if before and unit else None
    changed = (
        [(one, [(FIELDS[name], *pair) for name, pair in one.fields.items()]) for one in found.changed] if found else []
    )
    return render(request, "plans/last_year.html", {
        "plan": plan, "before": before, "unit": unit, "units": units, "found": found, "changed": changed,
    })  # fmt: skip


def chosen(request: SignedInRequest, units: list[Unit]) -> Unit | None:
    """The unit that is asked for, else the one that the person heads, else the first."""
    asked = request.GET.get("don_vi", "")
    own = [unit for unit in units if unit.pk in request.rights.headed_units]
    return next((unit for unit in units if str(unit.pk) == asked), next(iter([*own, *units]), None))
