"""A survey, its sheets and what they add up to. Nobody's name, number or address is kept."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from organization.enums import LEADERS, Role
from organization.models import Unit
from organization.rights import Rights
from plans.surveys.catalogues import FIVE_LEVELS, SATISFIED_FROM, Catalogue, Question


def may_read(rights: Rights) -> bool:
    """Văn phòng, leadership and viewers."""
    return bool(rights.roles & {Role.REVIEWER, Role.VIEWER, *LEADERS})


class Method(models.TextChoices):
    POOLED = "pooled", "Gộp mọi câu trả lời hợp lệ"
    MEAN = "mean", "Trung bình cộng của các câu hỏi"


class QuestionCatalogue(models.Model):
    """An agency's own wording of a catalogue; `key` names the shipped one that it replaces."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    key = models.SlugField(max_length=40)
    name = models.CharField("tên bộ câu hỏi", max_length=200)
    scale = ArrayField(models.CharField(max_length=60), default=list)
    satisfied_from = models.PositiveSmallIntegerField(default=SATISFIED_FROM)
    questions: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "key"], name="question_catalogue_once")]

    def __str__(self) -> str:
        return self.name

    def as_catalogue(self) -> Catalogue:
        questions = tuple(Question(**question) for question in self.questions)
        return Catalogue(self.key, self.name, questions, tuple(self.scale), self.satisfied_from)


class SurveyQuerySet(models.QuerySet["Survey"]):
    def visible_to(self, rights: Rights) -> SurveyQuerySet:
        """Files under review are for Văn phòng only."""
        if not may_read(rights):
            return self.none()
        found = self.filter(agency_id=rights.agency_id)
        return found if rights.is_office else found.kept()

    def kept(self) -> SurveyQuerySet:
        return self.filter(kept_at__isnull=False)

    def waiting(self) -> SurveyQuerySet:
        return self.filter(kept_at=None)


class Survey(models.Model):
    """One survey with the questions it asked. Without `kept_at` its file is still being looked over."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField("tên khảo sát", max_length=200)
    year = models.PositiveSmallIntegerField("năm", validators=[MinValueValidator(2000), MaxValueValidator(2100)])
    first_day = models.DateField("từ ngày", null=True, blank=True)
    last_day = models.DateField("đến ngày", null=True, blank=True)
    questions: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    scale = ArrayField(models.CharField(max_length=60), default=list)
    satisfied_from = models.PositiveSmallIntegerField(default=SATISFIED_FROM)
    groupings: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    respondents = models.PositiveIntegerField(default=0)
    method = models.CharField("cách tính", max_length=10, choices=Method, default=Method.POOLED)
    target = models.DecimalField("mức phấn đấu (%)", max_digits=5, decimal_places=2, default=80,
                                 validators=[MinValueValidator(0), MaxValueValidator(100)])  # fmt: skip
    problems: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    not_kept: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    source_name = models.CharField(max_length=255)
    source_sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)

    objects = SurveyQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-last_day", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "source_sha256"], condition=Q(kept_at__isnull=False), name="survey_file_once",
                                    violation_error_message="Tệp này đã được nhập rồi."),
            models.CheckConstraint(condition=Q(target__gte=0) & Q(target__lte=100), name="survey_target_is_percent"),
            models.CheckConstraint(condition=Q(first_day__lte=F("last_day")), name="survey_days_in_order"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def asked(self) -> list[Question]:
        return [Question(**question) for question in self.questions]

    @property
    def levels(self) -> list[str]:
        return list(self.scale) or list(FIVE_LEVELS)


class SurveySheet(models.Model):
    """One respondent: answers in the order of the questions, group values as places in `groupings`."""

    id = models.BigAutoField(primary_key=True)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="sheets")
    answers = ArrayField(models.PositiveSmallIntegerField(null=True))
    groups = ArrayField(models.PositiveSmallIntegerField(null=True))

    def __str__(self) -> str:
        return f"phiếu {self.pk}"


class SurveyTally(models.Model):
    """How many sheets gave an answer (0 is none) to a question, in one value of one grouping (0, 0 is everybody).

    Written by one INSERT when the survey is read: sheets never change, so pages cost the same at any size.
    """

    id = models.BigAutoField(primary_key=True)
    survey = models.ForeignKey(Survey, models.CASCADE, related_name="tallies")
    grouping = models.PositiveSmallIntegerField()
    value = models.PositiveSmallIntegerField()
    question = models.PositiveSmallIntegerField()
    answer = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["survey", "grouping", "value", "question", "answer"], name="survey_tally_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.survey_id}: {self.grouping}.{self.value} câu {self.question} = {self.answer}: {self.number}"
