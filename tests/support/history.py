"""Simulated bars of a market and user strategies, honest and dishonest, for the checks of strategies."""

import math
from datetime import datetime
from functools import cache
from typing import NamedTuple

import numpy as np

from agents.strategies.contexts import build_contexts
from agents.strategies.facts import Facts, Known, Proposed, Told, facts_of
from agents.strategies.own import OwnVoter
from agents.strategies.trend import EmaCross
from agents.strategies.voter import NOTHING, Ballot, Strategy
from agents.strategies.windows import Windowed
from config.clock import to_ms
from config.reading.load import load_profile
from config.sections.strategies import StrategyContext
from config.seeds import generator
from config.silence import Abstained
from evidence.strategies.ballots import rows_of
from market.candles import Candles
from market.context.view import MarketContext
from market.indicators.engine import SignalEngine
from market.signals import TechnicalSignals
from market.simulated.prices import simulate
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData


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


class Scene(NamedTuple):
    """One market at one bar, with all that is known of it."""

    now: TechnicalSignals
    facts: Facts


class _Figures:
    """Figures beside the bars that swing through all that a voter may look for."""

    def read(self, symbol: str, as_of: datetime) -> MarketContext:
        swing = math.sin(to_ms(as_of) / 3.6e7)
        values = {
            "funding_rate": 0.002 * swing,
            "funding_rate_mean_7d": 0.0001,
            "exchange_net_flow_24h": 1e9 * swing,
            "prediction_odds": 0.5 + 0.4 * swing,
        }
        return MarketContext(symbol=symbol, as_of_utc=as_of, values=values, missing={})


class _News:
    """News that swings between good and bad."""

    def read(self, symbol: str, as_of: datetime) -> SentimentData:
        return SentimentData(symbol=symbol, as_of_utc=as_of, score=round(math.sin(to_ms(as_of) / 5e7), 3))


@cache
def scenes(timeframe: str = "1h", bars: int = 1200) -> tuple[Scene, ...]:
    """BTC/USDT among three markets, at each of its bars, with news and figures beside them."""
    days = bars * Timeframe(timeframe).seconds // 86_400
    symbols = ("BTC/USDT", "ETH/USDT", "SOL/USDT")
    chosen = {"market.session_days": days, "market.symbols": symbols, "market.timeframe": timeframe}
    market = simulate(load_profile("paper", chosen), 3).candles
    engines = {symbol: SignalEngine(symbol, Timeframe(timeframe)) for symbol in symbols}
    told = []
    for row in range(bars):
        now = {symbol: market[symbol].bar(row) for symbol in symbols}
        for symbol, bar in now.items():
            engines[symbol].push(bar)
        kept = {symbol: Told(engine.view()) for symbol, engine in engines.items()}
        asked = {"BTC/USDT": Proposed(Direction.LONG, "cli")} if row % 50 == 49 else {}
        known = Known(now["BTC/USDT"].close_utc, Timeframe(timeframe), kept, symbols, _News(), _Figures(), asked)
        signals = known.base("BTC/USDT")
        assert signals is not None
        told.append(Scene(signals, facts_of(signals, known)))
    return tuple(told)


def asked(voter: Strategy, scene: Scene) -> Ballot | Abstained:
    """The vote at a scene, with the facts if the voter reads them."""
    return voter.vote(scene.now, scene.facts) if isinstance(voter, OwnVoter | Windowed) else voter.vote(scene.now)
