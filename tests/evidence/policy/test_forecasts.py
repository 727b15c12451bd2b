"""Forecasts of volatility: near the truth where it is known, and never of a bar that comes later."""

import numpy as np
import pytest

from evidence.policy.forecasts import MODELS, forecasts_of
from execution.kernel.grid import Grid, grid_of
from market.timeframe import Timeframe

_DAYS = 290


def _grid(returns: np.ndarray) -> Grid:
    """A grid of hourly closes with these returns, shape (n, k)."""
    close = 100.0 * np.cumprod(1.0 + returns, axis=0)
    opens = np.vstack([np.full((1, close.shape[1]), 100.0), close[:-1]])
    prices = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.full(close.shape, 10.0)])
    times = 3_600_000 * (1 + np.arange(len(close), dtype=np.int64))
    return grid_of([f"A{n}/USDT" for n in range(close.shape[1])], Timeframe.H1, times, prices)


def _market(seed: int, scale: np.ndarray) -> np.ndarray:
    return np.clip(np.random.default_rng(seed).standard_normal((len(scale), 2)) * scale[:, None], -0.2, 0.2)


@pytest.mark.parametrize("model", MODELS)
def test_a_constant_volatility_is_found(model: str) -> None:
    grid = _grid(_market(1, np.full(_DAYS * 24, 0.005)))
    found = getattr(forecasts_of(grid, 24.0), model)[100 * 24 :]
    assert found.mean() == pytest.approx(0.005 * 24**0.5, rel=0.15)


@pytest.mark.parametrize("model", MODELS)
def test_a_storm_raises_the_forecast(model: str) -> None:
    scale = np.full(_DAYS * 24, 0.004)
    scale[200 * 24 :] = 0.012
    found = getattr(forecasts_of(_grid(_market(2, scale)), 24.0), model)
    assert found[255 * 24 :].mean() > 1.6 * found[150 * 24 : 200 * 24].mean()


@pytest.mark.parametrize("model", MODELS)
def test_what_comes_later_changes_no_forecast(model: str) -> None:
    returns, cut = _market(3, np.full(_DAYS * 24, 0.005)), 180 * 24 + 7
    changed = returns.copy()
    changed[cut:] *= 5.0
    one, other = (getattr(forecasts_of(_grid(each), 24.0), model) for each in (returns, changed))
    np.testing.assert_array_equal(one[:cut], other[:cut])
    assert (one[cut + 30 :] != other[cut + 30 :]).any()


def test_a_young_market_gets_the_ewma() -> None:
    found = forecasts_of(_grid(_market(4, np.full(40 * 24, 0.005))), 24.0)
    np.testing.assert_array_equal(found.har, found.ewma)
    np.testing.assert_array_equal(found.garch, found.ewma)
    assert np.isnan(found.ewma[0]).all()
    assert np.isfinite(found.ewma[1:]).all()
