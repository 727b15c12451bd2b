"""The factors that the rules mind reads from signals: each is a number in [-1, 1] with the field that it rests on."""

from dataclasses import dataclass
from math import copysign
from typing import Literal

from agents.court.opinion import Evidence
from agents.strategies.voter import clamp
from market.signals import TechnicalSignals


@dataclass(frozen=True, slots=True)
class Factor:
    """How strongly one field speaks for a rise (+) or against it (-), and its weight."""

    score: float
    weight: float
    evidence: Evidence


def factors(now: TechnicalSignals, extreme_rsi: Literal["momentum", "reversal"]) -> tuple[Factor, ...]:
    """Return the factors of one timeframe. A factor whose indicator lacks history is left out.

    `extreme_rsi` is the setting of that name.
    """
    at = f"signals.{now.timeframe}"
    found: list[Factor] = []
    if now.sma_50 is not None and now.atr_14_quote:
        gap = (now.close - now.sma_50) / now.atr_14_quote
        word = "above" if gap > 0 else "below"
        claim = f"close is {min(abs(gap), 99.0):.1f} ATR {word} its 50-bar mean"
        found.append(_factor(gap / 3, 1.0, f"{at}.sma_50", now.sma_50, claim))
    if now.ema_12 is not None and now.ema_26 is not None:
        up = now.ema_12 > now.ema_26
        claim = f"EMA 12 is {'above' if up else 'below'} EMA 26 ({now.ema_26:.6g})"
        found.append(_factor(1.0 if up else -1.0, 0.8, f"{at}.ema_12", now.ema_12, claim))
    if now.macd_hist is not None and now.atr_14_quote:
        push = now.macd_hist / now.atr_14_quote
        claim = f"MACD momentum is {'rising' if push > 0 else 'falling'}"
        found.append(_factor(push * 4, 0.6, f"{at}.macd_hist", now.macd_hist, claim))
    if now.rsi_14 is not None:
        found.append(
            _factor(_rsi_score(now.rsi_14, extreme_rsi), 0.6, f"{at}.rsi_14", now.rsi_14, _rsi_claim(now.rsi_14))
        )
    if now.sma_200 is not None:
        up = now.close > now.sma_200
        claim = f"close is {'above' if up else 'below'} its 200-bar mean"
        found.append(_factor(1.0 if up else -1.0, 0.5, f"{at}.sma_200", now.sma_200, claim))
    return tuple(found)


def outlook(found: tuple[Factor, ...]) -> float:
    """Return the weighted mean of the factors in [-1, 1]; 0 if there are none."""
    total = sum(factor.weight for factor in found)
    return sum(factor.score * factor.weight for factor in found) / total if total else 0.0


def _factor(score: float, weight: float, field: str, value: float, claim: str) -> Factor:
    return Factor(clamp(score, -1.0, 1.0), weight, Evidence(field=field, value=value, claim=claim))


def _rsi_score(rsi: float, extreme: Literal["momentum", "reversal"]) -> float:
    """Momentum counts up to an RSI of 70; above 70 the score falls again, and likewise below 30.

    It passes zero at 82 and 18. What lies beyond counts against the move (`reversal`), or for it (`momentum`).
    """
    centred = (rsi - 50) / 20
    if abs(centred) <= 1:
        return centred
    strength = max(-0.5, 2 - abs(centred) * 1.25)
    return copysign(1.0, centred) * (abs(strength) if extreme == "momentum" else strength)


def _rsi_claim(rsi: float) -> str:
    if rsi >= 70:
        return "RSI is overbought"
    if rsi <= 30:
        return "RSI is oversold"
    return f"RSI shows {'buyers' if rsi > 50 else 'sellers'} in control"
