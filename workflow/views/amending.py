"""Điều chỉnh kế hoạch: from a file or by hand, looked over row by row with what happens to open work. Văn phòng only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.views.decorators.http import require_POST

from evidence.services import store_document
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans import amendments
from plans.amendments import blank_row
from plans.arrivals import told_of, wait
from plans.closing import why_closed
from plans.differences import FIELDS, Difference
from plans.drafting import DraftRow
from plans.errors import PlanRefused
from plans.forms import RowForm, UploadForm
from plans.imports import rows_of_import
from plans.intake import read_file, sha256_of
from plans.leads import working_units
from plans.models import Plan, PlanImport
from plans.reading import UnreadableError
from plans.showing import Shown, with_moves
from plans.views.guards import office_only, posted
from plans.views.importing import sent
from workflow.adding import add_row
from workflow.amending import NOT_ISSUED, Amended, amend_plan, foreseen, late_codes
from workflow.errors import Refused
from workflow.following import Follow
from workflow.issuing_forms import AmendForm
from workflow.views.issuing import REFUSED, plan_of

PER_PAGE = 100
TABS = (("thay-doi", "Thay đổi"), ("them", "Thêm"), ("bo", "Bỏ"), ("tat-ca", "Tất cả các dòng"))


def amendment_of(request: SignedInRequest, pk: int) -> PlanImport:
    """Raises Http404 for another agency's."""
    found = PlanImport.objects.filter(agency_id=request.rights.agency_id, amends__isnull=False)
    return get_object_or_404(found.select_related("amends", "base", "by"), pk=pk)


@office_only
def start(request: SignedInRequest, pk: int) -> HttpResponse:
    """Choose: a file beside the plan, or the plan's own rows. What is being prepared is listed."""
    plan = plan_of(request, pk)
    by_hand = request.method == "POST" and "by_hand" in request.POST
    form = UploadForm(None if by_hand else posted(request), request.FILES or None)
    del form.fields["year"], form.fields["separate"]
    if plan.closing:
        messages.warning(request, why_closed(plan))
        return redirect("plans:plan", pk)
    if by_hand:
        return redirect("workflow:amendment", amendments.amend_by_hand(plan, request.rights).pk)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        if file.size > settings.IMPORT_AT_ONCE_BYTES:
            return sent(wait(file.read(), request.rights, filename=file.name, year=plan.year, beside=plan))
        try:
            reading = read_file(file, request.rights.agency, plan.year)
        except UnreadableError as refusal:
            form.add_error("file", f"“{file.name}”: {refusal}")
        else:
            kept = amendments.amend_from_file(plan, reading, request.rights, filename=file.name, sha256=sha256_of(file))
            return redirect("workflow:amendment", kept.pk)
    waiting = plan.amendments.filter(plan=None).select_related("by").order_by("-at")[:10]
    return render(request, "workflow/amending/start.html", {"plan": plan, "form": form, "waiting": waiting})


@office_only
def add(request: SignedInRequest, pk: int) -> HttpResponse:
    """Thêm nhiệm vụ phát sinh: the row and the document that gives it, in one form."""
    plan = plan_of(request, pk)
    if plan.closing or plan.issued_at is None:
        messages.warning(request, why_closed(plan) or NOT_ISSUED)
        return redirect("plans:plan", pk)
    blank = blank_row(amendments.rows_of_version(amendments.newest_version(plan)))
    form = RowForm(posted(request), row=blank, units=working_units(plan.agency_id, localdate()))
    paper = AmendForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid() & paper.is_valid():
        try:
            done = added(request, plan, form, paper)
        except (Refused, PlanRefused) as refusal:
            form.add_error(None, str(refusal))
        else:
            later = " Thời hạn đã qua: quyết định kỳ này ở trang kế hoạch." if done.undecided else ""
            messages.success(
                request, f"Đã thêm dòng {done.found.added[0].row}: {counted(done.assignments)} việc giao.{later}"
            )
            return redirect("plans:plan", pk)
    context = {"plan": plan, "form": form, "paper": paper, "blank": blank}
    return render(request, "workflow/amending/add.html", context, status=REFUSED if form.non_field_errors() else 200)


