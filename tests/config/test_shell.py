"""What every page carries: sign-in, the shell, pages of error, form fields."""

import re

import pytest
from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, reverse
from django.views import defaults
from pytest_django import DjangoAssertNumQueries

from config import errors, navigation
from config.navigation import INBOX, MENUS, menu_for
from organization.enums import Role
from tests.office import PASSWORD, Office

CHANGE = "/tai-khoan/mat-khau/"


def sign_in(client: Client, office: Office, name: str) -> None:
    client.force_login(office[name])


def test_sign_in_page_says_whose_it_is(client: Client, office: Office) -> None:
    page = client.get("/tai-khoan/dang-nhap/").content.decode()
    assert office.agency.name in page
    assert "Tên đăng nhập" in page
    assert "remember" not in page


def test_wrong_password_is_answered_in_vietnamese(client: Client, office: Office) -> None:
    answer = client.post("/tai-khoan/dang-nhap/", {"login": office["head"].code, "password": "khong-phai"})
    page = answer.content.decode()
    assert "Tên đăng nhập hoặc mật khẩu chưa đúng. Kiểm tra phím Caps Lock và bộ gõ tiếng Việt, rồi nhập lại." in page
    assert office["head"].code in page
    assert "khong-phai" not in page


def test_empty_sign_in_links_each_error_to_its_field(client: Client, office: Office) -> None:
    page = client.post("/tai-khoan/dang-nhap/", {"login": "", "password": ""}).content.decode()
    assert "Có 02 chỗ cần sửa" in page
    for field, words in (("login", "Nhập tên đăng nhập"), ("password", "Nhập mật khẩu")):
        assert f'<a href="#id_{field}">{words}</a>' in page
        assert f'id="id_{field}_error"' in page
        assert re.search(rf'<input[^>]*aria-describedby="id_{field}_error"[^>]*id="id_{field}"', page)


