"""Lists of people and units as pages show them."""

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Prefetch, Q, QuerySet

from organization.enums import Role
from organization.models import Alias, LeaderInCharge, Post, Unit, User
from organization.vietnamese import fold

STATES = {
    "active": Q(is_active=True),
    "new": Q(is_active=True, password__startswith=UNUSABLE_PASSWORD_PREFIX),
    "closed": Q(is_active=False),
}


@dataclass(frozen=True)
class Place:
    """Where a person sits and as what; several posts of one chức vụ are one place."""

    unit: str
    words: str
    extra: str


def people_of(agency_id: int, on: date, q: str = "", unit: Unit | None = None, state: str = "") -> QuerySet[User]:
    """With their posts of that day in `held`."""
    posts = Post.objects.on(on).select_related("unit").order_by("unit__position", "pk")
    people = User.objects.filter(agency_id=agency_id).prefetch_related(Prefetch("posts", posts, to_attr="held"))
    for word in fold(q).split():
        people = people.filter(folded__contains=word)
    if unit:
        people = people.filter(pk__in=Post.objects.on(on).filter(unit=unit).values("user_id"))
    return people.filter(STATES[state]) if state else people


def places(posts: list[Post]) -> list[Place]:
    """«Văn phòng», «Đầu mối CCHC», «rà soát»: titles as written, rights that a title does not say beside them."""
    found: dict[int, tuple[str, list[str], list[str]]] = {}
    for post in posts:
        _, titles, extra = found.setdefault(post.unit_id, (post.unit.name, [], []))
        titles.append(post.title or post.get_role_display())
        if post.role == Role.REVIEWER:
            extra.append("rà soát")
        if post.authorised:
            extra.append("được ủy quyền xử lý thay")
    return [Place(unit, ", ".join(dict.fromkeys(titles)), ", ".join(extra)) for unit, titles, extra in found.values()]


def units_with_people(agency_id: int, on: date) -> QuerySet[Unit]:
    """With `people_count`, `heads`, `in_charge` and `called`."""
    now_held = (
        Q(posts__since__lte=on) & (Q(posts__until=None) | Q(posts__until__gte=on)) & Q(posts__user__is_active=True)
    )
    heads = Post.objects.on(on).filter(role=Role.HEAD, user__is_active=True).select_related("user").order_by("pk")
    leaders = LeaderInCharge.objects.on(on).select_related("leader").order_by("-since")
    return (
        Unit.objects.on(on)
        .filter(agency_id=agency_id)
        .annotate(people_count=Count("posts__user", filter=now_held, distinct=True))
        .prefetch_related(
            Prefetch("posts", heads, to_attr="heads"),
            Prefetch("leaders_in_charge", leaders, to_attr="in_charge"),
            Prefetch("aliases", Alias.objects.on(on).order_by("pk"), to_attr="called"),
        )
    )
