"""Cases, steps, submissions. Case and Step are viewflow's process and task, with our own columns.

The inbox reads Case and Step and nothing else.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from viewflow.workflow.models import AbstractProcess, AbstractTask
from viewflow.workflow.status import PROCESS, STATUS

from evidence.models import Document
from organization.enums import Role
from organization.models import Unit, User
from organization.vietnamese import acting, fold
from plans.models import Measure, Plan
from workflow.querysets import CaseQuerySet, StepQuerySet

if TYPE_CHECKING:
    from workflow.holding import Route
    from workflow.looking import Look
    from workflow.nodes import Human


# the status of a case that is not carried on with
DISCONTINUED = PROCESS.CANCELED
ENDINGS = [PROCESS.DONE, DISCONTINUED, "CARRIED", "LAPSED"]


def _name(person: User | None) -> str:
    return person.full_name if person else ""


class Schedule(models.TextChoices):
    """What the plan says of a case's due date."""

    DATED = "dated", "Có thời hạn"
    ONGOING = "ongoing", "Thường xuyên"
    UNDATED = "undated", "Chưa xác định thời hạn"


class Case(AbstractProcess):
    """Hồ sơ việc: what every flow moves. Both due dates stay for ever; lateness is derived from them."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+", db_index=False)
    code = models.CharField(max_length=30, blank=True)
    title = models.TextField()
    period = models.CharField(max_length=100, blank=True)
    points = models.DecimalField(max_digits=6, decimal_places=2, default=0)
    schedule = models.CharField(max_length=10, choices=Schedule, default=Schedule.DATED)
    original_due_on = models.DateField(null=True)
    due_on = models.DateField(null=True)
    # the date as written, where that is a day off and the due date moved
    written_due_on = models.DateField(null=True)
    opens_on = models.DateField()
    folded = models.TextField(editable=False)

    # how a case ends: carried through, not carried on with, by the closing of its plan
    DONE, DISCONTINUED, CARRIED, LAPSED = PROCESS.DONE, DISCONTINUED, "CARRIED", "LAPSED"

    # known only during the act: what it read after the lock, the way of the round under way, the officer who is
    # known to be in the lead unit, the day the round counts as handed in, until when a request for papers is to be
    # answered, whether the next round goes straight to leadership
    look: Look | None = None
    route: Route | None = None
    here: int | None = None
    handed_in_on: date | None = None
    answer_by: date | None = None
    direct = False
    # the case that a request is about: its measure may have a leader of its own; why the request goes past Văn phòng
    about: int | None = None
    past_office = ""

    # viewflow reads these for what its commercial edition does; we have no sub-processes.
    parent_task = None
    parent_task_id = None

    objects = CaseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(schedule=Schedule.DATED, due_on__isnull=False)
                                   | (~Q(schedule=Schedule.DATED) & Q(due_on=None)), name="dated_case_has_a_due_date"),
            # an amendment may take the date away; what it was first stays
            models.CheckConstraint(condition=Q(due_on=None) | Q(original_due_on__isnull=False), name="due_date_has_an_original"),
            # what is settled is not open, and what is over says how it ended
            models.CheckConstraint(condition=Q(finished=None, status=PROCESS.NEW)
                                   | Q(finished__isnull=False, status__in=ENDINGS), name="ended_case_says_how"),
            models.CheckConstraint(condition=Q(written_due_on=None) | Q(due_on__isnull=False), name="written_date_has_a_due_date"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["agency", "due_on"], condition=Q(finished=None), name="case_open_due"),
            models.Index(fields=["plan", "unit"], name="case_plan_unit"),
            models.Index(fields=["unit"], condition=Q(finished=None), name="case_open_unit"),
            GinIndex(OpClass("folded", name="gin_trgm_ops"), name="case_search"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = self.search_text()
        super().save(*args, **kwargs)

    def save_end(self) -> None:
        """Writes that the case has ended, and nothing else of it."""
        super().save(update_fields=("status", "finished"), force_update=True)

    def search_text(self) -> str:
        return fold(f"{self.code} {self.title} {self.period}")

    @property
    def subject(self) -> str:
        """How ledger, notices and documents name this case."""
        return f"case:{self.pk}"

    @property
    def name(self) -> str:
        """Title with its period, as people read it."""
        return f"{self.title}, {self.period}" if self.period else self.title


class Assignment(models.Model):
    """Việc giao: one measure × one lead unit × one period."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    measure = models.ForeignKey(Measure, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments")
    period = models.PositiveSmallIntegerField(default=1)
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    # rà soát chéo: who reviews instead of Văn phòng, named by leadership
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    # what the officer has written so far; empty once it is handed in
    draft = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "unit", "period"], name="assignment_once")]

    def __str__(self) -> str:
        return f"{self.measure_id} × {self.unit_id} × {self.period}"


