"""The outcomes on columns are those of the slow settler, to the last digit, on any bars with any gaps."""

from typing import NamedTuple

import numpy as np
import pytest
from court_support import AT, case
from hearing_support import BTC, HOUR, Ohlc, barriers, tape
from hypothesis import given, settings
from hypothesis import strategies as st
from short_support import proposal

from agents.memory.outcomes import Settler
from evidence.rulings.barriers import Floats, results


class Columns(NamedTuple):
    open: Floats
    high: Floats
    low: Floats
    close: Floats


class Bought(NamedTuple):
    row: int
    symbol: str
    stop: float
    target: float
    fee: float
    short: bool = False


def columns_of(bars: list[Ohlc | None]) -> Columns:
    nan = float("nan")
    return Columns(*np.array([bar or (nan, nan, nan, nan) for bar in bars], dtype=np.float64).reshape(-1, 4).T)


@st.composite
def ohlc(draw: st.DrawFn) -> Ohlc | None:
    prices = [draw(st.floats(96.0, 104.5)) for _ in range(4)]
    if draw(st.integers(0, 4)) == 0:
        return None
    return prices[0], max(prices), min(prices), prices[3]


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    bars=st.lists(ohlc(), max_size=25),
    horizon=st.integers(1, 6),
    row=st.integers(0, 6),
    fee_bps=st.sampled_from([0.0, 10.0]),
    short=st.booleans(),
)
def test_columns_give_the_outcomes_of_the_settler(
    bars: list[Ohlc | None], horizon: int, row: int, fee_bps: float, short: bool
) -> None:
    limits = barriers(horizon, fee_bps)
    what = case(as_of_utc=AT + row * HOUR, proposal=proposal(short=short))
    settler = Settler(limits)
    settler.add(what)
    settled = [end for now in tape(bars, AT - HOUR) for end in settler.pass_slice(now)]
    bought = Bought(row, BTC, limits.stop_of(what), limits.exits.take_profit_fraction, fee_bps / 1e4, short)
    (found,) = results([bought], {BTC: columns_of(bars)}, horizon)
    if not settled:
        assert found is None
        return
    (end,) = settled
    assert found is not None
    assert (found.won, found.return_bps) == (end.won, end.return_bps)
    assert AT + found.row * HOUR == end.known_at_utc


def test_each_market_has_its_own_bars_and_each_case_its_own_barriers() -> None:
    up: list[Ohlc | None] = [(100.0, 100.0, 100.0, 100.0), (100.0, 106.0, 100.0, 105.0)]
    down: list[Ohlc | None] = [(100.0, 100.0, 100.0, 100.0), (100.0, 100.0, 90.0, 91.0)]
    found = results(
        [Bought(0, "A", 0.05, 0.05, 0.0), Bought(0, "B", 0.05, 0.05, 0.0), Bought(0, "A", 0.05, 0.2, 0.0)],
        {"A": columns_of(up), "B": columns_of(down)},
        1,
    )
    assert [each and (each.won, round(each.return_bps, 6)) for each in found] == [
        (True, 500.0),
        (False, -500.0),
        (False, pytest.approx(500.0)),
    ]
