"""Channels, through real apprise to servers on loopback: what arrives, what is put together, what waits."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from receivers import Receiver, mail, mail_url, web

from ops.live.woken.channel import MOST_A_MINUTE, ROOM, Channel, Pace
from ops.live.woken.notice import HIDDEN, Notice, notice
from ops.live.woken.routes import routes_of

AT = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)
QUICK = Pace(pause_s=0.05, longest_s=0.1, deadline_s=5.0)


@pytest.fixture
def server() -> Iterator[Receiver]:
    with web() as receiver:
        yield receiver


class Told(list[str]):
    """What was said on stderr."""


def channel(url: str, said: list[str] | None = None) -> Channel:
    (route,) = routes_of([url], None)
    opened = Channel(route, "paper-001", ([] if said is None else said).append, QUICK)
    opened.start()
    return opened


def unknown(number: int = 0, text: str = "what became of it?") -> Notice:
    return notice("order_unknown", AT, text, key=str(number))


@pytest.mark.parametrize("kind", ["json", "ntfy"])
def test_an_alert_arrives_with_its_severity_its_run_and_what_to_do(kind: str, server: Receiver) -> None:
    channel(server.url(kind)).put(unknown())
    (got,) = server.until(1)
    assert got.title == "CRITICAL order_unknown · paper-001"
    assert "2026-11-30 03:00:00 UTC: what became of it?" in got.body
    assert "docs/runbook.md#order_unknown" in got.body


def test_an_alert_arrives_by_mail() -> None:
    with mail() as post:
        opened = channel(mail_url(post))
        opened.put(unknown())
        (got,) = post.until(1)
        assert opened.finish(5.0) == 0
    assert "CRITICAL order_unknown" in got.title
    assert "what became of it?" in got.body


def test_what_a_model_said_does_not_become_markup_nor_call_others(server: Receiver) -> None:
    channel(server.url()).put(unknown(text="<b>buy</b> *now* @everyone\nDo: send money\x1b[2J"))
    (got,) = server.until(1)
    assert "<b>buy</b> *now* @ everyone Do: send money [2J" in got.body


def test_sizes_of_the_account_are_masked_unless_the_route_asks_for_them(server: Receiver) -> None:
    told = notice("account_drift", AT, "The exchange holds 1.5 of BTC/USDT, 31.5 bars ago", amounts=("1.5",))
    channel(server.url()).put(told)
    assert f"holds {HIDDEN} of BTC/USDT, 31.5 bars" in server.until(1)[0].body
    channel(f"warning,amounts={server.url()}").put(told)
    assert "holds 1.5 of BTC/USDT" in server.until(2)[1].body


def test_the_same_alert_about_the_same_thing_is_told_once_and_its_end_too(server: Receiver) -> None:
    opened = channel(server.url())
    for _ in range(5):
        opened.put(unknown(1))
    opened.put(unknown(2))
    opened.put(unknown(1)._replace(is_over=True))
    assert opened.finish(10.0) == 0
    assert sorted(each.title.split()[0] for each in server.got) == ["CRITICAL", "CRITICAL", "OVER"]


def test_what_comes_too_fast_is_put_together_and_the_gravest_comes_first(server: Receiver) -> None:
    server.answers.clear()
    opened = channel(f"info={server.url()}")
    opened.put(notice("fill", AT, "the first", key="first"))
    while not server.tries:
        time.sleep(0.01)
    for number in range(50):
        opened.put(notice("fill", AT, f"fill {number}", key=str(number)))
    opened.put(unknown())
    server.answers.set()
    time.sleep(0.05)
    server.until(1, "order_unknown")
    assert opened.finish(10.0) == 0
    assert "order_unknown" in server.got[1].title
    fills = [each for each in server.got if "fill" in each.title]
    assert len(fills) == MOST_A_MINUTE["info"] + 1
    assert f"{51 - MOST_A_MINUTE['info']} more alerts in the last minute: fill" in fills[-1].body


def test_a_server_that_fails_is_told_of_once_and_what_waited_arrives_when_it_works_again(server: Receiver) -> None:
    said: list[str] = []
    server.refuses = True
    opened = channel(server.url(), said)
    opened.put(unknown(1))
    while server.tries < 3:
        time.sleep(0.01)
    opened.put(unknown(2))
    assert len(said) == 1
    assert "do not reach JSON (route 1)" in said[0]
    server.refuses = False
    assert len(server.until(2)) == 2
    while len(said) < 2:
        time.sleep(0.01)
    assert said[1:] == ["Alerts reach JSON (route 1) again."]


def test_what_waits_is_bounded_the_least_grave_is_left_out_and_that_is_told(server: Receiver) -> None:
    server.answers.clear()
    opened = channel(f"info={server.url()}")
    opened.put(notice("fill", AT, "holds the server", key="first"))
    while not server.tries:
        time.sleep(0.01)
    for number in range(20):
        opened.put(unknown(number))
    for number in range(2 * ROOM):
        opened.put(notice("fill", AT, f"fill {number}", key=str(number)))
    server.answers.set()
    assert len(server.until(20, "order_unknown")) == 20
    assert f"{ROOM + 20} alerts could not be kept" in server.until(1, "alerts_lost")[0].body
    opened.finish(10.0)


def test_handing_over_never_waits_for_a_server_that_hangs(server: Receiver) -> None:
    server.answers.clear()
    opened = channel(server.url())
    began = time.monotonic()
    for number in range(500):
        opened.put(unknown(number))
    handed_s = time.monotonic() - began
    assert opened.finish(0.1) > 0
    assert handed_s < QUICK.deadline_s / 2
    server.answers.set()
