"""What stands behind a position: a protective stop from the first fill, a take-profit ladder, and a trailing stop after it.

Pure plans. Half of the position is sold at the target (one cancels the other with its own stop), the rest keeps its stop,
which trails the highest price once the target has been reached. A piece that could not be sold at its stop, for the venue's
minimum notional, is not made: then there is one piece, with one stop and one target.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from config.settings import ExitSettings
from market.instrument import Instrument
from risk.order import OrderKind, Purpose


class Leg(NamedTuple):
    """One protective order to be signed: price is the trigger of a STOP and the limit of a LIMIT, in quote units."""

    kind: OrderKind
    purpose: Purpose
    quantity: Decimal
    price: Decimal
    linked: bool
    """Whether it is one of the pair of which one cancels the other."""


@dataclass(slots=True)
class Bracket:
    """The protection of one held position. `stop_fraction` comes from the gate's verdict."""

    decision_id: str
    stop_fraction: float
    orders: tuple[str, ...] = ()
    made: int = 0
    stop_price: Decimal | None = None
    trailing_from: Decimal | None = None
    """Highest price since the target was reached; None before that."""
    exit_order: str | None = None
    """A market exit that is on its way; nothing else is placed until it is done, or was refused and is tried again."""

    @property
    def leaving(self) -> bool:
        return self.exit_order is not None

    def next_id(self) -> str:
        """A fresh order id of this decision."""
        self.made += 1
        return f"{self.decision_id}-x{self.made}"


def opening_legs(
    quantity: Decimal, entry_price: Decimal, stop_fraction: float, exits: ExitSettings, instrument: Instrument
) -> tuple[Leg, ...]:
    """The protection of a fresh position of `quantity` base units, bought at `entry_price` on average."""
    stop = instrument.round_price(entry_price * (1 - _exact(stop_fraction)))
    target = instrument.round_price(entry_price * (1 + _exact(exits.take_profit_fraction)))
    first = instrument.round_quantity(quantity * _exact(exits.take_profit_share))
    rest = quantity - first
    if min(first, rest) * stop < instrument.min_notional:
        first, rest = quantity, Decimal(0)
    legs = [
        Leg(OrderKind.STOP, Purpose.STOP_LOSS, first, stop, linked=True),
        Leg(OrderKind.LIMIT, Purpose.TAKE_PROFIT, first, target, linked=True),
    ]
    if rest > 0:
        legs.append(Leg(OrderKind.STOP, Purpose.STOP_LOSS, rest, stop, linked=False))
    return tuple(legs)


def trailing_leg(
    quantity: Decimal, highest: Decimal, current_stop: Decimal, exits: ExitSettings, instrument: Instrument
) -> Leg | None:
    """The stop `trail_fraction` below the highest price, if that is above the present one: a stop never moves down."""
    stop = instrument.round_price(highest * (1 - _exact(exits.trail_fraction)))
    if stop <= current_stop:
        return None
    return Leg(OrderKind.STOP, Purpose.TRAILING_STOP, quantity, stop, linked=False)


def _exact(fraction: float) -> Decimal:
    return Decimal(repr(fraction))
