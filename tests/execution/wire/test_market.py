"""The market that the simulator plays: moments, klines of every length, the past, and time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from wire_support import FLAT, START, bars, exchange_of, world

from config.clock import to_ms
from config.errors import DataFault
from config.reading.load import load_profile
from execution.wire.opening import exchange_on
from execution.wire.pace import Pace
from execution.wire.server import WireServer
from execution.wire.trading.market import PlayedMarket
from market.tape import simulated_tape
from market.timeframe import Timeframe

BTC = "BTC/USDT"
WIDE = "100 110 90 105"


def test_a_bar_is_told_as_far_as_it_has_come() -> None:
    exchange = exchange_of((WIDE, FLAT), (FLAT,))
    told = []
    for _ in range(4):
        told.append(exchange.market.present(BTC))
        exchange.step()
    rows = [(row.low, row.high, row.close, row.volume) for row in told if row is not None]
    third = 1000.0 / 3
    assert rows[:3] == [(100, 100, 100, 0.0), (90, 100, 90, third), (90, 110, 110, 2 * third)]
    assert rows[3] == (100, 100, 100, 0.0)
    closed = exchange.market.klines(BTC, Timeframe.H1)
    assert [(row.close, row.closed) for row in closed] == [(100, True), (105, True), (100, False)]


def test_longer_klines_are_made_of_the_bars_inside_them() -> None:
    rows = [f"{100 + n} {101 + n} {99 + n} {100.5 + n}" for n in range(9)]
    market = exchange_of(rows[6:], rows[:6]).market
    four = market.klines(BTC, Timeframe.H4)
    assert [(row.open, row.high, row.low, row.close, row.volume, row.closed) for row in four] == [
        (100, 104, 99, 103.5, 4000, True),
        (104, 106, 103, 106, 2000, False),
    ]
    assert market.klines(BTC, Timeframe.H4, newest=1)[-1] == four[-1]


def test_bars_are_moved_in_time_so_that_the_first_forms_now_and_the_past_goes_with_them() -> None:
    slices = bars((FLAT, WIDE, FLAT))
    now = datetime(2031, 5, 6, 7, tzinfo=UTC)
    market = PlayedMarket((BTC,), Timeframe.H1, slices[1:], {BTC: [slices[0].bars[BTC]]}, now)
    rows = market.klines(BTC, Timeframe.H1)
    assert [row.open_ms for row in rows] == [to_ms(now) - 3_600_000, to_ms(now)]
    assert (market.now, market.next_utc) == (now, now + timedelta(minutes=20))


def test_bars_can_be_played_as_shorter_ones_with_their_past_and_every_order_trades_as_before() -> None:
    slices = bars((FLAT, WIDE, FLAT, FLAT))
    now = datetime(2031, 5, 6, 7, 5, tzinfo=UTC)
    past = {BTC: [shown.bars[BTC] for shown in slices[:2]]}
    market = PlayedMarket((BTC,), Timeframe.H1, slices[2:], past, now, Timeframe.M1)
    rows = market.klines(BTC, Timeframe.M1)
    assert [row.open_ms for row in rows] == [to_ms(now) - 120_000, to_ms(now) - 60_000, to_ms(now)]
    assert rows[1][1:6] == (100, 110, 90, 105, 1000)
    assert market.next_utc == now + timedelta(seconds=20)
    market.moment = 2
    market.close_bar()
    assert (market.now, market.forming[BTC].open_utc) == (now + timedelta(minutes=1), now + timedelta(minutes=1))
    assert [row.volume for row in market.klines(BTC, Timeframe.M5)] == [2000, 1000]


def test_when_no_bar_is_left_the_price_stands_and_no_order_trades() -> None:
    async def main() -> None:
        async with world((WIDE,), balances={"USDT": "1000", "BTC": "1"}) as on:
            on.exchange.advance()
            assert on.exchange.market.ended
            assert (await on.client.fetch_ticker(BTC))["last"] == 105.0
            assert (await on.client.create_order(BTC, "market", "sell", 1))["status"] == "expired"
            assert (await on.client.fetch_order_book(BTC))["bids"] == []

    asyncio.run(main())


class HandClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment


def test_a_market_is_played_at_its_speed_and_its_time_is_never_before_its_moment() -> None:
    exchange, clock = exchange_of((WIDE, FLAT, FLAT)), HandClock()
    beats, waited = list[datetime](), list[float]()

    async def wait(seconds: float) -> None:
        waited.append(seconds)
        clock.moment += timedelta(seconds=seconds)
        if len(waited) == 130:
            raise asyncio.CancelledError

    exchange.changed = lambda: beats.append(exchange.now())
    pace = Pace(exchange, clock, 60.0, wait)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(pace.play())
    assert max(waited) <= 1.0
    assert exchange.market.opened_utc == START + timedelta(hours=2), "130 s at 60 a second are two bars and ten minutes"
    assert beats == sorted(beats)
    assert pace.now() == START + timedelta(minutes=130)


def test_a_market_whose_past_took_longer_to_read_than_a_bar_lasts_is_at_the_clock_s_time() -> None:
    late = HandClock()
    late.moment += timedelta(minutes=55)
    exchange = exchange_of((FLAT,) * 90, played_as=Timeframe.M1)

    async def wait(_: float) -> None:
        if exchange.market.moment or exchange.market.opened_utc > START:
            raise asyncio.CancelledError
        await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(Pace(exchange, late, 1.0, wait).play(), 2))
    assert exchange.now() == late.moment
    assert exchange.market.opened_utc == late.moment


def test_a_market_in_time_fills_by_itself_and_takes_no_steps_by_hand() -> None:
    async def main() -> None:
        async with world((WIDE,) * 3000, server={"speed": 36_000.0}) as on:
            order = await on.client.create_order(BTC, "limit", "buy", 1, 95)
            for _ in range(100):
                await asyncio.sleep(0.02)
                if (await on.client.fetch_order(order["id"], BTC))["status"] == "closed":
                    break
            else:
                raise AssertionError("it was never filled")
            async with on.client.session.post(f"{on.url}/sim/advance") as reply:
                assert reply.status == 404

    asyncio.run(main())


def test_a_market_that_stands_is_moved_over_the_wire() -> None:
    async def main() -> None:
        async with world((WIDE,) * 5) as on:
            await on.client.load_markets()
            for query, hours in (("", 1.0), ("?bars=2", 3.0), ("?moments=1", 3 + 1 / 3)):
                async with on.client.session.post(f"{on.url}/sim/advance{query}") as reply:
                    told = await reply.json()
                assert datetime.fromisoformat(told["now"]) - START == timedelta(hours=hours)
            async with on.client.session.post(f"{on.url}/sim/advance?bars=x") as reply:
                assert reply.status == 400

    asyncio.run(main())


def test_a_profile_s_market_is_opened_with_its_past_and_is_the_same_at_every_time() -> None:
    settings = load_profile("paper", {"market.session_days": 2, "market.symbols": ["BTC/USDT", "ETH/USDT"]})
    tape = simulated_tape(settings)
    closes = []
    for day in (1, 2):
        exchange = exchange_on(tape, settings.venue, datetime(2031, 1, day, 5, 30, tzinfo=UTC), {})
        rows = exchange.market.klines("ETH/USDT", Timeframe.H1)
        assert rows[-1].open_ms == to_ms(datetime(2031, 1, day, 5, tzinfo=UTC))
        assert len(rows) == len(tape.candles["ETH/USDT"]) - 48 + 1
        closes.append([row.close for row in rows])
    assert closes[0] == closes[1]
    assert set(exchange.purse.coins()) == {"BTC", "ETH", "USDT"}


def test_a_tape_without_a_bar_is_refused() -> None:
    settings = load_profile("paper", {"market.session_days": 1})
    tape = simulated_tape(settings)
    from dataclasses import replace

    with pytest.raises(DataFault, match="no bar to play"):
        exchange_on(replace(tape, end_utc=tape.start_utc), settings.venue, START, {})


def test_the_server_listens_on_this_machine_only_and_closes_with_its_block() -> None:
    async def main() -> None:
        server = WireServer(exchange_of())
        async with server as url:
            assert url.startswith("http://127.0.0.1:")
            port = int(url.rpartition(":")[2])
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(main())
