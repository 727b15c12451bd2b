"""Columns of bars: proven ones hold no impossible row, and give back the bars that went in."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from config.clock import from_ms, to_ms
from config.errors import DataFault, UsageFault
from config.sections.market import InstrumentSettings, MarketSettings
from market.candles import Candles
from market.catalogue import instrument_of
from market.timeframe import Timeframe

START = datetime(2024, 1, 1, tzinfo=UTC)


def columns(n: int = 4) -> list[np.ndarray]:
    close_ms = to_ms(START) + 3_600_000 * np.arange(1, n + 1, dtype=np.int64)
    return [close_ms, *(np.full(n, price) for price in (10.0, 12.0, 9.0, 11.0, 5.0))]


def test_a_moment_survives_the_way_to_milliseconds_and_back() -> None:
    moment = datetime(1969, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
    assert to_ms(moment) == -1
    assert from_ms(to_ms(moment)) == moment


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        to_ms(datetime(2024, 1, 1))  # noqa: DTZ001


def test_a_bar_comes_out_as_it_went_in() -> None:
    bar = Candles.validated("BTC/USDT", Timeframe.H1, *columns()).bar(1)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10.0, 12.0, 9.0, 11.0, 5.0)
    assert bar.close_utc == START + timedelta(hours=2)
    assert bar.open_utc == START + timedelta(hours=1)


def test_between_takes_closes_after_the_start_up_to_the_end() -> None:
    candles = Candles.validated("BTC/USDT", Timeframe.H1, *columns())
    part = candles.between(START + timedelta(hours=1), START + timedelta(hours=3))
    assert [from_ms(int(ms)).hour for ms in part.close_ms] == [2, 3]
    assert len(candles) == 4


def test_validated_columns_cannot_be_changed() -> None:
    candles = Candles.validated("BTC/USDT", Timeframe.H1, *columns())
    with pytest.raises(ValueError, match="read-only"):
        candles.close[0] = 1.0


@pytest.mark.parametrize(
    ("column", "row", "value", "words"),
    [
        (1, 2, np.nan, "not finite"),
        (2, 0, np.inf, "not finite"),
        (2, 2, 10.5, "in order"),
        (3, 1, 10.5, "in order"),
        (3, 1, 0.0, "positive"),
        (5, 3, -1.0, "not finite, positive"),
        (0, 2, 0, "strictly increasing"),
        (0, 3, to_ms(START + timedelta(hours=5, minutes=1)), "grid"),
    ],
)
def test_an_impossible_row_is_refused(column: int, row: int, value: float, words: str) -> None:
    bad = columns()
    bad[column][row] = value
    with pytest.raises(DataFault, match=words):
        Candles.validated("BTC/USDT", Timeframe.H1, *bad)


def test_columns_of_other_lengths_or_types_are_refused() -> None:
    short = columns()
    short[4] = short[4][:-1]
    with pytest.raises(DataFault, match="differ in length"):
        Candles.validated("BTC/USDT", Timeframe.H1, *short)
    with pytest.raises(DataFault, match="float64"):
        Candles.validated("BTC/USDT", Timeframe.H1, *(column.astype(np.float32) for column in columns()))


def market(**instruments: InstrumentSettings) -> MarketSettings:
    return MarketSettings(
        symbols=("BTC/USDT",),
        timeframe="1h",
        feed=None,
        feed_patience_s=20.0,
        feed_late_s=90.0,
        session_days=1,
        warmup_bars=200,
        scenario="mixed",
        context="none",
        history_days=0,
        signals="core",
        instruments=instruments,
    )


def test_an_instrument_takes_its_own_rules_and_else_the_default_ones() -> None:
    settings = market(**{"default": InstrumentSettings(), "BTC/USDT": InstrumentSettings(tick_size=Decimal("0.5"))})
    assert instrument_of(settings, "BTC/USDT").tick_size == Decimal("0.5")
    ether = instrument_of(settings, "ETH/BTC")
    assert (ether.base, ether.quote, ether.tick_size) == ("ETH", "BTC", Decimal("0.01"))


@pytest.mark.parametrize("symbol", ["BTCUSDT", "/USDT", "BTC/", "ETH/USDT"])
def test_a_market_without_a_name_or_rules_is_a_usage_fault(symbol: str) -> None:
    with pytest.raises(UsageFault, match=symbol):
        instrument_of(market(**{"BTC/USDT": InstrumentSettings()}), symbol)
