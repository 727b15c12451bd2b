"""The snapshot of the golden cross: known answers on prices made by hand."""

import numpy as np
import pytest

from config.clock import to_ms
from evidence.strategies.crossings import crossings
from market.candles import RawCandles
from market.sessions.calendar import bar_close, calendar_of
from market.timeframe import Timeframe


def candles(closes: list[float]) -> RawCandles:
    calendar = calendar_of("XNYS")
    days = calendar.between(calendar.first, calendar.last)[: len(closes)]
    close_ms = np.array([to_ms(bar_close(day)) for day in days], dtype=np.int64)
    prices = np.array(closes)
    return RawCandles("A/USD", Timeframe.D1, close_ms, prices, prices, prices, prices, np.ones(len(closes)))


FALL, RISE = [200.0 - 0.2 * n for n in range(300)], [140.0 + n for n in range(120)]


def test_a_crossing_is_where_the_means_change_places_and_is_followed_to_the_last_bar() -> None:
    closes = FALL + RISE
    (found,) = crossings({"A/USD": candles(closes)})
    begin = next(n for n in range(250, 420) if np.mean(closes[n - 49 : n + 1]) > np.mean(closes[n - 199 : n + 1]))
    assert (found.close, found.last, found.back) == (closes[begin], closes[-1], None)
    assert found.bars == len(closes) - 1 - begin
    assert found.change == found.highest == pytest.approx(closes[-1] / closes[begin] - 1)
    assert found.lowest == 0.0


def test_the_way_back_ends_it_and_what_it_lost_is_told() -> None:
    closes = FALL + RISE + [260.0 - 2 * n for n in range(115)]
    (found,) = crossings({"A/USD": candles(closes)})
    assert found.back is not None
    assert found.lowest <= found.change < found.highest


def test_too_few_bars_and_a_mean_that_is_above_from_the_start_are_no_crossing() -> None:
    assert crossings({"A/USD": candles(FALL[:200])}) == ()
    assert crossings({"A/USD": candles([100.0 + n for n in range(400)])}) == ()
