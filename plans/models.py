"""What a plan says, by version. How its work is moved is nobody's business here."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from evidence.models import Document
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights
from organization.vietnamese import acting, clock

# Django looks for a room's tables here
from plans.criteria.models import CriteriaSet, Criterion, CriterionDocument, CriterionLink, Score  # noqa: F401
from plans.enums import BeforeIssue, Confirmation, OwnerKind, Part, Settled, Source
from plans.selfscoring.models import ScoringMove, ScoringRound, ScoringShare  # noqa: F401
from plans.surveys.models import QuestionCatalogue, Survey, SurveySheet, SurveyTally  # noqa: F401


class PlanQuerySet(models.QuerySet["Plan"]):
    def of(self, agency_id: int) -> PlanQuerySet:
        return self.filter(agency_id=agency_id)

    def visible_to(self, rights: Rights) -> PlanQuerySet:
        """Plans under way, for everybody with work in the agency; drafts for Văn phòng, and for heads and leadership
        once they were asked for comments."""
        if not rights.roles - {Role.ADMINISTRATOR}:
            return self.none()
        found = self.of(rights.agency_id)
        if rights.is_office:
            return found
        asked = Q(issued_at=None, comments_until__isnull=False)
        return (
            found.filter(Q(issued_at__isnull=False) | asked) if rights.headed_units or rights.leads else found.issued()
        )

    def issued(self) -> PlanQuerySet:
        return self.filter(issued_at__isnull=False)

    def drafts(self) -> PlanQuerySet:
        return self.filter(issued_at=None)

    def with_closed(self) -> PlanQuerySet:
        """Adds `closed`: whether the year is closed."""
        return self.annotate(closed=Exists(Closing.objects.in_force().filter(plan=OuterRef("pk"))))


class Plan(models.Model):
    """A year's plan of an agency. Without `issued_at` it is a draft."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("năm")
    title = models.CharField("trích yếu", max_length=500)
    number = models.CharField("số, ký hiệu", max_length=60, blank=True)
    issued_on = models.DateField("ngày ban hành", null=True, blank=True)
    signed_document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)
    # heads of units comment on the draft until that day
    comments_until = models.DateField("góp ý đến hết ngày", null=True, blank=True)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "number", "issued_on"], condition=Q(issued_at__isnull=False),
                                    name="plan_number_once", violation_error_message="Kế hoạch có số và ngày này đã được đưa vào theo dõi."),
            models.CheckConstraint(condition=Q(issued_at=None) | (~Q(number="") & Q(issued_on__isnull=False)),
                                   name="issued_plan_has_number_and_date",
                                   violation_error_message="Kế hoạch đưa vào theo dõi phải có số và ngày ban hành."),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"Kế hoạch số {self.number}" if self.number else self.title

    @cached_property
    def closing(self) -> Closing | None:
        """The closing in force, with the people in it; asked once of a plan that was fetched."""
        people = ("by", "on_behalf_of")
        return self.closings.in_force().select_related(*people).first()


class PlanVersion(models.Model):
    """The wording of a plan from one signed document on. The first is the plan's own; the next name theirs."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(default=1)
    document_number = models.CharField("số, ký hiệu", max_length=60, blank=True)
    issued_on = models.DateField("ngày văn bản", null=True)
    abstract = models.CharField("trích yếu", max_length=500, blank=True)
    signed_document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+")
    source_name = models.CharField(max_length=255, blank=True)
    source_sha256 = models.CharField(max_length=64, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="plan_version_number")]

    def __str__(self) -> str:
        return f"Văn bản {self.document_number}" if self.document_number else f"Bản {self.number}"


class Measure(models.Model):
    """Nhiệm vụ: a row of an appendix, stable through amendments."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="measures")
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+",
                               verbose_name="lãnh đạo phụ trách riêng")  # fmt: skip
    confirmation = models.CharField("mức xác nhận", max_length=10, choices=Confirmation, default=Confirmation.LEADER)
    source = models.CharField("nguồn giao", max_length=15, choices=Source, default=Source.PLAN)
    source_document = models.CharField("văn bản giao", max_length=200, blank=True)
    # what the year is to bring, where it is counted; progress says how much of it is there
    target = models.DecimalField("chỉ tiêu", max_digits=14, decimal_places=2, null=True, blank=True)
    target_unit = models.CharField("đơn vị tính", max_length=30, blank=True)
    # the row of the plan of the year before that this one was copied from
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="continued_by")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(continues=F("pk")), name="measure_continues_another"),
            models.CheckConstraint(condition=Q(target=None) | Q(target__gt=0), name="target_is_positive"),
        ]

    def __str__(self) -> str:
        return f"nhiệm vụ {self.pk}"


