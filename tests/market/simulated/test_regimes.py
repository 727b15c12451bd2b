"""The weather of the simulated market: odds that are odds, spells as long as they say, and a past that a longer path keeps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.seeds import generator
from market.simulated.regimes import REGIMES, per_bar, regime_path

HOUR_DAYS = 1 / 24


@pytest.mark.parametrize("regime", REGIMES, ids=[regime.name for regime in REGIMES])
def test_the_odds_of_what_follows_are_odds_and_no_regime_follows_itself(regime: object) -> None:
    at = REGIMES.index(regime)  # type: ignore[arg-type]
    odds = REGIMES[at].next_odds
    assert len(odds) == len(REGIMES)
    assert sum(odds) == pytest.approx(1.0)
    assert all(0.0 <= chance <= 1.0 for chance in odds)
    assert odds[at] == 0.0
    assert -1.0 <= REGIMES[at].mood <= 1.0
    assert REGIMES[at].volatility > 0.0


@given(seed=st.integers(0, 10**6), bars=st.integers(1, 400), more=st.integers(0, 400))
def test_a_longer_path_begins_with_the_shorter_one(seed: int, bars: int, more: int) -> None:
    short = regime_path(generator(seed, "regimes"), bars, HOUR_DAYS)
    long = regime_path(generator(seed, "regimes"), bars + more, HOUR_DAYS)
    assert short.shape == (bars,)
    assert long[:bars].tolist() == short.tolist()
    assert set(long.tolist()) <= set(range(len(REGIMES)))


def test_each_path_begins_calm() -> None:
    assert {int(regime_path(generator(seed, "r"), 1, HOUR_DAYS)[0]) for seed in range(20)} == {1}


def test_spells_last_as_long_on_average_as_they_say() -> None:
    path = regime_path(generator(5, "r"), 2_000_000, HOUR_DAYS)
    starts = np.concatenate(([0], np.flatnonzero(np.diff(path)) + 1))
    lengths = np.diff(starts) * HOUR_DAYS
    for at, regime in enumerate(REGIMES):
        of_it = lengths[path[starts[:-1]] == at]
        assert of_it.mean() == pytest.approx(regime.mean_days, rel=0.08), regime.name


def test_what_follows_a_panic_is_drawn_by_its_odds() -> None:
    path = regime_path(generator(6, "r"), 3_000_000, HOUR_DAYS)
    changes = np.flatnonzero(np.diff(path))
    after = path[changes + 1][path[changes] == 3]
    shares = np.bincount(after, minlength=4) / len(after)
    assert shares == pytest.approx(np.array(REGIMES[3].next_odds), abs=0.04)


def test_drift_and_volatility_of_a_bar_are_those_of_a_year_cut_into_bars() -> None:
    path = np.array([0, 1, 2, 3], dtype=np.int64)
    drift, volatility, mood = per_bar(path, HOUR_DAYS)
    assert (drift * 8_760).tolist() == pytest.approx([regime.drift for regime in REGIMES])
    assert (volatility * np.sqrt(8_760)).tolist() == pytest.approx([regime.volatility for regime in REGIMES])
    assert mood.tolist() == [regime.mood for regime in REGIMES]
