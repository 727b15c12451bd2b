"""How long and how painful a drawdown was."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.measures.drawdown import (
    conditional_drawdown,
    drawdown_series,
    longest_drawdown,
    max_drawdown,
    ulcer_index,
    wealth_curve,
)
from risk.measures.ratios import cagr, tail_ratio

LEVELS = st.lists(st.floats(0.5, 2.0), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("wealth", "bars"),
    [
        ([1, 2, 3], 0),
        ([2, 1], 1),
        ([2, 1, 2], 2),
        ([2, 1, 1, 3, 2, 2, 2, 2], 4),
        ([1, 1, 1], 0),
        ([5], 0),
        ([3, 2, 3, 2, 1, 3], 3),
    ],
)
def test_a_drawdown_lasts_from_its_peak_to_the_same_level_or_the_end(wealth: list[float], bars: int) -> None:
    assert longest_drawdown(wealth) == bars


@given(wealth=LEVELS, confidence=st.sampled_from([0.6, 0.9, 0.95]))
def test_conditional_drawdown_is_the_minimum_of_its_linear_programme(wealth: list[float], confidence: float) -> None:
    falls = drawdown_series(wealth)
    candidates = [z + np.maximum(falls - z, 0.0).mean() / (1 - confidence) for z in falls]
    assert conditional_drawdown(wealth, confidence=confidence) == pytest.approx(min(candidates), abs=1e-12)


@given(wealth=LEVELS)
def test_the_deepest_drawdown_is_above_the_conditional_one_and_that_above_the_mean(wealth: list[float]) -> None:
    conditional = conditional_drawdown(wealth, confidence=0.9)
    assert max_drawdown(wealth) + 1e-12 >= conditional >= drawdown_series(wealth).mean() - 1e-12
    assert drawdown_series(wealth).mean() - 1e-12 <= ulcer_index(wealth) <= max_drawdown(wealth) + 1e-12


def test_published_drawdown_lengths_and_the_martin_ratio_agree(shared: Path) -> None:
    folder = shared / "reference" / "performanceanalytics"
    cases = {
        re.sub(r"\s+", " ", c["call"]): c["output"]
        for c in json.loads((folder / "published_example_outputs.json").read_text())
    }
    edhec, bacon = (
        pd.read_csv(folder / f"{name}.csv", index_col=0) for name in ("edhec_monthly_returns", "portfolio_bacon")
    )
    months = [int(line.split()[5]) for line in cases["table.Drawdowns(edhec[, 1, drop = FALSE])"].splitlines()[1:]]
    assert longest_drawdown(wealth_curve(edhec.iloc[:, 0])) == max(months) == 23
    martin = float(cases["print(MartinRatio(portfolio_bacon[, 1]))"].split()[-1])
    returns = bacon.iloc[:, 0].to_numpy(np.float64)
    measured = cagr(returns, bars_per_year=12) / ulcer_index(wealth_curve(returns)[1:])
    assert measured == pytest.approx(martin, rel=1e-3)


def test_tails_of_mirrored_returns_are_even_and_no_bad_day_has_no_ratio() -> None:
    returns = np.random.default_rng(1).normal(0.0, 0.01, 200)
    assert tail_ratio(np.concatenate([returns, -returns])) == pytest.approx(1.0)
    assert tail_ratio(np.array([-0.01, *[0.0] * 30, 0.02, 0.03])) is None
