"""Who there is, where they sit, what they may do, on which days the office works."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q

from organization.enums import DayOff, Role, UnitKind
from organization.vietnamese import fold, name_key, sort_key


class Dated(models.QuerySet[Any]):
    def on(self, day: date) -> Self:
        """Those in force on `day`."""
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)


class Calendar(models.Model):
    """A list of days on which an office works; agencies point at one."""

    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class WorkingDay(models.Model):
    """One day of a calendar. A day off carries the ordinal of the last working day before it, so that
    "working days between" is a subtraction."""

    pk = models.CompositePrimaryKey("calendar_id", "day")
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days")
    day = models.DateField()
    works = models.BooleanField()
    ordinal = models.IntegerField()
    name = models.CharField(max_length=150, blank=True)
    source = models.CharField(max_length=200, blank=True)
    confirmed = models.BooleanField(default=False)

    class Meta:
        db_table = "working_day"
        indexes = [models.Index(fields=["calendar", "ordinal", "day"], name="working_day_ordinal")]

    def __str__(self) -> str:
        return f"{self.day}: {'làm việc' if self.works else 'nghỉ'}"


class Unit(models.Model):
    """An agency, or a part of one."""

    agency = models.ForeignKey("self", models.PROTECT, null=True, related_name="units")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    kind = models.CharField(max_length=12, choices=UnitKind)
    code = models.CharField("mã", max_length=20)
    name = models.CharField("tên đơn vị", max_length=200)
    sort_key = models.CharField(max_length=500, editable=False)
    position = models.PositiveSmallIntegerField(default=0)
    has_procedures = models.BooleanField("có thủ tục hành chính", default=False)
    since = models.DateField(default=date(2000, 1, 1))
    until = models.DateField(null=True, blank=True)
    successors = models.ManyToManyField("self", symmetrical=False, related_name="predecessors", blank=True)

    objects = models.Manager.from_queryset(Dated)()

    class Meta:
        ordering = ["position", "sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "code"], nulls_distinct=False, name="unit_code",
                                    violation_error_message="Mã đơn vị này đã có."),
            models.CheckConstraint(condition=Q(kind=UnitKind.AGENCY, agency=None) | (~Q(kind=UnitKind.AGENCY) & Q(agency__isnull=False)),
                                   name="unit_belongs_to_an_agency"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="unit_dates"),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = sort_key(self.name)
        super().save(*args, **kwargs)


class Alias(models.Model):
    """Another name under which a unit is written in documents."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=200)
    folded = models.CharField(max_length=200, editable=False)
    since = models.DateField(default=date(2000, 1, 1))
    until = models.DateField(null=True, blank=True)

    objects = models.Manager.from_queryset(Dated)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "folded", "since"], name="alias_since"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="alias_dates"),
        ]

    def __str__(self) -> str:
        return self.text

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.folded = fold(self.text)
        super().save(*args, **kwargs)


class Letterhead(models.Model):
    """What stands at the head of an agency's documents, from a date on."""

    agency = models.ForeignKey(Unit, models.CASCADE, related_name="letterheads")
    since = models.DateField(default=date(2000, 1, 1))
    until = models.DateField(null=True, blank=True)
    superior = models.CharField("cơ quan chủ quản", max_length=200)
    name = models.CharField("tên cơ quan", max_length=200)
    symbol = models.CharField("ký hiệu", max_length=30)
    place = models.CharField("địa danh", max_length=100)
    recipient = models.CharField("nơi nhận báo cáo", max_length=200, default="Sở Nội vụ")

    objects = models.Manager.from_queryset(Dated)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agency", "since"], name="letterhead_since")]

    def __str__(self) -> str:
        return self.name


def usual_cut_offs() -> list[str]:
    """Công văn 581/BNV-CCHC: 14/6, 14/9, 14/12."""
    return ["06-14", "09-14", "12-14"]


class AgencySettings(models.Model):
    """What an agency decides for itself."""

    agency = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="settings")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="+")
    opens_days_before = models.PositiveSmallIntegerField("đưa vào việc cần xử lý trước hạn (ngày)", default=20)
    before_includes_day = models.BooleanField("“trước ngày X” tính cả ngày X", default=True)
    day_off = models.CharField("thời hạn rơi vào ngày nghỉ", max_length=8, choices=DayOff, default=DayOff.STAYS)
    # month and day on which the figures of the 6-month, the 9-month and the year's report are closed
    cut_offs = ArrayField(
        models.CharField(max_length=5), default=usual_cut_offs, verbose_name="ngày chốt số liệu báo cáo"
    )
    review_days = models.PositiveSmallIntegerField("mục tiêu rà soát (ngày làm việc)", default=3)
    approve_days = models.PositiveSmallIntegerField("mục tiêu phê duyệt (ngày làm việc)", default=3)
    supplement_days = models.PositiveSmallIntegerField("bổ sung hồ sơ trong (ngày làm việc)", default=3)

    def __str__(self) -> str:
        return f"Thiết lập của {self.agency_id}"


