"""What Văn phòng fills in when a plan goes under way, and what is settled of it later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.timezone import localdate

from evidence.forms import DocumentForm, FilesField
from organization.enums import LEADERS
from organization.models import Post, Unit, User
from organization.vietnamese import clean, counted, short_date
from plans.deadlines import Wait
from plans.enums import BeforeIssue
from plans.models import Occurrence, Plan
from workflow.duedates import wait_words
from workflow.forms import Prose
from workflow.planned import undecided

FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


class Day(forms.DateField):
    """A date as offices write it."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "31/12/2026"})
        super().__init__(input_formats=FORMATS, widget=widget, **options)
        self.error_messages["invalid"] = f"{self.label} không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 06/11/2026."  # fmt: skip


class IssueForm(forms.Form):
    number = forms.CharField(
        label="Số, ký hiệu",
        max_length=60,
        error_messages={
            "required": "Chưa ghi số kế hoạch. Ghi số, ký hiệu của kế hoạch đã ký.",
            "max_length": "Số, ký hiệu dài quá 60 ký tự. Chỉ ghi số và ký hiệu, ví dụ 45/KH-SKHĐT.",
        },
    )
    issued_on = Day(label="Ngày ban hành", error_messages={"required": "Chưa ghi ngày ban hành. Ghi ngày ký kế hoạch."})
    uploads = FilesField(
        label="Tệp kế hoạch đã ký",
        error_messages={"required": "Chưa chọn tệp đã ký. Chọn tệp kế hoạch có chữ ký."},
    )

    def clean_number(self) -> str:
        return clean(self.cleaned_data["number"])

    def clean_issued_on(self) -> date:
        issued_on: date = self.cleaned_data["issued_on"]
        if issued_on > localdate():
            raise forms.ValidationError(f"Ngày ban hành {short_date(issued_on)} ở sau hôm nay. Kiểm tra lại ngày.")
        return issued_on


class AmendForm(IssueForm):
    abstract = forms.CharField(
        label="Trích yếu",
        required=False,
        max_length=500,
        help_text="Ví dụ: Điều chỉnh, bổ sung Kế hoạch năm 2026.",
        error_messages={"max_length": "Trích yếu dài quá 500 ký tự. Rút gọn lại."},
    )

    late_ok = forms.BooleanField(label="Đồng ý để các việc này quá hạn ngay khi điều chỉnh", required=False)

    field_order = ("number", "issued_on", "abstract", "uploads", "late_ok")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].error_messages["required"] = "Chưa ghi số văn bản. Ghi số, ký hiệu của văn bản đã ký."
        self.fields["issued_on"].error_messages["required"] = "Chưa ghi ngày văn bản. Ghi ngày ký văn bản."
        self.fields["uploads"].label = "Tệp văn bản đã ký"
        self.fields["uploads"].error_messages["required"] = "Chưa chọn tệp đã ký. Chọn tệp văn bản có chữ ký."


class DecideForm(forms.Form):
    """One word for the past rows that are ticked."""

    occurrences = forms.MultipleChoiceField(
        label="Dòng",
        error_messages={
            "required": "Chưa chọn dòng nào. Chọn ít nhất một dòng đã qua hạn.",
            "invalid_choice": "Có dòng đã được quyết định rồi. Xem lại danh sách rồi chọn lại.",
        },
    )
    everything = forms.BooleanField(label="Tất cả các kỳ trong danh sách", required=False)
    decision = forms.ChoiceField(
        label="Quyết định",
        choices=BeforeIssue.choices,
        error_messages={
            "required": "Chưa chọn cách xử lý. Chọn ghi nhận kết quả đã có, thời hạn mới hoặc không tính.",
            "invalid_choice": "Chọn ghi nhận kết quả đã có, thời hạn mới hoặc không tính.",
        },
    )
    new_due_on = Day(label="Thời hạn mới", required=False)

    def __init__(self, data: QueryDict | None = None, *, plan: Plan) -> None:
        super().__init__(data)
        self.picked = {int(key) for key in data.getlist("occurrences") if key.isdecimal()} if data else set()
        self.past: list[Occurrence] = list(undecided(plan, localdate()))
        if data and data.get("everything"):
            self.data = data.copy()
            self.data.setlist("occurrences", [str(o.pk) for o in self.past])
        self.fields["occurrences"].choices = [(str(o.pk), o.text.code) for o in self.past]  # type: ignore[attr-defined]

    @property
    def records(self) -> bool:
        return self.is_bound and self.data.get("decision") == BeforeIssue.RECORDED

    @property
    def chosen(self) -> str:
        return str(self.data.get("decision", "")) if self.is_bound else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        moved = cleaned.get("decision") == BeforeIssue.MOVED
        due_on, today = cleaned.get("new_due_on"), localdate()
        if moved and "new_due_on" not in self.errors and (due_on is None or due_on < today):
            self.add_error("new_due_on", f"Thời hạn mới phải từ ngày {short_date(today)} trở đi. Ghi lại thời hạn mới.")
        if not moved:
            cleaned["new_due_on"] = None
        return cleaned


