"""Questions about cases and steps, in the words of the office.

`actionable` is the one predicate of who may act: the engine, the inbox, the badge and the
templates all ask it. Rights are fetched first and become constants of the query.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from workflow.timeliness import timeliness_of

if TYPE_CHECKING:
    from organization.rights import Rights, Standing
    from workflow.models import Case, Step  # noqa: F401 - named in quotes below

SELF = 0  # stands for "in one's own name" where SQL needs a value that is not NULL


def held_by(standing: Standing) -> Q:
    """Steps whose holder is this person, or a role this person has in a unit."""
    held = Q(owner_id=standing.person)
    for unit, role in sorted(standing.pools):
        held |= Q(owner=None, pool_unit_id=unit, pool_role=role)
    return held


def impartial(standing: Standing, user_id: int) -> Q:
    """Nobody judges their own work: not who took part in any round, in whosever name, nor who sits in the lead unit."""
    from workflow.models import Step

    people = sorted({user_id, standing.person})
    took_part = Step.objects.filter(process_id=OuterRef("process_id"), judging=False).exclude(flow_task_type="START")
    own_unit = Q(process__unit_id__in=sorted(standing.units))
    by_self = Exists(took_part.filter(acted_by_id__in=people))
    for_them = Exists(took_part.filter(on_behalf_of_id__in=people))
    return Q(judging=False) | (~own_unit & ~Q(by_self) & ~Q(for_them))


class StepQuerySet(models.QuerySet["Step"]):
    def open(self) -> Self:
        return self.filter(finished=None)

    def actionable(self, rights: Rights) -> Self:
        """Open steps this person may act on today, in their own or another's name."""
        allowed = Q(pk__in=[])
        for standing, _ in rights.standings:
            allowed |= held_by(standing) & impartial(standing, rights.user_id)
        return self.open().filter(allowed, agency_id=rights.agency_id)

    def in_name_of(self, rights: Rights) -> Self:
        """`actionable`, with `principal`: the person in whose name one would act, SELF for one's own."""
        whens = [
            When(held_by(standing) & impartial(standing, rights.user_id), then=Value(principal or SELF))
            for standing, principal in rights.standings
        ]
        return self.actionable(rights).annotate(principal=models.Case(*whens, output_field=models.BigIntegerField()))

    def inbox(self, rights: Rights) -> Self:
        """What waits for this person now: a step whose period has not begun yet is not shown."""
        return self.actionable(rights).filter(opens_on__lte=rights.on)


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, rights: Rights) -> Self:
        """An agency's overseers see all; others see the work of their units, and what they hold or took part in."""
        from workflow.models import Case, Step

        own = self.filter(agency_id=rights.agency_id)
        if rights.oversees:
            return own
        people = [standing.person for standing, _ in rights.standings]
        units = sorted(rights.units)
        touched = Step.objects.filter(Q(owner_id__in=people) | Q(acted_by_id__in=people), process_id=OuterRef("pk"))
        helped = Case.objects.filter(pk=OuterRef("pk"), assignment__measure__texts__units__unit_id__in=units)
        return own.filter(Q(unit_id__in=units) | Exists(touched) | Exists(helped))

    def live(self) -> Self:
        return self.filter(finished=None)

    def with_submission(self) -> Self:
        """Adds `submitted_on` (the last round's local date), `submitted_at` and `rounds`."""
        from workflow.models import Submission

        submissions = Submission.objects.filter(assignment_id=OuterRef("pk")).order_by("-number")
        return self.annotate(
            submitted_on=Subquery(submissions.values("on")[:1]),
            submitted_at=Subquery(submissions.values("at")[:1]),
            rounds=Coalesce(Subquery(submissions.values("number")[:1]), 0),
        )

    def with_timeliness(self, today: date, soon_until: date) -> Self:
        """Adds `timeliness` (timeliness.State) besides what `with_submission` adds.

        `soon_until` is the last date that counts as near (organization.calendar.soon_until).
        """
        from workflow.models import Step

        judged = Exists(Step.objects.filter(process_id=OuterRef("pk"), finished=None, judging=True))
        return self.with_submission().annotate(timeliness=timeliness_of(judged, today, soon_until))

    def soonest_first(self) -> Self:
        return self.order_by(F("due_on").asc(nulls_last=True), "code", "pk")
