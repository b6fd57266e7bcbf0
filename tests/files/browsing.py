"""A real browser, logged in or not, in front of the live server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import do_without
from tests.files.conftest import Caller

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

#: A judge of accessibility that runs in the page.
_AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"

#: Where pictures of pages go, for people to look at; nowhere, unless somebody says so.
_PICTURES = os.environ.get("BLOCKSTORE_TEST_PICTURES", "")

#: Milliseconds: a busy machine is no fault of a page.
_PATIENCE = 20_000

_FLAGS = [
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


@contextmanager
def browsing(live_server_url: str, caller: Caller) -> Iterator[BrowserContext]:
    """A browser with the session of a caller, and a cookie that scripts of the site can read.

    Nothing may be asked of the database inside, since the browser's driver runs an event loop in
    this thread.
    """
    program = shutil.which("chromium")
    if program is None or find_spec("playwright") is None:
        do_without("no browser (as root: apt-get install chromium; pip install playwright)")
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415

    flags = [*_FLAGS, "--no-sandbox"] if os.geteuid() == 0 else _FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags)
        context = browser.new_context()
        context.set_default_timeout(_PATIENCE)
        expect.set_options(timeout=_PATIENCE)
        cookies = {name: morsel.value for name, morsel in caller.client.cookies.items()}
        context.add_cookies(
            [
                {"name": name, "value": value, "url": live_server_url}
                for name, value in {**cookies, "secret": "of the site"}.items()
            ]
        )
        try:
            yield context
        finally:
            context.close()
            browser.close()


def faults_of(page: Page, *, without: str) -> list[str]:
    """Return what keeps people from using a page, as far as a program can tell.

    Args:
        without: A selector of what is not to be judged.
    """
    if not _AXE.exists():
        do_without("no axe-core (npm ci --prefix tests/files/browser)")
    page.add_script_tag(path=_AXE)
    found = page.evaluate("without => axe.run({exclude: [without]}, {iframes: false})", without)
    return [
        f"{violation['id']}: {violation['help']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def picture(page: Page, name: str) -> None:
    """Take a picture of a page, if pictures are wanted."""
    if _PICTURES:
        page.screenshot(path=Path(_PICTURES) / f"{name}.png", full_page=True)
