"""Rules about the market at this moment: whether a proposal speaks of it at all, what its book shows, how the venue behaves.

Nothing that a proposal says of the market is believed: its price is held against the last close that the quality monitor
believed, its time against the close of the last bar. What is not known refuses (law 2).
"""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from math import isfinite

from config.sections.limits import RiskLimits
from market.book import Book, Level
from risk.facts import Facts, cap, check
from risk.order import Side
from risk.sizing import A_HAIR_LESS
from risk.verdict import RuleReport

_BPS = 10_000.0


def reference_price(facts: Facts) -> RuleReport:
    """The price that a size is counted with lies within `max_price_gap_bps` of the last believed close."""
    mark, limit = facts.mark, facts.limits.max_price_gap_bps
    if mark is None or not isfinite(mark) or mark <= 0.0:
        return check("reference_price", False, None, limit, "bps", note="no close of this market is known")
    number = abs(float(facts.proposal.reference_price) / mark - 1.0) * _BPS
    return check("reference_price", number <= limit, number if isfinite(number) else None, limit, "bps")


def stale_proposal(facts: Facts) -> RuleReport:
    """A proposal is of the time of the book, give or take `max_proposal_age_s`; neither older nor from the future."""
    now, limit = facts.now_utc, facts.limits.max_proposal_age_s
    if now is None:
        return check("stale_proposal", False, None, limit, "s", note="no bar has been lived through yet")
    number = abs(now - facts.proposal.as_of_utc) / timedelta(seconds=1)
    return check("stale_proposal", number <= limit, number, limit, "s")


def spread(facts: Facts) -> RuleReport:
    """Best bid and best ask are within `max_spread_bps` of each other, as a part of the middle between them."""
    limit, sides = facts.limits.max_spread_bps, _best(facts.book)
    if sides is None:
        return check("spread", False, None, limit, "bps", note="the book does not show both sides")
    bid, ask = sides
    number = float(2 * (ask - bid) / (ask + bid)) * _BPS
    return check("spread", number <= limit, number, limit, "bps")


def error_rate(facts: Facts) -> RuleReport:
    """No new risk while more than `max_order_errors` orders of the last 24 hours were rejected, or their fate is unknown."""
    number, limit = facts.order_errors, float(facts.limits.max_order_errors)
    if number is None:
        return check("error_rate", False, None, limit, "orders in 24 h", note="they were not counted")
    return check("error_rate", number <= limit, float(number), limit, "orders in 24 h")


def expected_slippage(facts: Facts) -> RuleReport:
    """What may be bought so that the walk up the asks costs `max_slippage` above the middle on average, and no more; or sold
    short, down the bids and below it.

    A book that is too thin for it leaves what it shows; none leaves nothing.
    """
    sides, limit = _best(facts.book), facts.limits.max_slippage
    if facts.book is None or sides is None:
        return cap(facts, "expected_slippage", 0.0, note="the book does not show both sides")
    worst = (sides[0] + sides[1]) / 2 * (1 + facts.sign * Decimal(repr(limit)))
    levels, where = (facts.book.asks, "above") if facts.sign > 0 else (facts.book.bids, "below")
    notional = float(depth_within(levels, worst, facts.sign) * facts.proposal.reference_price) * A_HAIR_LESS
    note = f"{notional:,.0f} to be had for {limit:.2%} {where} the middle"
    return cap(facts, "expected_slippage", notional / facts.equity, note=note)


def why_not_filled(quantity: Decimal, side: Side, book: Book, limits: RiskLimits) -> str:
    """Why a quantity [base] that was signed cannot be bought, or sold, out of this book within the limits of spread and slippage;
    empty if it can. An entry's worst price is no part of it: where the book is beyond it, the order waits, or takes nothing."""
    sides = _best(book)
    if sides is None:
        return "its book does not show both sides"
    bid, ask = sides
    wide = float(2 * (ask - bid) / (ask + bid)) * _BPS
    if wide > limits.max_spread_bps:
        return f"its spread of {wide:.1f} bps is above {limits.max_spread_bps:g} bps"
    levels = book.asks if side is Side.BUY else book.bids
    shown = sum((level.quantity for level in levels), Decimal(0))
    if shown < quantity:
        return f"its book shows {shown} of {quantity}"
    worst = (bid + ask) / 2 * (1 + side.sign * Decimal(repr(limits.max_slippage)))
    if depth_within(levels, worst, side.sign) < quantity:
        what, where = ("buying", "above") if side is Side.BUY else ("selling", "below")
        return f"{what} there costs more than {limits.max_slippage:.2%} {where} the middle"
    return ""


def depth_within(levels: Sequence[Level], worst: Decimal, sign: int = 1) -> Decimal:
    """The largest quantity [base units] whose average price, taken level by level and best first, is no worse than `worst`
    [quote]: not above it for asks (`sign` 1), not below it for bids (-1).

    Levels up to `worst` are taken whole: each leaves a surplus of its distance a unit, out of which dearer levels are paid for
    until nothing of it is left.
    """
    taken = surplus = Decimal(0)
    for price, quantity in levels:
        dearer = sign * (price - worst)
        part = quantity if dearer <= 0 else min(quantity, surplus / dearer)
        taken += part
        surplus -= part * dearer
        if part < quantity:
            break
    return taken


def _best(book: Book | None) -> tuple[Decimal, Decimal] | None:
    """Best bid and best ask; None where one is missing, or they are no prices, or crossed."""
    if book is None or not book.bids or not book.asks:
        return None
    bid, ask = book.bids[0].price, book.asks[0].price
    return (bid, ask) if bid.is_finite() and ask.is_finite() and 0 < bid <= ask else None
