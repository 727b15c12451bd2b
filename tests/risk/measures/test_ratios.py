"""Growth, ratios, drawdowns and Kelly: worked numbers, invariants, refusals."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.kelly import kelly_continuous, kelly_discrete, kelly_shrunk
from risk.measures.basic import Floats
from risk.measures.drawdown import drawdown_series, max_drawdown, wealth_curve
from risk.measures.ratios import cagr, calmar, downside_deviation, omega, sharpe, sortino

returns = st.lists(st.floats(-0.5, 0.5), min_size=2, max_size=60).map(lambda r: np.array(r, dtype=np.float64))


@pytest.fixture
def worked(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "reference" / "worked_examples_var_es_kelly.json").read_text())
    return loaded


def test_the_worked_sortino_ratio_agrees(worked: dict[str, Any]) -> None:
    example = worked["sortino_small"]
    assert sortino(example["returns"], bars_per_year=1) == pytest.approx(example["sortino"], abs=1e-7)


def test_all_five_worked_kelly_fractions_agree(worked: dict[str, Any]) -> None:
    for example in worked["kelly"]:
        if "p" in example:
            measured = kelly_discrete(example["p"], example["b"])
        else:
            measured = kelly_continuous(example["m"], example["s"] ** 2, risk_free=example["r"])
        assert measured == pytest.approx(example["fraction"], abs=1e-7)


@given(p=st.floats(0.01, 0.99), payoff=st.floats(0.1, 10), step=st.floats(-0.3, 0.3))
@settings(max_examples=100)
def test_no_other_stake_grows_faster_than_kellys(p: float, payoff: float, step: float) -> None:
    full = kelly_discrete(p, payoff)
    if full <= 0 or not 0 <= full + step < 1:
        return

    def growth(stake: float) -> float:
        return p * math.log1p(payoff * stake) + (1 - p) * math.log1p(-stake)

    assert growth(full + step) <= growth(full) + 1e-12


@given(p=st.floats(0, 1), payoff=st.floats(0.1, 10), error=st.floats(0.001, 1))
def test_an_uncertain_probability_only_ever_shrinks_the_stake(p: float, payoff: float, error: float) -> None:
    full = kelly_discrete(p, payoff)
    shrunk = kelly_shrunk(p, payoff, probability_std=error)
    assert abs(shrunk) <= abs(full)
    assert shrunk * full >= 0
    assert abs(kelly_shrunk(p, payoff, probability_std=2 * error)) <= abs(shrunk)


def test_a_known_probability_is_not_shrunk_and_an_edge_of_one_error_is_halved() -> None:
    assert kelly_shrunk(0.6, 1.0, probability_std=0.0) == kelly_discrete(0.6, 1.0)
    assert kelly_shrunk(0.6, 1.0, probability_std=0.1) == pytest.approx(0.1)
    assert kelly_shrunk(0.5, 1.0, probability_std=0.0) == 0.0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: kelly_discrete(1.1, 1.0),
        lambda: kelly_discrete(math.nan, 1.0),
        lambda: kelly_discrete(0.5, 0.0),
        lambda: kelly_discrete(0.5, math.inf),
        lambda: kelly_continuous(0.1, 0.0),
        lambda: kelly_continuous(math.nan, 0.1),
        lambda: kelly_shrunk(0.5, 1.0, probability_std=-0.1),
    ],
)
def test_an_impossible_bet_is_refused(ask: Callable[[], float]) -> None:
    with pytest.raises(ValueError, match="must"):
        ask()


def test_drawdowns_count_from_the_running_peak_and_from_the_start() -> None:
    assert drawdown_series([100, 120, 90, 130]) == pytest.approx([0, 0, 0.25, 0])
    assert max_drawdown(wealth_curve([-0.1, 0.05])) == pytest.approx(0.1)


@given(sample=returns)
def test_a_drawdown_is_a_fraction_and_is_zero_exactly_at_a_new_peak(sample: Floats) -> None:
    wealth = wealth_curve(sample)
    falls = drawdown_series(wealth)
    assert len(falls) == len(sample) + 1
    assert ((falls >= 0) & (falls <= 1)).all()
    assert ((falls == 0) == (wealth == np.maximum.accumulate(wealth))).all()


@given(sample=returns, unit=st.floats(0.01, 1e6))
def test_a_drawdown_does_not_depend_on_the_unit_of_money(sample: Floats, unit: float) -> None:
    wealth = wealth_curve(sample)
    assert drawdown_series(wealth * unit) == pytest.approx(drawdown_series(wealth), abs=1e-12)


@pytest.mark.parametrize("wealth", [[], [0.0, 1.0], [1.0, -0.1], [1.0, math.nan]])
def test_impossible_wealth_is_refused(wealth: list[float]) -> None:
    with pytest.raises(ValueError):
        max_drawdown(wealth)


def test_a_loss_of_more_than_everything_is_refused_and_of_everything_is_minus_one() -> None:
    with pytest.raises(ValueError, match="more than everything"):
        wealth_curve([0.1, -1.2])
    assert cagr([0.5, -1.0, 0.5], bars_per_year=365) == -1.0


def test_growth_that_no_float_can_hold_is_refused_instead_of_infinite() -> None:
    with pytest.raises(ValueError, match="too few to be annualised"):
        cagr([0.5], bars_per_year=8760)


@given(sample=returns, factor=st.floats(0.1, 3.0))
def test_sharpe_and_sortino_do_not_depend_on_the_size_of_the_stake(sample: Floats, factor: float) -> None:
    if np.ptp(sample) < 1e-6:
        return
    for ratio in (sharpe, sortino):
        one, other = ratio(sample, bars_per_year=365), ratio(sample * factor, bars_per_year=365)
        assert (one is None) == (other is None)
        if one is not None:
            assert other == pytest.approx(one, rel=1e-6, abs=1e-9)


@given(sample=returns)
def test_omega_is_above_one_exactly_when_the_mean_is_above_the_target(sample: Floats) -> None:
    ratio = omega(sample, target=0.001)
    excess = float((sample - 0.001).sum())
    if ratio is not None and abs(excess) > 1e-9:
        assert (ratio > 1) == (excess > 0)


def test_nothing_to_divide_by_is_none_and_not_zero_or_infinity() -> None:
    assert sharpe([0.01, 0.01, 0.01], bars_per_year=365) is None
    assert sortino([0.01, 0.02], bars_per_year=365) is None
    assert calmar([0.01, 0.02], bars_per_year=365) is None
    assert omega([0.01, 0.02]) is None


def test_the_downside_deviation_is_taken_over_all_bars_and_not_only_over_the_losing_ones() -> None:
    assert downside_deviation([-0.02, 0.02, 0.02, 0.02]) == pytest.approx(0.01)


def test_a_risk_free_rate_may_differ_from_bar_to_bar() -> None:
    assert sharpe([0.02, 0.05], bars_per_year=1, risk_free=[0.01, 0.02]) == pytest.approx(0.02 / math.sqrt(0.0002))
    with pytest.raises(ValueError, match="one finite number or 2"):
        sharpe([0.02, 0.05], bars_per_year=1, risk_free=[0.01, 0.02, 0.03])


@pytest.mark.parametrize("ratio", [sharpe, sortino, calmar, cagr])
@pytest.mark.parametrize("bad", [[], [0.01, math.nan]])
def test_bad_returns_are_refused(ratio: Callable[..., float | None], bad: list[float]) -> None:
    with pytest.raises(ValueError):
        ratio(bad, bars_per_year=365)
