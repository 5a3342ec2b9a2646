"""Bộ tiêu chí: a versioned tree with codes and maximum points."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from evidence.models import Document
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights
from plans.criteria.bands import Band, read_stored
from plans.criteria.rules import Rule


class Level(models.TextChoices):
    """Who is scored by the set."""

    PROVINCE = "province", "Cấp tỉnh"
    DEPARTMENT = "department", "Cấp sở"


class CriteriaSetQuerySet(models.QuerySet["CriteriaSet"]):
    def visible_to(self, rights: Rights) -> CriteriaSetQuerySet:
        """Everybody with work in the agency; files under review are for Văn phòng only."""
        if not rights.roles - {Role.ADMINISTRATOR}:
            return self.none()
        found = self.filter(agency_id=rights.agency_id)
        return found if rights.is_office else found.kept()

    def kept(self) -> CriteriaSetQuerySet:
        return self.filter(kept_at__isnull=False)

    def waiting(self) -> CriteriaSetQuerySet:
        return self.filter(kept_at=None)

    def live(self) -> CriteriaSetQuerySet:
        """Kept and still applied; several at once."""
        return self.kept().filter(retired_at=None)


class CriteriaSet(models.Model):
    """One version of a set for a year and a level. Without `kept_at` its file is still being looked over."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField("tên bộ tiêu chí", max_length=200)
    level = models.CharField("cấp", max_length=20, choices=Level, default=Level.PROVINCE)
    year = models.PositiveSmallIntegerField("năm chấm điểm")
    version = models.PositiveSmallIntegerField("phiên bản", default=1)
    legal_ref = models.CharField("căn cứ", max_length=300, blank=True)
    note = models.CharField("ghi chú", max_length=300, blank=True)
    # compared with the signed text by Văn phòng; until then every page says that it is not
    checked = models.BooleanField("đã đối chiếu với văn bản gốc", default=False)
    bands: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    # the plans that work for this set; none named means all of its year
    plans = models.ManyToManyField("plans.Plan", related_name="criteria_sets")
    problems: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    kept_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = CriteriaSetQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-level", "-version", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "level", "year", "version"], condition=Q(kept_at__isnull=False),
                                    name="criteria_set_version_once",
                                    violation_error_message="Phiên bản này của bộ tiêu chí đã có."),
            models.UniqueConstraint(fields=["agency", "source_sha256", "level", "year"],
                                    condition=Q(kept_at__isnull=False) & ~Q(source_sha256=""), name="criteria_file_once",
                                    violation_error_message="Tệp này đã được nhập cho năm và cấp này."),
            models.CheckConstraint(condition=Q(retired_at=None) | Q(kept_at__isnull=False), name="retired_set_was_kept"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def subject(self) -> str:
        """How the ledger names this set."""
        return f"criteria:{self.pk}"

    @property
    def all_bands(self) -> tuple[Band, ...]:
        return read_stored(self.bands)


class Criterion(models.Model):
    """A field, a criterion or a part of one; scored are those that have no parts."""

    criteria_set = models.ForeignKey(CriteriaSet, models.CASCADE, related_name="criteria")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="children")
    depth = models.PositiveSmallIntegerField(default=0)
    leaf = models.BooleanField(default=True)
    code = models.CharField("mã", max_length=20)
    name = models.CharField("tên", max_length=500)
    max_points = models.DecimalField("điểm tối đa", max_digits=6, decimal_places=2)
    method = models.CharField("phương pháp", max_length=100, blank=True)
    evidence = models.TextField("tài liệu kiểm chứng", blank=True)
    rule = models.TextField("cách chấm", blank=True)
    scoring: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["criteria_set", "position"]
        constraints = [
            models.UniqueConstraint(fields=["criteria_set", "code"], name="criterion_code"),
            models.CheckConstraint(condition=Q(max_points__gte=0), name="criterion_points_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def scored_by(self) -> Rule:
        return Rule.of(self.scoring)

    @property
    def subject(self) -> str:
        """How ledger and documents name this criterion."""
        return f"criterion:{self.pk}"


class CriterionLink(models.Model):
    """The same matter in two versions: what `new` was in an older set. Several may become one, one several."""

    new = models.ForeignKey(Criterion, models.CASCADE, related_name="formers")
    old = models.ForeignKey(Criterion, models.CASCADE, related_name="laters")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["new", "old"], name="criterion_link_once"),
            models.CheckConstraint(condition=~Q(new=F("old")), name="criterion_link_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.old_id} → {self.new_id}"


class Standing(models.TextChoices):
    """Whether a criterion is scored this year."""

    SCORED = "scored", "Chấm điểm"
    NOT_APPLICABLE = "not-applicable", "Không áp dụng"
    NOTHING = "nothing", "Không phát sinh trong năm"


class Score(models.Model):
    """What a criterion got, at each stage; the stages before stay as they were."""

    criterion = models.OneToOneField(Criterion, models.CASCADE, related_name="score")
    standing = models.CharField("tình trạng", max_length=15, choices=Standing, default=Standing.SCORED)
    reason = models.TextField("lý do", blank=True)
    last_year = models.DecimalField("điểm năm trước", max_digits=6, decimal_places=2, null=True)
    self_score = models.DecimalField("điểm tự chấm", max_digits=6, decimal_places=2, null=True)
    basis = models.TextField("căn cứ tự chấm", blank=True)
    appraisal_1 = models.DecimalField("điểm thẩm định lần 1", max_digits=6, decimal_places=2, null=True)
    explanation = models.TextField("giải trình", blank=True)
    appraisal_2 = models.DecimalField("điểm thẩm định lần 2", max_digits=6, decimal_places=2, null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(last_year__lt=0) & ~Q(self_score__lt=0) & ~Q(appraisal_1__lt=0) & ~Q(appraisal_2__lt=0),
                name="scores_not_negative",
            ),
            models.CheckConstraint(condition=Q(standing=Standing.SCORED) | ~Q(reason=""), name="unscored_criterion_says_why",
                                   violation_error_message="Tiêu chí không chấm điểm phải ghi lý do."),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"điểm của tiêu chí {self.criterion_id}"


class CriterionDocument(models.Model):
    """A document that proves a criterion, and where in it; one document may prove several."""

    criterion = models.ForeignKey(Criterion, models.CASCADE, related_name="documents")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    place = models.CharField("mục, trang", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["criterion", "id"]
        constraints = [models.UniqueConstraint(fields=["criterion", "document"], name="criterion_document_once",
                                               violation_error_message="Tài liệu này đã gắn với tiêu chí.")]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.document_id} @ {self.criterion_id}"
