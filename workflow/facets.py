"""What stands around a list: totals, tabs, choices, the conditions in force. All are sums of counted cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from organization.vietnamese import decimal, sort_key, thousands
from workflow.filters import GROUPS, ORDERS, PRESSING, SEVERAL, STAGES, STATES, InboxWanted, TasksWanted
from workflow.flows import AssignmentFlow, InputFlow
from workflow.selectors import Cell, TaskCell
from workflow.timeliness import State, Urgency

TABS = {
    AssignmentFlow.review.page: "Chờ rà soát",
    AssignmentFlow.approve.page: "Chờ phê duyệt",
    InputFlow.answer.page: "Phối hợp",
}
TIMES = {
    "qua-han": "Quá hạn",
    "da-qua": "Đã nộp, nay qua ngày đến hạn",
    "sap-den-han": "Đến hạn trong 07 ngày",
    "con-han": "Còn thời hạn",
    "khong-ngay": "Không có ngày cụ thể",
    PRESSING: "Quá hạn hoặc sắp đến hạn",
}


@dataclass(frozen=True, slots=True)
class Figure:
    words: str
    value: str
    note: str
    url: str
    css: str = ""


@dataclass(frozen=True, slots=True)
class Tab:
    words: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    words: str
    url: str


def options(pairs: Iterable[tuple[Any, str]], chosen: Any) -> list[Option]:
    """Each value once, in the order of the Vietnamese alphabet."""
    named = sorted(dict(pairs).items(), key=lambda pair: sort_key(pair[1]))
    return [Option(str(value), words, value == chosen) for value, words in named]


def fits(cell: Cell, wanted: InboxWanted) -> bool:
    """Whether the steps of this cell are in the list that is wanted (the search aside)."""
    return (
        wanted.don_vi in {None, cell.unit_id}
        and wanted.ke_hoach in {None, cell.plan_id}
        and wanted.buoc in {"", cell.node.page}
        and (not wanted.han or cell.urgency in GROUPS[wanted.han])
    )


def total(cells: Iterable[Cell]) -> int:
    return sum(cell.count for cell in cells)


def found(cells: Iterable[Cell]) -> int:
    return sum(cell.found for cell in cells)


def found_by_urgency(cells: Iterable[Cell]) -> dict[Urgency, int]:
    sums = dict.fromkeys(Urgency, 0)
    for cell in cells:
        sums[cell.urgency] += cell.found
    return sums


def inbox_figures(cells: list[Cell], points: Decimal) -> list[Figure]:
    """Each opens exactly the rows that it counts."""

    def figure(words: str, han: str, note: str, css: str = "") -> Figure:
        count = total(cell for cell in cells if not han or cell.urgency in GROUPS[han])
        return Figure(words, thousands(count), note, InboxWanted(han=han).address, css if count else "")

    return [
        figure("Cần xử lý", "", "đang chờ đến lượt"),
        figure("Quá hạn", "qua-han", "kể cả đơn vị nộp sau thời hạn", "late"),
        figure("Sắp đến hạn", "sap-den-han", "trong 07 ngày làm việc", "warn"),
        Figure("Điểm có nguy cơ mất", decimal(points), "ước tính nội bộ, nếu không làm gì thêm", reverse("workflow:stake")),
    ]  # fmt: skip


def inbox_tabs(cells: list[Cell], wanted: InboxWanted) -> list[Tab]:
    """Everything, then each stage of which something waits."""
    pages = {cell.node.page: stage_words(cell.node) for cell in cells}
    tabs = [Tab("Tất cả", total(cells), InboxWanted().address, not wanted.buoc)]
    for page, words in pages.items():
        count = total(cell for cell in cells if cell.node.page == page)
        tabs.append(Tab(words, count, InboxWanted(buoc=page).address, wanted.buoc == page))
    return tabs


def stage_words(node: Any) -> str:
    return TABS.get(node.page, str(node.task_title))


def inbox_times(cells: list[Cell], wanted: InboxWanted) -> list[Option]:
    """The groups there are, and the one that was asked for."""
    there = {cell.urgency for cell in cells}
    return [
        Option(key, words, wanted.han == key)
        for key, words in TIMES.items()
        if GROUPS[key] & there or wanted.han == key
    ]


def inbox_orders(wanted: InboxWanted) -> list[Option]:
    return [Option(key, words, key == wanted.xep) for key, words in ORDERS.items()]


def inbox_chips(cells: list[Cell], wanted: InboxWanted) -> list[Chip]:
    """The conditions in force, each with the list without it."""
    units = {cell.unit_id: cell.unit for cell in cells}
    plans = {cell.plan_id: cell.plan for cell in cells}
    stages = {cell.node.page: stage_words(cell.node) for cell in cells}
    said = [
        Chip(f"“{wanted.q}”", wanted.but(q="").address) if wanted.q else None,
        Chip(plans.get(wanted.ke_hoach) or "Kế hoạch khác", wanted.but(ke_hoach=None).address) if wanted.ke_hoach is not None else None,
        Chip(units.get(wanted.don_vi) or "Đơn vị khác", wanted.but(don_vi=None).address) if wanted.don_vi is not None else None,
        Chip(stages.get(wanted.buoc) or "Khâu khác", wanted.but(buoc="").address) if wanted.buoc else None,
        Chip(TIMES[wanted.han], wanted.but(han="").address) if wanted.han else None,
    ]  # fmt: skip
    return [chip for chip in said if chip]


def task_fits(cell: TaskCell, wanted: TasksWanted) -> bool:
    """Whether the cases of this cell are in the list, whatever their state."""
    return wanted.don_vi in {None, cell.unit_id} and wanted.ke_hoach in {None, cell.plan_id}


def task_tabs(cells: list[TaskCell], wanted: TasksWanted) -> list[Tab]:
    """Everything, then each state that something is in; a state keeps the other conditions of the list."""
    sums = dict.fromkeys(State, 0)
    for cell in cells:
        if task_fits(cell, wanted):
            sums[cell.state] += cell.found
    tabs = [Tab("Tất cả", sum(sums.values()), wanted.but(tinh_trang="").address, not wanted.tinh_trang)]
    for state, count in sums.items():
        if count or wanted.tinh_trang == state:
            tabs.append(
                Tab(str(state.label), count, wanted.but(tinh_trang=state.value).address, wanted.tinh_trang == state)
            )
    if wanted.tinh_trang in SEVERAL:
        words, states = SEVERAL[wanted.tinh_trang]
        tabs.append(Tab(words, sum(sums[state] for state in states), wanted.address, current=True))
    return tabs


def task_chips(cells: list[TaskCell], wanted: TasksWanted) -> list[Chip]:
    units = {cell.unit_id: cell.unit for cell in cells}
    plans = {cell.plan_id: cell.plan for cell in cells}
    said = [
        Chip(f"“{wanted.q}”", wanted.but(q="").address) if wanted.q else None,
        Chip(plans.get(wanted.ke_hoach) or "Kế hoạch khác", wanted.but(ke_hoach=None).address) if wanted.ke_hoach is not None else None,
        Chip(units.get(wanted.don_vi) or "Đơn vị khác", wanted.but(don_vi=None).address) if wanted.don_vi is not None else None,
        Chip(wanted.linh_vuc, wanted.but(linh_vuc="").address) if wanted.linh_vuc else None,
        Chip(str(STAGES[wanted.khau].task_title), wanted.but(khau="").address) if wanted.khau else None,
        Chip(STATES[wanted.tinh_trang][0], wanted.but(tinh_trang="").address) if wanted.tinh_trang else None,
    ]  # fmt: skip
    return [chip for chip in said if chip]


def task_stages(wanted: TasksWanted) -> list[Option]:
    return [Option(name, str(node.task_title), wanted.khau == name) for name, node in STAGES.items()]


def task_fields(fields: Iterable[str], wanted: TasksWanted) -> list[Option]:
    return [Option(field, field, wanted.linh_vuc == field) for field in fields]
