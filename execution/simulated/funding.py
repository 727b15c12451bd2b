"""The funding payment of a position: rate x signed quantity x price, exact; what is negative is received."""

from decimal import Decimal

from execution.exact import EXACT, exact_decimal
from execution.reports import Funding
from market.bar import FundingRate

RATE_STEP = Decimal("1e-12")
"""Rates are rounded to twelve decimals, four more than exchanges publish, so that every payment is a finite decimal."""


def funding_on(due: FundingRate, quantity: Decimal, mark_price: Decimal) -> Funding:
    """Return the payment of a position, valued at `mark_price` [quote]; not rounded. `quantity` [base] is signed."""
    rate = exact_decimal(due.rate).quantize(RATE_STEP)
    return Funding(
        funding_id=f"{due.symbol}-{due.at_utc:%Y%m%dT%H%M}",
        symbol=due.symbol,
        rate=rate,
        quantity=quantity,
        mark_price=mark_price,
        amount=EXACT.multiply(rate, EXACT.multiply(quantity, mark_price)),
        at_utc=due.at_utc,
    )
