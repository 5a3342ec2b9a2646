"""The files of a version, handed out under the names people know them by."""

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from audit import services as audit
from audit.models import Stream
from organization.requests import SignedInRequest
from reports.models import Compilation
from reports.selectors import visible_reports
from reports.views.reports import FOR_OVERSEERS

WORDS = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHEETS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
KINDS = {"docx": ("Báo cáo", WORDS), "xlsx": ("Phụ lục", SHEETS)}


@require_safe
def download(request: SignedInRequest, pk: int, kind: str) -> FileResponse:
    """Each download is written down, as those of evidence are."""
    rights = request.rights
    if kind not in KINDS:
        raise Http404("Báo cáo không có loại tệp này.")
    finished = Compilation.objects.exclude(digest="").select_related("report__period__plan")
    version = get_object_or_404(finished, pk=pk, report__in=visible_reports(rights))
    if not rights.oversees:
        raise PermissionDenied(FOR_OVERSEERS)
    title, content_type = KINDS[kind]
    stored = version.docx if kind == "docx" else version.xlsx
    with audit.transaction():
        audit.record("report.downloaded", f"case:{version.report_id}", agency=version.agency_id, actor=rights.user_id,
                     stream=Stream.ACCESS, version=version.number, kind=kind)  # fmt: skip
    name = f"{title} {version.report.period.spoken}, phiên bản {version.number}.{kind}"
    answer = FileResponse(stored.open("rb"), as_attachment=True, filename=name, content_type=content_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
