"""Faults that are put into clean quotes: what a source does when it repeats itself, changes its unit, or breaks.

Each function takes the quotes of one market by close [ms since 1970 UTC], the closes in order, the number of the first bar that
is spoilt, the chance, and another market; it returns the spoilt quotes. Nothing is taken from real faults: the sizes are choices.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np

from market.quality.monitor import Quote

Quotes = dict[int, Quote]

Fault = Callable[[Quotes, list[int], int, np.random.Generator, Mapping[int, Quote]], Quotes]
"""The last argument holds the quotes of another market of the session."""


def stale(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """The source repeats its last bar 1, 2, 4, 8 or 24 times."""
    length = int(chance.choice([1, 2, 4, 8, 24]))
    return quotes | dict.fromkeys(closes[at : at + length], quotes[closes[at - 1]])


def unit(quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]) -> Quotes:
    """A re-denomination: prices become 1/1000 to 1000 times as large, volumes the other way round."""
    factor = float(chance.choice([1e-3, 1e-2, 1e-1, 1e1, 1e2, 1e3]))
    return quotes | {close: _times(quotes[close], factor) for close in closes[at:]}


def identity(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """The ticker is given to another coin, at once or after 6, 24 or 72 bars without one."""
    hole = int(chance.choice([0, 6, 24, 72]))
    kept = {close: quotes[close] for close in closes[:at]}
    return kept | {close: other[close] for close in closes[at + hole :] if close in other}


def depeg(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """The price leaves 1 for 0.5 to 0.97 or 1.04 within one to six bars, and moves about there as it did before."""
    level, length = float(chance.choice([0.5, 0.8, 0.92, 0.96, 0.97, 1.04])), int(chance.integers(1, 7))
    path = [min(1.0, (number + 1) / length) for number in range(len(closes) - at)]
    spoilt, before = {}, 1.0
    for close, share in zip(closes[at:], path, strict=True):
        now, (open_, high, low, end, volume) = level**share, quotes[close]
        high, low = max(high * now, open_ * before), min(low * now, open_ * before)
        spoilt[close] = (open_ * before, high, low, end * now, volume * 5)
        before = now
    return quotes | spoilt


def bad_print(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """A high or a low that is 2 to 10,000 times away, in one bar."""
    factor, close = float(chance.choice([2.0, 3.0, 10.0, 10_000.0])), closes[at]
    open_, high, low, end, volume = quotes[close]
    rises = bool(chance.integers(2))
    return quotes | {
        close: (open_, high * factor, low, end, volume) if rises else (open_, high, low / factor, end, volume)
    }


def non_finite(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """One of the five numbers is not a number, or is endless."""
    return quotes | {
        closes[at]: _with(quotes[closes[at]], int(chance.integers(5)), [math.nan, math.inf][chance.integers(2)])
    }


def inconsistent(
    quotes: Quotes, closes: list[int], at: int, chance: np.random.Generator, other: Mapping[int, Quote]
) -> Quotes:
    """A low of 0, a high below the close, a low above the open, or a negative volume."""
    open_, _, _, end, _ = quote = quotes[closes[at]]
    place, value = [(2, 0.0), (1, end * 0.99), (2, max(open_, end) * 1.01), (4, -1.0)][chance.integers(4)]
    return quotes | {closes[at]: _with(quote, place, value)}


def _times(quote: Quote, factor: float) -> Quote:
    open_, high, low, end, volume = quote
    return open_ * factor, high * factor, low * factor, end * factor, volume / factor


def _with(quote: Quote, place: int, value: float) -> Quote:
    numbers = list(quote)
    numbers[place] = value
    return numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]


FAULTS: Mapping[str, tuple[Fault, frozenset[str]]] = {
    "staleness": (stale, frozenset({"stale"})),
    "re-denomination": (unit, frozenset({"unit", "identity"})),
    "identity change": (identity, frozenset({"unit", "identity"})),
    "de-peg": (depeg, frozenset({"depeg"})),
    "bad print": (bad_print, frozenset({"bad_print", "jump", "wide_bar"})),
    "non-finite": (non_finite, frozenset({"non_finite"})),
    "inconsistent": (inconsistent, frozenset({"inconsistent"})),
}
"""Each kind of fault, and the findings that name it. Another unit and another coin have one verdict: a human is asked."""
