"""Starting, recognising and ending the programs of one state folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from embedded.identity import Identity

LEASH = Path(__file__).with_name("leash.py")
LOG_BYTES = 5_000_000


@dataclass(frozen=True)
class Mark:
    """A process for sure: a number alone may be somebody else's by now."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> "Mark | None":
        """None when there is no such process, or only what is left of one (a zombie)."""
        started = _started_linux(pid) if sys.platform == "linux" else _started_elsewhere(pid)
        return cls(pid, started) if started else None

    def alive(self) -> bool:
        return Mark.of(self.pid) == self


def _started_linux(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    fields = stat.rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return "" if fields[0] in "ZX" else f"{boot} {fields[19]}"


def _started_elsewhere(pid: int) -> str:
    shown = subprocess.run(["ps", "-o", "state=,lstart=", "-p", str(pid)], check=False, capture_output=True, text=True)
    state, _, started = shown.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()


class Child:
    """A program of ours in a process group of its own, on a leash, its output in a log."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        run: Path,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        identity: Identity | None = None,
        ask: signal.Signals = signal.SIGTERM,
    ) -> None:
        """`ask` is the signal that ends the program in good order; `run` is where it is remembered."""
        self.name, self.log, self._ask, self._asked = name, log, ask, False
        self._record = run / f"{name}.json"
        who = identity or Identity()
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*who.prefix, *leashed(command, ask, who.account)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
            )
        mark = Mark.of(self.process.pid)
        if mark is not None:
            run.mkdir(parents=True, exist_ok=True)
            self._record.write_text(json.dumps({"pid": mark.pid, "started": mark.started, "ask": int(ask)}))

    def running(self) -> bool:
        return self.process.poll() is None

    def ask(self) -> None:
        """Once: to some programs a second request means "at once"."""
        if self.running() and not self._asked:
            self._asked = True
            self.process.send_signal(self._ask)

    def stop(self, patience: float = 20) -> None:
        self.ask()
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.bury()

    def bury(self) -> None:
        """What a dead program left of its group ends too, and is forgotten."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self._record.unlink(missing_ok=True)

    def last_words(self, lines: int = 5) -> str:
        return tail(self.log, lines)


def leashed(command: Sequence[str], ask: int = signal.SIGTERM, account: str = "-") -> list[str]:
    """The command, ended by `ask` when this process ends."""
    return [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(ask)), account, *command]


def tail(log: Path, lines: int = 5) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as text:
        text.seek(max(0, log.stat().st_size - 8192))
        return "\n".join(text.read().decode(errors="replace").splitlines()[-lines:])


def end_leftovers(run: Path) -> None:
    """End what an earlier start of this state folder left behind. The caller holds the folder's lock."""
    for record in sorted(run.glob("*.json")):
        mark, ask = _remembered(record)
        if mark is not None and mark.alive():
            end(mark, ask)
        record.unlink(missing_ok=True)


def end(mark: Mark, ask: int, patience: float = 15) -> None:
    with suppress(ProcessLookupError):
        os.kill(mark.pid, ask)
    if not wait_until(lambda: not mark.alive(), patience):
        with suppress(ProcessLookupError):
            os.kill(mark.pid, signal.SIGKILL)
        wait_until(lambda: not mark.alive(), patience)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(mark.pid, signal.SIGKILL)


def _remembered(record: Path) -> tuple[Mark | None, int]:
    """A record cut short by a crash names nobody."""
    try:
        said = json.loads(record.read_text())
        return Mark(int(said["pid"]), str(said["started"])), int(said["ask"])
    except (ValueError, KeyError, TypeError):
        return None, 0


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.03) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True
