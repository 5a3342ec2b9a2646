"""`dev.py` as a person uses it, in a state folder of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded import postgres
from embedded.places import Places
from embedded.processes import Mark, wait_until

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[2]
PARTS = ["beat", "postgres", "redis", "web", "worker"]
OURS = ("DATABASE_URL", "REDIS_URL", "PAR_SECRET_KEY", "PAR_BASE_URL", "PAR_DEMO", "PAR_STATE", "PORT")


class Machine:
    """A folder, a port, and `dev.py` run in them."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "Trạng thái"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        self.env = kept | {
            "PAR_STATE": str(self.state),
            "PAR_VENV": sys.prefix,
            "PAR_DEMO": "0",
            "PORT": str(self.port),
        }
        self.runs: list[subprocess.Popen[str]] = []

    def do(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "dev.py"), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, env=self.env, cwd="/", timeout=120)

    def run(self) -> subprocess.Popen[str]:
        """Start the product and return when it has told its address."""
        command = [sys.executable, str(ROOT / "dev.py"), "run"]
        out = self.state.parent / f"run-{len(self.runs)}.txt"
        with out.open("w") as words:
            process = subprocess.Popen(command, env=self.env, cwd="/", stdout=words, stderr=words, text=True)
        self.runs.append(process)
        assert wait_until(lambda: process.poll() is not None or f":{self.port}" in out.read_text(), 120), (
            out.read_text()
        )
        assert process.poll() is None, out.read_text()
        return process

    def said(self) -> str:
        return (self.state.parent / f"run-{len(self.runs) - 1}.txt").read_text()

    def status(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=60) as page:
            return int(page.status)

    def part(self, name: str) -> Mark | None:
        record = self.state / "run" / f"{name}.json"
        if not record.exists():
            return None
        said = json.loads(record.read_text())
        return Mark(said["pid"], said["started"])

    def parts(self) -> dict[str, Mark]:
        """Every part, once all are there."""
        assert wait_until(lambda: all(self.part(name) for name in PARTS), 30)
        return {name: mark for name in PARTS if (mark := self.part(name))}

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(postgres.url(Places(self.state))) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One state folder for all: the first start, with its migrations, is the slow one."""
    return Machine(tmp_path_factory.mktemp("máy trần"))


@pytest.fixture
def machine(prepared: Machine) -> Iterator[Machine]:
    yield prepared
    for run in prepared.runs:
        if run.poll() is None:
            run.terminate()
            run.wait(60)


def test_manage_prints_only_the_words_of_its_command(machine: Machine) -> None:
    done = machine.do("manage", "shell", "--no-imports", "-c", "print('đúng một dòng')")
    assert (done.returncode, done.stdout) == (0, "đúng một dòng\n"), done.stderr


def test_manage_passes_the_exit_code_on(machine: Machine) -> None:
    assert machine.do("manage", "shell", "--no-imports", "-c", "raise SystemExit(2)").returncode == 2


def test_unknown_command_shows_how_to_use_it(machine: Machine) -> None:
    done = machine.do("không-có")
    assert (done.returncode, done.stdout) == (2, "")
    assert "Cách dùng" in done.stderr


def test_taken_port_is_one_sentence(machine: Machine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", machine.port))
        taken.listen()
        done = machine.do("run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Cổng {machine.port}" in done.stderr


def test_run_serves_the_sign_in_page_and_ctrl_c_leaves_nothing(machine: Machine) -> None:
    run = machine.run()
    parts = machine.parts()
    assert machine.status() == 200
    assert (machine.state / "secret-key").stat().st_mode & 0o777 == 0o600
    run.send_signal(signal.SIGINT)
    assert run.wait(60) == 0
    assert not [name for name, mark in parts.items() if mark.alive()]
    assert not list((machine.state / "run").iterdir())
    assert not Places(machine.state).sockets.exists()


def test_killed_supervisor_loses_nothing_and_the_next_start_works(machine: Machine) -> None:
    run = machine.run()
    parts = machine.parts()
    machine.sql("create table kept_through_all as select 'còn nguyên' as words")
    run.kill()
    run.wait()
    again = machine.run()
    assert machine.status() == 200
    assert machine.sql("select words from kept_through_all") == [("còn nguyên",)]
    assert not [name for name, mark in parts.items() if mark.alive()]
    again.terminate()
    assert again.wait(60) == 0


def test_killed_part_is_started_again_and_named(machine: Machine) -> None:
    run = machine.run()
    before = machine.parts()
    machine.sql("create table kept as select 'còn nguyên' as words")
    for name, mark in before.items():
        os.kill(mark.pid, signal.SIGKILL)
        assert wait_until(lambda: (now := machine.part(name)) is not None and now != mark and now.alive(), 30), name
    assert wait_until(lambda: _answers(machine), 60)
    assert machine.sql("select words from kept") == [("còn nguyên",)]
    assert [name for name in PARTS if f"Tiến trình {name} đã dừng bất ngờ" in machine.said()] == PARTS
    assert run.poll() is None


def test_manage_uses_the_servers_of_a_running_product(machine: Machine) -> None:
    machine.run()
    before = machine.parts()
    done = machine.do("manage", "migrate", "--check")
    assert done.returncode == 0, done.stderr
    assert machine.parts() == before


def _answers(machine: Machine) -> bool:
    try:
        return machine.status() == 200
    except OSError:
        return False


def test_backup_made_without_any_client_installed_restores(machine: Machine, tmp_path: Path) -> None:
    def sql(statement: str) -> str:
        done = machine.do("pg", "psql", "-XAtqc", statement)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    sql("create table backed_up as select 'còn nguyên' as words")
    dump = tmp_path / "sao lưu.dump"
    assert machine.do("pg", "pg_dump", "-Fc", "-f", str(dump)).returncode == 0
    sql("drop table backed_up")
    assert machine.do("pg", "pg_restore", "-d", "par", "-t", "backed_up", str(dump)).returncode == 0
    assert sql("select words from backed_up") == "còn nguyên"
    sql("drop table backed_up")
