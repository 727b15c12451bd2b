"""The lots of one position, oldest first; the first in is the first out. Quantities are below zero for a short.

All sums are exact in an exact context (`execution.exact`), which the caller opens. A reduction never turns the sign: the caller
asks for no more than is there.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

from execution.exact import ZERO


class Lot(NamedTuple):
    """Base units traded at one price (quote units, without fee) and not yet traded back; below zero for a sale."""

    quantity: Decimal
    price: Decimal


class Lots:
    """The open lots of a position."""

    __slots__ = ("_lots",)

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        self._lots = deque(lots)

    def __bool__(self) -> bool:
        return bool(self._lots)

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)

    @property
    def cost(self) -> Decimal:
        """What they were traded for [quote], below zero for a short."""
        return sum((lot.price * lot.quantity for lot in self._lots), ZERO)

    def worth_more(self, mark: Decimal) -> Decimal:
        """Their profit at this price, before fees [quote]."""
        return sum(((mark - lot.price) * lot.quantity for lot in self._lots), ZERO)

    def add(self, quantity: Decimal, price: Decimal) -> None:
        """Add a lot; `quantity` is below zero for a short."""
        self._lots.append(Lot(quantity, price))

    def extend(self, others: "Lots") -> None:
        """Add the lots of another position after these."""
        self._lots.extend(others._lots)

    def take(self, quantity: Decimal, price: Decimal) -> Decimal:
        """Trade this quantity (above zero) of the oldest lots back at this price; returns the profit, before fees [quote]."""
        realised, left = ZERO, quantity
        while left:
            lot = self._lots.popleft()
            size = abs(lot.quantity)
            part = min(size, left)
            moved = part if lot.quantity > 0 else -part
            realised += (price - lot.price) * moved
            left -= part
            if part < size:
                self._lots.appendleft(Lot(lot.quantity - moved, lot.price))
        return realised
