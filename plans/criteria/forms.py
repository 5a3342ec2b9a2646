"""What people fill in for criteria."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from evidence import forms as evidence
from organization.vietnamese import clean, decimal
from plans.criteria.bands import Band, read_lines, written
from plans.criteria.models import CriteriaSet, Criterion, Level, Score, Standing
from plans.criteria.rules import Absent, Kind, Rule, Rung, WrongRule, percent, read_steps
from plans.criteria.services import Title
from plans.models import Plan
from plans.selfscoring import gate

KINDS = (
    (Kind.PASS.value, "Đạt/không đạt: điểm tối đa hoặc 0"),
    (Kind.STEPS.value, "Bậc thang: mỗi mức một số điểm"),
    (Kind.RATIO.value, "Tỷ lệ × điểm tối đa"),
    (Kind.FREE.value, "Chấm theo nội dung: người chấm ghi điểm"),
)
ABSENT = (
    (Absent.DROP.value, "Loại khỏi tổng điểm, quy đổi các tiêu chí còn lại"),
    (Absent.FULL.value, "Tính đủ điểm tối đa, có giải trình"),
)


class PointsField(forms.DecimalField):
    """0,5 and 0.5, with two decimals at most."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, max_digits=6, decimal_places=2, min_value=0, **kwargs)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        self.error_messages |= dict.fromkeys(
            ("invalid", "min_value", "max_value", "max_digits", "max_decimal_places", "max_whole_digits"),
            "Ghi số từ 0, nhiều nhất hai chữ số thập phân, ví dụ 0,75.",
        )

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value).replace(",", ".").replace("%", "").strip() if value else value)


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Tệp bộ tiêu chí",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        help_text="Mỗi tiêu chí một dòng, có cột Mã (1, 1.1, 1.1.1), Tiêu chí và Điểm tối đa; thêm được Phương pháp, Tài liệu kiểm chứng, Cách chấm.",
        error_messages={
            "required": "Chưa chọn tệp. Chọn tệp Excel (.xlsx) của bộ tiêu chí.",
            "empty": "Tệp này trống. Kiểm tra lại tệp rồi tải lên.",
            "max_length": "Tên tệp dài quá. Đổi tên ngắn hơn rồi tải lên.",
        },
    )

    def clean_file(self) -> UploadedFile[Any]:
        upload: UploadedFile[Any] = self.cleaned_data["file"]
        if (upload.size or 0) > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            raise forms.ValidationError(f"Tệp này lớn quá {limit} MB. Bỏ trang thừa rồi tải lên.")
        return upload


class TitleForm(forms.Form):
    name = forms.CharField(
        label="Tên bộ tiêu chí",
        max_length=200,
        error_messages={"required": "Chưa ghi tên bộ tiêu chí. Ghi tên để phân biệt với bộ khác.", "max_length": "Tên dài quá 200 ký tự. Rút gọn lại."},
    )  # fmt: skip
    legal_ref = forms.CharField(
        label="Căn cứ",
        required=False,
        max_length=300,
        help_text="Số, ngày của quyết định ban hành bộ tiêu chí.",
        error_messages={"max_length": "Căn cứ dài quá 300 ký tự. Rút gọn lại."},
    )
    note = forms.CharField(
        label="Ghi chú",
        required=False,
        max_length=300,
        error_messages={"max_length": "Ghi chú dài quá 300 ký tự. Rút gọn lại."},
    )
    checked = forms.BooleanField(
        label="Đã đối chiếu với văn bản gốc",
        required=False,
        help_text="Chưa đánh dấu thì mọi trang ghi rõ đây là bộ tiêu chí mẫu.",
    )

    def clean_name(self) -> str:
        return clean(self.cleaned_data["name"]).replace("\n", " ")

    def title(self, level: Level, year: int) -> Title:
        given = self.cleaned_data
        return Title(given["name"], level, year, clean(given["legal_ref"]), clean(given["note"]), given["checked"])


