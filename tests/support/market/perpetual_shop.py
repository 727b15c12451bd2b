"""A workshop for linear perpetuals: contracts with two tiers, orders of both sides, and an exchange with its ledger beside it."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from config.sections.market import PerpetualsSettings
from config.sections.venue import VenueSettings
from execution.account.ledger import Ledger
from execution.reports import Fill, OrderState, VenueReport
from execution.simulated.venue import SimulatedVenue
from market.bar import Bar, FundingRate, MarkBar, Slice
from market.catalogue import margin_terms
from market.instrument import Instrument, InstrumentKind
from market.perpetual.margin import MarginTier, PerpetualTerms
from market.timeframe import Timeframe
from risk.order import Order, OrderKind, Purpose, Seal, Side

D = Decimal
START = datetime(2024, 1, 1, tzinfo=UTC)
BTC = "BTC/USDT"
TERMS = PerpetualTerms(
    tiers=(
        MarginTier(up_to=D(2000), max_leverage=D(20), maintenance_rate=D("0.01")),
        MarginTier(up_to=None, max_leverage=D(10), maintenance_rate=D("0.02"), maintenance_amount=D(20)),
    ),
    liquidation_fee_bps=D(50),
)
SEAL = Seal(b"perpetual workshop")


def contract(symbol: str = BTC, **changes: Any) -> Instrument:
    base, quote = symbol.split("/")
    rules: dict[str, Any] = {
        "symbol": symbol, "base": base, "quote": quote, "kind": InstrumentKind.PERPETUAL, "tick_size": "0.01",
        "lot_size": "0.001", "min_notional": "5", "maker_fee_bps": "2", "taker_fee_bps": "10", "perpetual": TERMS,
    }  # fmt: skip
    return Instrument.model_validate(rules | changes)


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def order(name: str, text: str, *, purpose: Purpose = Purpose.ENTRY, hour: float = 0, **more: Any) -> Order:
    """A sealed order from a line such as `sell 2 market`, `sell 2 market 99` (capped), `buy 1 limit 90` or `buy 1 stop 110`."""
    side, quantity, kind, *price = text.split()
    fields: dict[str, Any] = {"symbol": BTC, "decision_id": f"d-{name}", "oco_group": None} | more
    return SEAL.sign(
        Order(
            order_id=name, side=Side(side), kind=OrderKind(kind), purpose=purpose, quantity=D(quantity),
            limit_price=D(price[0]) if price and kind != "stop" else None,
            stop_price=D(price[0]) if kind == "stop" else None, created_utc=at(hour), **fields,
        )
    )  # fmt: skip


def bar(prices: str, *, hour: float = 0, volume: float = 100_000.0, symbol: str = BTC) -> Bar:
    """From `open high low close`."""
    first, high, low, last = (float(price) for price in prices.split())
    return Bar(
        symbol=symbol, timeframe=Timeframe.H1, close_utc=at(hour + 1), open=first, high=high, low=low, close=last,
        volume=volume,
    )  # fmt: skip


def marked(prices: str) -> MarkBar:
    """From `open high low close`."""
    first, high, low, last = (float(price) for price in prices.split())
    return MarkBar(open=first, high=high, low=low, close=last)


class Exchange:
    """A simulated exchange of perpetuals and our ledger beside it: each report is booked, and the two are compared."""

    def __init__(
        self,
        cash: str = "1000",
        leverage: str = "1",
        trigger: Literal["mark", "last"] = "mark",
        symbols: Iterable[str] = (BTC,),
        terms: PerpetualTerms = TERMS,
        tick_size: str = "0.01",
        **shape: Any,
    ) -> None:
        settings = {
            "kind": "simulated", "starting_cash": cash, "spread_bps": 0.0, "levels": 1, "level_step_bps": 10.0,
            "depth_fraction": 0.1,
        } | shape  # fmt: skip
        rules = {symbol: contract(symbol, perpetual=terms, tick_size=tick_size) for symbol in symbols}
        perpetuals = PerpetualsSettings(leverage=D(leverage), trigger=trigger)
        self.venue = SimulatedVenue(rules, VenueSettings.model_validate(settings), SEAL, perpetuals)
        self.ledger = Ledger(D(cash), "USDT", margin=margin_terms(rules), leverage=D(leverage))
        self.fills: list[Fill] = []
        self.told: list[OrderState] = []
        self.states: dict[str, OrderState] = {}

    def send(self, *orders: Order) -> VenueReport:
        reports = [self.heard(asyncio.run(self.venue.submit(each))) for each in orders]
        return reports[-1]

    def play(
        self,
        *bars: Bar,
        mark: MarkBar | None = None,
        funding: tuple[FundingRate, ...] = (),
        doubtful: bool = False,
        after_open: Iterable[Order] = (),
    ) -> VenueReport:
        """One slice: its open, the orders that come after it, and the rest. Returns what all of it reported."""
        named = {each.symbol: each for each in bars}
        shown = Slice(
            close_utc=bars[0].close_utc, bars={} if doubtful else named, doubtful=named if doubtful else {},
            marks={} if mark is None else dict.fromkeys(named, mark), funding=funding,
        )  # fmt: skip
        opened = self.heard(asyncio.run(self.venue.on_open(shown)))
        for each in after_open:
            self.send(each)
        rest = self.heard(asyncio.run(self.venue.on_slice(shown)))
        return VenueReport(
            states=opened.states + rest.states, fills=opened.fills + rest.fills, funding=opened.funding + rest.funding
        )

    def heard(self, report: VenueReport) -> VenueReport:
        for paid in report.funding:
            assert self.ledger.apply_funding(paid.funding_id, paid.amount, paid.account, paid.symbol)
        for fill in report.fills:
            assert self.ledger.apply(fill)
            self.fills.append(fill)
        self.told += report.states
        self.states.update({state.order_id: state for state in report.states})
        account = asyncio.run(self.venue.account())
        assert (account.cash, account.held) == (self.ledger.cash, dict(sorted(self.ledger.quantities().items())))
        return report

    @property
    def free(self) -> Decimal:
        """What of the ledger's wallet is not bound."""
        assert self.ledger.reserved is not None
        return self.ledger.cash - self.ledger.reserved
