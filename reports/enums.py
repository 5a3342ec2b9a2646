"""Words that are stored, and the buckets that reports count."""

from django.db import models


class PeriodCode(models.TextChoices):
    HALF_YEAR = "6-thang", "6 tháng"
    NINE_MONTHS = "9-thang", "9 tháng"
    YEAR = "nam", "Năm"


class Bucket(models.TextChoices):
    """Where a nhiệm vụ or a việc giao stands at the cut-off."""

    DONE = "done", "Hoàn thành đúng hạn"
    DONE_LATE = "done-late", "Hoàn thành quá hạn"
    WAITING = "waiting", "Đã nộp, chờ phê duyệt"
    IN_TIME = "in-time", "Đang thực hiện, trong hạn"
    OVERDUE = "overdue", "Quá hạn chưa hoàn thành"
    ONGOING = "ongoing", "Thường xuyên"
    UNDATED = "undated", "Chưa xác định thời hạn"
    DROPPED = "dropped", "Không tính"


COMPLETED = (Bucket.DONE, Bucket.DONE_LATE)
