"""How every form field of the product renders, and the sign-in forms in Vietnamese words."""

from typing import Any

from allauth.account import forms as account
from django import forms
from django.forms.renderers import TemplatesSetting

CONTROLS: tuple[tuple[type[forms.Widget] | tuple[type[forms.Widget], ...], str], ...] = (
    ((forms.RadioSelect, forms.CheckboxSelectMultiple, forms.CheckboxInput), "form-check-input"),
    (forms.Select, "form-select"),
    ((forms.widgets.Input, forms.Textarea), "form-control"),
)


def control_class(widget: forms.Widget) -> str:
    return next((css for kinds, css in CONTROLS if isinstance(widget, kinds)), "")


def required_words(field: forms.Field, label: str) -> str:
    """«Nhập lý do», «Chọn đơn vị»: what to do, of which field."""
    verb = "Chọn" if isinstance(field, (forms.ChoiceField, forms.FileField, forms.BooleanField)) else "Nhập"
    return f"{verb} {label[:1].lower() + label[1:] if label[1:2].islower() or label[1:2] == ' ' else label}"


class BoundField(forms.BoundField):
    """Gives each control the class of its component and its own words for being left empty;
    what a form says itself is kept."""

    def __init__(self, form: forms.BaseForm, field: forms.Field, name: str) -> None:
        super().__init__(form, field, name)
        if field.error_messages["required"] == forms.Field.default_error_messages["required"]:
            field.error_messages["required"] = required_words(field, str(self.label))

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        if not widget.is_hidden:
            said = attrs.get("class") or widget.attrs.get("class", "")
            attrs["class"] = f"{control_class(widget)} {said}".strip()
        if isinstance(widget, forms.DateInput):
            attrs.setdefault("inputmode", "numeric")
            attrs.setdefault("autocomplete", "off")
        return attrs


class FormRenderer(TemplatesSetting):
    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = BoundField


def say(field: forms.Field, label: str, required: str, help_text: str = "") -> None:
    field.label, field.help_text = label, help_text
    field.error_messages["required"] = required
    field.widget.attrs.pop("placeholder", None)


class LoginForm(account.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say(self.fields["login"], "Tên đăng nhập", "Nhập tên đăng nhập")
        say(self.fields["password"], "Mật khẩu", "Nhập mật khẩu")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class ChangePasswordForm(account.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say(self.fields["oldpassword"], "Mật khẩu hiện tại", "Nhập mật khẩu hiện tại")
        say(
            self.fields["password1"],
            "Mật khẩu mới",
            "Nhập mật khẩu mới",
            "Ít nhất 10 ký tự; không giống tên, mã công chức và không phải mật khẩu phổ biến.",
        )
        say(self.fields["password2"], "Nhập lại mật khẩu mới", "Nhập lại mật khẩu mới")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("password1") and cleaned["password1"] != self.data.get("password2"):
            self.errors.pop("password2", None)
            self.add_error("password2", "Hai lần nhập mật khẩu mới không giống nhau. Nhập lại cho giống.")
        return cleaned
