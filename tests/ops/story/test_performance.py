"""Figures are what one gets by hand, and unknown where nothing is known."""

import math
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.seeds import generator
from evidence.statistics.bootstrap import intervals, paired_differences
from evidence.statistics.key_figures import Measure
from execution.account.lots import Trade
from market.timeframe import Timeframe
from ops.story.performance import bar_returns, growth, hold_curve, trade_figures, var_exceedances
from risk.measures.ratios import tells_a_year
from risk.order import Purpose

NAN = float("nan")


def _trade(pnl: str) -> Trade:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    return Trade(
        symbol="BTC/USDT", entry_utc=at, exit_utc=at, entry_price=Decimal(1), exit_price=Decimal(1), quantity=Decimal(1),
        pnl=Decimal(pnl), fees=Decimal(0), exit_purpose=Purpose.STOP_LOSS,
    )  # fmt: skip


def test_a_year_of_sessions_has_fewer_bars_than_one_of_days() -> None:
    equity = 100.0 * (1.0 + np.tile([0.01, -0.008], 200)).cumprod()
    always, sessions = growth(equity, 100.0, Timeframe.D1), growth(equity, 100.0, Timeframe.D1, 252.0)
    assert always.sharpe is not None
    assert sessions.sharpe == pytest.approx(always.sharpe * (252 / 365) ** 0.5)
    assert sessions.total_return == always.total_return


def test_returns_begin_at_the_starting_cash() -> None:
    assert bar_returns(np.array([110.0, 99.0]), 100.0) == pytest.approx([0.1, -0.1])


def test_the_longest_drawdown_counts_bars_below_the_peak() -> None:
    made = growth(np.array([101.0, 100.0, 100.5, 102.0, 90.0, 102.0]), 100.0, Timeframe.H1)
    assert made.longest_drawdown_bars == 2
    assert made.max_drawdown == pytest.approx(12 / 102)
    assert made.total_return == pytest.approx(0.02)


def test_growth_is_not_annualised_below_thirty_days() -> None:
    assert growth(np.linspace(100, 110, 719), 100.0, Timeframe.H1).cagr is None
    month = growth(np.linspace(100, 110, 720), 100.0, Timeframe.H1).cagr
    assert month == pytest.approx(1.1 ** (8760 / 720) - 1)


def test_a_spread_of_fewer_than_thirty_bars_is_not_annualised() -> None:
    equity = 100.0 * (1.0 + generator(3, "few bars").normal(0, 0.01, 30)).cumprod()
    few, enough = growth(equity[:29], 100.0, Timeframe.H1), growth(equity, 100.0, Timeframe.H1)
    assert (few.sharpe, few.sortino, few.volatility) == (None, None, None)
    assert None not in (enough.sharpe, enough.sortino, enough.volatility)


@pytest.mark.parametrize("equity", [[], [100.0], [100.0, 100.0, 100.0]])
def test_what_never_varied_has_no_ratio(equity: list[float]) -> None:
    made = growth(np.array(equity), 100.0, Timeframe.H1)
    assert made.sharpe is None
    assert made.sortino is None
    assert (made.max_drawdown, made.longest_drawdown_bars) == (0.0, 0)


@given(st.lists(st.floats(1.0, 1e9), max_size=50))
@settings(max_examples=60)
def test_no_figure_is_ever_not_a_number(equity: list[float]) -> None:
    figures = growth(np.array(equity, dtype=np.float64), 100.0, Timeframe.D1).model_dump().values()
    assert all(value is None or math.isfinite(value) for value in figures)


