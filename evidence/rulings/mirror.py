"""Reverses the evidence of a case, to test whether a ruling follows the evidence.

Levels are mirrored at the close, upper and lower bounds are exchanged, oscillators and momentum change sign, crosses and
patterns change direction. Values without a direction (volume, volatility, ATR, ADX, the regime) stay, and so does the
proposal: a purchase is still a purchase, and a short sale a short sale, with its funding, its stop and its target.
Mirroring twice gives the original case. Headlines keep their text: only the sentiment score is reversed; hard flags stay.
"""

from enum import StrEnum
from typing import Any, Literal

from agents.court.case import Case
from config.silence import Abstained
from market.signals import TechnicalSignals
from sentiment.headline import SentimentData

_LEVELS = (
    "open", "bb_middle", "sma_20", "sma_50", "sma_200", "ema_12", "ema_26", "vwap_day", "vwap_20", "keltner_middle",
    "supertrend",
)  # fmt: skip
_BOUNDS = (
    ("high", "low"), ("bb_upper", "bb_lower"), ("highest_20", "lowest_20"), ("highest_10", "lowest_10"),
    ("highest_55", "lowest_55"), ("keltner_upper", "keltner_lower"), ("support", "resistance"),
)  # fmt: skip
_SIGNED = ("return_1", "macd", "macd_signal", "macd_hist", "obv", "return_1d", "return_7d", "return_30d")
_OUT_OF_100 = ("rsi_14", "previous_rsi_14", "stoch_k", "stoch_d")
_SWAPPED = (
    ("ema_cross_up", "ema_cross_down"), ("golden_cross", "death_cross"), ("macd_cross_up", "macd_cross_down"),
    ("overbought", "oversold"), ("support_touches", "resistance_touches"),
    ("support_distance_atr", "resistance_distance_atr"),
)  # fmt: skip
_TURNED: dict[str, Literal["up", "down", "none"]] = {"up": "down", "down": "up", "none": "none"}


class Turned(StrEnum):
    """The part of the evidence that is reversed."""

    SIGNALS = "signals"
    SENTIMENT = "sentiment"
    BOTH = "both"


def mirrored(case: Case, what: Turned) -> Case:
    """The case with this part of the evidence reversed."""
    changes: dict[str, Any] = {}
    if what is not Turned.SENTIMENT:
        changes["signals"] = {length: mirrored_signals(now) for length, now in case.signals.items()}
    if what is not Turned.SIGNALS:
        changes["sentiment"] = _opposite(case.sentiment)
    return case.model_copy(update=changes)


def mirrored_signals(now: TechnicalSignals) -> TechnicalSignals:
    """The signals of one timeframe, mirrored around the same close."""
    changes: dict[str, Any] = {name: _at(now, name) for name in _LEVELS}
    for upper, lower in _BOUNDS:
        changes[upper], changes[lower] = _at(now, lower), _at(now, upper)
    for name in _SIGNED:
        value = getattr(now, name)
        changes[name] = None if value is None else -value
    for name in _OUT_OF_100:
        value = getattr(now, name)
        changes[name] = None if value is None else 100.0 - value
    for up, down in _SWAPPED:
        changes[up], changes[down] = getattr(now, down), getattr(now, up)
    changes["supertrend_rising"] = None if now.supertrend_rising is None else not now.supertrend_rising
    changes["patterns"] = tuple(seen.model_copy(update={"direction": _TURNED[seen.direction]}) for seen in now.patterns)
    return now.model_copy(update=changes)


def _at(now: TechnicalSignals, name: str) -> float | None:
    """A level mirrored at the close; None when it is not known."""
    value: float | None = getattr(now, name)
    return None if value is None else 2 * now.close - value


def _opposite(data: SentimentData) -> SentimentData:
    def turned(score: float | Abstained) -> float | Abstained:
        return score if isinstance(score, Abstained) else -score

    parts = tuple(part.model_copy(update={"score": turned(part.score)}) for part in data.sub_scores)
    return data.model_copy(update={"score": turned(data.score), "sub_scores": parts})
