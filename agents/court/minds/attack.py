"""A piece of counter-evidence of the rules mind."""

from collections.abc import Iterator
from typing import NamedTuple

from agents.court.opinion import Evidence
from market.signals import TechnicalSignals


class Attack(NamedTuple):
    """A piece of counter-evidence, with a weight in [0, 1]."""

    weight: float
    evidence: Evidence


def attack(weight: float, field: str, value: float | bool | str, claim: str) -> Attack:
    """An attack that rests on one field of the case."""
    return Attack(weight, Evidence(field=field, value=value, claim=claim))


def weak(now: TechnicalSignals, *, short: bool = False) -> Iterator[Attack]:
    """What a weak market says against an entry. The mean of 200 bars speaks against a purchase below it, and against a
    short sale above it."""
    at = f"signals.{now.timeframe}"
    if now.adx_14 is not None and now.adx_14 < 18:
        yield attack(0.15, f"{at}.adx_14", now.adx_14, "there is no trend to ride")
    if now.volume_ratio_20 is not None and now.volume_ratio_20 < 0.7:
        yield attack(0.12, f"{at}.volume_ratio_20", now.volume_ratio_20, "the move has no volume behind it")
    if now.sma_200 is not None and (now.close > now.sma_200 if short else now.close < now.sma_200):
        side = "above" if short else "below"
        yield attack(0.15, f"{at}.sma_200", now.sma_200, f"price is {side} its 200-bar mean")
    if now.realized_volatility is not None and now.realized_volatility > 1.2:
        yield attack(0.15, f"{at}.realized_volatility", now.realized_volatility, "volatility is above 120% a year")
