"""Where the servers of one state folder keep their things, and who may use them now."""

import fcntl
import hashlib
import os
import shutil
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from embedded.problem import SetupError

# sun_path holds 108 bytes on Linux and 104 on macOS, the longest name of ours included.
LONGEST_SOCKET = 90


@dataclass(frozen=True)
class Places:
    state: Path

    @property
    def postgres(self) -> Path:
        return self.state / "postgres"

    @property
    def redis(self) -> Path:
        return self.state / "redis"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def sockets(self) -> Path:
        near = self.state / "sockets"
        if len(os.fsencode(near / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET:
            return near
        digest = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]
        return Path("/tmp") / f"par-{os.getuid()}-{digest}"  # noqa: S108 - short; ownership and mode are checked

    def make(self) -> None:
        private(self.state, passable=True)
        for folder in (self.run, self.log):
            folder.mkdir(exist_ok=True)

    def forget_sockets(self) -> None:
        shutil.rmtree(self.sockets, ignore_errors=True)


def private(folder: Path, *, passable: bool = False) -> None:
    """Make a folder that is ours alone, or refuse one that somebody else put there first.

    `passable`: another account may go through it to a folder of its own, and read nothing on the way.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or (found.st_uid != os.getuid() and os.getuid() != 0):
        raise SetupError(f"Thư mục {folder} không phải của tài khoản đang chạy: hãy xóa nó, hoặc đặt PAR_STATE khác.")
    if stat.S_IMODE(found.st_mode) & (0o066 if passable else 0o077):
        folder.chmod(0o700)


class Lock:
    """An advisory lock on a file; the kernel lets go of it when its holder dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    @property
    def held(self) -> bool:
        return self._file is not None

    def take(self, *, shared: bool = False, label: str = "") -> bool:
        """True when it is ours now. `label` tells others what holds it."""
        file = self._path.open("a+")
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        if not shared:
            file.truncate(0)
            file.write(label)
            file.flush()
        self._file = file
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def holder(self) -> str:
        return self._path.read_text().strip() if self._path.exists() else ""


def outside(env: Mapping[str, str]) -> dict[str, str]:
    """The servers that somebody else runs: their addresses win over ours."""
    return {name: env[name] for name in ("DATABASE_URL", "REDIS_URL") if env.get(name)}
