"""Words that are stored."""

from django.db import models


class Confirmation(models.TextChoices):
    """Mức xác nhận: who says last that an occurrence of a measure is done."""

    LEADER = "leader", "Lãnh đạo phê duyệt"
    OFFICE = "office", "Văn phòng xác nhận"


class Source(models.TextChoices):
    """Nguồn giao: which body set the task and its date."""

    PLAN = "plan", "Kế hoạch này"
    PROVINCE = "province", "UBND tỉnh"
    HOME_AFFAIRS = "home_affairs", "Sở Nội vụ"
    OTHER = "other", "Cơ quan khác"


class Part(models.TextChoices):
    LEAD = "lead", "Chủ trì"
    COORDINATING = "coordinating", "Phối hợp"


class OwnerKind(models.TextChoices):
    UNIT = "unit", "Đơn vị"
    GROUP = "group", "Nhóm đơn vị"
    EXTERNAL = "external", "Cơ quan ngoài"
    UNNAMED = "unnamed", "Chưa rõ đơn vị"


class BeforeIssue(models.TextChoices):
    """What Văn phòng decided of an occurrence that was due before the plan was issued."""

    RECORDED = "recorded", "Ghi nhận kết quả đã có"
    MOVED = "moved", "Thời hạn mới"
    DROPPED = "dropped", "Không tính"


class Settled(models.TextChoices):
    """What becomes of a row that is not finished when its plan is closed."""

    CARRIED = "carried", "Chuyển tiếp sang năm sau"
    DROPPED = "dropped", "Không còn thực hiện"
    LAPSED = "lapsed", "Quá hạn"
