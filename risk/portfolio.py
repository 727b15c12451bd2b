"""The portfolio as the gate sees it: a frozen snapshot at one moment."""

from decimal import Decimal

from pydantic import Field

from config.frozen import Frozen, UtcTime, empty


class Position(Frozen):
    """A held position: quantity in base units (positive: long), prices in quote units."""

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    mark_price: Decimal
    stop_price: Decimal | None = None
    account: str = Field(default="", exclude_if=empty)
    """The exchange where it lies, in a session on several; empty for one."""

    @property
    def notional(self) -> Decimal:
        """Mark value in quote units, signed like the quantity."""
        return self.quantity * self.mark_price


class Portfolio(Frozen):
    """Cash, positions and the baselines of the breakers. Money is in quote units.

    `pending_notional` is the notional of entries that are sent and not yet filled, by symbol. It counts as deployed.
    """

    as_of_utc: UtcTime
    cash: Decimal
    equity: Decimal
    positions: tuple[Position, ...] = ()
    pending_notional: dict[str, Decimal] = Field(default_factory=dict)

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
        held = sum((abs(held.notional) for held in self.positions), Decimal(0))
        return held + sum(self.pending_notional.values(), Decimal(0))
