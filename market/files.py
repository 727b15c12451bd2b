"""Recorded bars from Parquet, Feather and CSV files.

Refuses what cannot be trusted as a whole: an unreadable file, one without the needed columns, one of which more than a
twentieth of the rows is bad, bars coarser than asked. Single bad prints are kept as they are: the quality monitor
judges them at their moment. Finer bars are resampled.
"""

import csv
import difflib
import gzip
import zlib
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from config.errors import DataFault
from market.candles import Floats, RawCandles
from market.columns import Layout, is_header, layout_of, open_times_ms
from market.rows import Rows, in_timeframe, joined, ordered
from market.symbols import normalise_symbol, symbol_from_name
from market.timeframe import Timeframe

_HEADER_WITHIN_LINES = 5
_UNREADABLE = (
    pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error, csv.Error,
    pd.errors.ParserError, pd.errors.EmptyDataError,
)  # fmt: skip


def read_market_file(path: Path, timeframe: Timeframe, symbols: Sequence[str] | None) -> dict[str, RawCandles]:
    """The bars of one file by symbol (BASE/QUOTE): those of `symbols`, or of all that it holds. See the plural."""
    return read_market_files((path,), timeframe, symbols)


def read_market_files(
    paths: Sequence[Path], timeframe: Timeframe, symbols: Sequence[str] | None
) -> dict[str, RawCandles]:
    """The bars of several files, joined by symbol and resampled to `timeframe`.

    A symbol comes from the file's own column, else from the file's name, else it is the only one of `symbols`.
    Raises DataFault when a file cannot be trusted, when a symbol is in none of them, and when a file holds bars that
    are coarser than `timeframe`.
    """
    wanted = None if symbols is None else [normalise_symbol(symbol) or symbol for symbol in symbols]
    only = wanted[0] if wanted is not None and len(wanted) == 1 else None
    known: list[str] = []
    found: dict[str, list[RawCandles]] = {}
    for path in paths:
        for symbol, rows in _tables(path, only).items():
            known.append(symbol)
            if wanted is None or symbol in wanted:
                _refuse_nameless(symbol, path)
                found.setdefault(symbol, []).append(in_timeframe(ordered(rows, symbol, path.name), timeframe, path))
    _refuse_unknown(wanted or [], known, paths)
    return {symbol: joined(found[symbol], timeframe) for symbol in wanted or found}


def _tables(path: Path, only: str | None) -> dict[str, Rows]:
    frame = _frame(path)
    layout = layout_of(frame.columns, path)
    if frame.empty:
        raise DataFault(f"{path.name} holds no rows: it was not read; give a file with bars.")
    rows = _rows(frame, layout)
    if layout.symbol is None:
        return {_symbol_without_column(path, only): rows}
    spelled = frame[layout.symbol].astype("string").fillna("").to_numpy(object)
    codes, spellings = pd.factorize(spelled)
    names = [normalise_symbol(str(spelling)) or str(spelling) for spelling in spellings]
    return {
        symbol: rows.take(np.isin(codes, [code for code, name in enumerate(names) if name == symbol]))
        for symbol in dict.fromkeys(names)
    }


def _rows(frame: pd.DataFrame, layout: Layout) -> Rows:
    def number(column: str) -> Floats:
        return pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)

    open_, high, low, close = (number(column) for column in layout.prices)
    return Rows(open_times_ms(frame[layout.time]), open_, high, low, close, number(layout.volume))


def _frame(path: Path) -> pd.DataFrame:
    if path.is_dir():
        raise DataFault(f"{path.name} is a folder: nothing was read; give the files in it.")
    if not path.is_file():
        raise DataFault(f"There is no file {path.name}: nothing was read; check the path.")
    if not path.stat().st_size:
        raise DataFault(f"{path.name} is empty (0 bytes): nothing was read; fetch it again.")
    try:
        frame = _read_frame(path)
    except _UNREADABLE as error:
        raise DataFault(
            f"{path.name} cannot be read as its name says ({type(error).__name__}): nothing was started; fetch it again."
        ) from None
    if frame is None:
        raise DataFault(
            f"{path.name} is not a market file: it was not read; give .parquet, .feather, .ft, .csv or .csv.gz."
        )
    return frame


def _read_frame(path: Path) -> pd.DataFrame | None:
    name = path.name.lower()
    frame: pd.DataFrame | None = None
    if name.endswith(".parquet"):
        frame = parquet.ParquetFile(path).read().to_pandas(ignore_metadata=True)
    elif name.endswith((".feather", ".ft")):
        frame = feather.read_table(path).to_pandas(ignore_metadata=True)
    elif name.endswith((".csv", ".csv.gz")):
        frame = pd.read_csv(path, skiprows=_lines_above_header(path), encoding="utf-8-sig", low_memory=False)
    return frame


def _lines_above_header(path: Path) -> int:
    """Banner lines before the column names; 0 when no line names them, so that the error can quote the first."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as text:
        lines = list(islice(csv.reader(text), _HEADER_WITHIN_LINES))
    return next((i for i, cells in enumerate(lines) if is_header(cells)), 0)


def _symbol_without_column(path: Path, only: str | None) -> str:
    symbol = symbol_from_name(path.name.partition(".")[0]) or only
    if symbol is None:
        raise DataFault(
            f"Neither a column nor the name of {path.name} says which market it is: it was not read; "
            "name its one symbol, or rename it like binance_BTCUSDT_1h.parquet."
        )
    return symbol


def _refuse_nameless(symbol: str, path: Path) -> None:
    if normalise_symbol(symbol) is None:
        raise DataFault(
            f"{path.name} has rows for '{symbol}', which is not a BASE/QUOTE market: it was not read; "
            "name the markets that are wanted, or spell them like BTC/USDT or BTCUSDT."
        )


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str], paths: Sequence[Path]) -> None:
    for symbol in wanted:
        if symbol not in known:
            near = difflib.get_close_matches(symbol, known, n=3)
            raise DataFault(
                f"{symbol} is not in {', '.join(path.name for path in paths)}, which has "
                f"{', '.join(sorted(set(known))[:12])}{' and others' if len(set(known)) > 12 else ''}: nothing was "
                f"started; {f'did you mean {near[0]}?' if near else 'choose one of these.'}"
            )
