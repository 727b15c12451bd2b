"""An order book at one moment: what the matching core walks."""

from decimal import Decimal
from typing import NamedTuple


class Level(NamedTuple):
    """One price level."""

    price: Decimal
    quantity: Decimal


class Book(NamedTuple):
    """Bids best (highest) first, asks best (lowest) first. Never crossed."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
