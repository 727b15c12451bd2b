"""Figures of an order book, as pure functions. `bids` and `asks`: shape (n, 2), float64 [quote] and [base], best first."""

import numpy as np

from market.candles import Floats

LEVELS = 5
NEAR = 0.01
"""Depth is counted within this distance of the middle [fraction]."""


def spread_bps(bids: Floats, asks: Floats) -> float:
    """Best ask less best bid, as a part of the middle [bps]. `bids`, `asks`: shape (n, 2), float64 [quote], best first."""
    return float((asks[0, 0] - bids[0, 0]) / _middle(bids, asks) * 10_000)


def imbalance(bids: Floats, asks: Floats) -> float:
    """(bids − asks) / (bids + asks) of the quantities in the best five levels [-1..1]. Cartea, Jaimungal & Penalva (2015).

    `bids`, `asks`: shape (n, 2), float64 [quote] and [base], best first.
    """
    bought, sold = (float(side[:LEVELS, 1].sum()) for side in (bids, asks))
    return (bought - sold) / (bought + sold)


def depth(bids: Floats, asks: Floats) -> float | None:
    """Value of all orders within 1 % of the middle [quote]; None for a book whose end is nearer than that: it hides the rest.

    `bids`, `asks`: shape (n, 2), float64 [quote] and [base], best first.
    """
    middle = _middle(bids, asks)
    low, high = middle * (1 - NEAR), middle * (1 + NEAR)
    if bids[-1, 0] > low or asks[-1, 0] < high:
        return None
    near = np.concatenate((bids[bids[:, 0] >= low], asks[asks[:, 0] <= high]))
    return float((near[:, 0] * near[:, 1]).sum())


def _middle(bids: Floats, asks: Floats) -> float:
    return float(bids[0, 0] + asks[0, 0]) / 2
