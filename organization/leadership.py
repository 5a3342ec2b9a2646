"""Which leader answers for a unit's work."""

from datetime import date

from django.db.models import Case, IntegerField, OuterRef, QuerySet, Subquery, Value, When

from organization.enums import LEADERS, Role
from organization.models import LeaderInCharge, Post


def leaders_for(agency_id: int, unit_id: int, on: date, first: int | None = None) -> QuerySet[Post]:
    """Posts of leaders in the order in which they are asked: the one named for this work, the one in charge
    of the unit, the director, then the others. Only people who are leaders on that day."""
    in_charge = LeaderInCharge.objects.on(on).filter(unit_id=unit_id, leader_id=OuterRef("user_id")).order_by("-since")
    rank = Case(
        When(user_id=first, then=Value(0)), When(since_in_charge__isnull=False, then=Value(1)),
        When(role=Role.DIRECTOR, then=Value(2)), default=Value(3), output_field=IntegerField(),
    )  # fmt: skip
    posts = Post.objects.on(on).filter(agency_id=agency_id, role__in=LEADERS, user__is_active=True)
    return posts.annotate(since_in_charge=Subquery(in_charge.values("since")[:1]), rank=rank).order_by(
        "rank", "-since_in_charge", "user__name_key", "user_id"
    )
