"""What follows when an exchange refuses an entry: it goes to the next one that may take it, while its decision is fresh.

Only an entry that was rejected, or whose absence is proven, and of which nothing was bought: what the venue reports as rejected.
One of unknown fate is never sent elsewhere, since it would be a second position; nor is one that was withdrawn. The entry gets a
new order id, and with it a new client id. An exit never comes here: it waits for the exchange where its position lies.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from execution.account.decision import DecisionOrders
from execution.account.entries.pursuing import Pursuing
from execution.account.orders import Orders
from execution.account.pieces import Touch
from execution.account.routing.routes import Routes
from execution.journal.event import Sink
from risk.manager import RiskManager
from risk.order import Order

FRESH = timedelta(seconds=30)
"""How long after its decision an entry may be sent elsewhere."""


class Failover:
    """The refused entries of one session."""

    def __init__(
        self,
        routes: Routes,
        orders: Orders,
        pursuing: Pursuing,
        gate: RiskManager,
        sink: Sink,
        halted: Callable[[], str | None],
        touch: Callable[[str], Touch | None],
    ) -> None:
        """`halted`: why no new risk is taken now, or None. `touch`: the best prices of a market."""
        self._routes, self._orders, self._pursuing, self._gate = routes, orders, pursuing, gate
        self._sink, self._halted, self._touch = sink, halted, touch

    async def look(self, at: datetime) -> None:
        """Send what was refused since the last look to the next exchange, if there is one."""
        while (of := self._orders.next_refused()) is not None:
            signed, refused = of.signed, of.refused_utc
            assert signed is not None  # it was routed
            if refused is None or refused - signed.created_utc > FRESH or self._halted() is not None:
                continue
            if not self._orders.may_enter_again(of):
                continue
            of.tried = (*of.tried, of.account)
            again = numbered(self._gate, signed, len(of.tried), max(at, signed.created_utc))
            self._orders.enter_again(of)
            routed = self._routes.route(again, of, again.created_utc)
            self._sink.append(routed)
            if routed.chosen is None:
                self._orders.end_entry(of)
                continue
            await self.send(again, of, routed.chosen)

    async def send(self, order: Order, of: DecisionOrders, account: str) -> None:
        """Send an entry to the exchange that was chosen."""
        of.account = account
        sealed = self._gate.sign_piece(
            order, order_id=order.order_id, kind=order.kind, quantity=order.quantity, limit_price=order.limit_price,
            at=order.created_utc, account=account,
        )  # fmt: skip
        await self._pursuing.send(sealed, of, self._touch(order.symbol))


def numbered(gate: RiskManager, signed: Order, tries: int, at: datetime) -> Order:
    """The same entry under another order id, for another exchange."""
    return gate.sign_piece(
        signed, order_id=f"{signed.order_id}r{tries}", kind=signed.kind, quantity=signed.quantity,
        limit_price=signed.limit_price, at=at,
    )  # fmt: skip
