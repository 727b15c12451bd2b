"""The portfolio as the gate sees it: a frozen snapshot at one moment."""

from decimal import Decimal

from pydantic import Field

from config.frozen import Frozen, UtcTime, absent, empty
from risk.order import Side


class Position(Frozen):
    """A held position: quantity in base units (positive: long), prices in quote units."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    stop_price: Decimal | None = None
    account: str = Field(default="", exclude_if=empty)
    """The exchange where it lies, in a session on several; empty for one."""
    margin: Decimal | None = Field(default=None, exclude_if=absent)
    """What is reserved for it, of a perpetual [quote]."""
    liquidation_price: Decimal | None = Field(default=None, exclude_if=absent)
    """The mark price at which the exchange closes it, of a perpetual, if there is one [quote]."""

    @property
    def is_short(self) -> bool:
        return self.quantity < 0

    @property
    def closing_side(self) -> Side:
        """The side of an order that reduces it."""
        return Side.BUY if self.is_short else Side.SELL

    @property
    def notional(self) -> Decimal:
        """Mark value in quote units, signed like the quantity."""
        return self.quantity * self.mark_price


class Portfolio(Frozen):
    """Cash, positions and the baselines of the breakers. Money is in quote units.

    `pending_notional` is the notional of entries that are sent and not yet filled, by symbol, below zero for a short. It counts
    as deployed. `cash`: on perpetuals the wallet, of which `reserved` is bound as margin; None on spot.
    """

    as_of_utc: UtcTime
    cash: Decimal
    equity: Decimal
    positions: tuple[Position, ...] = ()
    pending_notional: dict[str, Decimal] = Field(default_factory=dict)
    reserved: Decimal | None = Field(default=None, exclude_if=absent)

    def position(self, symbol: str) -> Position | None:
        """The position in a symbol, or None."""
        return next((held for held in self.positions if held.symbol == symbol), None)

    @property
    def open_symbols(self) -> frozenset[str]:
        """The symbols of positions and of entries under way."""
        return frozenset((*(held.symbol for held in self.positions), *self.pending_notional))

    @property
    def deployed(self) -> Decimal:
        """Gross notional of positions and of entries that are sent and not yet filled, in quote units."""
        if not self.positions and not self.pending_notional:
            return Decimal(0)
        held = sum((abs(held.notional) for held in self.positions), Decimal(0))
        return held + sum((abs(coming) for coming in self.pending_notional.values()), Decimal(0))
