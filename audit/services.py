"""Writing the ledger: entries are collected during a verb and written as its last statements.

The order of lines within an agency is decided under an advisory lock that is taken at the very
end, so that it is held for one INSERT and the commit, and never while rows are being locked.
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

from audit.models import Entry, Stream


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
    body: Mapping[str, Any]

    def text(self) -> str:
        """Canonical JSON: sorted keys, no blanks, letters as they are."""
        return json.dumps(
            [self.agency, self.stream.value, self.at.isoformat(), self.actor, self.on_behalf_of, self.verb, self.subject, self.body],
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
    **body: Any,
) -> None:
    """Add one line to the verb under way. Raises OutsideTransaction where there is none."""
    _current(verb).lines.append(Line(agency, stream, at or now(), actor, on_behalf_of, verb, subject, body))


def _write(lines: list[Line]) -> None:
    streams: dict[tuple[int, Stream], list[Line]] = {}
    for line in lines:
        streams.setdefault((line.agency, line.stream), []).append(line)
    for agency, stream in sorted(streams):  # one order everywhere: two verbs never wait for each other crosswise
        _append(agency, stream, streams[agency, stream])


def _append(agency: int, stream: Stream, lines: list[Line]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"audit:{agency}:{stream}"])
    last = (
        Entry.objects.filter(agency=agency, stream=stream)
        .order_by("-sequence")
        .values_list("sequence", flat=True)
        .first()
        or 0
    )
    Entry.objects.bulk_create(
        [
            Entry(
                agency=agency, stream=stream, sequence=last + number, at=line.at, actor=line.actor,
                on_behalf_of=line.on_behalf_of, verb=line.verb, subject=line.subject, text=line.text(),
            )
            for number, line in enumerate(lines, 1)
        ],
        batch_size=1000,
    )  # fmt: skip
