"""A trader on a real venue and ledger, bar by bar, and its journal."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from gate_support import BTC, LIMITS, SETTINGS, proposal

from config.frozen import Journaled
from config.sections.limits import RiskLimits
from config.sections.venue import EntrySettings
from execution.account.ledger import Ledger
from execution.account.trader import Trader
from execution.reports import OrderState, VenueReport, VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.sealing import open_gate
from market.bar import Bar, Slice
from market.timeframe import Timeframe
from risk.breakers import BreakerEvent, BreakerState
from risk.order import Order, OrderKind, Purpose, Seal
from risk.verdict import Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

MARKET = EntrySettings()
T0 = datetime(2024, 3, 1, tzinfo=UTC)
KEY = b"k" * 32


class Events:
    """A sink that keeps its events."""

    def __init__(self) -> None:
        self.all: list[Journaled] = []

    def append(self, event: Journaled) -> int:
        self.all.append(event)
        return len(self.all)

    def orders(self) -> list[Order]:
        return [event for event in self.all if isinstance(event, Order)]

    def breakers(self) -> list[BreakerEvent]:
        return [event for event in self.all if isinstance(event, BreakerEvent)]


class World:
    """A trader after two hundred quiet bars at 50,000; the last of them has just closed."""

    def __init__(
        self, volume: float = 1000.0, limits: RiskLimits = LIMITS, around: Any = None, *, real: bool = False, switch: Any = None,
        entries: EntrySettings = MARKET,
        trail_atr_multiple: float | None = None, atr_quote: float | None = None, attached: bool = False, **venue: Any
    ) -> None:  # fmt: skip
        """`around` wraps the simulated venue in another one; `real`: the ledger takes it for a real exchange."""
        self.events = Events()
        self.volume = volume
        exits = SETTINGS.exits.model_copy(update={"trail_atr_multiple": trail_atr_multiple, "attached": attached})
        self.atr_quote = atr_quote
        gate = open_gate(limits, exits, KEY, 24.0)
        self.venue = SimulatedVenue({"BTC/USDT": BTC}, SETTINGS.venue.model_copy(update=venue), Seal(KEY))
        window = ReturnWindow(("BTC/USDT",), 500)
        volumes = VolumeWindow(("BTC/USDT",), 24.0)
        for i in range(200):
            window.push({"BTC/USDT": 50_000.0 + 20 * (i % 7)})
            volumes.push({"BTC/USDT": (50_000.0 + 20 * (i % 7), 1000.0)})
        self.gate = gate
        venue_seen = around(self.venue) if around else self.venue
        self.trader = Trader(
            venue=venue_seen,
            driver=venue_seen,
            limits=limits,
            exits=exits,
            ledger=Ledger(Decimal(10_000), "USDT", {"BTC/USDT": BTC} if real else None),
            sink=self.events,
            gate=gate,
            window=window,
            volumes=volumes,
            breakers=BreakerState.fresh(Decimal(10_000), T0),
            bars_per_day=24.0,
            switch=switch,
            close_together=8,
            entries=entries,
        )
        self.hour = -1
        self.bar(50_000, 50_000, 50_000, 50_000, volume=1000.0)

    @property
    def now(self) -> datetime:
        return T0 + timedelta(hours=self.hour)

    def bar(self, open_: float, high: float, low: float, close: float, volume: float | None = None) -> None:
        self.hour += 1
        bar = Bar(
            symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=self.now, open=open_, high=high, low=low, close=close,
            volume=self.volume if volume is None else volume,
        )  # fmt: skip
        asyncio.run(self.trader.pass_bar(Slice(close_utc=self.now, bars={"BTC/USDT": bar})))

    def buy(self) -> Verdict:
        book = self.venue.book("BTC/USDT")
        if self.trader.ledger.is_real and book is not None:  # a real exchange is asked for it
            asyncio.run(self.trader.hear(VenueReport(books={"BTC/USDT": book}), self.now))
        price = Decimal(repr(self.trader.window.last_close("BTC/USDT")))
        wanted = proposal(
            decision_id=f"d{self.hour}",
            as_of_utc=self.now,
            conviction=1.0,
            atr_quote=self.atr_quote,
            reference_price=price,
        )
        verdict = self.trader.judge(wanted)
        asyncio.run(self.trader.enter(verdict))
        return verdict

    def leave(self) -> Order | None:
        return asyncio.run(self.trader.leave("BTC/USDT", f"d{self.hour}", self.now))

    def reduce(self, keep: Decimal) -> Order | None:
        return asyncio.run(self.trader.reduce("BTC/USDT", keep, self.now))

    @property
    def held(self) -> Decimal:
        position = self.trader.portfolio(self.now).position("BTC/USDT")
        return position.quantity if position else Decimal(0)

    def open_orders(self) -> tuple[Order, ...]:
        return asyncio.run(self.venue.open_orders())

    def resting(self) -> list[tuple[Purpose, Decimal]]:
        return sorted((order.purpose, order.quantity) for order in self.open_orders())


def states(world: World) -> list[OrderState]:
    words = [event for event in world.events.all if isinstance(event, VenueWord)]
    return [state for word in words for state in word.report.states]


def uncovered(world: World) -> Decimal:
    """Return the holding beyond the resting stops and the exits on their way to the venue [base]."""
    filled: dict[str, Decimal] = {state.order_id: state.filled_quantity for state in states(world)}
    leaving = [
        order.quantity - filled.get(order.order_id, Decimal(0)) if order.kind is OrderKind.MARKET else order.quantity
        for order in world.open_orders()
        if order.reduce_only and order.kind is not OrderKind.LIMIT
    ]
    return world.held - sum(leaving, Decimal(0))
