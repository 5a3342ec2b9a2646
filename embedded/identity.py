"""PostgreSQL refuses to run as root. This finds somebody else to run it as, without adding an account."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from embedded.problem import SetupError

NOBODY = "65534"


@dataclass(frozen=True)
class Identity:
    """How to start a program: words before it, or the existing account to become."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    def give(self, folder: Path) -> None:
        """The folder becomes the account's; its parents must let the account pass through."""
        if self.user is not None and self.group is not None:
            os.chown(folder, self.user, self.group)


def unprivileged() -> Identity:
    if os.geteuid() != 0:
        return Identity()
    namespace = _namespace()
    if namespace is not None:
        return Identity(prefix=namespace)
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(user=account.pw_uid, group=account.pw_gid)
    raise SetupError(
        "PostgreSQL không chạy bằng tài khoản root, mà máy này không cho tạo user namespace và không có tài khoản "
        "postgres hay nobody: hãy chạy dev.py bằng một tài khoản thường, hoặc đặt DATABASE_URL."
    )


def _namespace() -> tuple[str, ...] | None:
    """Root outside, nobody inside: files stay root's, and no account or chown is needed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return None
    prefix = (unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
    return prefix if tried.returncode == 0 else None
