"""Reading documents: those beside a subject, and those of a library, with their files."""

from __future__ import annotations

from django.db.models import QuerySet

from evidence.models import Document
from organization.vietnamese import fold


def beside(subject: str) -> QuerySet[Document]:
    """The documents beside a subject with their files, in the order in which they were put there. Two queries."""
    return Document.objects.filter(uses__subject=subject).order_by("uses__id").prefetch_related("files")


def matching(documents: QuerySet[Document], words: str) -> QuerySet[Document]:
    """Those that hold every word, whatever the accents, in number, abstract or issuer."""
    for word in fold(words).split():
        documents = documents.filter(folded__contains=word)
    return documents
