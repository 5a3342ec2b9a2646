"""Every static check, one line each, to the end."""

import subprocess
import sys
import time
from pathlib import Path

from development import environment
from development.environment import ROOT
from embedded import services

LINES_SHOWN = 60
TEMPLATES = ROOT / "templates"

# A deployment as docs/operations.md describes it; the checks must be silent under it.
PRODUCTION = {
    "PAR_DEBUG": "0",
    "PAR_HTTPS": "1",
    "PAR_BEHIND_PROXY": "1",
    "PAR_HOSTS": "kehoach.example.vn",
    "PAR_BASE_URL": "https://kehoach.example.vn",
    "PAR_ORIGINS": "https://kehoach.example.vn",
}


def check(words: list[str]) -> int:
    """0 when every tool is content. Names of tools as words run only those."""
    failed = []
    with services(environment.state(), label="dev.py check") as addresses:
        env = environment.settings(environment.state(), addresses)
        for name, command in tools().items():
            if words and name not in words:
                continue
            began = time.monotonic()
            given = env | PRODUCTION if name == "deploy" else env
            done = subprocess.run(
                command,
                check=False,
                cwd=ROOT,
                env=given,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            good = done.returncode == 0
            sys.stdout.write(f"{'đạt' if good else 'HỎNG':5} {name:11} {time.monotonic() - began:5.1f} s\n")
            if not good:
                failed.append(name)
                sys.stdout.write("".join(f"      {line}\n" for line in done.stdout.splitlines()[-LINES_SHOWN:]))
            sys.stdout.flush()
    if failed:
        sys.stdout.write(f"Chưa đạt: {', '.join(failed)}.\n")
    return 1 if failed else 0


def tools() -> dict[str, list[str]]:
    programs = Path(environment.python()).parent
    pages = [str(page.relative_to(ROOT)) for page in sorted(TEMPLATES.rglob("*.html"))]
    manage = [environment.python(), "manage.py"]
    found = {
        "format": [str(programs / "ruff"), "format", "--check", "."],
        "lint": [str(programs / "ruff"), "check", "."],
        "types": [str(programs / "mypy"), "."],
        "imports": [str(programs / "lint-imports")],
        "migrations": [*manage, "makemigrations", "--check", "--dry-run"],
        "deploy": [*manage, "check", "--deploy", "--fail-level", "WARNING"],
    }
    if pages:
        found["djade"] = [str(programs / "djade"), "--check", *pages]
        found["djlint"] = [str(programs / "djlint"), "--lint", "--quiet", *pages]
    return found
