"""Whatever is done to a line afterwards is found, and where."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import services as audit
from audit.inspector import FIRST, NAMES, hash_of, read_heads
from audit.models import Entry, Stream
from audit.tasks import mail_heads
from audit.verification import VERIFIER, heads, verify
from tests.office import PASSWORD, Office
from tests.threads import race

pytestmark = pytest.mark.django_db
HERE, THERE = 7, 8
SIGN_IN = reverse("account_login")
REWRITE = """
DO $$
DECLARE line record; last text := repeat('0', 64);
BEGIN
    FOR line IN SELECT id, text FROM audit_entry WHERE agency = 7 AND stream = 'work' ORDER BY sequence LOOP
        UPDATE audit_entry SET previous = last, hash = encode(sha256(convert_to(last || E'\\n' || text, 'UTF8')), 'hex')
        WHERE id = line.id RETURNING hash INTO last;
    END LOOP;
END $$"""


def write(number: int, *, agency: int = HERE, stream: Stream = Stream.WORK) -> None:
    with audit.transaction():
        for n in range(number):
            audit.record(
                "review.accepted", f"case:{n}", agency=agency, actor=3, stream=stream, digest="ab" * 32, note="Đủ"
            )


@pytest.fixture
def ledger() -> None:
    write(5)
    write(2, stream=Stream.ACCESS)
    write(3, agency=THERE)


@pytest.fixture
def superuser(ledger: None) -> Iterator[None]:
    """Who may switch the trigger off may do anything."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER entry_is_final")


def tamper(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def found(anchor: str = "") -> list[tuple[object, ...]]:
    return [(p["agency"], p["stream"], p["sequence"], p["kind"]) for p in verify(anchor).problems]


def anchored() -> str:
    return "\n".join(map(str, heads()))


def test_lines_are_chained_and_whole_ledger_verifies(ledger: None) -> None:
    lines = list(Entry.objects.filter(agency=HERE, stream=Stream.WORK).order_by("sequence"))
    assert lines[0].previous == FIRST
    assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]
    assert all(line.hash == hash_of(line.previous, line.text) for line in lines)
    said = json.loads(lines[1].text)
    assert said | {"at": ""} == {
        "agency": 7, "stream": "work", "sequence": 2, "at": "", "actor": 3, "on_behalf_of": None, "verb": "review.accepted",
        "subject": "case:1", "digest": "ab" * 32, "address": "", "body": {"note": "Đủ"},
    }  # fmt: skip
    report = verify(anchored())
    assert (report.found, report.entries, report.drawn_after_last) == (0, 10, 0)
    assert [str(head) for head in heads()] == [chain.head() for chain in report.chains]
    assert [head.agency for head in heads(THERE)] == [THERE]


def test_chain_costs_two_queries_however_many_lines() -> None:
    with CaptureQueriesContext(connection) as captured:
        write(30)
    assert [query["sql"].split()[0] for query in captured.captured_queries] == [
        "SAVEPOINT",
        "SELECT",
        "INSERT",
        "RELEASE",
    ]


