"""Points lost as tasks: what next year's plan could do about them. A proposal in words; Văn phòng decides."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from organization.rights import Rights
from organization.vietnamese import decimal
from plans.criteria.models import CriteriaSet, Criterion, CriterionLink
from plans.criteria.scoring import Line, sheet_of
from plans.criteria.selectors import named_by_plans
from plans.models import MeasureText, Plan
from plans.reading import Criterion as NamedCriterion
from plans.reading import RawRow
from plans.services import append_rows

APPENDIX = "I"
MOST = 100
OTHERWISE = "Phân tích nguyên nhân mất điểm; khắc phục phần còn thiếu; chuẩn bị tài liệu kiểm chứng ngay khi có kết quả"


@dataclass(frozen=True, slots=True)
class Lost:
    """A criterion that did not get all its points; `lead` is who led the work for it this year, as the plan wrote it."""

    criterion: Criterion
    area: str
    points: Decimal
    lead: str = ""

    @property
    def lost(self) -> Decimal:
        return self.criterion.max_points - self.points

    @property
    def task(self) -> str:
        one = self.criterion
        return f"Khắc phục điểm mất của tiêu chí {one.code} “{one.name}”: từ {decimal(self.points)} lên {decimal(one.max_points)} điểm"

    def row(self, order: int, code: str, note: str) -> RawRow:
        return RawRow(
            appendix=APPENDIX, order=str(order), row=f"{APPENDIX}.{order}", field=self.area,
            criteria=(NamedCriterion(code, self.criterion.name, self.criterion.max_points),), task=self.task, solution=OTHERWISE,
            product=self.criterion.evidence or "Báo cáo kết quả khắc phục", lead_raw=self.lead, coordinating_raw="",
            deadline_raw="", note=note,
        )  # fmt: skip


def lost_of(found: CriteriaSet) -> list[Lost]:
    """Scored criteria with points missing, most first. Three queries."""
    area, rows = "", []
    leads = _leads(found)
    for line in sheet_of(found).lines:
        if line.criterion.parent_id is None:
            area = f"{line.criterion.code}. {line.criterion.name}"
        if lost := _lost(line, area, leads):
            rows.append(lost)
    return sorted(rows, key=lambda one: (-one.lost, one.criterion.position))[:MOST]


def _lost(line: Line, area: str, leads: dict[str, str]) -> Lost | None:
    leaf = line.leaf
    if leaf is None or leaf.dropped or leaf.points is None or leaf.points >= leaf.maximum:
        return None
    return Lost(line.criterion, area, leaf.points, leads.get(line.criterion.code, ""))


def _leads(found: CriteriaSet) -> dict[str, str]:
    rows = named_by_plans(found).exclude(text__lead_raw="").order_by("-text__position")
    return dict(rows.values_list("code", "text__lead_raw"))


def take_over(found: CriteriaSet, plan: Plan, codes: Collection[str], rights: Rights) -> list[MeasureText]:
    """Put the chosen ones at the end of a draft, with the codes its year knows. Raises PlanRefused, Plan.DoesNotExist."""
    chosen = [lost for lost in lost_of(found) if lost.criterion.code in codes]
    later = CriterionLink.objects.filter(old__criteria_set=found, new__criteria_set__year=plan.year)
    renamed = dict(later.order_by("-new__position").values_list("old__code", "new__code"))
    numbers = MeasureText.objects.filter(version__plan=plan, appendix=APPENDIX).values_list("order", flat=True)
    last = max((int(number) for number in numbers.order_by("order") if number.isdecimal()), default=0)
    note = f"Theo điểm năm {found.year}, {found.name}"
    rows = [lost.row(order, renamed.get(lost.criterion.code, lost.criterion.code), note)
            for order, lost in enumerate(chosen, last + 1)]  # fmt: skip
    return append_rows(plan.pk, rows, rights, once=True)
