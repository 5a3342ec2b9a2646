"""What a list is asked for, read from its address at the edge: a word it does not know is no page."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.http import Http404, QueryDict

from organization.vietnamese import clean
from workflow.flows import AssignmentFlow
from workflow.models import Assignment, Step
from workflow.querysets import words_in
from workflow.timeliness import FINISHED, WAITING, State, Urgency

LONGEST_NUMBER = 18  # digits of a key that a bigint holds
LONGEST_SEARCH = 200
MOST_NUMBERS = 200

PRESSING = "gap"
GROUPS = {
    "qua-han": frozenset({Urgency.OVERDUE}),
    "da-qua": frozenset({Urgency.PASSED}),
    "sap-den-han": frozenset({Urgency.NEAR}),
    "con-han": frozenset({Urgency.LATER}),
    "khong-ngay": frozenset({Urgency.UNDATED}),
    PRESSING: frozenset({Urgency.OVERDUE, Urgency.PASSED, Urgency.NEAR}),
}
ORDERS = {"": "Xếp theo thời hạn", "diem": "Xếp theo điểm", "cho": "Xếp theo thời gian chờ"}
# states that are counted as one elsewhere: their words, and which they are
SEVERAL = {
    "hoan-thanh": ("Hoàn thành", FINISHED),
    "da-nop": ("Đã nộp, chờ duyệt", WAITING),
    "con-han": ("Trong hạn, kể cả sắp đến hạn", frozenset({State.IN_TIME, State.SOON, State.TODAY})),
    "sap-den-han": ("Sắp đến hạn, đến hạn hôm nay", frozenset({State.SOON, State.TODAY})),
}
STATES = {state.value: (str(state.label), frozenset({state})) for state in State} | SEVERAL
STAGES = {
    node.name: node
    for node in (
        AssignmentFlow.assign, AssignmentFlow.execute, AssignmentFlow.submit, AssignmentFlow.review, AssignmentFlow.approve,
    )
}  # fmt: skip


def number(data: QueryDict, name: str) -> int | None:
    raw = data.get(name, "")
    if not raw:
        return None
    if not raw.isascii() or not raw.isdecimal() or len(raw) > LONGEST_NUMBER:
        raise Http404
    return int(raw)


def numbers(data: QueryDict, name: str) -> tuple[int, ...]:
    raw = data.getlist(name)[:MOST_NUMBERS]
    if not all(one.isascii() and one.isdecimal() and len(one) <= LONGEST_NUMBER for one in raw):
        raise Http404
    return tuple(dict.fromkeys(int(one) for one in raw))


def day(data: QueryDict, name: str) -> date | None:
    raw = data.get(name, "")
    try:
        return date.fromisoformat(raw) if raw else None
    except ValueError as error:
        raise Http404 from error


def text(data: QueryDict, name: str) -> str:
    return clean(data.get(name, ""))[:LONGEST_SEARCH]


def word(data: QueryDict, name: str, known: Container[str]) -> str:
    raw = data.get(name, "")
    if raw and raw not in known:
        raise Http404
    return raw


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The state of a list. All of it stands in the address, under the names of these fields."""

    q: str = ""
    ke_hoach: int | None = None
    don_vi: int | None = None
    page: int = 1

    @property
    def address(self) -> str:
        """The address of this list, from the question mark on."""
        asked = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.page == 1:
            del asked["page"]
        return "?" + urlencode({name: value for name, value in asked.items() if value not in {None, ""}})

    def but(self, **changes: Any) -> Self:
        """The same list with something changed, from its first page on."""
        return replace(self, **({"page": 1} | changes))

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out; order and page leave nothing out."""
        return any(
            getattr(self, field.name) not in {None, ""} for field in fields(self) if field.name not in {"page", "xep"}
        )


@dataclass(frozen=True, kw_only=True)
class InboxWanted(Wanted):
    """`buoc` is the page of a step's node, `han` a key of GROUPS, `xep` one of ORDERS."""

    buoc: str = ""
    han: str = ""
    xep: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> InboxWanted:
        return cls(
            q=text(data, "q"), ke_hoach=number(data, "ke_hoach"), don_vi=number(data, "don_vi"),
            page=number(data, "page") or 1, buoc=text(data, "buoc"), han=word(data, "han", GROUPS), xep=word(data, "xep", ORDERS),
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class TasksWanted(Wanted):
    """`tinh_trang` is a key of STATES, `khau` the name of a stage, `linh_vuc` a field as the plan writes it."""

    tinh_trang: str = ""
    khau: str = ""
    linh_vuc: str = ""

    @classmethod
    def read(cls, data: QueryDict) -> TasksWanted:
        return cls(
            q=text(data, "q"), ke_hoach=number(data, "ke_hoach"), don_vi=number(data, "don_vi"),
            page=number(data, "page") or 1, tinh_trang=word(data, "tinh_trang", STATES),
            khau=word(data, "khau", STAGES), linh_vuc=data.get("linh_vuc", "")[:300],
        )  # fmt: skip

    @property
    def condition(self) -> Q:
        """Search, stage and field, as a condition on cases; unit, plan and state are what cells are counted by."""
        found = words_in("folded", self.q)
        if self.khau:
            there = Step.objects.open().filter(process_id=OuterRef("pk"), flow_task=STAGES[self.khau])
            found &= Q(Exists(there))
        if self.linh_vuc:
            found &= Q(pk__in=Assignment.objects.filter(measure__texts__field=self.linh_vuc).values("pk"))
        return found


@dataclass(frozen=True, kw_only=True)
class StakeWanted(Wanted):
    """`ngay`: as of that day; `bo`: by that set; `linh_vuc`, `tieu_chi`: whose rows are listed; `xong`: tasks thought
    of as completed."""

    ngay: date | None = None
    bo: int | None = None
    linh_vuc: str = ""
    tieu_chi: str = ""
    xong: tuple[int, ...] = ()

    @classmethod
    def read(cls, data: QueryDict) -> StakeWanted:
        return cls(
            ke_hoach=number(data, "ke_hoach"), don_vi=number(data, "don_vi"), page=number(data, "page") or 1,
            ngay=day(data, "ngay"), bo=number(data, "bo"), linh_vuc=data.get("linh_vuc", "")[:300],
            tieu_chi=text(data, "tieu_chi")[:20], xong=numbers(data, "xong"),
        )  # fmt: skip
