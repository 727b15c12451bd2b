"""Exact decimal arithmetic for money (law 7): sixty digits, and an error instead of a rounding.

It never rounds silently: a result that does not fit raises `decimal.Inexact`. Where a result must be a multiple of a
step (ticks, lots), the name of the function says the direction of the rounding.
"""

from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, localcontext
from types import TracebackType

from config.errors import InvariantBroken

EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow])
"""The context for `localcontext(EXACT)` and its methods. Do not divide in it, except with `divide_int`."""

ZERO = Decimal(0)
_PER_BPS = Decimal("0.0001")


def exact_decimal(value: float) -> Decimal:
    """Return the decimal number that the float prints as (42000.1 gives 42000.1, not its binary value)."""
    return Decimal(str(float(value)))


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above a non-negative value."""
    return EXACT.multiply(EXACT.divide_int(value, step), step)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Return the smallest multiple of `step` that is not below a non-negative value."""
    floor = floor_to(value, step)
    return floor if floor == value else EXACT.add(floor, step)


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """Return whether the value is a multiple of `step`."""
    return not EXACT.remainder(value, step)


def fee_on(notional: Decimal, fee_bps: Decimal) -> Decimal:
    """Return the fee in the unit of the notional, not rounded; `fee_bps` [bps]."""
    return EXACT.multiply(notional, EXACT.multiply(fee_bps, _PER_BPS))


def most_affordable(cash: Decimal, price: Decimal, fee_bps: Decimal, lot_size: Decimal) -> Decimal:
    """Return the largest multiple of the lot size that the cash pays for at this price, fee included [base]."""
    if cash <= 0:
        return ZERO
    lot_cost = EXACT.multiply(lot_size, EXACT.add(price, fee_on(price, fee_bps)))
    return EXACT.multiply(EXACT.divide_int(cash, lot_cost), lot_size)


class Exactly:
    """A context of arithmetic without rounding. Raises InvariantBroken if a result would have to be rounded."""

    __slots__ = ("_context", "_event")

    def __init__(self, event: str) -> None:
        self._event = event
        self._context = localcontext(EXACT)

    def __enter__(self) -> None:
        self._context.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.__exit__(kind, fault, trace)
        if isinstance(fault, Inexact):
            raise InvariantBroken(
                f"Booking {self._event} needs more than {EXACT.prec} digits. It was not rounded, and the session was stopped. "
                "Look the event up in the venue's list."
            ) from fault
