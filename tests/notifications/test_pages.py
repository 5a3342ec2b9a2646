"""The bell, its list, and what an administrator sees of mail that fails."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.timezone import localdate, now

from audit.models import Entry
from notifications import registry
from notifications.models import Channel, Delivery, Notice
from notifications.registry import Said, register
from notifications.selectors import unread_count
from tests.office import Office, numbers

pytestmark = pytest.mark.django_db
QUERIES = 9


@pytest.fixture(autouse=True)
def plain_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})
    register(
        "a", lambda notices: [Said(n.params["title"], "Nội dung", n.params.get("url", "")) for n in notices], lambda notices: set()
    )  # fmt: skip


def owe(office: Office, to: str = "officer", title: str = "Việc mới", **params: Any) -> Notice:
    return Notice.objects.create(agency=office.agency, to=office[to], kind="a", subject="x:1", key=f"a:{next(numbers)}",
                                 params=params | {"title": title}, at=now())  # fmt: skip


def signed_in(office: Office, name: str = "officer") -> Client:
    client = Client()
    client.force_login(office[name])
    return client


def test_list_shows_my_notices_and_nobody_elses(office: Office, other_office: Office) -> None:
    owe(office, title="Của tôi")
    owe(office, "head", title="Của trưởng phòng")
    owe(other_office, title="Của cơ quan khác")
    html = signed_in(office).get("/thong-bao/").content.decode()
    assert "Của tôi" in html
    assert "Của trưởng phòng" not in html
    assert "Của cơ quan khác" not in html


def test_bell_says_how_many_are_unread(office: Office) -> None:
    owe(office)
    read = owe(office)
    Notice.objects.filter(pk=read.pk).update(read_at=now())
    assert unread_count(office["officer"].pk) == 1
    assert 'aria-label="Thông báo: 1 thông báo chưa đọc"' in signed_in(office).get("/thong-bao/").content.decode()


@pytest.mark.parametrize("rows", [1, 3])
def test_list_costs_the_same_queries_whatever_the_rows(
    office: Office, other_office: Office, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        owe(office)
        owe(other_office)
    client = signed_in(office)
    with django_assert_num_queries(QUERIES):
        client.get("/thong-bao/")


def test_list_is_read_without_writing(office: Office) -> None:
    owe(office)
    signed_in(office).get("/thong-bao/")
    assert unread_count(office["officer"].pk) == 1


def test_unread_filter_and_pages(office: Office) -> None:
    read = owe(office, title="Đã xem rồi")
    Notice.objects.filter(pk=read.pk).update(read_at=now())
    for number in range(31):
        owe(office, title=f"Việc {number:02d}")
    client = signed_in(office)
    unread = client.get("/thong-bao/?loc=chua-doc").content.decode()
    assert "Đã xem rồi" not in unread
    assert "Trang 1 trên 2" in unread
    assert "Đã xem rồi" in client.get("/thong-bao/?page=2").content.decode()


def test_opening_marks_read_and_goes_to_the_page(office: Office) -> None:
    notice = owe(office, url="/nhiem-vu/12/")
    answer = signed_in(office).post(f"/thong-bao/{notice.pk}/mo/")
    assert (answer.status_code, answer["Location"]) == (302, "/nhiem-vu/12/")
    notice.refresh_from_db()
    assert notice.read_at is not None


def test_opening_what_has_no_page_comes_back_to_the_list(office: Office) -> None:
    assert signed_in(office).post(f"/thong-bao/{owe(office).pk}/mo/")["Location"] == "/thong-bao/"


def test_another_persons_notice_is_not_found(office: Office, other_office: Office) -> None:
    notice = owe(office)
    assert signed_in(office, "head").post(f"/thong-bao/{notice.pk}/mo/").status_code == 404
    assert signed_in(other_office).post(f"/thong-bao/{notice.pk}/mo/").status_code == 404
    notice.refresh_from_db()
    assert notice.read_at is None


def test_reading_all_reads_mine_only(office: Office) -> None:
    owe(office)
    owe(office)
    owe(office, "head")
    signed_in(office).post("/thong-bao/da-doc/")
    assert (unread_count(office["officer"].pk), unread_count(office["head"].pk)) == (0, 1)


@pytest.mark.parametrize("address", ["/thong-bao/da-doc/", "/thong-bao/1/mo/", "/thong-bao/gui-loi/1/gui-lai/"])
def test_what_changes_something_is_asked_by_post(office: Office, address: str) -> None:
    assert signed_in(office, "administrator").get(address).status_code == 405


def deliver(office: Office, to: str = "officer", **facts: Any) -> Delivery:
    values = {
        "message_id": f"<{next(numbers)}@x>",
        "next_at": now(),
        "error": "550 no such user",
        "attempts": 1,
    } | facts
    return Delivery.objects.create(agency=office.agency, to=office[to], channel=Channel.MAIL, on=localdate(), **values)


def test_administrator_sees_who_was_not_reached_and_nothing_of_the_message(
    office: Office, other_office: Office
) -> None:
    delivery = deliver(office, failed_at=now())
    notice = owe(office, title="Nội dung kín")
    Notice.objects.filter(pk=notice.pk).update(delivery=delivery)
    deliver(other_office, error="Của cơ quan khác")
    deliver(office, "head", error="", sent_at=now())
    html = signed_in(office, "administrator").get("/thong-bao/gui-loi/").content.decode()
    assert "550 no such user" in html
    assert office["officer"].email in html
    assert "Nội dung kín" not in html
    assert "Của cơ quan khác" not in html
    assert office["head"].email not in html


def test_only_administrators_see_failed_mail(office: Office) -> None:
    delivery = deliver(office)
    for name in ("officer", "chief", "director"):
        client = signed_in(office, name)
        assert client.get("/thong-bao/gui-loi/").status_code == 403
        assert client.post(f"/thong-bao/gui-loi/{delivery.pk}/gui-lai/").status_code == 403


def test_sending_again_is_asked_and_written_down(office: Office, other_office: Office) -> None:
    delivery = deliver(office, failed_at=now(), next_at=now() + timedelta(days=1))
    stranger = signed_in(other_office, "administrator").post(f"/thong-bao/gui-loi/{delivery.pk}/gui-lai/")
    assert stranger.status_code == 404
    signed_in(office, "administrator").post(f"/thong-bao/gui-loi/{delivery.pk}/gui-lai/")
    delivery.refresh_from_db()
    assert (delivery.failed_at, delivery.next_at <= now()) == (None, True)
    assert Entry.objects.filter(verb="mail.send_again", subject=f"delivery:{delivery.pk}").count() == 1
