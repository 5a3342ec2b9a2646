"""One server and one browser for all journeys. Requests run in threads and commit, so the database is emptied after each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.journeys.reading import Reading

FLAGS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM")
    assert path, "CHROMIUM names the browser for these tests; `python3 dev.py test` finds one."
    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """pytest-django's server under a name that brings no database: each test says so itself by its mark."""
    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1")
        yield server.url
        server.stop()


@pytest.fixture(autouse=True, scope="session")
def files_stay_apart(tmp_path_factory: Any) -> Iterator[None]:
    """One folder for the session: requests in other threads may still read when a test is over."""
    folder: Path = tmp_path_factory.mktemp("files")
    with override_settings(MEDIA_ROOT=folder):
        yield


@pytest.fixture(scope="module")
def readers(browser: Browser, server: str) -> Reading:
    return Reading(browser, server)


@pytest.fixture
def reading(readers: Reading) -> Iterator[Reading]:
    """Fails the test on what a person would not see: script errors, refused styles, answers of 500."""
    readers.troubles.clear()
    yield readers
    for context in readers.browser.contexts:
        context.close()
    assert not readers.troubles, "\n".join(readers.troubles)
