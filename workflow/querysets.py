"""Questions about cases and steps, in the words of the office."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Case as Choose
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, JSONObject

from organization.enums import Role
from organization.models import Post, User
from organization.vietnamese import clean, fold
from workflow.authority import may_act, principal
from workflow.timeliness import timeliness_of, urgency_of

if TYPE_CHECKING:
    from organization.rights import Rights
    from workflow.models import Case, Step  # noqa: F401 - named in quotes below

# the outcomes by which a round is handed in
HANDED_IN = ("submitted", "submitted_past_review")


def words_in(folded: str, text: str) -> Q:
    """Every word of `text` somewhere in the folded column; everything where there is no word."""
    found = Q()
    for word in fold(clean(text)).split():
        found &= Q(**{f"{folded}__contains": word})
    return found


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

    def with_hands(self) -> Self:
        """Adds `handed`: the hand-overs of each step, newest first, each with names, `at` (as text) and reason."""
        from workflow.models import HandOver

        names = JSONObject(
            former=Coalesce("former__full_name", "former_unit__name"), to=Coalesce("to__full_name", "to_unit__name"),
            former_unit="former_unit__name", to_unit="to_unit__name", by="by__full_name", instead_of="on_behalf_of__full_name", at="at", reason="reason",
        )  # fmt: skip
        rows = HandOver.objects.filter(step_id=OuterRef("pk")).order_by("-pk").values_list(names)
        return self.annotate(handed=ArraySubquery(rows))

    def with_deputised(self, rights: Rights) -> Self:
        """Adds `deputises`: the name of the person in whose name one would act, empty for one's own."""
        if not rights.substituted:
            return self.annotate(deputises=Value("", output_field=models.CharField()))
        names = User.objects.filter(pk=OuterRef("principal")).values("full_name")
        return self.in_name_of(rights).annotate(deputises=Coalesce(Subquery(names), Value("")))

    def inbox(self, rights: Rights) -> Self:
        """What waits for this person now: a step whose period has not begun yet is not shown."""
        return self.actionable(rights).filter(opens_on__lte=rights.on)

    def with_urgency(self, today: date, soon_until: date) -> Self:
        """Adds `urgency` (timeliness.Urgency), from steps and cases alone.

        What a unit hands in goes to a judge, whose step opens on the local date on which it came; the
        step of a second judge follows that of the first.
        """
        handed_in_on = Choose(
            When(previous__outcome__in=HANDED_IN, then=F("opens_on")),
            When(previous__judging=True, then=F("previous__opens_on")),
            output_field=models.DateField(),
        )
        return self.alias(handed_in_on=handed_in_on).annotate(urgency=urgency_of(today, soon_until))

    def with_rounds(self) -> Self:
        """Adds `rounds` (how often the case was handed in) and `handed_in_at` (when, the last time), from steps alone."""
        handed_in = self.model.objects.filter(process_id=OuterRef("process_id"), outcome__in=HANDED_IN)
        counted = handed_in.order_by().values("process_id").annotate(number=Count("id")).values("number")
        return self.annotate(
            rounds=Coalesce(Subquery(counted), 0),
            handed_in_at=Subquery(handed_in.order_by("-id").values("finished")[:1]),
        )

    def with_grants(self) -> Self:
        """Adds `granted_before`: of a step about an extension, how often its work was granted one already."""
        from workflow.models import Decision, Extension

        granted = Extension.objects.filter(of=OuterRef("process__extension__of"), decision=Decision.GRANTED).order_by()
        counted = granted.values("of").annotate(number=Count("pk")).values("number")
        return self.annotate(granted_before=Coalesce(Subquery(counted), 0))

    def matching(self, text: str) -> Self:
        """Steps whose case has every word of `text` in its code, title or period, whatever the accents."""
        return self.filter(words_in("process__folded", text))


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, rights: Rights) -> Self:
        """An agency's overseers see all; others see the work of their units, what they hold or took part in, what
        their units ask of others, and the work about which their units are asked."""
        from workflow.models import Case, InputRequest, Step

        own = self.filter(agency_id=rights.agency_id)
        if rights.oversees:
            return own
        people = [standing.person for standing, _ in rights.standings]
        units = sorted(rights.units)
        # a unit that led the work once still sees it
        led = Q(pool_unit_id__in=units, pool_role=Role.HEAD)
        touched = Step.objects.filter(
            Q(owner_id__in=people) | Q(acted_by_id__in=people) | led, process_id=OuterRef("pk")
        )
        helped = Case.objects.filter(pk=OuterRef("pk"), assignment__measure__texts__units__unit_id__in=units)
        asking = InputRequest.objects.filter(case_id=OuterRef("pk"), of__unit_id__in=units)
        asked = InputRequest.objects.filter(of_id=OuterRef("pk"), case__unit_id__in=units)
        return own.filter(Q(unit_id__in=units) | Exists(touched) | Exists(helped) | Exists(asking) | Exists(asked))

    def matching(self, text: str) -> Self:
        """Cases that have every word of `text` in code, title or period, whatever the accents."""
        return self.filter(words_in("folded", text))

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
        from workflow.models import Step, Suspension

        paused = Exists(Suspension.objects.filter(case_id=OuterRef("pk"), until=None))
        judging = Q(judging=True) | Q(answer_by__gte=today)
        judged = Exists(Step.objects.filter(judging, process_id=OuterRef("pk"), finished=None))
        return self.with_submission().annotate(timeliness=timeliness_of(judged, paused, today, soon_until))

    def with_holder(self, on: date) -> Self:
        """Adds what `rows` says of the open step: held_step, held_node, held_by, held_name, held_unit, held_role,
        held_pool, held_since; all None where the case has ended."""
        posts = Post.objects.on(on).filter(user_id=OuterRef("held__owner_id")).order_by("unit_id", "role")
        return self.annotate(held=FilteredRelation("task_set", condition=Q(task_set__finished=None))).annotate(
            held_step=F("held__id"), held_node=F("held__flow_task"), held_by=F("held__owner_id"),
            held_name=F("held__owner__full_name"), held_unit=Subquery(posts.values("unit__name")[:1]),
            held_role=F("held__pool_role"), held_pool=F("held__pool_unit__name"), held_since=F("held__created"),
        )  # fmt: skip

    def soonest_first(self) -> Self:
        return self.order_by(F("due_on").asc(nulls_last=True), "code", "pk")
