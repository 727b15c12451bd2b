"""A day is forecast by what the gate measures at its beginning, on bars of any length."""

from typing import get_args

import numpy as np
import pytest
from gate_support import LIMITS, facts, portfolio

from config.sections.limits import VarMethod
from evidence.riskmodel.days import day_forecasts
from evidence.riskmodel.forecasts import METHODS, Method
from risk.limits.trade import expected_shortfall, value_at_risk
from risk.measures.basic import Floats
from risk.measures.horizon import Horizon, horizon_of
from risk.measures.tails import Tail

RETURNS = np.random.default_rng(2).standard_t(4, size=900) * 0.01
BEGINS = np.arange(600, 880, 40)


def forecast(returns: Floats, method: Method, horizon: Horizon, begins: np.ndarray = BEGINS, refit: int = 100) -> Tail:
    return day_forecasts(
        returns,
        method,
        begins=begins,
        horizon=horizon,
        confidence=LIMITS.var_confidence,
        refit=refit,
        told=lambda n: None,
    )


@pytest.mark.parametrize("rule", ["day", "bar"])
@pytest.mark.parametrize("method", get_args(VarMethod))
def test_a_day_is_forecast_with_the_number_that_the_gate_reports(method: VarMethod, rule: str) -> None:
    limits = LIMITS.model_copy(
        update={
            "var_method": method,
            "var_horizon": rule,
            "es_confidence": LIMITS.var_confidence,
            "max_position_fraction": 1.0,
        }
    )
    horizon = horizon_of(limits, 24.0)
    found = forecast(RETURNS, method, horizon)
    for i, begin in enumerate(BEGINS):
        window = RETURNS[begin - horizon.window_bars : begin, None]
        given = facts(limits=limits, returns=window, portfolio=portfolio())
        assert found.var[i] == pytest.approx(value_at_risk(given).number, rel=1e-12)
        assert found.es[i] == pytest.approx(expected_shortfall(given).number, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_what_happens_after_a_day_began_changes_no_forecast_of_it(method: Method) -> None:
    other, horizon = RETURNS.copy(), horizon_of(LIMITS, 24.0)
    other[BEGINS[3] :] *= 5
    one, two = forecast(RETURNS, method, horizon), forecast(other, method, horizon)
    assert np.array_equal(one.var[:4], two.var[:4])
    assert np.array_equal(one.es[:4], two.es[:4])
    assert not np.array_equal(one.var[4:], two.var[4:])


@pytest.mark.parametrize(("begins", "refit"), [([499], 1), ([901], 1), ([], 1), ([600], 0)])
def test_a_day_without_its_window_is_refused(begins: list[int], refit: int) -> None:
    with pytest.raises(ValueError):
        forecast(RETURNS, "ewma", horizon_of(LIMITS, 24.0), np.array(begins, dtype=np.int64), refit)