class KeepForm(TitleForm):
    level = forms.ChoiceField(
        label="Cấp chấm điểm",
        choices=Level.choices,
        error_messages={"required": "Chưa chọn cấp. Chọn cấp tỉnh hoặc cấp sở.", "invalid_choice": "Cấp này không có. Chọn cấp tỉnh hoặc cấp sở."},
    )  # fmt: skip
    year = forms.IntegerField(
        label="Năm chấm điểm",
        min_value=2000,
        max_value=2100,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Năm phải là số từ 2000 đến 2100."),
    )  # fmt: skip
    field_order = ("name", "level", "year", "legal_ref", "note", "checked")

    @classmethod
    def of(cls, found: CriteriaSet) -> KeepForm:
        return cls(initial={"name": found.name, "level": found.level, "year": found.year})


class SettingsForm(TitleForm):
    bands = forms.CharField(
        label="Nhóm, xếp loại",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        max_length=1_000,
        help_text="Mỗi nhóm một dòng: Tên nhóm | từ bao nhiêu %.",
        error_messages={"max_length": "Danh sách nhóm dài quá. Rút gọn lại."},
    )
    plans = forms.MultipleChoiceField(
        label="Kế hoạch làm theo bộ tiêu chí này",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Không chọn kế hoạch nào: mọi kế hoạch của năm chấm điểm.",
        error_messages={"invalid_choice": "Có kế hoạch không còn trong danh sách. Chọn lại."},
    )
    retired = forms.BooleanField(
        label="Ngừng áp dụng", required=False, help_text="Bộ tiêu chí vẫn mở xem được, không tính điểm nữa."
    )

    def __init__(self, data: Any, *, of: CriteriaSet, plans: Sequence[Plan]) -> None:
        super().__init__(data, initial={
            "name": of.name, "legal_ref": of.legal_ref, "note": of.note, "checked": of.checked,
            "bands": written(of.all_bands), "plans": [str(plan.pk) for plan in of.plans.order_by("pk")],
            "retired": of.retired_at is not None,
        })  # fmt: skip
        self.fields["plans"].choices = [(str(plan.pk), f"{plan} ({plan.year})") for plan in plans]  # type: ignore[attr-defined]

    def clean_bands(self) -> tuple[Band, ...]:
        try:
            return read_lines(self.cleaned_data["bands"])
        except WrongRule as wrong:
            raise forms.ValidationError(str(wrong)) from wrong


class RuleForm(forms.Form):
    kind = forms.ChoiceField(
        label="Cách chấm",
        choices=KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Chưa chọn cách chấm. Chọn một cách.", "invalid_choice": "Cách chấm này không có. Chọn lại."},
    )  # fmt: skip
    steps = forms.CharField(
        label="Các bậc",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        max_length=4_000,
        help_text="Khi chấm theo bậc thang. Mỗi bậc một dòng: Mức | điểm.",
        error_messages={"max_length": "Danh sách bậc dài quá. Rút gọn lại."},
    )
    floor = PointsField(
        label="Dưới tỷ lệ này là 0 điểm (%)",
        required=False,
        max_value=100,
        help_text="Khi chấm theo tỷ lệ. Để trống: không có mức sàn.",
    )
    full = PointsField(
        label="Từ tỷ lệ này là điểm tối đa (%)",
        required=False,
        max_value=100,
        help_text="Khi chấm theo tỷ lệ. Để trống: 100.",
    )
    absent = forms.ChoiceField(
        label="Khi không phát sinh trong năm",
        choices=ABSENT,
        widget=forms.RadioSelect,
        error_messages={"required": "Chưa chọn cách tính khi không phát sinh. Chọn một cách.", "invalid_choice": "Cách tính này không có. Chọn lại."},
    )  # fmt: skip
    evidence = forms.CharField(
        label="Tài liệu kiểm chứng cần có",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=4_000,
        error_messages={"max_length": "Phần tài liệu dài quá. Rút gọn lại."},
    )

    def __init__(self, data: Any, *, criterion: Criterion) -> None:
        rule = criterion.scored_by
        steps = "\n".join(f"{step.words} | {format(step.points, 'f').replace('.', ',')}" for step in rule.steps)
        super().__init__(data, initial={
            "kind": rule.kind.value, "steps": steps, "absent": rule.absent.value, "evidence": criterion.evidence,
            "floor": percent(rule.floor).rstrip("%"), "full": percent(rule.full).rstrip("%"),
        })  # fmt: skip
        self.maximum = criterion.max_points

    def clean_steps(self) -> tuple[Rung, ...]:
        try:
            return read_steps(self.cleaned_data["steps"], self.maximum)
        except WrongRule as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") == Kind.STEPS and "steps" in cleaned and len(cleaned["steps"]) < 2:
            self.add_error("steps", "Chấm theo bậc thang cần ít nhất 02 bậc, mỗi bậc một dòng.")
        low, high = cleaned.get("floor") or Decimal(0), cleaned.get("full") or Decimal(100)
        if low > high:
            self.add_error("floor", "Mức sàn cao hơn mức đạt điểm tối đa. Ghi mức sàn thấp hơn.")
        return cleaned

    def rule(self) -> Rule:
        given = self.cleaned_data
        full = Decimal(100) if given["full"] is None else given["full"]
        return Rule(Kind(given["kind"]), given["steps"], given["floor"] or Decimal(0), full, Absent(given["absent"]))


