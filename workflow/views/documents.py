"""Tài liệu kiểm chứng: the library, downloading, and adding to a case in hand."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from audit import services as audit
from audit.models import Stream
from evidence.forms import DocumentForm
from evidence.models import DocumentFile
from evidence.selectors import matching
from organization.requests import SignedInRequest
from workflow import documents
from workflow.dossier import Filed
from workflow.errors import Refused
from workflow.models import Case
from workflow.notices import page_of
from workflow.sightings import see_many

logger = logging.getLogger(__name__)

PAGE_SIZE = 30
# what is downloaded is never a page of ours: no script, no form, no frame, whatever a browser makes of it
FILE_POLICY = "default-src 'none'; sandbox"


@require_safe
def library(request: SignedInRequest) -> HttpResponse:
    """The agency's documents that this person may open, newest first."""
    rights, words = request.rights, request.GET.get("q", "").strip()
    found = matching(documents.visible_documents(rights), words).prefetch_related("files")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    used = documents.used_by(list(page), rights)
    rows = [documents.row_of(Filed.of_document(document), cases=used.get(document.pk, ())) for document in page]
    return render(request, "workflow/library.html", {"page": page, "rows": rows, "q": words})


@require_safe
def download(request: SignedInRequest, pk: int) -> FileResponse:
    """One file, streamed as an attachment. Who took it is written in the ledger, and that they opened
    the step that waits for them: the one GET that writes."""
    file = get_object_or_404(documents.visible_files(request.rights), pk=pk)
    try:
        content = file.file.open("rb")
    except FileNotFoundError as error:
        logger.exception("file %d is not in the storage", file.pk)
        raise Http404("Tệp này không còn trong kho lưu trữ. Báo quản trị hệ thống.") from error
    if request.method == "GET":
        _write_down(request, file)
    return FileResponse(
        content, as_attachment=True, filename=file.name, content_type=file.content_type,
        headers={"X-Content-Type-Options": "nosniff", "Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, no-store"},
    )  # fmt: skip


def _write_down(request: SignedInRequest, file: DocumentFile) -> None:
    with audit.transaction():
        audit.record("document.downloaded", f"document:{file.document_id}", agency=file.agency_id, actor=request.user.pk,
                     stream=Stream.ACCESS, file=file.pk, sha256=file.sha256)  # fmt: skip
        see_many(documents.waiting_on(file.document_id, request.rights), request.rights)


@require_POST
def add_document(request: SignedInRequest, case_id: int) -> HttpResponse:
    case, form = _case(request, case_id), DocumentForm(request.POST, request.FILES)
    try:
        documents.must_be_in_hand(case, request.rights)
        if not form.is_valid():
            return _panel(request, documents.panel_of(case, request.rights, form, _back(request)))
        said = form.cleaned_data
        document = documents.add_document(
            case.pk, request.rights, request.user, number=said["number"], dated=said["dated"], issuer=said["issuer"],
            abstract=said["abstract"], files=said["uploads"],
        )  # fmt: skip
    except Refused as refusal:
        panel = documents.panel_of(case, request.rights, form, _back(request))
        return _panel(request, replace(panel, refusal=str(refusal)), HTTPStatus.CONFLICT)
    return _done(request, case, f"Đã thêm tài liệu {document}.")


@require_POST
def remove_document(request: SignedInRequest, case_id: int, document_id: int) -> HttpResponse:
    case = _case(request, case_id)
    document = get_object_or_404(documents.documents_of(case), pk=document_id)
    try:
        documents.remove_document(case.pk, document, request.rights, request.user)
    except Refused as refusal:
        panel = documents.panel_of(case, request.rights, back=_back(request))
        return _panel(request, replace(panel, refusal=str(refusal)), HTTPStatus.CONFLICT)
    return _done(request, case, f"Đã gỡ tài liệu {document} khỏi hồ sơ.")


def _case(request: SignedInRequest, case_id: int) -> Case:
    return get_object_or_404(Case.objects.visible_to(request.rights), pk=case_id)


def _done(request: SignedInRequest, case: Case, words: str) -> HttpResponse:
    if request.htmx:
        panel = documents.panel_of(case, request.rights, back=_back(request))
        answer = _panel(request, replace(panel, done=words))
        answer.headers["HX-Trigger"] = "documents-changed"  # the checks of the page look again
        return answer
    messages.success(request, words)
    return HttpResponseRedirect(_back(request) or page_of(case))


def _panel(request: SignedInRequest, panel: documents.Panel, status: int = HTTPStatus.OK) -> HttpResponse:
    """The panel by itself for htmx; else on a page of its own, with what was typed."""
    name = "evidence/panel.html" if request.htmx else "workflow/documents_page.html"
    return render(request, name, {"panel": panel}, status=status)


def _back(request: SignedInRequest) -> str:
    """The page from which the form was sent, where it is one of ours."""
    back = request.POST.get("next", "")
    return back if url_has_allowed_host_and_scheme(back, None) else ""
