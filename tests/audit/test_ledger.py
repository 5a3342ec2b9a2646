"""The ledger takes lines and gives none back."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from audit import services as audit
from audit.models import Entry, Stream
from tests.office import Office

pytestmark = pytest.mark.django_db


def test_record_outside_a_transaction_raises() -> None:
    with pytest.raises(audit.OutsideTransaction):
        audit.record("verb", "case:1", agency=1, actor=1)


def test_lines_of_a_verb_are_numbered_and_kept_as_text() -> None:
    with audit.transaction():
        audit.record("assign.assigned", "case:1", agency=7, actor=3, note="Việc của phòng")
        audit.record("assign.assigned", "case:2", agency=7, actor=3)
    with audit.transaction():
        audit.record("sign_in", "user:3", agency=7, actor=3, stream=Stream.ACCESS)
    work = Entry.objects.filter(agency=7, stream=Stream.WORK).order_by("sequence")
    assert list(work.values_list("sequence", "subject")) == [(1, "case:1"), (2, "case:2")]
    assert Entry.objects.get(agency=7, stream=Stream.ACCESS).sequence == 1
    assert json.loads(work[0].text)["body"] == {"note": "Việc của phòng"}


def test_failed_verb_leaves_no_line() -> None:
    with pytest.raises(ZeroDivisionError), audit.transaction():
        audit.record("verb", "case:1", agency=7, actor=3)
        _ = 1 / 0
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET verb = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_ledger_refuses_change_and_removal(office: Office, statement: str) -> None:
    with audit.transaction():
        audit.record("verb", "case:1", agency=office.agency.pk, actor=None)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER entries_are_final")
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            cursor.execute(statement)
    assert Entry.objects.filter(verb="verb").count() == 1
