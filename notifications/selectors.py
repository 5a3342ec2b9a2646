"""What a person's bell and list read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from notifications.models import Delivery, Notice
from notifications.registry import Said, say


@dataclass(frozen=True, slots=True)
class Row:
    """A notice with its words."""

    notice: Notice
    said: Said


def unread_count(user_id: int) -> int:
    return Notice.objects.filter(to_id=user_id, read_at=None).count()


def notices_of(user_id: int, *, unread: bool = False) -> QuerySet[Notice]:
    """A person's notices, newest first."""
    notices = Notice.objects.filter(to_id=user_id).order_by("-at", "-pk")
    return notices.filter(read_at=None) if unread else notices


def in_words(notices: Iterable[Notice]) -> list[Row]:
    notices = list(notices)
    said = say(notices)
    return [Row(notice, said[notice.pk]) for notice in notices]


def failed_deliveries(agency_id: int) -> QuerySet[Delivery]:
    """Messages that were given up or keep failing, newest first."""
    failing = Delivery.objects.filter(agency_id=agency_id, sent_at=None, withdrawn_at=None).exclude(error="")
    return failing.select_related("to").order_by("-on", "-pk")
