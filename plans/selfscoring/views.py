"""Tự chấm điểm: the rounds, one round with its progress by unit, what a unit scores, sharing out, moving on."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from organization.requests import SignedInRequest
from organization.vietnamese import counted
from plans.criteria.models import CriteriaSet, Criterion
from plans.criteria.views import editors_only, readers_only
from plans.errors import PlanRefused
from plans.selfscoring import selectors, services, showing
from plans.selfscoring.forms import DatesForm, MoveForm, SendBackForm, ShareForm, usual
from plans.selfscoring.gate import BEING_SCORED
from plans.selfscoring.models import ScoringRound
from plans.selfscoring.services import Dates
from plans.selfscoring.states import MOVES, State, moves_of
from plans.views.guards import posted

PER_PAGE = 20


def found_round(request: SignedInRequest, pk: int) -> ScoringRound:
    """One this person sees. Raises Http404."""
    rounds = ScoringRound.objects.visible_to(request.rights).select_related("criteria_set")
    return get_object_or_404(rounds, pk=pk)


@require_GET
@readers_only
def rounds(request: SignedInRequest) -> HttpResponse:
    """Each round with where it stands and what of it is this person's units'."""
    rights = request.rights
    page = Paginator(ScoringRound.objects.visible_to(rights).select_related("criteria_set"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    own = selectors.numbers_of([one.pk for one in page], rights)
    without = (
        CriteriaSet.objects.visible_to(rights).live().filter(scoring_round=None).defer("problems")
        if rights.is_office
        else ()
    )
    return render(request, "plans/selfscoring/list.html", {
        "page": page, "rows": [(one, showing.badge_of(one, rights.on), own.get(one.pk)) for one in page], "without": list(without),
        "office": rights.is_office,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@editors_only
def begin(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(CriteriaSet.objects.visible_to(request.rights).kept(), pk=pk)
    form = DatesForm(posted(request), dates=usual(found), explaining=False)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.begin(pk, form.dates(), request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            return render(
                request, "plans/selfscoring/dates.html", {"found": found, "form": form}, status=HTTPStatus.CONFLICT
            )
        messages.success(request, "Đã lập đợt tự chấm. Xem lại phần chia tiêu chí rồi mở đợt.")
        return redirect("plans:share_out", made.pk)
    return render(request, "plans/selfscoring/dates.html", {"found": found, "form": form, "round": None})


@require_GET
@readers_only
def scoring_round(request: SignedInRequest, pk: int) -> HttpResponse:
    return show_round(request, found_round(request, pk))


def show_round(request: SignedInRequest, found: ScoringRound, bound: MoveForm | None = None) -> HttpResponse:
    rights = request.rights
    criteria = selectors.scored_criteria(found)
    progress = showing.progress_of(found, criteria, rights.on)
    forms = [
        bound if bound and bound.verb == verb else MoveForm(None, verb=verb, found=found)
        for verb, _ in moves_of(State(found.state), rights)
    ]
    lost = [form for form in (bound,) if form and form.verb not in {one.verb for one in forms}]
    context = {
        "round": found, "badge": showing.badge_of(found, rights.on), "rail": showing.rail_of(found), "progress": progress,
        "sums": showing.sums_of(criteria), "forms": forms, "stale": lost, "trail": showing.trail_of(found), "office": rights.is_office,
        "unproved": [row for one in progress for row in one.rows if row.unproved], "mine": showing.mine(progress, rights),
        "appraised": found.state in {State.CLOSED, State.EXPLAINING, State.FINAL}, "sharing": found.state in BEING_SCORED,
    }  # fmt: skip
    status = HTTPStatus.CONFLICT if bound and bound.non_field_errors() else HTTPStatus.OK
    return render(request, "plans/selfscoring/round.html", context, status=status)


@require_POST
@readers_only
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    found, verb = found_round(request, pk), request.POST.get("verb", "")
    if verb not in MOVES:
        raise Http404("Không có thao tác này.")
    form = MoveForm(request.POST, verb=verb, found=found)
    if not form.is_valid():
        if not MOVES[verb].roles & request.rights.roles:
            raise PermissionDenied(services.NOT_YOURS)
        return show_round(request, found, form)
    try:
        services.move(pk, verb, request.rights, **form.said())
    except PlanRefused as refusal:
        form.add_error(None, str(refusal))
        return show_round(request, found, form)
    messages.success(request, f"{MOVES[verb].done}.")
    return redirect("plans:scoring_round", pk)


@require_http_methods(["GET", "POST"])
@editors_only
def share_out(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_round(request, pk)
    form = ShareForm(
        posted(request),
        criteria=selectors.scored_criteria(found),
        units=list(selectors.units_to_share_with(found.agency_id)),
    )
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            number = services.share_out(pk, form.units(), request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, f"Đã chia lại {counted(number)} tiêu chí." if number else "Không có gì thay đổi.")
            return redirect("plans:scoring_round", pk)
    return render(
        request, "plans/selfscoring/share.html", {"round": found, "form": form, "rows": form.rows()}, status=status
    )


@require_http_methods(["GET", "POST"])
@editors_only
def dates(request: SignedInRequest, pk: int) -> HttpResponse:
    found = found_round(request, pk)
    there = Dates(found.opens_on, found.score_until, found.close_by, found.explain_until)
    form = DatesForm(posted(request), dates=there)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            services.set_dates(pk, form.dates(), request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, "Đã sửa ngày của đợt tự chấm.")
            return redirect("plans:scoring_round", pk)
    return render(
        request,
        "plans/selfscoring/dates.html",
        {"found": found.criteria_set, "form": form, "round": found},
        status=status,
    )


@require_GET
@readers_only
def unit(request: SignedInRequest, pk: int, unit: int) -> HttpResponse:
    """What one unit scores in a round."""
    found = found_round(request, pk)
    rights = request.rights
    progress = showing.progress_of(found, selectors.scored_criteria(found), rights.on)
    own = next((one for one in progress if one.unit == unit), None)
    if own is None:
        raise Http404("Đơn vị này không có tiêu chí nào trong đợt.")
    return render(request, "plans/selfscoring/unit.html", {
        "round": found, "badge": showing.badge_of(found, rights.on), "own": own, "hands_in": rights.heads(unit), "works": unit in rights.units,
        "appraised": found.state in {State.CLOSED, State.EXPLAINING, State.FINAL},
    })  # fmt: skip


@require_POST
@readers_only
def hand_in(request: SignedInRequest, pk: int, unit: int) -> HttpResponse:
    found_round(request, pk)
    try:
        codes = services.hand_in(pk, unit, request.rights)
    except PlanRefused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"Đã gửi Văn phòng {counted(len(codes))} tiêu chí: {', '.join(codes)}.")
    return redirect("plans:scoring_unit", pk, unit)


@require_http_methods(["GET", "POST"])
@editors_only
def send_back(request: SignedInRequest, pk: int) -> HttpResponse:
    shared = Criterion.objects.filter(criteria_set__agency_id=request.rights.agency_id, share__isnull=False)
    criterion = get_object_or_404(shared.select_related("share__unit", "share__round__criteria_set"), pk=pk)
    form = SendBackForm(posted(request))
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            services.send_back(pk, form.cleaned_data["reason"], form.cleaned_data["until"], request.rights)
        except PlanRefused as refusal:
            form.add_error(None, str(refusal))
            status = HTTPStatus.CONFLICT
        else:
            messages.success(request, f"Đã trả lại tiêu chí {criterion.code} cho {criterion.share.unit.name}.")
            return redirect("plans:scoring_unit", criterion.share.round_id, criterion.share.unit_id)
    return render(
        request,
        "plans/selfscoring/send_back.html",
        {"criterion": criterion, "share": criterion.share, "form": form},
        status=status,
    )
