"""A closed case in words that fit every market: how it stood, how it ended, and which argument was right.

The words are this program's own, and hold no name, no date and no price: a blinded court may read them, and a file may carry them
from one run to the next.
"""

import math

from agents.court.case import Case
from agents.court.hearing import Hearing
from agents.court.opinion import AdvocateOpinion, AnalystOpinion
from agents.court.shown.past import PastCase
from agents.memory.likeness import features
from agents.memory.outcomes import CaseOutcome
from market.signals import TechnicalSignals

_HEAVY = 50
"""Strength of counter-evidence from which the advocate has warned [percent]."""


def past_case(hearing: Hearing, outcome: CaseOutcome, *, by_side: bool = True) -> PastCase:
    """A case that was heard, with its outcome. Without `by_side` a short sale is told as a purchase, as before version 0.8."""
    short = by_side and hearing.case.proposal.is_short
    return PastCase(
        features=tuple(None if math.isnan(value) else float(value) for value in features(hearing.case)),
        known_at_utc=outcome.known_at_utc,
        scale=hearing.ruling.scale,
        label=outcome.label,
        return_bps=outcome.return_bps,
        bars=outcome.bars,
        traits=traits(hearing.case, short=short),
        lesson=lesson(hearing, outcome.return_bps, short=short),
        short=short,
    )


def traits(case: Case, *, short: bool = False) -> str:
    """How a case stands: regime, stretch, room (of a `short` sale that below it), volume, and how sure its voters are."""
    now = case.signals[case.base_timeframe]
    return ", ".join(
        (
            *_trend(now),
            *_stretch(now),
            *_room(now, short=short),
            *_volume(now),
            f"conviction {case.proposal.conviction:.1f}",
        )
    )


def lesson(hearing: Hearing, return_bps: float, *, short: bool = False) -> str:
    """Which argument was right. A silent role was neither right nor wrong. `short`: in the words of a short sale."""
    analyst, advocate, scale = hearing.analyst, hearing.advocate, hearing.ruling.scale
    belief = analyst.belief_in(short=hearing.case.proposal.is_short) if isinstance(analyst, AnalystOpinion) else 0.0
    hoped = belief > 0.5
    warned = isinstance(advocate, AdvocateOpinion) and advocate.strength_pct >= _HEAVY
    if return_bps > 0:
        return (
            "It was refused and would have won"
            if scale <= 0
            else "The warning was wrong"
            if warned
            else "The case was sound"
        )
    if scale <= 0:
        return "Refusing it was right"
    if warned:
        return "The advocate had warned"
    return (
        "The analyst hoped and nobody saw it"
        if hoped
        else f"The analyst had not expected it to {'fall' if short else 'rise'}"
    )


def _trend(now: TechnicalSignals) -> tuple[str, ...]:
    side = () if now.sma_50 is None else ("above its mean" if now.close > now.sma_50 else "below its mean",)
    return (*(() if now.regime is None else (now.regime.value,)), *side)


def _stretch(now: TechnicalSignals) -> tuple[str, ...]:
    return () if now.rsi_14 is None else (f"RSI {now.rsi_14:.0f}",)


def _room(now: TechnicalSignals, *, short: bool) -> tuple[str, ...]:
    """How far the trade can go before it meets those who are on the other side."""
    away = now.support_distance_atr if short else now.resistance_distance_atr
    return () if away is None else (f"{away:.1f} ATR {'above support' if short else 'below resistance'}",)


def _volume(now: TechnicalSignals) -> tuple[str, ...]:
    return () if now.volume_ratio_20 is None else (f"volume {now.volume_ratio_20:.1f}x",)
