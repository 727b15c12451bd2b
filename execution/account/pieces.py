"""The plan of one entry: which piece is sent next, at which price. Pure.

A piece is a limit order at the best bid, or at the cap of the gate's order if that is lower: it buys at no higher price than the
gate allowed, ever. When the best bid has moved by a tick, it is withdrawn and sent anew. After `market_after_s` the rest of the
slice is bought at market, up to the same cap, and what that cannot buy is given up. A large entry is bought in slices of equal
size, one after the other, each with its own time.

Of a short sale it is the mirror: a piece rests at the best ask, or at the cap if that is higher, and sells at no lower price.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from config.sections.venue import EntrySettings
from execution.reports import OrderState, OrderStatus
from market.instrument import Instrument
from risk.order import Order, OrderKind, Side


class Touch(NamedTuple):
    """The best prices of a market [quote]."""

    bid: Decimal
    ask: Decimal


class Piece(NamedTuple):
    """One order of an entry. `limit`: the price of a LIMIT, and the cap of a MARKET if there is one [quote]."""

    kind: OrderKind
    quantity: Decimal
    limit: Decimal | None


@dataclass(slots=True)
class Pursuit:
    """An entry that is bought piece by piece. Quantities in base units."""

    signed: Order
    """The order of the gate: no piece buys more, or dearer."""
    slices: int
    since: datetime | None
    """When the present slice began; None until the first look at it."""
    bought: Decimal = Decimal(0)
    """What pieces that are done have bought."""
    sent: int = 0
    """Number of pieces so far. It keeps order ids unique."""
    slice: int = 0
    """Number of the present slice."""
    given_up: bool = False
    """Nothing more is bought: it was withdrawn, a piece was refused, or the market is dearer than the cap."""

    @property
    def is_over(self) -> bool:
        """Whether no piece follows."""
        return self.given_up or self.bought >= self.signed.quantity

    def settle(self, piece: Order, state: OrderState) -> None:
        """Note that a piece is done."""
        self.bought += state.filled_quantity
        short = piece.kind is OrderKind.MARKET and state.filled_quantity < piece.quantity
        self.given_up = self.given_up or short or state.status is OrderStatus.REJECTED

    def is_old(self, at: datetime, settings: EntrySettings) -> bool:
        """Whether the time of the slice is up."""
        return self.since is not None and (at - self.since).total_seconds() >= settings.market_after_s

    def limit_at(self, touch: Touch) -> Decimal:
        """The price of a piece that rests: the best price of its own side, or the cap."""
        cap, buys = self.signed.limit_price, self.signed.side is Side.BUY
        best = touch.bid if buys else touch.ask
        return best if cap is None else min(best, cap) if buys else max(best, cap)

    def look(self, at: datetime, instrument: Instrument) -> None:
        """Begin the time of a slice that begins now."""
        present = min(int(self.bought / self._each(instrument)), self.slices - 1)
        if self.since is None or present != self.slice:
            self.slice, self.since = present, at

    def slice_left(self, instrument: Instrument) -> Decimal:
        """What is left of the present slice, in whole lots; the last slice takes what division leaves."""
        end = self.signed.quantity
        if self.slice < self.slices - 1:
            end = (self.slice + 1) * self._each(instrument)
        return instrument.round_quantity(max(end - self.bought, Decimal(0)))

    def _each(self, instrument: Instrument) -> Decimal:
        return instrument.round_quantity(self.signed.quantity / self.slices) or self.signed.quantity


def begun(
    signed: Order, settings: EntrySettings, touch: Touch, instrument: Instrument, since: datetime | None
) -> Pursuit:
    """The pursuit of a signed entry. `since`: when its first slice began; None for the first look at it.

    No slice is so small that it could not be sold again at half of its price.
    """
    slices = 1
    if settings.slice_quote is not None:
        taken = touch.ask if signed.side is Side.BUY else touch.bid
        notional, least = signed.quantity * taken, instrument.min_notional * 2
        wanted = int((notional / settings.slice_quote).to_integral_value(ROUND_CEILING))
        slices = max(1, min(wanted, int(notional / least)))
    return Pursuit(signed, slices, since)


def next_piece(
    pursuit: Pursuit, at: datetime, touch: Touch, settings: EntrySettings, instrument: Instrument
) -> Piece | None:
    """The piece that follows, while none rests; None if what is left is too small to be bought."""
    quantity = pursuit.slice_left(instrument)
    if quantity <= 0 or quantity * pursuit.limit_at(touch) < instrument.min_notional:
        return None
    if pursuit.is_old(at, settings):
        return Piece(OrderKind.MARKET, quantity, pursuit.signed.limit_price)
    return Piece(OrderKind.LIMIT, quantity, pursuit.limit_at(touch))
