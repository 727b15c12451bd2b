"""A workshop for the execution room: instruments, sealed orders, books, bars and fills in one line each."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.sections.venue import VenueSettings
from execution.reports import Fill, Liquidity, VenueReport
from execution.simulated.account import SpotAccount
from execution.simulated.matching import MatchingCore
from market.bar import Bar, Slice
from market.book import Book, Level
from market.instrument import Instrument
from market.timeframe import Timeframe
from risk.order import Order, OrderKind, Purpose, Seal, Side

START = datetime(2024, 1, 1, tzinfo=UTC)


class Workshop:
    """Builders with short defaults. Hours count from 2024-01-01 00:00 UTC; a bar of hour n opens then."""

    seal = Seal(b"workshop")

    def at(self, hour: float) -> datetime:
        return START + timedelta(hours=hour)

    def instrument(self, symbol: str = "BTC/USDT", **changes: Any) -> Instrument:
        base, quote = symbol.split("/")
        rules = {
            "symbol": symbol, "base": base, "quote": quote, "tick_size": "0.01", "lot_size": "0.001",
            "min_notional": "5", "maker_fee_bps": "2", "taker_fee_bps": "10",
        }  # fmt: skip
        return Instrument.model_validate(rules | changes)

    def settings(self, **changes: Any) -> VenueSettings:
        shape = {
            "kind": "simulated", "starting_cash": "10000", "spread_bps": 2.0, "levels": 5, "level_step_bps": 10.0,
            "depth_fraction": 0.1,
        }  # fmt: skip
        return VenueSettings.model_validate(shape | changes)

    def order(
        self,
        order_id: str,
        text: str,
        *,
        group: str | None = None,
        hour: float = 0,
        symbol: str = "BTC/USDT",
        purpose: Purpose | None = None,
    ) -> Order:
        """A sealed order from a line such as `buy 2 market`, `sell 1 limit 103` or `sell 1 stop 97`."""
        side, quantity, kind, *price = text.split()
        buys = side == "buy"
        return self.seal.sign(
            Order(
                order_id=order_id, decision_id=f"d-{order_id}", symbol=symbol, side=Side(side), kind=OrderKind(kind),
                purpose=purpose or (Purpose.ENTRY if buys else Purpose.STRATEGY_EXIT), quantity=Decimal(quantity),
                limit_price=Decimal(price[0]) if kind == "limit" else None,
                stop_price=Decimal(price[0]) if kind == "stop" else None,
                oco_group=group, created_utc=self.at(hour),
            )
        )  # fmt: skip

    def book(self, bids: str = "", asks: str = "") -> Book:
        """From lines such as `2@99.9 1@99.8`, best first."""
        return Book(bids=self._levels(bids), asks=self._levels(asks))

    def _levels(self, text: str) -> tuple[Level, ...]:
        pairs = (level.split("@") for level in text.split())
        return tuple(Level(Decimal(price), Decimal(quantity)) for quantity, price in pairs)

    def bar(self, prices: str, *, hour: float = 0, volume: float = 1000.0, symbol: str = "BTC/USDT") -> Bar:
        """From `open high low close`."""
        first, high, low, last = (float(price) for price in prices.split())
        return Bar(
            symbol=symbol, timeframe=Timeframe.H1, close_utc=self.at(hour + 1), open=first, high=high, low=low,
            close=last, volume=volume,
        )  # fmt: skip

    def tape(self, *bars: Bar) -> Slice:
        return Slice(close_utc=bars[0].close_utc, bars={bar.symbol: bar for bar in bars})

    def fill(self, trade_id: str, text: str, *, fee: str = "0", hour: float = 0, **changes: Any) -> Fill:
        """From a line such as `buy 2 at 100`."""
        side, quantity, _, price = text.split()
        buys = side == "buy"
        fields = {
            "trade_id": trade_id, "order_id": "o", "decision_id": "d", "symbol": "BTC/USDT", "side": side,
            "purpose": Purpose.ENTRY if buys else Purpose.STOP_LOSS, "quantity": quantity, "price": price, "fee": fee,
            "fee_currency": "USDT", "liquidity": Liquidity.TAKER, "filled_utc": self.at(hour),
        }  # fmt: skip
        return Fill.model_validate(fields | changes)


class Pit:
    """A core, its account, and shorthand for what a test does with them."""

    def __init__(self, shop: Workshop, cash: str = "10000", held: str = "0", **rules: Any) -> None:
        self.shop = shop
        self.account = SpotAccount(Decimal(cash) + Decimal(held))
        if Decimal(held):
            self.account.settle(shop.fill("stock", f"buy {held} at 1"))
        self.core = MatchingCore(shop.instrument(**rules), self.account)

    def submit(self, order_id: str, text: str, **more: Any) -> VenueReport:
        return self.core.submit(self.shop.order(order_id, text, **more), self.shop.at(0))

    def book(self, bids: str = "", asks: str = "", last: str = "100") -> VenueReport:
        return self.core.on_book(self.shop.book(bids, asks), self.shop.at(0), Decimal(last))

    def sweep(self, start: str, end: str, bids: str = "9@{}", asks: str = "9@{}") -> VenueReport:
        """`{}` stands for the price at which the book is asked for."""

        def book_at(price: Decimal) -> Any:
            return self.shop.book(bids.format(price), asks.format(price))

        return self.core.sweep(Decimal(start), Decimal(end), book_at, self.shop.at(1))


@pytest.fixture(scope="session")
def shop() -> Workshop:
    """The workshop."""
    return Workshop()


@pytest.fixture
def pit(shop: Workshop) -> Callable[..., Pit]:
    """Makes cores with an account of this cash and these coins."""

    def make(**options: Any) -> Pit:
        return Pit(shop, **options)

    return make
