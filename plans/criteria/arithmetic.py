"""What scores add up to. Pure; every number is a Decimal, and only what is shown is rounded.

A criterion that does not apply leaves the sum and what the sum is measured by: the rest is worth the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from plans.criteria.rules import HUNDRED, rounded


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scored criterion: `points` None where nobody has scored it yet; `dropped` where it does not apply."""

    maximum: Decimal
    points: Decimal | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class Sum:
    """`full`: all maxima; `applicable`: those that apply; `points`: what was scored of them."""

    full: Decimal = Decimal(0)
    applicable: Decimal = Decimal(0)
    points: Decimal = Decimal(0)
    unscored: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.full + other.full,
            self.applicable + other.applicable,
            self.points + other.points,
            self.unscored + other.unscored,
        )

    @property
    def exact(self) -> Decimal:
        """Points on the scale of the full maximum, not rounded."""
        return self.points * self.full / self.applicable if self.applicable else Decimal(0)

    @property
    def rescaled(self) -> Decimal:
        return rounded(self.exact)

    @property
    def index(self) -> Decimal:
        """Percent of what could be had."""
        return rounded(self.exact_index)

    @property
    def exact_index(self) -> Decimal:
        return self.points * HUNDRED / self.applicable if self.applicable else Decimal(0)

    def needed(self, percent: Decimal) -> Decimal:
        """Points still missing to that index; 0 where it is reached."""
        return max(Decimal(0), rounded(self.applicable * percent / HUNDRED - self.points))


def total(leaves: Iterable[Leaf]) -> Sum:
    found = Sum()
    for leaf in leaves:
        if leaf.dropped:
            found += Sum(full=leaf.maximum)
        else:
            found += Sum(leaf.maximum, leaf.maximum, leaf.points or Decimal(0), leaf.points is None)
    return found


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of open work that works for a criterion; `worth` is what of its points is not had yet."""

    criterion: Hashable
    worth: Decimal
    work: Hashable = None


def once(claims: Iterable[Claim]) -> Decimal:
    """What the claims are worth together: a criterion counts once, however many claims name it."""
    worth: dict[Hashable, Decimal] = {}
    for claim in claims:
        worth[claim.criterion] = max(worth.get(claim.criterion, Decimal(0)), claim.worth)
    return sum(worth.values(), Decimal(0))


def by(claims: Iterable[Claim], key: Callable[[Claim], Hashable]) -> dict[Hashable, Decimal]:
    """`once` for each group. A criterion on which two groups work counts in both, so groups may add up to more."""
    groups: dict[Hashable, list[Claim]] = {}
    for claim in claims:
        groups.setdefault(key(claim), []).append(claim)
    return {group: once(members) for group, members in groups.items()}