class MappingForm(forms.Form):
    """One cell for each criterion of the newer set: the codes it had in the older one."""

    def __init__(
        self, data: Any, *, criteria: Sequence[Criterion], older: Sequence[Criterion], codes: dict[int, str]
    ) -> None:
        super().__init__(data)
        self.known = {criterion.code: criterion.pk for criterion in older}
        self.criteria = criteria
        for criterion in criteria:
            self.fields[self.cell(criterion)] = forms.CharField(
                required=False, max_length=100, initial=codes.get(criterion.pk, ""),
                widget=forms.TextInput(attrs={"aria-label": f"Mã cũ của {criterion.code}", "autocomplete": "off"}),
                error_messages={"max_length": f"{criterion.code}: nhiều mã quá. Bớt mã."},
            )  # fmt: skip

    @staticmethod
    def cell(criterion: Criterion) -> str:
        return f"ma-{criterion.pk}"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for criterion in self.criteria:
            for code in self.codes(criterion):
                if code not in self.known:
                    self.add_error(
                        self.cell(criterion),
                        f"{criterion.code}: bộ cũ không có mã “{code}”. Ghi mã khác hoặc để trống.",
                    )
        return cleaned

    def codes(self, criterion: Criterion) -> list[str]:
        given = self.cleaned_data.get(self.cell(criterion), "").replace(";", ",").split(",")
        return list(dict.fromkeys(code.strip() for code in given if code.strip()))

    def pairs(self) -> dict[int, list[int]]:
        return {criterion.pk: [self.known[code] for code in self.codes(criterion)] for criterion in self.criteria}

    def rows(self) -> list[tuple[Criterion, Any]]:
        return [(criterion, self[self.cell(criterion)]) for criterion in self.criteria]


