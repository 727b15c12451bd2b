"""The Kelly criterion: the fraction of wealth with the largest long-run growth, and a smaller one for uncertain estimates.

Fractions are fractions of equity and signed: a negative one means to take the other side of the bet, or not to bet. Nothing is
clamped here; the limits do that. Bad input raises ValueError.
"""

import math


def kelly_discrete(win_probability: float, payoff: float) -> float:
    """Full Kelly fraction of a bet that wins `payoff` times the stake or loses the stake: p - (1 - p) / b (Kelly 1956).

    Raises ValueError unless the probability lies in [0, 1] and the payoff is above 0.
    """
    _check(win_probability, payoff)
    return win_probability - (1.0 - win_probability) / payoff


def kelly_continuous(mean: float, variance: float, *, risk_free: float = 0.0) -> float:
    """Full Kelly fraction of an asset whose returns have this mean and variance per period: (m - r) / s^2 (Thorp 2006).

    Mean, variance and rate are of the same period; the growth is r + (m - r)^2 / (2 s^2). Raises ValueError for non-finite
    numbers or a variance that is not above 0.
    """
    if not all(map(math.isfinite, (mean, variance, risk_free))) or variance <= 0:
        raise ValueError(f"mean {mean} and rate {risk_free} must be finite, and variance {variance} above 0")
    return (mean - risk_free) / variance


def kelly_shrunk(win_probability: float, payoff: float, *, probability_std: float) -> float:
    """Full Kelly fraction for an estimated probability, shrunk for its standard error (Baker & McHale 2013).

    With edge e = (b + 1) p - 1 and standard error s, full Kelly is multiplied by e^2 / (e^2 + (b + 1)^2 s^2): 1 when p
    is known, near 0 when the error is much larger than the edge. Raises ValueError as `kelly_discrete` does, and for a
    negative error.
    """
    full = kelly_discrete(win_probability, payoff)
    if not math.isfinite(probability_std) or probability_std < 0:
        raise ValueError(f"probability_std must not be negative, got {probability_std}")
    edge = (payoff + 1.0) * win_probability - 1.0
    if edge == 0.0:
        return 0.0
    doubt = (payoff + 1.0) * probability_std / edge
    return full / (1.0 + doubt * doubt)


def _check(win_probability: float, payoff: float) -> None:
    if not 0.0 <= win_probability <= 1.0:
        raise ValueError(f"win_probability must lie between 0 and 1, got {win_probability}")
    if not math.isfinite(payoff) or payoff <= 0:
        raise ValueError(f"payoff must be above 0, got {payoff}")
