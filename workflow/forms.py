"""What people fill in on the pages of the steps. Every sentence says what is missing and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.timezone import localdate

from evidence.forms import DocumentForm
from organization.forms import DAY, PersonChoice
from organization.models import Unit, User
from organization.vietnamese import clean
from workflow import returns
from workflow.directing import CAUSE_MISSING, TEXT_MISSING
from workflow.effects import REASON_MISSING, STATEMENT_MISSING
from workflow.figures import NotAFigure, figure_of, figure_words
from workflow.handing import REASON_MISSING as HAND_OVER_REASON
from workflow.officers import Officer
from workflow.progress import PROGRESS_MISSING
from workflow.requests.deciding import OTHER_DATE_MISSING, REFUSAL_MISSING
from workflow.services import REASON_FOR_CHANGE, REASON_TO_LOOK

LONGEST = 20_000
RETURNED, SUPPLEMENT, CLARIFY, CONFIRMED = "returned", "supplement", "clarify", "confirmed"
PAPERS_MISSING = "Chưa ghi cần bổ sung gì. Chọn lý do hoặc ghi rõ rồi gửi lại."
PAPER_NUMBER = "Chưa ghi số của văn bản đã ký. Ghi số, ký hiệu."
PAPER_DATE = "Chưa ghi ngày của văn bản đã ký. Ghi ngày văn bản."
QUESTION_MISSING = "Chưa ghi cần Văn phòng làm rõ điều gì. Ghi rõ rồi gửi lại."


class Prose(forms.CharField):
    """Text of several lines, as people write it: NFC, no invisible characters."""

    def __init__(self, *, rows: int = 4, missing: str = "", **options: Any) -> None:
        """`missing` is what is said where nothing is written; without it nothing need be."""
        widget = forms.Textarea(attrs={"rows": rows})
        super().__init__(required=bool(missing), max_length=LONGEST, widget=widget, **options)
        self.error_messages["required"] = missing
        too_long = f"Nội dung dài quá {LONGEST:,} ký tự. Rút gọn rồi gửi lại.".replace(",", ".")
        self.error_messages["max_length"] = too_long

    def to_python(self, value: Any) -> str:
        return clean(str(value)) if value else ""


class StepForm(forms.Form):
    """A form of one step; `prose` names the fields whose text is given back when the act comes too late."""

    prose: tuple[str, ...] = ()

    @classmethod
    def typed_in(cls, data: Mapping[str, Any]) -> str:
        """What was written, for the person to keep."""
        written = (clean(str(data.get(name, ""))) for name in cls.prose)
        return "\n\n".join(text for text in written if text)

    @property
    def typed(self) -> str:
        return self.typed_in(self.data)


class OfficerForm(StepForm):
    """One of the people of the lead unit."""

    officer = forms.ChoiceField(
        label="Người thực hiện",
        error_messages={
            "required": "Chọn người thực hiện",
            "invalid_choice": "Người này không thuộc đơn vị chủ trì. Chọn người trong đơn vị.",
        },
    )

    def __init__(self, *args: Any, officers: Sequence[Officer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.officers = {str(officer.user.pk): officer.user for officer in officers}
        choices = [(str(officer.user.pk), officer.label) for officer in officers]
        self.fields["officer"].choices = [("", "Chọn người"), *choices]  # type: ignore[attr-defined]

    def clean_officer(self) -> User:
        return self.officers[self.cleaned_data["officer"]]


class AssignForm(OfficerForm):
    prose = ("note",)

    whole_year = forms.BooleanField(label="Phân công cả năm", required=False, initial=True)
    note = Prose(label="Ý kiến của trưởng đơn vị", rows=3)


class StatementForm(StepForm):
    prose = ("statement",)

    statement = Prose(label="Kết quả thực hiện", rows=8, missing=STATEMENT_MISSING)

    def keep_at(self, url: str) -> None:
        """What is typed is kept by itself after some seconds, where there is JavaScript."""
        self.fields["statement"].widget.attrs |= {
            "hx-post": url, "hx-trigger": "input changed delay:4s", "hx-target": "#kept", "hx-vals": '{"act": "draft"}',
        }  # fmt: skip


class SubmitForm(StepForm):
    """The head hands it in, or gives it back to the officer with a reason."""

    prose = ("statement", "wanted")

    decision = forms.ChoiceField(error_messages={"required": "Chọn kết quả", "invalid_choice": "Chọn kết quả"})
    wanted = Prose(label="Cần làm gì", rows=5)
    statement = Prose(label="Kết quả thực hiện", rows=8)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = [("submitted", "Nộp kết quả"), (RETURNED, "Trả lại chuyên viên")]  # type: ignore[attr-defined]
        self.initial.setdefault("decision", "submitted")

    @property
    def returns(self) -> bool:
        return str(self["decision"].value()) == RETURNED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["reason"] = cleaned.get("wanted", "")
        if cleaned.get("decision") == RETURNED and not cleaned["reason"] and "wanted" not in self.errors:
            self.add_error("wanted", REASON_MISSING)
        if cleaned.get("decision") == "submitted" and not cleaned.get("statement") and "statement" not in self.errors:
            self.add_error("statement", STATEMENT_MISSING)
        return cleaned


def coded_reasons() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label="Lý do",
        required=False,
        choices=returns.Reason.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Chọn lý do trong danh sách"},
    )


class JudgeForm(StepForm):
    """Văn phòng's and leadership's decision, tied to the digest the page showed.

    Each way of sending it back has fields of its own: what is typed under one choice is not lost by another.
    """

    prose = ("note", "last_word", "wanted", "papers_wanted", "question")

    decision = forms.ChoiceField(error_messages={"required": "Chọn kết quả", "invalid_choice": "Chọn kết quả"})
    note = Prose(label="Ý kiến kèm theo", rows=3)
    last_word = Prose(label="Ý kiến của Văn phòng", rows=3)
    reasons = coded_reasons()
    wanted = Prose(label="Cần làm gì", rows=5)
    direct = forms.BooleanField(label="Trình lại trực tiếp cho tôi", required=False)
    papers_reasons = coded_reasons()
    papers_wanted = Prose(label="Cần bổ sung gì", rows=4)
    papers_direct = forms.BooleanField(label="Trình lại trực tiếp cho tôi", required=False)
    question = Prose(label="Cần làm rõ điều gì", rows=4)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        """`choices`: the decisions offered, the first of them a yes."""
        super().__init__(*args, **kwargs)
        self.fields["decision"].choices = choices  # type: ignore[attr-defined]
        self.initial.setdefault("decision", choices[0][0])

    @property
    def chosen(self) -> str:
        return str(self["decision"].value())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        match cleaned.get("decision"):
            case "returned":
                self._sends_back(cleaned, "wanted", REASON_MISSING)
            case "supplement":
                self._sends_back(cleaned, "papers_wanted", PAPERS_MISSING)
            case "clarify":
                self._needs(cleaned, "question", QUESTION_MISSING)
        return cleaned

    def _sends_back(self, cleaned: dict[str, Any], wanted: str, missing: str) -> None:
        """The reason in words and code, whether it comes straight back: under the names the verbs know."""
        prefix = wanted.removesuffix("wanted")
        codes = cleaned.get(f"{prefix}reasons", [])
        cleaned["reason"] = returns.written(codes, cleaned.get(wanted, ""))
        cleaned["codes"], cleaned["straight"] = codes, cleaned.get(f"{prefix}direct", False)
        # «Lý do khác» says nothing by itself
        if not set(codes) - {returns.Reason.OTHER.value}:
            self._needs(cleaned, wanted, missing)

    def _needs(self, cleaned: dict[str, Any], name: str, missing: str) -> None:
        if not cleaned.get(name) and name not in self.errors:
            self.add_error(name, missing)


class DirectiveForm(StepForm):
    prose = ("text",)

    text = Prose(label="Ý kiến chỉ đạo", rows=4, missing=TEXT_MISSING)


class CauseForm(StepForm):
    prose = ("reason",)

    reason = Prose(label="Nguyên nhân khách quan", rows=4, missing=CAUSE_MISSING)


class ChangeOfficerForm(OfficerForm):
    prose = ("reason",)

    reason = Prose(label="Lý do", rows=3, missing=REASON_FOR_CHANGE)


class HandOverForm(forms.Form):
    """To whom, and why."""

    to = forms.ChoiceField(
        label="Người nhận",
        error_messages={
            "required": "Chọn người nhận.",
            "invalid_choice": "Người này không nhận được. Chọn người khác.",
        },
    )
    reason = Prose(label="Lý do", rows=3, missing=HAND_OVER_REASON)

    def __init__(self, *args: Any, receivers: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(key), words) for key, words in receivers.items()]
        self.fields["to"].choices = [("", "Chọn người nhận"), *choices]  # type: ignore[attr-defined]

    def receiver(self) -> User:
        return User.objects.get(pk=self.cleaned_data["to"])


class ReviewerForm(forms.Form):
    """Rà soát chéo: who reviews, and why; nobody gives the work back to the usual way."""

    reviewer = PersonChoice(
        User.objects.none(), label="Người rà soát chéo", required=False, empty_label="Không chỉ định, theo quy trình chung",
        help_text="Người ngoài đơn vị chủ trì, chưa tham gia việc này. Áp dụng từ lần nộp kết quả tới.",
        error_messages={"invalid_choice": "Người này không rà soát chéo được. Chọn người khác."},
    )  # fmt: skip
    note = Prose(label="Ý kiến", rows=3)


class ProgressSheetForm(forms.Form):
    """The sheet of the unit's open work, filled in."""

    file = forms.FileField(
        label="Bảng tiến độ đã điền",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text="Tệp Excel (.xlsx) tải từ trang này. Giữ nguyên cột Mã dòng.",
        error_messages={
            "required": "Chưa chọn tệp. Chọn tệp Excel (.xlsx) đã điền.",
            "empty": "Tệp này trống. Kiểm tra lại tệp rồi tải lên.",
            "max_length": "Tên tệp dài quá. Đổi tên ngắn hơn rồi tải lên.",
        },
    )


