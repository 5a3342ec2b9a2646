"""Kế hoạch: the list, one plan with its rows, and correcting the rows of a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.contrib import messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Prefetch, Subquery, TextField
from django.db.models.functions import Cast, JSONObject
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from audit import services as audit
from audit.models import Stream
from organization.models import Letterhead
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans import arrivals, pages
from plans.amendments import rows_of_version
from plans.drafting import DraftCriterion, DraftRow
from plans.enums import Confirmation
from plans.errors import PlanRefused
from plans.exporting import to_excel, to_word
from plans.forms import OnDayForm, RowForm
from plans.intake import units_for_reading
from plans.leads import LeadBook
from plans.models import (
    Arrival,
    DraftComment,
    MeasureCriterion,
    MeasureText,
    MeasureUnit,
    Plan,
    PlanImport,
    PlanQuerySet,
    PlanVersion,
)
from plans.reading import PlanHeader
from plans.services import correct_row, discard_draft, draft_row_of, set_confirmation
from plans.showing import Shown, Totals, in_tab, tabs_of, with_moves
from plans.views.guards import office_only, posted
from plans.views.importing import PER_PAGE

PLANS_PER_PAGE = 30
OFFICE = "application/vnd.openxmlformats-officedocument"
FILES = {
    "docx": (to_word, f"{OFFICE}.wordprocessingml.document"),
    "xlsx": (to_excel, f"{OFFICE}.spreadsheetml.sheet"),
}


def visible_plans(request: SignedInRequest) -> PlanQuerySet:
    """Raises PermissionDenied for who has no work here (the administrator sees no content)."""
    if not request.rights.oversees and not request.rights.units:
        raise PermissionDenied("Tài khoản này không xem nội dung kế hoạch.")
    return Plan.objects.visible_to(request.rights)


def plan_list(request: SignedInRequest) -> HttpResponse:
    newest = PlanVersion.objects.filter(plan=OuterRef(OuterRef("pk"))).order_by("-number").values("pk")[:1]
    rows = MeasureText.objects.filter(version=Subquery(newest)).order_by()
    numbers = rows.values("version__plan").annotate(number=Count("pk")).values("number")
    plans = visible_plans(request).with_closed().select_related("by", "issued_by").annotate(rows=Subquery(numbers))
    page = Paginator(plans, PLANS_PER_PAGE).get_page(request.GET.get("page"))
    office = request.rights.is_office
    waiting = (
        PlanImport.objects.filter(agency_id=request.rights.agency_id, plan=None, amends=None)
        if office
        else PlanImport.objects.none()
    )
    waiting = waiting.select_related("by").only("filename", "at", "by__full_name").order_by("-at")[:10]
    reading = arrivals.waiting().filter(agency_id=request.rights.agency_id) if office else Arrival.objects.none()
    reading = reading.select_related("by").only("filename", "at", "by__full_name").order_by("-at")[:10]
    return render(request, "plans/list.html", {"page": page, "waiting": waiting, "reading": reading, "office": office})


def plan_page(request: SignedInRequest, pk: int) -> HttpResponse:
    rights = request.rights
    plan = get_object_or_404(visible_plans(request).select_related("issued_by", "by"), pk=pk)
    draft = plan.issued_at is None
    versions = editions_of(plan)
    form = OnDayForm(request.GET or None)
    version = version_on(versions, plan, form.day())
    past = version is not versions[0]
    texts = texts_of(version) if version else []
    rows = [Shown(text.pk, shown_row(text, draft=draft), localdate()) for text in texts]
    tabs = tabs_of(rows, review=rights.is_office)
    asked = request.GET.get("xem", "" if draft else "tat-ca")
    tab = next((tab for tab in tabs if tab.name == asked), tabs[0])
    found = in_tab(rows, tab.name)
    per_page = max(len(found), 1) if request.GET.get("in") else PER_PAGE  # a plan is printed whole
    page = Paginator(found, per_page).get_page(request.GET.get("page"))
    said = comments_of(plan) if draft else {}
    if draft:
        page.object_list = with_moves(plan.agency_id, page.object_list)
    actions = [a for a in pages.actions if not past and a.shown(plan, rights)]
    of_rows = {
        shown.key: [
            (a.words, a.url(shown.key)) for a in pages.row_actions if not past and a.shown(plan, shown.row, rights)
        ]
        for shown in page
    }
    context = {
        "plan": plan, "draft": draft, "page": page, "tabs": tabs, "tab": tab, "editable": draft and rights.is_office,
        "words": totals_of(plan, rows), "form": form, "version": version, "versions": versions, "past": past,
        "day": form.day(), "copies": rights.is_office and not draft and not past, "next_year": plan.year + 1,
        "actions": [(a, a.url(plan)) for a in actions],
        "editions": [(one, [(a.words, a.url(one)) for a in pages.version_actions if a.shown(one)]) for one in versions],
        "rows": [(shown, of_rows[shown.key], said.get(shown.row.measure_id, [])) for shown in page],
        "unsettled": sum(one.settled_at is None for some in said.values() for one in some),
        "commenting": draft and (rights.is_office or plan.comments_until is not None),
        "comments_here": draft and bool(rights.headed_units) and plan.comments_until is not None,
    }  # fmt: skip
    return render(request, "plans/plan.html", context)


def comments_of(plan: Plan) -> dict[int | None, list[DraftComment]]:
    """What was said of a draft, by measure; None: of the whole."""
    said: dict[int | None, list[DraftComment]] = {}
    for one in plan.comments.select_related("unit"):
        said.setdefault(one.measure_id, []).append(one)
    return said


def editions_of(plan: Plan) -> list[PlanVersion]:
    """Newest first: the amendments, then the plan as it went under way. How its draft was read before is none."""
    versions = list(plan.versions.order_by("-number"))
    first = next(place for place, version in enumerate(versions) if not version.document_number)
    return versions[: first + 1]


def shown_row(text: MeasureText, *, draft: bool) -> DraftRow:
    """A guess is asked about on a draft; once the plan is under way it stands."""
    criteria = [DraftCriterion(c["code"], c["name"], c["points"] and Decimal(c["points"])) for c in text.found]  # type: ignore[attr-defined]
    found = draft_row_of(text, criteria)
    return found if draft else replace(found, confirmed=True)


def totals_of(plan: Plan, rows: list[Shown]) -> str:
    """What the plan amounts to; of one under way the work itself is counted elsewhere."""
    if plan.issued_at:
        return f"{counted(len(rows))} nhiệm vụ"
    return Totals.of(rows, LeadBook.of(plan.agency_id, localdate())).words


def version_on(versions: list[PlanVersion], plan: Plan, day: date | None) -> PlanVersion | None:
    """The newest of these that was signed by that day; without a day the newest of all."""
    if day is None:
        return versions[0]
    signed = [(version, version.issued_on or plan.issued_on) for version in versions]
    return next((version for version, on in signed if on and on <= day), None)


def texts_of(version: PlanVersion) -> list[MeasureText]:
    """The rows of a version with all that a page shows of them; `found` are their criteria."""
    owners = MeasureUnit.objects.select_related("unit").order_by("part", "position")
    body = JSONObject(code="code", name="name", points=Cast("points", TextField()))
    criteria = MeasureCriterion.objects.filter(text=OuterRef("pk")).order_by("position").values_list(body)
    rows = version.texts.order_by("position")
    rows = rows.annotate(found=ArraySubquery(criteria))
    return list(rows.prefetch_related(Prefetch("units", owners), "occurrences"))


def export(request: SignedInRequest, pk: int, kind: str) -> HttpResponse:
    """The plan as a file, in the layout of its appendices; as on a day where one is asked for. Each is written down."""
    plan = get_object_or_404(visible_plans(request).select_related("agency"), pk=pk)
    make, content_type = FILES[kind]
    form = OnDayForm(request.GET or None)
    version = version_on(list(plan.versions.order_by("-number")), plan, form.day())
    if version is None:
        raise Http404("Kế hoạch chưa được ban hành vào ngày này.")
    header = PlanHeader(
        version.document_number or plan.number, version.issued_on or plan.issued_on, plan.title, plan.year
    )
    letterhead = Letterhead.objects.on(header.issued_on or localdate()).filter(agency=plan.agency).first()
    body = make(header, rows_of_version(version), agency=letterhead.name if letterhead else plan.agency.name,
                place=letterhead.place if letterhead else "", units=units_for_reading(plan.agency))  # fmt: skip
    with audit.transaction():
        audit.record(
            "plan.exported", f"plan:{plan.pk}", agency=plan.agency_id, actor=request.rights.user_id, stream=Stream.ACCESS,
            kind=kind, version=version.number,
        )  # fmt: skip
    answer = HttpResponse(body, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="ke-hoach-{plan.year}.{kind}"'
    return answer


@office_only
def row(request: SignedInRequest, pk: int, text: int) -> HttpResponse:
    """Every field of one row of a draft."""
    plan = get_object_or_404(visible_plans(request), pk=pk)
    saved = get_object_or_404(MeasureText.objects.select_related("measure"), pk=text, version__plan=plan)
    back = reverse("plans:plan", args=[pk]) + (f"?{request.GET.urlencode()}" if request.GET else "")
    if plan.issued_at:
        messages.warning(request, "Kế hoạch này đã được đưa vào theo dõi nên không sửa dòng được nữa.")
        return HttpResponseRedirect(back)
    draft_row = draft_row_of(saved)
    form = RowForm(posted(request), row=draft_row, units=list(LeadBook.of(plan.agency_id, localdate()).units.values()),
                   confirmation=saved.measure.confirmation)  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            correct_row(saved.pk, form.change(), request.rights)
            level = Confirmation(form.cleaned_data["confirmation"] or saved.measure.confirmation)
            set_confirmation(plan.pk, [saved.measure_id], level, request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã sửa dòng {saved.code}.")
            return HttpResponseRedirect(back)
    context = {"form": form, "shown": Shown(saved.pk, draft_row, localdate()), "back": back, "name": str(plan)}
    return render(request, "plans/row.html", context, status=409 if form.non_field_errors() else 200)


@require_POST
@office_only
def discard_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    get_object_or_404(visible_plans(request), pk=pk)
    try:
        discard_draft(pk, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("plans:plan", pk)
    messages.success(request, "Đã xóa dự thảo.")
    return redirect("plans:list")
