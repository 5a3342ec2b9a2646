"""Who may open a document, and where: the room that decides it registers here, rooms below it ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import QuerySet

from evidence.models import Document, DocumentFile
from organization.rights import Rights


@dataclass(frozen=True, slots=True)
class Sight:
    """`visible`: the documents a person may open; `address`: from where one of their files is taken."""

    visible: Callable[[Rights], QuerySet[Document]]
    address: Callable[[DocumentFile], str]


_sights: list[Sight] = []


def register(sight: Sight) -> None:
    _sights.append(sight)


def visible_to(rights: Rights) -> QuerySet[Document]:
    """Nothing where no room has said who may."""
    return _sights[-1].visible(rights) if _sights else Document.objects.none()


def address_of(file: DocumentFile) -> str:
    return _sights[-1].address(file)
