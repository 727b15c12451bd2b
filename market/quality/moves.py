"""Judges a bar that moved or ranged beyond the limits by what is known when it closes: is it a print that nobody could trade at?

Four witnesses are heard. The bars before: a market that ranges so widely already may do it again. The other markets of the
session: a crash takes them along. The volume: a price that many traded at is a price. And the prices around: the open and close
of the bar itself, and the whole bar before it.

A *wick* is a high or low far beyond all of those: more than twice as far as the close went that way. Its volume proves nothing,
because one order that empties a thin book is a large volume too. A *jump* is a close far from the last one. The next bar is not
known here, so a jump without a witness is refused until that bar confirms it. `evidence/quality/labelling.py` looks back; this
file may not.
"""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from market.bar import Prices

WIDTHS = 3
"""Bars before whose median range shows how the market trades now."""
_VOLUME = 3.0  # times the usual
_WICK_IN_PROPORTION = 1 / 2  # of the wick, to the ranges before
_JUMP_IN_PROPORTION = 1 / 3
_MARKET = 1 / 3  # of the move, by the median of the other markets
_KEPT = 1 / 2  # of the wick, by the close
_FEWEST = 2  # other markets that make a median

Market = Callable[[bool], Sequence[float]]
"""How far each other market went from its last close in this bar [log]: upwards where True, else downwards."""


class Before(NamedTuple):
    """What is known of a market before the bar. Prices are None where nothing was believed yet.

    `close` is the close that a move is measured from, `high` and `low` are those of the bar before [quote]; `widths` are the
    last ranges [log]; `volume` is the usual one [base].
    """

    close: float | None
    high: float | None
    low: float | None
    widths: Sequence[float]
    volume: float


class Limits(NamedTuple):
    """Log of high over low, and absolute log return, beyond which a bar is judged."""

    width: float
    move: float


class Judged(NamedTuple):
    """A kind of finding (`bad_print`, `jump`, `large_move`), the short cause of a freeze, and what the user reads."""

    kind: str
    cause: str
    detail: str


def is_within(bar: Prices, close_before: float | None, width: float, move: float) -> bool:
    """Whether a bar ranges and moves within limits [log], as nearly all do: then nothing is judged, and no witness is asked."""
    _, high, low, close, _ = bar
    if math.log(high / low) > width:
        return False
    return close_before is None or abs(math.log(close / close_before)) <= move


def judge_move(bar: Prices, before: Before, market: Market, limits: Limits) -> Judged | None:
    """The judgement of a bar beyond the limits; None for one inside them. `bar`: finite, positive and in order."""
    if is_within(bar, before.close, limits.width, limits.move):
        return None
    _, high, low, close, _ = bar
    width = math.log(high / low)
    move = 0.0 if before.close is None else math.log(close / before.close)
    return _bad_wick(bar, before, market, limits) or _jump(bar, move, before, market, limits) or _large(width, move)


def _bad_wick(bar: Prices, before: Before, market: Market, limits: Limits) -> Judged | None:
    """A high or low that is a hit by itself, in a market that is calm, and where the others did not go."""
    open_, high, low, close, _ = bar
    around = [close] if before.close is None else [close, open_, before.close]
    top, bottom = max([*around, before.high or close]), min([*around, before.low or close])
    up, down = math.log(high / top), math.log(bottom / low)
    wick, rises = max(up, down), up >= down
    usual = median(before.widths) if before.widths else 0.0
    others = _others(market(rises))
    kept = 0.0 if before.close is None else math.log(close / before.close) * (1 if rises else -1)
    supported = usual >= wick * _WICK_IN_PROPORTION or others >= wick * _MARKET or kept >= wick * _KEPT
    if wick < limits.width or supported:
        return None
    name, price, edge = ("high", high, top) if rises else ("low", low, bottom)
    far = f"{high / top:,.3g} times" if rises else f"1/{bottom / low:,.3g} of"
    cause = f"a bad print, {name} {price:g}"
    return Judged(
        "bad_print",
        cause,
        f"its {name} of {price:g} is {far} what traded around it ({edge:g}), the bars before ranged {math.expm1(usual):.1%}, "
        f"and {_told(others, rises)}: refused",
    )


def _jump(bar: Prices, move: float, before: Before, market: Market, limits: Limits) -> Judged | None:
    """A close far from the last one, without volume, in a calm market, and where the others did not go."""
    if abs(move) <= limits.move:
        return None
    times = bar[4] / before.volume if before.volume > 0 else 0.0
    usual = median(before.widths) if before.widths else 0.0
    others = _others(market(move > 0))
    if times >= _VOLUME or usual >= abs(move) * _JUMP_IN_PROPORTION or others >= abs(move) * _MARKET:
        return None
    traded = f"{times:.1f} times the usual volume" if before.volume > 0 else "a volume that cannot be compared"
    return Judged(
        "jump",
        f"close moved {math.expm1(move):+.0%}, and nothing supports it",
        f"close moved {math.expm1(move):+.0%} on {traded}, the bars before ranged {math.expm1(usual):.1%}, and "
        f"{_told(others, move > 0)}: refused until the next bar confirms it",
    )


def _large(width: float, move: float) -> Judged:
    detail = (
        f"close moved {math.expm1(move):+.0%}, and high is {math.expm1(width):.0%} above low: it happened, and is used"
    )
    return Judged("large_move", "", detail)


def _others(went: Sequence[float]) -> float:
    """The median of the other markets [log]; 0 where there are too few to say."""
    return median(went) if len(went) >= _FEWEST else 0.0


def _told(others: float, rises: bool) -> str:
    way = "rose" if rises else "fell"
    share = math.expm1(others) if rises else -math.expm1(-others)
    return f"other markets {way} by {share:.1%}" if others > 0 else "no other market went there"