class MeasureText(models.Model):
    """The wording of a measure in one version of its plan, and how its deadline was understood."""

    measure = models.ForeignKey(Measure, models.CASCADE, related_name="texts")
    version = models.ForeignKey(PlanVersion, models.CASCADE, related_name="texts")
    position = models.PositiveIntegerField()
    appendix = models.CharField(max_length=10)
    order = models.CharField(max_length=20)
    field = models.CharField("lĩnh vực", max_length=300, blank=True)
    task = models.TextField("nhiệm vụ")
    solution = models.TextField("giải pháp", blank=True)
    product = models.TextField("sản phẩm", blank=True)
    note = models.TextField("ghi chú", blank=True)
    # each cell as the file had it, so that a corrected file leaves alone what was corrected here
    read: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(default=dict)
    by_hand = models.BooleanField(default=False)
    lead_raw = models.TextField("đơn vị chủ trì (nguyên văn)", blank=True)
    coordinating_raw = models.TextField("đơn vị phối hợp (nguyên văn)", blank=True)
    deadline_raw = models.TextField("thời hạn (nguyên văn)", blank=True)
    deadline_kind = models.CharField(max_length=12)
    deadline_rule = models.CharField(max_length=20, blank=True)
    begins_on = models.DateField("bắt đầu từ", null=True, blank=True)
    remarks = models.JSONField(default=list)
    points = models.DecimalField(max_digits=6, decimal_places=2, default=0)

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["measure", "version"], name="measure_text_once"),
            models.UniqueConstraint(fields=["version", "position"], name="measure_text_position"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.task}"

    @property
    def code(self) -> str:
        """I.27: how people name a row."""
        return f"{self.appendix}.{self.order}" if self.appendix else self.order


