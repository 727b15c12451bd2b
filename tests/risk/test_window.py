"""The window of aligned returns: what it holds, what it refuses, and that it is the same to the bit."""

import copy
import math
import pickle
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from risk.window import ReturnWindow

BARS = st.lists(
    st.fixed_dictionaries({}, optional={name: st.floats(0.5, 200.0) for name in ("A", "B", "C")}),
    min_size=1,
    max_size=40,
)
Closes = list[dict[str, float]]


def filled(bars: Closes, size: int = 5, symbols: str = "ABC") -> ReturnWindow:
    window = ReturnWindow(list(symbols), size)
    for closes in bars:
        window.push(closes)
    return window


def reference(bars: Closes, symbols: str = "ABC") -> list[list[float]]:
    """Every return of every bar, the slow way."""
    last: dict[str, float] = {}
    rows = []
    for closes in bars:
        row = [closes[s] / last[s] - 1.0 if s in closes and s in last else 0.0 for s in symbols]
        if last:
            rows.append(row)
        last |= closes
    return rows


@given(bars=BARS, size=st.integers(2, 12))
def test_the_window_is_the_tail_of_all_returns(bars: Closes, size: int) -> None:
    expected = reference(bars)[-size:]
    window = filled(bars, size)
    assert window.count == len(expected)
    assert window.matrix(["A", "B", "C"]).tolist() == expected
    assert window.matrix(["C", "A"]).tolist() == [[row[2], row[0]] for row in expected]


@given(bars=BARS, later=BARS, size=st.integers(2, 12))
def test_what_was_read_does_not_change_when_later_bars_are_pushed(bars: Closes, later: Closes, size: int) -> None:
    window = filled(bars, size)
    seen = window.matrix(["A", "B"])
    kept = seen.tobytes()
    for closes in later:
        window.push(closes)
    assert seen.tobytes() == kept


def everything(window: ReturnWindow) -> bytes:
    weights = {"C": 0.2, "A": 0.3, "B": -0.1}
    numbers = [window.portfolio_returns(weights).tobytes(), window.matrix(["B", "A", "C"]).tobytes()]
    numbers += [repr((window.correlation("A", s), window.last_sigma(s), window.stale(s))).encode() for s in "ABC"]
    return b"|".join(numbers)


def walk(bars: int) -> Closes:
    angle = np.arange(bars) * 1.7
    path = 100 * np.exp(np.cumsum(0.01 * np.sin(angle)))
    other = 50 * np.exp(np.cumsum(0.01 * np.cos(angle * 0.9)))
    third = 10 * np.exp(np.cumsum(0.02 * np.sin(angle * 0.4)))
    return [{"A": float(a), "B": float(b), "C": float(c)} for a, b, c in zip(path, other, third, strict=True)]


def test_the_same_closes_give_the_same_bits_after_a_restart() -> None:
    bars = walk(333)
    assert everything(filled(bars, 100)) == everything(filled([dict(reversed(b.items())) for b in bars], 100))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda window: pickle.loads(pickle.dumps(window))])
def test_a_copy_goes_on_as_the_window_does(copied: Callable[[ReturnWindow], ReturnWindow]) -> None:
    bars = walk(40)
    window = filled(bars[:30])
    twin = copied(window)
    for each in (window, twin):
        for closes in bars[30:]:
            each.push(closes)
    assert everything(twin) == everything(window)


def test_the_bits_do_not_depend_on_where_the_ring_stands() -> None:
    bars = walk(400)
    weights = {"A": 0.3, "B": -0.1, "C": 0.2}
    late = [filled(bars[start:], 100) for start in (0, 1, 13, 150)]
    assert len({window.portfolio_returns(weights).tobytes() for window in late}) == 1
    assert len({repr(window.correlation("A", "B")) for window in late}) == 1


def test_the_order_of_the_weights_does_not_change_a_bit() -> None:
    window = filled(walk(50), 40)
    forwards = window.portfolio_returns({"A": 0.1, "B": 0.2, "C": 0.3})
    assert forwards.tobytes() == window.portfolio_returns({"C": 0.3, "B": 0.2, "A": 0.1}).tobytes()
    assert forwards == pytest.approx(window.matrix(["A", "B", "C"]) @ [0.1, 0.2, 0.3])


def test_no_weights_are_a_portfolio_of_cash() -> None:
    assert filled(walk(8)).portfolio_returns({}).tolist() == [0.0] * 5


