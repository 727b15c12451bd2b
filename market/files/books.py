"""Reads recorded order books and trades from CSV and Parquet files. It recognises the format by the columns.

Books: one whole book in a row (`asks[0].price`, `asks[0].amount`, …, times in microseconds, as in Tardis files), or one level in
a row (`timestamp`, `side`, `update_type`, `price`, `qty`, times in milliseconds, as in Binance files). Of the second format it
takes only whole books (`snap`). Trades: `timestamp`, `price`, and `quantity`, `amount` or `qty`.

It refuses a file with changes of a book but without that book, a book with one side only, a crossed or unordered book, and
numbers that are not finite and positive: an order could not be walked through any of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyarrow import ArrowException

from config.errors import DataFault
from market.symbols import normalise_symbol

Floats = NDArray[np.float64]
_DEPTH = {"timestamp", "side", "update_type", "price", "qty"}
_WHOLE = {"timestamp", "asks[0].price", "asks[0].amount", "bids[0].price", "bids[0].amount"}
_MOST_MS = 10**14
"""Times above this are in microseconds: in milliseconds they would be after the year 5138."""
_NOTHING = "Nothing was computed."


@dataclass(frozen=True, slots=True, eq=False)
class RecordedBook:
    """One book: `bids` and `asks` of shape (n, 2), price [quote] and quantity [base], best first."""

    symbol: str
    at_ms: int
    bids: Floats
    asks: Floats

    @property
    def middle(self) -> float:
        """The mid price: half-way between best bid and best ask [quote]."""
        return float(self.bids[0, 0] + self.asks[0, 0]) / 2


class Traded(NamedTuple):
    """The trades of a period: their prices [quote] and their volume [base]."""

    begin_ms: int
    end_ms: int
    high: float
    low: float
    volume: float


def read_books(paths: Sequence[Path]) -> list[RecordedBook]:
    """All whole books of these files, oldest first; of two books of the same moment, the deeper one.

    Raises DataFault when a file cannot be read or trusted.
    """
    found: dict[tuple[str, int], RecordedBook] = {}
    for path in paths:
        for book in _books(_table(path), path):
            _refuse_unsound(book, path)
            other = found.get((book.symbol, book.at_ms))
            if other is None or len(other.asks) < len(book.asks):
                found[book.symbol, book.at_ms] = book
    return sorted(found.values(), key=lambda book: (book.at_ms, book.symbol))


def read_trades(path: Path, symbol: str) -> Traded:
    """The trades of a market in a file as one `Traded`. A file without a column for the market holds one market only.

    Raises DataFault when the file cannot be read or trusted, or holds trades of another market.
    """
    table = _of_market(_table(path), path, symbol)
    size = next((name for name in ("quantity", "amount", "qty") if name in table.columns), None)
    if size is None or not {"timestamp", "price"} <= set(table.columns) or len(table) < 2:
        raise DataFault(
            f"{path.name} holds no trades: the columns timestamp, price and quantity and two rows are needed. {_NOTHING}"
        )
    try:
        price, quantity = (table[name].to_numpy(dtype=np.float64) for name in ("price", size))
        times = _milliseconds(table["timestamp"])
    except (ValueError, TypeError, OverflowError) as fault:
        raise _no_number(path) from fault
    if not (np.isfinite(price) & np.isfinite(quantity) & (price > 0) & (quantity > 0)).all():
        raise DataFault(f"{path.name} has trades whose price or quantity is not finite and positive. {_NOTHING}")
    return Traded(int(times.min()), int(times.max()), float(price.max()), float(price.min()), float(quantity.sum()))


def _of_market(table: pd.DataFrame, path: Path, symbol: str) -> pd.DataFrame:
    if "symbol" not in table.columns:
        return table
    own = table["symbol"].map(_symbol) == symbol
    if not own.any():
        others = " and ".join(sorted({_symbol(name) for name in table["symbol"].head(1000)})[:5])
        raise DataFault(f"The books are of {symbol}, and {path.name} holds trades of {others}. {_NOTHING}")
    return table[own]


def _books(table: pd.DataFrame, path: Path) -> list[RecordedBook]:
    known = set(table.columns)
    try:
        if known >= _WHOLE:
            return list(_whole_rows(table))
        if known >= _DEPTH:
            return list(_level_rows(table, path))
    except (ValueError, TypeError, KeyError, OverflowError) as fault:
        raise _no_number(path) from fault
    raise DataFault(
        f"{path.name} holds no order books of a known format: its columns are {', '.join(map(str, table.columns[:8]))}. "
        f"{_NOTHING} Give Tardis book_snapshot files, or Binance depth snapshots."
    )


def _no_number(path: Path) -> DataFault:
    return DataFault(f"A column of {path.name} is missing, or holds values that are not numbers. {_NOTHING}")


def _table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (OSError, UnicodeError, ValueError, ArrowException) as fault:
        why = str(fault).splitlines()[0]
        raise DataFault(f"{path.name} cannot be read: {why}. {_NOTHING} Give CSV or Parquet files.") from fault


def _whole_rows(table: pd.DataFrame) -> Iterator[RecordedBook]:
    times = _milliseconds(table["timestamp"])
    names = table["symbol"] if "symbol" in table.columns else [""] * len(table)
    columns = {}
    for side in ("bids", "asks"):
        levels = sum(f"{side}[{number}].price" in table.columns for number in range(table.shape[1]))
        wanted = [f"{side}[{number}].{part}" for number in range(levels) for part in ("price", "amount")]
        columns[side] = table[wanted].to_numpy(dtype=np.float64).reshape(len(table), levels, 2)
    for row, name in enumerate(names):
        bids, asks = (columns[side][row] for side in ("bids", "asks"))
        yield RecordedBook(_symbol(name), int(times[row]), *(side[~np.isnan(side[:, 0])] for side in (bids, asks)))


def _level_rows(table: pd.DataFrame, path: Path) -> Iterator[RecordedBook]:
    whole = table[table["update_type"] == "snap"]
    if whole.empty:
        raise DataFault(f"{path.name} holds changes of a book, but not that book. {_NOTHING} Give the snapshot file.")
    keys = whole["symbol"] if "symbol" in whole.columns else pd.Series("", index=whole.index)
    for _, rows in whole.groupby([keys, whole["timestamp"]]):
        sides = {}
        for side in ("b", "a"):
            found = rows.loc[rows["side"] == side, ["price", "qty"]].to_numpy(dtype=np.float64)
            sides[side] = found[np.argsort(found[:, 0] if side == "a" else -found[:, 0])]
        at = _milliseconds(rows["timestamp"])[0]
        yield RecordedBook(_symbol(keys[rows.index[0]]), int(at), sides["b"], sides["a"])


def _symbol(name: object) -> str:
    return normalise_symbol(str(name)) or str(name)


def _milliseconds(column: "pd.Series[int]") -> NDArray[np.int64]:
    """Times in milliseconds since 1970, from datetimes, milliseconds or microseconds, shape (n,)."""
    if pd.api.types.is_datetime64_any_dtype(column):
        moments = pd.to_datetime(column, utc=True).dt.tz_convert(None).to_numpy("datetime64[ms]")
        return _of_our_time(np.array(moments, dtype=np.int64))
    if pd.api.types.is_float_dtype(column) and not np.isfinite(column).all():
        raise ValueError("a moment is missing")
    times = np.array(column, dtype=np.int64)
    return _of_our_time(times // 1000 if len(times) and times.max() > _MOST_MS else times)


def _of_our_time(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same times. Raises ValueError for one before 1970 or after the year 5138."""
    if len(times) and not (times.min() >= 0 and times.max() <= _MOST_MS):
        raise ValueError("a moment lies outside all recorded time")
    return times


def _refuse_unsound(book: RecordedBook, path: Path) -> None:
    for side, levels in (("bids", book.bids), ("asks", book.asks)):
        if not len(levels):
            raise DataFault(f"{path.name} has a book without {side}, so its mid price is not known. {_NOTHING}")
    values = np.concatenate((book.bids, book.asks))
    steps = np.concatenate((-np.diff(book.bids[:, 0]), np.diff(book.asks[:, 0])))
    if not np.isfinite(values).all() or (values <= 0).any() or (steps <= 0).any() or book.bids[0, 0] >= book.asks[0, 0]:
        raise DataFault(
            f"{path.name} has a book that is crossed, out of order, or not finite and positive, at {book.at_ms}. {_NOTHING}"
        )
