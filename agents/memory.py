"""What the court remembers: past cases, how it ruled them, and what became of them, as known at the time.

It grows with the bars of a session: `settle` shows it a slice, `add` a hearing, `analogues` asks for the nearest cases whose
outcome was known before the one that is asked about. Distance is taken in standardised, scale-free features, so that cases
of all symbols can be compared; the spread is that of the cases known then, and until they differ none is near. It keeps the
latest `capacity` cases.

It refuses to go back in time, and to name a symbol, a date or an id in what a model reads.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from math import log

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from agents.case import Case
from agents.hearing import Hearing
from agents.outcomes import Barriers, CaseOutcome, Settler
from agents.ruling import Ruling, RulingOutcome
from config.frozen import Frozen
from config.silence import Abstained
from market.bar import Slice
from market.signals import TechnicalSignals
from market.timeframe import HORIZONS

CAPACITY = 5000
RENDERED_CHARS = 480
"""Some 120 tokens at four characters each."""
_LEAST_SHARED = 0.5
_ENDS = {1: "target first", -1: "stop first", 0: "neither"}

Floats = NDArray[np.float64]


class Analogue(Frozen):
    """A past case like the one asked about: `distance` is in standard deviations a feature, root mean square."""

    distance: float = Field(ge=0)
    ruling: RulingOutcome
    scale: float
    outcome: CaseOutcome


class Memory:
    """The cases of one session, bar by bar."""

    def __init__(self, barriers: Barriers, capacity: int = CAPACITY) -> None:
        self._settler = Settler(barriers)
        self._open: dict[str, tuple[Floats, Ruling]] = {}
        self._known: deque[tuple[Floats, Ruling, CaseOutcome]] = deque(maxlen=capacity)
        self._now: datetime | None = None

    @property
    def pending(self) -> int:
        """Hearings whose outcome is not known yet."""
        return len(self._open)

    def settle(self, tape: Slice) -> None:
        """Show it the next slice. Raises ValueError when slices come out of order."""
        if self._now is not None and tape.close_utc <= self._now:
            raise ValueError(f"memory has seen {self._now.isoformat()} and is shown {tape.close_utc.isoformat()}")
        self._now = tape.close_utc
        for outcome in self._settler.pass_slice(tape):
            self._known.append((*self._open.pop(outcome.decision_id), outcome))
        if len(self._open) > self._settler.following:
            self._forget_lapsed()

    def add(self, hearing: Hearing) -> None:
        """Remember a hearing; it counts once its outcome is known."""
        self._open[hearing.case.decision_id] = (features(hearing.case), hearing.ruling)
        self._settler.add(hearing.case)

    def analogues(self, case: Case, k: int) -> tuple[Analogue, ...]:
        """The `k` nearest cases whose outcome was known before this one, nearest first; ties go to the latest.

        Raises ValueError for a case older than the last slice: what is known now was not known then.
        """
        if self._now is not None and case.as_of_utc < self._now:
            raise ValueError(
                f"memory is at {self._now.isoformat()} and cannot speak as of {case.as_of_utc.isoformat()}"
            )
        past = [item for item in reversed(self._known) if item[2].known_at_utc < case.as_of_utc]
        if not past or k < 1:
            return ()
        far = distances(features(case), np.array([item[0] for item in past]))
        nearest = [int(place) for place in np.argsort(far, kind="stable")[:k] if np.isfinite(far[place])]
        return tuple(
            Analogue(
                distance=float(far[place]),
                ruling=past[place][1].outcome,
                scale=past[place][1].scale,
                outcome=past[place][2],
            )
            for place in nearest
        )

    def _forget_lapsed(self) -> None:
        """Let go of hearings whose outcome will never be known."""
        following = self._settler.ids()
        self._open = {name: kept for name, kept in self._open.items() if name in following}


def features(case: Case) -> Floats:
    """The case as scale-free numbers, shape (n_features,); NaN where nothing is known.

    For each horizon RSI, distance to the 50-bar mean and between the EMAs in ATR, ADX, and log volatility; then sentiment,
    conviction, and the conviction against.
    """
    mood = case.sentiment.score
    found = [value for horizon in HORIZONS for value in _of_horizon(case.signals.get(horizon))]
    found += [None if isinstance(mood, Abstained) else mood, case.proposal.conviction, case.proposal.against]
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def distances(one: Floats, past: Floats) -> Floats:
    """Root mean square distance to each row over the features that both have, shape (n_cases,).

    `one` has shape (n_features,), `past` (n_cases, n_features); features are divided by their standard deviation in `past`
    (a constant one counts nothing). Infinite where fewer than half of what `one` has is shared.
    """
    known = np.isfinite(past)
    counts = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, past, 0.0)
    mean = filled.sum(axis=0) / counts
    spread = np.sqrt((np.where(known, past - mean, 0.0) ** 2).sum(axis=0) / counts)
    usable = np.isfinite(one) & (spread > 1e-12)
    shared = known & usable
    gaps = np.where(shared, (past - np.where(usable, one, 0.0)) / np.where(spread > 1e-12, spread, 1.0), 0.0)
    n_shared = shared.sum(axis=1)
    far = np.sqrt((gaps**2).sum(axis=1) / np.maximum(n_shared, 1))
    enough = (n_shared >= _LEAST_SHARED * usable.sum()) & (n_shared > 0)
    return np.where(enough, far, np.inf)


def render(analogues: Iterable[Analogue]) -> str:
    """The analogues for a prompt: how they ended, then one line each, within `RENDERED_CHARS`; no name, date or id."""
    found = tuple(analogues)
    if not found:
        return "no past case is like it"
    ends = ", ".join(f"{sum(item.outcome.label == label for item in found)} {word}" for label, word in _ENDS.items())
    mean = sum(item.outcome.return_bps for item in found) / len(found)
    text = f"{len(found)} most similar past cases: {ends}; mean {mean:+.0f} bps"
    for item in found:
        line = (
            f"\n- distance {item.distance:.2f}, {item.ruling} {item.scale:.0%}: "
            f"{_ENDS[item.outcome.label]} {item.outcome.return_bps:+.0f} bps, {item.outcome.bars} bars"
        )
        if len(text) + len(line) > RENDERED_CHARS:
            break
        text += line
    return text


def _of_horizon(now: TechnicalSignals | None) -> tuple[float | None, ...]:
    if now is None:
        return (None,) * 5
    atr = now.atr_14_quote or None
    gap = (now.close - now.sma_50) / atr if atr and now.sma_50 is not None else None
    trend = (now.ema_12 - now.ema_26) / atr if atr and now.ema_12 is not None and now.ema_26 is not None else None
    volatility = log(now.realized_volatility) if now.realized_volatility else None
    return now.rsi_14, gap, trend, now.adx_14, volatility