class Step(AbstractTask):
    """Bước: one stage of one case. Open steps are the inbox, closed ones the history."""

    process = models.ForeignKey(Case, models.PROTECT, related_name="task_set", db_index=False)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    # one token travels, so a step has one predecessor
    previous = models.ForeignKey("self", models.PROTECT, null=True, related_name="leading", db_index=False)
    status = models.CharField(max_length=20, choices=STATUS.choices, default=STATUS.NEW)
    created = models.DateTimeField()
    opens_on = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    pool_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    pool_role = models.CharField(max_length=15, choices=Role, blank=True)
    judging = models.BooleanField(default=False)
    remark = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    digest = models.CharField(max_length=64, blank=True)
    acted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    # a verb of somebody else took the step from its holder: recall, discontinuation, a change of lead
    pulled = models.BooleanField(default=False, db_default=False)
    # the phiếu trình tổng hợp by which it was approved
    slip = models.ForeignKey("Slip", models.PROTECT, null=True, related_name="+", db_index=False)
    # why a judge returned the round (returns.Reason), beside the words in `note`
    reasons = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    # yêu cầu bổ sung hồ sơ: until then the answer keeps the day of the round it answers
    answer_by = models.DateField(null=True)
    # trình lại trực tiếp: the next round goes past Văn phòng, straight to leadership
    direct = models.BooleanField(default=False, db_default=False)
    # quyết định trên giấy: the act is `acted_by`'s, given on this signed paper; whoever wrote it down here
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    paper = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+", db_index=False)

    # of viewflow's task, not needed or needed otherwise
    assigned = None
    scheduled = None
    external_task_id = None
    owner_permission = None
    # the inherited generic foreign key insists on this column
    owner_permission_content_type = models.ForeignKey(
        "contenttypes.ContentType", models.PROTECT, null=True, related_name="+", db_index=False
    )
    seed = None
    artifact = None
    data = None

    objects = StepQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["process"], condition=Q(finished=None), name="one_open_step"),
            models.CheckConstraint(condition=Q(finished__isnull=False) | Q(owner__isnull=False)
                                   | (Q(pool_unit__isnull=False) & ~Q(pool_role="")), name="open_step_has_a_holder"),
            models.CheckConstraint(condition=Q(on_behalf_of=None) | Q(acted_by__isnull=False), name="substitute_is_named"),
            models.CheckConstraint(condition=Q(recorded_by=None, paper=None)
                                   | Q(recorded_by__isnull=False, paper__isnull=False, acted_by__isnull=False),
                                   name="recorded_step_has_its_paper"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["process", "id"], name="step_history"),
            models.Index(fields=["owner"], condition=Q(finished=None), name="step_mine"),
            models.Index(fields=["pool_unit", "pool_role"], condition=Q(finished=None), name="step_pool"),
            models.Index(
                fields=["acted_by", "process"], condition=Q(judging=False, pulled=False), name="step_took_part"
            ),
            models.Index(
                fields=["on_behalf_of", "process"],
                condition=Q(judging=False, pulled=False, on_behalf_of__isnull=False),
                name="step_took_part_for",
            ),
            # what somebody has just handed on, and may recall
            models.Index(
                fields=["acted_by", "-finished"],
                condition=Q(judging=False, pulled=False, finished__isnull=False),
                name="step_handed_on",
            ),
            models.Index(
                fields=["recorded_by", "process"], condition=Q(recorded_by__isnull=False), name="step_recorded"
            ),
            models.Index(fields=["paper"], condition=Q(paper__isnull=False), name="step_paper"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} của hồ sơ {self.process_id}"

    @property
    def node(self) -> Human:
        return self.flow_task

    @property
    def stage(self) -> str:
        """The node's name: assign, execute, submit, review, approve…"""
        return self.flow_task.name if self.flow_task else ""

    @property
    def stage_title(self) -> str:
        return str(self.flow_task.task_title) if self.flow_task else ""

    @property
    def who(self) -> str:
        """Who acted, with the person in whose name; both people fetched with it."""
        return acting(self.acted_by.full_name if self.acted_by else "", _name(self.on_behalf_of))

    @property
    def outcome_label(self) -> str:
        return str(self.flow_task.label(self.outcome)) if self.outcome and self.flow_task else ""


