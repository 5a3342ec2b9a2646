"""What is filled in for a request: asking, an opinion, a decision, the papers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.timezone import localdate

from evidence.forms import DocumentForm
from organization.models import Unit
from organization.vietnamese import clean, short_date
from plans.enums import Source
from workflow.forms import Prose, StepForm
from workflow.issuing_forms import Day
from workflow.requests.asking import REASON_MISSING
from workflow.requests.deciding import OPINION_MISSING, OTHER_DATE_MISSING, REFUSAL_MISSING, must_be_later

REFUSED, OPPOSED, OTHERWISE = "refused", "opposed", "granted_otherwise"


class ExtensionForm(StepForm):
    prose = ("reason",)

    due_on = Day(
        label="Đề nghị gia hạn đến", error_messages={"required": "Chưa ghi ngày đề nghị. Ghi ngày sẽ hoàn thành."}
    )
    reason = Prose(label="Lý do", rows=5, missing=REASON_MISSING)

    def __init__(self, data: Any = None, *, due_on: date) -> None:
        super().__init__(data)
        self.now = due_on

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on <= self.now:
            raise forms.ValidationError(must_be_later(self.now))
        if due_on < localdate():
            raise forms.ValidationError(f"Ngày đề nghị phải từ ngày {short_date(localdate())} trở đi. Ghi lại ngày.")
        return due_on


class LeadChangeForm(StepForm):
    prose = ("reason",)

    unit = forms.ChoiceField(
        label="Đơn vị đề nghị chủ trì",
        error_messages={
            "required": "Chưa chọn đơn vị. Chọn đơn vị đề nghị chủ trì.",
            "invalid_choice": "Đơn vị này không có trong danh sách. Chọn đơn vị khác.",
        },
    )
    reason = Prose(label="Lý do", rows=5, missing=REASON_MISSING)

    def __init__(self, data: Any = None, *, units: Sequence[Unit]) -> None:
        super().__init__(data)
        self.units = {str(unit.pk): unit for unit in units}
        self.fields["unit"].choices = [("", "Chọn đơn vị"), *((key, unit.name) for key, unit in self.units.items())]  # type: ignore[attr-defined]

    def clean_unit(self) -> Unit:
        return self.units[self.cleaned_data["unit"]]


class PaperForm(DocumentForm):
    """A paper beside a request: nothing of it, or all of it. Its number and day are what it is known by."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options |= {"prefix": "paper", "empty_permitted": True, "use_required_attribute": False}
        super().__init__(*args, **options)
        self.fields["abstract"].required = False
        for name, missing in (
            ("number", "Chưa ghi số, ký hiệu văn bản. Ghi theo văn bản."),
            ("dated", "Chưa ghi ngày văn bản. Ghi ngày của văn bản."),
        ):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = missing

    def clean_abstract(self) -> str:
        return " ".join(clean(self.cleaned_data["abstract"]).split())

    def has_changed(self) -> bool:
        return any(self[name].data for name in self.fields)

    @property
    def given(self) -> bool:
        """Whether anything of it was filled in."""
        return self.is_bound and self.has_changed()


class AnswerForm(StepForm):
    """An opinion or a decision: yes with a remark, or no with its reason."""

    prose = ("note", "reason")
    options: Sequence[str]
    no = ""
    missing = ""

    decision = forms.ChoiceField(error_messages={"required": "Chọn kết quả", "invalid_choice": "Chọn kết quả"})
    note = Prose(label="Ý kiến kèm theo", rows=3)
    reason = Prose(label="Lý do", rows=4)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["decision"].choices = [(option, option) for option in self.options]  # type: ignore[attr-defined]
        self.initial.setdefault("decision", self.options[0])

    @property
    def chosen(self) -> str:
        return str(self["decision"].value())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == self.no and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", self.missing)
        return cleaned


class OpinionForm(AnswerForm):
    options = ("agreed", OPPOSED)
    no, missing = OPPOSED, OPINION_MISSING


class LeadDecisionForm(AnswerForm):
    options = ("granted", REFUSED)
    no, missing = REFUSED, REFUSAL_MISSING


class ExtensionDecisionForm(AnswerForm):
    options = ("granted", OTHERWISE, REFUSED)
    no, missing = REFUSED, REFUSAL_MISSING

    due_on = Day(label="Gia hạn đến", required=False)
    other_note = Prose(label="Ý kiến kèm theo", rows=3)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("decision") == OTHERWISE and cleaned.get("due_on") is None and "due_on" not in self.errors:
            self.add_error("due_on", OTHER_DATE_MISSING)
        return cleaned


class WithdrawForm(StepForm):
    prose = ("note",)

    note = Prose(label="Lý do rút", rows=2)


class SourceForm(forms.Form):
    """Nguồn giao of a measure."""

    source = forms.ChoiceField(
        label="Nguồn giao", choices=Source.choices, widget=forms.RadioSelect,
        error_messages={"required": "Chọn nguồn giao", "invalid_choice": "Chọn nguồn giao trong danh sách"},
    )  # fmt: skip
    document = forms.CharField(
        label="Văn bản giao", required=False, max_length=200,
        help_text="Số, ký hiệu và ngày, ví dụ Công văn 1234/UBND-NC ngày 05/02/2026.",
        error_messages={"max_length": "Văn bản dài quá 200 ký tự. Chỉ ghi số, ký hiệu và ngày."},
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        source = cleaned.get("source")
        if source and source != Source.PLAN and not clean(cleaned.get("document") or ""):
            self.add_error("document", f"Chưa ghi văn bản giao của {Source(source).label}. Ghi số, ký hiệu và ngày của văn bản.")  # fmt: skip
        return cleaned
