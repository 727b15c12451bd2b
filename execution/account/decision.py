"""The orders of one decision: its entry, the venue's state of each order, and the protection of the position.

An order is live from its intent until the venue says that it is done. Only an order that the venue has reported as `ACCEPTED` or
`PARTIAL` counts as protection.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from config.sections.exits import ExitSettings
from execution.account.pieces import Pursuit
from execution.reports import OrderState, OrderStatus
from risk.order import Order, OrderKind
from risk.proposal import Terms

DONE = frozenset({OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.REJECTED})
_RESTING = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIAL})


def is_nearer(sign: int, stop: Decimal, present: Decimal) -> bool:
    """Whether a stop protects more than the present one: a higher one of a long position (`sign` 1), a lower one of a short."""
    return stop > present if sign > 0 else stop < present


def nearest(sign: int, *stops: Decimal) -> Decimal:
    """The stop that protects most: the highest of a long position (`sign` 1), the lowest of a short (-1)."""
    return max(stops) if sign > 0 else min(stops)


@dataclass(slots=True)
class DecisionOrders:
    """The orders of one signed decision. Quantities in base units, prices and notional in quote units."""

    entry: Order
    """The entry, or the piece of it that was sent last."""
    stop_fraction: float
    """Distance of the stop from the entry price, as a fraction of that price, from the gate's verdict."""
    notional: Decimal
    """Notional of the whole entry, as the gate signed it."""
    terms: Terms | None = None
    """What the contexts behind the purchase asked: their positions are counted, and their exits hold."""
    pursuit: Pursuit | None = None
    """How the entry is bought piece by piece; None for one that is sent whole."""
    entering: bool = True
    """The entry was signed and is not done: it may still buy."""
    sold_from: bool = False
    """A part of the position was sold while the entry was under way, so the entry has to be withdrawn."""
    sold_some: bool = False
    """A part of the position was sold since it was opened."""
    stop_price: Decimal | None = None
    """Price of the position's stop, placed or planned."""
    trailing_from: Decimal | None = None
    """Best price since the target was reached, of a short the lowest; None before that."""
    closing: str | None = None
    """Id of the market exit of the whole position that is under way. No other order is placed until it is done."""
    reducing: str | None = None
    """Id of the market sale of a part that is under way. The rest of the position is protected meanwhile."""
    outgrown: bool = False
    """The protection has to be placed again: more was bought since then, or its stop has to move up."""
    too_small: Decimal | None = None
    """A quantity below the venue's minimum notional. It is not protected until the quantity changes."""
    share: float | None = None
    """The share of a full position for which it stands, of voters that bring their own exit; None for one with a target."""
    exit_price: Decimal | None = None
    """The exit of those voters [quote], the nearest so far."""
    atr_quote: Decimal | None = None
    """The average true range of the market when the purchase was decided [quote]."""
    account: str = ""
    """The exchange that the entry went to, of several; empty before that, and for one exchange."""
    signed: Order | None = None
    """The order as the gate signed it, in a session on several exchanges."""
    meant_to_hold: timedelta | None = None
    """How long its voters mean to hold, if they say so."""
    tried: tuple[str, ...] = ()
    """The exchanges that have refused the entry."""
    refused_utc: datetime | None = None
    """When an exchange refused the entry last: it has rejected it, or is proven not to have it."""
    bought: bool = False
    """Something was bought for it."""
    withdrawn: bool = False
    """The entry was withdrawn: it is sent nowhere else."""
    numbered: int = 0
    """Number of exits so far. It keeps order ids unique."""
    _live: dict[str, Order] = field(default_factory=dict)
    _told: dict[str, OrderState] = field(default_factory=dict)

    @property
    def decision_id(self) -> str:
        """The decision from which all these orders follow."""
        return self.entry.decision_id

    @property
    def symbol(self) -> str:
        """The market in which all these orders are."""
        return self.entry.symbol

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a short sale."""
        return self.entry.side.sign

    def exits_or(self, profile: ExitSettings) -> ExitSettings:
        """The exits of this position: its contexts' own, or else the profile's."""
        own = None if self.terms is None else self.terms.exits
        return profile if own is None else own

    @property
    def open_exposure(self) -> Decimal:
        """`open_notional`, below zero for a short sale."""
        return self.open_notional if self.sign > 0 else self.open_notional.copy_negate()

    @property
    def open_notional(self) -> Decimal:
        """The part of the entry that is not filled, in quote units, without a sign."""
        told = self._told.get(self.entry.order_id)
        filled = Decimal(0) if told is None else told.filled_quantity
        if self.pursuit is not None:
            return self.notional * (1 - (self.pursuit.bought + filled) / self.pursuit.signed.quantity)
        return self.notional if told is None else self.notional * (1 - filled / self.entry.quantity)

    def number(self) -> int:
        """The number of the next exit."""
        self.numbered += 1
        return self.numbered

    @property
    def live_entry(self) -> Order | None:
        """The entry, or its present piece, if the venue may still fill it."""
        return self._live.get(self.entry.order_id)

    def sent(self, order: Order) -> None:
        """Note that an order's intent is journaled. The order is live from now on."""
        self._live[order.order_id] = order
        if not order.reduce_only:
            self.entry = order

    def settle(self, state: OrderState) -> bool:
        """Note the venue's state of one of these orders. Returns whether the order is done."""
        self._told[state.order_id] = state
        if state.status not in DONE:
            return False
        order_id = state.order_id
        order = self._live.pop(order_id, None)
        self._told.pop(order_id)
        if order_id == self.entry.order_id:
            if state.status is OrderStatus.REJECTED and self.account:
                self.refused_utc = state.at_utc
            if self.pursuit is not None and order is not None:
                self.pursuit.settle(order, state)
            self.entering = self.entering and self.pursuit is not None and not self.pursuit.is_over
        self.closing = None if order_id == self.closing else self.closing
        self.reducing = None if order_id == self.reducing else self.reducing
        return True

    def stands_for(self, share: float, exit_price: Decimal | None) -> None:
        """Note the share for which the position stands from now on, and the exit of its voters [quote], if they have one."""
        self.share = share
        self.raise_exit(exit_price)

    def raise_exit(self, exit_price: Decimal | None) -> None:
        """Note the exit of the position's voters [quote]; one that is farther than before changes nothing."""
        if exit_price is not None and (self.exit_price is None or is_nearer(self.sign, exit_price, self.exit_price)):
            self.exit_price = exit_price

    def rests(self, order_id: str) -> bool:
        """Whether the venue has accepted this order, and it is not done."""
        return order_id in self._live and order_id in self._told and self._told[order_id].status in _RESTING

    def rest(self) -> None:
        """Clear the plan of the protection, after the position was closed."""
        self.stop_price = self.trailing_from = self.closing = self.reducing = self.too_small = None
        self.outgrown = self.sold_from = False

    @property
    def exits(self) -> tuple[str, ...]:
        """Ids of the live orders that would reduce the position, oldest first."""
        return tuple([order_id for order_id, order in self._live.items() if order.reduce_only])

    @property
    def doubts(self) -> tuple[str, ...]:
        """Ids of the orders that would reduce the position and were sent, of which nobody knows yet whether they rest."""
        told, doubtful = self._told, OrderStatus.UNKNOWN
        return tuple([each for each in self.exits if each in told and told[each].status is doubtful])

    @property
    def covered(self) -> Decimal:
        """Quantity for which a stop rests at the venue."""
        return sum([self.left(order.order_id) for order in self._stops()], Decimal(0))

    @property
    def resting_stop(self) -> Decimal | None:
        """The nearest stop price that rests at the venue; None if no stop rests there."""
        found = [order.stop_price for order in self._stops() if order.stop_price]
        return nearest(self.sign, *found) if found else None

    def left(self, order_id: str | None) -> Decimal:
        """The quantity that a live order may still fill; 0 for an order that is done, and for None."""
        if order_id is None or order_id not in self._live:
            return Decimal(0)
        told = self._told.get(order_id)
        return self._live[order_id].quantity - (told.filled_quantity if told is not None else Decimal(0))

    def _stops(self) -> list[Order]:
        return [
            order
            for order_id, order in self._live.items()
            if order.kind is OrderKind.STOP and order_id in self._told and self._told[order_id].status in _RESTING
        ]
