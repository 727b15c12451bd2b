"""The rules mind as devil's advocate: the arguments against an entry, each with its weight. A short sale has traps of its own
(`agents.court.minds.against_shorts`).

It must always bring an argument. When nothing else speaks against the entry, it cites the risk of a stop in an ordinary bar.
"""

from collections.abc import Iterator

from agents.court.case import Case
from agents.court.minds.against_shorts import against_a_short, gap
from agents.court.minds.attack import Attack, attack, weak
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe


def counter_evidence(case: Case) -> tuple[Attack, ...]:
    """Return all arguments against the entry, the heaviest first."""
    base = case.signals[case.base_timeframe]
    if case.proposal.is_short:
        found = [*against_a_short(case), *_book(case)] or list(gap(base))
    else:
        found = [*_stretched(base), *weak(base), *_higher(case), *_mood(case), *_book(case)]
        found = found or list(_price_of_being_wrong(base))
    return tuple(sorted(found, key=lambda each: -each.weight))


def together(attacks: tuple[Attack, ...]) -> float:
    """Return the joint strength in [0, 1]: 1 - Π(1 - weight), as for independent reasons."""
    left = 1.0
    for each in attacks:
        left *= 1.0 - each.weight
    return 1.0 - left


def _stretched(now: TechnicalSignals) -> Iterator[Attack]:
    at = f"signals.{now.timeframe}"
    if now.rsi_14 is not None and now.rsi_14 >= 70:
        yield attack(0.25, f"{at}.rsi_14", now.rsi_14, "buying into an overbought market")
    if now.bb_upper is not None and now.close > now.bb_upper:
        yield attack(0.15, f"{at}.bb_upper", now.bb_upper, "price is above its upper Bollinger band")
    if now.sma_50 is not None and now.atr_14_quote and now.close - now.sma_50 > 4 * now.atr_14_quote:
        yield attack(0.2, f"{at}.sma_50", now.sma_50, "price has run more than 4 ATR from its mean")


def _higher(case: Case) -> Iterator[Attack]:
    for timeframe, weight in ((Timeframe.H4, 0.12), (Timeframe.D1, 0.18), (Timeframe.W1, 0.12)):
        now = case.signals.get(timeframe)
        if now is None or timeframe == case.base_timeframe or now.ema_12 is None or now.ema_26 is None:
            continue
        if now.ema_12 < now.ema_26:
            yield attack(weight, f"signals.{timeframe}.ema_12", now.ema_12, f"the {timeframe} trend points down")
        if now.overbought and now.rsi_14 is not None:
            yield attack(weight / 2, f"signals.{timeframe}.rsi_14", now.rsi_14, f"{timeframe} is overbought")


def _mood(case: Case) -> Iterator[Attack]:
    score = case.sentiment.score
    if not isinstance(score, Abstained) and score < -0.1:
        yield attack(min(0.35, -score * 0.5), "sentiment.score", score, "headlines are bad")
    for flag in case.sentiment.flags:
        yield attack(0.3, f"sentiment.flags.{flag}", True, f"news of {flag} within a day")


def _book(case: Case) -> Iterator[Attack]:
    if case.proposal.against > 0:
        yield attack(0.2, "proposal.against", case.proposal.against, "the voters disagree")
    if case.book.last_sigma is not None and case.book.last_sigma > 3:
        yield attack(0.2, "book.last_sigma", case.book.last_sigma, "the last bar was more than 3 sigmas")


def _price_of_being_wrong(now: TechnicalSignals) -> Iterator[Attack]:
    if now.atr_14_quote is not None:
        share = now.atr_14_quote / now.close
        claim = f"an ordinary bar moves {share:.2%}: the stop can be hit by noise"
        yield attack(min(0.1, share * 3), f"signals.{now.timeframe}.atr_14_quote", now.atr_14_quote, claim)
