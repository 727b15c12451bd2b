"""Finds the figures that a table holds: in named rows, in columns of their own, in pairs of columns, or as an index's close."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from market.candles import Floats, Millis
from market.context.catalogue import CATALOGUE
from market.context.files.columns import PAIRS, PRICED, RATIOS, SERIES, Meaning, meaning_of
from market.context.files.published import Published
from market.context.files.stamps import Stamps
from market.context.files.whose import markets_named
from market.files.reading import Reading
from market.files.text.names import PRICES, meanings, plain
from market.files.text.numbers import decimal_of, numbers_of

_BLANKS = (".", "#N/A", "ND")
"""How FRED and its mirrors write a day without a value."""
_SERIES_COLUMNS = ("series_id", "series", "name", "figure")


class Held(NamedTuple):
    """A figure that a table holds, with its values, shape (n,), float64 [as in the file], for the rows `rows`."""

    meaning: Meaning
    column: str
    values: Floats
    rows: Millis
    coin: str = ""
    vintage_ms: int | None = None


class FactsTable(NamedTuple):
    """A file that is read for the markets `wanted`."""

    path: Path
    frame: pd.DataFrame
    names: Mapping[str, str]
    stamps: Stamps
    seen: Millis | None
    vintages: Millis | None
    wanted: tuple[str, ...]
    reading: Reading


def held_in(file: FactsTable) -> Iterator[Held]:
    """The figures of a table, each with the rows that have a time."""
    rows = file.stamps.rows
    series = next((name for name in _SERIES_COLUMNS if name in file.names), None)
    if series is not None and "value" in file.names:
        yield from _long(file, file.names[series])
        return
    held = [each for column in map(str, file.frame.columns) if (each := _single(file, column)) is not None]
    yield from held
    found = {each.meaning.figure for each in held}
    for pair in PAIRS:
        first, second = (next((n for n in side if n in file.names), None) for side in (pair.first, pair.second))
        if first is None or second is None or pair.meaning.figure in found:
            continue
        found.add(pair.meaning.figure)
        values = pair.make(*(_numbers(file, file.names[name])[rows] for name in (first, second)))
        yield Held(pair.meaning, f"{file.names[first]} and {file.names[second]}", values, rows)
    if not held and (index := _index(file)) is not None:
        yield index


def _long(file: FactsTable, column: str) -> Iterator[Held]:
    cells = file.frame[column].astype("str").str.strip().to_numpy(object)[file.stamps.rows]
    values = _numbers(file, file.names["value"])[file.stamps.rows]
    for name in dict.fromkeys(cells.tolist()):
        own = plain(name)
        meaning = _own(own) if own in CATALOGUE else meaning_of(own)
        if meaning is not None:
            chosen = np.flatnonzero(cells == name)
            yield Held(meaning, str(name), values[chosen], file.stamps.rows[chosen])


def _own(name: str) -> Meaning:
    """The meaning of a figure's own name: it is in its own unit."""
    known = meaning_of(name) or Meaning(name, Published.AT_ONCE)
    return known._replace(scale=1.0)


def _single(file: FactsTable, column: str) -> Held | None:
    name = plain(column.partition("\x1f")[0])
    rows = file.stamps.rows
    series, _, vintage = name.rpartition("_")
    if series in SERIES and len(vintage) == 8 and vintage.isdigit():
        end = int(np.datetime64(f"{vintage[:4]}-{vintage[4:6]}-{vintage[6:]}", "ms").astype(np.int64)) + 86_400_000
        return Held(SERIES[series], column, _numbers(file, column)[rows], rows, vintage_ms=end)
    if name in RATIOS:
        ratio = _numbers(file, column)[rows]
        return Held(RATIOS[name], column, ratio / (1 + ratio), rows)
    meaning, coin = meaning_of(name), ""
    if meaning is None:
        coin, _, rest = name.partition("_")
        meaning = meaning_of(rest) if rest and any(markets_named(coin, (each,)) for each in file.wanted) else None
        meaning = meaning if meaning is not None and CATALOGUE[meaning.figure].of == "symbol" else None
    return None if meaning is None else Held(meaning, column, _numbers(file, column)[rows], rows, coin)


def _index(file: FactsTable) -> Held | None:
    by_price = meanings(file.frame.columns)
    tokens = plain(file.path.name.partition(".")[0]).split("_")
    meaning = next((PRICED[token] for token in tokens if token in PRICED), None)
    if meaning is None or not by_price.keys() >= set(PRICES):
        return None
    return Held(meaning, by_price["close"], _numbers(file, by_price["close"])[file.stamps.rows], file.stamps.rows)


def _numbers(file: FactsTable, name: str) -> Floats:
    """The numbers of a column, shape (n,), float64 [as in the file]; NaN for a blank cell and for FRED's point."""
    column = file.frame[name]
    typed = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    if column.dtype.kind in "iufb" or not np.isnan(typed).any():
        return typed
    cells = column.fillna("").astype("str").str.strip().replace(list(_BLANKS), "")
    if bool((cells == "")[np.isnan(typed)].all()):
        return typed
    return numbers_of(cells, decimal_of([cells], "", file.reading.decimal, file.path.name), file.path.name)
