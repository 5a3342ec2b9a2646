"""Đưa vào theo dõi and what is settled around it: past rows, leads named later, due dates. Văn phòng only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate

from evidence.models import DocumentFile
from evidence.services import store_document
from organization.calendar import BeyondCalendar
from organization.requests import SignedInRequest
from organization.vietnamese import counted, short_date
from plans.enums import BeforeIssue
from plans.errors import PlanRefused
from plans.leads import working_units
from plans.models import MeasureText, Plan
from plans.services import put_leader
from plans.views.guards import office_only, posted
from workflow.duedates import deadline_of, shown_waiting, trigger, waiting_beside, waiting_of
from workflow.duedates import set_due as put_due
from workflow.errors import Refused
from workflow.issuing import decide_past as decide
from workflow.issuing import issue_plan as issue
from workflow.issuing import name_lead as name
from workflow.issuing_forms import DecideForm, DueForm, IssueForm, LeaderForm, LeadForm, ResultForm
from workflow.models import Case
from workflow.paging import PAGE_SIZE
from workflow.planned import Planner, leaderless, per_unit, rows_of, undecided

REFUSED = 409


def plan_of(request: SignedInRequest, pk: int) -> Plan:
    """Raises Http404 for a plan of another agency."""
    return get_object_or_404(Plan.objects.visible_to(request.rights), pk=pk)


def plan_url(plan_id: int) -> str:
    return reverse("plans:plan", args=[plan_id])


@office_only
def issue_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    plan = plan_of(request, pk)
    if plan.issued_at and request.method != "POST":
        return redirect("plans:plan", pk)
    initial = {"number": plan.number, "issued_on": min(plan.issued_on or localdate(), localdate())}
    form = IssueForm(posted(request), request.FILES or None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return show_issue(request, plan, form)
    given = form.cleaned_data

    def signed() -> Any:
        return store_document(
            agency_id=plan.agency_id, by=request.user, number=given["number"], dated=given["issued_on"],
            issuer=request.rights.agency.name, abstract=plan.title, files=given["uploads"],
        )  # fmt: skip

    try:
        issued = issue(pk, request.rights, number=given["number"], issued_on=given["issued_on"], signed_document=signed)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_issue(request, plan, form, REFUSED)
    later = [
        f"{counted(len(found))} {words}"
        for found, words in ((issued.undecided, "kỳ đã qua hạn"), (issued.leaderless, "dòng chưa rõ đơn vị chủ trì"))
        if found
    ]
    rest = f" Còn {' và '.join(later)} chờ quyết định." if later else ""
    messages.success(request, f"Đã đưa {issued.plan} vào theo dõi: {counted(issued.assignments)} việc giao.{rest}")
    return redirect("plans:plan", pk)


def show_issue(request: SignedInRequest, plan: Plan, form: IssueForm, status: int = 200) -> HttpResponse:
    today = localdate()
    planner = Planner.of(plan, today)
    texts = list(rows_of(plan))
    try:
        works, gap = planner.work(texts), ""
    except BeyondCalendar as beyond:
        works, gap = [], str(beyond)
    moved = dict.fromkeys((work.text.code, work.label, work.moved.why) for work in works if work.moved)
    context = past_of(plan, DecideForm(plan=plan), ResultForm()) | {
        "plan": plan, "form": form, "works": len(works), "per_unit": per_unit(works), "today": today,
        "leaderless": leaderless(texts, planner.book), "back": "issue",
        "gap": gap, "moved": list(moved),
    }  # fmt: skip
    return render(request, "workflow/issuing/issue.html", context, status=status)


def past_of(plan: Plan, form: DecideForm, result: ResultForm) -> dict[str, Any]:
    """What the table of past rows shows."""
    return {"past": form.past, "decide": form, "result": result, "plan": plan}


@office_only
def decide_past(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rows that were due already: one word for one of them or for many."""
    plan = plan_of(request, pk)
    form = DecideForm(posted(request), plan=plan)
    back = request.GET.get("tu") == "issue" and plan.issued_at is None
    result = ResultForm(request.POST, request.FILES) if form.records else ResultForm()
    if request.method != "POST":
        return show_past(request, plan, form, result)
    if not form.is_valid() or (form.records and not result.is_valid()):
        return show_past(request, plan, form, result)
    given = form.cleaned_data

    def filed() -> Any:
        said = result.cleaned_data
        return store_document(
            agency_id=plan.agency_id, by=request.user, number=said["number"], dated=said["dated"], issuer=said["issuer"],
            abstract=said["abstract"], files=said["uploads"],
        )  # fmt: skip

    try:
        begun = decide(
            pk, [int(key) for key in given["occurrences"]], BeforeIssue(given["decision"]), request.rights,
            new_due_on=given["new_due_on"], result=filed if form.records else None,
        )  # fmt: skip
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return show_past(request, plan, form, result, REFUSED)
    words = BeforeIssue(given["decision"]).label.lower()
    made = f" {counted(begun)} việc giao được thêm." if begun else ""
    messages.success(request, f"{counted(len(given['occurrences']))} kỳ: {words}.{made}")
    if back:
        return redirect("workflow:issue_plan", pk)
    rest = undecided(plan, localdate()).exists()
    return redirect("workflow:decide_past", pk) if rest else redirect("plans:plan", pk)


