"""Reads `quality/anomalies.csv` of a folder of recorded bars, and the bars that it speaks of.

The list holds every bar of these files that crosses a threshold: `gap`, `zero_volume`, `wide_bar` and `jump`. It does not say
which of them are faults. It refuses a list without its columns, and a hit whose bar is not in its file.
"""

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from config.clock import to_ms
from config.errors import DataFault
from market.candles import RawCandles
from market.files.bars import read_bars

LISTED = Path("quality") / "anomalies.csv"
"""Where the list is, below the folder of recorded bars."""

_COLUMNS = ("file", "symbol", "timestamp", "kind", "value", "detail")


class Hit(NamedTuple):
    """One row of the list. `at_utc` is the open of the bar; `file` is relative to the folder; `symbol` is as listed."""

    file: str
    symbol: str
    at_utc: datetime
    kind: str
    value: float


Feeds = dict[str, dict[str, RawCandles]]
"""The bars of each market (BASE/QUOTE) of each file, all in the timeframe of the file."""


def read_hits(folder: Path) -> tuple[Hit, ...]:
    """The rows of the list. Raises DataFault when the folder has no list, or one with other columns."""
    path = folder / LISTED
    try:
        with path.open(newline="", encoding="utf-8") as text:
            rows = list(csv.DictReader(text))
    except OSError as why:
        raise DataFault(
            f"{path} cannot be read ({why.strerror}): nothing was measured; give the folder that holds quality/anomalies.csv."
        ) from None
    if not rows or tuple(rows[0]) != _COLUMNS:
        raise DataFault(
            f"{path} must have the columns {', '.join(_COLUMNS)}: nothing was measured; give the list as it was made."
        )
    return tuple(
        Hit(row["file"], row["symbol"], datetime.fromisoformat(row["timestamp"]), row["kind"], float(row["value"]))
        for row in rows
    )


def read_feeds(folder: Path, files: Sequence[str]) -> Feeds:
    """The bars of these files. Raises DataFault when one cannot be read."""
    return {name: read_bars([folder / name], None, None).candles for name in files}


def market_of(hit: Hit, feeds: Feeds) -> RawCandles:
    """The bars of the hit's market. Raises DataFault when its file does not hold that market."""
    for symbol, candles in feeds[hit.file].items():
        if symbol.replace("/", "") == hit.symbol:
            return candles
    raise DataFault(
        f"{hit.file} does not hold {hit.symbol}: nothing was measured; give the files that the list was made of."
    )


def row_of(candles: RawCandles, at_utc: datetime) -> int | None:
    """The row of the bar that opens at this moment; None when there is none."""
    close_ms = to_ms(at_utc) + candles.timeframe.seconds * 1000
    row = int(np.searchsorted(candles.close_ms, close_ms))
    return row if row < len(candles) and candles.close_ms[row] == close_ms else None
