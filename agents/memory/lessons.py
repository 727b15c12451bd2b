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


def past_case(hearing: Hearing, outcome: CaseOutcome) -> PastCase:
    """A case that was heard, with its outcome."""
    return PastCase(
        features=tuple(None if math.isnan(value) else float(value) for value in features(hearing.case)),
        known_at_utc=outcome.known_at_utc,
        scale=hearing.ruling.scale,
        label=outcome.label,
        return_bps=outcome.return_bps,
        bars=outcome.bars,
        traits=traits(hearing.case),
        lesson=lesson(hearing, outcome.return_bps),
    )


def traits(case: Case) -> str:
    """How a case stands: regime, stretch, room, volume, and how sure its voters are."""
    now = case.signals[case.base_timeframe]
    return ", ".join(
        (*_trend(now), *_stretch(now), *_room(now), *_volume(now), f"conviction {case.proposal.conviction:.1f}")
    )


def lesson(hearing: Hearing, return_bps: float) -> str:
    """Which argument was right. A silent role was neither right nor wrong."""
    analyst, advocate, scale = hearing.analyst, hearing.advocate, hearing.ruling.scale
    short = hearing.case.proposal.is_short
    hoped = isinstance(analyst, AnalystOpinion) and analyst.belief_in(short=short) > 0.5
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
    return "The analyst hoped and nobody saw it" if hoped else "The analyst had not expected it to rise"


def _trend(now: TechnicalSignals) -> tuple[str, ...]:
    side = () if now.sma_50 is None else ("above its mean" if now.close > now.sma_50 else "below its mean",)
    return (*(() if now.regime is None else (now.regime.value,)), *side)


def _stretch(now: TechnicalSignals) -> tuple[str, ...]:
    return () if now.rsi_14 is None else (f"RSI {now.rsi_14:.0f}",)


def _room(now: TechnicalSignals) -> tuple[str, ...]:
    away = now.resistance_distance_atr
    return () if away is None else (f"{away:.1f} ATR below resistance",)


def _volume(now: TechnicalSignals) -> tuple[str, ...]:
    return () if now.volume_ratio_20 is None else (f"volume {now.volume_ratio_20:.1f}x",)
