"""For the tests of a user's own strategy: its directions on closes that the test writes down, and the check for look-ahead.

A file is run here as a session runs it: one instance, closed bars only, each vote checked. Nothing is traded.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from agents.strategies.own import StrategyFault, own_voter, read_own
from agents.strategies.voter import Strategy
from config.clock import to_ms
from config.errors import UsageFault
from config.reading.load import load_profile
from config.sections.strategies import OWN, StrategyContext
from evidence.strategies.ballots import rows_of, signals_of
from evidence.strategies.lookahead import look_ahead
from market.candles import Candles
from market.simulated.prices import simulate
from market.timeframe import Timeframe
from risk.proposal import Direction

_SYMBOL = "BTC/USDT"
_FIRST_CLOSE = datetime(2024, 1, 1, 1, tzinfo=UTC)
_VOLUME = 100.0
_DAYS, _BARS, _SEED = 60, 1_500, 7


def directions(file: Path | str, name: str, closes: Sequence[float], **params: float) -> tuple[Direction, ...]:
    """The direction of the vote at each of these hourly closes [quote]; an abstention is `Direction.NONE`, as when it is netted.

    Each bar opens at the close before it, has no wicks, and trades 100 units. `params` are the parameters of the class. Raises
    UsageFault for a file or class that cannot be used, StrategyFault for a strategy that fails, DataFault for closes that are
    not prices.
    """
    voter = _voter(file, name, params)
    words = [voter.vote(now) for now in signals_of(_bars(closes))]
    return tuple(getattr(word, "direction", Direction.NONE) for word in words)


def future_changes_nothing(file: Path | str, name: str, **params: float) -> str:
    """Check on 1,500 simulated bars that no vote changes when later bars do; returns the verdict.

    Raises StrategyFault where one does, and where the strategy votes by chance or fails; UsageFault where it never votes, so that
    nothing was checked.
    """
    settings = load_profile("paper", {"market.session_days": _DAYS, "market.symbols": [_SYMBOL]})
    candles = rows_of(simulate(settings, _SEED).candles[_SYMBOL], slice(_BARS))
    found = look_ahead(lambda history: _voter(file, name, params), candles, seed=_SEED)
    if found.failed:
        raise StrategyFault(found.verdict)
    if not found.votes:
        raise UsageFault(found.verdict)
    return found.verdict


def _voter(file: Path | str, name: str, params: dict[str, float]) -> Strategy:
    entry = StrategyContext(strategy=OWN, file=str(file), name=name, params=params)
    return own_voter(entry, read_own((entry,)))


def _bars(closes: Sequence[float]) -> Candles:
    close = np.array(closes, dtype=np.float64)
    opens = np.concatenate((close[:1], close[:-1]))
    times = to_ms(_FIRST_CLOSE) + 3_600_000 * np.arange(len(close), dtype=np.int64)
    columns = (opens, np.maximum(opens, close), np.minimum(opens, close), close, np.full(len(close), _VOLUME))
    return Candles.validated(_SYMBOL, Timeframe.H1, times, *columns)
