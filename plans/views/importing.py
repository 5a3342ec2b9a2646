"""Nhập kế hoạch: choose a file, look over what was read, correct it, keep it as a draft. Văn phòng only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from organization.requests import SignedInRequest
from plans import imports
from plans.errors import PlanRefused
from plans.forms import RowForm, UploadForm, lead_choices
from plans.intake import read_file, sha256_of
from plans.leads import LeadBook
from plans.models import Plan, PlanImport
from plans.reading import UnreadableError
from plans.showing import BAD, Shown, Totals, in_tab, tabs_of
from plans.views.guards import office_only, posted

PER_PAGE = 100
LISTED = 20  # so many problems are named on top; the rest are counted


def found_import(request: SignedInRequest, pk: int) -> PlanImport:
    return get_object_or_404(PlanImport, pk=pk, agency_id=request.rights.agency_id, amends=None)


@office_only
def upload(request: SignedInRequest) -> HttpResponse:
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            reading = read_file(file, request.rights.agency, form.cleaned_data["year"])
        except UnreadableError as refusal:
            form.add_error("file", f"“{file.name}”: {refusal}")
        else:
            kept = imports.keep_reading(reading, request.rights, filename=file.name, sha256=sha256_of(file))
            return redirect("plans:preview", kept.pk)
    return render(request, "plans/upload.html", {"form": form})


@office_only
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was read; nothing is saved as a plan yet. Once saved, the page leads to the draft."""
    kept = found_import(request, pk)
    if kept.plan_id:
        return redirect("plans:plan", kept.plan_id)
    return show_preview(request, kept)


def show_preview(request: SignedInRequest, kept: PlanImport, said: str = "", status: int = 200) -> HttpResponse:
    book = LeadBook.of(kept.agency_id, localdate())
    rows = [Shown(index, row, localdate()) for index, row in enumerate(imports.rows_of_import(kept))]
    tabs = tabs_of(rows, review=True)
    asked = request.GET.get("xem", "")
    tab = next((tab for tab in tabs if tab.name == asked), tabs[0])
    page = Paginator(in_tab(rows, tab.name), PER_PAGE).get_page(request.GET.get("page"))
    bad = [shown for shown in rows if shown.row.standing == BAD]
    totals = Totals.of(rows, book)
    url = reverse("plans:preview", args=[kept.pk])
    context = {
        "kept": kept, "page": page, "tabs": tabs, "tab": tab, "totals": totals, "figures": list(totals.figures(url)),
        "bad": bad[:LISTED], "bad_count": len(bad), "more_bad": max(0, len(bad) - LISTED),
        "on_page": {shown.key for shown in page}, "choices": lead_choices(list(book.units.values())), "said": said,
    }  # fmt: skip
    return render(request, "plans/preview.html", context, status=status)


@office_only
def import_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    """Every field of one row."""
    kept = found_import(request, pk)
    rows = imports.rows_of_import(kept)
    if not index < len(rows):
        raise Http404("Không có dòng này trong tệp.")
    back = f"{reverse('plans:preview', args=[pk])}?{request.GET.urlencode()}"
    units = list(LeadBook.of(kept.agency_id, localdate()).units.values())
    form = RowForm(posted(request), row=rows[index], units=units)
    if request.method == "POST" and form.is_valid():
        try:
            row = imports.correct_import_row(pk, index, form.change(), request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã sửa dòng {row.row}.")
            return HttpResponseRedirect(back)
    context = {"form": form, "shown": Shown(index, rows[index], localdate()), "back": back, "name": kept.filename}
    return render(request, "plans/row.html", context, status=409 if form.non_field_errors() else 200)


def change_row(request: SignedInRequest, pk: int, change: Callable[[], str]) -> HttpResponse:
    """Do it, then show the same tab again; what is refused is said above the rows."""
    kept = found_import(request, pk)
    try:
        messages.success(request, change())
    except PlanRefused as refusal:
        return show_preview(request, kept, str(refusal), 409)
    query = request.GET.urlencode()
    return HttpResponseRedirect(reverse("plans:preview", args=[pk]) + (f"?{query}" if query else ""))


@require_POST
@office_only
def choose_lead(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    def change() -> str:
        given = request.POST.get("lead", "")
        book = LeadBook.of(request.rights.agency_id, localdate())
        words: Mapping[str, str] = dict(lead_choices(list(book.units.values())))
        if given not in words:
            raise PlanRefused("Chưa chọn đơn vị chủ trì. Chọn một đơn vị trong danh sách.")
        row = imports.choose_import_lead(pk, index, given, request.rights)
        return f"Dòng {row.row}: {words[given]} chủ trì."

    return change_row(request, pk, change)


@require_POST
@office_only
def confirm_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    return change_row(
        request, pk, lambda: f"Đã xác nhận dòng {imports.confirm_import_row(pk, index, request.rights).row}."
    )


@require_POST
@office_only
def save(request: SignedInRequest, pk: int) -> HttpResponse:
    kept = found_import(request, pk)
    try:
        plan = imports.save_import(pk, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
        saved: Plan | None = kept.plan
        return redirect("plans:plan", saved.pk) if saved else redirect("plans:list")
    messages.success(request, f"Đã lưu dự thảo: {len(kept.rows)} nhiệm vụ.")
    return redirect("plans:plan", plan.pk)


@require_POST
@office_only
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    found_import(request, pk)
    try:
        imports.discard_import(pk, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Đã hủy bỏ. Không có gì được lưu.")
    return redirect("plans:list")