def test_right_password_opens_home(client: Client, office: Office) -> None:
    answer = client.post("/tai-khoan/dang-nhap/", {"login": office["head"].code, "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_signed_out_person_is_sent_to_sign_in(client: Client, db: None) -> None:
    answer = client.get(CHANGE)
    assert (answer.status_code, answer["Location"]) == (302, f"/tai-khoan/dang-nhap/?next={CHANGE}")


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password", "account_set_password"])
def test_what_allauth_offers_beyond_sign_in_has_no_address(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_password_is_changed_and_said(client: Client, office: Office) -> None:
    sign_in(client, office, "officer")
    new = "mot-mat-khau-moi-2025"
    answer = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert answer.status_code == 302
    office["officer"].refresh_from_db()
    assert office["officer"].check_password(new)
    assert "Đã đổi mật khẩu." in client.get(CHANGE).content.decode()


def test_wrong_old_password_changes_nothing_and_says_so(client: Client, office: Office) -> None:
    sign_in(client, office, "officer")
    new = "mot-mat-khau-moi-2025"
    page = client.post(CHANGE, {"oldpassword": "sai", "password1": new, "password2": new + "x"}).content.decode()
    assert "Mật khẩu hiện tại chưa đúng. Nhập lại mật khẩu hiện tại." in page
    assert "Hai lần nhập mật khẩu mới không giống nhau. Nhập lại cho giống." in page
    office["officer"].refresh_from_db()
    assert office["officer"].check_password(PASSWORD)


def test_shell_names_agency_person_and_post(client: Client, office: Office) -> None:
    sign_in(client, office, "head")
    page = client.get(CHANGE).content.decode()
    assert office.agency.name in page
    assert office["head"].full_name in page
    assert f"{Role.HEAD.label}, {office.division.name}" in page


def test_shell_costs_two_queries_beyond_rights(
    client: Client, office: Office, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sign_in(client, office, "head")
    with django_assert_num_queries(6):  # session, user, two of rights, the bell, the inbox
        client.get(CHANGE)


@pytest.mark.parametrize("role", Role)
def test_every_role_has_a_menu_of_at_most_five_tabs(role: Role) -> None:
    menu = menu_for({role})
    assert menu.places
    assert len(menu.tabs or menu.places) <= 4


def test_leader_who_also_reviews_sees_the_leaders_menu() -> None:
    assert menu_for({Role.REVIEWER, Role.LEADER}).places[0].words == "Chờ phê duyệt"


def test_administrator_with_another_role_keeps_both() -> None:
    menu = menu_for({Role.OFFICER, Role.ADMINISTRATOR})
    assert menu.places[0] == INBOX
    assert [place.words for place in menu.settings] == [place.words for place in MENUS[-1].places]


def test_places_that_no_room_has_brought_are_left_out(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "address", {"plans:list": "/ke-hoach/"}.get)
    request = RequestFactory().get("/ke-hoach/1/")
    request.user, request.rights = office["officer"], office.rights("officer")  # type: ignore[attr-defined]
    places = navigation.Shell(request).places
    assert [(place.words, place.current) for place in places] == [("Kế hoạch", True)]


def test_count_stands_beside_its_place(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "address", {"workflow:inbox": "/viec/"}.get)
    monkeypatch.setitem(navigation.COUNTS, "workflow:inbox", lambda request: 14)
    request = RequestFactory().get("/")
    request.user, request.rights = office["officer"], office.rights("officer")  # type: ignore[attr-defined]
    assert navigation.Shell(request).tabs[0].count == 14


@pytest.fixture
def request_of_head(office: Office) -> HttpRequest:
    request = RequestFactory().get("/khong-co/")
    request.user, request.rights = office["head"], office.rights("head")  # type: ignore[attr-defined]
    return request


def test_unknown_address_is_answered_with_a_page(client: Client, office: Office) -> None:
    sign_in(client, office, "head")
    answer = client.get("/khong-co/")
    assert answer.status_code == 404
    assert "Không tìm thấy trang" in answer.content.decode()


def test_unknown_address_is_answered_before_sign_in_too(client: Client, db: None) -> None:
    answer = client.get("/khong-co/")
    assert answer.status_code == 404
    assert "Không tìm thấy trang" in answer.content.decode()


def test_forbidden_page_says_why(request_of_head: HttpRequest) -> None:
    answer = defaults.permission_denied(request_of_head, PermissionDenied("Chỉ Trưởng phòng được nộp kết quả."))
    assert answer.status_code == 403
    assert "Chỉ Trưởng phòng được nộp kết quả." in answer.content.decode()


def test_error_page_needs_no_database_and_gives_a_code_that_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    page = errors.server_error(RequestFactory().get("/viec/")).content.decode()
    code = re.search(r"Mã lỗi (\d{8}-\d{4}-[2-9A-Z]{4})", page)
    assert code
    assert code[1] in caplog.text


@pytest.mark.parametrize("name", ["400.html", "403_csrf.html", "429.html"])
def test_error_pages_stand_alone(name: str) -> None:
    assert "PAR Plan" in render_to_string(name)


class Reason(forms.Form):
    day = forms.DateField(label="Thời hạn mới", help_text="Ví dụ: 29/11/2024")
    why = forms.MultipleChoiceField(
        label="Lý do", choices=[("a", "Thiếu"), ("b", "Sai")], widget=forms.CheckboxSelectMultiple
    )
    unit = forms.ChoiceField(label="Đơn vị", choices=[("1", "Văn phòng")], required=False)
    sure = forms.BooleanField(label="Đã đọc", required=False)
    note = forms.CharField(label="Ghi chú", widget=forms.Textarea(attrs={"class": "mono"}))
    seen = forms.CharField(widget=forms.HiddenInput, initial="x")


def test_fields_carry_the_classes_of_their_components() -> None:
    html = str(Reason())
    assert re.search(r'<input[^>]*type="text"[^>]*class="form-control"[^>]*inputmode="numeric"', html)
    assert html.count('class="form-check-input"') == 3
    assert 'class="form-select"' in html
    assert 'class="form-control mono"' in html
    assert '<input type="hidden" name="seen" value="x" id="id_seen">' in html
    assert "(không bắt buộc)" in html


def test_fields_in_error_are_described_by_their_message() -> None:
    html = str(Reason({"day": "31/02/2024", "why": [], "note": "x", "seen": "x"}))
    assert "Có 02 chỗ cần sửa" in html
    assert 'aria-describedby="id_day_helptext id_day_error"' in html
    assert 'value="31/02/2024"' in html
    assert '<a href="#id_day">Ngày này không đọc được hoặc không có trong lịch. Nhập lại theo dạng' in html
    assert '<a href="#id_why">Chọn lý do</a>' in html
    assert 'id="id_why"' in html


def test_dates_are_read_as_offices_write_them() -> None:
    for written in ("03/6/2024", "03/06/2024", "3-6-2024", "2024-06-03"):
        form = Reason({"day": written, "why": ["a"], "note": "x", "seen": "x"})
        assert form.is_valid(), form.errors
        assert form.cleaned_data["day"].isoformat() == "2024-06-03"


def test_empty_fields_are_named_and_a_forms_own_words_are_kept() -> None:
    class Own(Reason):
        note = forms.CharField(label="Ghi chú", error_messages={"required": "Ghi rõ số liệu nào chưa khớp"})
        sipas = forms.IntegerField(label="SIPAS")

    errors = Own({}).errors
    assert errors["note"] == ["Ghi rõ số liệu nào chưa khớp"]
    assert errors["sipas"] == ["Nhập SIPAS"]
    assert errors["day"] == ["Nhập thời hạn mới"]


def test_short_password_is_refused_in_vietnamese(client: Client, office: Office) -> None:
    sign_in(client, office, "officer")
    page = client.post(
        CHANGE, {"oldpassword": PASSWORD, "password1": "ngan-qua", "password2": "ngan-qua"}
    ).content.decode()
    assert "Mật khẩu này quá ngắn. Nhập ít nhất 10 ký tự." in page


@pytest.mark.parametrize(
    ("who", "place"),
    [("reviewer", "workflow:inbox"), ("viewer", "reports:overview"), ("administrator", "organization:people")],
)
def test_home_is_the_first_place_of_the_menu(client: Client, office: Office, who: str, place: str) -> None:
    client.force_login(office[who])
    assert client.get("/").headers["Location"] == reverse(place)
