"""The servers of a bare machine, killed at the worst moment, in a folder whose name is not plain."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from embedded import Services, SetupError, services
from embedded.places import Places
from embedded.processes import Mark, wait_until

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[2]
OWNER = """
import os, signal, sys, time
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job inherits a deaf ear
from embedded import services
with services(Path(sys.argv[1])) as addresses:
    print(addresses["DATABASE_URL"], addresses["REDIS_URL"], flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def servers_are_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "Thư mục của Sở"


@pytest.fixture
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the servers."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.addresses = process.stdout.readline().split()  # type: ignore[attr-defined]
    yield process
    interrupt(process)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C, and again: an interrupt that meets Python inside a finaliser is swallowed there."""
    for _ in range(6):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
            return
    raise AssertionError("the owner of the servers does not stop")


def write(addresses: dict[str, str]) -> None:
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        connection.execute("create table kept (words text)")
        connection.execute("insert into kept values ('Sở Kế hoạch và Đầu tư')")
    Redis.from_url(addresses["REDIS_URL"].replace("redis+socket", "unix")).set("kept", "giữ nguyên")


def read(addresses: dict[str, str]) -> tuple[str, str]:
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        row = connection.execute("select words from kept").fetchone()
    word = Redis.from_url(addresses["REDIS_URL"].replace("redis+socket", "unix")).get("kept")
    assert row is not None
    assert isinstance(word, bytes)
    return row[0], word.decode()


KEPT = ("Sở Kế hoạch và Đầu tư", "giữ nguyên")


def server(folder: Path, name: str) -> Mark:
    said = json.loads((folder / "run" / f"{name}.json").read_text())
    return Mark(said["pid"], said["started"])


def test_what_was_written_is_there_after_both_servers_are_killed(folder: Path) -> None:
    held = Services(folder)
    held.own()
    write(held.addresses)
    for one in held.servers:
        os.kill(server(folder, one.name).pid, signal.SIGKILL)
        wait_until(lambda: not one.running(), 10)
        one.start()
    assert read(held.addresses) == KEPT
    held.stop()


def test_what_was_written_is_there_after_everything_is_killed(folder: Path, owner: subprocess.Popen[str]) -> None:
    database, broker = owner.addresses  # type: ignore[attr-defined]
    write({"DATABASE_URL": database, "REDIS_URL": broker})
    killed = [server(folder, "postgres"), server(folder, "redis")]
    for mark in killed:
        os.kill(mark.pid, signal.SIGKILL)
    owner.kill()
    owner.wait()
    with services(folder) as addresses:
        assert read(addresses) == KEPT


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_servers_end_with_a_killed_owner(folder: Path, owner: subprocess.Popen[str]) -> None:
    marks = [server(folder, "postgres"), server(folder, "redis")]
    owner.kill()
    owner.wait()
    assert wait_until(lambda: not any(mark.alive() for mark in marks), 20)


@pytest.mark.parametrize("pid", ["ours", "999999999", "1", "không phải số"])
def test_stale_pid_file_does_not_stop_the_next_start(folder: Path, pid: str) -> None:
    with services(folder) as addresses:
        write(addresses)
    pid = str(os.getpid()) if pid == "ours" else pid
    (folder / "postgres" / "postmaster.pid").write_text(f"{pid}\n{folder / 'postgres'}\n0\n5432\n\n\n")
    with services(folder) as addresses:
        assert read(addresses) == KEPT


def test_leftover_server_is_ended_before_the_next_start(folder: Path) -> None:
    """As where nothing tells children that their parent died: a server that outlived its owner."""
    first = Services(folder)
    first.own()
    write(first.addresses)
    left = server(folder, "postgres")
    first._owner.release()
    with services(folder) as addresses:
        assert not left.alive()
        assert read(addresses) == KEPT
    for one in first.servers:
        assert not one.running()


def test_second_user_borrows_and_leaves_the_servers_running(folder: Path, owner: subprocess.Popen[str]) -> None:
    before = server(folder, "postgres")
    with services(folder) as addresses:
        assert [addresses["DATABASE_URL"], addresses["REDIS_URL"]] == owner.addresses  # type: ignore[attr-defined]
        write(addresses)
    assert server(folder, "postgres") == before
    assert before.alive()


def test_borrower_of_a_dead_owner_does_not_hold_up_the_next_start(folder: Path, owner: subprocess.Popen[str]) -> None:
    borrower = Services(folder)
    borrower.own_or_borrow()
    owner.kill()
    owner.wait()
    with services(folder) as addresses:
        write(addresses)
        borrower.stop()
        assert read(addresses) == KEPT


def test_owner_in_the_way_is_named(folder: Path) -> None:
    with services(folder, label="dev.py run"), pytest.raises(SetupError, match=r"«dev\.py run»"):
        Services(folder).own(patience=0)


def test_nothing_is_left_after_a_stop(folder: Path) -> None:
    with services(folder):
        marks = [server(folder, "postgres"), server(folder, "redis")]
        sockets = Places(folder).sockets
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not any(mark.alive() for mark in marks)
    assert not sockets.exists()
    assert not list((folder / "run").iterdir())
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_long_path_gets_a_short_folder_for_sockets(tmp_path: Path) -> None:
    folder = tmp_path / ("Kế hoạch cải cách hành chính " * 4).strip()
    with services(folder) as addresses:
        assert len(os.fsencode(Places(folder).sockets)) < 60
        write(addresses)
        assert read(addresses) == KEPT
    assert not Places(folder).sockets.exists()


def test_short_folder_made_by_somebody_else_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / ("Kế hoạch cải cách hành chính " * 4).strip()
    folder.mkdir()
    trap = Places(folder).sockets
    trap.symlink_to(tmp_path)
    try:
        with pytest.raises(SetupError, match="hãy xóa nó"), services(folder):
            pass
    finally:
        trap.unlink()


def test_data_of_another_version_is_refused_in_a_sentence(folder: Path) -> None:
    with services(folder):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(SetupError, match="PostgreSQL 12"), services(folder):
        pass


def test_servers_of_the_environment_win(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere")
    with services(folder) as addresses:
        assert addresses == {"DATABASE_URL": "postgresql://somewhere/else", "REDIS_URL": "redis://somewhere"}
    assert not (folder / "postgres").exists()


def test_half_made_data_folder_is_made_again(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with services(folder) as addresses:
        write(addresses)
        assert read(addresses) == KEPT


def test_locale_folds_vietnamese_letters(folder: Path) -> None:
    with services(folder) as addresses, psycopg.connect(addresses["DATABASE_URL"]) as connection:
        assert connection.execute("select lower('ĐẶNG THỊ HƯỜNG'), upper('nguyễn')").fetchone() == (
            "đặng thị hường",
            "NGUYỄN",
        )
