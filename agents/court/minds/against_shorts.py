"""The rules mind as devil's advocate of a short sale: its own traps, each with its weight.

A short is squeezed, pays funding where shorts are the crowd, and loses without an end where price gaps up through its stop. The
rest mirrors what speaks against a purchase (`agents.court.minds.advocacy`).
"""

from collections.abc import Iterator

from agents.court.case import Case
from agents.court.minds.attack import Attack, attack, weak
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe

_PER_RATE, _MOST_BY_FUNDING = 300.0, 0.3
"""Weight of the funding that a short pays, for a rate of 1 an interval, and its largest."""


def against_a_short(case: Case) -> tuple[Attack, ...]:
    """What the market, the news and the funding say against a short sale."""
    base = case.signals[case.base_timeframe]
    return (*_stretched(base), *weak(base, short=True), *_higher(case), *_mood(case), *_funding(case))


def gap(now: TechnicalSignals) -> Iterator[Attack]:
    """What a short risks where nothing else speaks against it: a gap up through its stop."""
    if now.atr_14_quote is not None:
        share = now.atr_14_quote / now.close
        claim = f"an ordinary bar moves {share:.2%}, and a gap up through the stop has no end"
        yield attack(min(0.1, share * 3), f"signals.{now.timeframe}.atr_14_quote", now.atr_14_quote, claim)


def _stretched(now: TechnicalSignals) -> Iterator[Attack]:
    at = f"signals.{now.timeframe}"
    if now.rsi_14 is not None and now.rsi_14 <= 30:
        yield attack(0.25, f"{at}.rsi_14", now.rsi_14, "selling short into an oversold market: it may be squeezed")
    if now.bb_lower is not None and now.close < now.bb_lower:
        yield attack(0.15, f"{at}.bb_lower", now.bb_lower, "price is below its lower Bollinger band")
    if now.sma_50 is not None and now.atr_14_quote and now.sma_50 - now.close > 4 * now.atr_14_quote:
        yield attack(0.2, f"{at}.sma_50", now.sma_50, "price has fallen more than 4 ATR from its mean")


def _higher(case: Case) -> Iterator[Attack]:
    for timeframe, weight in ((Timeframe.H4, 0.12), (Timeframe.D1, 0.18), (Timeframe.W1, 0.12)):
        now = case.signals.get(timeframe)
        if now is None or timeframe == case.base_timeframe or now.ema_12 is None or now.ema_26 is None:
            continue
        if now.ema_12 > now.ema_26:
            yield attack(weight, f"signals.{timeframe}.ema_12", now.ema_12, f"the {timeframe} trend points up")
        if now.oversold and now.rsi_14 is not None:
            yield attack(weight / 2, f"signals.{timeframe}.rsi_14", now.rsi_14, f"{timeframe} is oversold")


def _mood(case: Case) -> Iterator[Attack]:
    score = case.sentiment.score
    if not isinstance(score, Abstained) and score > 0.1:
        yield attack(min(0.35, score * 0.5), "sentiment.score", score, "headlines are good")
    for flag in case.sentiment.flags:
        yield attack(0.15, f"sentiment.flags.{flag}", True, f"news of {flag} within a day: it moves price both ways")


def _funding(case: Case) -> Iterator[Attack]:
    rate = None if case.context is None else case.context.values.get("funding_rate")
    mean = None if case.context is None else case.context.values.get("funding_rate_mean_7d")
    if not isinstance(rate, float) or rate >= 0.0:
        return
    weight = min(_MOST_BY_FUNDING, -rate * _PER_RATE)
    yield attack(weight, "context.funding_rate", rate, f"a short pays {-rate:.3%} of funding an interval")
    if isinstance(mean, float) and rate < mean:
        yield attack(0.15, "context.funding_rate_mean_7d", mean, "more are short than usual: a squeeze finds them")
