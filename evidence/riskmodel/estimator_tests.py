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
from evidence.riskmodel.exceedances import Light
from evidence.riskmodel.forecasts import METHODS, Method, forecasts
from evidence.riskmodel.market import Market, Places
from evidence.riskmodel.model_tests import TESTS, Findings, examine
from evidence.riskmodel.shortfall_tests import NullLaw, null_law
from market.timeframe import Timeframe
from risk.measures.basic import Floats
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


def forecasting_steps(markets: Sequence[Market], window: int, confidences: Sequence[float]) -> int:
    """The total number of forecasts, for the progress bar."""
    return sum(len(market.returns) - window + 1 for market in markets) * len(confidences) * len(METHODS)


def estimator_tests(
    market: Market,
    timeframe: Timeframe,
    *,
    window: int,
    confidences: Sequence[float],
    refit: int,
    seed: int,
    told: Told,
) -> Iterator[EstimatorTest]:
    """All tests of one market, one for each estimator, confidence and horizon. Raises ValueError for unusable returns."""
    bars_per_day = 86_400 / timeframe.seconds
    tests = [_Test(str(timeframe), market.returns[market.bars], market.bars, market.close_ms[market.bars + 1], 1.0)]
    if bars_per_day > 1 and len(market.days) > 1:
        ends = market.close_ms[market.days] + 86_400_000
        tests.append(_Test("day", market.day_returns, market.days, ends, bars_per_day**0.5))
    for confidence in confidences:
        laws = [_law(len(test.places), confidence, seed) for test in tests]
        for method in METHODS:
            tail = forecasts(market.returns, method, window=window, confidence=confidence, refit=refit, told=told)
            for test, law in zip(tests, laws, strict=True):
                here = _at(tail, test.places - window).scaled(test.factor)
                found = examine(test.returns, here, confidence=confidence, law=law)
                cell = _cell(test.horizon, market.symbol, confidence, method, found)
                beyond = test.close_ms[test.returns < -here.var]
                yield EstimatorTest(cell, beyond, int(test.close_ms[0]), int(test.close_ms[-1]))


class _Test(NamedTuple):
    """The returns over one horizon, the row of the forecast for each, their closes, and the scaling factor."""

    horizon: str
    returns: Floats
    places: Places
    close_ms: Places
    factor: float


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
