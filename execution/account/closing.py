"""Closes many positions of a real exchange at once: what the emergency stop does when it sells.

Each step is asked for all markets together, so few at a time as the profile allows: withdraw entries and exits of unknown fate;
then, in each market where no fate is unknown any more, withdraw its stops; then sell what is left. Markets in which no fate is
unknown go first and never wait for the others. So markets whose answers are dead cost the time of one.

It sells nothing in a market while nobody knows what became of an exit there: two of them could sell coins that are not ours. The
answers are booked in the order of the questions, whatever order they come in, so a replay gives the same journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from execution.account.decision import DecisionOrders
from execution.account.ledger import Ledger
from execution.account.order_desk import OrderDesk
from execution.account.orders import Orders
from execution.account.protection import MarketSale, Protection
from execution.account.stops import size_of
from execution.kill_switch.halting import Sale
from market.instrument import Instrument
from risk.order import Order, Purpose
from risk.portfolio import Position


class Closing:
    """Closes positions together. `together`: how many questions are asked at a time."""

    def __init__(
        self,
        desk: OrderDesk,
        orders: Orders,
        ledger: Ledger,
        protection: Protection,
        instruments: Mapping[str, Instrument],
        together: int,
    ) -> None:
        self._desk, self._orders, self._ledger = desk, orders, ledger
        self._protection, self._instruments, self._together = protection, instruments, together

    async def withdraw_entries(self, at: datetime) -> None:
        """Withdraw all entries that are under way."""
        await self._cancel(self._entries([each.symbol for each in self._orders.entering]), at)

    async def close(self, sales: Sequence[Sale], at: datetime) -> tuple[Sale, ...]:
        """Close positions at market. Returns the sales that were sent; the others are tried again at the next look."""
        chosen = [sale for sale in sales if self._may_be_sold(sale.symbol)]
        sure = [sale for sale in chosen if not self._orders.doubtful(sale.symbol)]
        unsure = [sale for sale in chosen if sale not in sure]
        return (*await self._close(sure, at), *await self._close(unsure, at))

    async def _close(self, sales: Sequence[Sale], at: datetime) -> tuple[Sale, ...]:
        chosen = {sale.symbol: sale for sale in sales}
        for symbol, sale in chosen.items():
            held = self._held(symbol)
            held.closing = held.closing or _named(sale)
        doubts = (order_id for symbol in chosen for order_id in self._orders.doubts(symbol))
        await self._cancel([*self._entries(chosen), *doubts], at)
        sure = [symbol for symbol in chosen if not self._orders.doubtful(symbol)]
        await self._cancel([order_id for symbol in sure for order_id in self._orders.exits(symbol)], at)
        signed = [
            (order, of) for symbol, sale in chosen.items() if (of := self._held_or_none(symbol)) is not None
            for order in self._sale_of(of, sale, at)
        ]  # fmt: skip
        await self._desk.send_all(signed, at, self._together)
        await self._protection.tidy(at)
        sent = {order.symbol for order, _ in signed}
        return tuple(sale for symbol, sale in chosen.items() if symbol in sent)

    def _may_be_sold(self, symbol: str) -> bool:
        """Whether there is something to sell, and no sale of it under way whose fate is known."""
        held, position = self._held_or_none(symbol), self._ledger.position(symbol)
        if held is None or position is None or self._desk.closed(position.account).is_gone(symbol):
            return False
        if held.closing is not None and held.closing not in self._orders.doubts(symbol):
            return False
        instrument = self._instruments[symbol]
        least = Decimal(0) if instrument.may_be_short else instrument.min_notional
        return instrument.round_quantity(size_of(position)) * position.mark_price >= least

    def _sale_of(self, held: DecisionOrders, sale: Sale, at: datetime) -> Iterable[Order]:
        """The sale of what is left in a market; none where nothing is, or a fate is still unknown."""
        position = self._ledger.position(held.symbol)
        if position is None or self._orders.doubtful(held.symbol):
            held.closing = held.closing if held.closing in self._orders.doubts(held.symbol) else None
            return
        quantity = self._instruments[held.symbol].round_quantity(size_of(position))
        if quantity <= Decimal(0):
            held.closing = None
            return
        name = _named(sale)
        held.closing = name
        market = MarketSale(name, sale.decision_id, Purpose.STRATEGY_EXIT)
        yield self._protection.market_exit(position, market, quantity, at)

    def _entries(self, symbols: Iterable[str]) -> list[str]:
        """The orders to cancel so that nothing more is bought in these markets."""
        found = (self._orders.withdraw_entry(symbol) for symbol in symbols)
        return [order_id for order_id in found if order_id is not None]

    async def _cancel(self, order_ids: Sequence[str], at: datetime) -> None:
        await self._desk.cancel_all(order_ids, at, self._together)

    def _held(self, symbol: str) -> DecisionOrders:
        held = self._orders.held(symbol)
        assert held is not None  # it was chosen for that
        return held

    def _held_or_none(self, symbol: str) -> DecisionOrders | None:
        return self._orders.held(symbol)


def to_liquidation(position: Position) -> Decimal:
    """How far the mark of a position is from its liquidation price, as a fraction of the mark; infinite where no price
    liquidates it."""
    if position.liquidation_price is None:
        return Decimal("Infinity")
    away = position.mark_price - position.liquidation_price
    return (-away if position.is_short else away) / position.mark_price


def _named(sale: Sale) -> str:
    """The id of a sale's order."""
    return f"{sale.decision_id}-c"
