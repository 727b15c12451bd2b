"""Ratios, growth and drawdowns against the expected values of empyrical's own tests (a trading year of 252 days)."""

import gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from risk.measures.basic import Floats, volatility
from risk.measures.drawdown import max_drawdown, wealth_curve
from risk.measures.ratios import cagr, calmar, downside_deviation, omega, sharpe, sortino

PERIODS = {"daily": 252.0, "weekly": 52.0, "monthly": 12.0, "yearly": 1.0}


class Cases:
    """Parameter sets of one function, with series names resolved."""

    def __init__(self, path: Path) -> None:
        self._data = json.loads(gzip.decompress(path.read_bytes()))

    def of(self, function: str) -> list[list[Any]]:
        found = [case for case in self._data["cases"] if case["function"] == function]
        assert found
        return [[self._value(argument) for argument in case["arguments_then_expected"]] for case in found]

    def _value(self, argument: Any) -> Any:
        if isinstance(argument, dict):
            found = self._data["series"][argument["$series"]]
            values = found["values"] if "values" in found else list(found["columns"].values())
            return np.array(values, dtype=np.float64)
        return float(argument) if argument in ("NaN", "Infinity") else argument


@pytest.fixture(scope="module")
def cases(shared: Path) -> Cases:
    return Cases(shared / "reference" / "empyrical_cases.json.gz")


def known(returns: Floats) -> Floats:
    """A day without a value is left out of averages."""
    return returns[~np.isnan(returns)]


def flat(returns: Floats) -> Floats:
    """A day without a value counts as a day without a move for growth."""
    return np.nan_to_num(returns)


def check(expected: float, measure: Callable[..., float | None], returns: Floats, **arguments: float) -> None:
    """Where they say NaN we refuse the input or say None; where they say infinity we say None."""
    if math.isnan(expected):
        assert unknown(measure, known(returns), **arguments)
    elif math.isinf(expected):
        assert measure(known(returns), **arguments) is None
    else:
        assert measure(known(returns), **arguments) == pytest.approx(expected, abs=1e-8)


def unknown(measure: Callable[..., float | None], returns: Floats, **arguments: float) -> bool:
    """Whether the measure says None, or refuses a series that is too short."""
    try:
        return measure(returns, **arguments) is None
    except ValueError:
        return True


def deepest(returns: Floats) -> float:
    """The maximum drawdown with their sign."""
    return -max_drawdown(wealth_curve(returns))


def test_all_five_growth_rates_and_both_annual_returns_agree(cases: Cases) -> None:
    for returns, period, expected in cases.of("cagr") + cases.of("annual_ret"):
        check(expected, cagr, flat(returns), bars_per_year=PERIODS[period])


def test_all_six_cumulative_returns_agree(cases: Cases) -> None:
    for returns, start, expected in cases.of("cum_returns"):
        levels = wealth_curve(flat(returns))[-len(expected) :]
        assert (levels * start if start else levels - 1) == pytest.approx(expected, abs=1e-4)
    for returns, start, expected in cases.of("cum_returns_final"):
        final = float(wealth_curve(flat(returns))[-1])
        assert (final * start if start else final - 1) == pytest.approx(expected, abs=1e-4)


def test_all_four_volatilities_agree(cases: Cases) -> None:
    for returns, period, expected in cases.of("annual_volatility"):
        check(expected, volatility, returns, bars_per_year=PERIODS[period])


def test_all_three_drawdowns_agree(cases: Cases) -> None:
    for returns, expected in cases.of("max_drawdown"):
        check(expected, deepest, returns)


def test_the_drawdowns_of_a_rolling_window_agree(cases: Cases) -> None:
    (returns, window, expected) = cases.of("roll_max_drawdown")[0]
    clean = known(returns)
    measured = [deepest(clean[i : i + window]) for i in range(len(clean) - window + 1)]
    assert measured == pytest.approx(expected, abs=1e-4)


def test_all_three_calmar_ratios_agree(cases: Cases) -> None:
    for returns, period, expected in cases.of("calmar"):
        check(expected, calmar, flat(returns), bars_per_year=PERIODS[period])


def test_four_of_five_omegas_agree_and_none_stands_for_no_shortfall(cases: Cases) -> None:
    for returns, risk_free, required, expected in cases.of("omega"):
        if required <= -1:  # a yearly return below -100 % has no daily one
            continue
        daily = (1.0 + required) ** (1 / 252) - 1.0
        check(expected, omega, returns, target=risk_free + daily)


def test_all_five_sharpe_ratios_agree_and_none_stands_for_no_volatility(cases: Cases) -> None:
    for returns, risk_free, expected in cases.of("sharpe_ratio"):
        check(expected, sharpe, returns - risk_free, bars_per_year=252.0)


def test_the_sharpe_ratios_of_a_rolling_window_agree(cases: Cases) -> None:
    (returns, window, expected) = cases.of("roll_sharpe_ratio")[0]
    windows = [known(returns[i : i + window]) for i in range(len(returns) - window + 1)]
    measured = [sharpe(part, bars_per_year=252) for part in windows]
    assert measured == pytest.approx(expected, abs=1e-7)


def columns(returns: Floats) -> list[Floats]:
    return [returns] if returns.ndim == 1 else list(returns)


def expected_of(expected: Any, count: int) -> list[float]:
    return [expected] if count == 1 else list(expected)


def test_all_six_downside_deviations_agree(cases: Cases) -> None:
    for returns, target, period, expected in cases.of("downside_risk"):
        each = columns(returns)
        for column, value in zip(each, expected_of(expected, len(each)), strict=True):
            check(value / PERIODS[period] ** 0.5, downside_deviation, column, target=target)


def test_all_ten_sortino_ratios_agree_and_infinity_is_none(cases: Cases) -> None:
    for returns, target, period, expected in cases.of("sortino"):
        each = columns(returns)
        for column, value in zip(each, expected_of(expected, len(each)), strict=True):
            check(value, sortino, column - target, bars_per_year=PERIODS[period])
