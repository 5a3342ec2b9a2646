"""Taking documents in, and putting them beside what they prove. Called inside the caller's `audit.transaction()`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.utils.timezone import now

from audit import services as audit
from evidence.content import EMPTY, Kind, NotAccepted, kind_of
from evidence.models import Document, DocumentFile, Use
from evidence.names import display_name
from organization.models import User
from organization.vietnamese import clean

CHUNK = 256 * 1024


class Measured(File):  # type: ignore[type-arg] # known to the types only
    """A file that is digested and counted on its way into storage, piece by piece."""

    def __init__(self, file: Any) -> None:
        super().__init__(file)
        self.digest, self.length = hashlib.sha256(), 0

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        for chunk in super().chunks(chunk_size or CHUNK):
            self.digest.update(chunk)
            self.length += len(chunk)
            yield chunk


def too_large() -> str:
    limit = settings.DOCUMENT_MAX_BYTES // (1024 * 1024)
    return f"Tệp này lớn quá {limit} MB. Nén ảnh trong tệp hoặc tách thành nhiều tệp rồi tải lên."


def accepted_kind(upload: File[bytes]) -> Kind:
    """What the file is, by size and content, before anything is written. Raises NotAccepted."""
    if not upload.size:
        raise NotAccepted(EMPTY)
    if upload.size > settings.DOCUMENT_MAX_BYTES:
        raise NotAccepted(too_large())
    return kind_of(upload)  # type: ignore[arg-type]


def store_file(document: Document, upload: File[bytes], by: User) -> DocumentFile:
    """One more file of a document, streamed to storage; taken away again when the verb's transaction fails.

    Raises NotAccepted, and OutsideTransaction where no verb is under way.
    """
    kind = accepted_kind(upload)
    row = DocumentFile(
        agency_id=document.agency_id, document=document, name=display_name(upload.name or "", kind.suffixes),
        content_type=kind.content_type, by=by, at=now(),
    )  # fmt: skip
    name = row.file.field.generate_filename(row, "")
    audit.on_failure(lambda: row.file.storage.delete(name))
    content = Measured(upload)
    row.file = row.file.storage.save(name, content)
    row.size, row.sha256 = content.length, content.digest.hexdigest()
    row.save(force_insert=True)
    audit.record("document.file_stored", f"document:{document.pk}", agency=document.agency_id, actor=by.pk,
                 file=row.pk, sha256=row.sha256, size=row.size)  # fmt: skip
    return row


def store_document(
    *,
    agency_id: int,
    by: User,
    number: str,
    dated: date | None,
    issuer: str,
    abstract: str,
    files: Sequence[File[bytes]],
    subject: str | None = None,
) -> Document:
    """A document with its files, put beside `subject` at once where one is named. Raises NotAccepted."""
    document = Document.objects.create(
        agency_id=agency_id, number=clean(number), dated=dated, issuer=clean(issuer), abstract=clean(abstract),
        by=by, at=now(),
    )  # fmt: skip
    audit.record("document.stored", f"document:{document.pk}", agency=agency_id, actor=by.pk, number=document.number,
                 dated=dated, issuer=document.issuer, abstract=document.abstract)  # fmt: skip
    for upload in files:
        store_file(document, upload, by)
    if subject:
        attach(document, subject, by)
    return document


def attach(document: Document, subject: str, by: User) -> Use:
    """The document stands beside `subject`; once, however often it is asked."""
    use, made = Use.objects.get_or_create(
        document=document, subject=subject, defaults={"agency_id": document.agency_id, "by": by, "at": now()}
    )
    if made:
        audit.record("document.attached", subject, agency=document.agency_id, actor=by.pk, document=document.pk)
    return use


def detach(document: Document, subject: str, by: User) -> None:
    """The document no longer stands beside `subject`. It is never deleted: a submission may name it."""
    gone, _ = Use.objects.filter(document=document, subject=subject).delete()
    if gone:
        audit.record("document.detached", subject, agency=document.agency_id, actor=by.pk, document=document.pk)
