"""Văn phòng đã xác nhận: what leadership was spared, for it to look at."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from organization.rights import Rights
from workflow.flows import AssignmentFlow
from workflow.models import Case, Step


def confirmed(rights: Rights) -> QuerySet[Step]:
    """What Văn phòng has confirmed, newest first, with `looked_at`: whether leadership took it up since."""
    visible = Case.objects.visible_to(rights).filter(pk=OuterRef("process_id"))
    since = Step.objects.filter(process_id=OuterRef("process_id"), pk__gt=OuterRef("pk")).exclude(outcome="")
    steps = Step.objects.filter(flow_task=AssignmentFlow.review, outcome="confirmed", agency_id=rights.agency_id)
    return steps.filter(Exists(visible)).annotate(looked_at=Exists(since)).order_by("-finished", "-pk")
