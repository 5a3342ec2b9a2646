"""What people fill in for reports."""

from __future__ import annotations

from typing import Any

from django import forms

from organization.models import Post, User
from organization.vietnamese import clean
from plans.models import Plan
from reports.enums import PeriodCode
from reports.services import Days
from workflow.effects import REASON_MISSING

LONGEST = 5000
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d"]


class SignerForm(forms.Form):
    """Người duyệt: one of the agency's leaders."""

    signer = forms.ChoiceField(label="Người duyệt", error_messages={"invalid_choice": "Người này không phải lãnh đạo cơ quan. Chọn người duyệt trong danh sách."})  # fmt: skip

    def __init__(self, *args: Any, leaders: list[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaders: dict[str, User] = {str(post.user_id): post.user for post in leaders}
        titles = {
            str(post.user_id): f"{post.user.full_name}, {post.title or post.get_role_display()}"
            for post in reversed(leaders)
        }
        self.fields["signer"].choices = [(key, titles[key]) for key in self.leaders]  # type: ignore[attr-defined]

    def clean_signer(self) -> User:
        return self.leaders[self.cleaned_data["signer"]]


class RequestForm(SignerForm):
    """Tổng hợp báo cáo: of which plan, for which period, who approves it."""

    plan = forms.ChoiceField(label="Kế hoạch", error_messages={"invalid_choice": "Kế hoạch này chưa được đưa vào theo dõi. Chọn kế hoạch trong danh sách."})  # fmt: skip
    period = forms.ChoiceField(
        label="Kỳ báo cáo",
        choices=PeriodCode.choices,
        error_messages={"invalid_choice": "Không có kỳ báo cáo này. Chọn 6 tháng, 9 tháng hoặc năm."},
    )
    field_order = ("plan", "period", "signer")

    def __init__(self, *args: Any, plans: list[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.plans = {str(plan.pk): plan for plan in plans}
        self.fields["plan"].choices = [(key, f"{plan}, năm {plan.year}") for key, plan in self.plans.items()]  # type: ignore[attr-defined]

    def clean_plan(self) -> Plan:
        return self.plans[self.cleaned_data["plan"]]

    def clean_period(self) -> PeriodCode:
        return PeriodCode(self.cleaned_data["period"])


def day_field(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        input_formats=DATE_FORMATS,
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "14/9/2024"}),
        error_messages={
            "invalid": f"{label}: ngày này không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 14/9/2024."
        },
    )


class PeriodForm(forms.Form):
    since = day_field("Số liệu từ ngày")
    until = day_field("Số liệu đến ngày")
    due_on = day_field("Hạn gửi báo cáo")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until, due_on = (cleaned.get(name) for name in ("since", "until", "due_on"))
        if since and until and until <= since:
            self.add_error("until", "Ngày cuối kỳ phải sau ngày đầu kỳ. Sửa lại một trong hai ngày.")
        if until and due_on and due_on < until:
            self.add_error("due_on", "Hạn gửi báo cáo phải từ ngày cuối kỳ trở đi. Sửa lại hạn gửi hoặc ngày cuối kỳ.")
        return cleaned

    @property
    def days(self) -> Days:
        since, until, due_on = (self.cleaned_data[name] for name in ("since", "until", "due_on"))
        return Days(since, until, due_on)


class Prose(forms.CharField):
    """Text of several lines: NFC, no invisible characters."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}), **options)
        self.error_messages["max_length"] = "Nội dung dài quá 5.000 ký tự. Rút gọn rồi gửi lại."

    def to_python(self, value: Any) -> str:
        return clean(str(value)) if value else ""


class PresentForm(forms.Form):
    """Trình lãnh đạo the version whose digest the page showed."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    note = Prose(label="Ý kiến của Văn phòng")

    typed_fields = ("note",)


class SignForm(forms.Form):
    """Duyệt dự thảo, or a return with its reason; of the version whose digest the page showed."""

    APPROVED, RETURNED = "approved", "returned"

    decision = forms.ChoiceField(
        choices=[(APPROVED, "Duyệt dự thảo"), (RETURNED, "Trả lại")],
        error_messages={"required": "Chọn duyệt dự thảo hoặc trả lại", "invalid_choice": "Chọn duyệt dự thảo hoặc trả lại"},
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    note = Prose(label="Ý kiến")
    reason = Prose(label="Lý do trả lại")

    typed_fields = ("note", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == self.RETURNED and "reason" not in self.errors and not cleaned.get("reason"):
            self.add_error("reason", REASON_MISSING)
        return cleaned

    @property
    def returns(self) -> bool:
        return self["decision"].value() == self.RETURNED


def typed(form: PresentForm | SignForm) -> str:
    """What was written, for the person to keep."""
    written = (clean(str(form.data.get(name, ""))) for name in form.typed_fields)
    return "\n\n".join(text for text in written if text)
