"""Pages of people, units, leaders in charge and the calendar."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.conf import settings
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.timezone import localdate
from pytest_django import DjangoAssertNumQueries

from audit.models import Entry, Stream
from organization.enums import Role
from organization.models import LeaderInCharge, Post, User
from organization.rights import rights_of
from tests.office import START, Office, make_person

pytestmark = pytest.mark.django_db
SAMPLE = settings.BASE_DIR / "samples" / "nhan-su-2024.xlsx"
PAGES = ["people", "add_person", "upload", "units", "leaders", "calendar", "day"]
ADMINISTRATORS_ONLY = ["people", "add_person", "upload", "units"]
PERSON_PAGES = ["person", "give_post"]


@pytest.fixture
def admin(client: Client, office: Office) -> Client:
    client.force_login(office["administrator"])
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"organization:{name}", args=args)


def text(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined]


# --- who may


@pytest.mark.parametrize("name", PAGES)
def test_administrator_opens_every_page(admin: Client, name: str) -> None:
    assert admin.get(url(name)).status_code == 200


@pytest.mark.parametrize("who", ["director", "head", "officer", "clerk", "viewer"])
def test_others_open_none(client: Client, office: Office, who: str) -> None:
    client.force_login(office[who])
    assert {client.get(url(name)).status_code for name in PAGES} == {403}
    assert {client.get(url(name, office["head"].pk)).status_code for name in PERSON_PAGES} == {403}
    assert client.post(url("invite", office["head"].pk)).status_code == 403
    assert client.post(url("set_active", office["head"].pk)).status_code == 403


def test_office_opens_calendar_and_leaders_only(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    opened = {name for name in PAGES if client.get(url(name)).status_code == 200}
    assert opened == {"leaders", "calendar", "day"}


def test_person_of_another_agency_is_not_found(admin: Client, other_office: Office) -> None:
    stranger = other_office["officer"]
    post = stranger.posts.get()
    assert {admin.get(url(name, stranger.pk)).status_code for name in PERSON_PAGES} == {404}
    assert admin.get(url("post", stranger.pk, post.pk)).status_code == 404
    for name, args in (("invite", [stranger.pk]), ("set_active", [stranger.pk]), ("end_post", [stranger.pk, post.pk])):
        assert admin.post(url(name, *args)).status_code == 404
    stranger.refresh_from_db()
    assert stranger.is_active


def test_post_of_another_person_is_not_found(admin: Client, office: Office) -> None:
    post = office["officer"].posts.get()
    assert admin.get(url("post", office["head"].pk, post.pk)).status_code == 404


# --- lists


def test_people_of_another_agency_are_not_listed(admin: Client, office: Office, other_office: Office) -> None:
    page = text(admin.get(url("people")))
    assert office["head"].code in page
    assert not [person.code for person in other_office.people.values() if person.code in page]


def test_search_ignores_accents_and_case(admin: Client, office: Office) -> None:
    page = text(admin.get(url("people"), {"q": "NGUYEN hung"}))
    assert {office["officer"].code in page, office["other_officer"].code in page} == {True}
    assert office["head"].code not in page


def test_two_people_of_one_name_are_told_apart_by_unit(admin: Client, office: Office) -> None:
    page = text(admin.get(url("people"), {"q": "Nguyễn Văn Hùng"}))
    rows = page.split("<tbody>")[1].split("</tr>")[:2]
    units = {"Phòng Đăng ký kinh doanh", "Phòng Kinh tế ngành"}
    assert {unit for row in rows for unit in units if "Nguyễn Văn Hùng" in row and unit in row} == units


def test_list_is_filtered_by_unit_and_state(admin: Client, office: Office, other_office: Office) -> None:
    office["colleague"].is_active = False
    office["colleague"].save()

    page = text(admin.get(url("people"), {"unit": office.division.pk, "state": "closed"}))
    assert office["colleague"].code in page
    assert office["officer"].code not in page
    assert other_office["officer"].code not in text(admin.get(url("people"), {"unit": other_office.division.pk}))


def test_nobody_found_says_so(admin: Client) -> None:
    assert "Không tìm thấy dữ liệu phù hợp" in text(admin.get(url("people"), {"q": "khong co ai"}))


def test_long_list_has_pages(admin: Client, office: Office) -> None:
    for _ in range(45):
        make_person(office.division, "Vi Thị Lan", Role.OFFICER)
    assert "Trang 1 trên 2, 60 mục" in text(admin.get(url("people")))
    assert admin.get(url("people"), {"page": "2"}).status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_people_list_costs_the_same_for_any_number(
    admin: Client, office: Office, other_office: Office, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        make_person(office.division, "Zzz Test", Role.OFFICER)
    with django_assert_num_queries(9):
        page = text(admin.get(url("people"), {"q": "zzz"}))
    assert page.count("Zzz Test") == rows


@pytest.mark.parametrize("rows", [1, 3])
def test_unit_list_costs_the_same_for_any_number(
    admin: Client, office: Office, other_office: Office, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    for _ in range(rows):
        make_person(office.other_division, "Zzz Test", Role.HEAD)
    with django_assert_num_queries(9):
        page = text(admin.get(url("units")))
    assert page.count("Zzz Test") == rows
    assert other_office.agency.name not in page


@pytest.mark.parametrize("rows", [1, 3])
def test_leaders_page_costs_the_same_for_any_number(
    admin: Client, office: Office, other_office: Office, django_assert_num_queries: DjangoAssertNumQueries, rows: int
) -> None:
    LeaderInCharge.objects.all().delete()
    units = [office.division, office.other_division, office.office][:rows]
    for unit in [*units, other_office.division]:
        agency = unit.agency
        leader = office["leader"] if agency == office.agency else other_office["leader"]
        LeaderInCharge.objects.create(agency=agency, unit=unit, leader=leader, since=START)
    with django_assert_num_queries(9):
        page = text(admin.get(url("leaders")))
    assert page.count("01/01/2020 –") == rows


# --- persons


NEW = {"person-code": "CC9", "person-full_name": "Lý Thị Ế", "person-email": "", "person-phone": "", "post-role": "officer",
       "post-title": "Chuyên viên", "post-since": "01/01/2024", "post-until": ""}  # fmt: skip


def test_person_is_added_with_a_post(admin: Client, office: Office) -> None:
    answer = admin.post(url("add_person"), NEW | {"post-unit": office.division.pk})

    person = User.objects.get(code="CC9")
    assert answer["Location"] == url("person", person.pk)
    assert (person.agency, person.has_usable_password()) == (office.agency, False)
    assert rights_of(person).units == {office.division.pk}
    assert Entry.objects.get(verb="person.added").stream == Stream.ACCESS


def test_code_of_anyone_in_any_case_is_refused_and_what_was_typed_stays(
    admin: Client, other_office: Office, office: Office
) -> None:
    taken = other_office["officer"].code.lower()
    page = text(admin.post(url("add_person"), NEW | {"person-code": taken, "post-unit": office.division.pk}))
    assert "Mã công chức này đã có." in page
    assert "Lý Thị Ế" in page


def test_unit_of_another_agency_cannot_be_chosen(admin: Client, other_office: Office) -> None:
    answer = admin.post(url("add_person"), NEW | {"post-unit": other_office.division.pk})
    assert answer.status_code == 200
    assert not User.objects.filter(code="CC9").exists()


def test_person_is_changed(admin: Client, office: Office) -> None:
    person = office["officer"]
    admin.post(url("person", person.pk), {"full_name": "Nguyễn Văn Hưng", "email": "hung@vidu.example", "phone": ""})

    person.refresh_from_db()
    assert (person.full_name, person.email) == ("Nguyễn Văn Hưng", "hung@vidu.example")
    assert person.folded.startswith("nguyen van hung")
    assert Entry.objects.filter(verb="person.changed", subject=f"user:{person.pk}").count() == 1


def post_data(unit: int, role: str, **more: object) -> dict[str, object]:
    return {"unit": unit, "role": role, "title": "", "since": "01/01/2024", "until": "", **more}


def test_viewer_needs_an_end(admin: Client, office: Office) -> None:
    address = url("give_post", office["officer"].pk)
    data = post_data(office.leadership.pk, "viewer")

    assert "Người xem phải có ngày kết thúc." in text(admin.post(address, data)).split("errors")[1]
    assert admin.post(address, data | {"until": "31/12/2099"}).status_code == 302
    assert Role.VIEWER in rights_of(office["officer"]).roles


@pytest.mark.parametrize(
    ("role", "more", "words"),
    [
        ("officer", {"authorised": "on"}, "Chỉ phó trưởng đơn vị được ủy quyền"),
        ("officer", {"until": "31/12/2023"}, "Đến ngày phải từ ngày bắt đầu trở đi."),
        ("reviewer", {}, "Chỉ người của Văn phòng được rà soát"),
        ("director", {}, "thuộc đơn vị Lãnh đạo"),
    ],
)
def test_impossible_post_is_refused(
    admin: Client, office: Office, role: str, more: dict[str, object], words: str
) -> None:
    page = text(admin.post(url("give_post", office["clerk"].pk), post_data(office.division.pk, role, **more)))
    assert words in page
    assert office["clerk"].posts.count() == 1


def test_same_post_twice_is_refused(admin: Client, office: Office) -> None:
    address, data = url("give_post", office["clerk"].pk), post_data(office.division.pk, "officer")
    assert admin.post(address, data).status_code == 302
    assert "đã có" in text(admin.post(address, data))


def test_deputy_is_authorised(admin: Client, office: Office) -> None:
    deputy = make_person(office.other_division, "Vi Thị Lan", Role.DEPUTY)
    data = post_data(office.other_division.pk, "deputy", authorised="on", since="01/01/2020")
    assert admin.post(url("post", deputy.pk, deputy.posts.get().pk), data).status_code == 302
    assert rights_of(deputy).heads(office.other_division.pk)


def test_ended_post_gives_no_rights_from_today(admin: Client, office: Office) -> None:
    post = office["head"].posts.get()
    admin.post(url("end_post", office["head"].pk, post.pk))

    post.refresh_from_db()
    assert post.until == localdate() - timedelta(days=1)
    assert rights_of(office["head"]).roles == frozenset()


def test_administrator_does_not_raise_themselves(admin: Client, office: Office) -> None:
    me = office["administrator"]
    page = text(admin.post(url("give_post", me.pk), post_data(office.leadership.pk, "director")))
    assert "Không tự sửa chức vụ của mình." in page
    admin.post(url("end_post", me.pk, me.posts.get().pk))
    admin.post(url("set_active", me.pk), {"active": "no"})
    me.refresh_from_db()
    assert (me.is_active, rights_of(me).roles) == (True, {Role.ADMINISTRATOR})


def test_closed_account_is_signed_out_and_may_be_opened_again(admin: Client, office: Office) -> None:
    officer, elsewhere = office["officer"], Client()
    elsewhere.force_login(officer)
    assert elsewhere.get("/tai-khoan/mat-khau/").status_code == 200

    admin.post(url("set_active", officer.pk), {"active": "no"})

    assert elsewhere.get("/tai-khoan/mat-khau/").status_code == 302
    assert "Ngừng sử dụng" in text(admin.get(url("person", officer.pk)))
    admin.post(url("set_active", officer.pk), {"active": "yes"})
    officer.refresh_from_db()
    assert officer.is_active
    assert (
        list(Entry.objects.filter(verb__in=["person.closed", "person.opened"]).values_list("actor", flat=True))
        == [office["administrator"].pk] * 2
    )


def test_invitation_is_shown_and_mailed(admin: Client, office: Office) -> None:
    answer = admin.post(url("invite", office["officer"].pk))

    (letter,) = mail.outbox
    link = next(line for line in letter.body.splitlines() if line.startswith("http"))
    assert link in text(answer)
    assert letter.to == [office["officer"].email]
    assert "no-store" in answer["Cache-Control"]
    assert "loi-moi" not in Entry.objects.get(verb="person.invited").text


def test_person_without_password_is_told_apart(admin: Client, office: Office) -> None:
    assert "Đã đặt mật khẩu." in text(admin.get(url("person", office["officer"].pk)))
    office["officer"].set_unusable_password()
    office["officer"].save()
    assert "Chưa đặt mật khẩu. Tạo lời mời" in text(admin.get(url("person", office["officer"].pk)))
    assert office["head"].code not in text(admin.get(url("people"), {"state": "new"}))


def test_invitation_without_address_is_only_shown(admin: Client, office: Office) -> None:
    User.objects.filter(pk=office["officer"].pk).update(email="")
    assert "Chép đường dẫn và gửi trực tiếp." in text(admin.post(url("invite", office["officer"].pk)))
    assert not mail.outbox


# --- leaders in charge


def test_leader_in_charge_changes_from_a_day(client: Client, office: Office) -> None:
    client.force_login(office["chief"])
    since = localdate() + timedelta(days=3)
    data = {"unit": office.division.pk, "leader": office["other_leader"].pk, "since": f"{since:%d/%m/%Y}"}
    assert client.post(url("leaders"), data).status_code == 302

    old, new = LeaderInCharge.objects.filter(unit=office.division).order_by("since")
    assert (old.leader, old.until) == (office["leader"], since - timedelta(days=1))
    assert (new.leader, new.until) == (office["other_leader"], None)
    assert Entry.objects.get(verb="unit.leader_named").actor == office["chief"].pk


def test_only_leaders_and_units_of_the_agency_are_offered(client: Client, office: Office, other_office: Office) -> None:
    client.force_login(office["chief"])
    for data in (
        {"unit": office.division.pk, "leader": office["head"].pk},
        {"unit": office.division.pk, "leader": other_office["leader"].pk},
        {"unit": other_office.division.pk, "leader": office["leader"].pk},
    ):
        assert client.post(url("leaders"), data | {"since": "01/01/2025"}).status_code == 200
    assert LeaderInCharge.objects.count() == 6


# --- calendar


def test_calendar_shows_days_off_with_ground_and_state(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    data = {"day": "05/6/2024", "works": "no", "name": "Nghỉ bão", "source": "CV 12/UBND", "confirmed": ""}
    answer = client.post(url("day"), data)
    assert answer["Location"] == f"{url('calendar')}?nam=2024"

    page = text(client.get(answer["Location"]))
    for words in ("05/6/2024", "Thứ Tư", "Nghỉ bão", "CV 12/UBND", "Chờ xác nhận"):
        assert words in page
    assert "261 ngày làm việc" in page  # 262 weekdays, less one


def test_form_of_a_day_knows_what_the_table_says(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    page = text(client.get(url("day"), {"ngay": "2024-06-08"}))
    assert 'value="08/06/2024"' in page
    assert client.get(url("day"), {"ngay": "x"}).status_code == 200


def test_day_beyond_the_calendar_is_a_sentence(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    data = {"day": "05/6/2040", "works": "no", "name": "Nghỉ", "source": "CV"}
    assert "Lịch làm việc chưa có năm 2040." in text(client.post(url("day"), data))


def test_year_is_added_beside_those_there(client: Client, office: Office) -> None:
    client.force_login(office["reviewer"])
    assert client.post(url("new_year"), {"year": "2030"})["Location"] == f"{url('calendar')}?nam=2030"
    assert "Chờ xác nhận" in text(client.get(url("calendar"), {"nam": "2030"}))
    assert client.post(url("new_year"), {"year": "2050"})["Location"] == url("calendar")
    assert "2050" not in text(client.get(url("calendar")))


@pytest.mark.parametrize("days", [1, 3])
def test_calendar_costs_the_same_for_any_number_of_days(
    client: Client, office: Office, django_assert_num_queries: DjangoAssertNumQueries, days: int
) -> None:
    from organization.calendar import days_of

    client.force_login(office["reviewer"])
    wanted = [date(2024, 6, day) for day in (4, 5, 6)[:days]]
    days_of(office.agency.pk).filter(day__in=wanted).update(works=False, name="Nghỉ bão")
    with django_assert_num_queries(9):
        page = text(client.get(url("calendar"), {"nam": "2024"}))
    assert page.count("Nghỉ bão") == days


# --- a list as a file


def upload(client: Client, content: bytes) -> object:
    return client.post(url("upload"), {"file": SimpleUploadedFile("nhan-su.xlsx", content)})


def test_file_is_shown_before_it_is_saved(admin: Client, office: Office) -> None:
    page = text(upload(admin, SAMPLE.read_bytes()))
    assert "Lưu 43 người" in page
    assert not User.objects.filter(code="LS0001").exists()

    assert admin.post(url("confirm_upload"))["Location"] == url("people")
    assert User.objects.get(code="LS0001").agency == office.agency
    assert Entry.objects.get(verb="people.imported").actor == office["administrator"].pk


def test_file_waits_once(admin: Client) -> None:
    upload(admin, SAMPLE.read_bytes())
    admin.post(url("confirm_upload"))
    assert admin.post(url("confirm_upload"))["Location"] == url("upload")


def test_wrong_rows_are_named_before_saving(admin: Client) -> None:
    workbook = openpyxl.load_workbook(SAMPLE)
    workbook["Cán bộ"]["H5"] = "31/02/2024"
    out = io.BytesIO()
    workbook.save(out)

    page = text(upload(admin, out.getvalue()))
    assert "“31/02/2024” không phải một ngày có thật" in page
    assert "Lưu 42 người" in page


def test_useless_file_is_a_sentence_beside_the_field(admin: Client) -> None:
    assert "Tệp không phải Word" in text(upload(admin, b"<html>"))
    assert admin.post(url("confirm_upload"))["Location"] == url("upload")


def test_administrator_of_one_agency_imports_into_it_only(admin: Client, office: Office, other_office: Office) -> None:
    before = list(Post.objects.filter(agency=other_office.agency).order_by("pk").values())
    upload(admin, SAMPLE.read_bytes())
    admin.post(url("confirm_upload"))
    assert list(Post.objects.filter(agency=other_office.agency).order_by("pk").values()) == before
