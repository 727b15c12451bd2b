"""Kelly: the stake whose growth is largest, less of it where the odds are uncertain, and none where there is no edge."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.kelly import kelly_continuous, kelly_discrete, kelly_shrunk

PROBABILITY = st.floats(0.0, 1.0)
PAYOFF = st.floats(0.05, 20.0)
STD = st.floats(0.0, 0.5)


def growth(stake: float, p: float, payoff: float) -> float:
    """Expected log growth of a bet."""
    return p * math.log1p(stake * payoff) + (1.0 - p) * math.log1p(-stake)


@pytest.mark.parametrize(
    ("p", "payoff", "fraction"), [(0.5, 1.0, 0.0), (0.6, 1.0, 0.2), (0.5, 2.0, 0.25), (1.0, 3.0, 1.0), (0.0, 2.0, -0.5)]
)
def test_the_fraction_is_the_edge_over_the_odds(p: float, payoff: float, fraction: float) -> None:
    assert kelly_discrete(p, payoff) == pytest.approx(fraction)


@given(p=st.floats(0.01, 0.99), payoff=PAYOFF, other=st.floats(0.0, 0.99))
def test_no_other_stake_grows_faster(p: float, payoff: float, other: float) -> None:
    best = max(0.0, kelly_discrete(p, payoff))
    assert growth(best, p, payoff) >= growth(other, p, payoff) - 1e-9


@given(p=PROBABILITY, payoff=PAYOFF, more=st.floats(0.0, 1.0))
def test_better_odds_never_ask_for_less(p: float, payoff: float, more: float) -> None:
    assert kelly_discrete(min(1.0, p + more), payoff) >= kelly_discrete(p, payoff) - 1e-12
    assert kelly_discrete(p, payoff + more) >= kelly_discrete(p, payoff) - 1e-12


@given(p=PROBABILITY, payoff=PAYOFF)
def test_nobody_ever_stakes_more_than_everything(p: float, payoff: float) -> None:
    assert kelly_discrete(p, payoff) <= 1.0


@given(p=PROBABILITY, payoff=PAYOFF, std=STD)
def test_doubt_makes_the_stake_smaller_and_never_turns_it_round(p: float, payoff: float, std: float) -> None:
    full, shrunk = kelly_discrete(p, payoff), kelly_shrunk(p, payoff, probability_std=std)
    assert abs(shrunk) <= abs(full) + 1e-12
    assert shrunk * full >= 0.0


@given(p=PROBABILITY, payoff=PAYOFF, std=STD, more=st.floats(0.0, 0.5))
def test_more_doubt_never_asks_for_more(p: float, payoff: float, std: float, more: float) -> None:
    less = kelly_shrunk(p, payoff, probability_std=std + more)
    assert abs(less) <= abs(kelly_shrunk(p, payoff, probability_std=std)) + 1e-12


@given(p=PROBABILITY, payoff=PAYOFF)
def test_without_doubt_nothing_is_shrunk(p: float, payoff: float) -> None:
    assert kelly_shrunk(p, payoff, probability_std=0.0) == pytest.approx(kelly_discrete(p, payoff), abs=1e-12)


def test_an_error_as_large_as_the_edge_halves_the_stake_and_no_edge_leaves_none() -> None:
    edge = (1.0 + 1.0) * 0.6 - 1.0
    assert kelly_shrunk(0.6, 1.0, probability_std=edge / 2.0) == pytest.approx(0.1)
    assert kelly_shrunk(0.5, 1.0, probability_std=0.0) == 0.0


@given(mean=st.floats(-1.0, 1.0), variance=st.floats(0.001, 4.0), rate=st.floats(-0.1, 0.1), other=st.floats(-5.0, 5.0))
def test_the_continuous_fraction_is_where_growth_is_largest(
    mean: float, variance: float, rate: float, other: float
) -> None:
    def grown(stake: float) -> float:
        return rate + stake * (mean - rate) - stake**2 * variance / 2.0

    best = kelly_continuous(mean, variance, risk_free=rate)
    assert grown(best) >= grown(other) - 1e-6
    assert grown(best) == pytest.approx(rate + (mean - rate) ** 2 / (2.0 * variance), abs=1e-6)


@pytest.mark.parametrize(
    ("p", "payoff"), [(-0.1, 1.0), (1.1, 1.0), (0.5, 0.0), (0.5, -1.0), (0.5, float("inf")), (float("nan"), 1.0)]
)
def test_an_impossible_bet_is_refused(p: float, payoff: float) -> None:
    with pytest.raises(ValueError):
        kelly_discrete(p, payoff)
    with pytest.raises(ValueError):
        kelly_shrunk(p, payoff, probability_std=0.1)


@pytest.mark.parametrize("std", [-0.1, float("nan"), float("inf")])
def test_an_impossible_doubt_is_refused(std: float) -> None:
    with pytest.raises(ValueError, match="probability_std"):
        kelly_shrunk(0.6, 1.0, probability_std=std)


@pytest.mark.parametrize(("mean", "variance"), [(0.1, 0.0), (0.1, -1.0), (float("nan"), 1.0), (0.1, float("inf"))])
def test_an_asset_without_variance_or_number_is_refused(mean: float, variance: float) -> None:
    with pytest.raises(ValueError):
        kelly_continuous(mean, variance)
