"""What Văn phòng fills in: the file, and a row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from organization.models import Unit
from organization.vietnamese import clean, decimal
from plans.drafting import GROUP_WORDS, DraftCriterion, DraftRow, RowChange
from plans.enums import Confirmation, Source
from plans.imports import Origin
from plans.models import MeasureText
from plans.reading.criteria import read_criteria

LONGEST = 20_000


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Tệp kế hoạch",
        widget=forms.FileInput(attrs={"accept": ".docx,.xlsx"}),
        error_messages={
            "required": "Chưa chọn tệp. Chọn tệp Word (.docx) hoặc Excel (.xlsx) của kế hoạch.",
            "empty": "Tệp này trống. Kiểm tra lại tệp rồi tải lên.",
            "max_length": "Tên tệp dài quá. Đổi tên ngắn hơn rồi tải lên.",
        },
    )
    year = forms.IntegerField(
        label="Năm thực hiện",
        required=False,
        min_value=2000,
        max_value=2100,
        help_text="Để trống nếu đúng năm ghi trong tệp. Ghi năm khác thì mọi thời hạn chuyển sang năm đó.",
        error_messages={
            "invalid": "Năm thực hiện phải là số, ví dụ 2026.",
            "min_value": "Năm thực hiện phải từ 2000 đến 2100.",
            "max_value": "Năm thực hiện phải từ 2000 đến 2100.",
        },
    )
    separate = forms.BooleanField(
        label="Lập dự thảo riêng",
        required=False,
        help_text="Để trống thì tệp đã sửa của một kế hoạch đang soạn cập nhật kế hoạch đó, giữ các chỗ đã sửa tay.",
    )

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(f"Tệp này lớn quá {limit} MB. Bỏ bớt ảnh trong tệp rồi tải lên.")
        return upload


class OnDayForm(forms.Form):
    """The plan as it was on a day."""

    ngay = forms.DateField(
        label="Theo bản có hiệu lực đến ngày",
        required=False,
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "31/12/2026"}),
        error_messages={"invalid": "Ngày không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 06/11/2026."},
    )

    def day(self) -> date | None:
        return self.cleaned_data.get("ngay") if self.is_bound and self.is_valid() else None


class Cell(forms.CharField):
    """A cell of several lines: NFC, no invisible characters."""

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        super().__init__(max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **options)
        self.error_messages["max_length"] = f"{self.label} dài quá 20.000 ký tự. Rút gọn lại."

    def to_python(self, value: Any) -> str:
        return clean(str(value)) if value else ""


class RowForm(forms.Form):
    """Every field of a row. Leads are ticked; the file's own words for them stay beside it."""

    task = Cell(label="Nhiệm vụ", error_messages={"required": "Chưa ghi nhiệm vụ. Ghi nội dung nhiệm vụ."})
    leads = forms.MultipleChoiceField(
        label="Đơn vị chủ trì",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Mỗi đơn vị được chọn nhận một việc riêng.",
        error_messages={"invalid_choice": "Đơn vị này không có trong danh sách. Chọn lại đơn vị chủ trì."},
    )
    deadline = Cell(label="Thời hạn", rows=2, required=False, help_text="Ghi như trong kế hoạch: “Trước ngày 30/11”, “Quý III”, “Hằng tháng”, “Thường xuyên”.")  # fmt: skip
    coordinating = Cell(label="Đơn vị phối hợp", rows=2, required=False)
    product = Cell(label="Sản phẩm", required=False)
    solution = Cell(label="Giải pháp", required=False)
    criteria = Cell(label="Tiêu chí", required=False, help_text="Mỗi tiêu chí một dòng, mã trước tên sau: “1.3.2 Khắc phục tồn tại”.")  # fmt: skip
    points = Cell(label="Điểm tối đa", rows=2, required=False, help_text="Mỗi tiêu chí một dòng điểm, ví dụ 0,5.")
    field = forms.CharField(label="Lĩnh vực", required=False, max_length=300, error_messages={"max_length": "Lĩnh vực dài quá 300 ký tự. Rút gọn lại."})  # fmt: skip
    note = Cell(label="Ghi chú", rows=2, required=False)
    confirmation = forms.ChoiceField(
        label="Mức xác nhận",
        required=False,
        choices=Confirmation.choices,
        help_text="Văn phòng xác nhận: lãnh đạo được báo và có thể lấy lên xem lại; kỳ cuối của năm vẫn trình lãnh đạo.",
        error_messages={"invalid_choice": "Chọn mức xác nhận trong danh sách."},
    )

    source = forms.ChoiceField(
        label="Nguồn giao",
        required=False,
        choices=Source.choices,
        help_text="Thời hạn do cấp trên ấn định thì cơ quan không tự gia hạn.",
        error_messages={"invalid_choice": "Chọn nguồn giao trong danh sách."},
    )
    source_document = forms.CharField(
        label="Văn bản giao",
        required=False,
        max_length=200,
        help_text="Số, ký hiệu và ngày của văn bản, nếu nguồn giao là cơ quan khác.",
        error_messages={"max_length": "Văn bản giao dài quá 200 ký tự. Chỉ ghi số, ký hiệu và ngày."},
    )
    appendix = forms.ChoiceField(
        label="Phụ lục",
        error_messages={
            "required": "Chưa chọn phụ lục. Chọn phụ lục của dòng mới.",
            "invalid_choice": "Phụ lục này không có trong kế hoạch. Chọn lại phụ lục.",
        },
    )

    def __init__(
        self, data: Any = None, *, row: DraftRow, units: Sequence[Unit], confirmation: str = "",
        with_source: bool = False, appendices: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """`confirmation`: the level now; empty where it is not asked for here. `appendices`: where a new row may stand."""
        origin = {"confirmation": confirmation, "source": row.source, "source_document": row.source_document}
        super().__init__(data, initial=initial_of(row) | origin | {"appendix": row.appendix})
        asked = {"confirmation": bool(confirmation), "source": with_source, "source_document": with_source}
        for name in [name for name, wanted in (asked | {"appendix": len(appendices) > 1}).items() if not wanted]:
            del self.fields[name]
        if "appendix" in self.fields:
            self.fields["appendix"].choices = [(one, f"Phụ lục {one}") for one in appendices]  # type: ignore[attr-defined]
        self.row = row
        self.fields["leads"].choices = lead_choices(units)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        criteria, wrong = read_criteria(cleaned.get("criteria", ""), cleaned.get("points", ""))
        if wrong:
            self.add_error("points", wrong)
        if cleaned.get("source") == Source.PLAN:
            cleaned["source_document"] = ""
        cleaned["read"] = tuple(DraftCriterion(c.code, c.name, c.points) for c in criteria)
        return cleaned

    def origin(self) -> Origin:
        """What is not sent stays as it was."""
        given, row = self.cleaned_data, self.row
        source, document = given["source"], clean(given["source_document"])
        if not source:
            source, document = row.source, row.source_document
        return Origin(source, document, given["confirmation"] or row.confirmation)

    def change(self) -> RowChange:
        given = self.cleaned_data
        return RowChange(
            given["task"], given["solution"], given["product"], clean(given["field"]), given["note"], given["read"],
            given["coordinating"], given["deadline"], tuple(given["leads"]),
        )  # fmt: skip


class AskForm(forms.Form):
    """Until when heads comment on a draft."""

    until = forms.DateField(
        label="Góp ý đến hết ngày",
        input_formats=["%d/%m/%Y", "%Y-%m-%d"],
        widget=forms.DateInput(format="%d/%m/%Y", attrs={"placeholder": "31/12/2026"}),
        error_messages={
            "required": "Chưa ghi ngày cuối nhận góp ý.",
            "invalid": "Ngày không có trong lịch. Ghi theo mẫu ngày/tháng/năm, ví dụ 06/11/2026.",
        },
    )


class CommentForm(forms.Form):
    measure = forms.TypedChoiceField(
        label="Góp ý về", coerce=int, empty_value=None, required=False,
        error_messages={"invalid_choice": "Dòng này không còn trong dự thảo. Chọn lại dòng."},
    )  # fmt: skip
    text = Cell(
        label="Nội dung góp ý", rows=5, error_messages={"required": "Chưa ghi góp ý. Ghi nội dung góp ý rồi gửi."}
    )

    def __init__(self, *args: Any, texts: Sequence[MeasureText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = [(text.measure_id, shortened(f"{text.code}. {text.task}")) for text in texts]
        self.fields["measure"].choices = [("", "Cả dự thảo"), *rows]  # type: ignore[attr-defined]


def shortened(text: str, length: int = 90) -> str:
    """One line of a list; cut between words."""
    text = " ".join(text.split())
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def lead_choices(units: Sequence[Unit]) -> list[tuple[str, str]]:
    groups = [(f"group:{name}", words) for name, words in GROUP_WORDS.items()]
    return [*((f"unit:{unit.pk}", unit.name) for unit in units), *groups]


def initial_of(row: DraftRow) -> dict[str, Any]:
    known = any(criterion.points is not None for criterion in row.criteria)
    return {
        "task": row.task,
        "leads": [owner.key for owner in row.leads if owner.key],
        "deadline": row.deadline.raw,
        "coordinating": row.coordinating_raw,
        "product": row.product,
        "solution": row.solution,
        "criteria": "\n".join(f"{c.code} {c.name}".strip() for c in row.criteria),
        "points": "\n".join(decimal(c.points or 0) for c in row.criteria) if known else "",
        "field": row.field,
        "note": row.note,
    }
