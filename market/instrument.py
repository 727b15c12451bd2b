"""An instrument that can be traded, and the venue's rules for it."""

from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from config.frozen import Frozen, absent
from market.perpetual.margin import PerpetualTerms

Positive = Annotated[Decimal, Field(gt=0)]


class InstrumentKind(StrEnum):
    """Spot positions are long or flat. Perpetuals may be short, pay funding and be liquidated.

    A session trades markets of one kind. Spot positions are charged funding too when a session has funding rates.
    """

    SPOT = "spot"
    PERPETUAL = "perpetual"


class Instrument(Frozen):
    """One market. `symbol` is BASE/QUOTE; prices and notionals are in quote units, quantities in base units."""

    symbol: str
    base: str
    quote: str
    kind: InstrumentKind = InstrumentKind.SPOT
    tick_size: Positive
    lot_size: Positive
    min_notional: Positive
    maker_fee_bps: Annotated[Decimal, Field(ge=0)]
    taker_fee_bps: Annotated[Decimal, Field(ge=0)]
    perpetual: PerpetualTerms | None = Field(default=None, exclude_if=absent)
    """What a perpetual contract has beside; None for spot."""

    @property
    def may_be_short(self) -> bool:
        """Whether a sale may open a position."""
        return self.kind is InstrumentKind.PERPETUAL

    def round_quantity(self, quantity: Decimal) -> Decimal:
        """Round down to a whole number of lots. It never rounds up, because rounding must not add risk."""
        return (quantity / self.lot_size).to_integral_value(ROUND_DOWN) * self.lot_size

    def round_price(self, price: Decimal) -> Decimal:
        """Round to the nearest tick; a price half-way goes to the even tick."""
        return (price / self.tick_size).to_integral_value(ROUND_HALF_EVEN) * self.tick_size
