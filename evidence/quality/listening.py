"""Lets the quality monitor hear recorded bars, bar close by bar close as in a session, and writes down what it says."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from config.sections.quality import QualitySettings
from market.candles import RawCandles
from market.quality.monitor import QualityMonitor, Quote
from market.timeframe import Timeframe


class Said(NamedTuple):
    """A finding of the monitor: the market (BASE/QUOTE), the open of its bar [ms since 1970 UTC], and its kind."""

    symbol: str
    open_ms: int
    kind: str


def listen(settings: QualitySettings, markets: Mapping[str, RawCandles]) -> Iterator[Said]:
    """All findings about these markets, which are one session: all of one timeframe."""
    timeframe = next(iter(markets.values())).timeframe
    rows = {symbol: _rows(candles) for symbol, candles in markets.items()}
    closes = np.unique(np.concatenate([candles.close_ms for candles in markets.values()])).tolist()
    return hear(settings, timeframe, rows, closes)


def hear(
    settings: QualitySettings, timeframe: Timeframe, rows: Mapping[str, Mapping[int, Quote]], closes: list[int]
) -> Iterator[Said]:
    """The findings about quotes by market and close [ms since 1970 UTC], in the order of `closes`."""
    monitor, step_ms = QualityMonitor(settings, timeframe, list(rows)), timeframe.seconds * 1000
    for close in closes:
        raw = {symbol: quotes[close] for symbol, quotes in rows.items() if close in quotes}
        for symbol, found in monitor.pass_by(from_ms(close), raw).items():
            yield from (Said(symbol, close - step_ms, kind) for kind, _ in found)


def _rows(candles: RawCandles) -> dict[int, Quote]:
    columns = (column.tolist() for column in candles.columns)
    return dict(zip(candles.close_ms.tolist(), zip(*columns, strict=True), strict=True))
