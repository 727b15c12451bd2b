"""Simulated bars of a market and user strategies, honest and dishonest, for the checks of strategies."""

import numpy as np

from agents.strategies.contexts import build_contexts
from agents.strategies.trend import EmaCross
from agents.strategies.voter import NOTHING, Ballot, Strategy
from config.clock import to_ms
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.seeds import generator
from config.silence import Abstained
from evidence.strategies.ballots import rows_of
from market.candles import Candles
from market.signals import TechnicalSignals
from market.simulated.prices import simulate
from risk.proposal import Direction


def simulated(bars: int = 1200, seed: int = 3) -> Candles:
    """Return hourly bars of BTC/USDT."""
    settings = load_profile("paper", {"market.session_days": 40, "market.symbols": ["BTC/USDT"]})
    return rows_of(simulate(settings, seed).candles["BTC/USDT"], slice(bars))


def built_in(name: str) -> Strategy:
    """Return a built-in voter with its defaults, as a session builds it."""
    return build_contexts((StrategyContext.model_validate({"strategy": name}),), ("BTC/USDT",))[0].strategy


def honest(history: Candles) -> EmaCross:
    """Return a built-in voter, which reads no history of its own."""
    return EmaCross()


class Peeks:
    """Buys when the close some bars later is 1 % higher, if its history reaches that far."""

    def __init__(self, history: Candles, ahead: int) -> None:
        self._closes = history.close
        self._rows = {int(ms): row for row, ms in enumerate(history.close_ms)}
        self._ahead = ahead

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        row = self._rows[to_ms(now.close_utc)] + self._ahead
        if row < len(self._closes) and self._closes[row] > 1.01 * now.close:
            return Ballot(Direction.LONG, 0.5, ("it will rise",))
        return NOTHING


class Normalises:
    """Buys below the mean of its whole history, which needs future bars; confidence by the distance."""

    def __init__(self, history: Candles) -> None:
        self._mean, self._spread = float(history.close.mean()), float(history.close.std())

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        distance = (self._mean - now.close) / self._spread
        return Ballot(Direction.LONG, min(1.0, distance / 4), ("cheap",)) if distance > 1 else NOTHING


class Gambles:
    """Votes at random without a seed."""

    _coin = generator(1, "gamble")

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        return Ballot(Direction.LONG, 0.5, ("heads",)) if self._coin.random() < 0.1 else NOTHING


class Counts:
    """Buys at each hundredth bar since the start of its history: it never forgets the start."""

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        return Ballot(Direction.LONG, 0.5, ("a hundred more",)) if now.bars % 100 == 0 else NOTHING


class Remembers:
    """Buys at a close above all of the last `bars` closes, when it has seen that many."""

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._seen: list[float] = []

    def vote(self, now: TechnicalSignals) -> Ballot | Abstained:
        before, self._seen = self._seen, [*self._seen, now.close][-self._bars :]
        if len(before) < self._bars:
            return Abstained(why="too little history")
        return Ballot(Direction.LONG, 0.5, ("a new high",)) if now.close > np.max(before) else NOTHING
