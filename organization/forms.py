"""Forms of people, posts, calendar and invitation. What a form offers is of one agency only."""

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.db.models import QuerySet
from django.utils.timezone import localdate

from organization.calendar import FIRST_YEAR, LAST_YEAR
from organization.delegations import lent_roles, refuse_senseless, substitutes_of
from organization.enums import LEADERS, LENT, DayOff, Role, UnitKind
from organization.models import Delegation, Post, Unit, User
from organization.refusals import Refused
from organization.rights import Rights
from organization.vietnamese import clean

DAY = forms.DateInput(attrs={"placeholder": "31/12/2026"})
RULE_OF_PASSWORDS = "Ít nhất 10 ký tự; không giống tên, mã công chức và không phải mật khẩu phổ biến."


def units_of(agency_id: int) -> QuerySet[Unit]:
    """Where people sit: the agency's own units in force today, in their order."""
    return Unit.objects.on(localdate()).filter(agency_id=agency_id)


def working_units_of(agency_id: int) -> QuerySet[Unit]:
    """Those that work can be given to."""
    return units_of(agency_id).filter(kind__in=(UnitKind.OFFICE, UnitKind.DIVISION))


class SearchForm(forms.Form):
    q = forms.CharField(label="Tìm theo tên hoặc mã", required=False, max_length=100,
                        widget=forms.TextInput(attrs={"type": "search", "placeholder": "Tìm theo tên, mã công chức"}))  # fmt: skip
    unit = forms.ModelChoiceField(Unit.objects.none(), label="Đơn vị", required=False, empty_label="Mọi đơn vị")
    state = forms.ChoiceField(
        label="Trạng thái", required=False,
        choices=[("", "Mọi trạng thái"), ("active", "Đang sử dụng"), ("new", "Chưa đặt mật khẩu"), ("closed", "Ngừng sử dụng")],
    )  # fmt: skip

    def __init__(self, agency_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_of(agency_id)  # type: ignore[attr-defined]


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ["full_name", "email", "phone"]

    def clean_full_name(self) -> str:
        return clean(self.cleaned_data["full_name"])


class NewPersonForm(PersonForm):
    class Meta(PersonForm.Meta):
        fields = ["code", *PersonForm.Meta.fields]
        error_messages = {"code": {"unique": "Mã công chức này đã có. Kiểm tra lại mã."}}

    def clean_code(self) -> str:
        code = clean(self.cleaned_data["code"])
        if User.objects.filter(code__iexact=code).exists():
            raise forms.ValidationError("Mã công chức này đã có. Kiểm tra lại mã.")
        return code


class PostForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Post
        fields = ["unit", "role", "title", "authorised", "since", "until"]
        labels = {"unit": "Đơn vị", "title": "Chức vụ ghi trên giấy tờ"}
        widgets = {"since": DAY, "until": DAY}
        help_texts = {"until": "Người xem phải có ngày kết thúc."}

    def __init__(self, agency_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units_of(agency_id)  # type: ignore[attr-defined]
        self.fields["unit"].empty_label = "Chọn đơn vị"  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", "Chọn vai trò"), *Role.choices]  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.fields["since"].initial = localdate

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        role, unit = given.get("role"), given.get("unit")
        if given.get("authorised") and role != Role.DEPUTY:
            self.add_error(
                "authorised", "Chỉ phó trưởng đơn vị được ủy quyền xử lý thay trưởng đơn vị. Bỏ chọn mục này."
            )
        if unit and role == Role.REVIEWER and unit.kind != UnitKind.OFFICE:
            self.add_error("role", "Chỉ người của Văn phòng được rà soát. Chọn đơn vị là Văn phòng.")
        if unit and role in LEADERS and unit.kind != UnitKind.LEADERSHIP:
            self.add_error("role", "Giám đốc, Phó Giám đốc thuộc đơn vị Lãnh đạo. Chọn lại đơn vị.")
        return given


class Days(forms.IntegerField):
    """A number of days within bounds; what is wrong with it is said in one sentence."""

    def __init__(self, *, most: int, least: int = 1, **options: Any) -> None:
        words = f"Nhập số ngày từ {least} đến {most}."
        super().__init__(min_value=least, max_value=most, **options)
        self.error_messages |= {"required": words, "invalid": words}
        for validator in self.validators[-2:]:
            validator.message = words  # type: ignore[attr-defined]


class CutOffs(forms.CharField):
    """14/6; 14/9; 14/12: the days on which the figures of the three reports are closed, in their order."""

    WRONG = "Ghi đủ ba ngày theo thứ tự 6 tháng, 9 tháng, năm, ví dụ: 14/6; 14/9; 14/12."

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, **options)
        self.error_messages |= {"required": self.WRONG, "max_length": self.WRONG}

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "; ".join(f"{int(day)}/{int(month)}" for month, day in (one.split("-") for one in value))

    def to_python(self, value: Any) -> Any:
        parts = [part.strip().split("/") for part in (super().to_python(value) or "").split(";")]
        try:
            days = [date(2023, int(month), int(day)) for day, month in parts]  # a year without 29/02
        except ValueError as wrong:
            raise forms.ValidationError(self.WRONG) from wrong
        if len(days) != 3 or sorted(set(days)) != days:
            raise forms.ValidationError(self.WRONG)
        return [f"{day:%m-%d}" for day in days]


class SettingsForm(forms.Form):
    """The fields of AgencySettings that an agency changes by itself, under their names."""

    review_days = Days(label="Văn phòng rà soát trong (ngày làm việc)", most=30)
    approve_days = Days(label="Lãnh đạo phê duyệt trong (ngày làm việc)", most=30)
    supplement_days = Days(label="Đơn vị bổ sung hồ sơ trong (ngày làm việc)", most=30)
    opens_days_before = Days(label="Đưa vào việc cần xử lý trước thời hạn (ngày)", least=0, most=365)
    day_off = forms.ChoiceField(label="Thời hạn rơi vào ngày nghỉ", choices=DayOff.choices)
    cut_offs = CutOffs(
        label="Ngày chốt số liệu báo cáo 6 tháng, 9 tháng, năm",
        help_text="Việc thường xuyên cập nhật chậm nhất các ngày này.",
    )
    before_includes_day = forms.BooleanField(label="“Trước ngày X” tính cả ngày X", required=False)


class NameForm(forms.Form):
    """Another name of a unit, from a day on."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label="Đơn vị", empty_label="Chọn đơn vị",
                                  error_messages={"required": "Chưa chọn đơn vị. Chọn đơn vị mang tên gọi này.",
                                                  "invalid_choice": "Đơn vị này không có trong danh sách. Chọn lại."})  # fmt: skip
    text = forms.CharField(label="Tên gọi khác", max_length=200, help_text="Như các văn bản ghi, ví dụ “P. ĐKKD”.",
                           error_messages={"required": "Chưa ghi tên gọi. Ghi tên như trong văn bản.",
                                           "max_length": "Tên gọi dài quá 200 ký tự. Rút gọn lại."})  # fmt: skip
    since = forms.DateField(label="Từ ngày", widget=DAY, initial=localdate)

    def __init__(self, agency_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = working_units_of(agency_id)  # type: ignore[attr-defined]


class LeaderInChargeForm(forms.Form):
    unit = forms.ModelChoiceField(Unit.objects.none(), label="Đơn vị", empty_label="Chọn đơn vị")
    leader = forms.ModelChoiceField(User.objects.none(), label="Lãnh đạo phụ trách", empty_label="Chọn lãnh đạo")
    since = forms.DateField(label="Từ ngày", widget=DAY, initial=localdate)

    def __init__(self, agency_id: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        leading = Post.objects.on(localdate()).filter(agency_id=agency_id, role__in=LEADERS)
        leaders = User.objects.filter(agency_id=agency_id, is_active=True, pk__in=leading.values("user_id"))
        self.fields["unit"].queryset = units_of(agency_id).exclude(kind=UnitKind.LEADERSHIP)  # type: ignore[attr-defined]
        self.fields["leader"].queryset = leaders  # type: ignore[attr-defined]


class PersonChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Two people may share one name, so each has the code beside it."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.full_name} ({obj.code})"


class DelegationForm(forms.Form):
    """One's own roles; an administrator names the absent person and the signed paper as well."""

    principal = PersonChoice(User.objects.none(), label="Người ủy quyền", empty_label="Chọn người vắng mặt",
                             error_messages={"required": "Chọn người ủy quyền."})  # fmt: skip
    substitute = PersonChoice(User.objects.none(), label="Người nhận ủy quyền", empty_label="Chọn người xử lý thay",
                              error_messages={"required": "Chọn người nhận ủy quyền.",
                                              "invalid_choice": "Người này không nhận ủy quyền được. Chọn người khác trong cơ quan."})  # fmt: skip
    roles = forms.MultipleChoiceField(label="Vai trò ủy quyền", widget=forms.CheckboxSelectMultiple,
                                      error_messages={"required": "Chọn ít nhất một vai trò.",
                                                      "invalid_choice": "Người ủy quyền không giữ vai trò này. Chọn lại vai trò."})  # fmt: skip
    since = forms.DateField(label="Từ ngày", widget=DAY, initial=localdate)
    until = forms.DateField(
        label="Đến hết ngày", widget=DAY, error_messages={"required": "Nhập ngày cuối của ủy quyền."}
    )
    legal_basis = forms.CharField(label="Căn cứ", max_length=200, help_text="Số, ký hiệu, ngày của giấy ủy quyền.")

    def __init__(self, rights: Rights, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rights = rights
        people = substitutes_of(rights.agency_id, rights.on)
        self.fields["substitute"].queryset = people.exclude(pk=rights.user_id)  # type: ignore[attr-defined]
        if rights.is_administrator:
            lending = Post.objects.on(rights.on).filter(agency_id=rights.agency_id, role__in=LENT)
            self.fields["principal"].queryset = people.filter(pk__in=lending.values("user_id"))  # type: ignore[attr-defined]
            roles = [role for role in Role if role in LENT]
        else:
            del self.fields["principal"]
            self.fields["legal_basis"].required = False
            roles = lent_roles(User(pk=rights.user_id), rights.on)
        self.fields["roles"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]
        self.fields["roles"].initial = [] if rights.is_administrator else [role.value for role in roles]

    def clean_legal_basis(self) -> str:
        return clean(self.cleaned_data["legal_basis"])

    def clean(self) -> dict[str, Any]:
        """Says what makes no sense before anything is written; the verb looks again under its lock."""
        given = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                refuse_senseless(self.delegation())
            except Refused as refused:
                self.add_error(None, str(refused))
        return given

    def delegation(self) -> Delegation:
        given = dict(self.cleaned_data)
        principal = given.pop("principal", None) or User.objects.get(pk=self.rights.user_id)
        return Delegation(agency_id=self.rights.agency_id, principal=principal, **given)


class UploadForm(forms.Form):
    file = forms.FileField(label="Tệp danh sách", widget=forms.FileInput(attrs={"accept": ".xlsx"}),
                           help_text="Tệp Excel (.xlsx) có bảng đơn vị và bảng cán bộ.")  # fmt: skip


class DayForm(forms.Form):
    day = forms.DateField(label="Ngày", widget=DAY)
    works = forms.TypedChoiceField(
        label="Là ngày", choices=[("no", "Nghỉ"), ("yes", "Làm việc")], coerce=lambda word: word == "yes",
        widget=forms.RadioSelect,
    )  # fmt: skip
    name = forms.CharField(label="Tên ngày", max_length=150, help_text="Ví dụ: Nghỉ Quốc khánh, làm bù ngày 29/4.")
    source = forms.CharField(label="Căn cứ", max_length=200, help_text="Số, ký hiệu văn bản quy định.")
    confirmed = forms.BooleanField(label="Đã có văn bản xác nhận", required=False)


class YearForm(forms.Form):
    year = forms.IntegerField(label="Năm", min_value=FIRST_YEAR, max_value=LAST_YEAR)


class FirstPasswordForm(SetPasswordForm):  # type: ignore[type-arg]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = "Mật khẩu"
        self.fields["new_password1"].help_text = RULE_OF_PASSWORDS
        self.fields["new_password2"].label = "Nhập lại mật khẩu"
        self.fields["new_password2"].help_text = ""
        self.error_messages |= {"password_mismatch": "Hai lần nhập mật khẩu không giống nhau. Nhập lại cho giống."}
