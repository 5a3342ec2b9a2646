"""Who may take an open step from its holder, verb by verb."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from organization.rights import Rights
    from workflow.models import Step


def oversees(rights: Rights, step: Step) -> bool:  # noqa: ARG001 - one signature for all
    """Văn phòng and leadership, of the work of their agency."""
    return rights.is_office or rights.leads


def handed_in(rights: Rights, step: Step) -> bool:
    """Whoever handed the work on: in the act that made this step, in their own or another's name."""
    before = step.previous
    return before is not None and not before.judging and rights.user_id in {before.acted_by_id, before.on_behalf_of_id}


def nobody(rights: Rights, step: Step) -> bool:  # noqa: ARG001
    """What only the engine does, when the work ends on which the case hangs."""
    return False
