"""News on the clock: fetched while a session waits, journaled with the bars, and never waited for."""

from datetime import datetime, timedelta
from pathlib import Path
from time import sleep

import pytest
from feed_session import Life, live
from halt_support import journaled
from loopback import Loopback, hang, loopback, sent
from run_support import said
from told_exchange import MARKETS

from agents.records.inputs import Arrived
from agents.replay import main as replay
from config.silence import Abstained

ITEMS = "".join(
    f"<item><title>{title}</title><link>https://example.org/{number}</link>"
    f"<pubDate>Sun, 31 Dec 2023 23:3{number}:00 GMT</pubDate></item>"
    for number, title in enumerate(("Bitcoin rallies to a record", "Bitcoin surges on strong gains", "Bitcoin soars"))
)
RSS = f"<rss version='2.0'><channel><title>CoinDesk</title>{ITEMS}</channel></rss>".encode()


def life(server: Loopback) -> Life:
    """Three bars. In the first virtual minute time passes slowly, so that the source can answer before the first of them."""
    looks = iter(range(100))

    def happens(now: datetime) -> None:
        if next(looks, None) is not None:
            sleep(0.01)

    source = {"kind": "rss", "name": "wire", "weight": 1.0, "url": f"{server.url}/feed", "canary": "CoinDesk"}
    return Life(bars=3, happens=happens, changes=(("sentiment.sources", [source]),))


@pytest.mark.slow
def test_news_are_fetched_while_bars_are_awaited_and_a_replay_asks_nobody(tmp_path: Path) -> None:
    with loopback() as server:
        server.routes["/feed"] = sent(RSS, kind="application/rss+xml")
        live(tmp_path / "run", life(server))
        asked = len(server.asked)
    arrived = said(journaled(tmp_path / "run"), Arrived)
    assert asked >= 2
    for each in arrived:
        assert set(each.sentiment) == set(MARKETS)
        heard = each.sentiment["BTC/USDT"]
        assert heard.as_of_utc == each.at_utc
        assert not isinstance(heard.score, Abstained)
        assert heard.score > 0.2
        assert len(heard.headlines) == 3
    assert replay([str(tmp_path / "run"), "--quiet"]) == 0


@pytest.mark.slow
def test_a_source_that_hangs_delays_no_bar_and_says_nothing(tmp_path: Path) -> None:
    with loopback() as server:
        server.routes["/feed"] = hang
        live(tmp_path / "run", life(server)._replace(happens=lambda _: None))
    for each in said(journaled(tmp_path / "run"), Arrived):
        assert each.at_utc - each.tape.close_utc <= timedelta(seconds=1)
        assert isinstance(each.sentiment["BTC/USDT"].score, Abstained)
