"""A list of people as a file: first what it would do and what is wrong, then the import."""

import secrets

from django.conf import settings
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from organization.forms import UploadForm
from organization.office_files import UnreadableError
from organization.people_file import read_people_file
from organization.people_import import NothingImported, import_people, rehearse
from organization.requests import SignedInRequest
from organization.vietnamese import counted
from organization.views.gates import administrator_only

KEPT = "people_file"


@require_http_methods(["GET", "POST"])
@administrator_only
def upload(request: SignedInRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            read = read_people_file(file, settings.IMPORT_MAX_BYTES)
        except UnreadableError as error:
            form.add_error("file", str(error))
        else:
            _forget(request)
            file.seek(0)
            request.session[KEPT] = default_storage.save(f"imports/{secrets.token_hex(16)}.xlsx", file)
            result = rehearse(read, request.rights.agency)
            return render(request, "organization/upload_preview.html", {"result": result, "name": file.name})
    return render(request, "organization/upload.html", {"form": form})


@require_POST
@administrator_only
def confirm_upload(request: SignedInRequest) -> HttpResponse:
    kept = request.session.get(KEPT)
    if not kept or not default_storage.exists(kept):
        messages.error(request, "Tệp đã xem không còn nữa. Tải tệp lên lại.")
        return redirect("organization:upload")
    try:
        with default_storage.open(kept) as file:
            read = read_people_file(file, settings.IMPORT_MAX_BYTES)
        result = import_people(read, request.rights.agency, request.rights.user_id)
    except (UnreadableError, NothingImported) as error:
        messages.error(request, str(error))
        return redirect("organization:upload")
    _forget(request)
    left = f" {counted(len(result.problems))} lỗi chưa nhập." if result.problems else ""
    messages.success(request, f"Đã nhập {counted(result.units)} đơn vị, {counted(result.people)} người.{left}")
    return redirect("organization:people")


def _forget(request: SignedInRequest) -> None:
    kept = request.session.pop(KEPT, None)
    if kept:
        default_storage.delete(kept)
