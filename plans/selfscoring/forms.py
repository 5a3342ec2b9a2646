"""What people fill in for a đợt tự chấm."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.timezone import localdate

from organization.models import Unit
from plans.criteria.models import CriteriaSet, Criterion, Level
from plans.selfscoring.checks import share_of
from plans.selfscoring.models import ScoringRound
from plans.selfscoring.services import Dates
from plans.selfscoring.states import MOVES

FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


def day_field(label: str, *, required: bool = True, help_text: str = "") -> forms.DateField:
    return forms.DateField(
        label=label, required=required, help_text=help_text, input_formats=FORMATS,
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "15/11/2024"}),
        error_messages={"required": f"{label}: chưa ghi ngày. Ghi theo mẫu ngày/tháng/năm.",
                        "invalid": f"{label}: ngày này không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 15/11/2024."},
    )  # fmt: skip


def usual(found: CriteriaSet) -> Dates:
    """When the province has its departments score themselves, and when the ministry has the provinces."""
    if found.level == Level.DEPARTMENT:
        return Dates(date(found.year, 10, 1), date(found.year, 11, 30), date(found.year, 12, 31))
    return Dates(date(found.year + 1, 1, 1), date(found.year + 1, 2, 10), date(found.year + 1, 2, 20))


class DatesForm(forms.Form):
    opens_on = day_field("Đơn vị chấm từ ngày")
    score_until = day_field("Đơn vị chấm đến hết ngày")
    close_by = day_field("Lãnh đạo chốt chậm nhất ngày", help_text="Trước hạn gửi của cơ quan tổ chức chấm điểm.")
    explain_until = day_field("Giải trình đến hết ngày", required=False, help_text="Điền khi đơn vị đang giải trình; để trống khi chưa có điểm thẩm định.")  # fmt: skip

    def __init__(self, data: Any, *, dates: Dates, explaining: bool = True) -> None:
        super().__init__(data, initial={name: getattr(dates, name) for name in self.base_fields})
        if not explaining:
            del self.fields["explain_until"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        opens, until, close = (cleaned.get(name) for name in ("opens_on", "score_until", "close_by"))
        if opens and until and until < opens:
            self.add_error("score_until", "Ngày đơn vị chấm xong phải từ ngày bắt đầu trở đi. Ghi lại ngày.")
        if until and close and close < until:
            self.add_error("close_by", "Ngày chốt phải từ ngày đơn vị chấm xong trở đi. Ghi lại ngày.")
        return cleaned

    def dates(self) -> Dates:
        return Dates(**self.cleaned_data)


class MoveForm(forms.Form):
    """What one move of the round asks for."""

    note = forms.CharField(
        label="Lý do",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Chưa ghi lý do. Ghi rõ lý do rồi làm lại.", "max_length": "Lý do dài quá 2.000 ký tự. Rút gọn lại."},
    )  # fmt: skip
    explain_until = day_field("Giải trình đến hết ngày")
    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, data: Any, *, verb: str, found: ScoringRound) -> None:
        super().__init__(data, initial={"seen": found.stamp}, auto_id=f"{verb}_%s")
        self.verb, self.move = verb, MOVES[verb]
        if not self.move.why:
            del self.fields["note"]
        if verb != "explain":
            del self.fields["explain_until"]

    def said(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class ShareForm(forms.Form):
    """One choice for each criterion: the unit that scores it, or Văn phòng."""

    def __init__(self, data: Any, *, criteria: Sequence[Criterion], units: Sequence[Unit]) -> None:
        super().__init__(data)
        self.criteria = criteria
        choices = [("", "Văn phòng ghi"), *((str(unit.pk), unit.name) for unit in units)]
        for one in criteria:
            share = share_of(one)
            there = {key for key, _ in choices}
            own = (
                [(str(share.unit_id), f"{share.unit.name} (đã kết thúc)")]
                if share and str(share.unit_id) not in there
                else []
            )
            self.fields[self.cell(one)] = forms.ChoiceField(
                required=False, choices=[*choices, *own], initial=str(share.unit_id) if share else "",
                widget=forms.Select(attrs={"aria-label": f"Đơn vị chấm {one.code}"}),
                error_messages={"invalid_choice": f"{one.code}: đơn vị này không còn. Chọn đơn vị khác."},
            )  # fmt: skip

    @staticmethod
    def cell(criterion: Criterion) -> str:
        return f"don-vi-{criterion.pk}"

    def units(self) -> dict[int, int | None]:
        """Only where the choice is another: a unit that has ended stays with what it had."""
        changed = {
            one: self.cleaned_data[self.cell(one)] for one in self.criteria if self.cell(one) in self.changed_data
        }
        return {one.pk: int(key) if key else None for one, key in changed.items()}

    def rows(self) -> list[tuple[Criterion, Any]]:
        return [(one, self[self.cell(one)]) for one in self.criteria]


class SendBackForm(forms.Form):
    reason = forms.CharField(
        label="Lý do trả lại",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ghi rõ thiếu gì, ở đâu, cần sửa thế nào.",
        error_messages={"required": "Chưa ghi lý do. Ghi rõ lý do rồi làm lại.", "max_length": "Lý do dài quá 2.000 ký tự. Rút gọn lại."},
    )  # fmt: skip
    until = day_field("Chấm lại đến hết ngày")

    def clean_until(self) -> date:
        until: date = self.cleaned_data["until"]
        if until < localdate():
            raise forms.ValidationError("Ngày chấm lại đã qua. Ghi một ngày từ hôm nay trở đi.")
        return until
