"""Buys what the gate has signed piece by piece at the best price, and at market when its time is up.

A piece is sent only when the venue has said that the one before is done: an order of unknown fate is waited for, so nothing is
bought twice. Between two bars a real exchange's best prices are an input of the session (`Beat.touch`), which is journaled before
anything follows from it. The simulated exchange trades in bars: there the plan takes its next step at each close.

Whoever withdraws an entry ends its pursuit.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from config.sections.venue import EntrySettings
from execution.account.decision import DecisionOrders
from execution.account.order_desk import OrderDesk
from execution.account.orders import Orders
from execution.account.pieces import Piece, Pursuit, Touch, begun, next_piece
from market.instrument import Instrument
from risk.manager import RiskManager
from risk.order import Order, OrderKind


class Pursuing:
    """The entries of one account that are bought piece by piece."""

    def __init__(
        self,
        desk: OrderDesk,
        orders: Orders,
        gate: RiskManager,
        settings: EntrySettings,
        instruments: Mapping[str, Instrument],
        *,
        clocked: bool,
    ) -> None:
        """`clocked`: whether the time of an entry begins with the first look at it, as at a real exchange, where the court
        may have taken long; else with the close of the bar that it was decided on."""
        self._desk, self._orders, self._gate = desk, orders, gate
        self._settings, self._instruments, self._clocked = settings, instruments, clocked

    @property
    def markets(self) -> tuple[str, ...]:
        """Markets in which an entry is pursued, in the order of signing."""
        return tuple(each.symbol for each in self._orders.entering if each.pursuit is not None)

    async def send(self, order: Order, of: DecisionOrders, touch: Touch | None) -> None:
        """Send a signed entry as the profile says; at market if nobody knows the best prices."""
        if self._settings.how == "market" or touch is None:
            await self._desk.send(order, of)
            return
        since = None if self._clocked else order.created_utc
        of.pursuit = begun(order, self._settings, touch, self._instruments[of.symbol], since)
        await self._step(of, of.pursuit, order.created_utc, touch)

    async def look(self, at: datetime, touches: Mapping[str, Touch], stopped: Collection[str] = ()) -> None:
        """Take the next step of each entry whose best prices are known. In `stopped` markets no piece follows, and one that
        rests is withdrawn when its time is up."""
        for of in self._orders.entering:
            touch = touches.get(of.symbol)
            if of.pursuit is None:
                continue
            if of.symbol in stopped:
                await self._stop(of, of.pursuit, at)
            elif touch is not None:
                await self._look(of, of.pursuit, at, touch)

    async def _look(self, of: DecisionOrders, pursuit: Pursuit, at: datetime, touch: Touch) -> None:
        pursuit.look(at, self._instruments[of.symbol])
        piece = of.live_entry
        if piece is not None:
            if piece.kind is not OrderKind.LIMIT:
                return
            if piece.limit_price == pursuit.limit_at(touch) and not pursuit.is_old(at, self._settings):
                return
            await self._desk.cancel(piece.order_id, at)
        if of.live_entry is None and not pursuit.is_over:
            pursuit.look(at, self._instruments[of.symbol])
            await self._step(of, pursuit, at, touch)

    async def _stop(self, of: DecisionOrders, pursuit: Pursuit, at: datetime) -> None:
        pursuit.look(at, self._instruments[of.symbol])
        if of.live_entry is None or pursuit.is_old(at, self._settings):
            await self._desk.cancel_entry(of.symbol, at)

    async def _step(self, of: DecisionOrders, pursuit: Pursuit, at: datetime, touch: Touch) -> None:
        """Send the next piece, or end the entry if what is left is too small."""
        piece = next_piece(pursuit, at, touch, self._settings, self._instruments[of.symbol])
        if piece is None:
            self._orders.end_entry(of)
            return
        await self._desk.send(self._signed(pursuit, piece, at), of)

    def _signed(self, pursuit: Pursuit, piece: Piece, at: datetime) -> Order:
        """The first piece has the name of the gate's order, so that a decision leads to it; the others are counted after it."""
        pursuit.sent += 1
        name = pursuit.signed.order_id + ("" if pursuit.sent == 1 else f"{pursuit.sent}")
        return self._gate.sign_piece(
            pursuit.signed, order_id=name, kind=piece.kind, quantity=piece.quantity,
            limit_price=piece.limit, at=at,
        )  # fmt: skip