@pytest.mark.parametrize(
    ("statements", "problems"),
    [
        (["UPDATE audit_entry SET text = replace(text, 'Đủ', 'Thiếu') WHERE sequence = 3 AND agency = 7 AND stream = 'work'"],
         [(7, "work", 3, "changed")]),
        (["UPDATE audit_entry SET actor = 4 WHERE sequence = 2 AND agency = 8"], [(8, "work", 2, "columns")]),
        (["UPDATE audit_entry SET at = at - interval '1 day' WHERE sequence = 5"], [(7, "work", 5, "columns")]),
        (["UPDATE audit_entry SET address = '10.0.0.1' WHERE sequence = 1 AND stream = 'access'"], [(7, "access", 1, "columns")]),
        (["UPDATE audit_entry SET digest = '' WHERE sequence = 5"], [(7, "work", 5, "columns")]),
        (["UPDATE audit_entry SET text = 'x' WHERE sequence = 5"], [(7, "work", 5, "changed"), (7, "work", 5, "unreadable")]),
        (["UPDATE audit_entry SET hash = md5('x') || md5('y') WHERE sequence = 2 AND agency = 8"],
         [(8, "work", 2, "changed"), (8, "work", 3, "unlinked")]),
        (["DELETE FROM audit_entry WHERE sequence = 4 AND agency = 7"], [(7, "work", 4, "removed"), (7, "work", 5, "unlinked")]),
        (["DELETE FROM audit_entry WHERE sequence = 1 AND agency = 8"], [(8, "work", 1, "removed"), (8, "work", 2, "unlinked")]),
        (["UPDATE audit_entry SET sequence = 9 WHERE sequence = 2 AND agency = 8", "UPDATE audit_entry SET sequence = 2 WHERE sequence = 3 AND agency = 8",
          "UPDATE audit_entry SET sequence = 3 WHERE sequence = 9"],
         [(8, "work", 2, "unlinked"), (8, "work", 2, "moved"), (8, "work", 3, "unlinked"), (8, "work", 3, "moved")]),
        (["UPDATE audit_entry SET agency = 9 WHERE sequence = 3 AND agency = 8"],
         [(9, "work", 1, "removed"), (9, "work", 3, "unlinked"), (9, "work", 3, "moved")]),
        # one line written anew with its own hash: the next one does not fit it
        (["UPDATE audit_entry SET text = replace(text, 'Đủ', 'Thiếu') WHERE sequence = 3 AND agency = 7 AND stream = 'work'",
          "UPDATE audit_entry SET hash = encode(sha256(convert_to(previous || E'\\n' || text, 'UTF8')), 'hex') WHERE sequence = 3 AND agency = 7"],
         [(7, "work", 4, "unlinked")]),
        # a line put in between
        (["UPDATE audit_entry SET sequence = 4 WHERE sequence = 3 AND agency = 8",
          """INSERT INTO audit_entry (agency, stream, sequence, at, verb, subject, digest, address, text, previous, hash)
             SELECT agency, stream, 3, at, verb, subject, digest, address, text, previous, hash FROM audit_entry WHERE agency = 8 AND sequence = 2"""],
         [(8, "work", 3, "unlinked"), (8, "work", 3, "moved"), (8, "work", 3, "columns"), (8, "work", 4, "moved")]),
    ],
)  # fmt: skip
def test_single_change_is_found_and_located(superuser: None, statements: list[str], problems: list[object]) -> None:
    tamper(*statements)
    assert found() == problems


def test_lines_cut_off_the_end_leave_their_mark_and_miss_the_anchor(superuser: None) -> None:
    kept = anchored()
    tamper("DELETE FROM audit_entry WHERE agency = 8 AND sequence > 1")
    report = verify()
    assert (report.found, report.drawn_after_last) == (0, 2)
    assert found(kept) == [(8, "work", 3, "anchor")]
    tamper("DELETE FROM audit_entry WHERE agency = 8")
    assert found(kept) == [(8, "work", 3, "anchor")]


def test_chain_rewritten_whole_is_found_by_its_anchor(superuser: None) -> None:
    kept = anchored()
    tamper(
        "UPDATE audit_entry SET text = replace(text, 'Đủ', 'Thiếu') WHERE agency = 7 AND stream = 'work' AND sequence = 2",
        REWRITE,
    )
    write(1)
    assert found() == []
    assert found(kept) == [(7, "work", 5, "anchor")]


def test_anchor_is_read_from_a_mail_with_words_quotes_and_folded_lines() -> None:
    line = f"7 work 5 {'ab' * 32}"
    assert read_heads(f"Kính gửi\r\n> {line}\r\nhết") == {(7, "work"): {5: "ab" * 32}}
    assert read_heads(f"{line[:40]}=\r\n{line[40:]}\r\n") == {(7, "work"): {5: "ab" * 32}}
    assert read_heads("7 work 5 abc") == {}