def added(request: SignedInRequest, plan: Plan, form: RowForm, paper: AmendForm) -> Amended:
    given = paper.cleaned_data

    def signed() -> Any:
        return store_document(
            agency_id=plan.agency_id, by=request.user, number=given["number"], dated=given["issued_on"],
            issuer=request.rights.agency.name, abstract=given["abstract"] or f"Bổ sung {plan}", files=given["uploads"],
        )  # fmt: skip

    return add_row(
        plan.pk, form.change(), request.rights, number=given["number"], issued_on=given["issued_on"],
        abstract=given["abstract"], signed_document=signed,
    )  # fmt: skip


@office_only
def preview(request: SignedInRequest, pk: int) -> HttpResponse:
    """What changes and what follows; approving it is the form beside."""
    kept = amendment_of(request, pk)
    plan = kept.amends
    if kept.plan_id or plan is None:
        return redirect("plans:plan", kept.plan_id)
    form = AmendForm(posted(request), request.FILES or None, initial=initial_of(kept))
    if request.method != "POST":
        return show_preview(request, kept, form)
    if plan.issued_at and not form.is_valid():
        return show_preview(request, kept, form)
    try:
        said = approve(request, kept, form) if plan.issued_at else redraft(request, kept)
    except (Refused, PlanRefused) as refusal:
        form.is_valid()
        form.add_error(None, str(refusal))
        return show_preview(request, kept, form, REFUSED)
    messages.success(request, said)
    return redirect("plans:plan", plan.pk)


def initial_of(kept: PlanImport) -> dict[str, Any]:
    issued_on = kept.header.get("issued_on")
    return {
        "number": kept.header.get("number", ""),
        "issued_on": min(date.fromisoformat(issued_on), localdate()) if issued_on else None,
    }


def approve(request: SignedInRequest, kept: PlanImport, form: AmendForm) -> str:
    given, plan = form.cleaned_data, kept.amends

    def signed() -> Any:
        return store_document(
            agency_id=kept.agency_id, by=request.user, number=given["number"], dated=given["issued_on"],
            issuer=request.rights.agency.name, abstract=given["abstract"] or f"Điều chỉnh {plan}", files=given["uploads"],
        )  # fmt: skip

    done = amend_plan(
        kept.pk, request.rights, number=given["number"], issued_on=given["issued_on"], abstract=given["abstract"],
        signed_document=signed, late_ok=given["late_ok"],
    )  # fmt: skip
    moved = sum(one.matters for one in done.follows)
    later = f" Còn {counted(len(done.undecided))} kỳ đã qua hạn chờ quyết định." if done.undecided else ""
    return (
        f"Đã đưa {done.version} vào theo dõi: {counted(moved)} việc đang mở theo nội dung mới, "
        f"{counted(done.assignments)} việc giao thêm.{later}"
    )


def redraft(request: SignedInRequest, kept: PlanImport) -> str:
    version = amendments.amend_draft(kept.pk, request.rights)
    return f"Đã cập nhật dự thảo: {counted(version.texts.count())} nhiệm vụ."


def show_preview(request: SignedInRequest, kept: PlanImport, form: AmendForm, status: int = 200) -> HttpResponse:
    plan = kept.amends
    if plan is None:
        raise Http404
    found, told = foreseen(kept, plan)
    asked = request.GET.get("xem", "")
    numbers = dict(zip((name for name, _ in TABS), numbers_of(found, kept), strict=True))
    tab = asked if asked in numbers else next((name for name, number in numbers.items() if number), "tat-ca")
    page = Paginator(rows_of_tab(tab, found, told, rows_of_import(kept)), PER_PAGE).get_page(request.GET.get("page"))
    shown = with_moves(plan.agency_id, [one["shown"] for one in page])
    page.object_list = [one | {"shown": moved} for one, moved in zip(page, shown, strict=True)]
    context = {
        "kept": kept, "plan": plan, "form": form, "page": page, "tab": tab, "kept_rows": len(found.kept),
        "tabs": [(name, words, numbers[name]) for name, words in TABS],
        "moved": sum(one.matters for one in told), "ends": sum(one.row is None for one in told),
        "new_index": len(kept.rows), "told": told_of(kept.told), "late": ", ".join(late_codes(told, localdate())),
    }  # fmt: skip
    return render(request, "workflow/amending/preview.html", context, status=status)


