"""Guards that every test runs under, and the small office that most tests work in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from pytest_django import DjangoDbBlocker

from tests.office import Office, make_office

# a busy machine fails no property: time is what `dev.py bench` measures
hypothesis.settings.register_profile(
    "untimed", hypothesis.settings(), deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also run the longer forms of the fault tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


class UndefinedVariable(str):
    """An undefined template variable fails the test that renders it."""

    __slots__ = ()

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, missing: object) -> str:
        raise AssertionError(f"undefined template variable: {missing}")


@pytest.fixture(autouse=True, scope="session")
def strict_templates() -> None:
    for template in settings.TEMPLATES:
        template["OPTIONS"]["string_if_invalid"] = UndefinedVariable("%s")


@pytest.fixture(autouse=True, scope="session")
def a_cache_of_ones_own(request: pytest.FixtureRequest) -> None:
    """Tests clear the cache; workers side by side must not clear each other's."""
    worker = getattr(request.config, "workerinput", {"workerid": "gw0"})["workerid"]
    settings.CACHES["default"]["OPTIONS"] = {"db": int(worker.removeprefix("gw")) + 1}


@pytest.fixture(autouse=True, scope="session")
def static_files_need_no_collecting() -> None:
    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


@pytest.fixture(autouse=True)
def joined_locks_name_their_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """`select_for_update` over a join without `of=` locks tables nobody meant."""
    plain = SQLCompiler.as_sql

    def as_sql(self: SQLCompiler, *args: Any, **kwargs: Any) -> Any:
        sql = plain(self, *args, **kwargs)
        query = self.query
        if query.select_for_update and not query.select_for_update_of and " JOIN " in sql[0]:
            raise AssertionError(f"select_for_update over a join needs of=: {sql[0]}")
        return sql

    monkeypatch.setattr(SQLCompiler, "as_sql", as_sql)


WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
# what a reading request may write: the session, the ledger's line on a download, and who opened a step by it
WRITTEN_BY_READING = {"django_session", "audit_entry", "workflow_sighting"}


def only_reads(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
    written = WRITES.match(sql)
    if written and written[1] not in WRITTEN_BY_READING:
        raise AssertionError(f"a GET writes to {written[1]}: {sql}")
    return execute(sql, params, many, context)


@pytest.fixture(autouse=True)
def a_get_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Client.get

    def get(self: Client, *args: Any, **kwargs: Any) -> Any:
        with connection.execute_wrapper(only_reads):
            return plain(self, *args, **kwargs)

    monkeypatch.setattr(Client, "get", get)


@pytest.fixture(autouse=True)
def files_stay_apart(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """Tests that commit are cleaned by TRUNCATE, which the ledger refuses: that one trigger rests in the test database."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        # pytest-django makes a test database only where a collected test is marked django_db
        assert connection.settings_dict["NAME"].startswith("test_"), "Tests never touch a database that is not theirs."
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER entries_are_final")


@pytest.fixture
def office(db: None) -> Office:
    """An agency with Văn phòng, two divisions and leadership, and people in every role."""
    return make_office("SKHĐT")


@pytest.fixture
def other_office(db: None) -> Office:
    """A second agency: nothing of it may ever be seen from the first."""
    return make_office("SNV")


@pytest.fixture(autouse=True)
def unordered_rows_come_in_random_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Querysets without an order come in random order."""
    plain = SQLCompiler.get_order_by

    def shuffled(self: SQLCompiler) -> Any:
        ordered = plain(self)
        if (
            not ordered
            and self.query.model
            and not self.query.distinct
            and not self.query.group_by
            and not self.query.combinator
        ):
            self.query.add_ordering("?")
            ordered = plain(self)
        return ordered

    monkeypatch.setattr(SQLCompiler, "get_order_by", shuffled)
