"""A browser as a person uses it: what it says is collected, what it shows is checked."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, StorageState

from organization.models import User
from tests.office import PASSWORD

AXE = Axe()
# what a browser logs of an answer such as 409 by itself; 500 and beyond are watched apart
ANSWERED = "Failed to load resource"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# axe leaves empty style attributes behind, which the policy refuses when htmx copies them
TIDY = """() => document.querySelectorAll("[style='']").forEach(element => element.removeAttribute("style"))"""
# with SHOTS=folder every page that is checked is kept as a picture, to be looked at
SHOTS = os.environ.get("SHOTS")


@dataclass
class Reading:
    """Pages for signed-in people, in one browser against one server."""

    browser: Browser
    address: str
    troubles: list[str] = field(default_factory=list)
    sessions: dict[tuple[int, str], StorageState] = field(default_factory=dict)
    pictures: int = 0
    width: int = 1280

    def page(self, width: int = 0, state: StorageState | None = None, *, scripts: bool = True) -> Page:
        """A page in a context of its own, as wide as the reading's window unless told."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width or self.width, "height": 800},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            reduced_motion="reduce",
            storage_state=state,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self._note(f"script error: {error}"))
        page.on("response", self._answered)
        return page

    def page_of(self, person: User, width: int = 0, *, password: str = PASSWORD, scripts: bool = True) -> Page:
        """A page where `person` is signed in; the form is filled in once, later pages keep the session."""
        key = (person.pk, person.code)
        if key not in self.sessions:
            gate = self.page()
            sign_in(gate, person.code, password)
            self.sessions[key] = gate.context.storage_state()
            gate.context.close()
        return self.page(width, self.sessions[key], scripts=scripts)

    def _note(self, trouble: str) -> None:
        if trouble not in self.troubles:
            self.troubles.append(trouble)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERED):
            self._note(f"console at {message.location.get('url')}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and "/static/" in response.url):
            self._note(f"{response.status} from {response.request.method} {response.url}")

    def check(self, page: Page, *, axe: bool = True) -> None:
        """No violation that axe finds, no scroll sideways. Axe itself is a script: it needs a page that runs them."""
        page.wait_for_load_state()  # words stand in a page before its stylesheets are there
        self.picture(page)
        wide = page.evaluate(SIDEWAYS)
        assert wide <= 0, f"{where(page)} scrolls sideways by {wide} px: {widest(page)}"
        if axe:
            found = AXE.run(page).response["violations"]
            page.evaluate(TIDY)
            assert not found, f"{where(page)}\n" + "\n".join(violation(each) for each in found)

    def picture(self, page: Page) -> None:
        if SHOTS:
            self.pictures += 1
            path = page.url.removeprefix(self.address).strip("/").split("?")[0].replace("/", "_") or "home"
            width = page.viewport_size["width"] if page.viewport_size else 0
            page.screenshot(path=Path(SHOTS) / f"{self.pictures:03d}-{path}-{width}.png", full_page=True)


def sign_in(page: Page, code: str, password: str) -> None:
    page.goto("/tai-khoan/dang-nhap/")
    page.get_by_label("Tên đăng nhập").fill(code)
    page.get_by_label("Mật khẩu", exact=True).fill(password)
    page.get_by_role("button", name="Đăng nhập").click()
    page.get_by_role("banner").wait_for()
    assert "/dang-nhap/" not in page.url, page.locator("main, body").first.inner_text()


def where(page: Page) -> str:
    width = page.viewport_size["width"] if page.viewport_size else "?"
    return f"{page.url} at {width} px"


def violation(found: dict) -> str:
    nodes = "\n".join(f"    {node['html']}\n      {node['failureSummary']}" for node in found["nodes"][:4])
    return f"  {found['id']} ({found['impact']}): {found['help']}\n{nodes}"


def widest(page: Page) -> list[str]:
    """The elements that reach beyond the right edge, to say where to look."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main *, header *")]
        .filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
        .slice(0, 5).map(e => e.outerHTML.slice(0, 160))"""
    )