class UserManager(BaseUserManager["User"]):
    def create_user(self, code: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(code=code, **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(code__iexact=username)


class User(AbstractBaseUser):
    """A person is a mã công chức, never a name. Rights come from posts and delegations alone."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="people")
    code = models.CharField("mã công chức", max_length=30, unique=True)
    full_name = models.CharField("họ và tên", max_length=150)
    name_key = models.CharField(max_length=400, editable=False)
    folded = models.CharField(max_length=250, editable=False)
    email = models.EmailField("thư điện tử", blank=True)
    phone = models.CharField("điện thoại", max_length=20, blank=True)
    is_active = models.BooleanField("đang sử dụng", default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "code"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        ordering = ["name_key", "code"]
        constraints = [
            models.UniqueConstraint(models.functions.Upper("code"), name="user_code_any_case",
                                    violation_error_message="Mã công chức này đã có."),
        ]  # fmt: skip
        indexes = [GinIndex(OpClass("folded", name="gin_trgm_ops"), name="user_search")]

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = name_key(self.full_name)
        self.folded = fold(f"{self.full_name} {self.code}")
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.full_name

    def has_perm(self, perm: str, obj: object = None) -> bool:  # noqa: ARG002
        """Nobody uses Django's permissions here: rights are organization.rights."""
        return False

    def has_module_perms(self, app_label: str) -> bool:  # noqa: ARG002
        return False


class Post(models.Model):
    """A person in a unit with a role, from–until."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    role = models.CharField("vai trò", max_length=15, choices=Role)
    title = models.CharField("chức vụ", max_length=100, blank=True)
    authorised = models.BooleanField("được ủy quyền xử lý thay trưởng đơn vị", default=False)
    since = models.DateField("từ ngày")
    until = models.DateField("đến ngày", null=True, blank=True)

    objects = models.Manager.from_queryset(Dated)()

    class Meta:
        ordering = ["unit", "role", "user"]
        constraints = [
            models.UniqueConstraint(fields=["user", "unit", "role", "since"], name="post_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="post_dates",
                                   violation_error_message="Đến ngày phải từ ngày bắt đầu trở đi."),
            models.CheckConstraint(condition=~Q(role=Role.VIEWER) | Q(until__isnull=False), name="viewer_ends",
                                   violation_error_message="Người xem phải có ngày kết thúc."),
            models.CheckConstraint(condition=Q(authorised=False) | Q(role=Role.DEPUTY), name="only_deputies_are_authorised"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["unit", "role"], name="post_holders")]

    def __str__(self) -> str:
        return f"{self.title or self.get_role_display()}"


class Delegations(Dated):
    def on(self, day: date) -> Self:
        """Those in force on `day` that nobody has ended early."""
        return super().on(day).filter(ended_at=None)


class Delegation(models.Model):
    """One person acts in the name of another for some roles and some days."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    principal = models.ForeignKey(User, models.PROTECT, related_name="delegations_given")
    substitute = models.ForeignKey(User, models.PROTECT, related_name="delegations_received")
    roles = models.JSONField(default=list)
    legal_basis = models.CharField("căn cứ", max_length=200, blank=True)
    since = models.DateField("từ ngày")
    until = models.DateField("đến ngày")
    # who wrote it down: the principal, or an administrator from a signed paper
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = models.Manager.from_queryset(Delegations)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(principal=F("substitute")), name="delegation_to_another"),
            models.CheckConstraint(condition=Q(until__gte=F("since")), name="delegation_dates"),
            models.CheckConstraint(condition=Q(by=None) | Q(by=F("principal")) | ~Q(legal_basis=""), name="recorded_delegation_has_a_basis",
                                   violation_error_message="Ghi thay người vắng mặt thì phải có số, ngày của giấy ủy quyền."),
        ]  # fmt: skip
        indexes = [models.Index(fields=["substitute", "until"], name="delegation_received")]

    def __str__(self) -> str:
        return f"{self.principal_id} → {self.substitute_id}"


class LeaderInCharge(models.Model):
    """Lãnh đạo phụ trách: which leader answers for which unit, from–until."""

    agency = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    leader = models.ForeignKey(User, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leaders_in_charge")
    since = models.DateField("từ ngày")
    until = models.DateField("đến ngày", null=True, blank=True)

    objects = models.Manager.from_queryset(Dated)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "since"], name="leader_in_charge_since"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gte=F("since")), name="leader_in_charge_dates"),
        ]

    def __str__(self) -> str:
        return f"{self.leader_id} phụ trách {self.unit_id}"


class DemoMark(models.Model):
    """This database is for show: only here may the clock be moved from outside (reports/demo)."""

    at = models.DateTimeField()
    finished = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"trình diễn từ {self.at}"
