"""Writing the ledger: entries are collected during a verb and written as its last statements.

The order of lines within an agency is decided under an advisory lock that is taken at the very
end, so that it is held for one INSERT and the commit, and never while rows are being locked. Each
line is chained to the one before it (audit/inspector.py says how, and checks it).
"""

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection
from django.db.transaction import atomic
from django.utils.timezone import now

from audit.address import current_address
from audit.inspector import FIRST, hash_of
from audit.models import Stream

BATCH = 1000
INSERT = """INSERT INTO audit_entry
(agency, stream, sequence, at, actor, on_behalf_of, verb, subject, digest, address, text, previous, hash) VALUES """
ROW = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


class OutsideTransaction(RuntimeError):
    """`record()` was called where nothing would write the entry."""


@dataclass(frozen=True)
class Line:
    agency: int
    stream: Stream
    at: datetime
    actor: int | None
    on_behalf_of: int | None
    verb: str
    subject: str
    digest: str
    address: str
    body: Mapping[str, Any]

    def text(self, sequence: int) -> str:
        """Canonical JSON: sorted keys, no blanks, letters as they are."""
        return json.dumps(
            {
                "agency": self.agency, "stream": self.stream.value, "sequence": sequence, "at": self.at.isoformat(),
                "actor": self.actor, "on_behalf_of": self.on_behalf_of, "verb": self.verb, "subject": self.subject,
                "digest": self.digest, "address": self.address, "body": self.body,
            },
            sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str,
        )  # fmt: skip


@dataclass
class Verb:
    """A verb under way: its lines, what to undo when it fails, whether the commit was asked for."""

    lines: list[Line] = field(default_factory=list)
    undo: list[Callable[[], object]] = field(default_factory=list)
    committing: bool = False


_under_way: ContextVar[Verb | None] = ContextVar("audit_verb", default=None)


@contextmanager
def transaction() -> Generator[None]:
    """One verb, one transaction: what was recorded inside is written just before the commit."""
    verb = Verb()
    try:
        with atomic(durable=True):
            token = _under_way.set(verb)
            try:
                yield
                _write(verb.lines)
                verb.committing = True
            finally:
                _under_way.reset(token)
    except BaseException as error:
        # a commit whose answer was lost may have happened: what it names must stay
        if not (verb.committing and isinstance(error, OperationalError)):
            for undo in verb.undo:
                undo()
        raise


def on_failure(undo: Callable[[], object]) -> None:
    """Call `undo` when the verb under way is not committed: for what a database cannot take back."""
    _current("on_failure").undo.append(undo)


def _current(what: str) -> Verb:
    verb = _under_way.get()
    if verb is None:
        raise OutsideTransaction(what)
    return verb


def record(
    verb: str,
    subject: str,
    *,
    agency: int,
    actor: int | None,
    on_behalf_of: int | None = None,
    stream: Stream = Stream.WORK,
    at: datetime | None = None,
    digest: str = "",
    **body: Any,
) -> None:
    """Add one line to the verb under way. Raises OutsideTransaction where there is none.

    `digest` names the content a decision was about.
    """
    _current(verb).lines.append(
        Line(agency, stream, at or now(), actor, on_behalf_of, verb, subject, digest, current_address(), body)
    )


def _write(lines: list[Line]) -> None:
    streams: dict[tuple[int, Stream], list[Line]] = {}
    for line in lines:
        streams.setdefault((line.agency, line.stream), []).append(line)
    for agency, stream in sorted(streams):  # one order everywhere: two verbs never wait for each other crosswise
        _append(agency, stream, streams[agency, stream])


def _append(agency: int, stream: Stream, lines: list[Line]) -> None:
    """Lock and last line in one query, then one INSERT a thousand lines."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequence, hash FROM audit_last(%s, %s)", [agency, stream.value])
        last, previous = cursor.fetchone() or (None, None)
        sequence, previous = last or 0, previous or FIRST
        for first in range(0, len(lines), BATCH):
            part = lines[first : first + BATCH]
            values: list[Any] = []
            for line in part:
                sequence += 1
                text = line.text(sequence)
                chained = hash_of(previous, text)
                values += [agency, stream.value, sequence, line.at, line.actor, line.on_behalf_of, line.verb,
                           line.subject, line.digest, line.address, text, previous, chained]  # fmt: skip
                previous = chained
            cursor.execute(INSERT + ", ".join([ROW] * len(part)), values)
