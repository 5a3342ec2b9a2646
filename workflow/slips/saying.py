"""How notices of slips read, and whether their matter still stands."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from notifications.models import Notice
from notifications.registry import Said, register
from organization.vietnamese import acting, counted
from workflow.models import Slip, SlipItem
from workflow.notices import people_of
from workflow.slips.reading import sum_of

GONE = Said("Phiếu trình không còn", "Phiếu trình của thông báo này không còn trong chương trình.", "")
KINDS = ("slip.arrived", "slip.withdrawn", "slip.decided")


def slip_of(notice: Notice) -> int:
    return int(notice.subject.removeprefix("slip:"))


def render(notices: Sequence[Notice]) -> list[Said]:
    """Four queries, however many notices."""
    keys = {slip_of(notice) for notice in notices}
    slips = Slip.objects.in_bulk(keys)
    items: dict[int, list[SlipItem]] = {}
    for item in SlipItem.objects.filter(slip__in=keys).select_related("step"):
        items.setdefault(item.slip_id, []).append(item)
    people = people_of(notices)
    return [_said(notice, slips.get(slip_of(notice)), items.get(slip_of(notice), []), people) for notice in notices]


def _said(notice: Notice, slip: Slip | None, items: Sequence[SlipItem], people: dict[int, str]) -> Said:
    if slip is None or slip.agency_id != notice.agency_id:
        return GONE
    by = acting(people[notice.params["by"]], people.get(notice.params.get("behalf") or 0, ""))
    absent = people.get(notice.params.get("instead_of", 0))
    instead = f" Được báo vì đang thay {absent}." if absent else ""
    title, words = _words(notice.kind, slip, items, by)
    return Said(title, f"{words}{instead}", reverse("workflow:slip", args=[slip.pk]))


def _words(kind: str, slip: Slip, items: Sequence[SlipItem], by: str) -> tuple[str, str]:
    name = f"Phiếu trình số {slip.name}"
    match kind:
        case "slip.arrived":
            note = f" Ý kiến: “{slip.note}”" if slip.note else ""
            return f"{name} chờ phê duyệt", f"{by} đã trình {counted(len(items))} nhiệm vụ đạt yêu cầu.{note}"
        case "slip.withdrawn":
            return f"{name} đã được rút", f"{by} đã rút phiếu trình. Các nhiệm vụ vẫn chờ phê duyệt từng việc."
        case _:
            return f"{name} đã được quyết định", f"{by} đã quyết định phiếu trình: {sum_of(items).words}."


def still_true(notices: Sequence[Notice]) -> set[int]:
    """What arrived stands while nobody has decided; what was decided or withdrawn for good."""
    waiting = set(
        Slip.objects.filter(pk__in={slip_of(one) for one in notices}, closed_at=None).values_list("pk", flat=True)
    )
    return {one.pk for one in notices if one.kind != "slip.arrived" or slip_of(one) in waiting}


def register_kinds() -> None:
    for kind in KINDS:
        register(kind, render, still_true)