class Submission(models.Model):
    """Lần nộp: numbered, immutable. `content` is the canonical text whose SHA-256 is the digest."""

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="submissions")
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveSmallIntegerField()
    statement = models.TextField("kết quả thực hiện")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    on = models.DateField()
    before_issue = models.BooleanField(default=False)
    content = models.TextField()
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["assignment", "number"]
        constraints = [models.UniqueConstraint(fields=["assignment", "number"], name="submission_number")]

    def __str__(self) -> str:
        return f"lần nộp {self.number}"


class Suspension(models.Model):
    """Tạm dừng: nobody acts on the case and its clock stands. One open per case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="suspensions", db_index=False)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    since = models.DateField()
    until = models.DateField(null=True)
    reason = models.TextField("lý do")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    ended_on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(until=None), name="one_open_suspension"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="suspension_dates"),
            models.CheckConstraint(condition=Q(until=None, ended_by=None, ended_at=None)
                                   | Q(until__isnull=False, ended_by__isnull=False, ended_at__isnull=False),
                                   name="ended_suspension_says_by_whom"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["case", "since"], name="suspension_history")]

    @property
    def who(self) -> str:
        """Who paused the work, with the person in whose name."""
        return acting(self.by.full_name, _name(self.on_behalf_of))

    @property
    def who_ended(self) -> str:
        return acting(_name(self.ended_by), _name(self.ended_on_behalf_of))

    def __str__(self) -> str:
        return f"tạm dừng {self.case_id} từ {self.since}"


class Directive(models.Model):
    """Ý kiến chỉ đạo: what leadership said of a case, at any time; the flow stays where it is. Never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="directives", db_index=False)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    text = models.TextField("ý kiến")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="directive_says_something"),
        ]
        indexes = [models.Index(fields=["case", "-id"], name="directive_history")]

    def __str__(self) -> str:
        return f"ý kiến chỉ đạo {self.case_id}"


class ObjectiveCause(models.Model):
    """Nguyên nhân khách quan of a delay, as leadership confirmed it. The work stays late and is counted apart."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="objective_cause")
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    reason = models.TextField("nguyên nhân")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="objective_cause_says_why")]

    @property
    def who(self) -> str:
        return acting(self.by.full_name, _name(self.on_behalf_of))

    def __str__(self) -> str:
        return f"nguyên nhân khách quan {self.case_id}"


class InputRequest(models.Model):
    """Đề nghị phối hợp: what a lead unit asks another unit about its work (`of`), on a case of its own.

    The case's unit is the one that is asked, its due date the day until which it answers, and its last step the answer.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="input_request")
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    of = models.ForeignKey(Case, models.PROTECT, related_name="input_requests")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    question = models.TextField("nội dung đề nghị")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(question=""), name="input_request_asks_something")]

    def __str__(self) -> str:
        return f"đề nghị phối hợp {self.case_id} về {self.of_id}"


class ProgressKind(models.TextChoices):
    UPDATE = "update", "Cập nhật tiến độ"
    HAPPENING = "happening", "Ghi nhận phát sinh"


