"""The servers of one state folder: owned by one process, borrowed by others."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded import postgres, redis
from embedded.places import Lock, Places, outside
from embedded.postgres import Postgres
from embedded.problem import SetupError
from embedded.processes import end_leftovers
from embedded.redis import Redis


class Services:
    """What the process that owns a state folder holds: its lock and the servers it started."""

    def __init__(self, state: Path, *, durable: bool = True, label: str = "") -> None:
        self.places = Places(state.resolve())
        self.places.make()
        self._durable, self._label = durable, label
        self._owner = Lock(self.places.state / "services.lock")
        self._users = Lock(self.places.state / "users.lock")
        self.servers: list[Postgres | Redis] = []

    @property
    def addresses(self) -> dict[str, str]:
        ours = {"DATABASE_URL": postgres.url(self.places), "REDIS_URL": redis.url(self.places)}
        return ours | outside(os.environ)

    def own(self, patience: float = 60) -> None:
        """Start the servers, or say who holds the folder."""
        deadline, told = time.monotonic() + patience, False
        while not self._owner.take(label=self._label):
            if time.monotonic() > deadline:
                raise SetupError(self._busy())
            if not told:
                sys.stderr.write(f"Đang chờ: {self._busy()}\n")
                told = True
            time.sleep(0.1)
        self._start()

    def own_or_borrow(self, patience: float = 60) -> None:
        deadline = time.monotonic() + patience
        while not self._owner.take(label=self._label):
            if self._users.take(shared=True):
                if self._answer():
                    return
                self._users.release()
            if time.monotonic() > deadline:
                raise SetupError(self._busy())
            time.sleep(0.1)
        self._start()

    def stop(self, *, wait: bool = False) -> None:
        """End what we started; what we borrowed stays. With `wait`, first let those finish who borrow from us."""
        if not self._owner.held:
            self._users.release()
            return
        try:
            if not self._users.take() and wait:
                sys.stderr.write("Đang chờ lệnh khác dùng chung PostgreSQL và Redis kết thúc…\n")
                while not self._users.take():
                    time.sleep(0.1)
            for server in reversed(self.servers):
                server.stop()
            if self.servers:
                self.places.forget_sockets()
        finally:
            self.servers = []
            self._users.release()
            self._owner.release()

    def _start(self) -> None:
        """While we end leftovers and start, nobody may borrow a server that is about to go.

        Who still borrows from a dead owner is not waited for: those servers are gone already, or go now.
        """
        self._users.take()
        try:
            end_leftovers(self.places.run)
            for name, kind in (("DATABASE_URL", Postgres), ("REDIS_URL", Redis)):
                if name not in outside(os.environ):
                    server = kind(self.places, durable=self._durable)
                    self.servers.append(server)
                    server.start()
        except BaseException:
            self.stop()
            raise
        self._users.release()

    def _answer(self) -> bool:
        given = outside(os.environ)
        return ("DATABASE_URL" in given or postgres.answers(self.places, postgres.binaries())) and (
            "REDIS_URL" in given or redis.answers(self.places)
        )

    def _busy(self) -> str:
        return (
            f"thư mục {self.places.state} đang được dùng bởi «{self._owner.holder()}»; "
            "hãy dừng lệnh ấy, hoặc đặt PAR_STATE khác."
        )


@contextmanager
def services(state: Path, *, durable: bool = True, borrow: bool = True, label: str = "") -> Iterator[dict[str, str]]:
    """DATABASE_URL and REDIS_URL that answer, for as long as the context lasts."""
    held = Services(state, durable=durable, label=label)
    if borrow:
        held.own_or_borrow()
    else:
        held.own()
    try:
        yield held.addresses
    finally:
        held.stop(wait=True)
