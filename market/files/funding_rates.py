"""Reads funding rates of perpetual contracts from Parquet, Feather and CSV files with a time, a symbol and a rate.

A rate is the share of the notional that longs pay to shorts at its time; a negative rate is paid to longs. Times are rounded to
the minute, because exchanges record them some milliseconds late. The reader refuses times without a time zone, because
publishers write them in different zones; rates that are not finite or above `MOST`, because those are percentages or damaged;
rates whose median over any month is above `MOST_A_YEAR`, because those are percentages, if the name of the column does not say
its unit; and two different rates of one market and time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.clock import from_ms
from config.errors import DataFault
from market.candles import Floats, Millis
from market.files.columns import open_times_ms
from market.files.frames import read_frame, symbol_of_file
from market.files.text.names import SYMBOLS, TIMES, plain
from market.symbols import normalise_symbol

MOST = 0.05
"""The largest accepted rate of one interval [fraction of the notional]. A larger one is a percentage, or damaged."""
MOST_A_YEAR = 2.0
"""The largest accepted median of a month of one market's rates, over a year [fraction of the notional].

Rates of zero are left out: they say nothing of the unit. The median of 33 real markets is 0.1; of any 30 days of them at most
1.8. The same rates in percent have medians of 3 to 180.
"""
_MINUTE_MS = 60_000
_YEAR_MS, _HOUR_MS = 365 * 86_400_000, 3_600_000
_USUAL_MS, _MONTH_MS = 8 * _HOUR_MS, 30 * 24 * _HOUR_MS
_FUNDING_TIMES = ("funding_time", "fundingtime", "calc_time", "time_as_published", *TIMES)
_RATES = ("funding_rate", "fundingrate", "last_funding_rate", "rate")
_UNITS = {"fraction": 1.0, "percent": 100.0, "pct": 100.0, "%": 100.0, "bps": 10_000.0}
"""Units at the end of a column's name, `funding_rate_percent`, and what one is divided by."""
_TOLD = {f"{name}_{unit}": parts for name in _RATES for unit, parts in _UNITS.items()}
_ZONED = r"(?:Z|[+-]\d{2}:?\d{2})\s*$"


@dataclass(frozen=True, slots=True, eq=False)
class FundingRates:
    """Rates of one market: `at_ms`, shape (n,), int64 [ms since 1970 UTC], whole minutes, strictly rising; `rate`, shape (n,),
    float64 [fraction of the notional]."""

    symbol: str
    at_ms: Millis
    rate: Floats


def read_funding_files(paths: Sequence[Path], symbols: Sequence[str]) -> dict[str, FundingRates]:
    """The rates of those of `symbols` (BASE/QUOTE) that are in the files, joined by symbol.

    The symbol comes from the column of the file, or else from its name, or else it is the only one of `symbols`. Raises
    DataFault when a file cannot be trusted, when files contradict each other, and when no file holds any of the symbols.
    """
    parts: dict[str, list[tuple[Millis, Floats]]] = {}
    for path in paths:
        for symbol, at_ms, rate in _markets(path, symbols):
            parts.setdefault(symbol, []).append((at_ms, rate))
    if not any(symbol in parts for symbol in symbols):
        raise DataFault(
            f"{_names(paths)} holds funding of {', '.join(sorted(parts)[:12])} and none of {', '.join(symbols)}: nothing was "
            "started; give the rates of the markets that are traded."
        )
    return {symbol: _joined(symbol, parts[symbol], paths) for symbol in symbols if symbol in parts}


def _markets(path: Path, wanted: Sequence[str]) -> list[tuple[str, Millis, Floats]]:
    frame = read_frame(path)
    by_name: dict[str, str] = {}
    for column in map(str, frame.columns):
        by_name.setdefault(plain(column), column)
    time, rate = (
        next((by_name[name] for name in names if name in by_name), None)
        for names in (_FUNDING_TIMES, (*_RATES, *_TOLD))
    )
    if time is None or rate is None or frame.empty:
        raise DataFault(
            f"{path.name} has no rows with a time and a rate (columns: {', '.join(by_name) or 'none'}): it was not read; give a "
            "file with time, symbol and funding_rate."
        )
    at_ms = _moments_ms(frame[time], path)
    unit = 1.0 if _has_signs(frame[rate]) else _TOLD.get(plain(rate))
    rates = _believed(_numbers(frame[rate]) / (unit or 1.0), path, plain(rate))
    symbol = next((by_name[name] for name in SYMBOLS if name in by_name), None)
    if symbol is None:
        markets = [(symbol_of_file(path, wanted), at_ms, rates)]
    else:
        codes, spelled = pd.factorize(frame[symbol].astype("string").fillna("").to_numpy(object))
        names = np.array([normalise_symbol(each, wanted) or each for each in spelled], dtype=object)[codes]
        markets = [(str(name), at_ms[names == name], rates[names == name]) for name in dict.fromkeys(names.tolist())]
    if unit is None:
        _refuse_percent(markets, path, rate)
    return markets


