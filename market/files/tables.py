"""One file of bars to rows by market: names the columns, reads times, numbers and volume, and says how each was taken.

It refuses whatever the file leaves open and the user did not decide, with the first row, the column, and the option.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import PurePath
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.errors import DataFault
from market.candles import Floats
from market.files.clocks import refuse_local
from market.files.columns import Layout, is_volume, layout_of
from market.files.frames import TYPED, read_table, symbol_of_file
from market.files.reading import Reading
from market.files.rows import Rows
from market.files.sources import Source
from market.files.stamps import opens_of
from market.files.text.dates import Column, Moments, is_clock, is_day, joined_clock, moments_of
from market.files.text.dialect import Table
from market.files.text.json_bars import JSON
from market.files.text.names import UTC_TIMES, plain
from market.files.text.numbers import Decimal, all_text, decimal_of, numbers_of
from market.files.text.unnamed import with_names
from market.files.volume import Prices, volume_of
from market.store.parquet import read_shelf
from market.store.shelves import Shelf, shelf_of
from market.symbols import normalise_symbol, symbol_from_name

Chosen = NDArray[np.bool_]
_FOOTERS = 5
_INVESTING = ("change_%", "+/__%", "var_%", "chg_%")


class Part(NamedTuple):
    """The rows of one market in a file: `symbol` is BASE/QUOTE, or a spelling that is no market. What was assumed stands beside.

    `left_out` counts rows that are no bars: copies of the header, and footers below the last bar. `volume` is None for mark
    prices. `spelled`: how the file writes the market, where it has a column for it.
    """

    symbol: str
    rows: Rows
    zone: str
    stamps: str
    volume: str | None
    left_out: int
    spelled: tuple[str, ...] = ()


class _Opened(NamedTuple):
    """A file whose columns are known and whose times are read; footers are cut off."""

    frame: pd.DataFrame
    delimiter: str
    layout: Layout
    moments: Moments
    left_out: int


def parts_of(source: Source, wanted: Sequence[str], reading: Reading, *, traded: bool = True) -> Iterator[Part]:
    """The markets of a file. `wanted` decides what a name leaves open; alone, it names a nameless file. Raises DataFault.

    `traded`: bars of trades, with a volume; else mark prices, without one, and a file with a volume is refused.
    """
    if (shelf := shelf_of(source.path)) is not None:
        if not traded:
            raise _traded(source.name, "its store keeps traded bars")
        yield _stored(shelf, source)
        return
    opened = _opened(source, reading, traded)
    mark = _decimal(opened, reading, source.name)

    @cache
    def number(column: str) -> Floats:
        return _numbers(opened.frame[column], mark, source.name)

    if not traded:
        _refuse_traded(opened.layout, number, source.name)
    for symbol, chosen, spelled in _markets(opened.frame, opened.layout, source, wanted):
        part = _part(opened, symbol, chosen, number, reading, source.name, traded)
        yield part._replace(spelled=spelled)


def times_of(source: Source, wanted: Sequence[str], reading: Reading) -> Iterator[tuple[str, Floats]]:
    """Each market of a file, with its times, shape (n,), float64 [ms since 1970 UTC]. Raises DataFault."""
    if (shelf := shelf_of(source.path)) is not None:
        yield shelf.symbol, _stored(shelf, source).rows.open_ms
        return
    opened = _opened(source, reading)
    for symbol, chosen, _ in _markets(opened.frame, opened.layout, source, wanted):
        yield symbol, opened.moments.ms[chosen]


def _stored(shelf: Shelf, source: Source) -> Part:
    """The bars of one market in a store."""
    held = read_shelf(source.path, shelf)
    open_ms = (held.close_ms - shelf.timeframe.seconds * 1000).astype(np.float64)
    return Part(shelf.symbol, Rows(open_ms, *held.columns), "UTC", "open", "base", 0)


def _opened(source: Source, reading: Reading, traded: bool = True) -> _Opened:
    table = read_table(source)
    if table.frame.empty:
        raise DataFault(f"{source.name} holds no rows: it was not read; give a file with bars.")
    if not table.names:
        table = _named(table, reading, source.name)
    layout = layout_of(table.frame.columns, PurePath(source.name), traded=traded)
    times, column = _times(table.frame, layout, reading, source.name)
    moments = moments_of(times, column)
    refuse_local(moments, column, reading)
    _refuse_timeless(moments, times, column)
    footers = _footers(moments) if table.delimiter != TYPED else 0
    kept = len(table.frame) - footers
    moments = moments._replace(ms=moments.ms[:kept])
    return _Opened(table.frame.iloc[:kept], table.delimiter, layout, moments, table.repeats + footers)


def _part(
    opened: _Opened,
    symbol: str,
    chosen: Chosen,
    number: Callable[[str], Floats],
    reading: Reading,
    name: str,
    traded: bool,
) -> Part:
    whole = bool(chosen.all())

    def own(column: str) -> Floats:
        return number(column) if whole else number(column)[chosen]

    layout = opened.layout
    open_, high, low, close = (own(column) for column in layout.prices)
    opens = opens_of(opened.moments.ms[chosen], reading.stamps, layout.named)
    zone = _zone(opened.moments, layout, reading)
    if not traded:
        rows = Rows(opens.ms, open_, high, low, close, np.zeros(len(opens.ms)))
        return Part(symbol, rows, zone, opens.told, None, opened.left_out)
    volume = volume_of(layout.others, own, Prices(low, high, close), symbol, reading.volume, name)
    rows = Rows(opens.ms, open_, high, low, close, volume.values)
    return Part(symbol, rows, zone, opens.told, volume.unit, opened.left_out)


def _refuse_traded(layout: Layout, number: Callable[[str], Floats], name: str) -> None:
    """Raise DataFault for a file of mark prices in which something was traded: its prices are those of trades."""
    for plainly, column in layout.others.items():
        if is_volume(plainly) and plainly != "ticks" and (number(column) > 0).any():
            raise _traded(name, f"its column {column} is not zero")


def _traded(name: str, why: str) -> DataFault:
    return DataFault(
        f"{name} holds traded prices ({why}), and --marks asks for mark prices: nothing was started. Give the bars of the mark "
        "price, which have no volume; without --marks the traded price stands for the mark."
    )


def _named(table: Table, reading: Reading, name: str) -> Table:
    """A table without a header, with the names that its numbers prove."""
    frame = table.frame
    split = is_day(frame["0"]) and is_clock(frame["1"])
    cells = joined_clock(frame["0"], frame["1"]) if split else frame["0"]
    ms = moments_of(cells, Column(name, "1", reading.dates, reading.tz)).ms
    known = ms[np.isfinite(ms)]
    falls = bool(len(known) > 1 and known[0] > known[-1])
    numeric = [frame[column] for column in frame.columns[2 if split else 1 :]]
    given: Decimal | None = "." if table.delimiter == JSON else reading.decimal
    mark = decimal_of(numeric, table.delimiter, given, name)
    return Table(with_names(frame, partial(numbers_of, decimal=mark, name=name), falls, name), True, table.delimiter)


def _times(frame: pd.DataFrame, layout: Layout, reading: Reading, name: str) -> tuple["pd.Series[str]", Column]:
    """The cells of time, of two columns joined where day and clock stand apart, and how they are read."""
    zone = "UTC" if plain(layout.time) in UTC_TIMES else reading.tz
    proving = any(plain(column) in _INVESTING for column in frame.columns)
    column = Column(name, layout.time, reading.dates, zone, proving)
    days, clock = layout.days, layout.clock
    if days is None or clock is None or layout.time not in (days, clock) or not all_text((frame[days], frame[clock])):
        return frame[layout.time], column
    if not is_clock(frame[clock]):
        return frame[layout.time], column
    if not is_day(frame[days]):
        return frame[days], column._replace(name=days)
    return joined_clock(frame[days], frame[clock]), column._replace(name=f"{days} and {clock}")


def _refuse_timeless(moments: Moments, times: "pd.Series[Any]", column: Column) -> None:
    """Raise DataFault when most rows have no time that can be read: the column is no time, or in a form that is not known."""
    lost = ~np.isfinite(moments.ms)
    if 2 * lost.sum() <= len(lost):
        return
    row = int(lost.argmax())
    raise DataFault(
        f"{column.file}, row {row + 1}, column {column.name}: {str(times.iloc[row])!r} is no time that can be read "
        f"({int(lost.sum())} of "
        f"the {len(lost)} rows). Expected was a number since 1970, or text such as 2024-01-31 13:00. The file was not read; "
        "docs/data.md has the forms of time that are known."
    )


def _footers(moments: Moments) -> int:
    """The number of rows below the last row with a time, if they are few."""
    known = np.flatnonzero(np.isfinite(moments.ms))
    below = len(moments.ms) - 1 - int(known[-1]) if len(known) else 0
    return below if below <= _FOOTERS else 0


def _decimal(opened: _Opened, reading: Reading, name: str) -> Decimal:
    if opened.delimiter in (TYPED, JSON):
        return "."
    layout = opened.layout
    volumes = [column for other, column in layout.others.items() if "vol" in other and column not in layout.prices]
    cells = [opened.frame[column] for column in (*layout.prices, *volumes)]
    return decimal_of(cells, opened.delimiter, reading.decimal, name)


def _numbers(column: "pd.Series[str]", mark: Decimal, name: str) -> Floats:
    if all_text((column,)) or column.dtype == object:
        return numbers_of(column.fillna("").astype("str"), mark, name)
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _zone(moments: Moments, layout: Layout, reading: Reading) -> str:
    if not moments.zone_assumed:
        return "UTC"
    if plain(layout.time) in UTC_TIMES:
        return "UTC (the column's name)"
    return "UTC assumed" if reading.tz is None else f"{reading.tz} (--tz)"


def _markets(
    frame: pd.DataFrame, layout: Layout, source: Source, wanted: Sequence[str]
) -> Iterator[tuple[str, Chosen, tuple[str, ...]]]:
    """Each market of a file, which rows are its, and how a column of the file spells it."""
    if layout.symbol is None:
        yield _symbol(source, wanted), np.ones(len(frame), dtype=bool), ()
        return
    spelled = frame[layout.symbol].astype("string").fillna("").to_numpy(object)
    codes, spellings = pd.factorize(spelled)
    names = [normalise_symbol(str(spelling), wanted) or str(spelling) for spelling in spellings]
    for symbol in dict.fromkeys(names):
        own = [code for code, name in enumerate(names) if name == symbol]
        yield symbol, np.isin(codes, own), tuple(str(spellings[code]) for code in own)


def _symbol(source: Source, wanted: Sequence[str]) -> str:
    """The market of a file that names none in a column: from its own name, or that of its archive, or `wanted`."""
    own = PurePath(source.member or source.path.name)
    return symbol_of_file(
        own if source.member is None or symbol_from_name(own.stem, wanted) else PurePath(source.path.name), wanted
    )
