"""Bộ tiêu chí: the list, a file looked over, the tree, a criterion, and how versions follow each other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from io import BytesIO
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from audit import services as audit
from audit.models import Stream
from evidence import sight
from evidence.content import NotAccepted
from evidence.models import Document
from evidence.selectors import matching
from organization.enums import Role
from organization.office_files import UnreadableError
from organization.requests import SignedInRequest
from organization.vietnamese import clean, counted
from plans.criteria import exporting, proposing, scoring, selectors, services
from plans.criteria.forms import (
    DocumentForm,
    KeepForm,
    MappingForm,
    NewDocumentForm,
    RuleForm,
    ScoreForm,
    SettingsForm,
    TakeOverForm,
    UploadForm,
)
from plans.criteria.mapping import proposed
from plans.criteria.models import CriteriaSet, Criterion, Level, Score
from plans.errors import PlanRefused
from plans.intake import sha256_of
from plans.models import Plan
from plans.selfscoring import gate, showing
from plans.views.guards import posted

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]
PER_PAGE = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFERED = 20  # documents named at once; a search narrows them
LISTED = 100  # so many problems are named, the rest are counted


def readers_only(view: View[P]) -> View[P]:
    """403 for who has no work in the agency."""

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.rights.roles - {Role.ADMINISTRATOR}:
            raise PermissionDenied("Bộ tiêu chí do người có công việc trong cơ quan mở.")
        return view(request, *args, **kwargs)

    return guarded


def editors_only(view: View[P]) -> View[P]:
    """403 for everybody who is not of Văn phòng."""

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.rights.is_office:
            raise PermissionDenied("Chỉ Văn phòng nhập và sửa bộ tiêu chí.")
        return view(request, *args, **kwargs)

    return guarded


def found_set(request: SignedInRequest, pk: int) -> CriteriaSet:
    sets = selectors.with_totals(CriteriaSet.objects.visible_to(request.rights))
    return get_object_or_404(sets.select_related("by"), pk=pk)


def found_criterion(request: SignedInRequest, pk: int) -> Criterion:
    """Of a kept set; what is looked over has no pages of its own."""
    sets = CriteriaSet.objects.visible_to(request.rights).kept()
    criteria = Criterion.objects.filter(criteria_set__in=sets).select_related("criteria_set", "parent__parent")
    return get_object_or_404(criteria, pk=pk)


@require_GET
@readers_only
def criteria_list(request: SignedInRequest) -> HttpResponse:
    sets = CriteriaSet.objects.visible_to(request.rights).defer("problems")
    page = Paginator(selectors.with_totals(sets.kept()), PER_PAGE).get_page(request.GET.get("page"))
    waiting = sets.waiting().select_related("by").order_by("-at")[:10]
    return render(request, "plans/criteria/list.html", {
        "page": page, "rows": list(page.object_list), "waiting": waiting, "office": request.rights.is_office,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@editors_only
def upload(request: SignedInRequest) -> HttpResponse:
    form = UploadForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, rights = form.cleaned_data["file"], request.rights
        try:
            read = services.read_criteria(file)
        except UnreadableError as refusal:
            form.add_error("file", f"“{file.name}”: {refusal}")
        else:
            found = services.put_aside(
                read, agency_id=rights.agency_id, by_id=rights.user_id, filename=file.name, sha256=sha256_of(file)
            )
            return redirect("plans:criteria_set", found.pk)
    return render(request, "plans/criteria/upload.html", {"form": form})


@require_GET
@readers_only
def criteria_set(request: SignedInRequest, pk: int) -> HttpResponse:
    """A file under review is previewed; a set that is kept shows its tree."""
    found = found_set(request, pk)
    if found.kept_at is None:
        return show_preview(request, found, KeepForm.of(found))
    context = {
        "found": found, "rows": selectors.tree(found), "office": request.rights.is_office,
        "unknown": selectors.unknown_codes(found), "totals": [one for one in found.problems if one["total"]],
    }  # fmt: skip
    return render(request, "plans/criteria/set.html", context)


def show_preview(request: SignedInRequest, found: CriteriaSet, form: KeepForm, status: int = 200) -> HttpResponse:
    problems = [one for one in found.problems if not one["total"]]
    totals = [one for one in found.problems if one["total"]]
    context = {
        "found": found, "form": form, "problems": problems[:LISTED], "totals": totals[:LISTED],
        "more": max(0, found.problem_count - len(problems[:LISTED]) - len(totals[:LISTED])), "rows": selectors.tree(found),
    }  # fmt: skip
    return render(request, "plans/criteria/preview.html", context, status=status)


@require_POST
@editors_only
def keep(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_set(request, pk)
    form = KeepForm(request.POST)
    if not form.is_valid():
        return show_preview(request, found, form)
    rights, title = request.rights, form.title(Level(form.cleaned_data["level"]), form.cleaned_data["year"])
    try:
        kept = services.keep_set(pk, title, agency_id=rights.agency_id, by_id=rights.user_id)
    except PlanRefused as refusal:
        if found.kept_at:
            messages.warning(request, str(refusal))
            return redirect("plans:criteria_set", pk)
        form.add_error(None, str(refusal))
        return show_preview(request, found, form, 409)
    messages.success(request, f"Đã lưu bộ tiêu chí, phiên bản {kept.version} của năm {kept.year}.")
    return redirect("plans:criteria_set", pk)


@require_POST
@editors_only
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    found_set(request, pk)
    try:
        services.discard_set(pk, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("plans:criteria_set", pk)
    messages.success(request, "Đã hủy bỏ. Không có gì được lưu.")
    return redirect("plans:criteria")


@require_http_methods(["GET", "POST"])
@editors_only
def settings(request: SignedInRequest, pk: int) -> HttpResponse:
    found = kept_set(request, pk)
    plans = list(Plan.objects.of(request.rights.agency_id).issued())
    form = SettingsForm(posted(request), of=found, plans=plans)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        services.change_set(
            pk, form.title(Level(found.level), found.year), given["bands"], [int(key) for key in given["plans"]],
            retired=given["retired"], rights=request.rights,
        )  # fmt: skip
        messages.success(request, "Đã lưu thiết lập của bộ tiêu chí.")
        return redirect("plans:criteria_set", pk)
    return render(request, "plans/criteria/settings.html", {"found": found, "form": form})


def kept_set(request: SignedInRequest, pk: int) -> CriteriaSet:
    found = found_set(request, pk)
    if found.kept_at is None:
        raise Http404("Bộ tiêu chí này chưa được lưu.")
    return found


@require_http_methods(["GET", "POST"])
@editors_only
def mapping(request: SignedInRequest, pk: int) -> HttpResponse:
    """Đối chiếu: what each criterion was in an older set; what is not mapped yet is proposed."""
    found = kept_set(request, pk)
    sets = selectors.others(found, request.rights)
    asked = request.GET.get("voi", "")
    older = next((one for one in sets if str(one.pk) == asked), None if asked else next(iter(sets), None))
    if older is None:
        if asked:
            raise Http404("Không có bộ tiêu chí đó.")
        return render(request, "plans/criteria/mapping.html", {"found": found, "sets": sets, "older": None})
    new, old = (
        list(Criterion.objects.filter(criteria_set=one, leaf=True).order_by("position")) for one in (found, older)
    )
    links = selectors.links_between(found, older)
    guessed = {} if links else {key: one.code for key, one in proposed(new, old).items()}
    codes = guessed | {key: ", ".join(named) for key, named in links.items()}
    form = MappingForm(posted(request), criteria=new, older=old, codes=codes)
    if request.method == "POST" and form.is_valid():
        services.map_sets(pk, older.pk, form.pairs(), request.rights)
        messages.success(request, f"Đã lưu đối chiếu với “{older.name}”.")
        return redirect("plans:criteria_set", pk)
    return render(request, "plans/criteria/mapping.html", {
        "found": found, "sets": sets, "older": older, "form": form, "rows": form.rows(), "old": old,
        "mapped": bool(links), "guessed": len(guessed),
    })  # fmt: skip


@require_GET
@readers_only
def criterion(request: SignedInRequest, pk: int) -> HttpResponse:
    return show_criterion(request, found_criterion(request, pk))


def show_criterion(request: SignedInRequest, found: Criterion, status: int = 200) -> HttpResponse:
    round_, share, writing = gate.standing_of(found, request.rights)
    context = {
        "criterion": found, "found": found.criteria_set, "measures": selectors.measures_of(found),
        "relatives": selectors.relatives(found), "office": request.rights.is_office,
        "method": selectors.METHODS.get(found.method, found.method), "rule": found.scored_by,
        "children": list(found.children.order_by("position")) if not found.leaf else [],
        "score": Score.objects.filter(criterion=found).select_related("by").first(),
        "documents": scoring.proofs_shown(found, request.rights), "round": round_, "share": share, "writing": writing,
        "badge": showing.row_of(round_, found, request.rights.on).badge if round_ and found.leaf else None,
        "rule_open": round_ is None or round_.state in gate.BEING_SCORED,
        "may_return": gate.may_return(round_, share, request.rights),
    }  # fmt: skip
    return render(request, "plans/criteria/criterion.html", context, status=status)


@require_http_methods(["GET", "POST"])
@editors_only
def rule(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_criterion(request, pk)
    form = RuleForm(posted(request), criterion=found)
    if request.method == "POST" and form.is_valid():
        services.set_rule(pk, form.rule(), form.cleaned_data["evidence"], request.rights)
        messages.success(request, f"Đã lưu cách chấm của tiêu chí {found.code}.")
        return redirect("plans:criterion", pk)
    return render(request, "plans/criteria/rule.html", {"criterion": found, "found": found.criteria_set, "form": form})


@require_GET
@readers_only
def sheet(request: SignedInRequest, pk: int) -> HttpResponse:
    """Bảng điểm of a set: each criterion at each stage, sums by field, the index and what is missing to each nhóm."""
    found = kept_set(request, pk)
    made = scoring.sheet_of(found)
    gaps = [(band, made.now.needed(band.least)) for band in found.all_bands]
    return render(request, "plans/criteria/sheet.html", {
        "found": found, "sheet": made, "gaps": gaps, "office": request.rights.is_office,
        "to_last": made.now.index - made.last.index if made.has_last_year else None,
    })  # fmt: skip


@require_POST
@editors_only
def last_year(request: SignedInRequest, pk: int) -> HttpResponse:
    kept_set(request, pk)
    number = scoring.take_last_year(pk, request.rights)
    if number:
        messages.success(request, f"Đã lấy điểm năm trước cho {counted(number)} tiêu chí.")
    else:
        messages.warning(
            request, "Chưa lấy được điểm nào. Lưu đối chiếu với bộ tiêu chí cùng cấp của năm trước, rồi lấy lại."
        )
    return redirect("plans:score_sheet", pk)


@require_http_methods(["GET", "POST"])
@readers_only
def score(request: SignedInRequest, pk: int) -> HttpResponse:
    """What may be written of a criterion now, by who has it in hand. Too late is said beside what was typed."""
    found = scored_criterion(request, pk)
    writing = gate.writing_of(found, request.rights)
    writing.must_concern()
    entered = Score.objects.filter(criterion=found).first()
    if request.method == "GET" and not writing.names:
        messages.warning(request, writing.why)
        return redirect("plans:criterion", pk)
    form = ScoreForm(
        posted(request), criterion=found, score=entered, seen=scoring.stamp(entered), names=writing.names or gate.ALL
    )
    if request.method == "POST" and form.is_valid():
        try:
            scoring.enter_score(pk, form.given(), form.cleaned_data["seen"], request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            # what another wrote is seen with the next attempt, not overwritten unseen
            form.data = request.POST.copy()
            form.data["seen"] = scoring.stamp(entered)
            return show_score(request, found, form, status=409)
        messages.success(request, f"Đã lưu điểm của tiêu chí {found.code}.")
        return redirect("plans:criterion", pk)
    return show_score(request, found, form)


def scored_criterion(request: SignedInRequest, pk: int) -> Criterion:
    found = found_criterion(request, pk)
    if not found.leaf:
        raise Http404("Mục này không chấm điểm trực tiếp.")
    return found


def show_score(request: SignedInRequest, found: Criterion, form: ScoreForm, status: int = 200) -> HttpResponse:
    return render(request, "plans/criteria/score.html", {
        "criterion": found, "found": found.criteria_set, "form": form, "rule": found.scored_by,
    }, status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
@readers_only
def documents(request: SignedInRequest, pk: int) -> HttpResponse:
    """Which documents prove a criterion: looked for among those the person may open, each with mục, trang."""
    found = scored_criterion(request, pk)
    gate.writing_of(found, request.rights).must_concern()
    form = DocumentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        document = get_object_or_404(offered_to(request), pk=form.cleaned_data["document"])
        place = clean(form.cleaned_data["place"]).replace("\n", " ")
        try:
            scoring.add_document(pk, document, place, request.rights, request.user)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã gắn {document} với tiêu chí {found.code}.")
            return redirect("plans:criterion", pk)
    return show_documents(request, found, form, NewDocumentForm(None))


@require_POST
@readers_only
def new_document(request: SignedInRequest, pk: int) -> HttpResponse:
    """A document that is uploaded as the proof of a criterion."""
    found = scored_criterion(request, pk)
    gate.writing_of(found, request.rights).must_concern()
    form = NewDocumentForm(request.POST, request.FILES)
    if form.is_valid():
        said = form.cleaned_data
        try:
            document = scoring.store_proof(
                pk, clean(said["place"]).replace("\n", " "), request.rights, request.user, number=said["number"],
                dated=said["dated"], issuer=said["issuer"], abstract=said["abstract"], files=said["uploads"],
            )  # fmt: skip
        except (PlanRefused, NotAccepted) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã gắn {document} với tiêu chí {found.code}.")
            return redirect("plans:criterion", pk)
    return show_documents(request, found, DocumentForm(None), form)


def offered_to(request: SignedInRequest) -> QuerySet[Document]:
    """All of the agency's for Văn phòng, for units what they may open."""
    if request.rights.is_office:
        return Document.objects.filter(agency_id=request.rights.agency_id)
    return sight.visible_to(request.rights)


