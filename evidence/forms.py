"""The form in which a document is named and its files are chosen."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.timezone import localdate

from evidence.content import NotAccepted
from evidence.services import accepted_kind
from organization.vietnamese import clean, short_date

MAX_FILES = 20


class FilesInput(forms.ClearableFileInput):
    template_name = "django/forms/widgets/file.html"
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files, each looked into; every refusal names its file."""

    widget = FilesInput(attrs={"accept": ".pdf,.docx,.xlsx,.pptx,.png,.jpg,.jpeg,.tif,.tiff"})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:  # noqa: ARG002 - Django's signature
        uploads: list[UploadedFile[Any]] = [upload for upload in data or [] if upload]
        if not uploads and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(uploads) > MAX_FILES:
            raise forms.ValidationError(f"Chọn không quá {MAX_FILES} tệp một lần.", code="too_many")
        problems = [problem for upload in uploads if (problem := self._problem(upload))]
        if problems:
            raise forms.ValidationError(problems)
        return uploads

    def _problem(self, upload: UploadedFile[Any]) -> str:
        try:
            accepted_kind(upload)
        except NotAccepted as refusal:
            return f"“{clean(upload.name or '')}”: {refusal}"
        return ""


class DocumentForm(forms.Form):
    number = forms.CharField(
        label="Số, ký hiệu",
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "386/BC-SKHĐT"}),
        error_messages={"max_length": "Số, ký hiệu dài quá 60 ký tự. Chỉ ghi số và ký hiệu, ví dụ 386/BC-SKHĐT."},
    )
    dated = forms.DateField(
        label="Ngày văn bản",
        required=False,
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "31/12/2024"}),
        error_messages={"invalid": "Ngày văn bản không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 06/11/2024."},
    )
    issuer = forms.CharField(
        label="Cơ quan ban hành",
        required=False,
        max_length=200,
        error_messages={"max_length": "Tên cơ quan ban hành dài quá 200 ký tự. Ghi tên cơ quan, bỏ phần giải thích."},
    )
    abstract = forms.CharField(
        label="Trích yếu",
        max_length=500,
        error_messages={
            "required": "Chưa ghi trích yếu. Ghi ngắn gọn nội dung tài liệu.",
            "max_length": "Trích yếu dài quá 500 ký tự. Rút gọn lại.",
        },
    )
    uploads = FilesField(label="Tệp", error_messages={"required": "Chưa chọn tệp. Chọn ít nhất một tệp."})

    def clean_number(self) -> str:
        return clean(self.cleaned_data["number"])

    def clean_issuer(self) -> str:
        return clean(self.cleaned_data["issuer"])

    def clean_abstract(self) -> str:
        abstract = " ".join(clean(self.cleaned_data["abstract"]).split())
        if not abstract:
            raise forms.ValidationError("Chưa ghi trích yếu. Ghi ngắn gọn nội dung tài liệu.", code="required")
        return abstract

    def clean_dated(self) -> date | None:
        dated: date | None = self.cleaned_data["dated"]
        if dated and dated > localdate():
            raise forms.ValidationError(f"Ngày văn bản {short_date(dated)} ở sau hôm nay. Kiểm tra lại ngày.")
        return dated

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("number") and "dated" in cleaned and cleaned["dated"] is None:
            self.add_error("dated", "Văn bản có số thì phải có ngày. Ghi ngày văn bản.")
        return cleaned
