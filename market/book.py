"""An order book at one moment, for the matching core."""

from decimal import Decimal
from typing import NamedTuple


class Level(NamedTuple):
    """One price level: price [quote], quantity [base]."""

    price: Decimal
    quantity: Decimal


class Book(NamedTuple):
    """Bids and asks, best price first: the highest bid, the lowest ask. The book is never crossed."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
