"""Why work is returned: coded reasons on the first line of the note, what is to be done below it.

The note is one text, so that history and notices show it as it is; the officer sees it as a checklist.
"""

from collections.abc import Sequence

REASONS = (
    "Thiếu tài liệu",
    "Sai tài liệu",
    "Chưa ký",
    "Ngoài kỳ báo cáo",
    "Số liệu chưa khớp",
    "Lý do khác",
)


def written(reasons: Sequence[str], wanted: str) -> str:
    """«Chưa ký; Số liệu chưa khớp.» and, on the lines below, what is wanted."""
    coded = f"{'; '.join(reasons)}." if reasons else ""
    return "\n".join(part for part in (coded, wanted.strip()) if part)


def checklist(note: str) -> list[str]:
    """The points of a return, one by one."""
    first, _, rest = note.partition("\n")
    coded = first.rstrip(".").split("; ")
    if not set(coded) <= set(REASONS):
        coded, rest = [], note
    return [*coded, *(line.strip() for line in rest.split("\n") if line.strip())]
