"""The compiled loop of `risk.measures.rolling.historical`. It has its own file because importing it imports numba.

It checks no input: its only caller, `rolling_historical`, does.
"""

from typing import Any

import numpy as np

from market.indicators.machine_code import kept


@kept
def _place(counts: Any, sums: Any, node: int, count: int, value: float) -> None:
    """Set a leaf and rebuild the sums above it."""
    counts[node] = count
    sums[node] = value
    while node > 1:
        node //= 2
        counts[node] = counts[2 * node] + counts[2 * node + 1]
        sums[node] = sums[2 * node] + sums[2 * node + 1]


@kept
def _kth(counts: Any, leaves: int, k: int) -> int:
    """Rank of the k-th smallest value in the window, k from 0."""
    node = 1
    while node < leaves:
        node *= 2
        if k >= counts[node]:
            k -= counts[node]
            node += 1
    return node - leaves


@kept
def _up_to(counts: Any, sums: Any, leaves: int, rank: int) -> tuple[int, float]:
    """The number of values in the window with a rank below `rank`, and their sum."""
    number, total = 0, 0.0
    node = leaves + rank
    while node > 1:
        if node % 2 == 1:
            number += counts[node - 1]
            total += sums[node - 1]
        node //= 2
    return number, total


@kept
def slide(piece: Any, ordered: Any, rank: Any, window: int, tail: float, rounding: float, var: Any, es: Any) -> None:
    """Fill `var` and `es`, each of shape (len(piece) - window + 1,), float64 [loss as a simple return].

    `piece`: shape (m,), float64 [simple return]. `ordered`: the same values sorted. `rank`: shape (m,), int64, the place of
    each value of `piece` in `ordered`.
    """
    position = tail * (window - 1)
    below = min(int(position), window - 2)
    part = position - below
    leaves = 1
    while leaves <= len(piece):
        leaves *= 2
    counts, sums = np.zeros(2 * leaves, np.int64), np.zeros(2 * leaves, np.float64)
    for i in range(window):
        _place(counts, sums, leaves + rank[i], 1, piece[i])
    for step in range(len(var)):
        if step > 0:
            new = step + window - 1
            _place(counts, sums, leaves + rank[step - 1], 0, 0.0)
            _place(counts, sums, leaves + rank[new], 1, piece[new])
        low = ordered[_kth(counts, leaves, below)]
        high = ordered[_kth(counts, leaves, below + 1)]
        rise = high - low
        edge = high - rise * (1.0 - part) if part >= 0.5 else low + rise * part
        worst = np.searchsorted(ordered, edge + rounding * abs(edge), side="right")
        number, total = _up_to(counts, sums, leaves, worst)
        var[step] = -edge
        es[step] = -(total / number)
