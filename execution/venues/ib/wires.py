"""Orders as the broker takes them.

A purchase at market up to a price is a limit order of the day; protection stays until it is cancelled. Each has a mark of its
run, by which it is found again.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from execution.venues.ib.line import Line
from risk.order import Order, OrderKind

if TYPE_CHECKING:
    import ib_async

STOP_MARK = "/stop"
"""What the mark of an attached stop has behind that of its entry."""
_KINDS = {OrderKind.MARKET: "MKT", OrderKind.LIMIT: "LMT", OrderKind.STOP: "STP"}


class Wires:
    """Makes orders of one account. `prefix`: what the marks of a run begin with."""

    def __init__(self, line: Line, prefix: str) -> None:
        self._line, self._prefix = line, prefix

    def of(self, order: Order, quantity: Decimal) -> "ib_async.Order":
        """The order with a new id and its mark."""
        rests = order.reduce_only and order.kind is not OrderKind.MARKET
        wire = self._line.package.Order(
            action=order.side.value.upper(), totalQuantity=float(quantity), tif="GTC" if rests else "DAY",
            orderType="LMT" if order.capped else _KINDS[order.kind], orderId=self._line.ib.client.getReqId(),
            orderRef=f"{self._prefix}{order.order_id}", account=self._line.settings.account,
        )  # fmt: skip
        if order.limit_price is not None:
            wire.lmtPrice = float(order.limit_price)
        if order.stop_price is not None:
            wire.auxPrice = float(order.stop_price)
        if order.oco_group:
            wire.ocaGroup, wire.ocaType = f"{self._prefix}{order.oco_group}", 1
        return wire  # type: ignore[no-any-return]

    def trailing(self, quantity: Decimal, distance: Decimal, ref: str) -> "ib_async.Order":
        """A sale that trails the best price at this distance [quote]."""
        return self._line.package.Order(  # type: ignore[no-any-return]
            action="SELL", totalQuantity=float(quantity), orderType="TRAIL", auxPrice=float(distance), tif="GTC", orderRef=ref,
            orderId=self._line.ib.client.getReqId(), account=self._line.settings.account,
        )  # fmt: skip