class SlipForm(forms.Form):
    """What Văn phòng says of a phiếu trình as a whole."""

    note = Prose(label="Ý kiến của Văn phòng", rows=3)


class LookAgainForm(StepForm):
    """Why leadership takes up what Văn phòng confirmed."""

    prose = ("reason",)

    reason = Prose(label="Lý do xem lại", rows=3, missing=REASON_TO_LOOK)


class UnitTransferForm(forms.Form):
    """From when, by what decision, to whom where a row says nothing else."""

    on = forms.DateField(
        label="Từ ngày", widget=DAY, initial=localdate, error_messages={"required": "Chưa ghi ngày bàn giao."}
    )
    basis = forms.CharField(
        label="Căn cứ", max_length=300, help_text="Số, ngày của quyết định sắp xếp đơn vị.",
        error_messages={"required": "Chưa ghi căn cứ. Ghi số, ngày của quyết định."},
    )  # fmt: skip
    successor = forms.ModelChoiceField(
        Unit.objects.none(), label="Đơn vị nhận", empty_label="Chọn đơn vị nhận",
        help_text="Nhận mọi việc không chọn riêng trong bảng.",
        error_messages={"required": "Chọn đơn vị nhận.", "invalid_choice": "Đơn vị này không nhận được. Chọn đơn vị khác."},
    )  # fmt: skip

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = {str(unit.pk): unit for unit in units}
        self.fields["successor"].queryset = units  # type: ignore[attr-defined]

    def clean_basis(self) -> str:
        return clean(self.cleaned_data["basis"])

    def chosen(self, name: str) -> Unit:
        """The unit that a row names, or the one for all."""
        return self.units.get(str(self.data.get(name, "")), self.cleaned_data["successor"])


