"""The grid of a session: what the quality monitor judged, bar by bar, and columns that are refused."""

from typing import Any

import numpy as np
import pytest

from config.clock import to_ms
from config.errors import DataFault, UsageFault
from config.reading.load import load_profile
from execution.kernel import records as w
from execution.kernel.grid import grid_of, grid_of_tape
from market.tape import Tape, simulated_tape
from market.timeframe import Timeframe

BARS = 60
CLOSES = 1_704_067_200_000 + 3_600_000 * np.arange(1, BARS + 1, dtype=np.int64)
SYMBOLS = ("BTC/USDT", "ETH/USDT")


def columns() -> Any:
    """Five columns of BARS bars of two markets, at 100 and a little around it."""
    close = 100 + np.sin(np.arange(BARS))[:, None] + np.array([0.0, 1.0])
    opened = np.concatenate((close[:1], close[:-1]))
    return np.stack((opened, np.maximum(opened, close) + 0.5, np.minimum(opened, close) - 0.5, close, close * 0 + 9.0))


@pytest.fixture(scope="module")
def tape() -> Tape:
    return simulated_tape(load_profile("paper", {"market.session_days": 2}))


def test_a_grid_holds_every_slice_of_the_tape_the_warm_up_before_the_session(tape: Tape) -> None:
    rows: list[int] = []
    slices = [*tape.warmup_slices(), *tape.slices()]
    shown = []
    grid = grid_of_tape(tape, lambda row, now: (rows.append(row), shown.append(now.close_utc))[0])
    assert rows == list(range(len(grid)))
    assert shown == [each.close_utc for each in slices]
    assert len(grid) - grid.first == len(tape)
    assert grid.start_us == to_ms(tape.start_utc) * 1000
    assert grid.symbols == tuple(sorted(tape.symbols))
    for row in (0, grid.first, len(grid) - 1):
        for column, symbol in enumerate(grid.symbols):
            told = slices[row].bars[symbol]
            found = grid.columns.bars[row, column]
            assert tuple(found[name] for name in ("open", "high", "low", "close", "volume")) == (
                told.open, told.high, told.low, told.close, told.volume,
            )  # fmt: skip
            assert found["state"] == w.BELIEVED


def test_returns_are_counted_from_the_first_bar_on_and_a_missing_bar_has_none() -> None:
    state = np.full((BARS, 2), w.BELIEVED, dtype=np.int8)
    state[10:13, 1] = w.ABSENT
    grid = grid_of(SYMBOLS, Timeframe.H1, CLOSES, columns(), state=state)
    returns, seen, close = grid.columns.figures.returns, grid.columns.figures.seen, columns()[3]
    assert returns[0, 1:] == pytest.approx(close[1:, 0] / close[:-1, 0] - 1)
    assert returns[1, 10:13].tolist() == [0.0, 0.0, 0.0]
    assert (np.diff(seen, axis=1) >= 0).all()
    assert seen[1, -1] < seen[0, -1]
    assert grid.columns.bars["stale"][10:14, 1].tolist() == [1, 2, 3, 0]


def test_what_a_bar_shows_does_not_depend_on_later_bars() -> None:
    whole = grid_of(SYMBOLS, Timeframe.H1, CLOSES, columns()).columns
    changed = columns()
    changed[:4, 40:] *= 1.5
    other = grid_of(SYMBOLS, Timeframe.H1, CLOSES, changed).columns
    assert whole.bars[:40].tobytes() == other.bars[:40].tobytes()
    assert (whole.figures.returns[:, :40] == other.figures.returns[:, :40]).all()
    assert whole.bars[45].tobytes() != other.bars[45].tobytes()


def test_an_absent_bar_may_hold_anything_and_a_doubted_one_may_not() -> None:
    prices, state = columns(), np.full((BARS, 2), w.BELIEVED, dtype=np.int8)
    prices[:, 5, 0] = np.nan
    state[5, 0] = w.ABSENT
    assert len(grid_of(SYMBOLS, Timeframe.H1, CLOSES, prices, state=state)) == BARS
    state[5, 0] = w.DOUBTED
    with pytest.raises(DataFault, match="not finite, positive and in order"):
        grid_of(SYMBOLS, Timeframe.H1, CLOSES, prices, state=state)


@pytest.mark.parametrize(
    ("row", "value"), [(0, np.inf), (1, 1.0), (2, 300.0), (2, -1.0), (3, np.nan), (4, -1.0), (4, np.inf)]
)
def test_a_bar_that_cannot_be_is_refused(row: int, value: float) -> None:
    prices = columns()
    prices[row, 7, 1] = value
    with pytest.raises(DataFault, match=r"not finite, positive and in order. Nothing was run"):
        grid_of(SYMBOLS, Timeframe.H1, CLOSES, prices)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"symbols": ("ETH/USDT", "BTC/USDT")}, "distinct and in order of their names"),
        ({"symbols": ("BTC/USDT", "BTC/USDT")}, "distinct and in order of their names"),
        ({"symbols": ()}, "distinct and in order of their names"),
        ({"close_ms": CLOSES[:-1]}, r"where \(5, 59, 2\)"),
        ({"close_ms": CLOSES[::-1]}, "must be 1h apart"),
        ({"close_ms": np.where(np.arange(BARS) > 30, CLOSES + 1, CLOSES)}, "must be 1h apart"),
        ({"timeframe": Timeframe.M5}, "must be 5m apart"),
        ({"first": BARS}, "would begin at bar 60 of 60"),
        ({"first": -1}, "would begin at bar -1"),
        ({"frozen": np.zeros((BARS, 3))}, "prices have shape"),
    ],
)
def test_columns_that_do_not_fit_each_other_are_refused_in_words(changes: dict[str, Any], words: str) -> None:
    given = {"symbols": SYMBOLS, "timeframe": Timeframe.H1, "close_ms": CLOSES, "prices": columns(), **changes}
    with pytest.raises(DataFault, match=words):
        grid_of(given.pop("symbols"), given.pop("timeframe"), given.pop("close_ms"), given.pop("prices"), **given)


def test_a_tape_that_is_told_finer_is_refused_before_a_bar_is_read(tape: Tape) -> None:
    from dataclasses import replace

    read: list[int] = []
    with pytest.raises(UsageFault, match="Leave out --detail and --funding"):
        grid_of_tape(replace(tape, funding={1: ()}), lambda row, now: read.append(row))
    assert read == []
