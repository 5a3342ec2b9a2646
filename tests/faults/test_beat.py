"""Two beats at once: each entry of the schedule is sent by one of them."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from redis import Redis

from config.beat import LEASE_SECONDS, RENEWAL_SECONDS

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[2]


class Beats:
    def __init__(self, folder: Path) -> None:
        self.prefix = f"test-{uuid.uuid4().hex}:"
        self.redis = Redis.from_url(settings.REDIS_URL.replace("redis+socket://", "unix://"))
        self.started: list[subprocess.Popen[bytes]] = []
        self._folder = folder

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "tests.faults.ticking", "beat", "--pidfile=", "-l", "INFO"]
        env = os.environ | {"TICKING_PREFIX": self.prefix}
        with (self._folder / f"beat-{len(self.started)}.log").open("wb") as log:
            beat = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        self.started.append(beat)
        return beat

    def sent(self) -> int:
        return int(self.redis.llen(f"{self.prefix}ticks"))  # type: ignore[arg-type]

    def wait_for(self, count: int, seconds: float) -> None:
        wait_until(lambda: self.sent() >= count, seconds)

    def leading(self) -> int:
        logs = [self._folder / f"beat-{number}.log" for number in range(len(self.started))]
        return sum("this beat leads now" in log.read_text() for log in logs)

    def ready(self) -> bool:
        logs = [self._folder / f"beat-{number}.log" for number in range(len(self.started))]
        return all("Starting..." in log.read_text() for log in logs)


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


@pytest.fixture
def beats(tmp_path: Path) -> Iterator[Beats]:
    made = Beats(tmp_path)
    yield made
    for beat in made.started:
        beat.kill()
        beat.wait()
    made.redis.delete(*made.redis.keys(f"{made.prefix}*"))  # type: ignore[misc]


def test_two_beats_send_each_entry_once(beats: Beats) -> None:
    beats.start()
    beats.start()
    wait_until(beats.ready, 60)
    beats.wait_for(1, 30)
    before, began = beats.sent(), time.monotonic()
    time.sleep(4)
    seconds = time.monotonic() - began
    assert seconds - 2 <= beats.sent() - before <= seconds + 1
    assert beats.leading() == 1


def test_standing_beat_goes_on_when_the_leading_one_ends(beats: Beats) -> None:
    first = beats.start()
    beats.wait_for(1, 60)
    beats.start()
    wait_until(beats.ready, 60)
    first.send_signal(signal.SIGTERM)
    first.wait(20)
    before = beats.sent()
    beats.wait_for(before + 2, RENEWAL_SECONDS + 20)
    assert beats.leading() == 2


@pytest.mark.long
def test_standing_beat_goes_on_when_the_leading_one_is_killed(beats: Beats) -> None:
    first = beats.start()
    beats.wait_for(1, 60)
    beats.start()
    wait_until(beats.ready, 60)
    first.kill()
    first.wait()
    before = beats.sent()
    beats.wait_for(before + 2, LEASE_SECONDS + RENEWAL_SECONDS + 20)
