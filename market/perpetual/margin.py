"""The margin of a linear perpetual position, isolated and one-way: what it reserves, when it is liquidated, when it is bankrupt.

A position's `quantity` is signed: below zero for a short. It is liquidated when what was put in and its profit at the mark have
fallen to the maintenance margin of its tier:

    margin + quantity x (mark - entry) = |quantity| x mark x rate - amount

(Binance, "How to Calculate Liquidation Price of USD-M Futures Contracts"). Some exchanges take the maintenance margin at the
entry instead of the mark (Bybit, "Liquidation Price (USDT Contract)"): `maintenance_at` says which. At the bankruptcy price
nothing of the margin is left.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from config.frozen import Frozen

_ZERO = Decimal(0)


class MarginTier(Frozen):
    """What an exchange asks of positions up to a notional [quote]; None for the last tier.

    `maintenance_rate`: the share of the notional that must be left; `maintenance_amount` [quote] is taken off it, so that the
    margin does not jump from one tier to the next. `max_leverage`: notional over margin, at most.
    """

    up_to: Annotated[Decimal, Field(gt=0)] | None
    max_leverage: Annotated[Decimal, Field(ge=1)]
    maintenance_rate: Annotated[Decimal, Field(gt=0, lt=1)]
    maintenance_amount: Annotated[Decimal, Field(ge=0)] = _ZERO


class PerpetualTerms(Frozen):
    """What a linear perpetual contract has beside the rules of every market.

    `contract_size`: base units of one contract. `tiers`: by rising notional. `funding_interval_h` [h]. `liquidation_fee_bps`:
    what a liquidation costs beside the taker fee [bps of the notional]. `maintenance_at`: the price at which the maintenance
    margin is taken, that of the mark or of the entry.
    """

    contract_size: Annotated[Decimal, Field(gt=0)] = Decimal(1)
    tiers: tuple[MarginTier, ...] = Field(min_length=1)
    funding_interval_h: Annotated[int, Field(ge=1, le=24)] = 8
    liquidation_fee_bps: Annotated[Decimal, Field(ge=0, le=1000)] = _ZERO
    maintenance_at: Literal["mark", "entry"] = "mark"

    def liquidation_price(self, quantity: Decimal, entry: Decimal, margin: Decimal) -> Decimal | None:
        """The mark price at which a position in this contract is liquidated [quote]; None where no positive price does it.

        `quantity` [base] is below zero for a short; `margin` [quote] is what is put in.
        """
        if self.maintenance_at == "mark":
            return liquidation_price(quantity, entry, margin, self.tiers)
        price = entry - (margin - maintenance_margin(quantity * entry, self.tiers)) / quantity
        return price if price > 0 else None


def tier_of(notional: Decimal, tiers: Sequence[MarginTier]) -> MarginTier:
    """The tier of a notional [quote]; beyond all of them, the last one."""
    size = abs(notional)
    return next((tier for tier in tiers if tier.up_to is None or size <= tier.up_to), tiers[-1])


def maintenance_margin(notional: Decimal, tiers: Sequence[MarginTier]) -> Decimal:
    """What must be left of a position's margin and profit [quote]."""
    tier = tier_of(notional, tiers)
    return max(_ZERO, abs(notional) * tier.maintenance_rate - tier.maintenance_amount)


def initial_margin(notional: Decimal, leverage: Decimal) -> Decimal:
    """What an entry reserves of the wallet [quote]."""
    return abs(notional) / leverage


def liquidation_price(
    quantity: Decimal, entry: Decimal, margin: Decimal, tiers: Sequence[MarginTier]
) -> Decimal | None:
    """The mark price at which a position is liquidated [quote]; None where no positive price does it.

    Each tier has one price. Where that lies before the tier is reached, on the way away from the entry, the first price of the
    tier is the one: what must be left jumps there. The nearest of them to the entry is the right one.
    """
    side = 1 if quantity > 0 else -1
    size = abs(quantity)
    found: list[Decimal] = []
    least = _ZERO
    for number, tier in enumerate(tiers):
        most = None if tier.up_to is None or number == len(tiers) - 1 else tier.up_to / size
        price = (margin + tier.maintenance_amount - side * size * entry) / (size * (tier.maintenance_rate - side))
        if side > 0 and most is not None:
            price = min(price, most)
        elif side < 0:
            price = max(price, least)
        reached = price > least or (side < 0 and price == least > 0)
        if reached and (most is None or price <= most):
            found.append(price)
        least = most or least
    if not found:
        return None
    return max(found) if side > 0 else min(found)


def bankruptcy_price(quantity: Decimal, entry: Decimal, margin: Decimal) -> Decimal:
    """The price at which a position has lost its margin [quote]; zero or below where no price does it."""
    return entry - margin / quantity
