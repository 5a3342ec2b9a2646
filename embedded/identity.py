"""PostgreSQL refuses to run as root. This finds somebody else to run it as, without adding an account."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from embedded.problem import SetupError

NOBODY = "65534"


@dataclass(frozen=True)
class Identity:
    """How to start a program: words before it, or the existing account to become."""

    prefix: tuple[str, ...] = ()
    name: str = ""
    user: int | None = None
    group: int | None = None

    @property
    def account(self) -> str:
        """As leash.py takes it."""
        return "-" if self.user is None else f"{self.user}:{self.group}"

    def give(self, folder: Path) -> None:
        """The folder becomes the account's; its parents must let the account pass through."""
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group)

    def must_reach(self, program: Path, folder: Path) -> None:
        """Say so in a sentence where the account cannot come to a program or a folder."""
        if self.user is None:
            return
        for path, words in (
            (program, [str(program), "--version"]),
            (folder, ["/bin/sh", "-c", f"cd {quote(str(folder))}"]),
        ):
            try:
                tried = subprocess.run(
                    words, check=False, capture_output=True, cwd="/", user=self.user, group=self.group, extra_groups=[]
                )
                reached = tried.returncode == 0
            except PermissionError:
                reached = False
            if not reached:
                raise SetupError(
                    f"PostgreSQL phải chạy bằng tài khoản {self.name} nhưng tài khoản ấy không vào được {path}: hãy để "
                    "mã nguồn, .venv và PAR_STATE ở nơi nó vào được, hoặc chạy dev.py bằng một tài khoản thường."
                )


def unprivileged() -> Identity:
    if os.geteuid() != 0 and _has_a_name():
        return Identity()
    namespace = _namespace()
    if namespace is not None:
        return Identity(prefix=namespace)
    if os.geteuid() != 0:
        raise SetupError(
            f"PostgreSQL không chạy được bằng tài khoản số {os.geteuid()} vì máy này không có tên cho nó: hãy chạy dev.py "
            "bằng một tài khoản có tên, hoặc đặt DATABASE_URL."
        )
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(name=name, user=account.pw_uid, group=account.pw_gid)
    raise SetupError(
        "PostgreSQL không chạy bằng tài khoản root, mà máy này không cho tạo user namespace và không có tài khoản "
        "postgres hay nobody: hãy chạy dev.py bằng một tài khoản thường, hoặc đặt DATABASE_URL."
    )


def _has_a_name() -> bool:
    """A container may be told to run as a number that no account has; PostgreSQL refuses to be nobody in particular."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return True


def _namespace() -> tuple[str, ...] | None:
    """Ourselves outside, nobody inside: files stay ours, and no account or chown is needed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    prefix = (unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
    return prefix if tried.returncode == 0 else None
