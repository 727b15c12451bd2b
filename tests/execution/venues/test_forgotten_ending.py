"""Orders of an ending that was taken back: the exchange may have them, so they are looked for and not sent a second time."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from execution.reports import VenueReport
from execution.venues.continued import ContinuedVenue
from risk.order import Order, OrderKind, Purpose, Side


class Remembers:
    """An exchange that notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def adopt(self, *_: Iterable[Any]) -> None:
        self.asked.append("adopt")

    async def submit(self, order: Order) -> VenueReport:
        self.asked.append(f"submit {order.order_id}")
        return VenueReport()

    async def settle(self, order: Order) -> VenueReport:
        self.asked.append(f"settle {order.order_id}")
        return VenueReport()


class Ended:
    """A journal whose ending was taken back: a stop was sent in it."""

    past, unanswered, forgotten = False, frozenset(), frozenset({"d-x1"})


def stop(order_id: str) -> Order:
    return Order(
        order_id=order_id, decision_id="d", symbol="BTC/USDT", side=Side.SELL, kind=OrderKind.STOP, purpose=Purpose.STOP_LOSS,
        quantity=Decimal(1), stop_price=Decimal(90), created_utc=datetime(2024, 3, 1, tzinfo=UTC),
    )  # fmt: skip


def test_what_the_ending_sent_is_looked_for_and_what_is_new_is_sent() -> None:
    exchange: Any = Remembers()
    venue = ContinuedVenue(exchange, {}, 60.0, Ended())
    for order_id in ("d-x1", "d-x2"):
        asyncio.run(venue.submit(stop(order_id)))
    assert exchange.asked == ["adopt", "settle d-x1", "submit d-x2"]