class Progress(models.Model):
    """Tiến độ: what the unit says of a case while it has it in hand, or of what happened. Never changed.

    `value` is kết quả kỳ này, `total` lũy kế, in the unit of the measure's target; `repeats`: the same words as
    the entry before it of this measure and unit, in this period or the last.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="progress", db_index=False)
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=10, choices=ProgressKind, default=ProgressKind.UPDATE)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    happened_on = models.DateField(null=True)
    text = models.TextField("tiến độ")
    value = models.DecimalField("kết quả kỳ này", max_digits=14, decimal_places=2, null=True)
    total = models.DecimalField("lũy kế", max_digits=14, decimal_places=2, null=True)
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+", db_index=False)
    repeats = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="progress_says_something"),
            models.CheckConstraint(condition=(Q(value=None) | Q(value__gte=0)) & (Q(total=None) | Q(total__gte=0)),
                                   name="progress_figures_are_not_negative"),
            models.CheckConstraint(condition=Q(kind=ProgressKind.UPDATE, happened_on=None)
                                   | Q(kind=ProgressKind.HAPPENING, happened_on__isnull=False),
                                   name="happening_has_a_day"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["case", "-id"], name="progress_newest")]

    def __str__(self) -> str:
        return f"tiến độ {self.case_id}"


class SubmissionDocument(models.Model):
    """A document as it stood in one submission."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="documents")
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["submission", "position"]
        constraints = [models.UniqueConstraint(fields=["submission", "document"], name="submission_document_once")]

    def __str__(self) -> str:
        return f"{self.document_id}"


class Sighting(models.Model):
    """Đã xem lúc: when a person first opened a step that waits for them."""

    step = models.ForeignKey(Step, models.CASCADE, related_name="sightings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["step", "user"], name="sighting_once")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {self.at}"


class Reminder(models.Model):
    """A rung of the ladder, claimed once for one case, due date and person."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="+", db_index=False)
    due_on = models.DateField()
    rung = models.SmallIntegerField()
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "due_on", "rung", "to"], name="reminder_once")]

    def __str__(self) -> str:
        return f"{self.case_id} nấc {self.rung} → {self.to_id}"


class Slip(models.Model):
    """Phiếu trình tổng hợp: accepted work that Văn phòng puts before one leader together. Open until it is decided
    by the leader or taken back (`withdrawn`) by Văn phòng."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField("số")
    dated = models.DateField("ngày")
    note = models.TextField("ý kiến của Văn phòng", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    closed_on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    closed_at = models.DateTimeField(null=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "year", "number"], name="slip_number"),
            models.CheckConstraint(condition=Q(closed_at=None, closed_by=None, closed_on_behalf_of=None, withdrawn=False)
                                   | Q(closed_at__isnull=False, closed_by__isnull=False), name="closed_slip_says_by_whom"),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["agency", "-id"], name="slip_newest"),
            models.Index(fields=["leader"], condition=Q(closed_at=None), name="slip_waiting"),
        ]

    def __str__(self) -> str:
        return f"phiếu trình số {self.name}"

    @property
    def name(self) -> str:
        """12/2026: how pages, notices, decisions and the ledger call it."""
        return f"{self.number:02d}/{self.year}"

    @property
    def subject(self) -> str:
        """How ledger and notices name this slip."""
        return f"slip:{self.pk}"

    @property
    def who(self) -> str:
        return acting(self.by.full_name, _name(self.on_behalf_of))

    @property
    def who_closed(self) -> str:
        return acting(_name(self.closed_by), _name(self.closed_on_behalf_of))


