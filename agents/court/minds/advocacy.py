"""The rules mind as devil's advocate: the arguments against a purchase, each with its weight.

It must always bring an argument. When nothing else speaks against the purchase, it cites the risk of a stop in an
ordinary bar.
"""

from collections.abc import Iterator
from typing import NamedTuple

from agents.court.case import Case
from agents.court.opinion import Evidence
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe


class Attack(NamedTuple):
    """A piece of counter-evidence, with a weight in [0, 1]."""

    weight: float
    evidence: Evidence


def counter_evidence(case: Case) -> tuple[Attack, ...]:
    """Return all arguments against the purchase, the heaviest first."""
    base = case.signals[case.base_timeframe]
    found = [*_stretched(base), *_weak(base), *_higher(case), *_mood(case), *_book(case)]
    if not found:
        found = list(_price_of_being_wrong(base))
    return tuple(sorted(found, key=lambda attack: -attack.weight))


def together(attacks: tuple[Attack, ...]) -> float:
    """Return the joint strength in [0, 1]: 1 - Π(1 - weight), as for independent reasons."""
    left = 1.0
    for attack in attacks:
        left *= 1.0 - attack.weight
    return 1.0 - left


def _attack(weight: float, field: str, value: float | bool | str, claim: str) -> Attack:
    return Attack(weight, Evidence(field=field, value=value, claim=claim))


def _stretched(now: TechnicalSignals) -> Iterator[Attack]:
    at = f"signals.{now.timeframe}"
    if now.rsi_14 is not None and now.rsi_14 >= 70:
        yield _attack(0.25, f"{at}.rsi_14", now.rsi_14, "buying into an overbought market")
    if now.bb_upper is not None and now.close > now.bb_upper:
        yield _attack(0.15, f"{at}.bb_upper", now.bb_upper, "price is above its upper Bollinger band")
    if now.sma_50 is not None and now.atr_14_quote and now.close - now.sma_50 > 4 * now.atr_14_quote:
        yield _attack(0.2, f"{at}.sma_50", now.sma_50, "price has run more than 4 ATR from its mean")


def _weak(now: TechnicalSignals) -> Iterator[Attack]:
    at = f"signals.{now.timeframe}"
    if now.adx_14 is not None and now.adx_14 < 18:
        yield _attack(0.15, f"{at}.adx_14", now.adx_14, "there is no trend to ride")
    if now.volume_ratio_20 is not None and now.volume_ratio_20 < 0.7:
        yield _attack(0.12, f"{at}.volume_ratio_20", now.volume_ratio_20, "the move has no volume behind it")
    if now.sma_200 is not None and now.close < now.sma_200:
        yield _attack(0.15, f"{at}.sma_200", now.sma_200, "price is below its 200-bar mean")
    if now.realized_volatility is not None and now.realized_volatility > 1.2:
        yield _attack(0.15, f"{at}.realized_volatility", now.realized_volatility, "volatility is above 120% a year")


def _higher(case: Case) -> Iterator[Attack]:
    for timeframe, weight in ((Timeframe.H4, 0.12), (Timeframe.D1, 0.18), (Timeframe.W1, 0.12)):
        now = case.signals.get(timeframe)
        if now is None or timeframe == case.base_timeframe or now.ema_12 is None or now.ema_26 is None:
            continue
        if now.ema_12 < now.ema_26:
            yield _attack(weight, f"signals.{timeframe}.ema_12", now.ema_12, f"the {timeframe} trend points down")
        if now.overbought and now.rsi_14 is not None:
            yield _attack(weight / 2, f"signals.{timeframe}.rsi_14", now.rsi_14, f"{timeframe} is overbought")


def _mood(case: Case) -> Iterator[Attack]:
    score = case.sentiment.score
    if not isinstance(score, Abstained) and score < -0.1:
        yield _attack(min(0.35, -score * 0.5), "sentiment.score", score, "headlines are bad")
    for flag in case.sentiment.flags:
        yield _attack(0.3, f"sentiment.flags.{flag}", True, f"news of {flag} within a day")


def _book(case: Case) -> Iterator[Attack]:
    if case.proposal.against > 0:
        yield _attack(0.2, "proposal.against", case.proposal.against, "the voters disagree")
    if case.book.last_sigma is not None and case.book.last_sigma > 3:
        yield _attack(0.2, "book.last_sigma", case.book.last_sigma, "the last bar was more than 3 sigmas")


def _price_of_being_wrong(now: TechnicalSignals) -> Iterator[Attack]:
    if now.atr_14_quote is not None:
        share = now.atr_14_quote / now.close
        claim = f"an ordinary bar moves {share:.2%}: the stop can be hit by noise"
        yield _attack(min(0.1, share * 3), f"signals.{now.timeframe}.atr_14_quote", now.atr_14_quote, claim)
