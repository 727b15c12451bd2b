"""Recognises the columns and the times of market files.

Times are bar OPEN times in UTC: seconds, milliseconds, microseconds or nanoseconds since 1970 (recognised row by row, because
real files mix them), ISO 8601 text, or CryptoDataDownload's `2017-08-17 04-AM`. Text without a time zone is UTC. Day-first and
month-first dates are refused, because they cannot be distinguished.
"""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.errors import DataFault

PRICES = ("open", "high", "low", "close")
TIMES = (
    "open_time", "opentime", "unix", "unix_timestamp", "timestamp", "ts", "time", "datetime", "date_time", "date",
    "__index_level_0__", "unnamed:_0", "",
)  # fmt: skip
SYMBOLS = ("symbol", "pair", "market", "instrument", "ticker")
_SHORT = {"o": "open", "h": "high", "l": "low", "c": "close", "v": "volume", "vol": "volume"}
_LATEST_MS = 4_102_444_800_000  # 2100-01-01; a larger number is not a time


class Layout(NamedTuple):
    """The names of the columns of a file by what they hold."""

    time: str
    prices: tuple[str, str, str, str]
    volume: str
    symbol: str | None


def plain(spelling: object) -> str:
    """The name of a column in lower case, without surrounding blanks, byte-order mark and separators."""
    return "_".join(str(spelling).strip().strip("\ufeff").lower().replace("-", "_").split())


def is_header(cells: Iterable[str]) -> bool:
    """Whether a line of a text file is the header with the column names. A banner line above it is not."""
    names = {_SHORT.get(plain(cell), plain(cell)) for cell in cells}
    return names.issuperset(PRICES)


def layout_of(columns: Iterable[object], path: PurePath) -> Layout:
    """Find the columns of time, prices, volume and symbol. Raises DataFault that names the missing and the found columns."""
    found = [str(column) for column in columns]
    by_name: dict[str, str] = {}
    for column in found:
        by_name.setdefault(_SHORT.get(plain(column), plain(column)), column)
    time = next((by_name[name] for name in TIMES if name in by_name), None)
    volume = by_name.get("volume") or next((by_name[name] for name in by_name if name.startswith("volume_")), None)
    missing = [name for name in PRICES if name not in by_name]
    missing += [name for name, column in (("time", time), ("volume", volume)) if column is None]
    if missing or time is None or volume is None:
        raise DataFault(
            f"{path.name} has no column for {', '.join(missing)} (it has {', '.join(found[:12]) or 'none'}): "
            "it was not read; give a file with time, open, high, low, close and volume."
        )
    open_, high, low, close = (by_name[name] for name in PRICES)
    symbol = next((by_name[name] for name in SYMBOLS if name in by_name), None)
    return Layout(time, (open_, high, low, close), volume, symbol)


def open_times_ms(times: "pd.Series[Any]") -> NDArray[np.float64]:
    """The time of each row, shape (n,), float64 [ms since 1970 UTC]; NaN for a cell without an unambiguous time."""
    if isinstance(times.dtype, pd.DatetimeTZDtype) or times.dtype.kind == "M":
        return _datetimes_ms(pd.to_datetime(times, utc=True))
    numbers = pd.to_numeric(times, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if np.isnan(numbers).all():
        return _text_ms(times.astype("string"))
    return _epochs_ms(numbers)


def _epochs_ms(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    size = np.abs(numbers)
    per_ms = np.select([size < 1e11, size < 1e14, size < 1e17], [1e-3, 1.0, 1e3], 1e6)
    ms = np.round(numbers / per_ms)
    return np.where((ms > 0) & (ms < _LATEST_MS), ms, np.nan)


def _text_ms(text: "pd.Series[str]") -> NDArray[np.float64]:
    parsed = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    if parsed.isna().any():
        parsed = parsed.fillna(pd.to_datetime(text, utc=True, errors="coerce", format="%Y-%m-%d %I-%p"))
    return _datetimes_ms(parsed)


def _datetimes_ms(moments: "pd.Series[pd.Timestamp]") -> NDArray[np.float64]:
    ms = moments.dt.as_unit("ms").astype("int64").to_numpy(np.float64)
    return np.where(moments.isna().to_numpy(), np.nan, ms)
