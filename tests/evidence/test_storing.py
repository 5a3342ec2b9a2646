"""Documents and files go to storage whole, digested, under random names, or not at all."""

import hashlib
import re
import tracemalloc
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.test import RequestFactory
from django.test.client import MULTIPART_CONTENT, encode_multipart

from audit import services as audit
from audit.models import Entry
from audit.services import OutsideTransaction
from evidence.content import NotAccepted
from evidence.models import Document, DocumentFile, Use
from evidence.services import attach, detach, store_document, store_file
from tests.evidence import files
from tests.evidence.files import upload
from tests.office import Office, make_document

pytestmark = pytest.mark.django_db
BOUNDARY = "par-boundary"


def store(office: Office, *uploads: Any, subject: str | None = None) -> Document:
    with audit.transaction():
        return store_document(
            agency_id=office.agency.pk, by=office["officer"], number="386/BC-SKHĐT", dated=date(2024, 11, 6),
            issuer="Sở", abstract="Báo cáo", files=uploads, subject=subject,
        )  # fmt: skip


def kept(settings: Any) -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_stored_file_is_what_was_sent_and_knows_its_digest(office: Office) -> None:
    row = store(office, upload(files.PDF, "Báo cáo.pdf")).files.get()
    with row.file.open() as stored:
        assert stored.read() == files.PDF
    assert (row.sha256, row.size) == (hashlib.sha256(files.PDF).hexdigest(), len(files.PDF))
    assert (row.name, row.content_type, row.agency_id) == ("Báo cáo.pdf", "application/pdf", office.agency.pk)


def test_stored_name_is_random_and_holds_nothing_from_outside(office: Office) -> None:
    document = store(office, upload(name="../../../evil.pdf"), upload(name="../../../evil.pdf"))
    names = [row.file.name for row in document.files.all()]
    assert all(re.fullmatch(rf"documents/{office.agency.pk}/[0-9a-f]{{2}}/[0-9a-f]{{32}}", name) for name in names)
    assert len(set(names)) == 2


def test_names_and_words_are_kept_composed(office: Office) -> None:
    decomposed = unicodedata.normalize("NFD", "Báo cáo tiến độ")
    with audit.transaction():
        document = store_document(
            agency_id=office.agency.pk, by=office["officer"], number="1/BC", dated=None, issuer="", abstract=decomposed,
            files=[upload(name=f"{decomposed}.pdf")],
        )  # fmt: skip
    assert (document.abstract, document.files.get().name) == ("Báo cáo tiến độ", "Báo cáo tiến độ.pdf")


def test_refused_file_leaves_nothing_behind(office: Office, settings: Any) -> None:
    with pytest.raises(NotAccepted):
        store(office, upload(), upload(files.EXE, "bao-cao.pdf"))
    assert (Document.objects.count(), DocumentFile.objects.count(), kept(settings)) == (0, 0, [])


def test_file_is_taken_away_when_the_verb_fails_afterwards(office: Office, settings: Any) -> None:
    def verb() -> None:
        with audit.transaction():
            store_file(make_document(office, office["officer"]), upload(), office["officer"])
            assert len(kept(settings)) == 1
            raise LookupError

    with pytest.raises(LookupError):
        verb()
    assert (kept(settings), DocumentFile.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_file_is_taken_away_when_the_commit_is_refused(office: Office, settings: Any) -> None:
    from django.db import IntegrityError

    def verb() -> None:
        with audit.transaction():
            document = make_document(office, office["officer"])
            store_file(document, upload(), office["officer"])
            Use.objects.bulk_create([Use(agency_id=10**9, document=document, subject="x:1", by=office["officer"], at=document.at)])  # fmt: skip

    with pytest.raises(IntegrityError):
        verb()
    assert kept(settings) == []


def test_storing_outside_a_verb_is_refused_before_anything_is_written(office: Office, settings: Any) -> None:
    document = make_document(office, office["officer"])
    with pytest.raises(OutsideTransaction):
        store_file(document, upload(), office["officer"])
    assert kept(settings) == []


def test_file_over_the_limit_is_refused_and_says_the_limit(office: Office, settings: Any) -> None:
    settings.DOCUMENT_MAX_BYTES = 1024 * 1024
    with pytest.raises(NotAccepted, match="quá 1 MB"):
        store(office, upload(files.PDF + bytes(1024 * 1024)))


def test_upload_over_the_limit_does_not_fill_the_disk_and_tells_its_true_size(settings: Any) -> None:
    settings.DOCUMENT_MAX_BYTES = settings.IMPORT_MAX_BYTES = 256 * 1024
    body = encode_multipart(BOUNDARY, {"first": upload(bytes(1024 * 1024)), "second": upload(files.PDF)})
    request = RequestFactory().generic("POST", "/", body, content_type=f"multipart/form-data; boundary={BOUNDARY}")
    first, second = request.FILES["first"], request.FILES["second"]
    assert MULTIPART_CONTENT.startswith("multipart/form-data")
    assert isinstance(first, UploadedFile)
    assert (first.size, second.size) == (1024 * 1024, len(files.PDF))
    assert Path(first.temporary_file_path()).stat().st_size <= 256 * 1024
    assert second.read() == files.PDF


def test_memory_stays_flat_for_a_large_file(office: Office, settings: Any, tmp_path: Path) -> None:
    settings.DOCUMENT_MAX_BYTES = 200 * 1024 * 1024
    path = tmp_path / "large.pdf"
    with path.open("wb") as large:
        large.write(b"%PDF-1.7\n")
        for _ in range(100):
            large.write(bytes(1024 * 1024))
        large.write(b"\n%%EOF\n")
    store(office, upload())  # whatever is loaded once
    tracemalloc.start()
    try:
        with path.open("rb") as large:
            row = store(office, File(large, name="large.pdf")).files.get()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert row.size == path.stat().st_size
    assert peak < 4 * 1024 * 1024


def test_document_stands_beside_a_subject_once(office: Office) -> None:
    document = store(office, upload(), subject="case:12")
    with audit.transaction():
        attach(document, "case:12", office["officer"])
    assert list(document.uses.values_list("subject", "agency_id")) == [("case:12", office.agency.pk)]


def test_detached_document_is_kept_with_its_file(office: Office, settings: Any) -> None:
    document = store(office, upload(), subject="case:12")
    with audit.transaction():
        detach(document, "case:12", office["officer"])
    assert (Use.objects.count(), document.files.count(), len(kept(settings))) == (0, 1, 1)


def test_every_verb_on_documents_is_in_the_ledger(office: Office) -> None:
    document = store(office, upload(), subject="case:12")
    with audit.transaction():
        detach(document, "case:12", office["officer"])
    verbs = list(Entry.objects.order_by("sequence").values_list("verb", flat=True))
    assert verbs == ["document.stored", "document.file_stored", "document.attached", "document.detached"]
