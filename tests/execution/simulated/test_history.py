"""The exchange on recorded hours: the crash of March 2020, and the outage of February 2018."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from execution.account.ledger import Ledger
from execution.simulated.venue import SimulatedVenue
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.order import Side

D = Decimal


def recorded(shared: Path, first: datetime, last: datetime) -> list[Bar]:
    """BTC/USDT hours that open between two moments."""
    table = pq.read_table(shared / "ohlcv/spot_1h/binance_BTCUSDT_1h.parquet")
    moments = table.column("timestamp")
    chosen = pc.and_(pc.greater_equal(moments, first), pc.less(moments, last))
    return [
        Bar(
            symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=row["timestamp"] + timedelta(hours=1),
            open=row["open"], high=row["high"], low=row["low"], close=row["close"], volume=row["volume"],
        )
        for row in table.filter(chosen).to_pylist()
    ]  # fmt: skip


async def protected(shop: Any, bars: list[Bar], stop: str) -> tuple[SimulatedVenue, Ledger]:
    """Buy half a coin on the first bar, protect it, and run the rest of the bars."""
    settings = shop.settings(starting_cash="10000", depth_fraction=0.02)
    venue = SimulatedVenue({"BTC/USDT": shop.instrument(lot_size="0.00001")}, settings, shop.seal)
    ledger = Ledger(D(10000), "USDT")
    await venue.submit(shop.order("in", "buy 0.5 market"))
    for number, bar in enumerate(bars):
        tape = Slice(close_utc=bar.close_utc, bars={bar.symbol: bar})
        opened = await venue.on_open(tape)
        if number == 0:
            await venue.submit(shop.order("stop", f"sell 0.5 stop {stop}"))
        for fill in opened.fills + (await venue.on_slice(tape)).fills:
            ledger.apply(fill)
        ledger.mark({bar.symbol: D(str(bar.close))})
    return venue, ledger


def test_a_stop_works_through_the_crash_of_march_2020(shared: Path, shop: Any) -> None:
    bars = recorded(shared, datetime(2020, 3, 12, tzinfo=UTC), datetime(2020, 3, 14, tzinfo=UTC))
    assert len(bars) == 48
    venue, ledger = asyncio.run(protected(shop, bars, "6800"))
    (trade,) = ledger.trades
    assert trade.exit_utc.date().isoformat() == "2020-03-12"
    assert D(6700) < trade.exit_price < D(6800)
    assert trade.pnl == ledger.equity - 10000 == ledger.cash - 10000 < 0
    assert asyncio.run(venue.account()).cash == ledger.cash
    assert asyncio.run(venue.open_orders()) == ()


def test_after_an_outage_a_market_order_fills_from_the_book_at_the_new_open(shared: Path, shop: Any) -> None:
    bars = recorded(shared, datetime(2018, 2, 7, 22, tzinfo=UTC), datetime(2018, 2, 9, 12, tzinfo=UTC))
    before = max(
        (bar for bar in bars if bar.close_utc <= datetime(2018, 2, 8, tzinfo=UTC)), key=lambda bar: bar.close_utc
    )
    after = min(
        (bar for bar in bars if bar.close_utc > datetime(2018, 2, 8, 1, tzinfo=UTC)), key=lambda bar: bar.close_utc
    )
    assert after.open_utc - before.close_utc > timedelta(hours=24)
    order = shop.order("in", "buy 0.5 market")
    venue = SimulatedVenue({"BTC/USDT": shop.instrument(lot_size="0.00001")}, shop.settings(), shop.seal)

    async def wait_out() -> Any:
        await venue.submit(order)
        await venue.on_open(Slice(close_utc=before.close_utc + timedelta(hours=1), bars={}))
        return await venue.on_open(Slice(close_utc=after.close_utc, bars={after.symbol: after}))

    report = asyncio.run(wait_out())
    assert {fill.side for fill in report.fills} == {Side.BUY}
    assert {fill.filled_utc for fill in report.fills} == {after.open_utc}
    assert all(fill.price > D(str(after.open)) for fill in report.fills)
