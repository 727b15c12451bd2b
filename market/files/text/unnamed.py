"""Names the columns of a file without a header, as far as its numbers prove them.

Before the prices stand a time, or a day and a time of day. Of the four prices the greatest is the high and the least the low; the
open is the one that continues the close before it. A column that lies between low and high is a mean price, and the first one
after it that does not is the volume. It refuses a file whose numbers prove no such order.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pandas as pd

from config.errors import DataFault
from market.candles import Floats
from market.files.text.dates import is_clock, is_day

Numbers = Callable[["pd.Series[str]"], Floats]
_MOST = 0.99
_SURE = 3.0


def with_names(frame: pd.DataFrame, numbers: Numbers, falls: bool | None, file: str) -> pd.DataFrame:
    """The same table with the names `time` (or `date` and `time`), open, high, low, close, volume, and quote_volume, if any.

    `numbers` reads a column: shape (n,), float64 [quote, base]. `falls` says that the newest row comes first. Raises DataFault
    when the prices cannot be told apart.
    """
    split = is_day(frame["0"]) and is_clock(frame["1"])
    times = ["date", "time"] if split else ["time"]
    values = {column: numbers(frame[column]) for column in frame.columns[len(times) :]}
    rest = list(values)
    prices = _prices(values, rest[:4], bool(falls), file)
    after = [column for column in rest[4:] if not _is_mean(values[column], values, prices)]
    if not after:
        raise _refused(file, frame, "a volume after the four prices")
    named = dict(zip(frame.columns, times, strict=False)) | prices | {after[0]: "volume"}
    quote = next((column for column in after[1:] if _is_mean(values[column], values, prices, values[after[0]])), None)
    if quote is not None:
        named[quote] = "quote_volume"
    return frame.rename(columns=named)


def _prices(values: dict[str, Floats], columns: list[str], falls: bool, file: str) -> dict[str, str]:
    """Which of four columns is open, high, low and close."""
    table = np.stack([values[column] for column in columns])
    sound = np.isfinite(table).all(axis=0)
    table = table[:, sound]
    greatest = [bool((row >= table).all(axis=0).mean() >= _MOST) for row in table]
    least = [bool((row <= table).all(axis=0).mean() >= _MOST) for row in table]
    if not table.size or sum(greatest) != 1 or sum(least) != 1:
        raise DataFault(
            f"{file} has no header, and the four columns after its time are not the prices of bars, of which one is "
            "always the highest "
            "and one the lowest: it was not read; give the file a first line with the names time,open,high,low,close,volume."
        )
    high, low = greatest.index(True), least.index(True)
    first, second = (place for place in range(4) if place not in (high, low))
    opens = _open(table[first], table[second], falls)
    if opens is None:
        raise DataFault(
            f"{file} has no header, and its prices do not show which column is the open and which the close: it was "
            "not read; give the "
            "file a first line with the names time,open,high,low,close,volume."
        )
    open_, close = (first, second) if opens == "first" else (second, first)
    return {columns[open_]: "open", columns[high]: "high", columns[low]: "low", columns[close]: "close"}


def _open(first: Floats, second: Floats, falls: bool) -> Literal["first", "second"] | None:
    """Which of two columns is the open: it continues the other one. Every known publisher writes the open first."""
    if falls:
        first, second = first[::-1], second[::-1]
    as_usual, turned = (float(np.abs(a[1:] - b[:-1]).sum()) for a, b in ((first, second), (second, first)))
    if as_usual <= turned:
        return "first"
    return "second" if turned * _SURE < as_usual else None


def _is_mean(column: Floats, values: dict[str, Floats], prices: dict[str, str], of: Floats | None = None) -> bool:
    """Whether a column, divided by `of` where that is given, lies between low and high."""
    at = {name: values[place] for place, name in prices.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        price = column if of is None else column / of
    known = np.isfinite(price)
    inside = (price >= at["low"] * (1 - 1e-6)) & (price <= at["high"] * (1 + 1e-6))
    return bool(known.any()) and bool(inside[known].mean() >= _MOST)


def _refused(file: str, frame: pd.DataFrame, expected: str) -> DataFault:
    row = ", ".join(str(cell) for cell in frame.iloc[0])
    return DataFault(
        f"{file} has no header and its first row is {row}: {expected} was expected. It was not read; give the file a "
        "first line with "
        "the names time,open,high,low,close,volume."
    )