def _has_signs(column: "pd.Series[Any]") -> bool:
    """Whether all rates are written with a sign of per cent: 0.0100%."""
    return column.dtype.kind not in "iufM" and bool(column.astype("string").str.endswith("%").fillna(False).all())


def _numbers(column: "pd.Series[Any]") -> Floats:
    if _has_signs(column):
        return _numbers(column.astype("string").str.removesuffix("%")) / 100.0
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _refuse_percent(markets: Sequence[tuple[str, Millis, Floats]], path: Path, column: str) -> None:
    """Raise DataFault when the median rate of a month of a market, paid over a year, can only be in percent."""
    for symbol, at_ms, rates in markets:
        gap_ms = float(np.median(np.diff(np.unique(at_ms)))) if len(np.unique(at_ms)) > 1 else _USUAL_MS
        paid_ms = min(max(gap_ms, _HOUR_MS), 24 * _HOUR_MS)
        usual, of = _highest_middle(at_ms, rates, int(_MONTH_MS / paid_ms))
        a_year = usual * _YEAR_MS / paid_ms
        if a_year > MOST_A_YEAR:
            raise DataFault(
                f"The middle rate of {symbol} in {path.name} is {usual:g}{of}; as a share of the notional it would cost "
                f"{a_year:.0%} a year, so it is probably in percent: it was not read; name the column {plain(column)}_percent if "
                f"it is, or {plain(column)}_fraction if 0.0001 means 0.01%."
            )


def _highest_middle(at_ms: Millis, rates: Floats, month: int) -> tuple[float, str]:
    """The highest median of `month` rates in a row that are not zero, and where it is, if it is not that of all of them.

    A file can change its unit midway, and rates of zero have none.
    """
    order = np.argsort(at_ms, kind="stable")
    size = pd.Series(np.abs(rates)[order])
    size = size[size > 0]
    if len(size) <= month:
        return (float(size.median()) if len(size) else 0.0), ""
    middle = size.rolling(month).median()
    last = size.index.to_numpy(np.int64)[int(np.nanargmax(middle.to_numpy(np.float64)))]
    return float(middle.max()), f" in the month up to {from_ms(int(at_ms[order][last])):%Y-%m-%d}"


def _moments_ms(times: "pd.Series[Any]", path: Path) -> Millis:
    naive = times.dtype.kind == "M" and not isinstance(times.dtype, pd.DatetimeTZDtype)
    if not naive and times.dtype.kind not in "iufM":
        naive = not bool(times.astype("string").str.contains(_ZONED, regex=True).fillna(False).all())
    if naive:
        raise DataFault(
            f"The times of {path.name} (column {times.name}) have no time zone, and publishers of funding rates use different "
            "ones: it was not read; give UTC, as 2024-01-01T08:00:00Z or in milliseconds since 1970."
        )
    ms = open_times_ms(times)
    if lost := int(np.isnan(ms).sum()):
        raise DataFault(f"{lost} of the {len(ms)} rows of {path.name} have no time that can be read: it was refused.")
    return (np.round(ms / _MINUTE_MS) * _MINUTE_MS).astype(np.int64)


def _believed(rates: Floats, path: Path, column: str) -> Floats:
    wrong = np.flatnonzero(~(np.abs(rates) <= MOST))
    if not len(wrong):
        return rates
    first = f"the first in row {wrong[0] + 1} ({rates[wrong[0]]:g})"
    if np.isnan(rates[wrong]).all():
        raise DataFault(
            f"{len(wrong)} of the {len(rates)} rates of {path.name} are no numbers, {first}: it was refused; leave out rows "
            "without a rate: it is then said that nothing is charged there."
        )
    name = column if column in _RATES else _RATES[0]
    raise DataFault(
        f"{len(wrong)} of the {len(rates)} rates of {path.name} are not a number or beyond {MOST:.0%}, {first}: it was refused; "
        f"give shares of the notional (0.0001 is 0.01%), or name the column {name}_percent or {name}_bps if it is in that unit."
    )


def _joined(symbol: str, parts: Sequence[tuple[Millis, Floats]], paths: Sequence[Path]) -> FundingRates:
    """One rate for each time. Raises DataFault when two rates of the same time differ."""
    at_ms, rate = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((rate, at_ms))
    at_ms, rate = at_ms[order], rate[order]
    repeated = np.diff(at_ms, prepend=at_ms[0] - 1) == 0
    contrary = np.flatnonzero(repeated & (np.diff(rate, prepend=rate[0]) != 0))
    if len(contrary):
        raise DataFault(
            f"{_names(paths)} holds two funding rates of {symbol} for {from_ms(int(at_ms[contrary[0]])):%Y-%m-%d %H:%M} UTC, and "
            f"{len(contrary)} such contradictions in all: nothing was started; give the rates of one exchange."
        )
    keep: NDArray[np.bool_] = ~repeated
    return FundingRates(symbol, at_ms[keep], rate[keep])


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(path.name for path in paths)