def run(folder: Path, *words: str) -> tuple[int, str]:
    """The exported verifier by itself: no site packages, no environment, no server."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / VERIFIER), *words],
        capture_output=True,
        text=True,
        env={"PYTHONUTF8": "1"},
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


def test_exported_ledger_is_verified_without_a_server(ledger: None, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    call_command("export_ledger", folder, stdout=StringIO())
    assert sorted(path.name for path in folder.iterdir()) == [
        "7-access.tsv",
        "7-work.tsv",
        "8-work.tsv",
        "heads.txt",
        VERIFIER,
    ]
    code, said = run(folder)
    assert (code, said.count(" 0 lỗi")) == (0, 3)
    anchor = tmp_path / "anchor"
    call_command("anchor_ledger", anchor, stdout=StringIO())
    assert run(folder, "--anchor", str(anchor))[0] == 0
    lines = (folder / "7-work.tsv").read_text(encoding="utf-8").splitlines(keepends=True)
    for damage in (
        [*lines[:2], *lines[3:]],
        lines[:-1],
        [lines[0].replace("Đủ", "Xx"), *lines[1:]],
        [*lines, "gì đó\n"],
    ):
        (folder / "7-work.tsv").write_text("".join(damage), encoding="utf-8")
        code, said = run(folder)
        assert (code, "Cơ quan 7, nhật ký work, dòng" in said) == (1, True)
    (folder / "7-work.tsv").unlink()
    assert run(folder)[0] == 1
    assert run(tmp_path / "out", "--anchor", str(tmp_path / "none"))[0] == 2
    with pytest.raises(CommandError, match="đã có nội dung"):
        call_command("export_ledger", folder)


def test_verify_command_says_what_is_wrong_and_where(superuser: None, tmp_path: Path) -> None:
    out, anchor = StringIO(), tmp_path / "anchor"
    call_command("anchor_ledger", anchor, stdout=StringIO())
    call_command("verify_ledger", json=True, anchor=anchor, stdout=out)
    said = json.loads(out.getvalue())
    assert (said["ok"], said["entries"], len(said["heads"])) == (True, 10, 3)
    tamper("UPDATE audit_entry SET verb = 'x' WHERE sequence = 4")
    out = StringIO()
    with pytest.raises(SystemExit, match="1"):
        call_command("verify_ledger", stdout=out)
    assert "Cơ quan 7, nhật ký work, dòng 4: các cột tra cứu khác với nội dung đã ghi." in out.getvalue()
    (tmp_path / "empty").write_text("không có gì", encoding="utf-8")
    with pytest.raises(CommandError, match="không có mã đầu chuỗi nào"):
        call_command("verify_ledger", anchor=tmp_path / "empty")
    with pytest.raises(CommandError, match="Không đọc được"):
        call_command("verify_ledger", anchor=tmp_path / "none")


def test_heads_are_mailed_to_the_list_and_the_mail_is_an_anchor(ledger: None, settings: object) -> None:
    settings.LEDGER_MAIL = []  # type: ignore[attr-defined]
    mail_heads()
    assert mail.outbox == []
    settings.LEDGER_MAIL = ["thanh-tra@example.vn", "lanh-dao@example.vn"]  # type: ignore[attr-defined]
    mail_heads()
    (sent,) = mail.outbox
    assert sent.to == ["thanh-tra@example.vn", "lanh-dao@example.vn"]
    assert read_heads(str(sent.message())) == {(h.agency, h.stream): {h.sequence: h.hash} for h in heads()}


def test_sign_in_names_the_address_it_came_from(office: Office, settings: object) -> None:
    cache.clear()
    client = Client(REMOTE_ADDR="10.0.0.9", headers={"X-Forwarded-For": "1.2.3.4, 192.0.2.7"})
    client.post(SIGN_IN, {"login": office["head"].code, "password": PASSWORD})
    entry = Entry.objects.get(verb="person.signed_in")
    assert (entry.stream, entry.address, json.loads(entry.text)["address"]) == ("access", "10.0.0.9", "10.0.0.9")
    settings.BEHIND_PROXY = True  # type: ignore[attr-defined]
    client.logout()
    client.post(SIGN_IN, {"login": office["officer"].code, "password": "sai mật khẩu"})
    assert Entry.objects.get(verb="person.sign_in_failed").address == "192.0.2.7"
    write(1)
    assert Entry.objects.get(agency=HERE).address == ""


def test_migration_chains_lines_that_were_there_before(superuser: None) -> None:
    """A line from before the chain keeps its text, a list without a number."""
    for entry in Entry.objects.all():
        facts = json.loads(entry.text)
        before = json.dumps([facts[name] for name in NAMES])
        Entry.objects.filter(pk=entry.pk).update(text=before, digest="", previous="", hash="")
    tamper(import_module("audit.migrations.0002_chain").CHAIN)
    assert found() == []
    write(1)
    assert (found(), verify().entries) == ([], 11)
    tamper("ALTER TABLE audit_entry DISABLE TRIGGER entry_is_final",
           "UPDATE audit_entry SET text = replace(text, 'accepted', 'returned') WHERE agency = 8 AND sequence = 2")  # fmt: skip
    assert found() == [(8, "work", 2, "changed"), (8, "work", 2, "columns")]


@pytest.mark.django_db(transaction=True)
def test_many_writers_keep_one_chain() -> None:
    raised = race([lambda: [write(2) for _ in range(10)] for _ in range(8)])
    assert all(not isinstance(result, Exception) for result in raised), raised
    report = verify()
    assert (report.found, report.entries) == (0, 160)
