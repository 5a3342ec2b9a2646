"""kill -9 of the web process and of a worker in the middle of acts: each act is done whole or not at all, and can be done again."""

from __future__ import annotations

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from audit.models import Entry
from audit.verification import verify
from notifications.models import Notice
from tests.notifications.smtp import free_port
from tests.office import Office, last_digest, make_assignment, open_step, walk
from workflow.models import Reminder, Step
from workflow.reminders import remind

ROOT = Path(__file__).resolve().parents[2]
CASES, KILLS = 24, 12
DUE = date(2024, 11, 15)
TOKEN = "k" * 32
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


def environment() -> dict[str, str]:
    """What a process of the product needs to work on the database of the tests."""
    database = connection.settings_dict
    address = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST'].replace('/', '%2F')}:{database['PORT']}/{database['NAME']}"
    return os.environ | {
        "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT), "PAR_LOG_LEVEL": "ERROR",
    }  # fmt: skip


@pytest.fixture
def web() -> Iterator[tuple[psutil.Process, int]]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}", "--workers", "2",
               "--threads", "4", "--preload", "--log-level", "critical", "--no-control-socket"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
    yield psutil.Process(process.pid), port
    process.terminate()
    process.wait(20)


def press(port: int, step: Step, seen: str, session: str) -> int:
    """Văn phòng presses the button; pressed again for as long as no answer comes. The status of the answer."""
    body = urlencode({"decision": "accepted", "seen": seen, "note": "", "csrfmiddlewaretoken": TOKEN})
    headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
    until = time.monotonic() + 60
    while time.monotonic() < until:
        request = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            request.request("POST", reverse("workflow:review", args=[step.pk]), body, headers)
            return request.getresponse().status
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
        finally:
            request.close()
    raise AssertionError("no answer within a minute")


def test_web_killed_in_the_middle_of_acts_leaves_nothing_half_done(
    office: Office, web: tuple[psutil.Process, int]
) -> None:
    assignments = [make_assignment(office) for _ in range(CASES)]
    for assignment in assignments:
        walk(office, assignment, "review")
    client = Client()
    client.force_login(office["reviewer"])
    session = client.cookies["sessionid"].value
    asked = [(open_step(assignment), last_digest(assignment)) for assignment in assignments]
    master, port = web
    press(port, *asked[0], session)  # it is up
    done = threading.Event()
    chance = random.Random(20241115)  # noqa: S311 - moments, not secrets

    def kill() -> None:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.3))
            children = master.children()
            if done.is_set() or not children:
                continue
            chance.choice(children).send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda one: press(port, *one, session), asked[1:]))
    done.set()
    killer.join()

    assert set(answers) <= {302, 409}  # 409: it was done already, and the answer was lost with the process
    for assignment in assignments:
        steps = list(Step.objects.filter(process_id=assignment.pk, finished=None))
        assert [step.stage for step in steps] == ["approve"]
        subject = assignment.case.subject
        assert Entry.objects.filter(subject=subject, verb="review.accepted").count() == 1
        assert Notice.objects.filter(subject=subject, to=office["leader"], kind="step.arrived").count() == 1
    assert verify().found == 0


def test_worker_killed_in_the_middle_of_reminders_reminds_once(office: Office) -> None:
    for _ in range(CASES):
        walk(office, make_assignment(office, due=DUE), "execute")
    chance = random.Random(20241115)  # noqa: S311 - moments, not secrets
    worker = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("reminding.py")), DUE.isoformat()],
        cwd=ROOT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert worker.stdin
    assert worker.stdout
    for _ in range(KILLS):
        worker.stdin.write("\n")
        worker.stdin.flush()
        pid = int(worker.stdout.readline())
        time.sleep(chance.uniform(0, 0.06))
        os.kill(pid, signal.SIGKILL)
        connection.close()
        assert Reminder.objects.count() in {0, CASES}
    worker.kill()
    worker.wait()
    remind(DUE)
    assert Reminder.objects.count() == CASES
    assert Notice.objects.filter(kind="reminder").count() == CASES
    assert verify().found == 0
