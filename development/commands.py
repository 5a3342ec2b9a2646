"""The commands of `dev.py`."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from development import environment
from development.environment import ROOT
from embedded import SetupError, services
from embedded.processes import leashed

MOST_WORKERS = 4  # each has a database and a browser of its own
USAGE = """Cách dùng: python3 dev.py LỆNH
  run              chạy sản phẩm với dữ liệu mẫu tại http://127.0.0.1:8000 (PORT đổi cổng)
  test [--long] …  chạy mọi kiểm thử; phần sau được trao cho pytest
  check [tên …]    định dạng, lỗi viết, kiểu, quan hệ giữa các phần, mẫu trang, migration, cấu hình triển khai
  manage …         một lệnh quản trị của Django, với PostgreSQL và Redis đang chạy
  pg CHƯƠNG-TRÌNH … psql, pg_dump, pg_restore… trên cơ sở dữ liệu nhúng (sao lưu: docs/operations.md)
  bench …          đo tốc độ, in JSON
"""


def main(words: Sequence[str]) -> int:
    """The exit code: of the program that was run, or 1 with one sentence on standard error."""
    command = COMMANDS.get(words[0]) if words else None
    if command is None:
        sys.stderr.write(USAGE)
        return 0 if words and words[0] in {"-h", "--help", "help"} else 2
    try:
        environment.enter()
        return command(list(words[1:]))
    except SetupError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def manage(words: list[str]) -> int:
    """Nothing but the command's own words on standard output."""
    folder = environment.state()
    with services(folder, label="dev.py manage " + " ".join(words[:1])) as addresses:
        env = environment.settings(folder, addresses)
        return follow([environment.python(), str(ROOT / "manage.py"), *words], env, Path.cwd())


def pg(words: list[str]) -> int:
    """One of PostgreSQL's own programs on the embedded database; a machine may have none of its own."""
    if not words or "DATABASE_URL" in os.environ:
        raise SetupError(
            "dev.py pg chạy một chương trình của PostgreSQL, như pg_dump, trên cơ sở dữ liệu nhúng: hãy nêu tên chương "
            'trình; khi đã đặt DATABASE_URL, hãy gọi thẳng chương trình ấy với "$DATABASE_URL".'
        )
    folder = environment.state()
    with services(folder, label="dev.py pg " + words[0]) as addresses:
        env = environment.settings(folder, addresses)
        program = shutil.which(words[0], path=env["PATH"])
        if program is None:
            raise SetupError(f"Bộ PostgreSQL nhúng không có chương trình {words[0]}: hãy xem lại tên.")
        return follow([program, *words[1:]], env, Path.cwd())


def test(words: list[str]) -> int:
    from development.browser import find
    from development.run import collect

    folder = environment.state() / "test"
    chromium = find(environment.state())
    with services(folder, durable=False, borrow=False, label="dev.py test") as addresses:
        env = environment.settings(folder, addresses)
        collect(folder, env)
        env |= {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "CHROMIUM": chromium}
        return follow([environment.python(), "-m", "pytest", *side_by_side(words), *words], env)


def side_by_side(words: list[str]) -> list[str]:
    """One worker for each of two cores, whole files at a time; a single file or test runs as it is, to be debugged."""
    if any(word.endswith(".py") or "::" in word for word in words):
        return []
    return ["-n", str(min(os.cpu_count() or 1, MOST_WORKERS)), "--dist", "loadfile"]


def bench(words: list[str]) -> int:
    folder = environment.state() / "bench"
    with services(folder, borrow=False, label="dev.py bench") as addresses:
        return follow([environment.python(), "-m", "benchmarks", *words], environment.settings(folder, addresses))


def run(_words: list[str]) -> int:
    from development.run import run as serve

    return serve()


def check(words: list[str]) -> int:
    from development.check import check as look

    return look(words)


def follow(command: list[str], env: dict[str, str], cwd: Path = ROOT) -> int:
    """Run in the foreground, on a leash; signals meant for us reach it, and its exit code is ours."""
    child = subprocess.Popen(leashed(command), env=env, cwd=cwd)

    def pass_on(number: int, _frame: object) -> None:
        if number != signal.SIGINT:  # a terminal sends Ctrl-C to the child itself
            child.send_signal(number)

    before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 128 - code if code < 0 else code


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "check": check,
    "manage": manage,
    "pg": pg,
    "bench": bench,
}
