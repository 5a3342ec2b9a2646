"""Pages of a list whose length is already known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator

if TYPE_CHECKING:
    from django.db.models import QuerySet

PAGE_SIZE = 50


def page_of(rows: QuerySet[Any], count: int, number: int) -> Page[Any]:
    """The page of that number, or the last one; nothing is counted again."""
    paginator = Paginator(rows, PAGE_SIZE)
    paginator.__dict__["count"] = count
    return paginator.get_page(number)
