"""How good stated probabilities were: the parts add up to the whole, the intervals hold their rate, bad input is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.statistics.reliability import BINS, Reliability, brier, measure, wilson

STATEMENT = st.tuples(st.integers(0, 100).map(lambda percent: percent / 100), st.booleans(), st.integers(-500, 500))
STATEMENTS = st.lists(STATEMENT, min_size=1, max_size=60)


def of(statements: list[tuple[float, bool, int]]) -> Reliability:
    stated, won, returned = (np.array(column) for column in zip(*statements, strict=True))
    return measure(stated.astype(np.float64), won.astype(bool), returned.astype(np.float64))


@given(statements=STATEMENTS)
def test_brier_is_reliability_less_resolution_plus_uncertainty_plus_what_is_within_the_bins(
    statements: list[tuple[float, bool, int]],
) -> None:
    found = of(statements)
    assert found.brier == pytest.approx(
        found.reliability - found.resolution + found.uncertainty + found.within, abs=1e-9
    )


@given(statements=STATEMENTS)
def test_bins_hold_every_statement_once_and_say_its_range(statements: list[tuple[float, bool, int]]) -> None:
    found = of(statements)
    assert sum(row.n for row in found.bins) == found.n == len(statements)
    assert sum(row.won for row in found.bins) == found.won
    for row in found.bins:
        assert row.high - row.low == pytest.approx(1 / BINS)
        assert row.low - 1e-9 <= row.stated <= row.high + 1e-9
        assert 0.0 <= row.rate_low <= row.rate <= row.rate_high <= 1.0
    assert [row.low for row in found.bins] == sorted(row.low for row in found.bins)


@given(statements=STATEMENTS)
def test_figures_do_not_depend_on_the_order_of_the_statements(statements: list[tuple[float, bool, int]]) -> None:
    one, other = of(statements), of(statements[::-1])
    assert one.brier == pytest.approx(other.brier)
    assert one.ece == pytest.approx(other.ece)
    assert [(row.n, row.won) for row in one.bins] == [(row.n, row.won) for row in other.bins]


@given(statements=STATEMENTS)
def test_errors_lie_in_their_ranges(statements: list[tuple[float, bool, int]]) -> None:
    found = of(statements)
    assert 0.0 <= found.brier <= 1.0
    assert 0.0 <= found.ece <= 1.0
    assert 0.0 <= found.uncertainty <= 0.25
    assert found.skill is None or found.skill <= 1.0


def test_who_always_knew_has_nothing_to_mend_and_all_the_skill() -> None:
    found = of([(1.0, True, 10), (0.0, False, -10), (1.0, True, 5)])
    assert (found.brier, found.reliability, found.ece, found.skill) == (0.0, 0.0, 0.0, 1.0)


def test_who_always_states_the_base_rate_is_reliable_and_has_no_skill() -> None:
    found = of([(0.5, True, 1), (0.5, False, 1)] * 10)
    assert (found.reliability, found.resolution, found.skill) == (0.0, 0.0, pytest.approx(0.0))
    assert found.brier == pytest.approx(0.25)


@pytest.mark.parametrize("won", [True, False])
def test_where_everything_or_nothing_was_won_there_is_no_skill_to_speak_of(won: bool) -> None:
    found = of([(0.7, won, 1), (0.2, won, 1)])
    assert found.skill is None
    assert found.uncertainty == 0.0


@pytest.mark.parametrize(("stated", "low"), [(0.0, 0.0), (0.1, 0.1), (0.3, 0.3), (0.7, 0.7), (0.95, 0.9), (1.0, 0.9)])
def test_an_edge_belongs_to_the_bin_above_and_certainty_to_the_last(stated: float, low: float) -> None:
    assert of([(stated, True, 0)]).bins[0].low == pytest.approx(low)


def test_returns_are_averaged_bin_by_bin() -> None:
    found = of([(0.15, True, 10), (0.15, False, -30), (0.85, True, 50)])
    assert [row.return_bps for row in found.bins] == [-10.0, 50.0]


@pytest.mark.parametrize(
    ("stated", "won", "returned"),
    [
        ([], [], []),
        ([0.5], [True, False], [1.0]),
        ([1.2], [True], [1.0]),
        ([-0.1], [True], [1.0]),
        ([float("nan")], [True], [1.0]),
    ],
)
def test_what_are_no_statements_is_refused(stated: list[float], won: list[bool], returned: list[float]) -> None:
    with pytest.raises(ValueError, match="must"):
        measure(np.array(stated), np.array(won, dtype=bool), np.array(returned))


def test_the_brier_score_is_the_mean_squared_distance() -> None:
    assert brier(np.array([0.0, 0.5, 1.0]), np.array([True, True, True])) == pytest.approx((1.0 + 0.25) / 3)


@pytest.mark.parametrize(
    ("won", "n", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_wilsons_interval_is_the_published_one(won: int, n: int, low: float, high: float) -> None:
    assert wilson(won, n) == pytest.approx((low, high), abs=1e-4)


@given(n=st.integers(1, 500), data=st.data())
def test_wilsons_interval_holds_the_rate_and_is_even(n: int, data: st.DataObject) -> None:
    won = data.draw(st.integers(0, n))
    low, high = wilson(won, n)
    assert 0.0 <= low <= won / n <= high <= 1.0
    other_low, other_high = wilson(n - won, n)
    assert (other_low, other_high) == pytest.approx((1.0 - high, 1.0 - low), abs=1e-12)


@given(rate=st.integers(0, 10), n=st.integers(1, 40))
def test_more_of_the_same_makes_it_narrower(rate: int, n: int) -> None:
    few, many = wilson(rate * n, 10 * n), wilson(rate * n * 4, 40 * n)
    assert many[1] - many[0] < few[1] - few[0]


@pytest.mark.parametrize(("won", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_what_is_no_rate_is_refused(won: int, n: int) -> None:
    with pytest.raises(ValueError, match="is not a rate"):
        wilson(won, n)
