"""The people a head may name: who holds a post in the unit today, told apart where names are the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from organization.enums import Role
from organization.models import Post, User

# A post of these roles does no work of a unit.
NO_WORK = frozenset({Role.VIEWER, Role.ADMINISTRATOR})


@dataclass
class Officer:
    user: User
    titles: list[str] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    same_name: bool = False

    @property
    def label(self) -> str:
        """Nguyễn Văn Hùng, chuyên viên; with the code where another person of the unit has that name."""
        code = f" ({self.user.code})" if self.same_name else ""
        return f"{self.user.full_name}{code}, {', '.join(self.titles)}"


def officers_of(units: Iterable[int], on: date) -> dict[int, list[Officer]]:
    """By unit, in the order of given names."""
    posts = Post.objects.on(on).filter(unit_id__in=list(units), user__is_active=True).exclude(role__in=NO_WORK)
    found: dict[int, dict[int, Officer]] = defaultdict(dict)
    for post in posts.select_related("user").order_by("user__name_key", "user__code", "role"):
        officer = found[post.unit_id].setdefault(post.user_id, Officer(post.user))
        officer.titles += [str(post)] if str(post) not in officer.titles else []
        officer.roles.add(post.role)
    for people in found.values():
        names = Counter(officer.user.full_name for officer in people.values())
        for officer in people.values():
            officer.same_name = names[officer.user.full_name] > 1
    return {unit: list(people.values()) for unit, people in found.items()}
