"""Lập kế hoạch năm sau: a plan's rows for the year after, to be looked over like a file that was read.

Leads are the units of today; deadlines are read anew for the year; criteria take the codes of the newer set. What
cannot be settled by itself is said on the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from django.db.models import Q
from django.utils.timezone import localdate, now

from audit import services as audit
from organization.enums import Role
from organization.models import Unit
from organization.rights import Rights
from organization.vietnamese import counted
from plans.amendments import newest_version, texts_now
from plans.closing import measures_settled
from plans.criteria.models import CriteriaSet, CriterionLink
from plans.deadlines import DeadlineSettings
from plans.drafting import COORDINATING, CRITERIA, DEADLINE, LEAD, DraftCriterion, DraftOwner, DraftProblem, DraftRow
from plans.enums import OwnerKind, Settled
from plans.errors import PlanRefused
from plans.intake import deadline_settings
from plans.models import Plan, PlanImport
from plans.reading import PlanFile, PlanHeader, RawRow, Severity
from plans.services import draft_row_of, need_office
from plans.understanding import UnderstoodRow, understand

NOT_ISSUED = "Kế hoạch còn là dự thảo. Đưa vào theo dõi rồi lập kế hoạch năm sau từ kế hoạch này."
NOTHING_LEFT = "Mọi dòng của kế hoạch đã được ghi không còn thực hiện nên không có gì để đưa sang năm sau."


class AlreadyCopied(PlanRefused):
    """Next year's plan was made from this one before; `kept` is where it is."""

    def __init__(self, kept: PlanImport) -> None:
        self.kept = kept
        where = "đã lưu thành dự thảo" if kept.plan_id else "đang được xem lại, chưa lưu thành dự thảo"
        super().__init__(f"Kế hoạch năm {kept.year} đã được lập từ kế hoạch này, {where}. Sửa tiếp ở đây.")


def copy_plan(plan_id: int, rights: Rights) -> PlanImport:
    """What a plan says for the year after, once. Raises PermissionDenied, Plan.DoesNotExist, PlanRefused."""
    need_office(rights)
    today = localdate()
    with audit.transaction():
        plan = Plan.objects.select_for_update(no_key=True).get(pk=plan_id, agency_id=rights.agency_id)
        if plan.issued_at is None:
            raise PlanRefused(NOT_ISSUED)
        if there := PlanImport.objects.filter(copies=plan).first():
            raise AlreadyCopied(there)
        copier = Copier.of(plan, today)
        rows, left = copier.rows()
        if not rows:
            raise PlanRefused(NOTHING_LEFT)
        kept = PlanImport.objects.create(
            agency_id=plan.agency_id, by_id=rights.user_id, at=now(), filename=f"Chép từ {plan}, năm {plan.year}",
            sha256="", year=plan.year + 1, copies=plan, rows=[row.to_json() for row in rows],
            header={"number": "", "title": in_words(plan.title, plan.year), "issued_on": None},
            problems=[*copier.book.problems, *_left_out(left)],
        )  # fmt: skip
        audit.record(
            "plan.copied", f"plan:{plan.pk}", agency=plan.agency_id, actor=rights.user_id, on_behalf_of=rights.name_for(Role.REVIEWER), at=kept.at, year=kept.year,
            rows=len(rows), carried=[row.row for row in rows if row.carried], left=left,
        )  # fmt: skip
    return kept


def _left_out(codes: Sequence[str]) -> list[str]:
    if not codes:
        return []
    number = counted(len(codes))
    return [f"{number} dòng được ghi không còn thực hiện khi đóng kế hoạch nên không đưa sang: {', '.join(codes)}."]


def in_words(text: str, year: int) -> str:
    """«năm 2026» of the plan of 2026 is «năm 2027» in the next; so are the years beside it."""
    return _later(rf"(?<=năm ){_years(year - 1, year, year + 1)}(?!\d|/|\s*[-–])", text)


def in_dates(text: str, year: int) -> str:
    """«30/11/2026», «Quý I/2027» a year later; the number of a document keeps its year."""
    return _later(rf"(?<!\d){_years(year, year + 1)}(?!\d|/\D)", text)


def _years(*years: int) -> str:
    return f"({'|'.join(str(year) for year in years)})"


def _later(pattern: str, text: str) -> str:
    return re.sub(pattern, lambda found: str(int(found[1]) + 1), text)


