"""What one more unit of a coin costs at an exchange, all in: the walk up its book, its fee, its funding. Pure."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import NamedTuple

from market.book import Level

_TEN_THOUSAND = Decimal(10_000)
_PLACES = Decimal(10) ** -12
_DIGITS = Context(prec=50, rounding=ROUND_HALF_EVEN)
"""A context of its own: ccxt changes the rounding of its thread, and a replay has the same digits."""


class AllIn(NamedTuple):
    """The cost of each unit that arrives [quote]: `book` as the walk pays it, `fee`, `funding` (negative: received)."""

    book: Decimal
    fee: Decimal
    funding: Decimal

    @property
    def cost(self) -> Decimal:
        """All of it."""
        return self.book + self.fee + self.funding


def all_in(
    asks: Sequence[Level], quantity: Decimal, *, fee_bps: Decimal, fee_in_base: bool, funding: Decimal
) -> AllIn | None:
    """What each unit that arrives costs when `quantity` [base, above 0] is bought; None if these asks (best first) show less.

    `fee_bps`: the taker's fee [bps]. `fee_in_base`: whether it is taken out of what was bought, so that less arrives and each
    unit that does is dearer by 1 / (1 - fee); else it is paid beside. `funding`: what the position is expected to pay while it
    is meant to be held [fraction of the notional]. Parts are rounded half to even at 12 places.
    """
    with localcontext(_DIGITS):
        left, paid = quantity, Decimal(0)
        for price, shown in asks:
            part = min(left, shown)
            paid += part * price
            left -= part
            if not left:
                break
        if left or quantity <= 0:
            return None
        rate, average = fee_bps / _TEN_THOUSAND, paid / quantity
        fee = average / (1 - rate) - average if fee_in_base else average * rate
        return AllIn(_rounded(average), _rounded(fee), _rounded(average * funding))


def _rounded(part: Decimal) -> Decimal:
    """At 12 places, without the zeros at the end."""
    short = part.quantize(_PLACES).normalize()
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]  # it is finite
