"""Telegram, e-mail, Discord, Slack and ntfy through real apprise: what arrives there, and whom one that fails delays."""

import io
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from services import SECRETS, Service, service

from config.logging import configure
from ops.live.woken.channel import Channel, Pace
from ops.live.woken.notice import HIDDEN, notice
from ops.live.woken.routes import routes_of, secrets_of

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
QUICK = Pace(pause_s=0.1, longest_s=0.2, deadline_s=2.0)
KINDS = ("telegram", "mail", "discord", "slack", "ntfy")
WEB = tuple(kind for kind in KINDS if kind != "mail")
TOLD = notice(
    "account_drift",
    AT,
    "BTC/USDT: the exchange holds 1.5, the ledger 0.5 <b>of it</b> @everyone",
    key="BTC/USDT",
    amounts=("1.5", "0.5"),
)
Opening = Callable[[str], Service]


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opening]:
    """Opens services of a kind."""
    from apprise.plugins.base import NotifyBase
    from apprise.plugins.slack import NotifySlack

    for plugin in (NotifyBase, NotifySlack):
        monkeypatch.setattr(
            plugin, "request_rate_per_sec", 0
        )  # it would wait between two messages; that is not tested here
    with ExitStack() as held:
        yield lambda kind: held.enter_context(service(kind, monkeypatch))


def channel(service: Service, words: str = "warning", said: list[str] | None = None) -> Channel:
    (route,) = routes_of([], f"{words}={service.url}")
    opened = Channel(route, "live-001", ([] if said is None else said).append, QUICK)
    opened.start()
    return opened


@pytest.mark.parametrize("kind", KINDS)
def test_each_service_is_told_the_severity_the_run_what_to_do_and_no_size_of_the_account(
    kind: str, opening: Opening
) -> None:
    there = opening(kind)
    opened = channel(there)
    opened.put(TOLD)
    (text,) = there.until(1)
    assert opened.finish(5.0) == 0
    assert "CRITICAL account_drift" in text
    assert "live-001" in text
    assert "docs/runbook.md#account" in text.replace("\\_", "_").replace("\\.", ".")
    assert f"holds {HIDDEN}, the ledger {HIDDEN}" in text
    assert "1.5" not in text
    assert "@everyone" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_each_service_is_told_sizes_where_its_route_says_so(kind: str, opening: Opening) -> None:
    there = opening(kind)
    opened = channel(there, "warning,amounts")
    opened.put(TOLD)
    assert "holds 1.5, the ledger 0.5" in there.until(1)[0].replace("\\.", ".")
    assert opened.finish(5.0) == 0


@pytest.mark.parametrize("kind", WEB)
@pytest.mark.parametrize("code", [500, 429])
def test_a_service_that_is_down_or_turns_away_is_told_of_once_delays_nobody_and_is_tried_again(
    kind: str, code: int, opening: Opening
) -> None:
    failing, healthy = opening(kind), opening("ntfy" if kind != "ntfy" else "slack")
    failing.code = code
    said: list[str] = []
    first, second = channel(failing, said=said), channel(healthy)
    began = time.monotonic()
    first.put(TOLD)
    second.put(TOLD)
    handed_s = time.monotonic() - began
    healthy.until(1)
    failing.wait(lambda: failing.tries >= 3)
    first.put(TOLD._replace(key="another"))
    assert handed_s < QUICK.deadline_s / 10
    assert second.finish(5.0) == 0
    assert [text for text in said if "do not reach" in text] == said
    assert len(said) == 1
    failing.code = 200
    failing.until(2)
    failing.wait(lambda: len(said) == 2)
    assert "again" in said[1]
    assert first.finish(5.0) == 0


@pytest.mark.parametrize("kind", WEB)
def test_a_service_that_hangs_delays_neither_who_hands_over_nor_another_service(kind: str, opening: Opening) -> None:
    hanging, healthy = opening(kind), opening("ntfy" if kind != "ntfy" else "slack")
    hanging.answers.clear()
    first, second = channel(hanging), channel(healthy)
    began = time.monotonic()
    for number in range(50):
        first.put(TOLD._replace(key=str(number)))
    second.put(TOLD)
    healthy.until(1)
    assert not hanging.came
    assert healthy.at[0] - began < QUICK.deadline_s
    assert second.finish(5.0) == 0
    assert first.finish(0.1) > 0


def test_a_service_that_asks_for_a_pause_gets_each_alert_once_and_holds_no_thread_that_the_end_would_wait_for(
    opening: Opening,
) -> None:
    there, before = opening("discord"), set(threading.enumerate())
    there.pause_s = 3600
    said: list[str] = []
    opened = channel(there, said=said)
    opened.put(TOLD)
    there.until(1)
    for number in range(3):
        opened.put(TOLD._replace(key=str(number)))
    there.wait(lambda: len(said) == 1)
    time.sleep(4 * QUICK.longest_s)
    assert there.tries == 1
    made = set(threading.enumerate()) - before
    assert [each.name for each in made if not each.daemon or "Executor" in each.name] == []
    began = time.monotonic()
    assert opened.finish(0.1) == 3
    assert time.monotonic() - began < QUICK.deadline_s


@pytest.mark.parametrize("kind", WEB)
def test_logs_show_no_token_at_their_lowest_level(kind: str, opening: Opening) -> None:
    there, logs = opening(kind), io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        configure(level="DEBUG", secrets=secrets_of(there.url), stream=logs)
        said: list[str] = []
        opened = channel(there, said=said)
        opened.put(TOLD)
        there.until(1)
        there.code = 500
        opened.put(TOLD._replace(key="another"))
        there.wait(lambda: there.tries >= 2)
        opened.finish(1.0)
    finally:
        root.handlers, root.level = before
    text = logs.getvalue()
    assert "POST" in text, "the library of the web tells its requests, or this test proves nothing"
    parts = [part for part in SECRETS[kind].replace("/", ":").split(":") if len(part) >= 8]
    assert parts
    assert [part for part in parts if part in text + "".join(said)] == []
