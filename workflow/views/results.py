"""Chất lượng nộp of units, kết quả of one person, and what has stood longer than its stage should take."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from organization.models import User
from organization.requests import SignedInRequest
from workflow import held, personal, quality
from workflow.filters import number
from workflow.paging import page_of
from workflow.spans import Span
from workflow.workbook import personal_workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOT_THEIRS = "Kết quả cá nhân chỉ người đó, trưởng đơn vị của người đó và lãnh đạo xem được."


@require_safe
def quality_page(request: SignedInRequest) -> HttpResponse:
    rights = request.rights
    if not quality.may_see(rights):
        raise PermissionDenied("Chất lượng nộp do Văn phòng, lãnh đạo và trưởng đơn vị xem.")
    span = Span.read(request.GET, rights.on)
    lines = quality.quality_by_unit(rights, span)
    return render(request, "workflow/results/quality.html", {
        "span": span, "years": span.years(rights.on), "lines": lines, "total": quality.total_of(lines),
        "faults": quality.faults(rights, span),
    })  # fmt: skip


@require_safe
def own_results(request: SignedInRequest) -> HttpResponse:
    return person_results(request, request.rights.user_id)


@require_safe
def person_results(request: SignedInRequest, pk: int) -> HttpResponse:
    rights, person = request.rights, person_of(request, pk)
    span = Span.read(request.GET, rights.on)
    return render(request, "workflow/results/person.html", {
        "person": person, "span": span, "years": span.years(rights.on), "results": personal.results_of(person, span, rights),
        "people": personal.people_for(rights), "own": person.pk == rights.user_id,
    })  # fmt: skip


@require_safe
def export_results(request: SignedInRequest, pk: int) -> HttpResponse:
    """Kết xuất Excel of one person's results; who took it is in the ledger."""
    rights, person = request.rights, person_of(request, pk)
    span = Span.read(request.GET, rights.on)
    book = personal_workbook(
        f"{person.full_name} ({person.code})", span.words, personal.results_of(person, span, rights)
    )
    personal.record_export(person, span, rights)
    answer = HttpResponse(book, content_type=XLSX)
    name = f"ket-qua-{person.code}-{span.year}{'-' + span.code if span.code else ''}.xlsx"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def person_of(request: SignedInRequest, pk: int) -> User:
    """404 for a person of another agency, 403 for whose results are not for this person to see."""
    person = get_object_or_404(User, pk=pk, agency_id=request.rights.agency_id)
    if not personal.may_see(request.rights, person):
        raise PermissionDenied(NOT_THEIRS)
    return person


@require_safe
def beyond(request: SignedInRequest) -> HttpResponse:
    """Bước quá thời gian xử lý, for Văn phòng, and for leadership, whose steps it lists too."""
    rights = request.rights
    if not (rights.is_office or rights.leads):
        raise PermissionDenied("Danh sách này do Văn phòng theo dõi.")
    targets = held.targets_of(rights.agency_id)
    steps = held.beyond(rights, targets)
    page = page_of(steps, steps.count(), number(request.GET, "page") or 1)
    return render(request, "workflow/results/beyond.html", {
        "targets": targets, "page": page, "rows": held.rows_of(list(page), rights, targets),
        "may_set": rights.is_office or rights.is_administrator,
    })  # fmt: skip
