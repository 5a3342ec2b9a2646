"""Nhập kế hoạch: choose a file, look over what was read, correct it, keep it as a draft. Văn phòng only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST, require_safe

from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans import imports, pages
from plans.arrivals import receive, told_of, wait
from plans.copying import AlreadyCopied, copy_plan
from plans.enums import OwnerKind
from plans.errors import PlanRefused
from plans.forms import RowForm, UploadForm, lead_choices
from plans.imports import Settled
from plans.intake import names_of, read_file, sha256_of
from plans.leads import LeadBook
from plans.models import Arrival, Plan, PlanImport
from plans.owners import UnitNames, suggestions
from plans.reading import UnreadableError
from plans.showing import BAD, Shown, Totals, in_tab, tabs_of, with_moves
from plans.tasks import call_worker
from plans.views.guards import office_only, posted

PER_PAGE = 100
LISTED = 20  # so many problems are named on top; the rest are counted


def found_import(request: SignedInRequest, pk: int) -> PlanImport:
    return get_object_or_404(PlanImport, pk=pk, agency_id=request.rights.agency_id, amends=None)


@office_only
def upload(request: SignedInRequest) -> HttpResponse:
    form = UploadForm(posted(request), request.FILES or None)
    return taken(request, form, None) or render(request, "plans/upload.html", {"form": form, "over": None})


@office_only
def upload_again(request: SignedInRequest, pk: int) -> HttpResponse:
    """A corrected file over the one under review."""
    kept = found_import(request, pk)
    if kept.plan_id:
        return redirect("plans:plan", kept.plan_id)
    form = UploadForm(posted(request), request.FILES or None)
    del form.fields["year"], form.fields["separate"]
    return taken(request, form, kept) or render(request, "plans/upload.html", {"form": form, "over": kept})


def taken(request: SignedInRequest, form: UploadForm, over: PlanImport | None) -> HttpResponse | None:
    """The file read and put where it belongs; None where the form is to be shown."""
    if request.method != "POST" or not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    if file.size > settings.IMPORT_AT_ONCE_BYTES:
        year, separate = form.cleaned_data.get("year"), form.cleaned_data.get("separate", False)
        year = over.year if over else year
        return sent(wait(file.read(), request.rights, filename=file.name, year=year, separate=separate, over=over))
    try:
        reading = read_file(file, request.rights.agency, over.year if over else form.cleaned_data["year"])
        kept = receive(
            reading, request.rights, filename=file.name, sha256=sha256_of(file),
            separate=form.cleaned_data.get("separate", False), instead_of=over.pk if over else None,
        )  # fmt: skip
    except UnreadableError as refusal:
        form.add_error("file", f"“{file.name}”: {refusal}")
    except PlanRefused as refusal:
        form.add_error(None, str(refusal))
    else:
        return HttpResponseRedirect(page_of(kept))
    return None


def sent(arrival: Arrival) -> HttpResponse:
    """A file that a worker reads: the page that shows how far it is."""
    call_worker(arrival.pk)
    return redirect("plans:arrival", arrival.pk)


@require_safe
@office_only
def arrival(request: SignedInRequest, pk: int) -> HttpResponse:
    """How far the reading is; what was read is one step on."""
    found = get_object_or_404(
        Arrival.objects.defer("body").select_related("result"), pk=pk, agency_id=request.rights.agency_id
    )
    if found.result:
        url = page_of(found.result)
        return HttpResponse(headers={"HX-Redirect": url}) if request.headers.get("HX-Request") else redirect(url)
    return render(request, "plans/arrival.html", {"arrival": found})


def page_of(kept: PlanImport) -> str:
    """Where a file is looked over: by itself, or beside the plan that it corrects."""
    if kept.amends_id:
        (compared,) = pages.compared
        return compared(kept.pk)
    return reverse("plans:preview", args=[kept.pk])


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
    page.object_list = with_moves(kept.agency_id, page.object_list)
    bad = [shown for shown in rows if shown.row.standing == BAD]
    totals = Totals.of(rows, book)
    meant = near(page, names_of(book.units.values(), kept.agency_id, localdate()))
    url = reverse("plans:preview", args=[kept.pk])
    context = {
        "kept": kept, "page": page, "tabs": tabs, "tab": tab, "totals": totals, "figures": list(totals.figures(url)),
        "bad": bad[:LISTED], "bad_count": len(bad), "more_bad": max(0, len(bad) - LISTED),
        "on_page": {shown.key for shown in page}, "rows": [(shown, meant.get(shown.key, [])) for shown in page],
        "choices": lead_choices(list(book.units.values())), "proposals": sum(bool(shown.proposal) for shown in rows), "said": said, "told": told_of(kept.told),
    }  # fmt: skip
    return render(request, "plans/preview.html", context, status=status)


def near(page: Iterable[Shown], names: UnitNames[int] | None) -> dict[int, list[tuple[str, str, int]]]:
    """By row that waits for a lead: the units its words may mean, each as a choice with its score."""
    if names is None:
        return {}
    return {
        shown.key: [
            (f"unit:{unit}", name, score)
            for owner in shown.row.leads
            if owner.kind == OwnerKind.UNNAMED
            for unit, name, score in suggestions(owner.written, names)
        ]
        for shown in page
        if shown.row.lead_missing
    }


@office_only
def import_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    """Every field of one row."""
    kept = found_import(request, pk)
    rows = imports.rows_of_import(kept)
    if not index < len(rows):
        raise Http404("Không có dòng này trong tệp.")
    back = f"{reverse('plans:preview', args=[pk])}?{request.GET.urlencode()}"
    units = list(LeadBook.of(kept.agency_id, localdate()).units.values())
    form = RowForm(
        posted(request), row=rows[index], units=units, confirmation=rows[index].confirmation, with_source=True
    )
    if request.method == "POST" and form.is_valid():
        try:
            settled = imports.correct_import_row(pk, index, form.change(), request.rights, form.origin())
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã sửa dòng {settled.row.row}.{taught(settled)}")
            return HttpResponseRedirect(back)
    context = {"form": form, "shown": Shown(index, rows[index], localdate()), "back": back, "name": kept.filename}
    return render(request, "plans/row.html", context, status=409 if form.non_field_errors() else 200)


def taught(settled: Settled) -> str:
    """What was learnt from a correction, in words."""
    if not settled.learnt:
        return ""
    names = ", ".join(f"“{text}”" for text in settled.learnt)
    also = f" {counted(settled.others)} dòng khác cũng nhận theo." if settled.others else ""
    return f" Đã nhớ tên gọi {names} từ hôm nay.{also}"


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
        given = request.POST.get("suggested") or request.POST.get("lead", "")
        book = LeadBook.of(request.rights.agency_id, localdate())
        words: Mapping[str, str] = dict(lead_choices(list(book.units.values())))
        if given not in words:
            raise PlanRefused("Chưa chọn đơn vị chủ trì. Chọn một đơn vị trong danh sách.")
        settled = imports.choose_import_lead(pk, index, given, request.rights)
        return f"Dòng {settled.row.row}: {words[given]} chủ trì.{taught(settled)}"

    return change_row(request, pk, change)


@require_POST
@office_only
def drop_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    def change() -> str:
        row = imports.drop_import_row(pk, index, request.POST.get("row", ""), request.rights)
        return f"Đã bỏ dòng {row.row}."

    return change_row(request, pk, change)


@require_POST
@office_only
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    """Lập kế hoạch năm sau from this one; where that was done before, to where it is."""
    get_object_or_404(Plan.objects.visible_to(request.rights), pk=pk)
    try:
        kept = copy_plan(pk, request.rights)
    except AlreadyCopied as refusal:
        messages.warning(request, str(refusal))
        return redirect("plans:preview", refusal.kept.pk)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("plans:plan", pk)
    messages.success(request, f"Đã lập {counted(len(kept.rows))} dòng cho năm {kept.year}. Xem lại rồi lưu dự thảo.")
    return redirect("plans:preview", kept.pk)


@require_POST
@office_only
def confirm_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    def change() -> str:
        settled = imports.confirm_import_row(pk, index, request.rights)
        return f"Đã xác nhận dòng {settled.row.row}.{taught(settled)}"

    return change_row(request, pk, change)


@require_POST
@office_only
def take(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    """Nguồn giao and mức xác nhận as proposed for one row."""
    return change_row(
        request, pk, lambda: f"Đã nhận đề xuất của dòng {imports.take_proposal(pk, index, request.rights).row.row}."
    )


@require_POST
@office_only
def take_all(request: SignedInRequest, pk: int) -> HttpResponse:
    return change_row(
        request, pk, lambda: f"Đã nhận đề xuất của {counted(imports.take_proposals(pk, request.rights))} dòng."
    )


@require_POST
@office_only
def responsible(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    """Of several lead units one answers for the row, the others help."""

    def change() -> str:
        settled = imports.name_responsible(pk, index, request.POST.get("lead", ""), request.rights)
        lead, *_ = settled.row.leads
        return f"Dòng {settled.row.row}: {lead.name} chịu trách nhiệm, các đơn vị khác phối hợp."

    return change_row(request, pk, change)


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
