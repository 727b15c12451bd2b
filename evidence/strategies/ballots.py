"""Runs a user's own strategy on a history of bars: its vote at each bar, or a clear message about its fault.

A strategy is built anew for each history (`Build`), because it may learn from its history. A strategy that raises, or that
returns an invalid vote, is refused: a NaN must never become a position.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from agents.strategies.voter import Ballot, Strategy
from config.errors import UsageFault
from config.silence import Abstained
from market.candles import Candles, Floats, RawCandles
from market.indicators.horizon import Horizon
from market.signals import TechnicalSignals
from risk.proposal import Direction

Build = Callable[[Candles], Strategy]
"""Builds a new strategy. It may read the whole history that it gets, and nothing else."""

Cast = tuple[npt.NDArray[np.int8], Floats]
"""Directions (1, 0, -1), int8, and confidences in [0, 1], float64, by bar, both of shape (n_bars,)."""

_SIGN = {Direction.LONG: 1, Direction.SHORT: -1, Direction.NONE: 0}


def believable(raw: RawCandles) -> Candles:
    """The valid bars only: a check of a strategy is not a check of the data."""
    return rows_of(raw, raw.sound())


def rows_of(raw: RawCandles, rows: slice | npt.NDArray[np.bool_]) -> Candles:
    """Some of the rows; the caller knows that they are valid. `rows`: a slice, or a mask of shape (n,), bool."""
    open_, high, low, close, volume = (column[rows] for column in raw.columns)
    return Candles(raw.symbol, raw.timeframe, raw.close_ms[rows], open_, high, low, close, volume)


def signals_of(candles: Candles) -> tuple[TechnicalSignals, ...]:
    """The signals at each close, in order. No signal uses a later bar."""
    horizon = Horizon(candles.symbol, candles.timeframe)
    said = []
    for row in range(len(candles)):
        horizon.push(candles.bar(row))
        now = horizon.signals()
        assert now is not None  # a bar was pushed
        said.append(now)
    return tuple(said)


def ballots(build: Build, history: Candles, signals: Sequence[TechnicalSignals]) -> Cast:
    """The votes of a strategy that is built on `history`, at each of `signals`.

    Returns directions (1, 0, -1), int8, and confidences in [0, 1], float64 [dimensionless], both of shape (n_signals,). An
    abstention counts as 0, like a vote for nothing. Raises UsageFault for a strategy that raises, that returns anything but a
    ballot or an abstention, or whose confidence is outside [0, 1].
    """
    direction, confidence = np.zeros(len(signals), dtype=np.int8), np.zeros(len(signals))
    try:
        strategy = build(history)
        for row, now in enumerate(signals):
            direction[row], confidence[row] = _cast(strategy.vote(now), now)
    except UsageFault:
        raise
    except (
        Exception
    ) as fault:  # boundary of a user's own code: its error is reported as a sentence, without a traceback
        raise UsageFault(
            f"The strategy failed with {type(fault).__name__} ({fault}) on {len(history)} bars of {history.symbol}. Nothing was "
            "judged. It must answer at every bar of any history; if the history is too short, it must abstain."
        ) from fault
    return direction, confidence


def _cast(word: Ballot | Abstained, now: TechnicalSignals) -> tuple[int, float]:
    if isinstance(word, Abstained):
        return 0, 0.0
    at = f"at the bar that closed at {now.close_utc:%Y-%m-%d %H:%M} UTC"
    if not isinstance(word, Ballot):
        raise UsageFault(
            f"The strategy answered with {type(word).__name__} {at}. Nothing was judged; it must give a Ballot or Abstained."
        )
    if not (math.isfinite(word.confidence) and 0.0 <= word.confidence <= 1.0):
        raise UsageFault(
            f"The strategy was {word.confidence} confident {at}. Nothing was judged; a confidence lies between 0 and 1."
        )
    sign = _SIGN[word.direction]
    return sign, word.confidence if sign else 0.0
