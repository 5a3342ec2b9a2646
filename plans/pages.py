"""What rooms above put on a plan's page: a button of the plan, a button of a row. They register, nobody is named here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from organization.rights import Rights
from plans.drafting import DraftRow
from plans.models import Plan


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


actions: list[PlanAction] = []
row_actions: list[RowAction] = []


# the page on which a corrected file of a draft is compared with it; a room above has it
compared: list[Callable[[int], str]] = []


def register(action: PlanAction | RowAction) -> None:
    if isinstance(action, PlanAction):
        actions.append(action)
    else:
        row_actions.append(action)
