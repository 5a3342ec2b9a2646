"""Who may act for whom, on a local date: fetched once, then given to every query as constants.

This is the one source of rights. The engine, the inbox, the badge and the templates ask it,
and nothing else decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from django.db.models import Q
from django.utils.timezone import localdate

from organization.enums import JUDGES, LEADERS, ONLOOKERS, OVERSEERS, UNIT_ROLES, Role
from organization.models import Delegation, Post, Unit, User

Pool = tuple[int, Role]


@dataclass(frozen=True, slots=True)
class Standing:
    """What one person may do by their own posts."""

    person: int
    pools: frozenset[Pool]
    units: frozenset[int]
    # every unit the person works in, lent or not: where they judge nothing
    seats: frozenset[int]
    # what they may take of the steps that name them: to judge as a leader, to review in Văn phòng's place, to work
    judges: bool = True
    crosses: bool = True
    works: bool = True


@dataclass(frozen=True)
class Rights:
    """A person on a date: their own standing, then that of each person they act for."""

    user_id: int
    agency_id: int
    on: date
    own: Standing
    roles: frozenset[Role]
    substituted: tuple[Standing, ...] = ()
    # the person's own posts with unit and agency, for the words of the shell
    posts: tuple[Post, ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def agency(self) -> Unit:
        return Unit.objects.get(pk=self.agency_id)

    @cached_property
    def standings(self) -> tuple[tuple[Standing, int | None], ...]:
        """Each standing with the person in whose name it is used; None for oneself, who comes first."""
        return ((self.own, None), *((standing, standing.person) for standing in self.substituted))

    @property
    def oversees(self) -> bool:
        """Sees all the work of the agency."""
        return bool(self.roles & OVERSEERS)

    @property
    def leads(self) -> bool:
        return bool(self.roles & LEADERS)

    @property
    def is_office(self) -> bool:
        return Role.REVIEWER in self.roles

    @property
    def is_administrator(self) -> bool:
        return Role.ADMINISTRATOR in self.roles

    @property
    def units(self) -> frozenset[int]:
        """Units whose work is the person's own, in their own or another's name."""
        return self.own.units.union(*(standing.units for standing in self.substituted))

    @property
    def headed_units(self) -> frozenset[int]:
        """Units whose head this person is, or acts for."""
        return frozenset(unit for standing, _ in self.standings for unit, role in standing.pools if role == Role.HEAD)

    def name_for(self, *roles: Role) -> int | None:
        """In whose name this person uses one of these roles: None for their own, else the first who lent it."""
        using = (person for standing, person in self.standings if any(role in roles for _, role in standing.pools))
        return next(using, None)

    def heads(self, unit_id: int) -> bool:
        return unit_id in self.headed_units


def rights_of(user: User, on: date | None = None) -> Rights:
    """Two queries: the delegations in force, then the posts of everyone concerned."""
    day = on or localdate()
    delegated = _delegated_roles(user, day)
    posts: dict[int, list[Post]] = {}
    held_by = Post.objects.on(day).filter(agency_id=user.agency_id, user_id__in=[user.pk, *delegated])
    for post in held_by.select_related("unit", "agency"):
        posts.setdefault(post.user_id, []).append(post)
    own = posts.get(user.pk, [])
    substituted = []
    for person, roles in sorted(delegated.items()):
        all_posts = posts.get(person, [])
        lent = [post for post in all_posts if not roles or post.role in roles]
        if lent:
            substituted.append(_lent(_standing(person, lent), all_posts))
    held = frozenset(Role(post.role) for post in own)
    lent_roles = frozenset(role for standing in substituted for _, role in standing.pools)
    return Rights(
        user.pk, user.agency_id, day, _standing(user.pk, own), held | lent_roles, tuple(substituted), tuple(own)
    )


def _delegated_roles(user: User, day: date) -> Mapping[int, frozenset[str]]:
    """The roles each principal lends; an empty set lends all, and one such delegation outweighs the others."""
    rows = Delegation.objects.on(day).filter(agency_id=user.agency_id, substitute=user, principal__is_active=True)
    lent: dict[int, frozenset[str]] = {}
    for row in rows:
        roles, before = frozenset(row.roles), lent.get(row.principal_id, frozenset(row.roles))
        lent[row.principal_id] = roles | before if roles and before else frozenset()
    return lent


def _lent(standing: Standing, posts: list[Post]) -> Standing:
    """A principal's standing as far as it is lent: steps in their name only of the kind that the roles are for."""
    roles = {role for _, role in standing.pools}
    return replace(standing, seats=_seats(posts), crosses=bool(roles & JUDGES))


def _standing(person: int, posts: list[Post]) -> Standing:
    pools = {(post.unit_id, Role(post.role)) for post in posts}
    pools |= {(post.unit_id, Role.HEAD) for post in posts if post.authorised}
    roles = {role for _, role in pools}
    return Standing(
        person, frozenset(pools), _units(posts), _seats(posts), judges=bool(roles & LEADERS),
        crosses=bool(roles - ONLOOKERS), works=bool(roles & UNIT_ROLES),
    )  # fmt: skip


def _units(posts: list[Post]) -> frozenset[int]:
    return frozenset(post.unit_id for post in posts if post.role in UNIT_ROLES)


def _seats(posts: list[Post]) -> frozenset[int]:
    return frozenset(post.unit_id for post in posts if post.role not in ONLOOKERS)


def holders(unit_id: int, role: Role, on: date) -> list[int]:
    """The people who hold `role` in the unit on that day, authorised deputies included."""
    wanted = Q(role=role)
    if role == Role.HEAD:
        wanted |= Q(role=Role.DEPUTY, authorised=True)
    posts = Post.objects.on(on).filter(wanted, unit_id=unit_id, user__is_active=True)
    return sorted(set(posts.values_list("user_id", flat=True)))
