"""What is tested is what the gate uses, and it knows nothing of the future."""

from typing import cast, get_args

import numpy as np
import pytest

from config.sections.limits import VarMethod
from evidence.riskmodel.forecasts import METHODS, Method, forecasts
from risk.measures.basic import Floats
from risk.measures.estimators import estimate_es, estimate_var
from risk.measures.tails import Tail

RETURNS = np.random.default_rng(2).standard_t(4, size=420) * 0.01


def forecast(returns: Floats, method: Method) -> Tail:
    return forecasts(returns, method, window=250, confidence=0.99, refit=60, told=lambda steps: None)


@pytest.mark.parametrize("method", get_args(VarMethod))
def test_each_forecast_is_what_the_gate_would_estimate_from_that_window(method: VarMethod) -> None:
    found = forecast(RETURNS, method)
    assert len(found.var) == len(RETURNS) - 250 + 1
    for i in range(0, len(found.var), 7):
        window = RETURNS[i : i + 250]
        assert found.var[i] == pytest.approx(estimate_var(window, method=method, confidence=0.99), rel=1e-9)
        assert found.es[i] == pytest.approx(estimate_es(window, method=method, confidence=0.99), rel=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_what_comes_later_changes_no_forecast(method: Method) -> None:
    other = RETURNS.copy()
    other[300:] *= 5
    one, two = forecast(RETURNS, method), forecast(other, method)
    assert np.array_equal(one.var[:51], two.var[:51])
    assert np.array_equal(one.es[:51], two.es[:51])
    assert not np.array_equal(one.var[51:], two.var[51:])


@pytest.mark.parametrize("method", METHODS)
def test_progress_hears_of_every_forecast(method: Method) -> None:
    heard: list[int] = []
    found = forecasts(RETURNS, method, window=250, confidence=0.95, refit=60, told=heard.append)
    assert sum(heard) == len(found.var) == len(found.es) == len(RETURNS) - 250 + 1


@pytest.mark.parametrize(("window", "refit"), [(49, 1), (421, 1), (250, 0)])
def test_a_window_or_refit_that_cannot_be_is_refused(window: int, refit: int) -> None:
    with pytest.raises(ValueError):
        forecasts(RETURNS, cast(Method, "ewma"), window=window, confidence=0.99, refit=refit, told=lambda steps: None)
