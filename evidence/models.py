"""Documents and the files that carry them. Facts only: what a document proves is written from above."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models

from organization.models import Unit
from organization.vietnamese import fold


def random_name(instance: DocumentFile, filename: str) -> str:  # noqa: ARG001 - the name given from outside is never used
    """Where a file is kept: agency and chance, never a name from outside."""
    name = uuid.uuid4().hex
    return f"documents/{instance.agency_id}/{name[:2]}/{name}"


class Document(models.Model):
    """A document as offices name it: số/ký hiệu, ngày, cơ quan ban hành, trích yếu."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.CharField("số, ký hiệu", max_length=60, blank=True)
    dated = models.DateField("ngày văn bản", null=True, blank=True)
    issuer = models.CharField("cơ quan ban hành", max_length=200, blank=True)
    abstract = models.CharField("trích yếu", max_length=500)
    effective_since = models.DateField("có hiệu lực từ", null=True, blank=True)
    effective_until = models.DateField("hết hiệu lực", null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    folded = models.TextField(editable=False)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="document_search"),
            models.Index(fields=["agency", "-at"], name="document_newest"),
        ]

    def __str__(self) -> str:
        return self.number or self.abstract

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = fold(f"{self.number} {self.abstract} {self.issuer}")
        super().save(*args, **kwargs)


class DocumentFile(models.Model):
    """One file of a document; a corrected file is a new version, never a change of this row."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="files")
    version = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=255)
    file = models.FileField(upload_to=random_name, max_length=200)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_type = models.CharField(max_length=100)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["document", "id"]
        indexes = [models.Index(fields=["agency", "sha256"], name="file_digest")]

    def __str__(self) -> str:
        return self.name


class Use(models.Model):
    """A document stands beside something: `subject` is written by the room that owns that thing."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    document = models.ForeignKey(Document, models.PROTECT, related_name="uses")
    subject = models.CharField(max_length=60)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["document", "subject"], name="use_once")]
        indexes = [models.Index(fields=["subject"], name="use_subject")]

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.subject}"
