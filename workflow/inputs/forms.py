"""What people fill in to ask another unit for its input, and to answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from organization.models import Unit, User
from workflow.forms import OfficerForm, Prose, StepForm
from workflow.inputs.answering import ANSWER_MISSING
from workflow.inputs.asking import QUESTION_MISSING, UNITS_MISSING
from workflow.issuing_forms import Day
from workflow.officers import Officer

ANSWERED, NAMED, PASSED = "answered", "named", "passed"


class AskForm(forms.Form):
    """`units` are those that could help; `chosen` those the plan names, ticked beforehand."""

    units = forms.MultipleChoiceField(
        label="Đơn vị phối hợp",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": UNITS_MISSING,
            "invalid_choice": "Đơn vị đã chọn không có trong danh sách. Chọn lại.",
        },
    )
    question = Prose(label="Nội dung cần phối hợp", rows=4, missing=QUESTION_MISSING)
    due_on = Day(
        label="Hạn trả lời", error_messages={"required": "Chưa ghi hạn trả lời. Ghi ngày đơn vị phải trả lời."}
    )

    def __init__(self, data: Any = None, *, units: Sequence[Unit], chosen: set[int]) -> None:
        super().__init__(data, initial={"units": [str(key) for key in chosen]})
        self.choices = {str(unit.pk): unit for unit in units}
        field = self.fields["units"]
        field.choices = [(key, unit.name) for key, unit in self.choices.items()]  # type: ignore[attr-defined]

    def clean_units(self) -> list[Unit]:
        return [self.choices[key] for key in self.cleaned_data["units"]]


class AnswerForm(StepForm):
    """The unit's answer. A head may instead name who prepares it; that person may pass it to the head."""

    prose = ("text", "note")

    decision = forms.ChoiceField(error_messages={"required": "Chọn cách xử lý", "invalid_choice": "Chọn cách xử lý"})
    text = Prose(label="Ý kiến của đơn vị", rows=8)
    officer = forms.ChoiceField(
        label="Người chuẩn bị", required=False, error_messages=OfficerForm.base_fields["officer"].error_messages
    )
    note = Prose(label="Ý kiến của trưởng đơn vị", rows=3)

    def __init__(self, data: Any = None, *, officers: Sequence[Officer] | None, text: str = "") -> None:
        """`officers` of the unit where its head has the request in hand; None where the person named has it."""
        super().__init__(data, initial={"decision": ANSWERED, "text": text})
        other = PASSED if officers is None else NAMED
        self.officers: dict[str, User] = {str(officer.user.pk): officer.user for officer in officers or ()}
        self.fields["decision"].choices = [(ANSWERED, ANSWERED), (other, other)]  # type: ignore[attr-defined]
        choices = [(str(officer.user.pk), officer.label) for officer in officers or ()]
        self.fields["officer"].choices = [("", "Chọn người"), *choices]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> str:
        return str(self["decision"].value())

    def clean_officer(self) -> User | None:
        return self.officers.get(self.cleaned_data["officer"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        decision = cleaned.get("decision")
        if decision == NAMED and not cleaned.get("officer") and "officer" not in self.errors:
            self.add_error("officer", "Chọn người chuẩn bị")
        if decision in {ANSWERED, PASSED} and not cleaned.get("text") and "text" not in self.errors:
            self.add_error("text", ANSWER_MISSING)
        return cleaned


class WithdrawForm(StepForm):
    prose = ("note",)

    note = Prose(label="Lý do rút", rows=2)
