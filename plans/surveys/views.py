"""Khảo sát SIPAS: the list, a file looked over, what a survey says, and what helps to make the next one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from organization.office_files import UnreadableError
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans.errors import PlanRefused
from plans.intake import sha256_of
from plans.models import Plan
from plans.surveys import services
from plans.surveys.catalogues import Catalogue
from plans.surveys.charts import bars, line
from plans.surveys.forms import CatalogueForm, KeepForm, MethodForm, SampleForm, TakeOverForm, UploadForm
from plans.surveys.index import sample_size
from plans.surveys.models import Method, Survey, may_read
from plans.surveys.selectors import Findings, Index, Level, cross_of, findings_of, groups_of, levels_of, trend_of
from plans.surveys.suggesting import TICKED, suggestions, weak
from plans.views.guards import posted

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]
PER_PAGE = 30
LISTED = 100  # so many problems are named, the rest are counted
IN_TREND = 10
ERRORS = tuple(map(Decimal, (10, 7, 5, 3, 2)))  # percent, side by side on the page of samples


def readers_only(view: View[P]) -> View[P]:
    """403 for everybody but Văn phòng, leadership and viewers."""

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not may_read(request.rights):
            raise PermissionDenied("Khảo sát do Văn phòng, lãnh đạo và người xem được mở.")
        return view(request, *args, **kwargs)

    return guarded


def importers_only(view: View[P]) -> View[P]:
    """403 for everybody who is not of Văn phòng."""

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.rights.is_office:
            raise PermissionDenied("Chỉ Văn phòng nhập và sửa khảo sát.")
        return view(request, *args, **kwargs)

    return guarded


def found_survey(request: SignedInRequest, pk: int) -> Survey:
    return get_object_or_404(Survey.objects.visible_to(request.rights), pk=pk)


def drafts_of(request: SignedInRequest) -> QuerySet[Plan]:
    if not request.rights.is_office:
        return Plan.objects.none()
    return Plan.objects.of(request.rights.agency_id).drafts()


@require_GET
@readers_only
def survey_list(request: SignedInRequest) -> HttpResponse:
    surveys = Survey.objects.visible_to(request.rights).defer("problems")
    page = Paginator(surveys.kept(), PER_PAGE).get_page(request.GET.get("page"))
    trend = trend_of(list(page), Method.POOLED) if page.object_list else None
    overall = {survey.pk: index for survey, index in zip(trend.surveys, trend.overall, strict=True)} if trend else {}
    waiting = surveys.waiting().select_related("by").order_by("-at")[:10]
    context = {
        "page": page, "rows": [(survey, overall[survey.pk]) for survey in page],
        "waiting": waiting, "office": request.rights.is_office,
    }  # fmt: skip
    return render(request, "plans/surveys/list.html", context)


@require_http_methods(["GET", "POST"])
@importers_only
def upload(request: SignedInRequest) -> HttpResponse:
    rights = request.rights
    catalogues = services.catalogues_of(rights.agency_id)
    form = UploadForm(posted(request), request.FILES or None, catalogues=catalogues)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            read = services.read_survey(file, rights.agency_id, form.cleaned_data["catalogue"])
        except UnreadableError as refusal:
            form.add_error("file", f"“{file.name}”: {refusal}")
        else:
            digest = sha256_of(file)
            survey = services.put_aside(
                read, agency_id=rights.agency_id, by_id=rights.user_id, filename=file.name, sha256=digest
            )
            return redirect("plans:survey", survey.pk)
    return render(request, "plans/surveys/upload.html", {"form": form})


@require_GET
@readers_only
def survey(request: SignedInRequest, pk: int) -> HttpResponse:
    """A file under review is previewed; a survey that is kept says what it found."""
    found = found_survey(request, pk)
    if found.kept_at is None:
        return show_preview(request, found, KeepForm(initial={"name": found.name, "year": found.year}))
    return show_survey(request, found)


def show_preview(request: SignedInRequest, found: Survey, form: KeepForm, status: int = 200) -> HttpResponse:
    findings = findings_of(found)
    context = {
        "survey": found, "findings": findings, "form": form, "problems": found.problems[:LISTED],
        "more": max(0, found.problem_count - LISTED), "factors": factors_of(findings, levels_of(found)),
    }  # fmt: skip
    return render(request, "plans/surveys/preview.html", context, status=status)


def factors_of(findings: Findings, levels: list[list[Level]]) -> list[tuple[Index, list[tuple[Index, list[Level]]]]]:
    """Each factor with its questions and how often each answer was given."""
    pairs = list(zip(findings.questions, levels, strict=True))
    return [(factor, [pair for pair in pairs if pair[0].factor == factor.name]) for factor in findings.factors]


def show_survey(
    request: SignedInRequest, found: Survey, *, method: MethodForm | None = None, take: TakeOverForm | None = None,
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    findings = findings_of(found)
    others = list(Survey.objects.visible_to(request.rights).kept().defer("problems")[:IN_TREND])
    trend = trend_of(others, Method(found.method)) if len(others) > 1 else None
    suggested = suggestions(findings.questions, found.target)
    drafts = list(drafts_of(request))
    picked = request.POST.getlist("codes") if take else [one.code for one in suggested[:TICKED]]
    context: dict[str, Any] = {
        "survey": found, "findings": findings, "office": request.rights.is_office,
        "factors": factors_of(findings, levels_of(found)), "chart": bars(findings.factors, found.target),
        "trend": trend, "line": line(trend.surveys, trend.overall) if trend else None,
        "suggested": suggested, "weak": len(weak(findings.questions, found.target)), "picked": picked,
        "drafts": drafts, "satisfied": found.levels[found.satisfied_from - 1], "form": method or MethodForm.of(found),
        "take": take or TakeOverForm(None, plans=drafts, codes=[one.code for one in suggested]),
    }  # fmt: skip
    return render(request, "plans/surveys/survey.html", context, status=status)


@require_GET
@readers_only
def survey_groups(request: SignedInRequest, pk: int) -> HttpResponse:
    """By procedure, by gender, by age: each value of a grouping in a row."""
    found = found_survey(request, pk)
    asked = request.GET.get("theo", "1")
    places = {str(place): grouping["name"] for place, grouping in enumerate(found.groupings, 1)}
    if places and asked not in places:
        raise Http404("Khảo sát này không có nhóm đó.")
    across = request.GET.get("cheo", "")
    if across and (across not in places or across == asked):
        raise Http404("Khảo sát này không có nhóm đó.")
    groups = groups_of(found, int(asked)) if places else []
    context = {
        "survey": found, "findings": findings_of(found), "groups": groups, "places": places, "asked": asked,
        "name": places.get(asked, ""), "across": across, "across_name": places.get(across, ""),
        "others": {place: name for place, name in places.items() if place != asked},
        "cross": cross_of(found, int(asked), int(across)) if across else None,
        "chart": bars([rename(group.findings.overall, group.name) for group in groups], found.target),
    }  # fmt: skip
    return render(request, "plans/surveys/groups.html", context)


def rename(index: Index, name: str) -> Index:
    return Index(name, index.share, index.valid, index.missing, index.size)


@require_POST
@importers_only
def keep(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_survey(request, pk)
    form = KeepForm(request.POST)
    if not form.is_valid():
        return show_preview(request, found, form)
    rights = request.rights
    try:
        services.keep_survey(pk, form.cleaned_data["name"], form.cleaned_data["year"],
                             agency_id=rights.agency_id, by_id=rights.user_id)  # fmt: skip
    except PlanRefused as refusal:
        if found.kept_at:
            messages.warning(request, str(refusal))
            return redirect("plans:survey", pk)
        form.add_error(None, str(refusal))
        return show_preview(request, found, form, 409)
    messages.success(request, f"Đã lưu khảo sát: {counted(found.respondents)} phiếu.")
    return redirect("plans:survey", pk)


@require_POST
@importers_only
def discard(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_survey(request, pk)
    services.discard_survey(pk, request.rights)
    messages.success(
        request, f"Đã xóa khảo sát “{found.name}”." if found.kept_at else "Đã hủy bỏ. Không có gì được lưu."
    )
    return redirect("plans:sipas")


@require_POST
@importers_only
def set_method(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_survey(request, pk)
    form = MethodForm.of(found, request.POST)
    if not form.is_valid():
        return show_survey(request, found, method=form)
    services.set_method(pk, Method(form.cleaned_data["method"]), form.cleaned_data["target"], request.rights)
    messages.success(request, "Đã lưu cách tính.")
    return redirect("plans:survey", pk)


@require_POST
@importers_only
def take_over(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_survey(request, pk)
    codes = [one.code for one in suggestions(findings_of(found).questions, found.target)]
    form = TakeOverForm(request.POST, plans=list(drafts_of(request)), codes=codes)
    if not form.is_valid():
        return show_survey(request, found, take=form)
    try:
        texts = services.take_over(found, int(form.cleaned_data["plan"]), form.cleaned_data["codes"], request.rights)
    except PlanRefused as refusal:
        form.add_error(None, str(refusal))
        return show_survey(request, found, take=form, status=409)
    messages.success(
        request, f"Đã đưa {counted(len(texts))} nhiệm vụ vào dự thảo. Chọn đơn vị chủ trì và thời hạn cho từng dòng."
    )
    return redirect("plans:plan", form.cleaned_data["plan"])


@require_GET
@readers_only
def sampling(request: SignedInRequest) -> HttpResponse:
    """n = N / (1 + N·e²), rounded up."""
    form = SampleForm(request.GET or None, initial={"error": 5})
    size, others = None, []
    if form.is_bound and form.is_valid():
        population = form.cleaned_data["population"]
        size = sample_size(population, form.cleaned_data["error"])
        others = [(error, sample_size(population, error)) for error in ERRORS]
    return render(request, "plans/surveys/sampling.html", {"form": form, "size": size, "others": others})


@require_GET
@readers_only
def catalogue_list(request: SignedInRequest) -> HttpResponse:
    catalogues = services.catalogues_of(request.rights.agency_id)
    return render(
        request, "plans/surveys/catalogues.html", {"catalogues": catalogues, "office": request.rights.is_office}
    )


@require_http_methods(["GET", "POST"])
@importers_only
def catalogue(request: SignedInRequest, key: str) -> HttpResponse:
    found = found_catalogue(request, key)
    form = CatalogueForm.of(found, posted(request))
    if request.method == "POST" and form.is_valid():
        services.save_catalogue(form.catalogue(key), request.rights)
        messages.success(request, f"Đã lưu bộ câu hỏi: {counted(len(form.cleaned_data['questions']))} câu.")
        return redirect("plans:question_catalogues")
    return render(request, "plans/surveys/catalogue.html", {"form": form, "catalogue": found})


def found_catalogue(request: SignedInRequest, key: str) -> Catalogue:
    found = next((one for one in services.catalogues_of(request.rights.agency_id) if one.key == key), None)
    if found is None:
        raise Http404("Không có bộ câu hỏi này.")
    return found
