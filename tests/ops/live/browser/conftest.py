"""Chromium, and windows that are served for real."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from kept_journals import KEY
from window_support import TurnedClock, app_on

from ops.live.auth.operator import Operator
from ops.live.following.window import Window
from ops.live.web.server import Place, Serving

ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIBUNAL_JOURNAL_KEY", KEY)


@pytest.fixture
def chromium() -> Iterator[Any]:
    """The browser, of one test: while Playwright lives, its own loop runs in this thread, and no other one can. Where there is
    no browser the tests are skipped; in CI that is a failure."""
    program = shutil.which("chromium")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed, and CI looks at every page")
        pytest.skip("needs chromium (apt-get install --no-install-recommends chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, served: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of its own context, which is closed before its server; every fault in its console fails the test."""
    faults: list[str] = []
    with ExitStack() as held:

        def open_page(address: str, width: int = 1400, height: int = 900, scheme: str = "light") -> Any:
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
            held.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(20_000)
            page.on("console", lambda told: faults.append(told.text) if told.type == "error" else None)
            page.on("pageerror", lambda fault: faults.append(str(fault)))
            page.goto(address)
            return page

        open_page.faults = faults  # type: ignore[attr-defined]
        yield open_page
    assert faults == []


@pytest.fixture
def served() -> Iterator[Callable[..., Serving]]:
    """Serves a window of a run on loopback."""
    with ExitStack() as held:

        def serve(
            window: Window, run: Path, operator: Operator | None = None, clock: TurnedClock | None = None
        ) -> Serving:
            place = Place(port=0)
            return held.enter_context(
                Serving(lambda is_closing: app_on(window, run, operator, clock, is_closing), place)
            )

        yield serve
