"""What rooms above put on a plan's page: a button of the plan, a button of a row. They register, nobody is named here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from organization.rights import Rights
from plans.drafting import DraftRow
from plans.models import Plan, PlanVersion


@dataclass(frozen=True, slots=True)
class PlanAction:
    """`shown` says whether this person sees it on this plan; `filled` marks the one filled button."""

    words: str
    url: Callable[[Plan], str]
    shown: Callable[[Plan, Rights], bool]
    icon: str = ""
    filled: bool = False


@dataclass(frozen=True, slots=True)
class RowAction:
    """`url` takes the key of the row's text."""

    words: str
    url: Callable[[int], str]
    shown: Callable[[Plan, DraftRow, Rights], bool]


@dataclass(frozen=True, slots=True)
class VersionAction:
    """What may be opened of one version of a plan under way; everybody who sees the plan sees it."""

    words: str
    url: Callable[[PlanVersion], str]
    shown: Callable[[PlanVersion], bool]


actions: list[PlanAction] = []
row_actions: list[RowAction] = []
version_actions: list[VersionAction] = []


# the page on which a corrected file of a draft is compared with it; a room above has it
compared: list[Callable[[int], str]] = []


def register(action: PlanAction | RowAction | VersionAction) -> None:
    match action:
        case PlanAction():
            actions.append(action)
        case RowAction():
            row_actions.append(action)
        case VersionAction():
            version_actions.append(action)
