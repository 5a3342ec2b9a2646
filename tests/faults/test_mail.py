"""kill -9 of whoever sends mail, at any moment: none is lost, and one sent again carries its Message-ID."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils.timezone import localdate, now

from notifications.models import Delivery, Notice
from organization.models import WorkingDay
from tests.notifications.smtp import Mailbox, free_port, mail_server
from tests.office import Office, make_person, numbers

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server(Mailbox(free_port(), slow=0.01)) as server:
        yield server


@pytest.fixture
def senders(box: Mailbox) -> Iterator[subprocess.Popen[str]]:
    database = connection.settings_dict
    address = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST'].replace('/', '%2F')}:{database['PORT']}/{database['NAME']}"
    env = os.environ | {
        "DATABASE_URL": address, "EMAIL_URL": f"smtp://127.0.0.1:{box.port}", "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT),
        "PAR_LOG_LEVEL": "ERROR",
    }  # fmt: skip
    command = [sys.executable, str(Path(__file__).with_name("mailing.py"))]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def fork(senders: subprocess.Popen[str]) -> int:
    assert senders.stdin
    assert senders.stdout
    senders.stdin.write("\n")
    senders.stdin.flush()
    return int(senders.stdout.readline())


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.long)])
def test_killed_senders_lose_no_mail(office: Office, box: Mailbox, senders: subprocess.Popen[str], kills: int) -> None:
    WorkingDay.objects.filter(day=localdate()).update(works=True)
    people = [make_person(office.division, "Nguyễn Văn Hùng") for _ in range(5 * kills)]
    chance = random.Random(20241115)  # noqa: S311 - moments, not secrets
    for person in people:
        Notice.objects.create(agency=office.agency, to=person, kind="a", subject="x:1", key=f"a:{next(numbers)}", params={}, at=now())  # fmt: skip
    for _ in range(kills):
        pid = fork(senders)
        time.sleep(chance.uniform(0, 0.2))
        os.kill(pid, signal.SIGKILL)
    last, until = fork(senders), time.monotonic() + 120
    while Delivery.objects.filter(sent_at=None).exists() or not Delivery.objects.exists():
        assert time.monotonic() < until, "mail is still owed after two minutes"
        time.sleep(0.2)
    os.kill(last, signal.SIGKILL)
    assert {sent["To"] for sent in box.messages} == {person.email for person in people}
    assert Delivery.objects.count() == len(people)
    assert {sent["Message-ID"] for sent in box.messages} == set(Delivery.objects.values_list("message_id", flat=True))
    assert len(people) <= len(box.messages) <= len(people) + kills