class MeasureUnit(models.Model):
    """One lead or coordinating body of a row, as written and as understood."""

    text = models.ForeignKey(MeasureText, models.CASCADE, related_name="units")
    part = models.CharField(max_length=12, choices=Part)
    position = models.PositiveSmallIntegerField()
    written = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=OwnerKind)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    group = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["text", "part", "position"]
        constraints = [
            models.UniqueConstraint(fields=["text", "part", "position"], name="measure_unit_position"),
            models.CheckConstraint(
                condition=~Q(kind=OwnerKind.UNIT) | Q(unit__isnull=False), name="unit_owner_has_a_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.written


class MeasureCriterion(models.Model):
    """A criterion a row works for, with its points, as the plan writes them."""

    text = models.ForeignKey(MeasureText, models.CASCADE, related_name="criteria")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=20)
    name = models.CharField(max_length=500, blank=True)
    points = models.DecimalField(max_digits=6, decimal_places=2, null=True)

    class Meta:
        ordering = ["text", "position"]
        constraints = [models.UniqueConstraint(fields=["text", "position"], name="measure_criterion_position")]

    def __str__(self) -> str:
        return self.code


class Occurrence(models.Model):
    """One due date of a row: a single deadline has one, a monthly one twelve, an open one none."""

    text = models.ForeignKey(MeasureText, models.CASCADE, related_name="occurrences")
    number = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=100, blank=True)
    begins_on = models.DateField()
    due_on = models.DateField()
    before_issue = models.CharField(max_length=10, choices=BeforeIssue, blank=True)
    new_due_on = models.DateField("thời hạn mới", null=True, blank=True)
    result = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["text", "number"]
        constraints = [
            models.UniqueConstraint(fields=["text", "number"], name="occurrence_number"),
            models.CheckConstraint(condition=(Q(before_issue=BeforeIssue.MOVED) & Q(new_due_on__isnull=False))
                                   | (~Q(before_issue=BeforeIssue.MOVED) & Q(new_due_on=None)),
                                   name="moved_occurrence_has_a_date"),
            models.CheckConstraint(condition=~Q(before_issue=BeforeIssue.RECORDED) | Q(result__isnull=False),
                                   name="recorded_occurrence_has_a_document"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.text_id} kỳ {self.number}: {self.due_on}"


class ClosingQuerySet(models.QuerySet["Closing"]):
    def in_force(self) -> ClosingQuerySet:
        return self.filter(reopened_at=None)


class Closing(models.Model):
    """Đóng kế hoạch: nothing of the plan is acted upon until leadership opens it again. One in force per plan."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="closings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reopened_on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    reason = models.TextField("lý do mở lại", blank=True)

    objects = ClosingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["plan"], condition=Q(reopened_at=None), name="plan_closed_once",
                                    violation_error_message="Kế hoạch này đã đóng."),
            models.CheckConstraint(condition=Q(reopened_at=None, reopened_by=None, reopened_on_behalf_of=None, reason="")
                                   | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reason="")),
                                   name="reopened_plan_says_why_and_by_whom"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"đóng kế hoạch {self.plan_id}"

    @property
    def subject(self) -> str:
        """How notices name this closing."""
        return f"closing:{self.pk}"

    @property
    def who(self) -> str:
        return acting(self.by.full_name, self.on_behalf_of.full_name if self.on_behalf_of else "")

    @property
    def who_reopened(self) -> str:
        principal = self.reopened_on_behalf_of
        return acting(self.reopened_by.full_name if self.reopened_by else "", principal.full_name if principal else "")

    @property
    def words(self) -> str:
        """Chu Đức Ưng đóng kế hoạch lúc …"""
        return f"{self.who} đóng kế hoạch {clock(self.at)}"


class Settlement(models.Model):
    """What was said of an unfinished row: of one period of one lead unit, or of a row that nobody was given.

    Without `closing` it is a choice that may still change. `seen` is where the work stood when it was made, in the
    words of the room that knows: a choice about what has moved since is none.
    """

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="settlements")
    closing = models.ForeignKey(Closing, models.PROTECT, null=True, related_name="settlements")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="settlements")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    period = models.PositiveSmallIntegerField(null=True)
    outcome = models.CharField(max_length=10, choices=Settled)
    seen = models.CharField(max_length=40, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure", "unit", "period"], condition=Q(closing=None), nulls_distinct=False,
                                    name="row_chosen_once"),
            models.UniqueConstraint(fields=["closing", "measure", "unit", "period"], condition=Q(closing__isnull=False),
                                    nulls_distinct=False, name="row_settled_once"),
            models.CheckConstraint(condition=Q(outcome__in=Settled.values), name="settled_row_says_how"),
            models.CheckConstraint(condition=Q(unit=None, period=None) | Q(unit__isnull=False, period__isnull=False),
                                   name="settled_row_is_work_or_none"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.measure_id} × {self.unit_id} × {self.period}: {self.outcome}"


class PlanImport(models.Model):
    """A file that was read and is being looked over; nothing of it is a plan yet."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    year = models.PositiveSmallIntegerField()
    header: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    rows: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    problems: models.JSONField[list[Any], list[Any]] = models.JSONField(default=list)
    # what reading it again changed: names of rows changed, added, dropped; corrections that stayed
    told: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(default=dict)
    plan = models.ForeignKey(Plan, models.SET_NULL, null=True, related_name="+")
    # of a bản điều chỉnh: the plan, and the version whose rows it continues
    amends = models.ForeignKey(Plan, models.CASCADE, null=True, related_name="amendments")
    base = models.ForeignKey(PlanVersion, models.CASCADE, null=True, related_name="+")
    # of next year's plan: the plan that it was copied from
    copies = models.OneToOneField(Plan, models.PROTECT, null=True, related_name="copy")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(copies=None) | Q(amends=None), name="copy_is_no_amendment"),
            models.CheckConstraint(condition=Q(amends=None, base=None) | Q(amends__isnull=False, base__isnull=False),
                                   name="amendment_has_a_base"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.filename


class DraftComment(models.Model):
    """Góp ý of a unit's head on a draft: on one row, or on the whole where it names none."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="comments")
    measure = models.ForeignKey(Measure, models.CASCADE, null=True, related_name="comments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    text = models.TextField("góp ý")
    answer = models.TextField("trả lời", blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(settled_at=None, settled_by=None, answer="")
                                   | Q(settled_at__isnull=False, settled_by__isnull=False), name="comment_is_settled_by_somebody"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"góp ý {self.pk}"


class Arrival(models.Model):
    """A large file that waits for a worker to read it, or that was read. The row is what is owed: a message that is
    lost, or a worker that dies, costs time only."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    filename = models.CharField(max_length=255)
    body = models.BinaryField(null=True)  # until it was read
    year = models.PositiveSmallIntegerField(null=True)
    separate = models.BooleanField(default=False)
    over = models.ForeignKey(PlanImport, models.CASCADE, null=True, related_name="+")
    beside = models.ForeignKey(Plan, models.CASCADE, null=True, related_name="+")
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    refusal = models.TextField(blank=True)
    result = models.ForeignKey(PlanImport, models.CASCADE, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(body__isnull=False) | ~Q(refusal="") | Q(result__isnull=False),
                                   name="arrival_is_owed_or_done"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.filename

    @property
    def waits(self) -> bool:
        return not self.refusal and self.result_id is None
