"""Cases and minds for the tests of the court."""

from datetime import UTC, datetime
from typing import Any

from gate_support import PLAIN

from agents.court.case import BookView, Case
from agents.court.opinion import AdvocateOpinion, AnalystOpinion, Evidence, RiskOpinion, SupervisorOpinion
from agents.strategies.vote import NetVote, Vote
from config.reading.load import load_profile
from config.silence import Abstained
from market.signals import TechnicalSignals
from market.timeframe import Timeframe
from risk.proposal import Direction
from sentiment.headline import SentimentData

AT = datetime(2024, 3, 1, 12, tzinfo=UTC)
SETTINGS = load_profile("paper", PLAIN)


def signals(timeframe: Timeframe = Timeframe.H1, **changes: Any) -> TechnicalSignals:
    """Return an uptrend, unless changed."""
    values: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "timeframe": timeframe,
        "close_utc": AT,
        "bars": 400,
        "open": 50_400.0,
        "high": 50_700.0,
        "low": 50_300.0,
        "close": 50_600.0,
        "volume": 120.0,
        "return_1": 0.004,
        "rsi_14": 61.25,
        "previous_rsi_14": 58.0,
        "macd": 120.0,
        "macd_signal": 90.0,
        "macd_hist": 30.0,
        "bb_upper": 51_000.0,
        "bb_middle": 50_000.0,
        "bb_lower": 49_000.0,
        "sma_20": 50_100.0,
        "sma_50": 49_800.0,
        "sma_200": 48_000.0,
        "ema_12": 50_300.0,
        "ema_26": 50_050.0,
        "atr_14_quote": 300.0,
        "adx_14": 27.0,
        "realized_volatility": 0.45,
        "volume_ratio_20": 1.4,
        "highest_20": 50_500.0,
        "lowest_20": 49_000.0,
    }
    return TechnicalSignals(**(values | changes))


def downtrend(timeframe: Timeframe = Timeframe.H1) -> TechnicalSignals:
    return signals(
        timeframe, close=47_000.0, low=46_900.0, sma_50=49_000.0, sma_200=50_000.0, ema_12=47_500.0, ema_26=48_200.0,
        macd_hist=-40.0, rsi_14=36.0, adx_14=30.0,
    )  # fmt: skip


def book(**changes: Any) -> BookView:
    values: dict[str, Any] = {
        "equity": 10_000.0,
        "deployed_fraction": 0.0,
        "drawdown": 0.0,
        "day_return": 0.0,
        "var_1d": 0.0,
        "es_1d": 0.0,
        "held": (),
        "worst_correlation": None,
        "last_sigma": 1.0,
        "losses_in_a_row": 0,
        "breaker": None,
    }
    return BookView(**(values | changes))


def case(**changes: Any) -> Case:
    """Return a sound purchase in an uptrend on all horizons except the week, which has too little history."""
    vote = Vote(
        voter="ema_cross",
        symbol="BTC/USDT",
        direction=Direction.LONG,
        confidence=0.7,
        weight=1.0,
        reasons=("it crossed",),
    )
    values: dict[str, Any] = {
        "decision_id": "20240301T1200-BTCUSDT",
        "symbol": "BTC/USDT",
        "as_of_utc": AT,
        "base_timeframe": Timeframe.H1,
        "proposal": NetVote(direction=Direction.LONG, conviction=0.7, against=0.0, votes=(vote,)),
        "signals": {t: signals(t) for t in (Timeframe.H1, Timeframe.H4, Timeframe.D1)},
        "sentiment": SentimentData(symbol="BTC/USDT", as_of_utc=AT, score=Abstained(why="no source")),
        "book": book(),
    }
    return Case(**(values | changes))


def evidence(field: str = "signals.1h.rsi_14", value: Any = 61.25) -> Evidence:
    return Evidence(field=field, value=value, claim="it says so")


def analyst(**changes: Any) -> AnalystOpinion:
    values: dict[str, Any] = {
        "reasoning": "up", "evidence": (evidence(),), "horizons": (), "direction": Direction.LONG, "conviction_pct": 60,
        "risks": (), "would_change_my_mind": "a fall",
    }  # fmt: skip
    return AnalystOpinion(**(values | changes))


def officer(scale: Any = 100) -> RiskOpinion:
    return RiskOpinion(reasoning="room", evidence=(evidence(),), concerns=(), scale_pct=scale)


def advocate(strength: Any = 20, cited: tuple[Evidence, ...] | None = None) -> AdvocateOpinion:
    cited = (evidence(),) if cited is None else cited
    return AdvocateOpinion(reasoning="beware", evidence=cited, attacks=("late",), strength_pct=strength)


def supervisor(scale: Any = 100) -> SupervisorOpinion:
    return SupervisorOpinion(reasoning="so be it", evidence=(), scale_pct=scale)