def test_an_absent_symbol_is_flat_stale_and_carries_the_whole_move_when_it_returns() -> None:
    window = filled([{"A": 100.0, "B": 10.0}, {"B": 11.0}, {"B": 11.0}], symbols="AB")
    assert window.stale("A") == 2
    assert window.observed("A") == 0
    assert window.observed("B") == 2
    window.push({"A": 110.0, "B": 11.0})
    assert window.stale("A") == 0
    assert window.matrix(["A"])[:, 0].tolist() == [0.0, 0.0, 110.0 / 100.0 - 1.0]


def test_observed_returns_leave_with_the_rows_that_leave() -> None:
    bars: Closes = [{"A": 100.0 + i, "B": 10.0} for i in range(6)] + [{"B": 10.0}] * 3
    window = filled(bars, 5, "AB")
    assert (window.observed("A"), window.observed("B")) == (2, 5)


def test_a_late_comer_has_no_return_on_its_first_close() -> None:
    window = filled([{"A": 1.0}, {"A": 2.0, "B": 5.0}, {"A": 2.0, "B": 10.0}], symbols="AB")
    assert window.matrix(["B"])[:, 0].tolist() == [0.0, 1.0]
    assert window.observed("B") == 1


def slow_sigma(values: list[float]) -> float:
    variance = values[0] ** 2
    for value in values[1:-1]:
        variance = 0.94 * variance + 0.06 * value**2
    return abs(values[-1]) / math.sqrt(variance)


@given(sizes=st.lists(st.floats(0.001, 0.2), min_size=21, max_size=60), falls=st.integers(0, 2**60))
@settings(max_examples=50)
def test_the_last_move_is_measured_against_the_moves_before_it(sizes: list[float], falls: int) -> None:
    values = [-size if falls >> i & 1 else size for i, size in enumerate(sizes)]
    price, bars = 100.0, [{"A": 100.0}]
    for value in values:
        price *= 1.0 + value
        bars.append({"A": price})
    assert filled(bars, symbols="A").last_sigma("A") == pytest.approx(slow_sigma(values), rel=1e-6)


def test_a_move_is_not_judged_before_twenty_others_or_where_none_ever_was() -> None:
    assert filled(walk(21)).last_sigma("A") is None
    assert filled(walk(22)).last_sigma("A") is not None
    assert filled([{"A": 1.0}] * 30 + [{"A": 1.5}], symbols="A").last_sigma("A") is None


def test_a_bar_without_a_close_is_no_turbulence_and_leaves_the_yardstick_alone() -> None:
    bars = walk(40)
    with_hole = filled([*bars[:39], {}, bars[39]])
    without = filled(bars)
    assert with_hole.last_sigma("A") == without.last_sigma("A")
    assert filled([*bars, {}]).last_sigma("A") == 0.0


def test_a_crash_stands_out_in_sigmas() -> None:
    bars = walk(100)
    bars.append({name: close * 0.8 for name, close in bars[-1].items()})
    assert (filled(bars).last_sigma("A") or 0.0) > 15


@pytest.mark.parametrize("close", [0.0, -1.0, math.nan, math.inf])
def test_a_bad_close_is_refused_and_nothing_is_changed(close: float) -> None:
    window = filled(walk(30))
    before = everything(window)
    with pytest.raises(ValueError, match="close of B"):
        window.push({"A": 100.0, "B": close, "C": 10.0})
    assert everything(window) == before


def test_an_unknown_symbol_a_bad_weight_and_an_empty_window_are_refused() -> None:
    window = filled(walk(10))
    for ask in (window.stale, window.observed, window.last_sigma):
        with pytest.raises(ValueError, match="X is not in this window, which has A, B, C"):
            ask("X")
    with pytest.raises(ValueError, match="finite"):
        window.portfolio_returns({"A": math.nan})
    for symbols, size in (([], 5), (["A", "A"], 5), (["A"], 1)):
        with pytest.raises(ValueError, match="distinct symbols"):
            ReturnWindow(symbols, size)


def test_an_empty_window_knows_no_correlation_and_has_no_rows() -> None:
    window = filled([{"A": 1.0, "B": 1.0, "C": 1.0}])
    assert window.correlation("A", "B") is None
    assert window.matrix(["A", "B"]).shape == (0, 2)
    assert window.portfolio_returns({"A": 1.0}).shape == (0,)
