"""The correlation of two markets at a close, kept for all lanes that ask again: it depends on bars alone.

A table that has fewer rows than there are bars keeps the latest of those that share a row.
"""

from execution.kernel.compiled import compiled
from execution.kernel.judging.tails import correlation
from execution.kernel.records import Floats, Records


@compiled
def correlated(returns: Floats, pairs: Records, t: int, rows: int, s: int, other: int) -> float:
    """Pearson's correlation coefficient of the latest `rows` returns of two markets up to bar `t`, dimensionless.

    `returns`, shape (n_symbols, n_bars) [fraction]. `pairs`, shape (n_rows, n_symbols, n_symbols): records of PAIR, changed.
    """
    one, two = min(s, other), max(s, other)
    kept = pairs[t % len(pairs), one, two]
    if kept.bar != t + 1 or kept.rows != rows:
        kept.value = correlation(returns[one, t - rows + 1 : t + 1], returns[two, t - rows + 1 : t + 1])
        kept.bar, kept.rows = t + 1, rows
    return float(kept.value)


@compiled
def as_bets(returns: Floats, pairs: Records, t: int, rows: int, s: int, other: int, together: bool) -> float:
    """The correlation of two bets: that of their markets, or its negative where one of them is short and the other is not.

    Arguments as in `correlated`: `returns`, shape (n_symbols, n_bars) [fraction]. `together`: both are on one side. A market that
    has not moved counts as one with the other, on either side.
    """
    value = correlated(returns, pairs, t, rows, s, other)
    if together or _is_still(returns[s, t - rows + 1 : t + 1]) or _is_still(returns[other, t - rows + 1 : t + 1]):
        return value
    return -value


@compiled
def _is_still(returns: Floats) -> bool:
    still = True
    for i in range(1, len(returns)):
        still &= returns[i] == returns[0]
    return bool(still)
