"""Đã xem lúc: recorded by itself when a person first opens a step that waits for them."""

from __future__ import annotations

from django.utils.timezone import now

from organization.rights import Rights
from workflow.models import Sighting, Step


def see(step_id: int, rights: Rights) -> None:
    """One row per step and person, for ever; nothing where the step does not wait for this person."""
    if Step.objects.actionable(rights).filter(pk=step_id).exists():
        sighting = Sighting(step_id=step_id, user_id=rights.user_id, at=now())
        Sighting.objects.bulk_create([sighting], ignore_conflicts=True)