class PaperForm(DocumentForm):
    """A decision as it stands on a signed paper: whose, which, and the paper itself."""

    signer = forms.ChoiceField(
        label="Người ký",
        error_messages={"required": "Chọn người ký.", "invalid_choice": "Người này không được quyết định bước này."},
    )
    decision = forms.ChoiceField(
        label="Quyết định",
        error_messages={"required": "Chọn quyết định.", "invalid_choice": "Chọn quyết định trong danh sách."},
    )
    officer = forms.ChoiceField(label="Người thực hiện", required=False, error_messages={
        "invalid_choice": "Người này không thuộc đơn vị chủ trì. Chọn người trong đơn vị."})  # fmt: skip
    statement = Prose(label="Kết quả thực hiện", rows=5)
    due_on = forms.DateField(label="Gia hạn đến ngày", required=False, widget=DAY)
    reasons = coded_reasons()
    note = Prose(label="Nội dung quyết định", rows=3)
    step = forms.IntegerField(widget=forms.HiddenInput, error_messages={"required": "Mở lại trang rồi ghi nhận lại."})
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        signers: Mapping[int, str],
        decisions: Sequence[tuple[str, str]],
        officers: Sequence[Officer],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["issuer"]  # the agency itself
        self.people = {str(officer.user.pk): officer.user for officer in officers}
        self._choose("signer", [(str(key), name) for key, name in signers.items()])
        self._choose("decision", list(decisions))
        self._choose("officer", [(str(officer.user.pk), officer.label) for officer in officers])
        names = {code for code, _ in decisions}
        for field, decision in (("officer", "assigned"), ("statement", "submitted"), ("due_on", "granted_otherwise"),
                                ("reasons", "supplement")):  # fmt: skip
            if decision not in names:
                del self.fields[field]

    def _choose(self, field: str, choices: list[tuple[str, str]]) -> None:
        one = choices if len(choices) == 1 else [("", "Chọn"), *choices]
        self.fields[field].choices = one  # type: ignore[attr-defined]

    def clean_issuer(self) -> str:
        return ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for field, missing in (("number", PAPER_NUMBER), ("dated", PAPER_DATE)):
            if not cleaned.get(field) and field not in self.errors:
                self.add_error(field, missing)
        decision = cleaned.get("decision")
        if decision == "assigned" and not cleaned.get("officer") and "officer" not in self.errors:
            self.add_error("officer", "Chọn người thực hiện.")
        if decision == "submitted" and not cleaned.get("statement") and "statement" not in self.errors:
            self.add_error("statement", STATEMENT_MISSING)
        if decision == "granted_otherwise" and not cleaned.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", OTHER_DATE_MISSING)
        if decision == "refused" and not cleaned.get("note") and "note" not in self.errors:
            self.add_error("note", REFUSAL_MISSING)
        if decision in returns.RETURNS:
            self._sends_back(cleaned)
        return cleaned

    def _sends_back(self, cleaned: dict[str, Any]) -> None:
        """As on the page of the step: why in code, what to do in words; «Lý do khác» says nothing by itself."""
        codes = cleaned.get("reasons", [])
        if not set(codes) - {returns.Reason.OTHER.value} and not cleaned.get("note") and "note" not in self.errors:
            self.add_error("note", REASON_MISSING)
        cleaned["note"] = returns.written(codes, cleaned.get("note", ""))


