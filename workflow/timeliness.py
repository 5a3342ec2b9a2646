"""Timeliness is derived from dates and open steps, never stored.

The unit's clock stands still from submission: days at Văn phòng and with leadership are theirs.
"""

from datetime import date

from django.db import models
from django.db.models import Case, CharField, Exists, F, IntegerField, Q, Value, When
from viewflow.workflow.status import PROCESS


class State(models.TextChoices):
    IN_TIME = "in-time", "Trong hạn"
    SOON = "soon", "Sắp đến hạn"
    TODAY = "today", "Đến hạn hôm nay"
    OVERDUE = "overdue", "Quá hạn"
    SUBMITTED = "submitted", "Đã nộp trong hạn, chờ duyệt"
    SUBMITTED_LATE = "submitted-late", "Đã nộp quá hạn, chờ duyệt"
    DONE = "done", "Hoàn thành đúng hạn"
    DONE_LATE = "done-late", "Hoàn thành quá hạn"
    ONGOING = "ongoing", "Thường xuyên"
    UNDATED = "undated", "Chưa xác định thời hạn"
    DROPPED = "dropped", "Không còn thực hiện"
    PAUSED = "paused", "Tạm dừng"
    CARRIED = "carried", "Chuyển tiếp sang năm sau"
    LAPSED = "lapsed", "Quá hạn, không hoàn thành"


class Urgency(models.IntegerChoices):
    """How an inbox is put in groups, most pressing first.

    PASSED is for those who judge: the unit handed in on time, and the due day has gone by since.
    """

    OVERDUE = 0, "Quá hạn"
    PASSED = 1, "Đơn vị đã nộp trong hạn, nay qua ngày đến hạn"
    NEAR = 2, "Đến hạn trong 07 ngày làm việc"
    LATER = 3, "Còn thời hạn"
    UNDATED = 4, "Không có ngày cụ thể"


FINISHED = frozenset({State.DONE, State.DONE_LATE})
# due, not done, and late: while it is open, or for good once its plan is closed
LATE = frozenset({State.OVERDUE, State.LAPSED})
# what ended without its result
ENDED = frozenset({State.DROPPED, State.CARRIED, State.LAPSED})
WAITING = frozenset({State.SUBMITTED, State.SUBMITTED_LATE})


def timeliness_of(judged: Exists, paused: Exists, today: date, soon_until: date) -> Case:
    """The state of a case on `today`. `judged`: whether a judge holds its open step, or papers are being added in
    time; `paused`: whether it stands still.

    Needs the annotation `submitted_on`: the local date of the last round, which is the completion
    date once that round is approved.
    """
    late = Q(submitted_on__gt=F("due_on"))
    return Case(
        When(status=PROCESS.CANCELED, then=Value(State.DROPPED)),
        When(status="CARRIED", then=Value(State.CARRIED)),
        When(status="LAPSED", then=Value(State.LAPSED)),
        When(Q(finished__isnull=False) & late, then=Value(State.DONE_LATE)),
        When(finished__isnull=False, then=Value(State.DONE)),
        When(paused, then=Value(State.PAUSED)),
        When(Q(judged) & late, then=Value(State.SUBMITTED_LATE)),
        When(judged, then=Value(State.SUBMITTED)),
        When(schedule="ongoing", then=Value(State.ONGOING)),
        When(schedule="undated", then=Value(State.UNDATED)),
        When(due_on__lt=today, then=Value(State.OVERDUE)),
        When(due_on=today, then=Value(State.TODAY)),
        When(due_on__lte=soon_until, then=Value(State.SOON)),
        default=Value(State.IN_TIME),
        output_field=CharField(),
    )


def urgency_of(today: date, soon_until: date) -> Case:
    """The group of a step in the inbox. Needs `handed_in_on`, the local date on which the last round was handed in.

    While papers may be added in time, their last day is what presses.
    """
    due = F("process__due_on")
    late = Q(judging=True, handed_in_on__gt=due) | (
        Q(process__due_on__lt=today) & (Q(judging=False) | Q(handed_in_on=None))
    )
    return Case(
        When(answer_by__range=(today, soon_until), then=Value(Urgency.NEAR)),
        When(answer_by__gte=today, then=Value(Urgency.LATER)),
        When(process__due_on=None, then=Value(Urgency.UNDATED)),
        When(late, then=Value(Urgency.OVERDUE)),
        When(process__due_on__lt=today, then=Value(Urgency.PASSED)),
        When(process__due_on__lte=soon_until, then=Value(Urgency.NEAR)),
        default=Value(Urgency.LATER),
        output_field=IntegerField(),
    )
