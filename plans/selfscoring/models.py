"""A đợt tự chấm of one set, what it asks of which unit, and every move it made."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights
from plans.criteria.models import CriteriaSet, Criterion
from plans.selfscoring.states import MOVES, ShareState, State


class ScoringRoundQuerySet(models.QuerySet["ScoringRound"]):
    def visible_to(self, rights: Rights) -> ScoringRoundQuerySet:
        """Everybody with work in the agency; one that is being prepared is Văn phòng's."""
        if not rights.roles - {Role.ADMINISTRATOR}:
            return self.none()
        found = self.filter(agency_id=rights.agency_id)
        return found if rights.is_office else found.exclude(state=State.PREPARING)


class ScoringRound(models.Model):
    """One for a set. Dates are data; only `selfscoring.services` moves it."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    criteria_set = models.OneToOneField(CriteriaSet, models.PROTECT, related_name="scoring_round")
    state = models.CharField(max_length=12, choices=State, default=State.PREPARING)
    opens_on = models.DateField("đơn vị chấm từ ngày")
    score_until = models.DateField("đơn vị chấm đến hết ngày")
    close_by = models.DateField("lãnh đạo chốt chậm nhất ngày")
    explain_until = models.DateField("giải trình đến hết ngày", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    moved_at = models.DateTimeField()

    objects = ScoringRoundQuerySet.as_manager()

    class Meta:
        ordering = ["-opens_on", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(score_until__gte=F("opens_on")), name="scoring_ends_after_it_opens",
                                   violation_error_message="Ngày đơn vị chấm xong phải từ ngày bắt đầu trở đi."),
            models.CheckConstraint(condition=Q(close_by__gte=F("score_until")), name="closing_follows_scoring",
                                   violation_error_message="Ngày chốt phải từ ngày đơn vị chấm xong trở đi."),
            models.CheckConstraint(condition=~Q(state=State.EXPLAINING) | Q(explain_until__isnull=False), name="explaining_has_its_day",
                                   violation_error_message="Chưa có hạn giải trình."),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Đợt tự chấm năm {self.criteria_set.year}, {self.criteria_set.get_level_display().lower()}"

    @property
    def subject(self) -> str:
        """How ledger and notices name this round."""
        return f"scoring-round:{self.pk}"

    @property
    def stamp(self) -> str:
        """What tells one standing of a round from another."""
        return f"{self.state} {self.moved_at.isoformat()}"

    @property
    def due_on(self) -> date | None:
        """Until when whoever has it now should be ready."""
        days = {State.PREPARING: self.opens_on, State.OPEN: self.score_until, State.CHECKING: self.close_by,
                State.PRESENTED: self.close_by, State.EXPLAINING: self.explain_until}  # fmt: skip
        return days.get(State(self.state))


class ScoringShare(models.Model):
    """A criterion that a unit scores. What is shared with nobody is Văn phòng's own."""

    round = models.ForeignKey(ScoringRound, models.CASCADE, related_name="shares")
    criterion = models.OneToOneField(Criterion, models.PROTECT, related_name="share")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=ShareState, default=ShareState.WAITING)
    reason = models.TextField("lý do trả lại", blank=True)
    # a day of its own for what was sent back
    until = models.DateField("chấm lại đến hết ngày", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["round", "criterion__position"]
        indexes = [models.Index(fields=["round", "unit"], name="share_of_unit")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ShareState.RETURNED) & ~Q(reason="") & Q(until__isnull=False)
                | ~Q(state=ShareState.RETURNED) & Q(reason="") & Q(until=None),
                name="returned_share_says_why_and_until_when",
                violation_error_message="Tiêu chí trả lại phải ghi lý do và ngày chấm lại.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.criterion_id} @ {self.unit_id}"


class ScoringMove(models.Model):
    """One move of a round: who, in whose name, from where, why. Never changed."""

    round = models.ForeignKey(ScoringRound, models.CASCADE, related_name="moves")
    verb = models.CharField(max_length=12)
    source = models.CharField(max_length=12, choices=State)
    target = models.CharField(max_length=12, choices=State)
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return MOVES[self.verb].done