class Figure(forms.CharField):
    """A number as offices write it: 1.234,5. Empty where there is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False, max_length=30, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **options
        )
        self.error_messages["max_length"] = f"{self.label}: số dài quá. Ghi số, ví dụ 1.234,5."

    def clean(self, value: Any) -> Decimal | None:
        try:
            return figure_of(super().clean(value))
        except NotAFigure as error:
            raise forms.ValidationError(f"{self.label}: {error}", code="invalid") from error


class ProgressForm(StepForm):
    prose = ("text",)

    text = Prose(label="Tiến độ", rows=4, missing=PROGRESS_MISSING)
    value = Figure(label="Kết quả kỳ này")
    total = Figure(label="Lũy kế từ đầu năm")

    def __init__(self, *args: Any, target: Decimal | None, unit: str = "", **kwargs: Any) -> None:
        """`target`: the measure's; without one no figures are asked for."""
        super().__init__(*args, **kwargs)
        if target is None:
            del self.fields["value"], self.fields["total"]
            return
        self.fields["value"].help_text = f"Số, {unit}" if unit else "Số"
        self.fields["total"].help_text = f"Chỉ tiêu: {figure_words(target, unit)}"


class HappeningForm(ProgressForm):
    """Ghi nhận phát sinh: when, and what."""

    happened_on = forms.DateField(
        label="Ngày phát sinh", widget=DAY, initial=localdate,
        error_messages={"required": "Chưa ghi ngày phát sinh.", "invalid": "Ngày phát sinh chưa đúng. Ghi theo dạng 15/11/2026."},
    )  # fmt: skip
    text = Prose(label="Nội dung phát sinh", rows=4, missing=PROGRESS_MISSING)
    field_order = ("happened_on", "text", "value", "total")


class TargetForm(forms.Form):
    target = Figure(label="Chỉ tiêu")
    unit = forms.CharField(
        label="Đơn vị tính",
        required=False,
        max_length=30,
        error_messages={"max_length": "Đơn vị tính dài quá 30 ký tự. Ghi ngắn gọn, ví dụ: hồ sơ, %."},
    )
