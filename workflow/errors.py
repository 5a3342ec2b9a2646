"""The kinds of no. Not yours: Http404. Yours but not allowed: PermissionDenied. Allowed but too late: these."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from organization.calendar import BeyondCalendar

if TYPE_CHECKING:
    from workflow.models import Step


class Refused(Exception):
    """A verb that cannot be done now. Its text is a Vietnamese sentence for the person who asked."""


@contextmanager
def within_calendar() -> Iterator[None]:
    """A date for which there is no day refuses the verb; the sentence names the year to add."""
    try:
        yield
    except BeyondCalendar as gap:
        raise Refused(str(gap)) from gap


class StaleStep(Refused):
    """The step was finished, handed over or withdrawn meanwhile; nothing was written."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__("Bước này đã được xử lý. Nội dung vừa nhập chưa được ghi.")


class Paused(Refused):
    """The case stands still until somebody says that it goes on; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "Nhiệm vụ đang tạm dừng nên chưa xử lý được. Văn phòng hoặc lãnh đạo cho tiếp tục rồi thao tác lại. "
            "Nội dung vừa nhập chưa được ghi."
        )


class ChangedUnder(Refused):
    """What the page showed is no longer what would be decided; nothing was written."""

    def __init__(self) -> None:
        super().__init__(
            "Hồ sơ đã có lần nộp khác, hoặc kế hoạch hay tài liệu đã đổi, sau khi trang này được mở. "
            "Xem lại nội dung hiện nay rồi quyết định."
        )


class Busy(Refused):
    """Somebody else holds the case for longer than one should wait."""

    def __init__(self) -> None:
        super().__init__("Hồ sơ đang được người khác xử lý. Chờ ít giây rồi thử lại. Nội dung vừa nhập chưa được ghi.")
