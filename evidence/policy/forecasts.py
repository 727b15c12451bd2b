"""Forecasts of the volatility of the next day, for the arms that target it: EWMA, HAR and GARCH, each known at the bar's close.

    ewma     RiskMetrics (1996): decay 0.94 a day, on squared returns of each bar
    har      Corsi (2009): realised variance of the next day from those of a day, a week and a month, by least squares on all days
             before, fitted anew every day
    garch    Bollerslev (1986): GARCH(1, 1) on daily returns, fitted on all days before, anew every `REFIT_DAYS` days

Whatever is fitted is fitted on the past of its own day, so a forecast is point in time and needs no training span. Where a model
has too few days it says what the EWMA says.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evidence.riskmodel.garch import RISKMETRICS, fit_garch
from execution.kernel.grid import Grid

Floats = NDArray[np.float64]

DECAY = 0.94
REFIT_DAYS = 91
LEAST_DAYS = 60
_WEEK, _MONTH = 7, 30
MODELS = ("ewma", "har", "garch")


class Forecasts(NamedTuple):
    """Daily volatilities, each of shape (n_bars, k), float64 [fraction]; NaN before the first return."""

    ewma: Floats
    har: Floats
    garch: Floats


def forecasts_of(grid: Grid, bars_per_day: float) -> Forecasts:
    """The forecasts of all models at each bar of a grid. `bars_per_day` may be below 1."""
    returns = grid.columns.figures.returns.T
    known = grid.columns.figures.seen.T > 0
    ewma = np.sqrt(_decayed(returns, known, DECAY ** (1.0 / bars_per_day)) * bars_per_day)
    step = max(1, round(bars_per_day))
    daily, squares = _daily(returns, known, step)
    har, garch = np.full(ewma.shape, np.nan), np.full(ewma.shape, np.nan)
    for column in range(returns.shape[1]):
        spread = np.repeat(_har(squares[:, column]), step)
        har[step - 1 :, column] = np.sqrt(spread)[: len(har) - step + 1]
        spread = np.repeat(_garch(daily[:, column]), step)
        garch[step - 1 :, column] = np.sqrt(spread)[: len(garch) - step + 1]
    return Forecasts(ewma, _filled(har, ewma), _filled(garch, ewma))


def _filled(model: Floats, otherwise: Floats) -> Floats:
    sound = np.isfinite(model) & (model > 0.0)
    return np.where(sound, model, otherwise)


def _decayed(returns: Floats, known: NDArray[np.bool_], decay: float) -> Floats:
    """The exponentially weighted mean of squared returns since the first one, shape as given; NaN before it."""
    total, weight = np.zeros(returns.shape[1]), np.zeros(returns.shape[1])
    made = np.full(returns.shape, np.nan)
    for row in range(len(returns)):
        total = np.where(known[row], decay * total + returns[row] ** 2, total)
        weight = np.where(known[row], decay * weight + 1.0, weight)
        np.divide(total, weight, out=made[row], where=weight > 0.0)
    return made


def _daily(returns: Floats, known: NDArray[np.bool_], step: int) -> tuple[Floats, Floats]:
    """Simple returns and realised variances of whole days, shape (n_days, k); NaN before the first return of a market."""
    days = len(returns) // step
    whole = returns[: days * step].reshape(days, step, -1)
    seen = known[: days * step].reshape(days, step, -1)[:, 0]
    daily = np.where(seen, np.prod(1.0 + whole, axis=1) - 1.0, np.nan)
    return daily, np.where(seen, (whole**2).sum(axis=1), np.nan)


def _har(squares: Floats) -> Floats:
    """The variance of the next day, shape (n_days,), as known at the end of each; NaN where too few days are."""
    n, made = len(squares), np.full(len(squares), np.nan)
    first = int(np.argmax(np.isfinite(squares))) if np.isfinite(squares).any() else n
    own = squares[first:]
    if len(own) < _MONTH + LEAST_DAYS:
        return made
    sums = np.concatenate(([0.0], np.cumsum(own)))
    at = np.arange(_MONTH - 1, len(own))
    rows = np.column_stack(
        [np.ones(len(at)), own[at], *((sums[at + 1] - sums[at + 1 - w]) / w for w in (_WEEK, _MONTH))]
    )
    products = np.cumsum(rows[:-1, :, None] * rows[:-1, None, :], axis=0)
    answers = np.cumsum(rows[:-1] * own[at[1:], None], axis=0)
    ridge = 1e-12 * np.eye(4)
    for day in range(LEAST_DAYS, len(at)):
        weights = np.linalg.solve(products[day - 1] + ridge, answers[day - 1])
        least = float(own[max(0, at[day] - 365) : at[day] + 1].min())
        made[first + at[day]] = max(float(rows[day] @ weights), least)
    return made


def _garch(daily: Floats) -> Floats:
    """The variance of the next day, shape (n_days,), as known at the end of each; NaN where too few days are."""
    n, made = len(daily), np.full(len(daily), np.nan)
    first = int(np.argmax(np.isfinite(daily))) if np.isfinite(daily).any() else n
    own = daily[first:]
    law, variance = RISKMETRICS, 0.0
    for day in range(len(own)):
        if day == LEAST_DAYS or (day > LEAST_DAYS and (day - LEAST_DAYS) % REFIT_DAYS == 0):
            past = own[: day + 1]
            law = (fit_garch(past) or law) if past.std() > 0.0 else law
            variance = variance or float((past**2).mean())
        if day >= LEAST_DAYS:
            variance = law.omega + law.alpha * own[day] ** 2 + law.beta * variance
            made[first + day] = variance
    return made
