"""The tags and filters of every template: icons, states, people, and how offices write dates and numbers."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from organization import vietnamese
from organization.models import Unit, User

register = template.Library()

# The fourteen states of the product, by the class that colours them and the icon that shapes them.
STATES = frozenset(
    [
        "in-time",
        "soon",
        "today",
        "overdue",
        "review",
        "approve",
        "returned",
        "done",
        "done-late",
        "ongoing",
        "undated",
        "dropped",
        "paused",
        "carried",
    ],
)

# What the checks of a row's evidence came to: the colour and the shape.
PROOFS = {
    "ok": ("done", "st-done"),
    "warn": ("soon", "warn"),
    "bad": ("overdue", "bad"),
    "wait": ("undated", "hourglass-split"),
}


@register.simple_tag
def icon(name: str, css: str = "ic") -> SafeString:
    """A symbol of static/img/sprite.svg; it decorates words and is silent for screen readers."""
    sprite = static("img/sprite.svg")
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}#i-{}"/></svg>', css, sprite, name)


@register.simple_tag
def state(kind: str, words: str, tint: bool = False) -> SafeString:
    """Colour, shape and words together; tinted only where someone must act."""
    kind = str(kind).replace("_", "-")
    if kind not in STATES:
        raise ValueError(f"{kind} is no state; the states are {', '.join(sorted(STATES))}")
    css = f"state {kind} tint" if tint else f"state {kind}"
    return format_html('<span class="{}">{}{}</span>', css, icon(f"st-{kind}"), words)


@register.simple_tag
def proof(result: str, words: str) -> SafeString:
    """What the checks came to: «Đạt 6/6», «Cần xem 1/6». `result` is ok, warn, bad or wait."""
    css, shape = PROOFS[result]
    return format_html('<span class="state {}">{}{}</span>', css, icon(shape), words)


@register.simple_tag
def person(user: User | None, unit: Unit | str | None = None) -> SafeString:
    """A name with the unit after it, for two people may share one name."""
    if user is None:
        return format_html("")
    if not unit:
        return format_html("{}", user.full_name)
    return format_html('{} <span class="sub">({})</span>', user.full_name, unit)


@register.filter
def initials(name: str) -> str:
    """Nguyễn Thị Hường → NH: the family name's letter and the given name's."""
    words = name.split()
    return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper() if words else ""


@register.filter
def short_date(day: date | None) -> str:
    return vietnamese.short_date(day)


@register.filter
def long_date(day: date | None) -> str:
    return vietnamese.long_date(day) if day else ""


@register.filter
def clock(moment: datetime | None) -> str:
    return vietnamese.clock(moment) if moment else ""


@register.filter
def counted(number: int) -> str:
    return vietnamese.counted(number)


@register.filter
def thousands(number: int) -> str:
    return vietnamese.thousands(number)


@register.filter
def decimal(number: Decimal | float | None, places: int = 2) -> str:
    return "" if number is None else vietnamese.decimal(number, places)


@register.filter
def digest(value: str) -> str:
    """A SHA-256 as people compare it: 9f3a 71c4 e08b 2d55 … c41e."""
    return f"{value[:4]} {value[4:8]} {value[8:12]} {value[12:16]} … {value[-4:]}"