def show_documents(
    request: SignedInRequest, found: Criterion, form: DocumentForm, new: NewDocumentForm
) -> HttpResponse:
    words = clean(request.GET.get("tim", ""))[:200]
    listed = list(scoring.documents_of(found))
    there = {one.document_id for one in listed}
    asked = matching(offered_to(request), words)[: OFFERED + len(there)]
    offered = [one for one in asked if one.pk not in there][:OFFERED]
    status = 409 if form.non_field_errors() or new.non_field_errors() else 200
    return render(request, "plans/criteria/documents.html", {
        "criterion": found, "found": found.criteria_set, "form": form, "listed": listed, "offered": offered, "words": words, "new": new,
    }, status=status)  # fmt: skip


@require_POST
@readers_only
def remove_document(request: SignedInRequest, pk: int, document: int) -> HttpResponse:
    found = scored_criterion(request, pk)
    gate.writing_of(found, request.rights).must_concern()
    proof = get_object_or_404(scoring.documents_of(found), document_id=document)
    try:
        scoring.remove_document(pk, proof.document, request.rights, request.user)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"Đã bỏ {proof.document} khỏi tiêu chí {found.code}.")
    return redirect("plans:criterion", pk)


@require_http_methods(["GET", "POST"])
@editors_only
def lost(request: SignedInRequest, pk: int) -> HttpResponse:
    """Điểm mất: what next year's plan could do about it, put into a draft."""
    found = kept_set(request, pk)
    rows = proposing.lost_of(found)
    drafts = list(Plan.objects.of(request.rights.agency_id).drafts())
    form = TakeOverForm(posted(request), plans=drafts, codes=[one.criterion.code for one in rows])
    status = 200
    if request.method == "POST" and form.is_valid():
        plan = next(plan for plan in drafts if str(plan.pk) == form.cleaned_data["plan"])
        try:
            texts = proposing.take_over(found, plan, form.cleaned_data["codes"], request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            messages.success(
                request, f"Đã đưa {counted(len(texts))} nhiệm vụ vào dự thảo. Chọn thời hạn cho từng dòng."
            )
            return redirect("plans:plan", plan.pk)
    return render(request, "plans/criteria/lost.html", {
        "found": found, "rows": rows, "drafts": drafts, "form": form, "picked": request.POST.getlist("codes"),
        "total": sum((one.lost for one in rows), Decimal(0)),
    }, status=status)  # fmt: skip


@require_GET
@editors_only
def export(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Bảng điểm as a workbook; with `tai-lieu` a package of it and of the documents, named by criterion."""
    found = kept_set(request, pk)
    proofs = exporting.proofs_of(found)
    book = exporting.workbook(found, scoring.sheet_of(found), proofs)
    name = f"bang-diem-{found.year}-phien-ban-{found.version}"
    if "tai-lieu" not in request.GET:
        exported(request, found, "xlsx")
        return FileResponse(BytesIO(book), as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX)
    try:
        packed = exporting.package(book, proofs)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
        return redirect("plans:score_sheet", pk)
    exported(request, found, "zip")
    return FileResponse(packed, as_attachment=True, filename=f"{name}.zip", content_type="application/zip")


def exported(request: SignedInRequest, found: CriteriaSet, kind: str) -> None:
    """Who took the scores away is written in the ledger."""
    rights = request.rights
    with audit.transaction():
        audit.record("criteria.exported", found.subject, agency=rights.agency_id, actor=rights.user_id,
                     stream=Stream.ACCESS, kind=kind)  # fmt: skip
