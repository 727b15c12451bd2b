"""Proposals, books and returns for the tests of the gate."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.records.older import ADDED_IN_SESSION_3, ADDED_IN_SESSION_4
from config.reading.load import load_profile
from config.sections.limits import RiskLimits
from config.settings import Settings
from market.book import Book, Level
from market.instrument import Instrument
from risk.breakers import BreakerState
from risk.facts import Facts
from risk.portfolio import Portfolio, Position
from risk.proposal import Direction, Proposal

AT = datetime(2024, 3, 1, tzinfo=UTC)
FOUR = ("ema_cross", "golden_cross", "rsi_bounce", "momentum_breakout")
"""The voters of the first profiles. They speak at any bar and need no history of days, so a few days hold many cases."""
OLD_FOUR: dict[str, Any] = {"strategies": [{"strategy": name} for name in FOUR]}
"""The same as a setting."""
PLAIN: dict[str, Any] = {
    "limits.risk_per_trade": 0.02,
    "court.hears": "all",
    **{
        name: ADDED_IN_SESSION_3[name]
        for name in (
            "court.without_record",
            "limits.correlation",
            "limits.max_cluster_fraction",
            "limits.max_twin_correlation",
            "limits.kelly_stake",
            "limits.record_prior",
            "limits.unproven_fraction",
            "limits.proven_at",
            "limits.turbulence",
            "limits.turbulence_alarms",
            "limits.loss_streak_chance",
            "market.scenario",
            "market.history_days",
        )
    },
    **ADDED_IN_SESSION_4,
    **OLD_FOUR,
}
"""Settings under which no rule knows a record, a cluster or a symbol's own pause, on a market drawn as before: those of 0.2.0,
with its four voters."""


def _told(value: Any) -> str:
    return json.dumps(value) if isinstance(value, list) else "null" if value is None else str(value)


PLAIN_PAIRS = tuple(f"{name}={_told(value)}" for name, value in PLAIN.items())
"""The same as `--set` takes them."""
(OLD_FOUR_PAIR,) = (f"{name}={_told(value)}" for name, value in OLD_FOUR.items())
SETTINGS: Settings = load_profile("paper", PLAIN)
LIMITS: RiskLimits = SETTINGS.limits
ANY_PRICE: RiskLimits = LIMITS.model_copy(update={"entry_price_cap_bps": None})
"""The same, with entries that buy at any price."""
BTC = Instrument(
    symbol="BTC/USDT",
    base="BTC",
    quote="USDT",
    tick_size=Decimal("0.01"),
    lot_size=Decimal("0.00001"),
    min_notional=Decimal("5"),
    maker_fee_bps=Decimal("10"),
    taker_fee_bps=Decimal("10"),
)


def book(bid: str = "49995", ask: str = "50005", size: str = "1000") -> Book:
    """Return one level on each side; prices [quote], size [base]."""
    return Book(bids=(Level(Decimal(bid), Decimal(size)),), asks=(Level(Decimal(ask), Decimal(size)),))


def seen(**changes: Any) -> dict[str, Any]:
    """Return what a trader adds to a sound proposal at 50,000."""
    return {
        "day_volume_quote": 1e9, "entries_today": 0, "order_errors": 0, "mark": 50_000.0, "book": book(), "now_utc": AT,
    } | changes  # fmt: skip


def seen_by(asked: Proposal) -> dict[str, Any]:
    """Return the same for a market at the price of the proposal."""
    price = asked.reference_price
    around = book(str(price * Decimal("0.9999")), str(price * Decimal("1.0001")))
    return seen(mark=float(price), book=around, now_utc=asked.as_of_utc)


def proposal(**changes: Any) -> Proposal:
    values: dict[str, Any] = {
        "decision_id": "20240301T0000-BTCUSDT",
        "symbol": "BTC/USDT",
        "as_of_utc": AT,
        "direction": Direction.LONG,
        "conviction": 0.8,
        "reference_price": Decimal("50000"),
        "atr_quote": 250.0,
        "ruling_scale": 1.0,
        "adjust_scale": 1.0,
    }
    return Proposal(**(values | changes))


def portfolio(**changes: Any) -> Portfolio:
    values: dict[str, Any] = {"as_of_utc": AT, "cash": Decimal(10_000), "equity": Decimal(10_000)}
    return Portfolio(**(values | changes))


def held(symbol: str, notional: str) -> Position:
    price = Decimal(100)
    return Position(symbol=symbol, quantity=Decimal(notional) / price, entry_price=price, mark_price=price)


def returns(columns: int = 1, sigma: float = 0.004, rows: int = 500) -> NDArray[np.float64]:
    return np.random.default_rng(3).normal(0.0, sigma, size=(rows, columns))


def facts(**changes: Any) -> Facts:
    base = Facts(
        proposal=proposal(),
        portfolio=portfolio(),
        instrument=BTC,
        limits=LIMITS,
        exits=SETTINGS.exits,
        breakers=BreakerState.fresh(Decimal(10_000), AT),
        frozen=None,
        symbols=("BTC/USDT",),
        returns=returns(),
        bars_per_day=24.0,
        stop=0.015,
        **seen(),
    )
    return replace(base, **changes)


def cap(report: Any) -> float:
    assert report.notional_cap is not None
    return float(report.notional_cap)
