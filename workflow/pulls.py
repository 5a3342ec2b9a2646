"""Who may take an open step from its holder, verb by verb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from organization.enums import LEADERS, Role

if TYPE_CHECKING:
    from organization.rights import Rights
    from workflow.models import Step


def oversees(rights: Rights, step: Step) -> bool:  # noqa: ARG001 - one signature for all
    """Văn phòng and leadership, of the work of their agency."""
    return rights.is_office or rights.leads


def leads(rights: Rights, step: Step) -> bool:  # noqa: ARG001
    return rights.leads


def handed_in(rights: Rights, step: Step) -> bool:
    """Whoever handed the work on in the act that made this step: in their own name, or in that of a person for whom
    they still act; or the person in whose name it was done."""
    before = step.previous
    if before is None or before.judging:
        return False
    acting = {person for _, person in rights.standings}
    mine = before.acted_by_id == rights.user_id and before.on_behalf_of_id in acting
    return mine or before.on_behalf_of_id == rights.user_id


def overseeing_as(rights: Rights, step: Step) -> int | None:  # noqa: ARG001
    """In whose name: None for one's own."""
    return rights.name_for(Role.REVIEWER, *LEADERS)


def handed_in_as(rights: Rights, step: Step) -> int | None:
    before = step.previous
    return before.on_behalf_of_id if before and before.acted_by_id == rights.user_id else None


def nobody(rights: Rights, step: Step) -> bool:  # noqa: ARG001
    """What only the engine does, when the work ends on which the case hangs."""
    return False
