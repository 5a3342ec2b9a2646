"""Periods, frozen figures, and the reports that leadership approves."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from organization.models import Unit
from plans.models import Plan
from reports.enums import PeriodCode
from workflow.models import Case


def random_name(instance: Compilation, filename: str) -> str:  # noqa: ARG001 - names are given when a file is handed out
    name = uuid.uuid4().hex
    return f"reports/{instance.agency_id}/{name[:2]}/{name}"


class Period(models.Model):
    """Kỳ báo cáo: which days its figures cover, and when it is due. Data, not a rule."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="periods")
    code = models.CharField(max_length=10, choices=PeriodCode)
    since = models.DateField("số liệu từ ngày")
    until = models.DateField("số liệu đến ngày")
    due_on = models.DateField("hạn gửi báo cáo")

    class Meta:
        ordering = ["plan", "until"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="period_once"),
            models.CheckConstraint(condition=Q(until__gt=F("since")), name="period_dates",
                                   violation_error_message="Ngày cuối kỳ phải sau ngày đầu kỳ."),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.spoken[0].upper() + self.spoken[1:]

    @property
    def spoken(self) -> str:
        """«9 tháng năm 2024», «năm 2024»: inside a sentence."""
        whole_year = self.code == PeriodCode.YEAR
        return f"năm {self.plan.year}" if whole_year else f"{self.get_code_display()} năm {self.plan.year}"


class Snapshot(models.Model):
    """Số liệu chốt: what the plan looked like, as canonical text with its digest. Never changed."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, models.PROTECT, related_name="snapshots")
    at = models.DateTimeField()
    as_of = models.DateField()
    content = models.TextField()
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.period} lúc {self.at}"


class Report(models.Model):
    """The document of one period, from its first draft to its approval."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+")
    period = models.ForeignKey(Period, models.PROTECT, related_name="reports")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period"], name="report_of_a_period")]

    def __str__(self) -> str:
        return f"Báo cáo {self.period.spoken}"

    @property
    def period_code(self) -> PeriodCode:
        return PeriodCode(self.period.code)


class Compilation(models.Model):
    """Phiên bản: one compiling of a report. Its row is the lease of the worker and the progress people see."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="compilations")
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, related_name="+")
    percent = models.PositiveSmallIntegerField(default=0)
    doing = models.CharField(max_length=200, blank=True)
    leased_until = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    docx = models.FileField(upload_to=random_name, blank=True)
    xlsx = models.FileField(upload_to=random_name, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["report", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["report", "number"], name="compilation_number"),
            models.UniqueConstraint(fields=["report"], condition=Q(finished=None), name="one_compilation_at_a_time"),
            models.CheckConstraint(condition=Q(digest="") | Q(finished__isnull=False), name="digest_when_finished"),
        ]

    def __str__(self) -> str:
        return f"phiên bản {self.number}"