def show_past(
    request: SignedInRequest, plan: Plan, form: DecideForm, result: ResultForm, status: int = 200
) -> HttpResponse:
    context = past_of(plan, form, result) | {"back": request.GET.get("tu", "")}
    return render(request, "workflow/issuing/past.html", context, status=status)


@office_only
def name_lead(request: SignedInRequest, pk: int) -> HttpResponse:
    """Chọn đơn vị chủ trì of a row that had none."""
    texts = MeasureText.objects.filter(version__plan__in=Plan.objects.visible_to(request.rights))
    text = get_object_or_404(texts.select_related("version__plan").prefetch_related("units", "occurrences"), pk=pk)
    units = working_units(request.rights.agency_id, localdate())
    form = LeadForm(posted(request), units=units)
    if request.method == "POST" and form.is_valid():
        try:
            begun = name(pk, form.chosen(), request.rights)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            names = ", ".join(unit.name for unit in form.chosen())
            made = f" {counted(begun)} việc giao được thêm." if begun else ""
            messages.success(request, f"Dòng {text.code}: {names} chủ trì.{made}")
            return HttpResponseRedirect(plan_url(text.version.plan_id))
    context = {"form": form, "text": text, "plan": text.version.plan}
    return render(request, "workflow/issuing/lead.html", context, status=REFUSED if form.non_field_errors() else 200)


@office_only
def set_due(request: SignedInRequest, pk: int) -> HttpResponse:
    """Đặt thời hạn of work that had none, or the day from which it is counted."""
    case = get_object_or_404(Case.objects.visible_to(request.rights).select_related("unit", "plan"), pk=pk)
    deadline = deadline_of(case)
    form = DueForm(
        posted(request), wait=deadline.wait, others=Case.objects.filter(waiting_beside(pk)).exclude(pk=pk).count()
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        ground = {
            "note": given["note"], "document_text": given["document"], "everywhere": given.get("everywhere", False),
        }  # fmt: skip
        try:
            if given.get("happened_on"):
                cases = trigger(pk, given["happened_on"], request.rights, **ground)
            else:
                cases = put_due(pk, given["due_on"], request.rights, **ground)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            others = f" Cả {counted(len(cases) - 1)} đơn vị khác." if len(cases) > 1 else ""
            messages.success(request, f"Nhiệm vụ {case.code}: thời hạn {short_date(cases[0].due_on)}.{others}")
            return redirect("workflow:task", pk)
    return render(
        request, "workflow/issuing/due.html", {"form": form, "case": case, "raw": deadline.raw},
        status=REFUSED if form.non_field_errors() else 200,
    )  # fmt: skip


@office_only
def waiting_dates(request: SignedInRequest, pk: int) -> HttpResponse:
    """The measures of a plan that wait for a date, with what each waits for."""
    plan = plan_of(request, pk)
    page = Paginator(waiting_of(plan), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = shown_waiting(page.object_list, plan.year)
    return render(request, "workflow/issuing/waiting.html", {"plan": plan, "page": page, "rows": rows})


@office_only
def name_leader(request: SignedInRequest, pk: int) -> HttpResponse:
    """Chọn lãnh đạo phụ trách riêng of the measure this work belongs to."""
    cases = Case.objects.visible_to(request.rights).filter(assignment__isnull=False)
    case = get_object_or_404(cases.select_related("unit", "assignment__measure"), pk=pk)
    measure = case.assignment.measure
    rights = request.rights
    form = LeaderForm(posted(request), agency_id=rights.agency_id, on=rights.on, initial={"leader": measure.leader_id})
    if request.method == "POST" and form.is_valid():
        leader = form.cleaned_data["leader"]
        try:
            put_leader(measure.pk, leader, rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = f"{leader.full_name} phê duyệt" if leader else "lãnh đạo phụ trách đơn vị phê duyệt"
            messages.success(request, f"Nhiệm vụ {case.code}: {words} từ các lần trình tới.")
            return redirect("workflow:task", pk)
    status = REFUSED if form.non_field_errors() else 200
    return render(request, "workflow/issuing/leader.html", {"form": form, "case": case}, status=status)


def signed_plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """The signed file of a plan under way, for everybody who sees the plan."""
    return signed(plan_of(request, pk).signed_document_id)


def signed_version(request: SignedInRequest, pk: int, number: int) -> HttpResponse:
    """The signed file of one amendment of it."""
    return signed(get_object_or_404(plan_of(request, pk).versions, number=number).signed_document_id)


def signed(document_id: int | None) -> HttpResponse:
    file = DocumentFile.objects.filter(document=document_id).order_by("pk").first() if document_id else None
    if file is None:
        raise Http404("Văn bản này không kèm tệp đã ký.")
    return redirect("workflow:download", file.pk)
