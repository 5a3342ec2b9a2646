"""Why work is returned: coded reasons on the first line of the note, what is to be done below it.

The note is one text, so that history and notices show it as it is; the officer sees it as a checklist.
The codes are kept beside it on the step, so that returns can be counted by reason.
"""

from collections.abc import Sequence

from django.db import models


class Reason(models.TextChoices):
    MISSING = "missing", "Thiếu tài liệu"
    WRONG = "wrong", "Sai tài liệu"
    UNSIGNED = "unsigned", "Chưa ký"
    OUTSIDE_PERIOD = "period", "Ngoài kỳ báo cáo"
    FIGURES = "figures", "Số liệu chưa khớp"
    OTHER = "other", "Lý do khác"


REASONS = tuple(Reason.labels)
# the outcomes by which a judge sends work back to the officer, and how history and badges name them
KINDS = {"returned": "Trả lại, chưa đạt", "supplement": "Bổ sung hồ sơ"}
RETURNS = frozenset(KINDS)


def written(reasons: Sequence[str], wanted: str) -> str:
    """«Chưa ký; Số liệu chưa khớp.» and, on the lines below, what is wanted."""
    labels = [Reason(code).label for code in reasons]
    coded = f"{'; '.join(labels)}." if labels else ""
    return "\n".join(part for part in (coded, wanted.strip()) if part)


def checklist(note: str) -> list[str]:
    """The points of a return, one by one."""
    first, _, rest = note.partition("\n")
    coded = first.rstrip(".").split("; ")
    if not set(coded) <= set(REASONS):
        coded, rest = [], note
    return [*coded, *(line.strip() for line in rest.split("\n") if line.strip())]
