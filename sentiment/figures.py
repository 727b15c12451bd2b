"""Turns a figure about a crowd into a score of its mood in [-1, 1]: pure functions, each with its source.

A score says what the crowd feels or does, and not what is wise: an index of 90 is greed, and the score is 0.8. A profile may turn
a score round (`contrary`).
"""

from math import log

from config.sections.sentiment import ComponentName

_NEUTRAL_FUNDING = 0.0001
"""The interest part of the funding formula of most exchanges, 0.01 % for eight hours: neither side pays for more than that."""
_FULL_FUNDING = 0.0005
"""A premium of 0.05 % for eight hours is a full score: about one in twenty recorded rates of BTC lies beyond it."""
_FULL_RATIO = 3.0


def score_of_figure(component: ComponentName, value: float) -> float:
    """The score of a figure of this part of the sentiment. Raises ValueError for a part that is made of words."""
    if component == "fear_greed":
        return fear_greed_score(value)
    if component == "funding":
        return funding_score(value)
    if component == "long_short":
        return long_short_score(value)
    raise ValueError(f"{component} is made of words and has no figure")


def fear_greed_score(index: float) -> float:
    """The Fear & Greed index (0 extreme fear, 50 neutral, 100 extreme greed; alternative.me), from -1 to 1."""
    return _clipped((index - 50.0) / 50.0)


def funding_score(rate: float) -> float:
    """The funding rate of a perpetual for eight hours [fraction of the notional]: positive when longs pay more than the
    interest part of 0.01 %, and 1 at 0.06 %."""
    return _clipped((rate - _NEUTRAL_FUNDING) / _FULL_FUNDING)


def long_short_score(ratio: float) -> float:
    """The ratio of accounts that are long to accounts that are short: ln(ratio) / ln(3), so that 3:1 is 1 and 1:3 is -1.

    Raises ValueError for a ratio that is not positive.
    """
    return _clipped(log(ratio) / log(_FULL_RATIO))


def _clipped(score: float) -> float:
    return max(-1.0, min(1.0, score))


def impossible(component: ComponentName, value: float) -> str | None:
    """Why a figure cannot be one of its kind; None if it can."""
    least, most = {"fear_greed": (0.0, 100.0), "funding": (-0.05, 0.05), "long_short": (0.001, 1000.0)}[component]
    return None if least <= value <= most else f"{value:g} is no {component.replace('_', ' ')}: {least:g} to {most:g}"