class SlipItem(models.Model):
    """A step on a slip, with the digest of the round that Văn phòng accepted. A step is on one open slip at most.

    `left`: the leader left it out when deciding, `word` says why; else `word` is why the row could not be approved.
    """

    slip = models.ForeignKey(Slip, models.PROTECT, related_name="items", db_index=False)
    step = models.ForeignKey(Step, models.PROTECT, related_name="slip_items")
    position = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    open = models.BooleanField(default=True)
    left = models.BooleanField(default=False)
    word = models.TextField("ý kiến", blank=True)

    class Meta:
        ordering = ["slip", "position"]
        constraints = [
            models.UniqueConstraint(fields=["slip", "position"], name="slip_position"),
            models.UniqueConstraint(fields=["step"], condition=Q(open=True), name="step_on_one_open_slip"),
            models.CheckConstraint(condition=Q(left=False) | (Q(open=False) & ~Q(word="")), name="left_item_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.slip_id}.{self.position}"


class Transfer(models.Model):
    """Bàn giao đơn vị: the open work of a unit that ends goes to its successors. `lines` is what the minutes say, for ever."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="transfers")
    on = models.DateField("từ ngày")
    basis = models.CharField("căn cứ", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on_behalf_of = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    lines = models.JSONField(default=list)

    @property
    def who(self) -> str:
        return acting(self.by.full_name, _name(self.on_behalf_of))

    def __str__(self) -> str:
        return f"{self.unit_id} từ {self.on}"


class HandOver(models.Model):
    """Bàn giao: an open step went from one holder to another. Never changed."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="hand_overs")
    step = models.ForeignKey(Step, models.PROTECT, related_name="hand_overs")
    judging = models.BooleanField()
    former = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False)
    former_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    to_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    transfer = models.ForeignKey(Transfer, models.PROTECT, null=True, related_name="hand_overs")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"{self.step_id}: {self.former_id} → {self.to_id}"


class Decision(models.TextChoices):
    """What became of a request."""

    OPEN = "", "Chưa quyết định"
    GRANTED = "granted", "Chấp thuận"
    REFUSED = "refused", "Không chấp thuận"
    WITHDRAWN = "withdrawn", "Đã rút"
    ENDED = "ended", "Khép lại cùng nhiệm vụ"


class Request(models.Model):
    """Đề nghị: what a lead unit asks about an assignment (`of`), on a case of its own."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="%(class)s")
    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    of = models.ForeignKey(Case, models.PROTECT, related_name="%(class)ss", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    reason = models.TextField("lý do")
    document = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+", db_index=False)
    decision = models.CharField(max_length=10, choices=Decision, blank=True, default=Decision.OPEN)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["of"], condition=Q(decision=Decision.OPEN), name="one_open_%(class)s"),
        ]
        indexes = [models.Index(fields=["of", "case"], name="%(class)s_history")]


class Extension(Request):
    """Gia hạn: another due date for an assignment. `allowed_by` is the document of the body that set the date."""

    from_due = models.DateField("thời hạn khi đề nghị")
    asked_due = models.DateField("đề nghị đến")
    granted_due = models.DateField("gia hạn đến", null=True)
    allowed_by = models.ForeignKey(Document, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta(Request.Meta):
        constraints = [
            *Request.Meta.constraints,
            models.CheckConstraint(condition=Q(asked_due__gt=F("from_due")), name="extension_is_later"),
            models.CheckConstraint(condition=Q(decision=Decision.GRANTED, granted_due__isnull=False)
                                   | (~Q(decision=Decision.GRANTED) & Q(granted_due=None)), name="granted_extension_has_a_date"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"gia hạn {self.of_id} đến {self.asked_due}"


class LeadChange(Request):
    """Chuyển đơn vị chủ trì: until it is granted the former unit stays responsible and the clock runs."""

    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)

    class Meta(Request.Meta):
        constraints = [
            *Request.Meta.constraints,
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="lead_change_is_a_change"),
        ]

    def __str__(self) -> str:
        return f"chuyển {self.of_id} từ {self.from_unit_id} sang {self.to_unit_id}"


class SharedResult(models.Model):
    """Kết quả dùng chung: one product that counts in two or three live plans."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"kết quả dùng chung {self.pk}"


class ResultShare(models.Model):
    """A row that stands on a shared result; the first of them does the work. A row stands on one result at most, and a
    result has no other beneath it: one level, and no circle, by what the table can hold."""

    FIRST, MOST = 1, 3

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="share")
    result = models.ForeignKey(SharedResult, models.PROTECT, related_name="shares")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="+", db_index=False)
    position = models.PositiveSmallIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["result", "position"]
        constraints = [
            models.UniqueConstraint(fields=["result", "position"], name="share_position"),
            models.UniqueConstraint(fields=["result", "plan"], name="result_once_a_plan",
                                    violation_error_message="Kế hoạch này đã có một dòng dùng kết quả ấy."),
            models.CheckConstraint(condition=Q(position__range=(1, 3)), name="result_of_three_plans_at_most"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.case_id} dùng kết quả {self.result_id}"

    @property
    def works(self) -> bool:
        """Whether this is the row that does the work."""
        return self.position == self.FIRST

    @property
    def who(self) -> str:
        return acting(self.by.full_name, _name(self.on_behalf_of))
