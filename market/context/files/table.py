"""Reads one file of figures: finds what its columns hold, of when and whose each value is, and from when it was known.

It refuses times without a zone, values that no such figure can have, two values of one figure for one moment, and a file without
any figure. A column whose unit is open is left out, and the file's line says so.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from config.errors import DataFault
from market.candles import Floats, Millis
from market.context.catalogue import CATALOGUE
from market.context.files.columns import OPEN, shown_scale
from market.context.files.held import FactsTable, Held, held_in
from market.context.files.once import once
from market.context.files.published import Moments, Published, of_days, of_moments
from market.context.files.stamps import TIME_NAMES, seen_of, stamps_of, vintages_of
from market.context.files.told import FactColumns, FactsFile
from market.context.files.whose import markets_named, markets_of_name
from market.files.frames import read_frame
from market.files.reading import Reading
from market.files.sources import PLAIN
from market.files.text.names import plain
from market.files.text.opened import raw_of, text_of

_SYMBOLS = ("symbol", "pair", "market", "instrument", "ticker", "asset", "coin", "currency", "base")
_MOST_A_YEAR = 2.0
_YEAR_MS = 365 * 86_400_000


def read_table_of_facts(path: Path, wanted: Sequence[str], reading: Reading) -> FactsFile:
    """The figures in a file, for the markets `wanted` (BASE/QUOTE). Raises DataFault."""
    frame, names = _opened(path)
    left_out = [
        f"column {column} left out: {plain(column)} may be {OPEN[plain(column)]}"
        for column in map(str, frame.columns)
        if plain(column) in OPEN
    ]
    stamps = stamps_of(frame, names, path, reading)
    if stamps is None or frame.empty:
        raise _nothing(path, frame, [])
    seen, vintages = seen_of(frame, names, path, reading), vintages_of(frame, names, path, reading)
    file = FactsTable(path, frame, names, stamps, seen, vintages, tuple(wanted), reading)
    columns: list[FactColumns] = []
    others = 0
    for held in held_in(file):
        read = _figure(file, held)
        if isinstance(read, str):
            left_out.append(f"column {held.column} left out: {read}")
            continue
        columns += read[0]
        others += read[1]
    if not columns and not others:
        raise _nothing(path, frame, left_out)
    return FactsFile(path.name, tuple(columns), others, tuple(left_out))


def _nothing(path: Path, frame: pd.DataFrame, left_out: Sequence[str]) -> DataFault:
    held = ", ".join(str(column).partition("\x1f")[0] for column in frame.columns[:12]) or "none"
    why = f" ({'; '.join(left_out)})" if left_out else ""
    return DataFault(
        f"{path.name} holds no figure of the market context{why}; its columns are {held}. It was not read; docs/context.md lists "
        "the columns that are known."
    )


def _opened(path: Path) -> tuple[pd.DataFrame, dict[str, str]]:
    """The table of a file, and its columns by plain name. Text whose first line names its columns is read by that line."""
    if path.is_file() and path.stat().st_size and path.name.lower().removesuffix(".gz").endswith(PLAIN[:3]):
        frame = _by_first_line(path)
        if frame is not None:
            return frame, _by_name(frame)
    frame = read_frame(path)
    return frame, _by_name(frame)


def _by_first_line(path: Path) -> pd.DataFrame | None:
    """The table of a text by its first line; None if that names no time."""
    try:
        text = text_of(raw_of(path, None))
        first = text.partition("\n")[0].strip("\ufeff \r")
        mark = max(",;\t|", key=first.count)
        frame = pd.read_csv(io.StringIO(text), sep=mark, dtype=str, keep_default_na=False, index_col=False)
    except (OSError, EOFError, ValueError, csv.Error):
        return None
    return frame if TIME_NAMES & {plain(each) for each in frame.columns} else None


def _by_name(frame: pd.DataFrame) -> dict[str, str]:
    found: dict[str, str] = {}
    for column in map(str, frame.columns):
        found.setdefault(plain(column.partition("\x1f")[0]), column)
    return found


def _figure(file: FactsTable, held: Held) -> tuple[list[FactColumns], int] | str:
    """The values of one figure by market, and how many rows are of other markets; or why the column is left out."""
    finite = np.isfinite(held.values)
    if not finite.any():
        return [], 0
    rows, values = held.rows[finite], held.values[finite]
    scale = held.meaning.scale if held.meaning.scale is not None else shown_scale(held.meaning.figure, values)
    if isinstance(scale, str):
        return f"its values may be {scale}; say it at the end of its name, such as {plain(held.column)}_percent or _usd"
    values = values * scale
    places = np.searchsorted(file.stamps.rows, rows)
    stamps = file.stamps.at_ms[places]
    moments, published = _moments(file, held, stamps, rows)
    _refuse_impossible(file.path, held, values, rows)
    whose = _whose(file, held, rows)
    if isinstance(whose, str):
        return whose
    found: list[FactColumns] = []
    taken = np.zeros(len(rows), dtype=bool)
    for symbol, chosen in whose:
        taken |= chosen
        part = FactColumns(
            held.meaning.figure, symbol, moments.at_ms[chosen], moments.known_ms[chosen], values[chosen], published
        )
        if len(part.value):
            found.append(once(file.path.name, part))
            _refuse_percent(file.path, held, found[-1])
    return found, int(np.count_nonzero(~taken))


def _moments(file: FactsTable, held: Held, stamps: Millis, rows: Millis) -> tuple[Moments, Published]:
    """Of which moment each value is, and from when it was known: as the file says it, or else as its source publishes it."""
    published = held.meaning.published
    if file.seen is not None:
        return Moments(stamps, np.maximum(file.seen[rows], stamps)), Published.STATED
    ends = stamps
    if held.meaning.interval and not file.stamps.closes and not file.stamps.whole_days:
        known = np.unique(stamps)
        ends = stamps + (int(np.median(np.diff(known))) if len(known) > 1 else 86_400_000)
    daily = file.stamps.whole_days
    usual = of_days(stamps, published) if daily else of_moments(ends, published)
    if held.vintage_ms is not None:
        return Moments(usual.at_ms, np.full(len(rows), held.vintage_ms)), Published.VINTAGE
    if file.vintages is not None and len(np.unique(file.vintages)) > 1:
        return Moments(usual.at_ms, file.vintages[rows]), Published.VINTAGE
    coarse = daily and published in (Published.AT_ONCE, Published.EXCHANGE)
    return usual, Published.DAY_END if coarse else published


def _whose(file: FactsTable, held: Held, rows: Millis) -> list[tuple[str | None, np.ndarray[Any, Any]]] | str:
    """Each market of a figure, and which of its rows are that market's; or why nobody can know."""
    every = np.ones(len(rows), dtype=bool)
    figure = CATALOGUE[held.meaning.figure]
    if held.coin:
        return [(symbol, every) for symbol in markets_named(held.coin, file.wanted)]
    named = next((file.names[name] for name in _SYMBOLS if name in file.names), None)
    if figure.of == "market":
        return [(None, every)]
    if named is not None:
        cells = file.frame[named].astype("string").fillna("").to_numpy(object)[rows]
        found: dict[str | None, np.ndarray[Any, Any]] = {}
        for spelling in dict.fromkeys(cells.tolist()):
            own: Sequence[str | None] = markets_named(str(spelling), file.wanted)
            if not own and str(spelling).strip() == "":
                own = (None,)
            for symbol in own:
                found[symbol] = found.get(symbol, ~every) | (cells == spelling)
        return list(found.items())
    markets = markets_of_name(file.path, file.wanted)
    if markets:
        return [(symbol, every) for symbol in markets]
    if figure.name == "dvol":
        return [(None, every)]
    return "neither a column nor the name of the file says of which market it is"


