"""A curve stays small whatever the length of the session, and loses no extreme."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.live.state.series import Curves, Series

numbers = st.floats(min_value=-1e6, max_value=1e6)


def drawn(equities: list[float], most: int) -> Curves:
    series = Series(most)
    for n, equity in enumerate(equities):
        series.add(n, equity, drawdown=abs(equity) / 1e6, gross=n / 10, net=-n / 10)
    return series.curves()


@given(st.lists(numbers, min_size=1, max_size=300), st.integers(min_value=2, max_value=40))
def test_it_has_no_more_points_than_asked_and_keeps_lowest_highest_deepest_and_last(
    equities: list[float], most: int
) -> None:
    curves = drawn(equities, most)
    assert len(curves.at_s) <= most
    assert {len(column) for name, column in curves if name != "bars_a_point"} == {len(curves.at_s)}
    assert (min(curves.low), max(curves.high)) == (min(equities), max(equities))
    assert max(curves.drawdown) == max(abs(equity) / 1e6 for equity in equities)
    last = len(equities) - 1
    assert (curves.at_s[-1], curves.equity[-1], curves.gross[-1], curves.net[-1]) == (
        last,
        equities[-1],
        last / 10,
        -last / 10,
    )
    assert list(curves.at_s) == sorted(set(curves.at_s))


@given(st.lists(numbers, min_size=1, max_size=300), st.integers(min_value=2, max_value=40))
def test_each_point_holds_exactly_the_bars_up_to_its_time(equities: list[float], most: int) -> None:
    curves, first = drawn(equities, most), 0
    for n, at in enumerate(curves.at_s):
        bars = equities[first : at + 1]
        assert (curves.low[n], curves.high[n], curves.equity[n]) == (min(bars), max(bars), bars[-1])
        assert len(bars) <= curves.bars_a_point
        first = at + 1


def test_fewer_bars_than_points_are_drawn_each() -> None:
    assert drawn([1.0, 2.0, 3.0], 10).equity == (1.0, 2.0, 3.0)


def test_a_year_of_hourly_bars_fits_and_only_what_is_new_can_be_asked() -> None:
    series = Series()
    for hour in range(8760):
        series.add(3600 * hour, 10_000.0 + hour, 0.0, 0.0, 0.0)
    curves = series.curves()
    assert 750 <= len(curves.at_s) <= 1500
    assert series.curves(since_s=curves.at_s[-2]).at_s == curves.at_s[-2:]
    assert series.curves(since_s=curves.at_s[-1] + 1).at_s == ()


def test_a_curve_of_one_point_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two points, got 1"):
        Series(1)
