"""A policy is demoted when its results fall out of what was promised, and rarely otherwise."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from rl.serving.monitor import ERROR, LiveResults, farthest
from rl.serving.promise import Promise

PROMISE = Promise(low=0.0005, high=0.002, sd=0.01, days=900)
START = datetime(2023, 1, 1, tzinfo=UTC)


def days_until_broken(returns: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> int | None:
    """Days after which the promise counts as broken; None if it holds. `returns`: of each day."""
    live, equity = LiveResults(PROMISE), Decimal(10_000)
    assert live.see(START, equity) is None
    for number, daily in enumerate(returns.tolist(), 1):
        equity *= 1 + Decimal(repr(daily))
        if live.see(START + timedelta(days=number), equity) is not None:
            return number
    return None


def test_a_true_promise_is_rarely_taken_for_a_broken_one_however_often_it_is_looked_at() -> None:
    rng = np.random.default_rng(4)
    broken = [days_until_broken(rng.normal(PROMISE.low, PROMISE.sd, 500)) for _ in range(200)]
    assert sum(day is not None for day in broken) <= 2 * ERROR * 200


def test_a_policy_that_loses_is_demoted_the_sooner_the_more_it_loses() -> None:
    rng = np.random.default_rng(4)
    noise = rng.normal(0.0, PROMISE.sd, 400)
    slow, fast = days_until_broken(noise - 0.003), days_until_broken(noise - 0.01)
    assert slow is not None
    assert fast is not None
    assert fast < slow
    assert fast < 60


def test_results_above_the_promise_demote_nothing() -> None:
    assert days_until_broken(np.full(300, 0.02)) is None


def test_only_the_first_close_of_a_day_is_looked_at_and_the_reason_has_figures() -> None:
    live = LiveResults(PROMISE)
    assert live.see(START, Decimal(10_000)) is None
    assert live.see(START + timedelta(hours=23), Decimal(1)) is None
    why = live.see(START + timedelta(hours=24), Decimal(5_000))
    assert why == (
        "in 1 days the daily returns add up to -50.00%, and by its verdict, from 900 days out of sample, they stay above -13.62%"
    )
    assert live.see(START + timedelta(hours=25), Decimal(1)) is None


def test_the_bound_widens_with_time_and_slower_than_time() -> None:
    found = [farthest(days, 0.01) for days in (1, 10, 100, 1000)]
    assert found == sorted(found)
    assert found[3] / found[2] < 4.0


@pytest.mark.parametrize("sd", [0.0, -1.0, float("nan")])
def test_a_promise_without_a_spread_is_none(sd: float) -> None:
    with pytest.raises(ValueError):
        Promise(low=0.0, high=0.0, sd=sd, days=10)