def _refuse_impossible(path: Path, held: Held, values: Floats, rows: Millis) -> None:
    figure = CATALOGUE[held.meaning.figure]
    low, high = figure.range
    wrong = np.flatnonzero(~((values >= low) & (values <= high)))
    if len(wrong):
        raise DataFault(
            f"{path.name}, row {int(rows[wrong[0]]) + 1}, column {held.column}: {values[wrong[0]]:g} [{figure.unit}] is no "
            f"possible {figure.name}, and {len(wrong)} of {len(values)} values are not ({low:g} to {high:g}). It was not read; "
            "if the column is in another unit, say it at the end of its name (_percent, _bps, _fraction, _usd)."
        )


def _refuse_percent(path: Path, held: Held, read: FactColumns) -> None:
    """Raise DataFault for rates of funding whose median, paid over a year, can only be in percent."""
    if read.name != "funding_rate" or held.meaning.scale is not None:
        return
    gaps = np.diff(np.unique(read.at_ms))
    gap_ms = float(np.median(gaps)) if len(gaps) else 8 * 3_600_000
    a_year = float(np.median(np.abs(read.value))) * _YEAR_MS / min(max(gap_ms, 3_600_000), 86_400_000)
    if a_year > _MOST_A_YEAR:
        raise DataFault(
            f"The middle funding rate of {read.symbol} in {path.name} would cost {a_year:.0%} a year as a share of the notional, "
            f"so it is probably in percent: it was not read; name the column {plain(held.column)}_percent if it is."
        )
