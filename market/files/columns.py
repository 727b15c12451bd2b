"""Finds the columns of time, prices and market in a file of bars, and reads the times of funding rates.

Times of funding are UTC: seconds, milliseconds, microseconds or nanoseconds since 1970 (recognised row by row, because real files
mix them), ISO 8601 text, or CryptoDataDownload's `2017-08-17 04-AM`. `market/files/text/dates.py` reads those of bars.
"""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.errors import DataFault
from market.files.stamps import Stamps
from market.files.text.dates import epochs_ms
from market.files.text.names import CLOCKS, CLOSE_TIMES, DAYS, OPEN_TIMES, PRICES, SYMBOLS, TIMES, meanings, plain
from market.perpetual.spelling import told_mark


class Layout(NamedTuple):
    """The names of the columns of a file by what they hold. `others`: every column by its plain name, or our own name for it.

    `days` and `clock` are the columns of a day and of a time of day, if the file has both. `named`: whether `time` is by its name
    the open or the close of a bar.
    """

    time: str
    prices: tuple[str, str, str, str]
    symbol: str | None
    others: dict[str, str]
    days: str | None = None
    clock: str | None = None
    named: Stamps | None = None


def layout_of(columns: Iterable[object], path: PurePath, *, traded: bool = True) -> Layout:
    """Find the columns of time, prices and symbol. Raises DataFault that names the missing and the found columns.

    `traded`: bars of trades, which have a volume; mark prices have none.
    """
    found = [str(column) for column in columns]
    by_name = meanings(found)
    _refuse_twins(found, path)
    time = next((by_name[name] for name in TIMES if name in by_name), None)
    close = next((by_name[name] for name in CLOSE_TIMES if name in by_name), None)
    missing = [name for name in PRICES if name not in by_name]
    missing += ["time"] if time is None and close is None else []
    missing += [] if not traded or any(is_volume(name) for name in by_name) else ["volume"]
    moment = time if time is not None else close
    if missing and sum(column.replace(".", "", 1).isdigit() for column in found) >= len(PRICES):
        raise DataFault(
            f"{path.name} has no header, and its first row is {', '.join(found[:12])}: a time, four prices and a volume were "
            "expected. It was not read; give the file a first line with the names time,open,high,low,close,volume."
        )
    if missing or moment is None:
        marks = any(told_mark(each) for each in (path.name.partition(".")[0], *found))
        needed = f"give a file with time, open, high, low{', close and volume' if traded else ' and close'}"
        hint = "it tells of mark prices: bars of them are given with --marks, beside the traded bars of --data"
        raise DataFault(
            f"{path.name} has no column for {', '.join(missing)} (it has {', '.join(found[:12]) or 'none'}): "
            f"it was not read; {hint if traded and marks else needed}."
        )
    open_, high, low, close_ = (by_name[name] for name in PRICES)
    return Layout(
        moment,
        (open_, high, low, close_),
        next((by_name[name] for name in SYMBOLS if name in by_name), None),
        by_name,
        next((by_name[name] for name in DAYS if name in by_name), None),
        next((by_name[name] for name in CLOCKS if name in by_name), None),
        "close" if time is None else "open" if plain(time) in OPEN_TIMES else None,
    )


def is_volume(name: str) -> bool:
    """Whether a column of this plain name holds a volume, or counts that stand for one."""
    return name in ("turnover", "quote_av", "ticks") or "vol" in name


def _refuse_twins(found: list[str], path: PurePath) -> None:
    """Raise DataFault for a file with two columns of one name, of which nobody knows which is meant."""
    names = [plain(column.partition("\x1f")[0]) for column in found]
    for name in PRICES:
        if names.count(name) > 1:
            raise DataFault(
                f"{path.name} has {names.count(name)} columns that are called {name}: it was not read; leave one of "
                "them in the file."
            )


def open_times_ms(times: "pd.Series[Any]") -> NDArray[np.float64]:
    """The time of each row, shape (n,), float64 [ms since 1970 UTC]; NaN for a cell without an unambiguous time."""
    if isinstance(times.dtype, pd.DatetimeTZDtype) or times.dtype.kind == "M":
        return _datetimes_ms(pd.to_datetime(times, utc=True))
    numbers = pd.to_numeric(times, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if np.isnan(numbers).all():
        return _text_ms(times.astype("string"))
    return epochs_ms(numbers)


def _text_ms(text: "pd.Series[str]") -> NDArray[np.float64]:
    text = text.where(text.str.match(r"\s*\d", na=False))  # pandas asks the clock about "today" and "now"
    parsed = pd.to_datetime(text, utc=True, errors="coerce", format="ISO8601")
    if parsed.isna().any():
        parsed = parsed.fillna(pd.to_datetime(text, utc=True, errors="coerce", format="%Y-%m-%d %I-%p"))
    return _datetimes_ms(parsed)


def _datetimes_ms(moments: "pd.Series[pd.Timestamp]") -> NDArray[np.float64]:
    ms = moments.dt.as_unit("ms").astype("int64").to_numpy(np.float64)
    return np.where(moments.isna().to_numpy(), np.nan, ms)
