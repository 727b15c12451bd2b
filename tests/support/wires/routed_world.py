"""A trader on two simulated exchanges that may refuse an entry, lose its fate, or say that they refuse it and take it."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from gate_support import BTC, LIMITS, SETTINGS, proposal
from trader_support import KEY, T0, Events

from config.frozen import Journaled
from execution.account.ledger import Ledger
from execution.account.routing.routed import Routed
from execution.account.routing.routes import Member
from execution.account.trader import Trader
from execution.kill_switch.halting import Switch
from execution.reports import OrderState, OrderStatus, VenueReport, VenueWord
from execution.simulated.venue import SimulatedVenue
from execution.venues.routed import RoutedSimulation
from execution.venues.sealing import open_gate
from market.bar import Bar, FundingRate, Slice
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.breakers import BreakerState
from risk.order import Order, Seal
from risk.proposal import Proposal
from risk.verdict import Verdict
from risk.volumes import VolumeWindow
from risk.window import ReturnWindow

SYMBOL = "BTC/USDT"
A, B = "binance", "second"


class Fickle(SimulatedVenue):
    """A simulated exchange whose answer to an entry may be wrong, or none."""

    def __init__(self, rules: Mapping[str, Instrument], settings: Any) -> None:
        super().__init__(rules, settings, Seal(KEY))
        self.mode = "well"
        self.unsure: dict[str, OrderState | Order] = {}
        """Entries of which it has said nothing yet: what it would say, or the order that it never got."""

    async def submit(self, order: Order) -> VenueReport:
        if self.mode == "refuses all":
            return _said(order, OrderStatus.REJECTED)
        if order.reduce_only or self.mode == "well":
            return await super().submit(order)
        if self.mode == "refuses":
            return _said(order, OrderStatus.REJECTED)
        if self.mode == "lies":
            await super().submit(order)
            return _said(order, OrderStatus.REJECTED)
        if self.mode == "loses":  # the answer
            (state,) = (await super().submit(order)).states
            self.unsure[order.order_id] = state
        else:  # the question
            self.unsure[order.order_id] = order
        return _said(order, OrderStatus.UNKNOWN)

    def found(self) -> VenueReport:
        """What became of the entries whose fate was unknown."""
        states = [
            each if isinstance(each, OrderState) else _said(each, OrderStatus.REJECTED).states[0]
            for order_id, each in self.unsure.items()
            if not isinstance(each, OrderState) or order_id in self._open
        ]
        self.unsure.clear()
        return VenueReport(states=tuple(states))


def _said(order: Order, status: OrderStatus) -> VenueReport:
    state = OrderState(
        order_id=order.order_id, decision_id=order.decision_id, symbol=order.symbol, status=status, at_utc=order.created_utc
    )  # fmt: skip
    return VenueReport(states=(state,))


class Watched(Events):
    """A sink that holds each order, before it is sent, against the ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger: Ledger | None = None

    def append(self, event: Journaled) -> int:
        if isinstance(event, Order) and self.ledger is not None:
            self._see(event, self.ledger)
        return super().append(event)

    def _see(self, order: Order, ledger: Ledger) -> None:
        if order.reduce_only:
            lies = {held.account: held.quantity for held in (*ledger.positions(), *ledger.strays())}
            assert order.quantity <= lies[order.account], "an exit went where the position does not lie"
            return
        last = {state.order_id: state.status for state in states_in(self.all)}
        elsewhere = [each for each in self.orders() if each.purpose is order.purpose and each.account != order.account]
        maybe = [each for each in elsewhere if each.decision_id == order.decision_id]
        assert all(last.get(each.order_id) is OrderStatus.REJECTED for each in maybe), (
            "it may be at another one already"
        )
        price = order.limit_price or next(reversed(self.routes())).candidates[0].book
        assert order.quantity * price <= ledger.cash_at(order.account), "an entry went where its money does not lie"

    def routes(self) -> list[Routed]:
        return [event for event in self.all if isinstance(event, Routed)]


class _Said:
    """What a test says of the health of exchanges."""

    def __init__(self, unwell: Mapping[str, str]) -> None:
        self._unwell = unwell

    def unwell(self, order_id: str) -> Mapping[str, str]:
        return dict(self._unwell)


