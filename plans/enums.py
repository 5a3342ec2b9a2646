"""Words that are stored."""

from django.db import models


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