@dataclass(frozen=True)
class Units:
    """The agency's units on a day, those that have ended with their successors."""

    every: Mapping[int, Unit]
    today: date

    @classmethod
    def of(cls, agency_id: int, today: date) -> Self:
        units = Unit.objects.filter(agency_id=agency_id).prefetch_related("successors")
        return cls({unit.pk: unit for unit in units}, today)

    def has_ended(self, unit_id: int | None) -> bool:
        unit = self.every.get(unit_id or 0)
        return unit is not None and unit.until is not None and unit.until < self.today

    def heirs(self, unit_id: int) -> list[Unit]:
        """The units in force that follow one which has ended, through as many changes as there were."""
        found: dict[int, Unit] = {}
        waiting, met = [unit_id], {unit_id}
        while waiting:
            for heir in self.every[waiting.pop(0)].successors.all():
                if not self.has_ended(heir.pk):
                    found[heir.pk] = heir
                elif heir.pk not in met:
                    met.add(heir.pk)
                    waiting.append(heir.pk)
        return list(found.values())

    def now(
        self, owners: Sequence[DraftOwner], column: str
    ) -> tuple[tuple[DraftOwner, ...], tuple[DraftProblem, ...], bool]:
        """The same bodies as they are today, what is to be looked at, and whether any of them is another."""
        found: dict[object, DraftOwner] = {}
        problems: list[DraftProblem] = []
        for owner in owners:
            if not self.has_ended(owner.unit_id):
                found.setdefault(owner.key or owner, owner)
                continue
            heirs = self.heirs(owner.unit_id or 0)
            problems.append(_of_heirs(owner, heirs, column))
            for unit in heirs:
                heir = DraftOwner(unit.name, unit.name, OwnerKind.UNIT.value, unit.pk)
                found.setdefault(heir.key, heir)
        return tuple(found.values()), tuple(problems), bool(problems)


def _of_heirs(owner: DraftOwner, heirs: Sequence[Unit], column: str) -> DraftProblem:
    names = ", ".join(unit.name for unit in heirs)
    if not heirs:
        words = f"{owner.name} không còn và chưa có đơn vị thay. Chọn đơn vị khác."
        severity = Severity.ERROR if column == LEAD else Severity.CONFIRM
        return DraftProblem(column, words, severity.value)
    each = " Mỗi đơn vị sẽ nhận một việc riêng." if len(heirs) > 1 and column == LEAD else ""
    return DraftProblem(
        column, f"{owner.name} không còn, thay bằng {names}.{each} Xác nhận lại.", Severity.CONFIRM.value
    )


@dataclass(frozen=True)
class CodeBook:
    """What the codes of this year's set are in next year's; `newer` is None where there is no set yet."""

    codes: Mapping[str, Sequence[DraftCriterion]]
    newer: CriteriaSet | None
    problems: Sequence[str] = ()

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """By the sets for which the plan works: the one that names it, else of its year, the province's first."""
        sets = CriteriaSet.objects.kept().filter(agency_id=plan.agency_id).order_by("-level", "-version", "-pk")
        older = sorted(sets.filter(Q(plans=plan) | Q(year=plan.year)).distinct(), key=lambda one: one.year != plan.year)
        newer = list(sets.live().filter(year=plan.year + 1))
        pair = next(((old, new) for old in older for new in newer if old.level == new.level), None)
        if pair is None:
            return cls({}, None, [_no_set(plan)])
        links = CriterionLink.objects.filter(old__criteria_set=pair[0], new__criteria_set=pair[1])
        codes: dict[str, list[DraftCriterion]] = {}
        for link in links.select_related("old", "new").order_by("new__position"):
            new = DraftCriterion(link.new.code, link.new.name, link.new.max_points)
            codes.setdefault(link.old.code, []).append(new)
        return cls(codes, pair[1], [] if codes else [_not_mapped(*pair)])

    def now(self, criteria: Sequence[DraftCriterion]) -> tuple[tuple[DraftCriterion, ...], list[DraftProblem]]:
        found: dict[str, DraftCriterion] = {}
        problems: list[DraftProblem] = []
        for one in criteria:
            heirs = self.codes.get(one.code, []) if one.code else []
            for heir in heirs:
                found.setdefault(heir.code, heir if one.points is not None else replace(heir, points=None))
            if not heirs:
                found.setdefault(one.code or one.name, one)
            problems += self._about(one, heirs)
        return tuple(found.values()), problems

    def _about(self, one: DraftCriterion, heirs: Sequence[DraftCriterion]) -> Iterable[DraftProblem]:
        if self.newer is None or not one.code or len(heirs) == 1:
            return
        codes = ", ".join(heir.code for heir in heirs)
        words = (
            f"Tiêu chí {one.code} nay là {codes} trong {self.newer}. Giữ lại các mã đúng với dòng này."
            if heirs else f"Tiêu chí {one.code} không có trong bảng đối chiếu với {self.newer}. Ghi lại mã tiêu chí."
        )  # fmt: skip
        yield DraftProblem(CRITERIA, words, Severity.CONFIRM.value)


