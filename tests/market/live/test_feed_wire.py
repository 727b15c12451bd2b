"""The live feed over the wire: real ccxt, an exchange on loopback, and every answer that is none."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from feed_session import Wire
from klines_server import BROKEN, Reply, serving
from told_exchange import MARKETS, START, settings_of
from virtual_clock import VirtualClock

from market.bar import Slice
from market.live.exchange import Exchange
from market.live.feed import LiveFeed, Pace
from market.quality.monitor import QualityMonitor
from market.timeframe import Timeframe

SECOND = timedelta(seconds=1)


class Errs(Wire):
    """Answers a question for candles, by its number from 1, with what a test says."""

    def __init__(self, clock: VirtualClock, fault: Callable[[int], Reply | None]) -> None:
        super().__init__(clock)
        self._fault, self._asked = fault, 0

    def answer(self, path: str, query: dict[str, list[str]]) -> Reply:
        if path.endswith("/klines"):
            self._asked += 1
            if (reply := self._fault(self._asked)) is not None:
                return reply
        return super().answer(path, query)


def fed(fault: Callable[[int], Reply | None], bars: int = 3) -> tuple[list[Slice], list[datetime], list[str]]:
    """The slices of a feed, when they came, and what was told."""
    clock = VirtualClock(START + timedelta(minutes=10))
    came, told, found = list[datetime](), list[str](), list[Slice]()

    async def work(url: str) -> None:
        monitor = QualityMonitor(settings_of().quality, Timeframe.H1, MARKETS)
        async with Exchange("binance", url, clock.wait, tries=1) as exchange:
            feed = LiveFeed(exchange, monitor, MARKETS, Timeframe.H1, START, clock, Pace(20, 90), told.append, bars)
            while (shown := await feed.next()) is not None:
                found.append(shown)
                came.append(clock.now())

    wire = Errs(clock, fault)
    with serving(wire):
        asyncio.run(work(wire.url))
    return found, came, told


@pytest.mark.parametrize(
    "reply",
    [*BROKEN.values(), (200, {}, b"[]")],
    ids=[*BROKEN, "an empty page"],
)
def test_a_reply_that_is_none_delays_a_bar_by_seconds_and_loses_none(reply: Reply) -> None:
    whole, _, _ = fed(lambda _: None)
    found, came, _ = fed(lambda number: reply if number in (3, 4) else None)
    assert [shown.bars for shown in found] == [shown.bars for shown in whole]
    assert [set(shown.frozen) for shown in found] == [set(), set(), set()]
    assert SECOND < came[1] - found[1].close_utc < 4 * SECOND
    assert came[2] - found[2].close_utc < SECOND


def test_an_exchange_that_wants_to_be_left_alone_is_left_alone_that_long() -> None:
    busy: Reply = 429, {"Retry-After": "37"}, b'{"code":-1003,"msg":"Too many requests"}'
    found, came, told = fed(lambda number: busy if number in (3, 4) else None)
    assert timedelta(seconds=37) <= came[1] - found[1].close_utc < timedelta(seconds=40)
    assert set(found[1].bars) == set(MARKETS)
    assert [("silent since" in text, "answers again" in text) for text in told] == [(True, False), (False, True)]


def test_a_page_that_repeats_old_candles_is_not_taken_for_the_new_bar() -> None:
    found, came, _ = fed(lambda number: OLD if number in (3, 4) else None)
    assert [len(shown.bars) for shown in found] == [2, 2, 2]
    assert came[1] - found[1].close_utc > SECOND


OLD: Reply = 200, {}, b'[[1704063600000,"42000","42100","41900","42050","10",1704067199999,"0",1,"0","0","0"]]'
"""The candle of the hour before the session."""
