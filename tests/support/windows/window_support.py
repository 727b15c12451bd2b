"""Windows for tests: on a journal, with an operator, and a clock that is turned by hand."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fastapi import FastAPI
from run_support import events
from starlette.testclient import TestClient

from agents.records.folder import journal_of
from config.frozen import Journaled
from config.secrets import journal_key
from ops.live.auth.access import Access
from ops.live.auth.operator import Operator
from ops.live.following.window import Window
from ops.live.web.app import application
from ops.live.web.source import Source

PASSWORD = "correct horse battery"


class TurnedClock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def turn(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by


def window_on(run: Path, told: Iterable[Journaled] | None = None) -> Window:
    """A window that has taken all events of a run, or those that are given instead."""
    window = Window(run.name)
    for number, event in enumerate(told or (recorded.event for recorded in events(run)), 1):
        window.take(event, number)
    window.caught_up()
    return window


def app_on(
    window: Window,
    run: Path,
    operator: Operator | None = None,
    clock: TurnedClock | None = None,
    is_closing: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """The application of a window."""
    turned = clock or TurnedClock()
    access = Access(operator or Operator(), turned, guests_read=True)
    source = Source(window, journal_of(run), journal_key())
    return application(source, access, turned, hosts=("testserver",), is_closing=is_closing)


def client_on(run: Path, operator: Operator | None = None, clock: TurnedClock | None = None) -> TestClient:
    """A client of the application on a whole run."""
    return TestClient(app_on(window_on(run), run, operator, clock), follow_redirects=False)


def steered_by(token: str) -> dict[str, str]:
    """The headers of a program with a token."""
    return {"authorization": f"Bearer {token}"}


def logged_in(client: TestClient, password: str = PASSWORD) -> int:
    """Log in as a browser does; returns the status of the answer."""
    form = client.get("/login").text.partition('name="form" value="')[2].partition('"')[0]
    return client.post("/login", data={"password": password, "form": form}).status_code


def csrf_of(client: TestClient) -> str:
    """The token that changes of this browser must carry."""
    return client.get("/").text.partition('"X-CSRF-Token": "')[2].partition('"')[0]