class ResultForm(DocumentForm):
    """The document that shows the result; its day is the day of completion."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "result_%s")  # it stands beside the form of the signed plan
        super().__init__(*args, **kwargs)
        self.fields["dated"].required = True
        self.fields["dated"].error_messages["required"] = "Chưa ghi ngày văn bản. Ghi ngày của văn bản kết quả."


class LeadForm(forms.Form):
    units = forms.MultipleChoiceField(
        label="Đơn vị chủ trì",
        widget=forms.CheckboxSelectMultiple,
        help_text="Mỗi đơn vị được chọn nhận một việc riêng.",
        error_messages={
            "required": "Chưa chọn đơn vị chủ trì. Chọn ít nhất một đơn vị.",
            "invalid_choice": "Đơn vị này không có trong danh sách. Chọn lại đơn vị chủ trì.",
        },
    )

    def __init__(self, data: Any = None, *, units: Sequence[Unit]) -> None:
        super().__init__(data)
        self.offered = {str(unit.pk): unit for unit in units}
        self.fields["units"].choices = [(key, unit.name) for key, unit in self.offered.items()]  # type: ignore[attr-defined]

    def chosen(self) -> list[Unit]:
        return [self.offered[key] for key in self.cleaned_data["units"]]


DUE_MISSING = "Chưa ghi thời hạn. Ghi ngày đến hạn."


class DueForm(forms.Form):
    """The due date, or the day from which it is counted where the plan says what it waits for."""

    happened_on = Day(label="Ngày bắt đầu tính", required=False)
    due_on = Day(label="Thời hạn", required=False)
    everywhere = forms.BooleanField(required=False)
    document = forms.CharField(
        label="Văn bản ấn định thời hạn",
        required=False,
        max_length=200,
        error_messages={"max_length": "Văn bản dài quá 200 ký tự. Chỉ ghi số, ký hiệu và ngày."},
    )
    note = Prose(label="Lý do", rows=3)

    def __init__(self, data: Any = None, *, wait: Wait | None = None, others: int = 0) -> None:
        """`others`: how many further units have the same measure without a date."""
        super().__init__(data)
        self.wait, self.others = wait, others
        if wait:
            self.fields["happened_on"].label = f"Ngày bắt đầu tính: {wait.trigger}"
            self.fields["happened_on"].help_text = f"Thời hạn là {wait_words(wait)}."
            self.fields["due_on"].label = "Hoặc đặt thẳng thời hạn"
        else:
            del self.fields["happened_on"]
        if others:
            self.fields["everywhere"].label = f"Áp dụng cho cả {counted(others)} đơn vị khác cùng chủ trì nhiệm vụ này"
        else:
            del self.fields["everywhere"]

    def clean_due_on(self) -> date | None:
        due_on: date | None = self.cleaned_data["due_on"]
        if due_on and due_on < localdate():
            raise forms.ValidationError(f"Thời hạn phải từ ngày {short_date(localdate())} trở đi. Ghi lại thời hạn.")
        return due_on

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        happened_on, due_on = cleaned.get("happened_on"), cleaned.get("due_on")
        if happened_on and due_on:
            self.add_error("due_on", "Đã ghi ngày bắt đầu tính. Bỏ một trong hai ngày.")
        elif not (happened_on or due_on) and not self.errors:
            words = "Chưa ghi ngày. Ghi ngày bắt đầu tính hoặc thời hạn." if self.wait else DUE_MISSING
            self.add_error("happened_on" if self.wait else "due_on", words)
        if not happened_on and not (clean(cleaned.get("note") or "") or clean(cleaned.get("document") or "")):
            self.add_error("document", "Chưa ghi căn cứ của thời hạn. Ghi văn bản hoặc lý do rồi lưu lại.")
        return cleaned


class LeaderForm(forms.Form):
    leader = forms.ModelChoiceField(
        User.objects.none(), label="Người phê duyệt", required=False, empty_label="Theo lãnh đạo phụ trách đơn vị",
        help_text="Áp dụng cho mọi kỳ của nhiệm vụ này. Việc đang chờ phê duyệt vẫn ở người đang giữ.",
    )  # fmt: skip

    def __init__(self, *args: Any, agency_id: int, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        posts = Post.objects.on(on).filter(agency_id=agency_id, role__in=LEADERS)
        leaders = User.objects.filter(pk__in=posts.values("user_id"), is_active=True)
        self.fields["leader"].queryset = leaders  # type: ignore[attr-defined]
