"""Kinds of notices. The rooms above say how each kind reads and whether its matter still stands.

A kind that cannot be said stops nothing else: its notices are shown as what they are, and the log says why.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.template import TemplateDoesNotExist, TemplateSyntaxError

from notifications.models import Notice

logger = logging.getLogger(__name__)

# what a renderer or a broken record may raise; an error of the database is not hidden
BROKEN = (ArithmeticError, AttributeError, LookupError, ObjectDoesNotExist, TemplateDoesNotExist, TemplateSyntaxError,
          TypeError, ValueError)  # fmt: skip


class Said(NamedTuple):
    """A notice in words, and the page on which it is dealt with (empty where there is none)."""

    title: str
    text: str
    url: str


Function = TypeVar("Function")
Render = Callable[[Sequence[Notice]], Sequence[Said]]
StillTrue = Callable[[Sequence[Notice]], set[int]]


@dataclass(frozen=True, slots=True)
class Kind:
    render: Render
    still_true: StillTrue


_kinds: dict[str, Kind] = {}


def register(kind: str, render: Render, still_true: StillTrue) -> None:
    """Both are asked for many notices at once: `render` answers one Said for each, in order;
    `still_true` the keys (pk) of those whose matter still stands. Kinds that share a function are asked together."""
    _kinds[kind] = Kind(render, still_true)


def say(notices: Iterable[Notice]) -> dict[int, Said]:
    """Every notice in words, by its key."""
    said: dict[int, Said] = {}
    for render, some in _grouped(notices, lambda kind: kind.render):
        said |= _said(render, some)
    return said


def still_true(notices: Iterable[Notice]) -> set[int]:
    """The keys of those whose matter still stands; one that cannot be asked is kept: nothing is lost."""
    true: set[int] = set()
    for ask, some in _grouped(notices, lambda kind: kind.still_true):
        true |= _asked(ask, some)
    return true


def _grouped(notices: Iterable[Notice], part: Callable[[Kind], Function]) -> list[tuple[Function | None, list[Notice]]]:
    groups: dict[Function | None, list[Notice]] = {}
    for notice in notices:
        kind = _kinds.get(notice.kind)
        groups.setdefault(part(kind) if kind else None, []).append(notice)
    return list(groups.items())


def _said(render: Render | None, notices: list[Notice]) -> dict[int, Said]:
    if render is None:
        return {notice.pk: _cannot_say(notice) for notice in notices}
    try:
        return dict(zip([notice.pk for notice in notices], render(notices), strict=True))
    except BROKEN:
        if len(notices) == 1:
            logger.exception("notice %d of kind %s cannot be said", notices[0].pk, notices[0].kind)
            return {notices[0].pk: _cannot_say(notices[0])}
    return {key: said for notice in notices for key, said in _said(render, [notice]).items()}


def _asked(ask: StillTrue | None, notices: list[Notice]) -> set[int]:
    if ask is None:
        return {notice.pk for notice in notices}
    try:
        return ask(notices)
    except BROKEN:
        if len(notices) == 1:
            logger.exception("notice %d of kind %s cannot be asked", notices[0].pk, notices[0].kind)
            return {notices[0].pk}
    return {key for notice in notices for key in _asked(ask, [notice])}


def _cannot_say(notice: Notice) -> Said:
    return Said(f"Thông báo số {notice.pk}", "Thông báo này không hiển thị được. Báo quản trị kèm số thông báo.", "")
