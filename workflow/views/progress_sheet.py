"""Tiến độ by workbook: the sheet to fill in, what a filled one would do, and the saving of it."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import services as audit
from audit.models import Stream
from organization.office_files import UnreadableError
from organization.requests import SignedInRequest
from plans.views.guards import posted
from workflow import progress_sheet
from workflow.forms import ProgressSheetForm
from workflow.progress import UNIT_ONLY
from workflow.views.tasks import XLSX

KEPT = "progress_sheet"
GONE = "Bảng đã xem không còn nữa. Tải bảng lên lại."


@require_http_methods(["GET", "HEAD", "POST"])
def load(request: SignedInRequest) -> HttpResponse:
    """What the sheet is for; then, of a filled one, what each row would do. Nothing is saved yet."""
    _only_units(request)
    form = ProgressSheetForm(posted(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            lines = progress_sheet.read_sheet(file, settings.IMPORT_MAX_BYTES)
        except UnreadableError as error:
            form.add_error("file", str(error))
        else:
            _forget(request)
            file.seek(0)
            request.session[KEPT] = default_storage.save(f"imports/{secrets.token_hex(16)}.xlsx", file)
            plan = progress_sheet.plan(lines, request.rights)
            return render(request, "workflow/progress/sheet_preview.html", {"plan": plan, "name": file.name})
    number = progress_sheet.writable(request.rights).count()
    return render(request, "workflow/progress/sheet.html", {"form": form, "number": number})


@require_safe
def sheet(request: SignedInRequest) -> HttpResponse:
    """The unit's open work to fill in. Each download is written down."""
    _only_units(request)
    rights = request.rights
    content = progress_sheet.sheet_of(rights)
    with audit.transaction():
        audit.record(
            "progress.sheet_exported", f"user:{rights.user_id}", agency=rights.agency_id, actor=rights.user_id,
            stream=Stream.ACCESS, units=sorted(rights.units),
        )  # fmt: skip
    answer = HttpResponse(content, content_type=XLSX)
    answer.headers["Content-Disposition"] = f'attachment; filename="tien-do-{localdate():%Y-%m-%d}.xlsx"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
def save(request: SignedInRequest) -> HttpResponse:
    """The sheet that was looked over: each row on its own; what was saved and what was not is listed."""
    _only_units(request)
    kept = request.session.get(KEPT)
    if not kept or not default_storage.exists(kept):
        messages.error(request, GONE)
        return redirect("workflow:progress_sheet")
    try:
        with default_storage.open(kept) as file:
            lines = progress_sheet.read_sheet(file, settings.IMPORT_MAX_BYTES)
    except UnreadableError as error:
        messages.error(request, str(error))
        return redirect("workflow:progress_sheet")
    results = progress_sheet.save(lines, request.rights)
    _forget(request)
    refused = [one for one in results if one.refusal]
    return render(request, "workflow/progress/sheet_done.html", {
        "said": progress_sheet.counted_words(results), "done": [one for one in results if not one.refusal], "refused": refused,
    })  # fmt: skip


def _only_units(request: SignedInRequest) -> None:
    if not request.rights.units:
        raise PermissionDenied(UNIT_ONLY)


def _forget(request: SignedInRequest) -> None:
    kept = request.session.pop(KEPT, None)
    if kept:
        default_storage.delete(kept)
