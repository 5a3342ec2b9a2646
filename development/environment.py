"""The virtual environment, and the settings that a bare machine lacks."""

import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

from embedded.problem import SetupError

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements-dev.lock"
STRICT = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK)]


def enter() -> None:
    """Go on inside the virtual environment, made now if need be. Returns only there."""
    venv = home()
    if Path(sys.prefix).resolve() == venv.resolve():
        return
    if "PAR_VENV" in os.environ:
        if not _python(venv).exists():
            raise SetupError(f"PAR_VENV={venv} không phải môi trường ảo Python: hãy sửa hoặc bỏ biến này.")
    else:
        _make(venv)
    os.execv(_python(venv), [str(_python(venv)), str(ROOT / "dev.py"), *sys.argv[1:]])  # noqa: S606 - the same program


def home() -> Path:
    """PAR_VENV names a virtual environment that somebody else keeps; it is used as it is."""
    return Path(os.environ.get("PAR_VENV") or ROOT / ".venv").absolute()


def state() -> Path:
    return Path(os.environ.get("PAR_STATE") or ROOT / "var").absolute()


def settings(folder: Path, addresses: dict[str, str]) -> dict[str, str]:
    """The environment of every program we start. What the caller has set stays."""
    from embedded.places import Places
    from embedded.postgres import binaries, libpq

    kept = dict(os.environ)
    kept |= addresses | {"PAR_STATE": str(folder), "PYTHONUNBUFFERED": "1"}
    kept.setdefault("PAR_SECRET_KEY", _secret(folder))
    if "DATABASE_URL" not in os.environ:
        # psql and pg_dump for backups and `manage dbshell`: ours first, so that they fit the server.
        kept["PATH"] = os.pathsep.join([str(binaries()), kept.get("PATH", os.defpath)])
        kept |= libpq(Places(folder.resolve()))
    return kept


def python() -> str:
    return str(_python(home()))


def _make(venv: Path) -> None:
    stamp = venv / ".lock-digest"
    digest = hashlib.sha256(LOCK.read_bytes() + sys.version.encode()).hexdigest()
    with (ROOT / "dev.py").open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == digest and _python(venv).exists():
            return
        sys.stderr.write("Đang cài các gói Python vào .venv (chỉ lần đầu hoặc khi danh sách gói đổi)…\n")
        if not _make_with_uv(venv):
            _make_with_pip(venv)
        stamp.write_text(digest)


def _make_with_uv(venv: Path) -> bool:
    """False without uv, or where it finds no packages: pip may know an index from a file that uv does not read."""
    uv = shutil.which("uv")
    if uv is None:
        return False
    env = dict(os.environ)
    for ours, theirs in (("PIP_INDEX_URL", "UV_INDEX_URL"), ("PIP_FIND_LINKS", "UV_FIND_LINKS")):
        if ours in env:
            env.setdefault(theirs, env[ours])
    for words in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(venv)],
        ["pip", "install", "--quiet", "--python", str(_python(venv)), *STRICT],
    ):
        if subprocess.run([uv, *words], check=False, capture_output=True, env=env).returncode != 0:
            return False
    return True


def _make_with_pip(venv: Path) -> None:
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=False, capture_output=True)
    if made.returncode != 0:
        raise SetupError(
            "Python này thiếu mô-đun venv hoặc ensurepip: hãy cài gói python3-venv (Debian, Ubuntu: "
            "apt install python3-venv) hoặc cài uv, rồi chạy lại."
        )
    _install([str(_python(venv)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *STRICT])


def _install(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    raise SetupError(
        "Không cài được các gói Python: hãy kiểm tra mạng tới kho gói, hoặc đặt PIP_INDEX_URL hay "
        f"PIP_FIND_LINKS tới kho của cơ quan. Trình cài nói: {said[-1] if said else 'không có lời giải thích'}"
    )


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _secret(folder: Path) -> str:
    """Made once; whoever holds it can sign sessions, so only this account reads it."""
    file = folder / "secret-key"
    if not file.exists():
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secrets.token_urlsafe(50))
    return file.read_text().strip()
