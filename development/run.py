"""`dev.py run`: the whole product on one machine, and nothing left behind when it stops."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from development import environment
from development.environment import ROOT
from embedded import Services, SetupError
from embedded.processes import Child

RESTARTS, RESTARTS_WITHIN = 5, 60.0
FIRST_ANSWER = 60.0
ACCOUNTS = "demo-accounts.txt"


def run() -> int:
    folder = environment.state()
    port = _free_port()
    stop = _Stop()
    held = Services(folder, label="dev.py run")
    held.own(patience=5)
    product = Product(held, folder, port)
    try:
        product.prepare(stop)
        if not stop.asked:
            product.start("web")
            product.announce(stop)
            product.start("worker", "beat")
            product.watch(stop)
    finally:
        product.stop()
        held.stop()
    return 0


class _Stop:
    """Ctrl-C, SIGTERM and a closed terminal all mean the same."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:  # nohup stays nohup
                signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


@dataclass
class Product:
    """The three programs beside the servers, and what they need before they start."""

    services: Services
    folder: Path
    port: int
    children: dict[str, Child] = field(default_factory=dict)
    falls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.env = environment.settings(self.folder, self.services.addresses)
        self.address = f"http://127.0.0.1:{self.port}"
        self.env.setdefault("PAR_BASE_URL", self.address)
        # A database of somebody's own gets no demo unless it is asked for.
        self.env.setdefault("PAR_DEMO", "0" if "DATABASE_URL" in os.environ else "1")

    # --- before

    def prepare(self, stop: _Stop) -> None:
        collect(self.folder, self.env)
        self._migrate(stop)
        if not stop.asked and self.env.get("PAR_DEMO") == "1" and self._wants_demo():
            _say("Đang tạo dữ liệu mẫu (chỉ lần đầu, khoảng nửa phút)…")
            self._manage(stop, "seed_demo")

    # --- while it runs

    def start(self, *names: str) -> None:
        for name in names:
            self.children[name] = self._child(name, self._programs()[name])

    def announce(self, stop: _Stop) -> None:
        deadline = time.monotonic() + FIRST_ANSWER
        while not stop.asked and not self._answers():
            self._mend()
            if time.monotonic() > deadline:
                raise SetupError(f"Trang web không trả lời ở {self.address}: hãy xem nhật ký {self._log('web')}.")
            time.sleep(0.1)
        if stop.asked:
            return
        accounts = self.folder / ACCOUNTS
        _say(f"\nPAR Plan đang chạy tại {self.address}")
        if accounts.exists():
            _say(accounts.read_text().rstrip())
        _say(f"Nhật ký: {self.services.places.log}. Dừng: Ctrl-C.")

    def watch(self, stop: _Stop) -> None:
        while not stop.asked:
            self._mend()
            time.sleep(0.2)
        _say("Đang dừng…")

    def stop(self) -> None:
        for child in self.children.values():
            child.ask()
        for child in self.children.values():
            child.stop()
        self.children.clear()

    def _mend(self) -> None:
        """Start again what has fallen, servers first; too many falls mean that it will not stand."""
        for server in self.services.servers:
            if not server.running():
                self._count(server.name, "")
                server.start()
        for name, child in list(self.children.items()):
            if not child.running():
                child.bury()
                self._count(name, child.last_words())
                self.children[name] = self._child(name, self._programs()[name])

    def _count(self, name: str, last_words: str) -> None:
        now = time.monotonic()
        self.falls = [moment for moment in self.falls if now - moment < RESTARTS_WITHIN] + [now]
        if len(self.falls) > RESTARTS:
            raise SetupError(
                f"Tiến trình {name} dừng liên tục, nên tất cả đã được dừng: hãy xem nhật ký {self._log(name)}.\n{last_words}"
            )
        sys.stderr.write(f"Tiến trình {name} đã dừng bất ngờ, đang khởi động lại (nhật ký {self._log(name)}).\n")

    def _programs(self) -> dict[str, list[str]]:
        python = environment.python()
        # fmt: off
        return {
            "web": [
                python, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{self.port}",
                "--preload", "--workers", "2", "--threads", "4", "--graceful-timeout", "5", "--no-control-socket",
                "--access-logfile", "-",
            ],
            "worker": [
                python, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "--loglevel", "INFO",
                "--without-gossip", "--without-mingle",
            ],
            "beat": [python, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO", "--pidfile="],
        }
        # fmt: on

    def _child(self, name: str, command: list[str]) -> Child:
        return Child(name, command, run=self.services.places.run, log=self._log(name), env=self.env, cwd=ROOT)

    def _log(self, name: str) -> Path:
        return self.services.places.log / f"{name}.log"

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.address, timeout=30):  # noqa: S310 - our own http address
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _migrate(self, stop: _Stop) -> None:
        """Skipped when neither the code nor what the database says was applied has changed since the last time."""
        stamp = self.folder / "migrated"
        if stamp.exists() and stamp.read_text() == self._migrated():
            return
        self._manage(stop, "migrate", "--no-input", "--verbosity", "0")
        if not stop.asked:
            stamp.write_text(self._migrated())

    def _migrated(self) -> str:
        import psycopg

        seen = hashlib.sha256(environment.LOCK.read_bytes())
        for file in sorted(ROOT.glob("*/migrations/*.py")):
            seen.update(file.read_bytes())
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            if connection.execute("select to_regclass('django_migrations')").fetchone() == (None,):
                return "nothing"
            applied = connection.execute("select app, name from django_migrations order by app, name").fetchall()
        seen.update(repr(applied).encode())
        return seen.hexdigest()

    def _manage(self, stop: _Stop, *words: str) -> None:
        """What it prints goes to a log: the accounts are shown with the address, below everything else."""
        child = self._child("prepare", [environment.python(), "manage.py", *words])
        try:
            while child.running() and not stop.asked:
                time.sleep(0.05)
        finally:
            child.stop()
        if child.process.returncode != 0 and not stop.asked:
            raise SetupError(
                f"Lệnh «manage {words[0]}» không xong, nên sản phẩm chưa chạy: hãy xem nhật ký {child.log}.\n"
                + child.last_words(3)
            )

    def _wants_demo(self) -> bool:
        """Nobody is in the database yet, or a demo was broken off: seed_demo then begins again from nothing."""
        import psycopg

        people = "select from organization_user"
        broken_off = "select from organization_demomark where not finished"
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            found = connection.execute(f"select not exists ({people}) or exists ({broken_off})").fetchone()
        return found == (True,)


def collect(folder: Path, env: dict[str, str]) -> None:
    """Gather the static files when one has changed since the last time."""
    stamp = folder / "static" / ".digest"
    seen = hashlib.sha256()
    for file in sorted((ROOT / "static").rglob("*")):
        found = file.stat()
        seen.update(f"{file}|{found.st_size}|{found.st_mtime_ns}\n".encode())
    if stamp.exists() and stamp.read_text() == seen.hexdigest():
        return
    command = [environment.python(), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    done = subprocess.run(command, check=False, env=env, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise SetupError(f"Không gom được tệp tĩnh vào {folder / 'static'}: {done.stderr.strip().splitlines()[-1:]}")
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(seen.hexdigest())


def _free_port() -> int:
    said = os.environ.get("PORT", "8000")
    if not said.isdigit() or not 0 < int(said) < 65536:
        raise SetupError(f"PORT={said} không phải số cổng: hãy đặt một số từ 1 đến 65535.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(said)))
        except OSError:
            raise SetupError(f"Cổng {said} không dùng được (đang có chương trình khác): hãy đặt PORT khác.") from None
    return int(said)


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
