"""Bàn giao cả đơn vị: which unit, from when, each piece of work to whom; then the minutes, on screen, on paper, as a file."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from audit import services as audit
from audit.models import Stream
from organization.requests import SignedInRequest
from organization.rights import Rights
from workflow import transferring
from workflow.errors import Refused
from workflow.forms import UnitTransferForm
from workflow.minutes import PARTS, docx_of, issuer_of, lines_of, receivers
from workflow.models import Transfer
from workflow.selectors import holder_of

TOO_LATE = 409
WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def _only_who_may(rights: Rights) -> None:
    if not transferring.may_transfer(rights):
        raise PermissionDenied(transferring.FOR_WHOM)


@require_safe
def transfers(request: SignedInRequest) -> HttpResponse:
    _only_who_may(request.rights)
    done = Transfer.objects.filter(agency_id=request.rights.agency_id).select_related("unit", "by").order_by("-pk")
    return render(request, "workflow/handing/transfers.html", {
        "units": transferring.ending_units(request.rights), "rows": [(row, receivers(row)) for row in done],
    })  # fmt: skip


def transfer_unit(request: SignedInRequest, pk: int) -> HttpResponse:
    rights = request.rights
    _only_who_may(rights)
    unit = get_object_or_404(transferring.ending_units(rights), pk=pk)
    posted = request.POST if request.method == "POST" else None
    form = UnitTransferForm(posted, units=transferring.ending_units(rights).exclude(pk=pk))
    cases, helping = list(transferring.open_work(unit)), list(transferring.helping_in(unit))
    status = 200
    if posted is not None and form.is_valid():
        # only rows that the page showed have a choice; one that came since is asked about again
        shown = set(posted.getlist("shown"))
        wish = transferring.Wish(
            form.cleaned_data["on"], form.cleaned_data["basis"],
            {case.pk: form.chosen(f"c{case.pk}") for case in cases if f"c{case.pk}" in shown},
            {row.pk: form.chosen(f"m{row.pk}") for row in helping if f"m{row.pk}" in shown},
        )  # fmt: skip
        try:
            made = transferring.transfer(unit, wish, rights)
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = TOO_LATE
        else:
            messages.success(request, f"Đã bàn giao {unit.name}.")
            return redirect("workflow:minutes", made.pk)
    return render(request, "workflow/handing/transfer.html", {
        "unit": unit, "form": form, "choices": list(form.units.values()), "empty": not cases and not helping,
        "cases": [
            (f"c{case.pk}", _picked(posted, f"c{case.pk}"), case, holder_of(case), PARTS[transferring.part_of(case)]) for case in cases
        ],
        "helping": [(f"m{row.pk}", _picked(posted, f"m{row.pk}"), row) for row in helping],
    }, status=status)  # fmt: skip


def _picked(posted: Any, name: str) -> int | None:
    word = posted.get(name, "") if posted else ""
    return int(word) if word.isdigit() else None


def _seen_by(rights: Rights) -> QuerySet[Transfer]:
    """Of the agency: by whoever oversees it, and by the people of the units that give and take."""
    return Transfer.objects.filter(agency_id=rights.agency_id).select_related("unit", "agency", "by", "on_behalf_of")


def _found(request: SignedInRequest, pk: int) -> Transfer:
    rights = request.rights
    row = get_object_or_404(_seen_by(rights), pk=pk)
    concerned = {row.unit_id, *row.unit.successors.values_list("pk", flat=True)}
    if not (rights.oversees or concerned & rights.units):
        raise PermissionDenied("Chỉ đơn vị giao, đơn vị nhận và người theo dõi chung xem biên bản này.")
    return row


@require_safe
def minutes(request: SignedInRequest, pk: int) -> HttpResponse:
    row = _found(request, pk)
    return render(request, "workflow/handing/minutes.html", {
        "row": row, "lines": lines_of(row), "receivers": receivers(row), "issuer": issuer_of(row),
    })  # fmt: skip


@require_safe
def minutes_file(request: SignedInRequest, pk: int) -> HttpResponse:
    """Each download is written down."""
    row = _found(request, pk)
    with audit.transaction():
        audit.record(
            "minutes.downloaded",
            f"transfer:{row.pk}",
            agency=row.agency_id,
            actor=request.rights.user_id,
            stream=Stream.ACCESS,
        )
    answer = HttpResponse(docx_of(row), content_type=WORDS)
    answer.headers["Content-Disposition"] = f'attachment; filename="bien-ban-ban-giao-{row.pk}.docx"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