def numbers_of(found: Difference, kept: PlanImport) -> tuple[int, ...]:
    return len(found.changed), len(found.added), len(found.dropped), len(kept.rows)


def rows_of_tab(tab: str, found: Difference, told: list[Follow], rows: list[DraftRow]) -> list[dict[str, Any]]:
    """What the page lists: a row with its place in the amendment, what changes of it, what follows."""
    follow: dict[int, list[Follow]] = {}
    for one in told:
        follow.setdefault(one.case.assignment.measure_id, []).append(one)
    places = {id_of(row): index for index, row in enumerate(rows)}
    changed = {one.new.measure_id: one for one in found.changed}
    shown = {
        "thay-doi": [one.new for one in found.changed],
        "them": found.added,
        "bo": found.dropped,
        "tat-ca": rows,
    }[tab]
    return [
        {
            "shown": Shown(places.get(id_of(row), -1), row, localdate()),
            "fields": [(FIELDS[name], *pair) for name, pair in changed[row.measure_id].fields.items()]
            if row.measure_id in changed and tab != "bo"
            else [],
            "follows": follow.get(row.measure_id or 0, []),
            "dropped": tab == "bo",
        }
        for row in shown
    ]


def id_of(row: DraftRow) -> object:
    """The measure it continues; a new row is itself."""
    return row.measure_id or (row.appendix, row.order, row.row, row.task)


@office_only
def row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    """Every field of one row; past the last one, a new row."""
    kept = amendment_of(request, pk)
    rows = rows_of_import(kept)
    if index > len(rows) or kept.plan_id:
        raise Http404("Không có dòng này trong bản điều chỉnh.")
    new = index == len(rows)
    draft_row = blank_row(rows) if new else rows[index]
    back = f"{reverse('workflow:amendment', args=[pk])}?{request.GET.urlencode()}"
    form = RowForm(posted(request), row=draft_row, units=working_units(kept.agency_id, localdate()),
                   appendices=amendments.appendices_of(rows) if new else ())  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            appendix = form.cleaned_data.get("appendix")
            saved = amendments.correct_amendment_row(pk, index, form.change(), request.rights, appendix)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã {'thêm' if new else 'sửa'} dòng {saved.row}.")
            return HttpResponseRedirect(back)
    context = {
        "form": form, "shown": Shown(index, draft_row, localdate()), "back": back, "name": f"Điều chỉnh {kept.amends}",
    }  # fmt: skip
    return render(request, "plans/row.html", context, status=REFUSED if form.non_field_errors() else 200)


@require_POST
@office_only
def drop_row(request: SignedInRequest, pk: int, index: int) -> HttpResponse:
    measure = request.POST.get("measure", "")

    def change() -> str:
        key = int(measure) if measure.isdecimal() else None
        return f"Đã bỏ dòng {amendments.drop_amendment_row(pk, index, key, request.rights).row}."

    return change_rows(request, pk, change)


@require_POST
@office_only
def restore_row(request: SignedInRequest, pk: int, measure: int) -> HttpResponse:
    return change_rows(
        request,
        pk,
        lambda: f"Đã giữ lại dòng {amendments.restore_amendment_row(pk, measure, request.rights).row}.",
    )


def change_rows(request: SignedInRequest, pk: int, change: Callable[[], str]) -> HttpResponse:
    amendment_of(request, pk)
    try:
        messages.success(request, change())
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    query = request.GET.urlencode()
    return HttpResponseRedirect(reverse("workflow:amendment", args=[pk]) + (f"?{query}" if query else ""))


@require_POST
@office_only
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    kept = amendment_of(request, pk)
    try:
        amendments.discard_amendment(pk, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Đã hủy bản điều chỉnh. Kế hoạch không đổi.")
    return redirect("plans:plan", kept.amends_id)
