"""What people fill in for the verbs of a task besides its steps."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils.timezone import localdate

from evidence.forms import FilesField
from organization.vietnamese import short_date
from workflow.closing import REASON_MISSING
from workflow.forms import Prose
from workflow.issuing_forms import Day
from workflow.services import REASON_TO_REOPEN
from workflow.stopping import DECISION_MISSING, REASON_TO_PAUSE


class RecallForm(forms.Form):
    """`step` is the step that the page showed: what has gone on since then is not recalled."""

    step = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "Mở lại trang rồi rút lại."})


class SuspendForm(forms.Form):
    reason = Prose(label="Lý do tạm dừng", rows=3, missing=REASON_TO_PAUSE)


class ResumeForm(forms.Form):
    note = Prose(label="Ghi chú", rows=3)


class DropForm(forms.Form):
    number = forms.CharField(
        label="Số, ký hiệu quyết định",
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "386/QĐ-SKHĐT"}),
        error_messages={
            "required": "Chưa ghi số, ký hiệu của quyết định. Ghi số và ký hiệu, ví dụ 386/QĐ-SKHĐT.",
            "max_length": "Số, ký hiệu dài quá 60 ký tự. Chỉ ghi số và ký hiệu, ví dụ 386/QĐ-SKHĐT.",
        },
    )
    dated = Day(label="Ngày quyết định", error_messages={"required": DECISION_MISSING})
    uploads = FilesField(label="Tệp quyết định", required=False)
    note = Prose(label="Lý do", rows=3)

    def clean_dated(self) -> date:
        dated: date = self.cleaned_data["dated"]
        if dated > localdate():
            raise forms.ValidationError(
                f"Ngày quyết định không sau ngày {short_date(localdate())}. Ghi lại ngày của quyết định."
            )
        return dated


class ReopenForm(forms.Form):
    reason = Prose(label="Lý do mở lại", rows=3, missing=REASON_TO_REOPEN)


class ReopenPlanForm(forms.Form):
    reason = Prose(label="Lý do mở lại kế hoạch", rows=3, missing=REASON_MISSING)
