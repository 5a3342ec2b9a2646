"""Signing in, the first password, and what the ledger knows of it."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now

from audit.models import Entry, Stream
from organization.enums import Role
from organization.invitations import accept, invite
from organization.models import User
from organization.refusals import Refused
from organization.rights import rights_of
from tests.office import PASSWORD, Office

pytestmark = pytest.mark.django_db
LOGIN = "/tai-khoan/dang-nhap/"
NEW = "mot-mat-khau-moi-2025"


@pytest.fixture(autouse=True)
def nobody_has_tried() -> None:
    cache.clear()


def sign_in(client: Client, code: str, password: str = PASSWORD) -> object:
    return client.post(LOGIN, {"login": code, "password": password})


def lines(*verbs: str) -> list[tuple[str, int | None]]:
    return list(Entry.objects.filter(stream=Stream.ACCESS, verb__in=verbs).order_by("id").values_list("verb", "actor"))


@pytest.mark.parametrize("change", [str.lower, str.upper, lambda code: f" {code} "])
def test_code_may_be_typed_in_any_case(client: Client, office: Office, change: object) -> None:
    assert sign_in(client, change(office["officer"].code)).status_code == 302  # type: ignore[operator]
    assert int(client.session["_auth_user_id"]) == office["officer"].pk


def test_password_is_kept_by_argon2(office: Office) -> None:
    assert office["officer"].password.startswith("argon2$argon2id$")


def test_sixth_wrong_password_has_to_wait_even_when_right(client: Client, office: Office) -> None:
    code = office["officer"].code
    for _ in range(5):
        assert "chưa đúng" in sign_in(client, code, "sai").content.decode()

    page = sign_in(client, code, PASSWORD).content.decode()

    assert "Đã nhập sai nhiều lần. Chờ 05 phút rồi đăng nhập lại." in page
    assert "_auth_user_id" not in client.session
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), office["head"].code).status_code == 302


def test_closed_account_does_not_sign_in(client: Client, office: Office) -> None:
    User.objects.filter(pk=office["officer"].pk).update(is_active=False)

    answer = sign_in(client, office["officer"].code)

    assert answer["Location"] == "/tai-khoan/ngung-su-dung/"
    assert "Tài khoản đã ngừng sử dụng" in client.get(answer["Location"]).content.decode()
    assert "_auth_user_id" not in client.session


def test_closed_account_with_wrong_password_says_nothing_of_it(client: Client, office: Office) -> None:
    User.objects.filter(pk=office["officer"].pk).update(is_active=False)
    assert "chưa đúng" in sign_in(client, office["officer"].code, "sai").content.decode()


def test_sign_in_and_out_are_in_the_ledger(client: Client, office: Office) -> None:
    officer = office["officer"]
    sign_in(client, officer.code, "sai")
    sign_in(client, officer.code)
    client.post("/tai-khoan/dang-xuat/")

    assert lines("person.sign_in_failed", "person.signed_in", "person.signed_out") == [
        ("person.sign_in_failed", None), ("person.signed_in", officer.pk), ("person.signed_out", officer.pk),
    ]  # fmt: skip
    assert "sai" not in "".join(Entry.objects.values_list("text", flat=True))


def test_unknown_code_is_in_the_ledger_without_its_words(client: Client, office: Office) -> None:
    sign_in(client, "mat-khau-nham-o")
    entry = Entry.objects.get(verb="person.sign_in_failed")
    assert (entry.agency, entry.subject) == (0, "user:0")
    assert "mat-khau-nham-o" not in entry.text


def test_opening_the_sign_out_page_signs_nobody_out(client: Client, office: Office) -> None:
    client.force_login(office["officer"])
    client.get("/tai-khoan/dang-xuat/")
    assert "_auth_user_id" in client.session
    client.post("/tai-khoan/dang-xuat/")
    assert "_auth_user_id" not in client.session


def test_changed_password_is_in_the_ledger(client: Client, office: Office) -> None:
    client.force_login(office["officer"])
    client.post("/tai-khoan/mat-khau/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert lines("person.password_changed") == [("person.password_changed", office["officer"].pk)]


def test_session_cookie_is_for_this_browser_only(client: Client, office: Office) -> None:
    cookie = sign_in(client, office["officer"].code).cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["expires"]) == (True, "Lax", "")


# --- invitation


def path(link: str) -> str:
    assert link.startswith(settings.BASE_URL)
    return link.removeprefix(settings.BASE_URL)


def first_password(password: str = NEW, again: str | None = None) -> dict[str, str]:
    return {"new_password1": password, "new_password2": again or password}


def test_invitation_sets_the_password_signs_in_and_works_once(client: Client, office: Office) -> None:
    officer = office["officer"]
    link = path(invite(officer, None))
    assert officer.full_name in client.get(link).content.decode()

    assert client.post(link, first_password()).status_code == 302

    assert int(client.session["_auth_user_id"]) == officer.pk
    assert sign_in(Client(), officer.code, NEW).status_code == 302
    for answer in (Client().get(link), Client().post(link, first_password("mat-khau-cua-ke-gian"))):
        assert answer.status_code == 410
        assert "Lời mời không còn dùng được" in answer.content.decode()
    assert lines("person.invited", "person.password_set") == [
        ("person.invited", None),
        ("person.password_set", officer.pk),
    ]


def test_second_page_of_one_link_is_too_late(office: Office) -> None:
    token = path(invite(office["officer"], None)).rstrip("/").rsplit("/", 1)[1]
    stale = User.objects.get(pk=office["officer"].pk)
    accept(office["officer"], token, NEW)
    with pytest.raises(Refused):
        accept(stale, token, "mat-khau-cua-ke-gian")


def test_invitation_ends_after_its_days(client: Client, office: Office) -> None:
    link = path(invite(office["officer"], None))
    with time_machine.travel((now() + timedelta(days=settings.INVITATION_DAYS, seconds=2)).timestamp()):
        assert client.get(link).status_code == 410


def test_invitation_of_a_closed_account_is_over(client: Client, office: Office) -> None:
    link = path(invite(office["officer"], None))
    User.objects.filter(pk=office["officer"].pk).update(is_active=False)
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    "link", ["/loi-moi/x/y/", "/loi-moi/MQ/abc-def/", f"/loi-moi/{'OTk5' * 12}/a-b/", "/loi-moi/__/-/"]
)
def test_invented_link_is_over(client: Client, office: Office, link: str) -> None:
    assert client.get(link).status_code == 410


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (first_password("ngan"), "10 ký tự"),
        (first_password("password1234"), "phổ biến"),
        (first_password("nguyen van hung"), "giống"),
        (first_password(NEW, "khac-hoan-toan"), "Hai lần nhập mật khẩu không giống nhau"),
        ({"new_password1": ""}, "Nhập mật khẩu"),
    ],
)
def test_weak_password_is_refused_in_vietnamese(
    client: Client, office: Office, data: dict[str, str], words: str
) -> None:
    User.objects.filter(pk=office["officer"].pk).update(full_name="nguyen van hung")
    page = client.post(path(invite(office["officer"], None)), data).content.decode()
    assert words in page.split('role="alert"')[1].split("</div>")[0]
    assert "_auth_user_id" not in client.session


# --- commands


def test_command_prints_a_link_that_opens(client: Client, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("invite", office["officer"].code.lower(), json=True)
    answer = json.loads(capsys.readouterr().out)
    assert answer["code"] == office["officer"].code
    assert client.get(path(answer["link"])).status_code == 200


def test_command_refuses_an_unknown_code(db: None) -> None:
    for command in ("invite", "make_administrator"):
        with pytest.raises(CommandError, match="KHONG-CO") as refused:
            call_command(command, "KHONG-CO")
        assert refused.value.returncode == 1


def test_command_makes_an_administrator_once(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    for made in (True, False):
        call_command("make_administrator", office["officer"].code, json=True)
        assert json.loads(capsys.readouterr().out) == {"code": office["officer"].code, "made": made}
    assert office["officer"].posts.filter(role=Role.ADMINISTRATOR).count() == 1
    assert rights_of(office["officer"]).is_administrator
