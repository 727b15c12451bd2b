"""One row gives what the measures of the risk room give, whatever the returns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.statistics.key_figures import Measure, measure_rows
from risk.measures.drawdown import max_drawdown, wealth_curve
from risk.measures.ratios import cagr, calmar, sharpe, sortino

HOURS = 8760.0
returns = st.lists(st.floats(-1.0, 2.0).map(lambda value: round(value, 6)), min_size=2, max_size=40)


def by_the_risk_room(series: list[float], bars_per_year: float) -> dict[Measure, float | None]:
    try:
        growth: float | None = cagr(series, bars_per_year=bars_per_year)
        ratio = calmar(series, bars_per_year=bars_per_year)
    except ValueError:
        growth = ratio = None
    return {
        Measure.SHARPE: sharpe(series, bars_per_year=bars_per_year),
        Measure.SORTINO: sortino(series, bars_per_year=bars_per_year),
        Measure.CALMAR: ratio,
        Measure.CAGR: growth,
        Measure.MAX_DRAWDOWN: max_drawdown(wealth_curve(series)),
        Measure.MEAN_RETURN: float(np.mean(series)),
    }


@given(returns, st.sampled_from([1.0, 52.0, HOURS]))
def test_a_row_is_measured_as_the_risk_room_measures(series: list[float], bars_per_year: float) -> None:
    found = measure_rows(np.array([series]), bars_per_year)
    for measure, expected in by_the_risk_room(series, bars_per_year).items():
        value = found[measure][0]
        if expected is None:
            assert np.isnan(value)
        else:
            assert value == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(st.lists(returns.map(lambda row: (row * 20)[:20]), min_size=1, max_size=5))
def test_rows_do_not_see_each_other(rows: list[list[float]]) -> None:
    together = measure_rows(np.array(rows), HOURS)
    for place, row in enumerate(rows):
        for measure, alone in measure_rows(np.array([row]), HOURS).items():
            assert together[measure][place] == pytest.approx(alone[0], nan_ok=True)