class RoutedWorld:
    """A trader after two hundred quiet bars at 50,000, with its money at two exchanges."""

    def __init__(
        self, cash: tuple[str, str] = ("6000", "4000"), fees: tuple[str, str] = ("10", "5"), multiple: str = "1",
        switch: Switch | None = None, **second: Any,
    ) -> None:  # fmt: skip
        """`cash`, `fees` [bps]: of the first and the second; `multiple`: what the second pays of funding."""
        self.events = Watched()
        gate = open_gate(LIMITS, SETTINGS.exits, KEY, 24.0)
        costs = dict(zip((A, B), (SETTINGS.venue, SETTINGS.venue.model_copy(update=second)), strict=True))
        self.venues: dict[str, Fickle] = {}
        members = []
        for name, money, fee in zip((A, B), cash, fees, strict=True):
            rules = {SYMBOL: BTC.model_copy(update={"taker_fee_bps": Decimal(fee)})}
            own = costs[name].model_copy(update={"starting_cash": Decimal(money)})
            self.venues[name] = Fickle(rules, own)
            members.append(Member(name, rules, costs=own, funding_multiple=Decimal(multiple if name == B else "1")))
        self.venue = RoutedSimulation(self.venues, {SYMBOL: BTC}, {B: Decimal(multiple)})
        window, volumes = ReturnWindow((SYMBOL,), 500), VolumeWindow((SYMBOL,), 24.0)
        for i in range(200):
            window.push({SYMBOL: 50_000.0 + 20 * (i % 7)})
            volumes.push({SYMBOL: (50_000.0 + 20 * (i % 7), 1000.0)})
        parts = {name: Decimal(money) for name, money in zip((A, B), cash, strict=True)}
        whole = sum(parts.values(), Decimal(0))
        self.ledger = self.events.ledger = Ledger(whole, "USDT", parts=parts)
        self.gate = gate
        self.unwell: dict[str, str] = {}
        self.trader = Trader(
            venue=self.venue, driver=self.venue, limits=LIMITS, exits=SETTINGS.exits, ledger=self.ledger, sink=self.events,
            gate=gate, window=window, volumes=volumes, breakers=BreakerState.fresh(whole, T0), bars_per_day=24.0,
            members=members, health=_Said(self.unwell), switch=switch,
        )  # fmt: skip
        self.hour = -1
        self.bar(50_000)

    @property
    def now(self) -> Any:
        return T0 + timedelta(hours=self.hour)

    def bar(self, close: float, rate: float | None = None) -> None:
        """One bar that opens at the last close. `rate`: the funding that falls due in it."""
        self.hour += 1
        before = self.trader.window.last_close(SYMBOL) if self.hour else None
        last = close if before is None else before
        bar = Bar(
            symbol=SYMBOL, timeframe=Timeframe.H1, close_utc=self.now, open=last, high=max(last, close),
            low=min(last, close), close=close, volume=1000.0,
        )  # fmt: skip
        due = () if rate is None else (FundingRate(symbol=SYMBOL, at_utc=bar.open_utc, rate=rate),)
        asyncio.run(self.trader.pass_bar(Slice(close_utc=self.now, bars={SYMBOL: bar}, funding=due)))

    def wanted(self) -> Proposal:
        """A proposal to buy at the last close."""
        price = Decimal(repr(self.trader.window.last_close(SYMBOL)))
        name = f"d{self.hour}-{len(self.events.all)}"
        return proposal(decision_id=name, as_of_utc=self.now, conviction=1.0, reference_price=price)

    def buy(self, hold: timedelta | None = None) -> Verdict:
        """Buy at the last close, to hold it so long."""
        return asyncio.run(self.trader.enter(self.trader.judge(self.wanted()), hold=hold))

    def leave(self) -> Order | None:
        return asyncio.run(self.trader.leave(SYMBOL, f"l{self.hour}-{len(self.events.all)}", self.now))

    def hear(self, name: str, report: VenueReport) -> None:
        """One of them speaks between two bars."""
        if not report.is_empty:
            asyncio.run(self.trader.hear(self.venue._told(name, report), self.now))

    def found(self) -> None:
        """Both say what became of the entries whose fate was unknown."""
        for name, each in self.venues.items():
            self.hear(name, each.found())

    @property
    def place(self) -> str | None:
        """Where the position lies."""
        position = self.ledger.position(SYMBOL)
        return None if position is None else position.account

    def entries(self) -> list[Order]:
        return [order for order in self.events.orders() if not order.reduce_only]


def states_in(events: list[Journaled]) -> list[OrderState]:
    """All states of orders that were told."""
    words = [event for event in events if isinstance(event, VenueWord)]
    return [state for word in words for state in word.report.states]
