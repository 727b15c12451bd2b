"""A live feed: closed bars as they close, by the exchange's time; what is late, missing, changed or silent is told and never
hidden."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from told_exchange import MARKETS, START, ToldExchange, drawn, settings_of
from virtual_clock import VirtualClock

from config.clock import from_ms, to_ms
from market.bar import Slice
from market.catalogue import instrument_of
from market.live.feed import LiveFeed, Pace
from market.simulated.prices import warmup_length
from market.tape import Tape
from market.timeframe import Timeframe

HOUR = timedelta(hours=1)
PACE = Pace(patience_s=20, late_s=90)
BTC, ETH = MARKETS


@cache
def tape(bars: int = 0) -> Tape:
    """The recorded tape of the same market, of so many bars from the start."""
    settings = settings_of()
    return Tape(
        symbols=MARKETS, timeframe=Timeframe.H1, instruments={name: instrument_of(settings.market, name) for name in MARKETS},
        source_label="recorded", start_utc=START, end_utc=START + bars * HOUR, findings=(), news=(),
        warmup_start_utc=START - warmup_length(settings.market) * HOUR, quality=settings.quality,
        candles={name: drawn()[name, Timeframe.H1] for name in MARKETS},
    )  # fmt: skip


class Run:
    """A feed on a clock that begins some time after the start of the session."""

    def __init__(self, after: timedelta = timedelta(minutes=10), skew: timedelta = timedelta(), bars: int = 5) -> None:
        self.clock = VirtualClock(START + after)
        self.exchange = ToldExchange(self.clock, skew=skew)
        self.told: list[str] = []
        self.came: list[datetime] = []
        self.feed = LiveFeed(
            self.exchange, tape().monitor(), MARKETS, Timeframe.H1, START, self.clock, PACE, self.told.append, bars
        )  # fmt: skip

    def slices(self) -> list[Slice]:
        async def work() -> list[Slice]:
            found = []
            while (shown := await self.feed.next()) is not None:
                found.append(shown)
                self.came.append(self.clock.now())
            return found

        return asyncio.run(work())


def kinds(shown: Slice) -> list[tuple[str, str]]:
    return [(finding.symbol, finding.kind) for finding in shown.findings]


def test_live_and_recorded_bars_of_the_same_market_give_the_same_slices() -> None:
    run = Run(bars=90)
    assert run.slices() == list(tape(90).slices())
    assert run.told == []


def test_each_bar_comes_within_a_second_of_its_close_and_no_candle_that_still_forms() -> None:
    run = Run()
    for shown, came in zip(run.slices(), run.came, strict=True):
        assert timedelta() < came - shown.close_utc <= timedelta(seconds=1)
        assert {bar.volume for bar in shown.bars.values()}.isdisjoint({0.001})


def test_what_has_closed_is_decided_by_the_exchange_whatever_this_machine_believes() -> None:
    for skew in (timedelta(minutes=-7), timedelta(minutes=7)):
        run = Run(skew=skew)
        assert run.slices() == list(tape(5).slices())
        late = [came + skew - START - (number + 1) * HOUR for number, came in enumerate(run.came)]
        assert all(timedelta() <= each < timedelta(seconds=2) for each in late)


def test_bars_that_were_missed_before_it_began_follow_in_order_and_open_nothing() -> None:
    found = (run := Run(after=3 * HOUR + timedelta(minutes=20))).slices()
    assert [shown.close_utc for shown in found] == [START + number * HOUR for number in range(1, 6)]
    assert [shown.bars for shown in found] == [shown.bars for shown in tape(5).slices()]
    assert [set(shown.frozen) for shown in found] == [set(MARKETS)] * 3 + [set()] * 2
    assert found[0].frozen[BTC] == "this bar closed 140 minutes ago: nothing new on old news"
    assert [kinds(shown) for shown in found] == [[(BTC, "late"), (ETH, "late")], [], [], [], []]
    assert run.told == []


def test_more_missed_bars_than_a_page_holds_are_fetched_page_after_page() -> None:
    run = Run(after=30 * HOUR, bars=30)
    run.exchange.page = 8
    assert [shown.bars for shown in run.slices()] == [shown.bars for shown in tape(30).slices()]


def test_an_exchange_that_goes_away_and_returns_is_told_of_and_its_bars_follow() -> None:
    run = Run(bars=6)
    away = START + 2 * HOUR - timedelta(minutes=1), START + 4 * HOUR + timedelta(minutes=30)
    run.exchange.away = lambda _: away[0] <= run.clock.now() < away[1]
    found = run.slices()
    assert [shown.bars for shown in found] == [shown.bars for shown in tape(6).slices()]
    assert [set(shown.frozen) for shown in found] == [set(), set(MARKETS), set(MARKETS), set(MARKETS), set(), set()]
    assert away[1] <= run.came[1] < away[1] + timedelta(seconds=20)
    assert len(run.told) == 2
    assert "silent since" in run.told[0]
    assert "RequestTimeout" in run.told[0]
    assert "answers again" in run.told[1]


def test_a_market_that_is_silent_holds_nobody_up_and_is_frozen() -> None:
    run = Run(bars=5)
    run.exchange.away = lambda symbol: symbol == ETH and START + 2 * HOUR <= run.clock.now() < START + 4 * HOUR
    found = run.slices()
    assert [set(shown.bars) for shown in found] == [set(MARKETS), {BTC}, {BTC}, set(MARKETS), set(MARKETS)]
    assert set(found[1].frozen) == {ETH}
    assert (ETH, "silent") in kinds(found[1])
    assert timedelta(seconds=20) <= run.came[1] - found[1].close_utc < timedelta(seconds=30)
    assert kinds(found[3]).count((ETH, "missed")) == 2
    assert found[4].bars == list(tape(5).slices())[4].bars


def test_a_bar_that_nobody_traded_is_not_waited_for_once_the_next_one_forms() -> None:
    gone = to_ms(START + HOUR)
    run = Run(bars=3)
    run.exchange.changed = lambda symbol, row: None if symbol == ETH and row[0] == gone else row
    found = run.slices()
    assert [set(shown.bars) for shown in found] == [set(MARKETS), {BTC}, set(MARKETS)]
    assert run.came[1] - found[1].close_utc <= timedelta(seconds=1)


def test_a_bar_that_the_exchange_changes_afterwards_is_told_once_and_stays_what_was_decided_on() -> None:
    run = Run(bars=4)

    def changed(symbol: str, row: list[Any]) -> list[Any]:
        is_it = symbol == BTC and from_ms(row[0]) == START and run.clock.now() > START + 2 * HOUR
        return [*row[:4], row[4] + 1.0, row[5]] if is_it else row

    run.exchange.changed = changed
    found = run.slices()
    assert [kinds(shown) for shown in found] == [[], [(BTC, "revised")], [], []]
    (told,) = found[1].findings
    assert "2024-01-01 01:00" in told.detail
    assert "close" in told.detail
    assert found[0] == next(tape(1).slices())


def test_a_bar_that_cannot_be_read_is_missing_and_waited_for_no_longer_than_patience() -> None:
    run = Run(bars=2)
    run.exchange.changed = lambda symbol, row: [row[0], "x"] if (symbol, from_ms(row[0])) == (BTC, START) else row
    found = run.slices()
    assert set(found[0].bars) == {ETH}
    assert set(found[0].frozen) == {BTC}


def test_the_monitor_judges_live_bars_as_recorded_ones() -> None:
    hours = drawn()[BTC, Timeframe.H1]
    at = int((hours.close_ms == to_ms(START + 2 * HOUR)).argmax())

    def bad(row: list[Any]) -> list[Any]:
        return [*row[:3], row[3] * 0.001, *row[4:]]

    run = Run(bars=6)
    opened = to_ms(START + HOUR)
    run.exchange.changed = lambda symbol, row: bad(row) if symbol == BTC and row[0] == opened else row
    low = hours.low.copy()
    low[at] *= 0.001
    recorded = replace(tape(6), candles={**tape().candles, BTC: replace(hours, low=low)})
    assert run.slices() == list(recorded.slices())


def test_prices_between_bars_are_those_of_the_candle_that_forms_and_a_silent_market_has_none() -> None:
    run = Run()
    run.exchange.away = lambda symbol: symbol == ETH
    found = asyncio.run(run.feed.prices(MARKETS, 1.0))
    assert set(found) == {BTC}
    price, volume = found[BTC]
    assert price == run.exchange.rows(BTC, Timeframe.H1, to_ms(START))[-1][4]
    assert volume > 1.0


def test_an_exchange_that_hangs_is_as_one_that_does_not_answer() -> None:
    run = Run(bars=1)
    run.feed._pace = PACE._replace(answer_s=0.02)

    async def candles(symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]]:
        if symbol == ETH:
            await asyncio.sleep(60)
        return run.exchange.rows(symbol, timeframe, since_ms)

    run.exchange.candles = candles  # type: ignore[method-assign]
    (shown,) = run.slices()
    assert set(shown.bars) == {BTC}
    assert (ETH, "silent") in kinds(shown)