def test_the_loss_of_a_day_is_held_against_the_day_s_value_at_risk_at_its_beginning() -> None:
    returns = np.zeros(7)
    returns[1:5] = -0.3, -0.01, 0.0, 0.29  # no position at the close of bar 0; a day of four hours more is not finished
    var = np.array([0.0, 0.02, 0.02, 0.02, 0.02, 0.02, 0.0])
    assert var_exceedances(returns, var, Timeframe.H4, 0.99) == (0, 0, 0.0)
    longer = np.concatenate([returns, np.full(8, -0.004)])
    found = var_exceedances(longer, np.concatenate([var, np.full(8, 0.02)]), Timeframe.H4, 0.99)
    assert found == pytest.approx((2, 1, 0.02))


def test_what_a_bar_loses_and_its_day_wins_back_is_no_loss_beyond_the_value_at_risk_of_a_day() -> None:
    returns = np.tile([-0.04, 0.05], 36)
    assert var_exceedances(returns, np.full(72, 0.05), Timeframe.H1, 0.99) == pytest.approx((2, 0, 0.02))
    assert var_exceedances(np.full(72, -0.003), np.full(72, 0.05), Timeframe.H1, 0.99).exceeded == 2


def test_on_bars_of_a_day_each_bar_is_a_day() -> None:
    returns, var = np.array([-0.5, -0.011, -0.009, -0.5]), np.array([0.01, 0.01, 0.0, 0.01])
    assert var_exceedances(returns, var, Timeframe.D1, 0.99) == pytest.approx((2, 1, 0.02))


@given(st.integers(2, 200), st.sampled_from([Timeframe.H1, Timeframe.H4, Timeframe.D1]))
@settings(max_examples=40)
def test_days_never_overlap(n_bars: int, timeframe: Timeframe) -> None:
    days = var_exceedances(np.zeros(n_bars), np.ones(n_bars), timeframe, 0.95).days
    assert days == (n_bars - 1) * timeframe.seconds // 86_400


def test_holding_buys_equal_parts_at_the_first_open_and_carries_gaps() -> None:
    rising = (np.array([10.0, 11.0, 12.0]), np.array([11.0, 12.0, 20.0]))
    late = (np.array([NAN, 5.0, NAN]), np.array([NAN, 10.0, NAN]))
    assert hold_curve([rising, late], 3) == pytest.approx([1.05, 1.6, 2.0])


def test_holding_what_never_traded_is_holding_cash() -> None:
    empty = (np.full(2, NAN), np.full(2, NAN))
    assert hold_curve([empty], 2).tolist() == [1.0, 1.0]


def test_trades_are_weighted_by_their_result() -> None:
    made = trade_figures([_trade("3"), _trade("-1"), _trade("0"), _trade("1")])
    assert (made.closed, made.won, made.lost) == (4, 2, 1)
    assert (made.win_rate, made.expectancy, made.profit_factor) == (0.5, 0.75, 4.0)
    assert (made.average_win, made.average_loss) == (2.0, -1.0)


def test_without_a_loss_there_is_no_profit_factor() -> None:
    assert trade_figures([_trade("3")]).profit_factor is None
    assert trade_figures([]).win_rate is None


@pytest.mark.parametrize(("bars", "told"), [(27 * 24, False), (30 * 24 - 1, False), (30 * 24, True), (60 * 24, True)])
def test_growth_a_year_is_told_in_every_place_or_in_none(bars: int, told: bool) -> None:
    returns = generator(1, "growth").normal(1e-4, 1e-3, bars)
    made = growth(10_000.0 * (1.0 + returns).cumprod(), 10_000.0, Timeframe.H1)
    found = intervals(returns, bars_per_year=Timeframe.H1.bars_per_year, seed=1, resamples=50)
    paired = paired_differences(returns, returns[::-1], bars_per_year=8760.0, seed=1, resamples=50)
    for value in (
        made.cagr,
        found.of(Measure.CAGR).value,
        found.of(Measure.CAGR).low,
        found.of(Measure.CALMAR).value,
        paired.of(Measure.CAGR).value,
    ):
        assert (value is not None) == told
    assert found.of(Measure.SHARPE).value is not None
    assert tells_a_year(bars, bars_per_year=8760.0) == told
