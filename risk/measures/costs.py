"""What a purchase and its sale cost, and whether the move that it is made for pays for them.

The move is the first target, as the exits of the purchase declare it. Voters that bring their own exit declare none, and nothing
is guessed for them. What closed cases have shown of voters is after fees already, and is the gate's business (`risk.record`).
"""

from decimal import Decimal

from config.sections.limits import RiskLimits
from market.book import Book
from market.instrument import Instrument

_BPS = 10_000.0


def fees_bps(market: Instrument) -> float:
    """The fees of a purchase and a sale at market [bps of the notional]."""
    return 2.0 * float(market.taker_fee_bps)


def above_middle_bps(book: Book | None, notional: float) -> float | None:
    """What a purchase of `notional` [quote] pays above the middle of the book, on average, if it walks up the asks [bps].

    With a notional of 0 it is half the spread. None where the book does not show both sides, or less than is to be bought.
    """
    if book is None or not book.bids or not book.asks:
        return None
    middle = (book.bids[0].price + book.asks[0].price) / 2
    if not middle > 0 or book.asks[0].price < book.bids[0].price:
        return None
    if not notional > 0.0:
        return float(book.asks[0].price / middle - 1) * _BPS
    left = Decimal(repr(notional))
    bought = Decimal(0)
    for price, quantity in book.asks:
        paid = min(left, price * quantity)
        bought += paid / price
        left -= paid
        if left <= 0:
            return float(Decimal(repr(notional)) / bought / middle - 1) * _BPS
    return None


def dearest_trip_bps(market: Instrument, limits: RiskLimits) -> float:
    """Both fees and the widest spread at which the gate buys [bps]: no purchase that it signs costs more at the best prices."""
    return fees_bps(market) + limits.max_spread_bps


def trip_bps(market: Instrument, book: Book | None, limits: RiskLimits) -> float | None:
    """Both fees and the spread of the present book [bps]: the least that a purchase and its sale cost. A spread counts up to
    `max_spread_bps`, beyond which the gate buys nothing. None where the book does not show both sides."""
    half = above_middle_bps(book, 0.0)
    return None if half is None else fees_bps(market) + min(2.0 * half, limits.max_spread_bps)
