"""Reads and writes the bars of one shelf: one Parquet file a year, zstd, written beside and renamed.

Columns: `open_time` [UTC, ms], `open`, `high`, `low`, `close` [quote], `volume` [base]. Rows are kept as they came, bad prints
too: the quality monitor judges them when a session reaches them. A stored bar is not replaced unless that is asked for.
"""

import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from config.errors import DataFault, OutputFault
from config.files import write_whole
from market.candles import Floats, Millis, RawCandles
from market.store.shelves import Shelf

_FILE = "bars.parquet"
_PRICES = ("open", "high", "low", "close", "volume")
_SCHEMA = pa.schema([("open_time", pa.timestamp("ms", tz="UTC")), *((name, pa.float64()) for name in _PRICES)])


class Written(NamedTuple):
    """What became of given bars: `new` ones, `same` as those that were there, and `differing` from them.

    Of differing ones the stored bars stayed, or the given ones took their place if that was asked for.
    """

    new: int
    same: int
    differing: int


class _Columns(NamedTuple):
    """Bars of shape (n,), oldest first: `open_ms`, int64 [ms since 1970 UTC], and `values`, shape (5, n), float64."""

    open_ms: Millis
    values: Floats


def read_shelf(folder: Path, shelf: Shelf) -> RawCandles:
    """All bars of a shelf, oldest first; none for a folder without any. Raises DataFault for a file that cannot be read."""
    years = [_read(path) for path in sorted(folder.glob(f"year=*/{_FILE}"))]
    held = _joined(years)
    if (np.diff(held.open_ms) <= 0).any():
        raise DataFault(
            f"The bars of {shelf} in the store are not in the order of time: they were not read; fill this part of the store "
            "again."
        )
    close_ms = held.open_ms + shelf.timeframe.seconds * 1000
    return RawCandles(shelf.symbol, shelf.timeframe, close_ms, *held.values)


def write_shelf(store: Path, shelf: Shelf, candles: RawCandles, *, replace: bool = False) -> Written:
    """Add bars to a shelf. `replace`: a given bar takes the place of a stored one that differs.

    Each year is a file that is whole at any time, also when this is killed. Raises DataFault for a file in the store that cannot
    be read, and OutputFault for one that cannot be written.
    """
    given = _Columns(candles.close_ms - shelf.timeframe.seconds * 1000, np.stack(candles.columns))
    years = given.open_ms.astype("datetime64[ms]").astype("datetime64[Y]").astype(np.int64) + 1970
    written = Written(0, 0, 0)
    for year in np.unique(years):
        chosen = years == year
        path = shelf.folder(store) / f"year={year}" / _FILE
        held = _read(path) if path.exists() else _joined([])
        merged, told = _merged(held, _Columns(given.open_ms[chosen], given.values[:, chosen]), replace=replace)
        if told.new or (told.differing and replace):
            _write(path, merged)
        written = Written(*(a + b for a, b in zip(written, told, strict=True)))
    return written


def _merged(held: _Columns, given: _Columns, *, replace: bool) -> tuple[_Columns, Written]:
    known = np.isin(given.open_ms, held.open_ms)
    place = np.searchsorted(held.open_ms, given.open_ms[known])
    equal = np.all(
        (given.values[:, known] == held.values[:, place])
        | (np.isnan(given.values[:, known]) & np.isnan(held.values[:, place])),
        axis=0,
    )
    values = held.values.copy()
    if replace:
        values[:, place] = given.values[:, known]
    open_ms = np.concatenate([held.open_ms, given.open_ms[~known]])
    values = np.concatenate([values, given.values[:, ~known]], axis=1)
    order = np.argsort(open_ms, kind="stable")
    told = Written(int((~known).sum()), int(equal.sum()), int((~equal).sum()))
    return _Columns(open_ms[order], values[:, order]), told


def _joined(parts: list[_Columns]) -> _Columns:
    if not parts:
        return _Columns(np.empty(0, np.int64), np.empty((len(_PRICES), 0)))
    return _Columns(
        np.concatenate([each.open_ms for each in parts]), np.concatenate([each.values for each in parts], 1)
    )


def _read(path: Path) -> _Columns:
    try:
        table = pq.ParquetFile(path).read().select(_SCHEMA.names).cast(_SCHEMA)
    except (OSError, pa.ArrowException, KeyError) as fault:
        raise DataFault(
            f"{'/'.join(path.parts[-5:])} cannot be read ({type(fault).__name__}): it was left as it is; move it away and fill "
            "this part of the store again."
        ) from fault
    open_ms = table["open_time"].cast(pa.int64()).to_numpy()
    return _Columns(open_ms, np.stack([table[name].to_numpy() for name in _PRICES]))


def _write(path: Path, bars: _Columns) -> None:
    times = pa.array(bars.open_ms).cast(_SCHEMA.field("open_time").type)
    table = pa.table([times, *(pa.array(column) for column in bars.values)], schema=_SCHEMA)
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content.getvalue(), durable=True)
    except OSError as fault:
        raise OutputFault(
            f"{path} cannot be written ({fault.strerror}); what was stored before is whole. Make room or choose another --store."
        ) from fault
