"""Traders on a real venue and ledger that process slices with finer bars, or without them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gate_support import LIMITS, SETTINGS, proposal
from trader_support import KEY, Events

from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.reports import Fill, VenueAccount, VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Detail, Prices, Slice
from market.catalogue import instrument_of
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.order import Order, Seal
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

T0 = datetime(2024, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUIET = tuple(50_000.0 + 20 * (i % 7) for i in range(200))


class Insider:
    """A trader that may see finer bars; `closes` are the earlier hourly closes, by symbol."""

    def __init__(self, closes: Mapping[str, Sequence[float]], start: datetime = T0) -> None:
        self.events, self.now = Events(), start
        symbols = tuple(closes)
        gate = open_gate(LIMITS, SETTINGS.exits, KEY, 24.0)
        instruments = {symbol: instrument_of(SETTINGS.market, symbol) for symbol in symbols}
        calm = SETTINGS.venue.model_copy(
            update={"calm_volatility": None}
        )  # finer bars are calmer ones, with other books
        self.venue = SimulatedVenue(instruments, calm, Seal(KEY))
        window, volumes = ReturnWindow(symbols, 500), VolumeWindow(symbols, 24.0)
        *past, last = zip(*closes.values(), strict=True)
        for row in past:
            window.push(dict(zip(symbols, row, strict=True)))
            volumes.push({symbol: (price, 1e6) for symbol, price in zip(symbols, row, strict=True)})
        self.trader = Trader(
            venue=self.venue, driver=self.venue, limits=LIMITS, exits=SETTINGS.exits,
            ledger=Ledger(Decimal(10_000), "USDT"), sink=self.events, gate=gate, window=window,
            volumes=volumes, breakers=BreakerState.fresh(Decimal(10_000), start), bars_per_day=24.0,
        )  # fmt: skip
        bars = {symbol: _flat(symbol, start, price) for symbol, price in zip(symbols, last, strict=True)}
        self.live(Slice(close_utc=start, bars=bars))

    def buy(self, symbol: str, price: float) -> Decimal:
        """Send an entry; returns its quantity."""
        wanted = proposal(
            decision_id=f"d-{symbol}-{self.now:%d%H}", symbol=symbol, as_of_utc=self.now, conviction=1.0, atr_quote=None,
            reference_price=Decimal(repr(price)),
        )  # fmt: skip
        verdict = self.trader.judge(wanted)
        asyncio.run(self.trader.enter(verdict))
        assert verdict.order is not None, verdict.rules
        return verdict.order.quantity

    def live(self, tape: Slice) -> Slice:
        """Process one slice."""
        self.now = tape.close_utc
        return asyncio.run(self.trader.pass_bar(tape))

    def leave(self, symbol: str) -> None:
        """Close a position at market, from the next bar on."""
        asyncio.run(self.trader.leave(symbol, f"d-{symbol}-{self.now:%d%H}", self.now))

    def open_orders(self) -> tuple[Order, ...]:
        return asyncio.run(self.venue.open_orders())

    def account(self) -> VenueAccount:
        return asyncio.run(self.venue.account())

    def words(self) -> list[VenueWord]:
        return [event for event in self.events.all if isinstance(event, VenueWord)]

    def fills(self) -> list[Fill]:
        return [fill for word in self.words() for fill in word.report.fills]


def _flat(symbol: str, at: datetime, price: float) -> Bar:
    return Bar(
        symbol=symbol, timeframe=Timeframe.H1, close_utc=at, open=price, high=price, low=price, close=price, volume=1e6
    )


def hourly(at: datetime, **bars: Sequence[Prices]) -> Slice:
    """Return a slice that closes at `at`, made of the finer bars of each symbol (`BTC` is BTC/USDT), which are its
    detail.

    A single bar gets no detail.
    """
    whole, detail = {}, {}
    for base, rows in bars.items():
        symbol = f"{base}/USDT"
        whole[symbol] = Bar(
            symbol=symbol, timeframe=Timeframe.H1, close_utc=at, open=rows[0][0], high=max(row[1] for row in rows),
            low=min(row[2] for row in rows), close=rows[-1][3], volume=sum(row[4] for row in rows),
        )  # fmt: skip
        if len(rows) > 1:
            detail[symbol] = tuple(rows)
    finer = {2: Timeframe.M30, 4: Timeframe.M15, 12: Timeframe.M5, 60: Timeframe.M1}
    counts = {len(rows) for rows in detail.values()}
    told = Detail(timeframe=finer[counts.pop()], bars=detail) if detail else None
    return Slice(close_utc=at, bars=whole, detail=told)


def as_a_whole(tape: Slice) -> Slice:
    """Return the same slice without its finer bars."""
    return tape.model_copy(update={"detail": None})
