"""Bars on days on which an exchange is closed: left out, and said so."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from config.clock import from_ms
from market.bar import Finding
from market.candles import RawCandles
from market.sessions.calendar import TradingCalendar, day_of_ms


def without_closed_days(candles: Mapping[str, RawCandles], calendar: TradingCalendar) -> dict[str, RawCandles]:
    """The same daily bars without those of days that are no session, with one finding a market that had some.

    Raises UsageFault for a bar beyond what the calendar knows.
    """
    return {symbol: _open_days(bars, calendar) for symbol, bars in candles.items()}


def _open_days(bars: RawCandles, calendar: TradingCalendar) -> RawCandles:
    kept = np.array([calendar.is_session(day_of_ms(int(ms))) for ms in bars.close_ms], dtype=bool)
    if kept.all():
        return bars
    left = bars.close_ms[~kept]
    detail = (
        f"{len(left)} bars of days on which {calendar.name} is closed, the first of {day_of_ms(int(left[0]))}: left out"
    )
    found = Finding(symbol=bars.symbol, at_utc=from_ms(int(left[0])), kind="closed_day", detail=detail)
    names = ("open", "high", "low", "close", "volume")
    columns = {name: column[kept] for name, column in zip(names, bars.columns, strict=True)}
    return replace(bars, close_ms=bars.close_ms[kept], findings=(*bars.findings, found), **columns)
