"""The commands of `dev.py`."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from development import environment
from development.environment import ROOT
from embedded import SetupError, services
from embedded.processes import LEASH

USAGE = """Cách dùng: python3 dev.py LỆNH
  run              chạy sản phẩm với dữ liệu mẫu tại http://127.0.0.1:8000 (PORT đổi cổng)
  test [--long] …  chạy mọi kiểm thử; phần sau được trao cho pytest
  check [tên …]    định dạng, lỗi viết, kiểu, quan hệ giữa các phần, mẫu trang, migration, cấu hình triển khai
  manage …         một lệnh quản trị của Django, với PostgreSQL và Redis đang chạy
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
        os.chdir(ROOT)
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
        return follow([environment.python(), "manage.py", *words], env)


def test(words: list[str]) -> int:
    from development.browser import find
    from development.run import collect

    folder = environment.state() / "test"
    chromium = find(environment.state())
    with services(folder, durable=False, borrow=False, label="dev.py test") as addresses:
        env = environment.settings(folder, addresses)
        collect(folder, env)
        env |= {"DJANGO_ALLOW_ASYNC_UNSAFE": "1", "CHROMIUM": chromium}
        return follow([environment.python(), "-m", "pytest", *words], env)


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
    leash = [sys.executable, "-I", "-S", str(LEASH), str(os.getpid()), str(int(signal.SIGTERM))]
    child = subprocess.Popen([*leash, *command], env=env, cwd=cwd)

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
    "bench": bench,
}
