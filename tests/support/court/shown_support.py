"""A whole case for the tests of what models are shown: everything that it can hold, with the digits that real data has."""

from datetime import timedelta
from typing import Any

from court_support import AT, book, case, signals

from agents.court.case import Case, Upcoming
from agents.court.shown.holdings import HeldView, book_limits
from agents.court.shown.path import PricePath
from agents.court.shown.trade import Trade
from agents.strategies.vote import NetVote, Vote
from config.reading.load import load_profile
from config.silence import Abstained
from market.context.catalogue import CATALOGUE
from market.context.view import MarketContext
from market.signals import PatternSeen, Regime
from market.timeframe import HORIZONS
from risk.proposal import Direction
from sentiment.headline import Component, Headline, SentimentData

LIMITS = load_profile("paper").limits
HEADLINES = tuple(
    f"{who} sees Bitcoin at $1{n},000 by March 202{n}, while funding, open interest and flows point the other way for now"
    for n, who in enumerate(("Analysts at a bank", "A fund", "An exchange", "A miner", "The wire"))
)
PAST = (
    "3 near of 240 known (distance 1: one standard deviation of each figure; none beyond 1): 2 lost, 1 won, mean -84 bps "
    "after fees.\n"
    "- distance 0.6: stop first, -172 bps in 8 bars; the court let 100% stand. Then: range, RSI 62, 0.3 ATR below resistance, "
    "volume 0.5x. The advocate was right.\n"
    "- distance 0.8: neither, -31 bps in 72 bars; the court let 50% stand. Then: trend, RSI 58, 2.1 ATR below resistance, "
    "volume 1.2x. Nobody saw it."
)


def trade(**changes: Any) -> Trade:
    """A purchase with a target, every term of it known."""
    values: dict[str, Any] = {
        "entry": 50_612.37, "target_fraction": 0.03, "target": 52_130.74, "target_share": 0.5, "trail_fraction": 0.02,
        "fee_bps": 10.0, "stop_fraction": 0.015, "stop": 49_853.18, "stop_atr": 2.427341,
        "reward_to_risk": 2.0, "usual_quote": 151.8371, "usual_fraction": 0.01499853, "at_stake_quote": 2.277557,
        "bound_by": "record", "cases": 41, "win_rate": 0.4390244, "mean_r": -0.07123941, "court_cases": 17,
        "court_win_rate": 0.3529412, "slippage_bps": 1.038211, "round_trip_bps": 22.07642, "edge": 13.58915,
        "breakeven": 0.3822809, "chance": 0.4261337,
        "rooms": {"record": 151.8519, "risk_per_trade": 337.4486, "kelly": 402.1182, "position": 502.3173},
    }  # fmt: skip
    return Trade(**(values | changes))


def path() -> PricePath:
    """A day of hours, and two weeks of days."""
    closes = tuple(50_612.37 + 37.31 * (n - 23) for n in range(24))
    days = tuple(50_612.37 + 411.7 * (n - 13) for n in range(14))
    return PricePath(
        closes=closes,
        volumes=tuple(101.3 + 17.7 * (n % 7) for n in range(24)),
        daily_closes=days,
        daily_volumes=tuple(2_431.0 + 402.3 * (n % 5) for n in range(14)),
    )


def held(symbol: str = "ETH/USDT", **changes: Any) -> HeldView:
    """A position with a thesis."""
    values: dict[str, Any] = {
        "symbol": symbol, "equity_fraction": 0.04912, "profit_fraction": 0.0213, "stop_fraction": 0.0371, "age_h": 31.0,
        "thesis": "7 of 9 Donchian channels are in a trend, at a volatility of 54%: a share of 72%",
    }  # fmt: skip
    return HeldView(**(values | changes))


def whole_case(**changes: Any) -> Case:
    """Everything that a case can hold."""
    votes = tuple(
        Vote(voter=name, symbol="BTC/USDT", direction=Direction.LONG, confidence=0.71, weight=1.0, reasons=(why,))
        for name, why in (
            ("ema_cross", "EMA 12 crossed above EMA 26 with RSI 61.2"),
            ("momentum_breakout", "close above the high of 20 bars on 2.3 times the usual volume"),
            ("golden_cross", "SMA 50 crossed above SMA 200"),
        )
    )
    now = {
        "close": 50_612.37, "rsi_14": 61.2387, "ema_12": 50_301.447, "ema_26": 50_050.91, "sma_50": 49_811.0372,
        "sma_200": 48_013.5519, "macd_hist": -31.04713, "adx_14": 27.14159, "atr_14_quote": 312.77113,
        "realized_volatility": 0.451237, "return_1": -0.00412345, "return_1d": 0.0123456, "return_7d": -0.0456789,
        "return_30d": 0.1234567, "bb_upper": 51_001.13, "bb_lower": 49_007.7, "highest_20": 50_599.99,
        "lowest_20": 49_008.6, "volume_ratio_20": 1.40123, "support": 49_931.12, "support_touches": 3,
        "support_distance_atr": 2.178123, "resistance": 51_021.7, "resistance_touches": 2,
        "resistance_distance_atr": 1.308717, "regime": Regime.TREND, "ema_cross_up": True, "overbought": True,
        "patterns": tuple(PatternSeen(name=name, direction="down", bars_ago=n) for n, name in enumerate(("engulfing", "doji"))),
    }  # fmt: skip
    lines = tuple(
        Headline(
            text=text,
            source="wire",
            published_utc=AT - timedelta(hours=3 * n, minutes=7),
            first_seen_utc=AT,
            symbols=("BTC",),
        )
        for n, text in enumerate(HEADLINES)
    )
    known = ("funding_rate", "open_interest_change_24h", "beta_btc", "return_btc_24h", "breadth_24h", "book_spread_bps")
    context = MarketContext(
        symbol="BTC/USDT",
        as_of_utc=AT,
        values=dict.fromkeys(known, 0.1234567),
        missing={name: Abstained(why="none was known") for name in CATALOGUE if name not in known},
    )
    values: dict[str, object] = {
        "proposal": NetVote(direction=Direction.LONG, conviction=0.7142857, against=0.1234567, votes=votes),
        "signals": {length: signals(length, **now) for length in HORIZONS},
        "sentiment": SentimentData(
            symbol="BTC/USDT", as_of_utc=AT, score=-0.2345678, flags=("hack", "halt"), headlines=lines,
            news=Component(score=-0.3456789, share=0.7), fear_greed=Component(score=Abstained(why="down"), share=0.0),
        ),
        "book": book(
            equity=10_123.456789, deployed_fraction=0.09876543, drawdown=0.0345678, day_return=-0.0123456,
            var_1d=0.00765432, es_1d=0.00987654, held=("ETH/USDT", "SOL/USDT"), worst_correlation=0.6543219,
            last_sigma=1.2345678, losses_in_a_row=2, limits=book_limits(LIMITS), positions=(held(), held("SOL/USDT")),
        ),
        "context": context,
        "precedents": PAST,
        "trade": trade(),
        "path": path(),
        "macro": Upcoming(event="cpi", in_h=109.5),
    }  # fmt: skip
    return case(**(values | changes))
