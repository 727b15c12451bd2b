"""The volume of a day is that of its bars, each once, and unknown where nothing was traded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from risk.volumes import VolumeWindow, day_bars


def test_a_day_is_its_last_bars_in_quote_units_and_older_ones_fall_out() -> None:
    window = VolumeWindow(("A", "B"), 4.0)
    for volume in (100.0, 1.0, 2.0, 3.0, 4.0):
        window.push({"A": (10.0, volume)})
    assert (window.day("A"), window.day("B")) == (100.0, None)


def test_a_symbol_that_was_not_seen_for_a_day_is_unknown_again() -> None:
    window = VolumeWindow(("A",), 2.0)
    window.push({"A": (10.0, 5.0)})
    window.push({})
    assert window.day("A") == 50.0
    window.push({})
    assert window.day("A") is None


@pytest.mark.parametrize("bar", [(10.0, -1.0), (10.0, float("nan")), (float("inf"), 1.0)])
def test_a_volume_that_cannot_be_is_refused_and_changes_nothing(bar: tuple[float, float]) -> None:
    window = VolumeWindow(("A",), 2.0)
    window.push({"A": (10.0, 5.0)})
    with pytest.raises(ValueError, match="finite and not negative"):
        window.push({"A": bar})
    assert window.day("A") == 50.0


@pytest.mark.parametrize(("symbols", "bars"), [((), 24.0), (("A",), 0.5), (("A",), float("nan"))])
def test_a_window_of_nothing_is_refused(symbols: tuple[str, ...], bars: float) -> None:
    with pytest.raises(ValueError, match="a window needs symbols and bars"):
        VolumeWindow(symbols, bars)


@given(st.lists(st.floats(0.001, 1e9), min_size=1, max_size=40), st.sampled_from([1.0, 6.0, 24.0]))
def test_a_day_is_the_sum_of_its_bars(volumes: list[float], bars: float) -> None:
    window = VolumeWindow(("A",), bars)
    for volume in volumes:
        window.push({"A": (2.0, volume)})
    assert window.day("A") == pytest.approx(sum(2.0 * volume for volume in volumes[-day_bars(bars) :]))
