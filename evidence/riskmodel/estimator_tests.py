"""Tests every estimator on every market and ranks the estimators.

The ranking rule was fixed before any result was known. The score of an estimator is the number of tests that it passes: three in
each cell (`evidence.riskmodel.model_tests`), over all symbols, confidences and both horizons (bar and day). Of equal scores, the
lower mean joint loss of VaR and ES is better. An estimator with a cell without a joint loss comes last among equals.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import fmean
from typing import NamedTuple

from config.frozen import Frozen
from config.seeds import generator
from evidence.riskmodel.days import day_forecasts
from evidence.riskmodel.exceedances import Light
from evidence.riskmodel.forecasts import METHODS, Method, forecasts
from evidence.riskmodel.market import Market, Places
from evidence.riskmodel.model_tests import TESTS, Findings, examine
from evidence.riskmodel.shortfall_tests import NullLaw, null_law
from market.timeframe import Timeframe
from risk.measures.basic import Floats
from risk.measures.horizon import Horizon
from risk.measures.tails import Tail

Told = Callable[[int], None]


class Cell(Frozen):
    """The results of one estimator on one symbol at one confidence and horizon. `failed` names the tests that it failed."""

    horizon: str
    symbol: str
    confidence: float
    method: Method
    bars: int
    expected: float
    exceeded: int
    kupiec_p: float
    independence_p: float
    coverage_p: float
    z1: float | None
    z1_p: float | None
    z2: float | None
    z2_p: float | None
    light: Light
    quantile_loss: float
    joint_loss: float | None
    failed: tuple[str, ...]


class EstimatorTest(NamedTuple):
    """A cell, and the closes of the bars or days in which the loss exceeded VaR [ms since 1970 UTC]."""

    cell: Cell
    exceeded_ms: Places
    from_ms: int
    to_ms: int


class Standing(Frozen):
    """The place of an estimator: passed and total tests, by horizon and in all, and its mean losses over all cells."""

    method: Method
    passed: int
    made: int
    passed_bar: int
    passed_day: int
    joint_loss: float | None
    quantile_loss: float


class Trial(NamedTuple):
    """How estimators are tried: `window` returns behind a forecast of one bar (None: bars are not forecast), `horizon` behind one
    of a day; the `confidences`, `refit` bars between two GARCH fits, the `seed` of the simulated tests."""

    window: int | None
    horizon: Horizon
    confidences: tuple[float, ...]
    refit: int
    seed: int


def forecasting_steps(markets: Sequence[Market], trial: Trial) -> int:
    """The total number of forecasts, for the progress bar."""
    bars = sum(len(market.returns) - trial.window + 1 for market in markets) if trial.window is not None else 0
    return (bars + sum(len(market.days) for market in markets)) * len(trial.confidences) * len(METHODS)


def estimator_tests(market: Market, timeframe: Timeframe, trial: Trial, told: Told) -> Iterator[EstimatorTest]:
    """All tests of one market, one for each estimator, confidence and horizon. Raises ValueError for unusable returns."""
    tests = [*_of_bars(market, timeframe, trial), *_of_days(market, trial)]
    for confidence in trial.confidences:
        laws = [_law(len(test.returns), confidence, trial.seed) for test in tests]
        for method in METHODS:
            for test, law in zip(tests, laws, strict=True):
                here = test.forecast(method, confidence, told)
                found = examine(test.returns, here, confidence=confidence, law=law)
                cell = _cell(test.horizon, market.symbol, confidence, method, found)
                beyond = test.close_ms[test.returns < -here.var]
                yield EstimatorTest(cell, beyond, int(test.close_ms[0]), int(test.close_ms[-1]))


class _Test(NamedTuple):
    """The returns over one horizon, their closes, and the forecasts for them."""

    horizon: str
    returns: Floats
    close_ms: Places
    forecast: Callable[[Method, float, Told], Tail]


def _of_bars(market: Market, timeframe: Timeframe, trial: Trial) -> list[_Test]:
    """The test of the next bar, at every bar."""
    window = trial.window
    if window is None:
        return []

    def forecast(method: Method, confidence: float, told: Told) -> Tail:
        tail = forecasts(market.returns, method, window=window, confidence=confidence, refit=trial.refit, told=told)
        return _at(tail, market.bars - window)

    return [_Test(str(timeframe), market.returns[market.bars], market.close_ms[market.bars + 1], forecast)]


def _of_days(market: Market, trial: Trial) -> list[_Test]:
    """The test of whole days as the gate measures them, if there are two at least."""
    if len(market.days) < 2:
        return []

    def forecast(method: Method, confidence: float, told: Told) -> Tail:
        return day_forecasts(
            market.returns, method, begins=market.days, horizon=trial.horizon, confidence=confidence, refit=trial.refit,
            told=told,
        )  # fmt: skip

    return [_Test("day", market.day_returns, market.close_ms[market.days] + 86_400_000, forecast)]


def ranking(cells: Sequence[Cell]) -> tuple[Standing, ...]:
    """The estimators, best first, by the rule in the module docstring."""
    by_method: Mapping[Method, list[Cell]] = {
        method: [cell for cell in cells if cell.method == method] for method in METHODS
    }
    standings = [_standing(method, own) for method, own in by_method.items() if own]
    return tuple(sorted(standings, key=_place))


def _standing(method: Method, own: Sequence[Cell]) -> Standing:
    joint = [cell.joint_loss for cell in own if cell.joint_loss is not None]
    days = [cell for cell in own if cell.horizon == "day"]
    return Standing(
        method=method,
        passed=_passed(own),
        made=len(own) * len(TESTS),
        passed_bar=_passed(own) - _passed(days),
        passed_day=_passed(days),
        joint_loss=fmean(joint) if len(joint) == len(own) else None,
        quantile_loss=fmean(cell.quantile_loss for cell in own),
    )


def _place(standing: Standing) -> tuple[int, float]:
    return -standing.passed, float("inf") if standing.joint_loss is None else standing.joint_loss


def _passed(cells: Sequence[Cell]) -> int:
    return sum(len(TESTS) - len(cell.failed) for cell in cells)


def _law(number: int, confidence: float, seed: int) -> NullLaw:
    return null_law(
        number, confidence=confidence, chance=generator(seed, "acerbi-szekely", str(number), str(confidence))
    )


def _at(tail: Tail, places: Places) -> Tail:
    return Tail(tail.var[places], tail.es[places])


def _cell(horizon: str, symbol: str, confidence: float, method: Method, found: Findings) -> Cell:
    severity = found.severity
    return Cell(
        horizon=horizon,
        symbol=symbol,
        confidence=confidence,
        method=method,
        bars=found.bars,
        expected=found.expected,
        exceeded=found.exceeded,
        kupiec_p=found.kupiec_p,
        independence_p=found.independence_p,
        coverage_p=found.coverage_p,
        z1=severity.z1 if severity else None,
        z1_p=severity.z1_p if severity else None,
        z2=severity.z2 if severity else None,
        z2_p=severity.z2_p if severity else None,
        light=found.light,
        quantile_loss=found.quantile_loss,
        joint_loss=found.joint_loss,
        failed=found.failed,
    )
