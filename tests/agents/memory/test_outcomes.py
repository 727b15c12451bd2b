"""Triple-barrier outcomes: which barrier came first, what it returned, and from when on that is known."""

import pytest
from court_support import AT, case
from hearing_support import HOUR, Ohlc, barriers, flat, slice_of, tape
from hypothesis import given
from hypothesis import strategies as st

from agents.memory.outcomes import CaseOutcome, Settler

ENTRY = 100.0
STOP = ENTRY * (1 - 0.015)
TARGET = ENTRY * 1.03
OPEN: Ohlc = (ENTRY, ENTRY + 0.1, ENTRY - 0.1, ENTRY)


def ends(bars: list[Ohlc | None], horizon: int = 5, fee_bps: float = 0.0) -> CaseOutcome | None:
    """How a purchase of the ready-made case ends on these bars: its stop is 1.5 % away, its target 3 %."""
    settler = Settler(barriers(horizon, fee_bps))
    settler.add(case())
    found = [outcome for now in tape(bars) for outcome in settler.pass_slice(now)]
    assert len(found) <= 1
    return found[0] if found else None


def test_the_target_first_is_a_win_and_known_at_that_bars_close() -> None:
    end = ends([OPEN, (100.0, 103.5, 99.5, 101.0), (101.0, 101.0, 90.0, 90.0)])
    assert end is not None
    assert (end.label, end.won, end.bars, end.known_at_utc) == (1, True, 2, AT + 2 * HOUR)
    assert end.exit_price == pytest.approx(TARGET)
    assert end.return_bps == pytest.approx(300.0)


def test_the_stop_first_is_a_loss() -> None:
    end = ends([OPEN, (100.0, 100.0, 98.0, 99.0), (99.0, 110.0, 99.0, 110.0)])
    assert end is not None
    assert (end.label, end.bars) == (-1, 2)
    assert end.return_bps == pytest.approx(-150.0)


def test_a_bar_that_touches_both_counts_as_stopped() -> None:
    end = ends([(100.0, 104.0, 98.0, 104.0)])
    assert end is not None
    assert (end.label, end.bars, end.entry_price) == (-1, 1, ENTRY)


def test_a_gap_below_the_stop_is_sold_at_the_open() -> None:
    end = ends([OPEN, (95.0, 96.0, 94.0, 96.0)])
    assert end is not None
    assert end.exit_price == 95.0


def test_a_gap_above_the_target_is_sold_at_the_target_and_no_better() -> None:
    end = ends([OPEN, (110.0, 111.0, 109.0, 110.0)])
    assert end is not None
    assert end.exit_price == pytest.approx(TARGET)


def test_neither_within_the_horizon_ends_at_the_close_and_is_no_win() -> None:
    end = ends([OPEN, OPEN, (100.0, 101.0, 99.0, 101.0), (1.0, 1.0, 1.0, 1.0)], horizon=3)
    assert end is not None
    assert (end.label, end.won, end.bars) == (0, False, 3)
    assert end.return_bps == pytest.approx(100.0)


def test_a_tape_that_ends_first_gives_no_outcome() -> None:
    assert ends([OPEN] * 4) is None


def test_the_fee_is_paid_on_both_sides() -> None:
    end = ends([OPEN, (100.0, 103.5, 99.5, 101.0)], fee_bps=10.0)
    assert end is not None
    assert end.return_bps == pytest.approx((1.03 * 0.999 / 1.001 - 1) * 1e4)


def test_a_missing_bar_is_waited_for_and_not_counted() -> None:
    end = ends([None, None, OPEN, (100.0, 103.5, 99.5, 101.0)])
    assert end is not None
    assert (end.bars, end.entry_price, end.known_at_utc) == (2, ENTRY, AT + 4 * HOUR)


def test_a_symbol_without_bars_is_given_up_and_forgotten() -> None:
    settler = Settler(barriers(3))
    settler.add(case())
    for now in tape([None] * 6):
        assert settler.pass_slice(now) == ()
    assert settler.following == 0


def test_the_bar_on_which_was_decided_is_not_traded_on() -> None:
    settler = Settler(barriers(5))
    settler.add(case())
    assert settler.pass_slice(slice_of(flat(1.0), AT)) == ()
    assert settler.following == 1


def test_a_horizon_of_nothing_is_refused() -> None:
    from agents.memory.outcomes import Barriers
    from agents.records.record import Session

    with pytest.raises(ValueError, match="at least one bar"):
        Barriers.of(Session.model_construct(), 0)


moves = st.lists(st.tuples(st.floats(-0.03, 0.03), st.floats(0, 0.02), st.floats(0, 0.02)), min_size=1, max_size=30)


def walk(steps: list[tuple[float, float, float]]) -> list[Ohlc | None]:
    bars: list[Ohlc | None] = []
    price = ENTRY
    for move, up, down in steps:
        close = price * (1 + move)
        bars.append((price, max(price, close) * (1 + up), min(price, close) * (1 - down), close))
        price = close
    return bars


@given(steps=moves, other=moves, horizon=st.integers(1, 20))
def test_what_comes_after_an_outcome_never_changes_it(
    steps: list[tuple[float, float, float]], other: list[tuple[float, float, float]], horizon: int
) -> None:
    bars = walk(steps)
    end = ends(bars, horizon)
    if end is None:
        assert len(bars) < horizon
        return
    assert end.label in (-1, 0, 1)
    assert end.bars <= horizon
    assert ends(bars[: end.bars] + walk(other), horizon) == end
    assert ends(bars[: end.bars - 1], horizon) is None
