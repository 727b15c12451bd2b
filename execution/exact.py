"""Exact decimal arithmetic for money (law 7): sixty digits, and an error instead of a rounding.

Refuses to round in silence: what does not fit raises `decimal.Inexact`. Where a step must be met (ticks, lots) the
direction of the rounding is in the function's name.
"""

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""For `localcontext(EXACT)` and its methods. Never divide in it, other than by `divide_int`."""

ZERO = Decimal(0)
_PER_BPS = Decimal("0.0001")


def exact_decimal(value: float) -> Decimal:
    """The decimal that the float prints as (42000.1 is 42000.1, not its binary neighbour)."""
    return Decimal(str(float(value)))


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """The largest whole number of steps that is not above a non-negative value."""
    return EXACT.multiply(EXACT.divide_int(value, step), step)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """The smallest whole number of steps that is not below a non-negative value."""
    floor = floor_to(value, step)
    return floor if floor == value else EXACT.add(floor, step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Whether the value is a whole number of steps."""
    return not EXACT.remainder(value, step)


def fee_on(notional: Decimal, fee_bps: Decimal) -> Decimal:
    """The fee in the unit of the notional; not rounded."""
    return EXACT.multiply(notional, EXACT.multiply(fee_bps, _PER_BPS))


def most_affordable(cash: Decimal, price: Decimal, fee_bps: Decimal, lot_size: Decimal) -> Decimal:
    """The largest whole number of lots that the cash pays for at this price, fee included, in base units."""
    if cash <= 0:
        return ZERO
    lot_cost = EXACT.multiply(lot_size, EXACT.add(price, fee_on(price, fee_bps)))
    return EXACT.multiply(EXACT.divide_int(cash, lot_cost), lot_size)
