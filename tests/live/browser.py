"""A headless Chromium (Debian's) in front of a real Odoo, logged in as somebody. Fixture: `browser`.

Promises: Chromium is installed from the mirror the host's own apt uses, and ends with the test run; each
`Desktop` is a login of its own, with any number of tabs. Pages reach nothing but this machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.live.debian import Unavailable, install_on_host

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

_PACKAGES = ("chromium", "fonts-dejavu-core")
_FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]


def chromium(log: Path) -> str:
    """The path of Debian's Chromium, installed first if need be. Raises `Unavailable`."""
    found = shutil.which("chromium")
    if found is None:
        install_on_host(_PACKAGES, log)
        found = shutil.which("chromium")
    if found is None:
        raise Unavailable("the package chromium brought no program of that name")
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A running Chromium. For one module: while it runs, its thread has an event loop already."""
    try:
        with launched(tmp_path_factory.mktemp("browser") / "apt.log") as started:
            yield started
    except Unavailable as reason:
        pytest.skip(f"Chromium is not available: {reason}")


@contextmanager
def launched(log: Path) -> Iterator[Browser]:
    """Chromium, running; installed first if need be. Raises `Unavailable`."""
    from playwright.sync_api import sync_playwright

    path = chromium(log)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, headless=True, args=_FLAGS)
        yield started
        started.close()


@dataclass
class Desktop:
    """One person's browser in front of one Odoo."""

    url: str
    context: BrowserContext
    home: str
    problems: list[str] = field(default_factory=list)

    @classmethod
    def opened(
        cls, browser: Browser, url: str, database: str, login: str, password: str, *, version: int, lang: str
    ) -> Desktop:
        """Log in, as a person does, and stay on the first page."""
        context = browser.new_context(
            locale=lang, timezone_id="Europe/Paris", viewport={"width": 1280, "height": 800}
        )
        context.set_default_timeout(60_000)
        context.route("**/*", _only_here)
        # A page of its own asks for a database first where a server has several.
        answer = context.request.post(
            f"{url}/web/session/authenticate",
            data={"jsonrpc": "2.0", "params": {"db": database, "login": login, "password": password}},
        )
        if not answer.ok or "error" in answer.json():
            raise PermissionError(f"{url} refuses {login}: {answer.text()[:200]}")
        return cls(url, context, "/odoo" if version >= 18 else "/web")

    def tab(self, path: str = "") -> Page:
        """A new tab, once Odoo's page in it stands."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(self.url + (path or self.home))
        page.wait_for_selector(".o_main_navbar")
        page.wait_for_function("() => window.HubCalls === undefined || window.HubCalls.listening === true")
        return page

    def close(self) -> None:
        self.context.close()


def _only_here(route: Route) -> None:
    if urlsplit(route.request.url).hostname in ("127.0.0.1", "localhost", None):
        route.continue_()
    else:
        route.abort()
