"""Phiếu trình tổng hợp: made by Văn phòng, decided by its leader, read by who oversees the work."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import services as audit
from audit.models import Stream
from organization.models import User
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from workflow.errors import Refused
from workflow.filters import number
from workflow.forms import SlipForm
from workflow.models import Slip
from workflow.paging import page_of
from workflow.slips import verbs
from workflow.slips.paper import docx_of
from workflow.slips.reading import Row, items_of, may_decide, rows_of, slips_of, stacks, sum_of, waiting
from workflow.views.bulk import pairs_of

FOR_OVERSEERS = "Chỉ Văn phòng, lãnh đạo và người theo dõi chung xem phiếu trình tổng hợp."
WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TOO_LATE = 409
LEFT = "de-lai-"
STEPS = ("process__unit", "previous__acted_by", "previous__on_behalf_of")


@require_safe
def slips(request: SignedInRequest) -> HttpResponse:
    """What waits to be put on a slip, leader by leader, and every slip there was."""
    rights = request.rights
    _only_overseers(request)
    found = slips_of(rights)
    page = page_of(found, Slip.objects.filter(agency_id=rights.agency_id).count(), number(request.GET, "page") or 1)
    return render(request, "workflow/slips/list.html", {
        "page": page, "rows": list(page), "office": rights.is_office, "stacks": stacks(rights) if rights.is_office else [],
    })  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def make(request: SignedInRequest, leader: int) -> HttpResponse:
    """Lập phiếu: what waits for one leader, all ticked."""
    rights = request.rights
    person = get_object_or_404(User, pk=leader, agency_id=rights.agency_id)
    if not rights.is_office:
        raise PermissionDenied(verbs.FOR_OFFICE)
    posted = request.POST if request.method == "POST" else None
    form = SlipForm(posted)
    keys = [int(key) for key in request.POST.getlist("viec") if key.isdigit()]
    if posted is not None and form.is_valid():
        try:
            slip = verbs.make(leader, keys, rights, note=form.cleaned_data["note"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Đã lập phiếu trình số {slip.name}, trình {person.full_name}.")
            return redirect("workflow:slip", slip.pk)
    steps = waiting(rights.agency_id).filter(owner_id=leader).select_related(*STEPS)[: verbs.MOST]
    rows = rows_of(list(steps), rights)
    return render(request, "workflow/slips/make.html", {
        "person": person, "form": form, "rows": rows, "chosen": set(keys) if posted is not None else {row.step.pk for row in rows},
    }, status=TOO_LATE if form.errors else 200)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
def slip_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """One slip: for its leader the rows to decide, all ticked; for others what is on it and what came of it."""
    slip = _found(request, pk)
    if request.method == "POST":
        return _decide(request, slip)
    return _show(request, slip)


def _decide(request: SignedInRequest, slip: Slip) -> HttpResponse:
    given = request.POST
    words = {int(key.removeprefix(LEFT)): str(text) for key, text in given.items() if key.removeprefix(LEFT).isdigit()}
    try:
        results = verbs.decide(slip.pk, pairs_of(given), words, request.rights)
    except Refused as refusal:
        return _show(
            request, get_object_or_404(slips_of(request.rights), pk=slip.pk), str(refusal), set(pairs_of(given)), words
        )
    done = sum(not result.refusal for result in results)
    said = f"Đã phê duyệt {counted(done)} nhiệm vụ theo phiếu trình số {slip.name}."
    if done < len(results):
        messages.warning(request, f"{said} {counted(len(results) - done)} nhiệm vụ chưa ghi được, lý do ở từng dòng.")
    else:
        messages.success(request, said)
    return redirect("workflow:slip", slip.pk)


def _show(
    request: SignedInRequest,
    slip: Slip,
    error: str = "",
    ticked: set[int] | None = None,
    words: dict[int, str] | None = None,
) -> HttpResponse:
    rows = _rows(slip, request)
    decides = slip.closed_at is None and may_decide(slip, request.rights)
    chosen = {row.step.pk for row in rows if row.waits} if ticked is None else ticked
    return render(request, "workflow/slips/slip.html", {
        "slip": slip, "rows": [(row, row.step.pk in chosen, (words or {}).get(row.step.pk, "")) for row in rows],
        "keys": [row.step.pk for row in rows if row.waits], "decides": decides, "error": error, "withdraws": slip.closed_at is None and request.rights.is_office,
        "waits": sum(row.waits for row in rows) if decides else 0, "points": sum(row.case.points for row in rows if row.waits),
        "sum": sum_of(row.item for row in rows if row.item) if slip.closed_at and not slip.withdrawn else None,
    }, status=TOO_LATE if error else 200)  # fmt: skip


def _rows(slip: Slip, request: SignedInRequest) -> list[Row]:
    items = list(items_of(slip))
    return rows_of([item.step for item in items], request.rights, items)


@require_POST
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    slip = _found(request, pk)
    try:
        verbs.withdraw(pk, request.rights)
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"Đã rút phiếu trình số {slip.name}. Các nhiệm vụ vẫn chờ phê duyệt.")
    return redirect("workflow:slip", pk)


@require_safe
def slip_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Each download is written down."""
    slip = _found(request, pk)
    with audit.transaction():
        audit.record(
            "slip.downloaded",
            slip.subject,
            agency=slip.agency_id,
            actor=request.rights.user_id,
            stream=Stream.ACCESS,
            slip=slip.name,
        )
    answer = HttpResponse(docx_of(slip, _rows(slip, request)), content_type=WORDS)
    answer.headers["Content-Disposition"] = f'attachment; filename="phieu-trinh-{slip.number:02d}-{slip.year}.docx"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _only_overseers(request: SignedInRequest) -> None:
    if not request.rights.oversees:
        raise PermissionDenied(FOR_OVERSEERS)


def _found(request: SignedInRequest, pk: int) -> Slip:
    """404 for another agency's, 403 for who does not oversee the work."""
    slip = get_object_or_404(slips_of(request.rights), pk=pk)
    _only_overseers(request)
    return slip
