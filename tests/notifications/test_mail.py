"""One e-mail a person and day: never lost, never a nuisance. The mail server is a real one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils.timezone import now

from notifications import mail, registry
from notifications.models import Delivery, Notice
from notifications.registry import Said, register
from notifications.tasks import send_due_mail
from organization.models import User, WorkingDay
from tests.notifications.smtp import Mailbox, body, free_port, mail_server
from tests.office import Office, make_person, numbers
from tests.threads import race

pytestmark = pytest.mark.django_db
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
MORNING = datetime(2024, 11, 14, 8, 0, tzinfo=HANOI)  # a Thursday


@pytest.fixture(autouse=True)
def plain_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_kinds", {})
    register(
        "a",
        lambda notices: [Said(n.params["title"], f"Về {n.params['title']}", f"/nhiem-vu/{n.pk}/") for n in notices],
        lambda notices: {n.pk for n in notices if n.params.get("stands", True)},
    )


@pytest.fixture
def box(settings: Any) -> Iterator[Mailbox]:
    with mail_server(use(settings, Mailbox(free_port()))) as server:
        yield server


def use(settings: Any, box: Mailbox) -> Mailbox:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", box.port, 3
    settings.BASE_URL = "https://par.example"
    return box


def owe(office: Office, to: User | None = None, title: str = "Nhiệm vụ I.13 đến hạn hôm nay", **params: Any) -> Notice:
    return Notice.objects.create(agency=office.agency, to=to or office["officer"], kind="a", subject="x:1", key=f"a:{next(numbers)}",
                                 params=params | {"title": title}, at=now())  # fmt: skip


def at(moment: datetime, **later: float) -> Any:
    return time_machine.travel(moment + timedelta(**later), tick=False)


def test_mail_says_what_is_owed_and_opens_the_page(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        notice = owe(office)
        send_due_mail()
    (sent,) = box.messages
    assert (sent["To"], sent["Subject"]) == (office["officer"].email, "Nhiệm vụ I.13 đến hạn hôm nay")
    assert f"https://par.example/nhiem-vu/{notice.pk}/" in body(sent)
    assert f'href="https://par.example/nhiem-vu/{notice.pk}/"' in body(sent, "html")
    delivery = Delivery.objects.get()
    assert (sent["Message-ID"], delivery.sent_at, delivery.error) == (delivery.message_id, MORNING, "")


def test_words_are_markup_in_html_only_when_they_are_ours(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        owe(office, title="<script>“a & b”")
        send_due_mail()
    (sent,) = box.messages
    assert "&lt;script&gt;“a &amp; b”" in body(sent, "html")
    assert "<script>“a & b”" in body(sent)


def test_thousand_notices_are_one_mail(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        Notice.objects.bulk_create(
            Notice(agency=office.agency, to=office["officer"], kind="a", subject="x:1", key=f"k:{n}", params={"title": f"Việc {n}"}, at=now())
            for n in range(1000)
        )  # fmt: skip
        send_due_mail()
    (sent,) = box.messages
    assert sent["Subject"] == "1.000 thông báo ngày 14/11/2024"
    assert "Còn 900 thông báo khác" in body(sent)
    assert Notice.objects.filter(delivery=None).count() == 0


def test_second_batch_of_a_day_waits_for_the_next(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        owe(office)
        send_due_mail()
    with at(MORNING, hours=3):
        owe(office, title="Việc đến sau")
        send_due_mail()
        assert len(box.messages) == 1
    with at(MORNING, days=1):
        send_due_mail()
    assert [sent["Subject"] for sent in box.messages] == ["Nhiệm vụ I.13 đến hạn hôm nay", "Việc đến sau"]


def test_nothing_goes_out_before_the_hour_nor_on_a_day_off(office: Office, box: Mailbox) -> None:
    with at(MORNING, minutes=-16):
        owe(office)
        send_due_mail()
    WorkingDay.objects.filter(day=MORNING.date()).update(works=False)
    with at(MORNING):
        send_due_mail()
    assert (box.messages, Delivery.objects.count()) == ([], 0)
    with at(MORNING, days=1, minutes=-15):
        send_due_mail()
    assert len(box.messages) == 1


def test_two_people_of_one_name_get_one_mail_each(office: Office, box: Mailbox) -> None:
    namesake = make_person(office.other_division, office["officer"].full_name)
    with at(MORNING):
        owe(office)
        owe(office, namesake)
        send_due_mail()
    assert sorted(sent["To"] for sent in box.messages) == sorted([office["officer"].email, namesake.email])


def test_what_was_read_or_no_longer_stands_is_not_mailed(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        read = owe(office)
        Notice.objects.filter(pk=read.pk).update(read_at=now())
        owe(office, office["head"], stands=False)
        owe(office, office["head"], title="Còn hiệu lực")
        owe(office, office["deputy"], stands=False)
        send_due_mail()
    (sent,) = box.messages
    assert (sent["To"], sent["Subject"]) == (office["head"].email, "Còn hiệu lực")
    assert Delivery.objects.get(to=office["deputy"]).withdrawn_at == MORNING
    assert Delivery.objects.filter(to=office["officer"]).count() == 0


def test_people_without_an_address_or_out_of_use_are_left_alone(office: Office, box: Mailbox) -> None:
    User.objects.filter(pk=office["head"].pk).update(email="")
    User.objects.filter(pk=office["deputy"].pk).update(is_active=False)
    with at(MORNING):
        owe(office, office["head"])
        owe(office, office["deputy"])
        send_due_mail()
    assert (box.messages, Delivery.objects.count()) == ([], 0)


def test_poisoned_notice_does_not_keep_the_others_from_going(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        poisoned = owe(office)
        Notice.objects.filter(pk=poisoned.pk).update(params={})
        owe(office, title="Việc lành")
        owe(office, office["head"])
        send_due_mail()
    assert len(box.messages) == 2
    mine = next(sent for sent in box.messages if sent["To"] == office["officer"].email)
    assert "Việc lành" in body(mine)
    assert f"Thông báo số {poisoned.pk}" in body(mine)


def test_address_refused_for_good_is_not_tried_again_and_stops_nobody(office: Office, box: Mailbox) -> None:
    box.refused[office["officer"].email] = "550 5.1.1 no such user"
    with at(MORNING):
        owe(office)
        owe(office, office["head"])
        send_due_mail()
    with at(MORNING, days=1):
        send_due_mail()
    assert [sent["To"] for sent in box.messages] == [office["head"].email]
    failed = Delivery.objects.get(to=office["officer"])
    assert (failed.failed_at, failed.error, failed.attempts) == (MORNING, "550 5.1.1 no such user", 1)


def test_address_that_no_mail_can_carry_stops_nobody(office: Office, box: Mailbox) -> None:
    User.objects.filter(pk=office["officer"].pk).update(email="a\nBcc: b@vidu.example")
    with at(MORNING):
        owe(office)
        owe(office, office["head"])
        send_due_mail()
    assert [sent["To"] for sent in box.messages] == [office["head"].email]
    assert Delivery.objects.get(to=office["officer"]).failed_at == MORNING


def test_address_refused_for_now_is_tried_again(office: Office, box: Mailbox) -> None:
    box.refused[office["officer"].email] = "451 4.7.1 greylisted"
    with at(MORNING):
        owe(office)
        send_due_mail()
        send_due_mail()
    box.refused.clear()
    with at(MORNING, minutes=1):
        send_due_mail()
    assert [sent["Message-ID"] for sent in box.messages] == [Delivery.objects.get().message_id]
    assert Delivery.objects.get().attempts == 2


def test_dropped_line_is_tried_again_under_the_same_message_id(office: Office, box: Mailbox) -> None:
    box.drops = 1
    with at(MORNING):
        owe(office)
        owe(office, office["head"])
        send_due_mail()
    assert box.messages == []
    with at(MORNING, minutes=1):
        send_due_mail()
    assert len(box.messages) == 2
    assert {sent["Message-ID"] for sent in box.messages} == set(Delivery.objects.values_list("message_id", flat=True))


def test_server_down_for_a_day_loses_nothing(office: Office, settings: Any) -> None:
    box = use(settings, Mailbox(free_port()))
    with at(MORNING):
        for name in ("officer", "head", "deputy", "chief"):
            owe(office, office[name])
    for minutes in range(0, 24 * 60, 17):
        with at(MORNING, minutes=minutes):
            send_due_mail()
    assert Delivery.objects.filter(sent_at=None, failed_at=None).count() == 4
    with mail_server(box):
        for minutes in (0, 360):
            with at(MORNING, days=1, minutes=minutes):
                send_due_mail()
    assert len(box.messages) == 4
    assert Delivery.objects.filter(sent_at=None).count() == 0


def test_server_that_is_away_is_asked_once_a_round(office: Office, settings: Any) -> None:
    use(settings, Mailbox(free_port()))
    with at(MORNING):
        for name in ("officer", "head", "deputy", "chief"):
            owe(office, office[name])
        send_due_mail()
    assert sorted(Delivery.objects.values_list("attempts", flat=True)) == [0, 0, 0, 1]


def test_pauses_grow_and_after_three_days_it_is_given_up_with_its_reason(office: Office, box: Mailbox) -> None:
    box.answer = "451 busy"
    with at(MORNING):
        owe(office)
        send_due_mail()
    pauses, delivery = [], Delivery.objects.get()
    while delivery.failed_at is None:
        moment = delivery.next_at
        with time_machine.travel(moment, tick=False):
            send_due_mail()
        delivery.refresh_from_db()
        pauses.append(int((delivery.next_at - moment).total_seconds() // 60))
    assert pauses[:8] == [5, 15, 30, 60, 120, 240, 360, 360]
    assert timedelta(days=3) < delivery.failed_at - MORNING < timedelta(days=3, hours=7)
    assert "451" in delivery.error


def test_given_up_message_is_sent_again_when_asked(office: Office, box: Mailbox) -> None:
    box.refused[office["officer"].email] = "550 no"
    with at(MORNING):
        owe(office)
        send_due_mail()
        box.refused.clear()
        mail.send_again(Delivery.objects.get())
        send_due_mail()
    assert len(box.messages) == 1


def test_killed_between_claim_and_send_is_sent_when_the_lease_ends(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        owe(office)
        mail.gather(now())
        assert mail.claim(now()) is not None  # and the process is gone
        send_due_mail()
        assert box.messages == []
    with at(MORNING, minutes=11):
        send_due_mail()
    assert len(box.messages) == 1


def test_killed_between_send_and_writing_down_repeats_the_same_message_id(office: Office, box: Mailbox) -> None:
    with at(MORNING):
        owe(office)
        send_due_mail()
        Delivery.objects.update(sent_at=None, leased_until=MORNING + mail.LEASE)
    with at(MORNING, minutes=11):
        send_due_mail()
    assert len({sent["Message-ID"] for sent in box.messages}) == 1
    assert len(box.messages) == 2


def test_two_agencies_each_get_their_own(office: Office, other_office: Office, box: Mailbox) -> None:
    with at(MORNING):
        owe(office, title="Của ta")
        owe(other_office, title="Của bạn")
        send_due_mail()
    assert {(sent["To"], sent["Subject"]) for sent in box.messages} == {
        (office["officer"].email, "Của ta"),
        (other_office["officer"].email, "Của bạn"),
    }
    assert set(Delivery.objects.values_list("agency", flat=True)) == {office.agency.pk, other_office.agency.pk}


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_once_send_each_mail_once(office: Office, box: Mailbox) -> None:
    people = [make_person(office.division, f"Người {n}") for n in range(20)]
    with at(MORNING):
        for person in people:
            owe(office, person)
        results = race([send_due_mail] * 8)
    assert results == [None] * 8
    assert sorted(sent["To"] for sent in box.messages) == sorted(person.email for person in people)
