"""The protection of a position: a stop from the first fill, a take-profit order, and a trailing stop after the target.

Pure plans. A part of the position is sold at the target; its limit order and its stop cancel each other. The rest keeps its stop,
which trails the highest price once the target has been reached. If one of the two parts would be below the venue's minimum
notional at its stop, the position is not split: it has one stop and one target.

Voters that hold a share bring their own exit: all of such a position has one stop, and no target. It stands at the hard stop
below the average entry, or at the voters' exit if that is nearer, and never moves down.

Of a short position it is the mirror: stops lie above the entry, trail the lowest price and never move up, and the target lies
below. Quantities of legs have no sign.
"""

from decimal import Decimal
from typing import NamedTuple

from config.sections.exits import ExitSettings
from execution.account.decision import DecisionOrders, is_nearer, nearest
from market.instrument import Instrument
from risk.order import OrderKind, Purpose
from risk.portfolio import Position


class Leg(NamedTuple):
    """One protective order to be signed. `price` is the trigger of a STOP or the limit of a LIMIT, in quote units."""

    kind: OrderKind
    purpose: Purpose
    quantity: Decimal
    price: Decimal
    linked: bool
    """Whether it belongs to the pair of orders that cancel each other."""
    trail: Decimal | None = None
    """How far it trails the best price, at a venue that moves it [quote]; None for one that stands."""


def legs_of(position: Position, held: DecisionOrders, exits: ExitSettings, instrument: Instrument) -> tuple[Leg, ...]:
    """The protection that a position should have now. `exits`: those of the profile."""
    trail = held.entry.trail_quote
    if trail is not None:
        stop = attached_stop(position.entry_price, trail, held, instrument)
        return (Leg(OrderKind.STOP, Purpose.TRAILING_STOP, size_of(position), stop, False, trail),)
    if held.share is not None:
        return (
            Leg(OrderKind.STOP, Purpose.STOP_LOSS, size_of(position), _own_stop(position, held, instrument), False),
        )
    if held.trailing_from is not None and held.stop_price is not None:
        return (Leg(OrderKind.STOP, Purpose.TRAILING_STOP, size_of(position), held.stop_price, linked=False),)
    exits = held.exits_or(exits)
    return opening_legs(position.quantity, position.entry_price, held.stop_fraction, exits, instrument)


def opening_legs(
    quantity: Decimal, entry_price: Decimal, stop_fraction: float, exits: ExitSettings, instrument: Instrument
) -> tuple[Leg, ...]:
    """The protection of a new position of `quantity` base units (below zero: short), entered at `entry_price` on average. The
    stop is first."""
    sign, size = _sign(quantity), quantity.copy_abs()
    stop = instrument.round_price(entry_price * (1 - sign * _exact(stop_fraction)))
    target = instrument.round_price(entry_price * (1 + sign * _exact(exits.take_profit_fraction)))
    first = instrument.round_quantity(size * _exact(exits.take_profit_share))
    rest = size - first
    if min(first, rest) * min(stop, target) < instrument.min_notional:
        first, rest = size, Decimal(0)
    legs = [
        Leg(OrderKind.STOP, Purpose.STOP_LOSS, first, stop, linked=True),
        Leg(OrderKind.LIMIT, Purpose.TAKE_PROFIT, first, target, linked=True),
    ]
    if rest > 0:
        legs.append(Leg(OrderKind.STOP, Purpose.STOP_LOSS, rest, stop, linked=False))
    return tuple(legs)


def attached_stop(best: Decimal, trail: Decimal, held: DecisionOrders, instrument: Instrument) -> Decimal:
    """The trailing stop of an entry that left with one attached, `trail` behind the best price; never farther than the present
    one [quote]."""
    stop = instrument.round_price(best - held.sign * trail)
    return stop if held.stop_price is None else nearest(held.sign, stop, held.stop_price)


def _own_stop(position: Position, held: DecisionOrders, instrument: Instrument) -> Decimal:
    """The stop of a position whose voters bring their own exit: the hard stop or the exit, and never farther than the present
    one."""
    sign = _sign(position.quantity)
    hard = position.entry_price * (1 - sign * _exact(held.stop_fraction))
    near = hard if held.exit_price is None else nearest(sign, hard, held.exit_price)
    stop = instrument.round_price(near)
    return stop if held.stop_price is None else nearest(sign, stop, held.stop_price)


def trailing_price(
    best: Decimal,
    present: Decimal,
    exits: ExitSettings,
    instrument: Instrument,
    atr_quote: Decimal | None = None,
    sign: int = 1,
) -> Decimal | None:
    """The stop `trail_fraction` behind the best price, or `trail_atr_multiple` ranges behind it if `atr_quote` is known; None if
    that is not nearer than the present one: the stop of a long position never moves down, that of a short never up.

    `sign`: 1 for a long position, whose best price is the highest; -1 for a short one, whose best price is the lowest.
    """
    if exits.trail_atr_multiple is not None and atr_quote is not None:
        stop = instrument.round_price(max(best - sign * _exact(exits.trail_atr_multiple) * atr_quote, Decimal(0)))
    else:
        stop = instrument.round_price(best * (1 - sign * _exact(exits.trail_fraction)))
    return stop if is_nearer(sign, stop, present) else None


def size_of(position: Position) -> Decimal:
    """What is held, without its sign [base]."""
    return position.quantity.copy_abs()


def resized(position: Position, size: Decimal) -> Position:
    """The same position with this size [base], on its side."""
    return position.model_copy(update={"quantity": size.copy_negate() if position.is_short else size})


def _sign(quantity: Decimal) -> int:
    return -1 if quantity < 0 else 1


def _exact(fraction: float) -> Decimal:
    return Decimal(repr(fraction))
