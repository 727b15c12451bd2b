"""One symbol on one timeframe: what is of the bars before and not of this one, and what is unknown while history is short."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from config.seeds import generator
from market.bar import Bar
from market.indicators.horizon import Horizon
from market.signals import TechnicalSignals
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)


def bars(closes: list[float], volumes: list[float] | None = None, spread: float = 1.0) -> list[Bar]:
    return [
        Bar(
            symbol="BTC/USDT", timeframe=Timeframe.H1, close_utc=START + timedelta(hours=number + 1), open=close,
            high=close + spread, low=close - spread, close=close, volume=volumes[number] if volumes else 1.0,
        )
        for number, close in enumerate(closes)
    ]  # fmt: skip


def seen(shown: list[Bar]) -> TechnicalSignals:
    """The signals after these bars."""
    horizon = Horizon("BTC/USDT", Timeframe.H1)
    for bar in shown:
        horizon.push(bar)
    found = horizon.signals()
    assert found is not None
    return found


def walk(n: int, seed: int = 1) -> list[float]:
    return list(100 * np.exp(np.cumsum(generator(seed, "horizon").normal(0, 0.01, n))))


def test_before_the_first_bar_there_are_no_signals_and_after_it_almost_none() -> None:
    assert Horizon("BTC/USDT", Timeframe.H1).signals() is None
    first = seen(bars([100.0]))
    assert (first.bars, first.close, first.return_1) == (1, 100.0, None)
    unknown = (first.rsi_14, first.macd, first.sma_20, first.atr_14_quote, first.highest_20, first.realized_volatility)
    assert unknown == (None,) * 6
    assert [first.overbought, first.oversold, first.golden_cross] == [False] * 3


@pytest.mark.parametrize(
    ("field", "bars_needed"),
    [("sma_20", 20), ("sma_200", 200), ("rsi_14", 15), ("atr_14_quote", 15), ("highest_20", 21), ("volume_ratio_20", 21),
     ("realized_volatility", 25), ("return_1", 2), ("previous_rsi_14", 16)],
)  # fmt: skip
def test_a_signal_is_known_from_its_first_full_window_on(field: str, bars_needed: int) -> None:
    history = bars(walk(bars_needed))
    assert getattr(seen(history[:-1]), field) is None
    assert getattr(seen(history), field) is not None


@pytest.mark.slow
@given(seed=st.integers(0, 5000), n=st.integers(25, 60))
def test_extremes_and_volume_are_held_against_the_twenty_bars_before_this_one(seed: int, n: int) -> None:
    closes = walk(n, seed)
    volumes = list(generator(seed, "volume").uniform(1, 9, n))
    found = seen(bars(closes, volumes))
    assert found.highest_20 == max(closes[-21:-1]) + 1
    assert found.lowest_20 == min(closes[-21:-1]) - 1
    assert found.volume_ratio_20 == pytest.approx(volumes[-1] / np.mean(volumes[-21:-1]))


@pytest.mark.slow
@given(seed=st.integers(0, 5000), n=st.integers(25, 60))
def test_volatility_is_that_of_the_last_day_of_log_returns_in_a_year_of_365_days(seed: int, n: int) -> None:
    closes = walk(n, seed)
    returns = np.diff(np.log(closes))[-24:]
    found = seen(bars(closes))
    assert found.realized_volatility == pytest.approx(np.std(returns, ddof=1) * math.sqrt(365 * 24))
    assert found.return_1 == pytest.approx(returns[-1])


def test_a_market_without_volume_has_no_ratio_and_a_flat_one_no_volatility() -> None:
    flat = seen(bars([100.0] * 40, [0.0] * 40))
    assert flat.volume_ratio_20 is None
    assert flat.realized_volatility == 0.0


def test_signals_are_built_once_a_bar_and_anew_after_the_next() -> None:
    horizon = Horizon("BTC/USDT", Timeframe.H1)
    first, second = bars([100.0, 101.0])
    horizon.push(first)
    told = horizon.signals()
    assert horizon.signals() is told
    horizon.push(second)
    assert horizon.signals() is not told
    assert told is not None
    assert told.bars == 1


def test_a_bar_that_is_not_newer_is_refused_and_changes_nothing() -> None:
    horizon = Horizon("BTC/USDT", Timeframe.H1)
    first, second = bars([100.0, 101.0])
    horizon.push(second)
    told = horizon.signals()
    for stale in (first, second):
        with pytest.raises(ValueError, match="is not newer than the last one"):
            horizon.push(stale)
    assert horizon.signals() is told


def test_a_cross_is_said_at_the_bar_at_which_it_happens_and_at_no_other() -> None:
    """Sixty falling bars and then rising ones: the fast line crosses the slow one upward once."""
    closes = [200.0 - n for n in range(60)] + [140.0 + 4 * n for n in range(30)]
    horizon, up, down = Horizon("BTC/USDT", Timeframe.H1), [], []
    for number, bar in enumerate(bars(closes)):
        horizon.push(bar)
        found = horizon.signals()
        assert found is not None
        if found.ema_cross_up:
            up.append(number)
            assert found.ema_12 is not None
            assert found.ema_26 is not None
            assert found.ema_12 > found.ema_26
        down += [number] if found.ema_cross_down else []
    assert len(up) == 1
    assert up[0] > 60
    assert down == []


@pytest.mark.parametrize(("step", "overbought"), [(1.0, True), (-1.0, False)])
def test_what_only_rises_is_overbought_and_what_only_falls_oversold(step: float, overbought: bool) -> None:
    found = seen(bars([100 + step * n for n in range(40)]))
    assert (found.overbought, found.oversold) == (overbought, not overbought)


def test_signals_that_are_no_number_are_refused_with_their_names() -> None:
    with pytest.raises(ValidationError, match="obv"):
        seen(bars([100.0 + number for number in range(30)], volumes=[1e308] * 30))