def _no_set(plan: Plan) -> str:
    return f"Chưa có bộ tiêu chí năm {plan.year + 1} nên mã tiêu chí giữ như năm {plan.year}. Nhập bộ tiêu chí mới và đối chiếu, rồi lập lại hoặc sửa từng dòng."


def _not_mapped(old: CriteriaSet, new: CriteriaSet) -> str:
    return f"{new} (năm {new.year}) chưa được đối chiếu với {old} (năm {old.year}). Đối chiếu ở trang Bộ tiêu chí rồi lập lại, hoặc sửa từng dòng."


@dataclass(frozen=True)
class Copier:
    """All that is needed to say a plan's rows for the year after."""

    plan: Plan
    units: Units
    book: CodeBook
    rules: DeadlineSettings
    settled: Mapping[int, set[str]]

    @classmethod
    def of(cls, plan: Plan, today: date) -> Self:
        agency = plan.agency
        return cls(
            plan, Units.of(agency.pk, today), CodeBook.of(plan), deadline_settings(agency), measures_settled(plan)
        )

    def rows(self) -> tuple[list[DraftRow], list[str]]:
        """The rows in the plan's order, and the codes of those that are not carried on with."""
        rows, left = [], []
        for text in texts_now(newest_version(self.plan)):
            settled = self.settled.get(text.measure_id, set())
            if settled == {Settled.DROPPED}:
                left.append(text.code)
            else:
                rows.append(self.row(draft_row_of(text), carried=Settled.CARRIED in settled))
        return rows, left

    def row(self, row: DraftRow, *, carried: bool) -> DraftRow:
        """One row of the year after; what was carried forward keeps its words, and its date is asked about."""
        leads, of_leads, other_leads = self.units.now(row.leads, LEAD)
        helpers, of_helpers, other_helpers = self.units.now(row.coordinating, COORDINATING)
        criteria, of_criteria = self.book.now(row.criteria)
        read = self._deadline(row)
        problems = [*read.told(DEADLINE), *([self._carried(row)] if carried else [])]
        return replace(
            self._reworded(row, carried=carried), leads=leads, coordinating=helpers, criteria=criteria,
            lead_raw=_names(leads) if other_leads else row.lead_raw,
            coordinating_raw=_names(helpers) if other_helpers else row.coordinating_raw,
            deadline=read.deadline, carried=carried, continues=row.measure_id, measure_id=None, confirmed=False,
            read={}, by_hand=True,
            problems=(*(p for p in row.told(LEAD) if p.blocking), *of_leads, *of_helpers, *problems, *of_criteria),
        )  # fmt: skip

    def _reworded(self, row: DraftRow, *, carried: bool) -> DraftRow:
        year = self.plan.year
        if carried:
            said = f"Chuyển tiếp từ năm {year}."
            return replace(row, note=row.note if said in row.note else f"{row.note}\n{said}".strip())
        task, solution, product = (in_words(text, year) for text in (row.task, row.solution, row.product))
        return replace(row, task=task, solution=solution, product=product)

    def _deadline(self, row: DraftRow) -> DraftRow:
        """A row that says nothing but the deadline, read for the year."""
        year = self.plan.year + 1
        raw = RawRow(
            row.appendix, row.order, row.row, "", (), row.task, "", "", "", "", in_dates(row.deadline.raw, year - 1), ""
        )
        rows: list[UnderstoodRow[int]] = understand(PlanFile(PlanHeader(year=year), [raw]), year, None, self.rules)
        return DraftRow.of(rows[0])

    def _carried(self, row: DraftRow) -> DraftProblem:
        year = self.plan.year
        before = f", thời hạn khi đó là “{row.deadline.raw}”" if row.deadline.raw else ""
        words = f"Chưa xong khi đóng kế hoạch năm {year}{before}. Xác nhận thời hạn của năm {year + 1}."
        return DraftProblem(DEADLINE, words, Severity.CONFIRM.value)


def _names(owners: Sequence[DraftOwner]) -> str:
    return "; ".join(owner.name for owner in owners)
