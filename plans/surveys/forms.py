"""What people fill in for surveys."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from organization.vietnamese import clean
from plans.models import Plan
from plans.surveys.catalogues import Catalogue, Question, WrongLine, read_lines, written
from plans.surveys.models import Method, Survey

MOST_PEOPLE = 100_000_000


class PercentField(forms.DecimalField):
    """5, 5,5 and 5.5 %."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value).replace(",", ".").replace("%", "").strip() if value else value)


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Tệp khảo sát",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text="Mỗi phiếu một dòng, mỗi câu hỏi một cột có mã câu hỏi ở tiêu đề, câu trả lời là số theo thang đo.",
        error_messages={
            "required": "Chưa chọn tệp. Chọn tệp Excel (.xlsx) của khảo sát.",
            "empty": "Tệp này trống. Kiểm tra lại tệp rồi tải lên.",
            "max_length": "Tên tệp dài quá. Đổi tên ngắn hơn rồi tải lên.",
        },
    )
    catalogue = forms.ChoiceField(
        label="Bộ câu hỏi",
        required=False,
        help_text="Dùng khi tệp không có trang danh mục câu hỏi.",
        error_messages={"invalid_choice": "Bộ câu hỏi này không có trong danh sách. Chọn lại bộ câu hỏi."},
    )

    def __init__(self, *args: Any, catalogues: Sequence[Catalogue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Tự nhận theo mã câu hỏi"), *((catalogue.key, catalogue.name) for catalogue in catalogues)]
        self.fields["catalogue"].choices = choices  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(f"Tệp này lớn quá {limit} MB. Tách thành nhiều tệp rồi tải lên.")
        return upload


class KeepForm(forms.Form):
    name = forms.CharField(
        label="Tên khảo sát",
        max_length=200,
        error_messages={"required": "Chưa ghi tên khảo sát. Ghi tên để phân biệt với khảo sát khác.", "max_length": "Tên khảo sát dài quá 200 ký tự. Rút gọn lại."},
    )  # fmt: skip
    year = forms.IntegerField(
        label="Năm",
        min_value=2000,
        max_value=2100,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Năm phải là số từ 2000 đến 2100."),
    )  # fmt: skip

    def clean_name(self) -> str:
        return clean(self.cleaned_data["name"]).replace("\n", " ")


class MethodForm(forms.Form):
    method = forms.ChoiceField(
        label="Cách tính chỉ số của yếu tố và chỉ số chung",
        choices=Method.choices,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Cách tính này không có. Chọn lại cách tính."},
    )
    target = PercentField(
        label="Mức phấn đấu (%)",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text="Câu hỏi dưới mức này là câu yếu, được đề xuất nhiệm vụ.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"),
            "Mức phấn đấu phải từ 0 đến 100, nhiều nhất hai chữ số thập phân.",
        ),
    )

    @classmethod
    def of(cls, survey: Survey, data: Any = None) -> MethodForm:
        return cls(data, initial={"method": survey.method, "target": survey.target})


class TakeOverForm(forms.Form):
    plan = forms.ChoiceField(
        label="Dự thảo kế hoạch",
        error_messages={
            "required": "Chưa chọn dự thảo. Chọn dự thảo kế hoạch nhận các nhiệm vụ.",
            "invalid_choice": "Dự thảo này không còn nữa hoặc đã được đưa vào theo dõi. Chọn dự thảo khác.",
        },
    )
    codes = forms.MultipleChoiceField(
        label="Nhiệm vụ đề xuất",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Chưa chọn nhiệm vụ nào. Chọn ít nhất một nhiệm vụ đề xuất.",
            "invalid_choice": "Có nhiệm vụ không còn trong danh sách đề xuất. Chọn lại.",
        },
    )

    def __init__(self, data: Any, *, plans: Sequence[Plan], codes: Sequence[str]) -> None:
        super().__init__(data)
        self.fields["plan"].choices = [(str(plan.pk), f"{plan.title} ({plan.year})") for plan in plans]  # type: ignore[attr-defined]
        self.fields["codes"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]


class SampleForm(forms.Form):
    population = forms.IntegerField(
        label="Tổng số N (giao dịch hoặc người trong kỳ)",
        min_value=1,
        max_value=MOST_PEOPLE,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Tổng số N phải là số nguyên từ 1 đến 100.000.000, viết liền không dấu chấm."),
    )  # fmt: skip
    error = PercentField(
        label="Sai số e (%)",
        min_value=Decimal("0.1"),
        max_value=50,
        max_digits=5,
        decimal_places=2,
        initial=5,
        help_text="Thường dùng 5%.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"),
            "Sai số e phải từ 0,1 đến 50, ví dụ 5 hoặc 2,5.",
        ),
    )


class CatalogueForm(forms.Form):
    name = forms.CharField(
        label="Tên bộ câu hỏi",
        max_length=200,
        error_messages={"required": "Chưa ghi tên bộ câu hỏi. Ghi tên.", "max_length": "Tên dài quá 200 ký tự. Rút gọn lại."},
    )  # fmt: skip
    scale = forms.CharField(
        label="Thang đo",
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=1_000,
        help_text="Mỗi mức một dòng, từ thấp nhất (1) đến cao nhất.",
        error_messages={"required": "Chưa ghi thang đo. Ghi mỗi mức một dòng.", "max_length": "Thang đo dài quá. Rút gọn tên các mức."},
    )  # fmt: skip
    satisfied_from = forms.IntegerField(
        label="Tính là hài lòng từ mức",
        min_value=2,
        max_value=10,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Mức tính là hài lòng phải là số thứ tự của một dòng trong thang đo, từ 2."),
    )  # fmt: skip
    questions = forms.CharField(
        label="Câu hỏi",
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false"}),
        max_length=100_000,
        help_text="Mỗi câu một dòng: Mã | Yếu tố | Nội dung | Khối (nếu có).",
        error_messages={"required": "Chưa có câu hỏi nào. Ghi mỗi câu hỏi một dòng.", "max_length": "Danh mục dài quá. Bớt câu hỏi."},
    )  # fmt: skip

    @classmethod
    def of(cls, catalogue: Catalogue, data: Any = None) -> CatalogueForm:
        return cls(data, initial={
            "name": catalogue.name, "scale": "\n".join(catalogue.scale), "satisfied_from": catalogue.satisfied_from,
            "questions": written(catalogue.questions),
        })  # fmt: skip

    def clean_name(self) -> str:
        return clean(self.cleaned_data["name"]).replace("\n", " ")

    def clean_scale(self) -> tuple[str, ...]:
        levels = tuple(line for line in clean(self.cleaned_data["scale"]).split("\n") if line)
        if not 2 <= len(levels) <= 10 or max(map(len, levels)) > 60:
            raise forms.ValidationError("Thang đo cần từ 02 đến 10 mức, mỗi mức một dòng không quá 60 ký tự.")
        return levels

    def clean_questions(self) -> tuple[Question, ...]:
        try:
            return read_lines(self.cleaned_data["questions"])
        except WrongLine as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("satisfied_from", 0) > len(cleaned.get("scale", range(10))):
            self.add_error("satisfied_from", "Mức tính là hài lòng cao hơn số mức của thang đo. Ghi số nhỏ hơn.")
        return cleaned

    def catalogue(self, key: str) -> Catalogue:
        given = self.cleaned_data
        return Catalogue(key, given["name"], given["questions"], given["scale"], given["satisfied_from"])
