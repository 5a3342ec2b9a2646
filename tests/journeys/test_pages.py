"""Every page that somebody can reach: found by following links, looked at in four widths, read for leftovers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from django.utils.timezone import localdate
from playwright.sync_api import Page

from tests.journeys.house import ask_leadership, make_house
from tests.journeys.reading import SIDEWAYS, Reading, where
from tests.office import make_assignment, make_office
from workflow.models import Extension, LeadChange

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

ROLES = [
    "reviewer", "chief", "leader", "director", "head", "deputy", "officer", "office_officer", "clerk", "viewer",
    "administrator",
]  # fmt: skip
WIDTHS = (768, 1920)
# what a library or a forgotten template says by itself
FOREIGN = re.compile(
    r"\b(Submit|Login|Log in|Sign (?:in|out)|Logout|Username|Password|None|True|False|null|undefined|NaN|lambda|"
    r"This field|Select a valid|Ensure this|Enter an?|Choose file|Search|Previous|Next|Save|Delete|Cancel|Error|"
    r"task|deadline|Oops|OK|minh chứng|vui lòng|Viec|Nhiem vu|Ke hoach|Bao cao|Thoi han|Don vi)\b|\{\{|\{%|<b>|&[a-z]+;"
)
SPOKEN = """() => [document.title, document.body.innerText,
    ...[...document.querySelectorAll("[aria-label], [placeholder], [title], [alt]")].flatMap(
        e => ["aria-label", "placeholder", "title", "alt"].map(name => e.getAttribute(name) || ""))].join("\\n")"""
LINKS = """() => [...document.querySelectorAll("a[href]")].filter(a => !a.hasAttribute("download")).map(a => a.href.split("#")[0])"""
FILES = {
    "workflow:download", "reports:download", "workflow:tasks_export", "workflow:export_results", "plans:export_word", "plans:export_excel",
    "evidence:download", "account_logout",
}  # fmt: skip


@dataclass
class Walk:
    """Goes wherever links lead, once to each view; what was looked at in full is remembered across people."""

    looked_at: set[str] = field(default_factory=set)

    def of(self, page: Page, address: str) -> Iterator[tuple[str, int]]:
        """Yields the name of each view and its answer, with its page open."""
        waiting, met = [address], {"home"}
        while waiting:
            url = waiting.pop(0)
            name = view_of(url)
            if not name or name in met or name in FILES:
                continue
            met.add(name)
            answer = page.goto(url)
            yield name, answer.status if answer else 0
            waiting += page.evaluate(LINKS)


def view_of(url: str) -> str:
    try:
        return resolve(urlsplit(url).path).view_name
    except Resolver404:
        return ""


def test_every_page_that_links_lead_to(reading: Reading, subtests: pytest.Subtests) -> None:
    house, everywhere = make_house(), Walk()
    for role in ROLES:
        page = reading.page_of(house[role])
        for name, status in everywhere.of(page, reading.address + "/viec/"):
            with subtests.test(role=role, page=name):
                assert status == 200, page.url
                reads_well(page)
                if name not in everywhere.looked_at:
                    everywhere.looked_at.add(name)
                    looks_well(reading, page)
        page.context.close()
    assert len(everywhere.looked_at) >= 20, sorted(everywhere.looked_at)


def reads_well(page: Page) -> None:
    """It has a title of its own, a heading, and no word that is not ours."""
    title = page.title()
    assert title.endswith("– PAR Plan"), page.url
    assert title.strip("– ") != "PAR Plan", page.url
    assert page.locator("h1").count() == 1, page.url
    found = FOREIGN.search(page.evaluate(SPOKEN))
    assert not found, f"{where(page)} says “{found and found[0]}”"


def looks_well(reading: Reading, page: Page) -> None:
    reading.check(page)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SIDEWAYS) <= 0, where(page)
    page.set_viewport_size({"width": 360, "height": 760})
    reading.check(page)
    page.set_viewport_size({"width": 1280, "height": 800})


def test_page_of_a_request(reading: Reading) -> None:
    """The walk opens one task only, and not every task has requests."""
    office = make_office("SKHĐT")
    work = make_assignment(office, task="Kiểm tra kỷ luật hành chính", due=localdate() + timedelta(days=9))
    ask_leadership(office, work)
    page = reading.page_of(office["head"])
    for asked in (Extension.objects.get(of=work.case), LeadChange.objects.get(of=work.case)):
        page.goto(f"{reading.address}/de-nghi/{asked.pk}/")
        reads_well(page)
        looks_well(reading, page)