class ScoreForm(forms.Form):
    """Scores of one criterion, those `names` of them that may be written. `measured`: what the rule turns into points."""

    standing = forms.ChoiceField(
        label="Tình trạng",
        choices=Standing.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Chưa chọn tình trạng. Chọn một.", "invalid_choice": "Tình trạng này không có. Chọn lại."},
    )  # fmt: skip
    reason = forms.CharField(
        label="Lý do không chấm điểm",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": "Lý do dài quá 2.000 ký tự. Rút gọn lại."},
    )
    last_year = PointsField(label="Điểm năm trước", required=False)
    self_score = PointsField(label="Điểm tự chấm", required=False)
    basis = forms.CharField(
        label="Căn cứ tự chấm",
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Căn cứ dài quá 4.000 ký tự. Rút gọn lại."},
    )
    appraisal_1 = PointsField(label="Điểm thẩm định lần 1", required=False)
    explanation = forms.CharField(
        label="Giải trình",
        required=False,
        max_length=8_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": "Giải trình dài quá 8.000 ký tự. Rút gọn lại."},
    )
    appraisal_2 = PointsField(label="Điểm thẩm định lần 2", required=False)
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=40)
    # which of them the page offered: what a later step offers is not written from an older page
    offered = forms.CharField(required=False, widget=forms.HiddenInput, max_length=200)

    def __init__(
        self, data: Any, *, criterion: Criterion, score: Score | None, seen: str, names: frozenset[str] = gate.ALL
    ) -> None:
        if data is not None and data.get("offered"):
            names = gate.ALL.intersection(data["offered"].split(","))
        self.names, self.stood = names, score.self_score if score else None
        initial: dict[str, Any] = (
            {name: getattr(score, name) for name in names} if score else {"standing": Standing.SCORED.value}
        )
        points = {
            name: format(value, "f").replace(".", ",") for name, value in initial.items() if isinstance(value, Decimal)
        }
        super().__init__(data, initial=initial | points | {"seen": seen, "offered": ",".join(sorted(names))})
        self.criterion, self.rule = criterion, criterion.scored_by
        for name in gate.ALL - names:
            del self.fields[name]
        limit = f"Từ 0 đến {format(criterion.max_points, 'f').replace('.', ',')}."
        for name in names & {"self_score", "appraisal_1", "appraisal_2"}:
            self.fields[name].help_text = limit
        if "self_score" in names and (measured := self._measured()):
            self.fields["measured"] = measured

    def _measured(self) -> forms.Field | None:
        levels = self.rule.levels(self.criterion.max_points)
        if levels:
            choices = [("", "Không chọn"), *((str(place), rung.words) for place, rung in enumerate(levels))]
            return forms.ChoiceField(
                label="Mức đạt được", required=False, choices=choices, help_text="Chọn mức mà không sửa điểm tự chấm thì điểm lấy theo mức này.",
                error_messages={"invalid_choice": "Mức này không có trong cách chấm. Chọn lại."},
            )  # fmt: skip
        if self.rule.kind is Kind.RATIO:
            return PointsField(
                label="Tỷ lệ đạt được (%)",
                required=False,
                max_value=999,
                help_text="Ghi tỷ lệ mà không sửa điểm tự chấm thì điểm tính theo tỷ lệ này.",
            )
        return None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("self_score", "appraisal_1", "appraisal_2"):
            if (points := cleaned.get(name)) is not None and points > self.criterion.max_points:
                self.add_error(name, f"Cao hơn điểm tối đa {decimal(self.criterion.max_points)}. Ghi lại điểm.")
        if "standing" in self.names and cleaned.get("standing") != Standing.SCORED and not cleaned.get("reason"):
            self.add_error("reason", "Chưa ghi lý do. Ghi vì sao tiêu chí này không chấm điểm.")
        if "self_score" in cleaned and cleaned["self_score"] == self.stood:
            by_rule = self._by_rule(cleaned.get("measured"))
            cleaned["self_score"] = cleaned["self_score"] if by_rule is None else by_rule
        return cleaned

    def _by_rule(self, measured: Any) -> Decimal | None:
        if measured in {None, ""}:
            return None
        maximum = self.criterion.max_points
        levels = self.rule.levels(maximum)
        return levels[int(measured)].points if levels else self.rule.of_ratio(measured, maximum)

    def given(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in self.names}
        return given | {name: clean(given[name]) for name in self.names & {"reason", "basis", "explanation"}}


class DocumentForm(forms.Form):
    document = forms.IntegerField(
        min_value=1,
        max_value=2**62,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Chưa chọn tài liệu. Tìm rồi chọn tài liệu."),
    )  # fmt: skip
    place = forms.CharField(
        label="Mục, trang",
        required=False,
        max_length=200,
        error_messages={"max_length": "Mục, trang dài quá 200 ký tự. Rút gọn lại."},
    )


class NewDocumentForm(evidence.DocumentForm):
    """A document that is not in the program yet, and where in it the proof is."""

    place = forms.CharField(
        label="Mục, trang",
        required=False,
        max_length=200,
        error_messages={"max_length": "Mục, trang dài quá 200 ký tự. Rút gọn lại."},
    )


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
            "invalid_choice": "Có tiêu chí không còn mất điểm. Chọn lại.",
        },
    )

    def __init__(self, data: Any, *, plans: Sequence[Plan], codes: Sequence[str]) -> None:
        super().__init__(data)
        self.fields["plan"].choices = [(str(plan.pk), f"{plan.title} ({plan.year})") for plan in plans]  # type: ignore[attr-defined]
        self.fields["codes"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
