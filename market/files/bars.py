"""Reads recorded bars from Parquet, Feather and CSV files.

It refuses a file that cannot be read, that lacks a needed column, in which more than 5 % of the rows are bad, or whose bars are
coarser than requested. It keeps single bad prints: the quality monitor checks them when the session reaches them. It resamples
finer bars.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from config.errors import DataFault
from market.candles import Floats, RawCandles
from market.files.columns import Layout, layout_of, open_times_ms
from market.files.frames import read_frame, symbol_of_file
from market.files.rows import Rows, in_timeframe, joined, ordered
from market.symbols import normalise_symbol, readings
from market.timeframe import Timeframe


def read_market_file(path: Path, timeframe: Timeframe, symbols: Sequence[str] | None) -> dict[str, RawCandles]:
    """The bars of one file by symbol (BASE/QUOTE): of `symbols`, or of all that it holds. See `read_market_files`."""
    return read_market_files((path,), timeframe, symbols)


def read_market_files(
    paths: Sequence[Path], timeframe: Timeframe, symbols: Sequence[str] | None
) -> dict[str, RawCandles]:
    """The bars of several files, joined by symbol and resampled to `timeframe`.

    The symbol comes from the column of the file, or else from its name, or else it is the only one of `symbols`. Raises
    DataFault when a file cannot be trusted, when a symbol is in no file, and when a file holds bars that are coarser than
    `timeframe`.
    """
    wanted = None if symbols is None else [normalise_symbol(symbol) or symbol for symbol in symbols]
    known: list[str] = []
    found: dict[str, list[RawCandles]] = {}
    for path, candles in _each(paths, wanted, known):
        found.setdefault(candles.symbol, []).append(in_timeframe(candles, timeframe, path))
    _refuse_unknown(wanted or [], known, paths)
    return {symbol: joined(found[symbol], timeframe) for symbol in wanted or found}


def read_finer_files(paths: Sequence[Path], than: Timeframe, symbols: Sequence[str]) -> dict[str, RawCandles]:
    """The bars of those of `symbols` (BASE/QUOTE) that are in the files, all in the coarsest timeframe of the files.

    Raises DataFault when a file cannot be trusted, when no file holds any of the symbols, and when that timeframe is not
    finer than `than`.
    """
    known: list[str] = []
    found = list(_each(paths, symbols, known))
    if not found:
        raise DataFault(
            f"{', '.join(path.name for path in paths)} holds none of {', '.join(symbols)}, but "
            f"{', '.join(sorted(set(known))[:12])}: nothing was started; give finer bars of the markets that are traded."
        )
    path, slowest = max(found, key=lambda part: part[1].timeframe.seconds)
    timeframe = slowest.timeframe
    if timeframe.seconds >= than.seconds:
        raise DataFault(
            f"{path.name} holds {timeframe} bars, which are not finer than the {than} bars of the session: nothing was "
            "started; give finer ones."
        )
    made: dict[str, list[RawCandles]] = {}
    for path, candles in found:
        made.setdefault(candles.symbol, []).append(in_timeframe(candles, timeframe, path))
    return {symbol: joined(made[symbol], timeframe) for symbol in symbols if symbol in made}


def _each(paths: Sequence[Path], wanted: Sequence[str] | None, known: list[str]) -> Iterator[tuple[Path, RawCandles]]:
    """The bars of each wanted symbol in each file, in the timeframe of the file. Adds every symbol it finds to `known`."""
    for path in paths:
        for symbol, rows in _tables(path, wanted).items():
            known.append(symbol)
            if wanted is None or symbol in wanted:
                _refuse_nameless(symbol, path)
                yield path, ordered(rows, symbol, path.name)


def _tables(path: Path, wanted: Sequence[str] | None) -> dict[str, Rows]:
    frame = read_frame(path)
    layout = layout_of(frame.columns, path)
    if frame.empty:
        raise DataFault(f"{path.name} holds no rows: it was not read; give a file with bars.")
    rows = _rows(frame, layout)
    if layout.symbol is None:
        return {symbol_of_file(path, wanted): rows}
    spelled = frame[layout.symbol].astype("string").fillna("").to_numpy(object)
    codes, spellings = pd.factorize(spelled)
    names = [normalise_symbol(str(spelling), wanted or ()) or str(spelling) for spelling in spellings]
    return {
        symbol: rows.take(np.isin(codes, [code for code, name in enumerate(names) if name == symbol]))
        for symbol in dict.fromkeys(names)
    }


def _rows(frame: pd.DataFrame, layout: Layout) -> Rows:
    def number(column: str) -> Floats:
        return pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)

    open_, high, low, close = (number(column) for column in layout.prices)
    return Rows(open_times_ms(frame[layout.time]), open_, high, low, close, number(layout.volume))


def _refuse_nameless(symbol: str, path: Path) -> None:
    if normalise_symbol(symbol) is None:
        found = readings(symbol)
        what = f"which can mean {' or '.join(found)}" if len(found) > 1 else "which is not a BASE/QUOTE market"
        raise DataFault(
            f"{path.name} has rows for '{symbol}', {what}: it was not read; name the markets with --symbols, or write them "
            "like BTC/USDT."
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
