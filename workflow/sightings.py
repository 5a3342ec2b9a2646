"""Đã xem lúc: recorded by itself when a person first opens a step that waits for them."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.timezone import now

from organization.rights import Rights
from workflow.models import Sighting, Step


def see(step_id: int, rights: Rights) -> None:
    """One row per step and person, for ever; nothing where the step does not wait for this person."""
    if Step.objects.actionable(rights).filter(pk=step_id).exists():
        sighting = Sighting(step_id=step_id, user_id=rights.user_id, at=now())
        Sighting.objects.bulk_create([sighting], ignore_conflicts=True)


def see_many(steps: Collection[int], rights: Rights) -> None:
    """Several steps whose content was shown at once. Two queries; one where nothing is new, none for none."""
    if not steps:
        return
    actionable = Step.objects.actionable(rights).filter(pk__in=steps)
    new = actionable.exclude(sightings__user_id=rights.user_id).values_list("pk", flat=True)
    at = now()
    seen = [Sighting(step_id=step, user_id=rights.user_id, at=at) for step in new]
    if seen:
        Sighting.objects.bulk_create(seen, ignore_conflicts=True)
