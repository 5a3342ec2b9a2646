"""Questions about cases and steps, in the words of the office."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from workflow.authority import may_act, principal
from workflow.timeliness import timeliness_of

if TYPE_CHECKING:
    from organization.rights import Rights
    from workflow.models import Case, Step  # noqa: F401 - named in quotes below


class StepQuerySet(models.QuerySet["Step"]):
    def open(self) -> Self:
        return self.filter(finished=None)

    def actionable(self, rights: Rights) -> Self:
        """Open steps this person may act on today, in their own or another's name."""
        return self.filter(RawSQL(*may_act(rights), output_field=models.BooleanField()))  # noqa: S611 - constants are parameters

    def with_permission(self, rights: Rights) -> Self:
        """Adds `mine`: whether the step is open and this person may act on it today."""
        return self.annotate(mine=RawSQL(*may_act(rights), output_field=models.BooleanField()))  # noqa: S611

    def with_own_round(self) -> Self:
        """Adds `round_number` and `round_statement`: of the submission this step handed in, or judged."""
        from workflow.models import Submission

        # a round is written in the act that submits it, so both carry its moment; who judges names its digest
        mine = Q(at=OuterRef("finished")) | Q(digest=OuterRef("digest"))
        rounds = Submission.objects.filter(mine, assignment_id=OuterRef("process_id")).order_by("number")
        return self.annotate(
            round_number=Subquery(rounds.values("number")[:1]), round_statement=Subquery(rounds.values("statement")[:1])
        )

    def in_name_of(self, rights: Rights) -> Self:
        """Adds `principal`: the person in whose name one would act, SELF for one's own, None where one may not."""
        return self.annotate(principal=RawSQL(*principal(rights), output_field=models.BigIntegerField()))  # noqa: S611

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
