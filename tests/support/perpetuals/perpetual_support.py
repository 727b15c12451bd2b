"""Perpetual contracts, their proposals and their books for the tests of the gate."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from gate_support import ANY_PRICE, BTC, LIMITS, facts, portfolio, proposal

from config.sections.limits import RiskLimits
from market.instrument import Instrument, InstrumentKind
from market.perpetual.margin import MarginTier, PerpetualTerms
from risk.facts import Facts
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction, Proposal

TIERS = (
    MarginTier(up_to=Decimal(50_000), max_leverage=Decimal(125), maintenance_rate=Decimal("0.004")),
    MarginTier(
        up_to=Decimal(250_000),
        max_leverage=Decimal(20),
        maintenance_rate=Decimal("0.01"),
        maintenance_amount=Decimal(300),
    ),
    MarginTier(
        up_to=Decimal(1_000_000),
        max_leverage=Decimal("2.5"),
        maintenance_rate=Decimal("0.05"),
        maintenance_amount=Decimal(10_300),
    ),
    MarginTier(
        up_to=None, max_leverage=Decimal(1), maintenance_rate=Decimal("0.25"), maintenance_amount=Decimal(210_300)
    ),
)
"""The maintenance margin does not jump from one tier to the next."""
PERP: Instrument = BTC.model_copy(
    update={"kind": InstrumentKind.PERPETUAL, "perpetual": PerpetualTerms(tiers=TIERS, funding_interval_h=8)}
)
STRESSED: RiskLimits = LIMITS.model_copy(update={"max_stressed_loss": 0.05})
"""Limits with what a profile of perpetuals asks beside."""
ANY_STRESSED: RiskLimits = ANY_PRICE.model_copy(update={"max_stressed_loss": 0.05})


def sold(**changes: Any) -> Proposal:
    """Return a proposal to sell short at 50,000."""
    return proposal(direction=Direction.SHORT, **changes)


def wallet(**changes: Any) -> Portfolio:
    """Return an account of perpetuals with 10,000 in its wallet, of which nothing is reserved."""
    return portfolio(**({"reserved": Decimal(0)} | changes))


def perpetual(symbol: str, notional: str, margin: str | None = None) -> Position:
    """Return a position at a price of 100; the notional is negative for a short."""
    price = Decimal(100)
    return Position(
        symbol=symbol,
        quantity=Decimal(notional) / price,
        entry_price=price,
        mark_price=price,
        margin=abs(Decimal(notional)) if margin is None else Decimal(margin),
    )


def short_facts(**changes: Any) -> Facts:
    """Return the facts of a short sale on an empty account with leverage 1 and a funding rate of one basis point."""
    base = facts(
        proposal=sold(), portfolio=wallet(), instrument=PERP, leverage=Decimal(1), funding_rate=0.0001, limits=STRESSED
    )
    return replace(base, **changes)


def long_facts(**changes: Any) -> Facts:
    """Return the same for a purchase."""
    return short_facts(**({"proposal": proposal()} | changes))
