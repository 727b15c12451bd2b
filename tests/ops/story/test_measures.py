"""A run's measures are what one gets by hand, and they add up whichever way they are cut."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.clock import to_ms
from market.timeframe import Timeframe
from ops.story.measures import Ran, measure, system_quality
from ops.story.trips import Trip
from risk.measures.basic import historical_es, historical_var
from risk.measures.ratios import calmar, sharpe, sortino

START = datetime(2024, 1, 31, 12, tzinfo=UTC)


def closes(n_bars: int) -> np.ndarray:
    return np.array([to_ms(START + timedelta(hours=bar + 1)) for bar in range(n_bars)], dtype=np.int64)


def trip(pnl: str, strategy: str = "ema", reason: str = "stop_loss", symbol: str = "A/USDT", hours: int = 1) -> Trip:
    at = to_ms(START + timedelta(hours=hours))
    return Trip(symbol, strategy, at, at, Decimal(pnl), Decimal("0.1"), reason)


def ran(equity: np.ndarray, trips: tuple[Trip, ...] = ()) -> Ran:
    return Ran(
        close_ms=closes(len(equity)), equity=equity, starting_cash=100.0, timeframe=Timeframe.H1, trips=trips,
        traded=1000.0, fees=1.0, var_confidence=0.99,
    )  # fmt: skip


def test_ratios_are_those_of_the_equity_at_bar_closes() -> None:
    equity = 100.0 * np.cumprod(1.0 + 0.001 * np.sin(np.arange(1000)) + 0.0001)
    made = measure(ran(equity))
    returns = np.diff(np.concatenate(([100.0], equity))) / np.concatenate(([100.0], equity[:-1]))
    assert made.growth.sharpe == pytest.approx(sharpe(returns, bars_per_year=8760))
    assert made.growth.sortino == pytest.approx(sortino(returns, bars_per_year=8760))
    assert made.calmar == pytest.approx(calmar(returns, bars_per_year=8760))
    assert made.tail.var == pytest.approx(historical_var(returns, confidence=0.99))
    assert made.tail.es == pytest.approx(historical_es(returns, confidence=0.99))
    assert made.turnover == pytest.approx(1000.0 / equity.mean())
    assert made.turnover_a_year == pytest.approx(made.turnover * 8.76)
    assert (made.tail.days, made.hold_return, made.mean_deployed) == (None, None, None)


def test_the_reported_book_of_an_engine_is_measured() -> None:
    told = replace(
        ran(np.array([100.0, 90.0, 95.0, 95.0])), timeframe=Timeframe.D1, deployed=np.array([0.0, 0.2, 0.2, 0.0]),
        var_1d=np.array([0.01, 0.01, 0.0, 0.0]), hold=np.array([1.0, 1.1, 1.2, 1.3]),
    )  # fmt: skip
    made = measure(told)
    assert (made.tail.days, made.tail.exceeded) == (2, 1)
    assert made.tail.expected == pytest.approx(0.02)
    assert made.hold_return == pytest.approx(0.3)
    assert (made.bars_with_position, made.mean_deployed) == (0.5, pytest.approx(0.1))


def test_months_begin_at_midnight_utc_and_multiply_to_the_whole() -> None:
    equity = np.linspace(101.0, 130.0, 12 + 29 * 24 + 5)
    made = measure(ran(equity))
    assert [(month.name, month.bars) for month in made.months] == [
        ("2024-01", 12),
        ("2024-02", 29 * 24),
        ("2024-03", 5),
    ]
    assert math.prod(1 + month.total_return for month in made.months) == pytest.approx(1.30)


def test_trades_are_cut_by_strategy_market_month_and_reason() -> None:
    trips = (
        trip("3"), trip("-1", "rsi"), trip("-1", reason="take_profit", hours=20), trip("2", symbol="B/USDT", hours=20),
    )  # fmt: skip
    made = measure(ran(np.full(30, 100.0), trips))
    assert [(part.name, part.pnl, part.trades.closed) for part in made.by_strategy] == [
        ("ema", 4.0, 3),
        ("rsi", -1.0, 1),
    ]
    assert [(part.name, part.pnl) for part in made.by_symbol] == [("A/USDT", 1.0), ("B/USDT", 2.0)]
    assert [(part.name, part.pnl) for part in made.by_month] == [("2024-01", 2.0), ("2024-02", 1.0)]
    assert [(part.name, part.fees) for part in made.by_exit] == [
        ("stop_loss", pytest.approx(0.3)),
        ("take_profit", 0.1),
    ]
    assert (made.trades.win_rate, made.trades.profit_factor) == (0.5, 2.5)


def test_the_system_quality_number_by_hand() -> None:
    assert system_quality([1.0, 2.0, 3.0]) == pytest.approx(math.sqrt(3) * 2.0)
    assert system_quality([1.0]) is None
    assert system_quality([1.0, 1.0]) is None


def test_a_run_without_a_bar_or_a_trade_has_nothing_but_counts() -> None:
    made = measure(ran(np.empty(0)))
    assert (made.bars, made.months, made.turnover_a_year, made.sqn, made.trades.closed) == (0, (), None, None, 0)


def test_columns_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        replace(ran(np.full(3, 100.0)), deployed=np.zeros(2))


@given(
    st.lists(st.floats(50.0, 200.0), max_size=60),
    st.lists(
        st.tuples(st.integers(-99, 99), st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 900)), max_size=20
    ),
)
@settings(max_examples=60)
def test_every_cut_adds_up_and_no_figure_is_not_finite(
    equity: list[float], rows: list[tuple[int, str, str, int]]
) -> None:
    trips = tuple(trip(str(pnl), strategy, reason, hours=hours) for pnl, strategy, reason, hours in rows)
    made = measure(ran(np.array(equity), trips))
    for cut in (made.by_strategy, made.by_symbol, made.by_month, made.by_exit):
        assert sum(part.pnl for part in cut) == pytest.approx(sum(pnl for pnl, *_ in rows))
        assert sum(part.trades.closed for part in cut) == len(rows)
    assert b"NaN" not in made.canonical()
    assert sum(month.bars for month in made.months) == len(equity)
