"""Reads recorded bars from files, folders, patterns and archives, as publishers write them.

It refuses a file that cannot be read, that lacks a needed column, in which more than 5 % of the rows are bad, or whose bars are
coarser than requested, and files of several timeframes when none is requested. It keeps single bad prints: the quality monitor
checks them when the session reaches them. It resamples finer bars.
"""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from config.errors import DataFault
from market.candles import RawCandles
from market.files.reading import AS_FOUND, Reading
from market.files.rows import in_timeframe, joined, ordered
from market.files.sources import Source, sources_of
from market.files.stamps import length_of
from market.files.tables import Part, parts_of, times_of
from market.files.told import FileRead, file_read
from market.symbols import normalise_symbol, readings
from market.timeframe import Timeframe


class BarFiles(NamedTuple):
    """The bars of files by symbol (BASE/QUOTE), all of `timeframe`, and what was found in each file."""

    candles: dict[str, RawCandles]
    timeframe: Timeframe
    files: tuple[FileRead, ...]


class _Found(NamedTuple):
    """The bars of one market in one file, in the timeframe of the file."""

    source: Source
    part: Part
    candles: RawCandles


def read_market_file(path: Path, timeframe: Timeframe, symbols: Sequence[str] | None) -> dict[str, RawCandles]:
    """The bars of one file by symbol (BASE/QUOTE): of `symbols`, or of all that it holds. See `read_bars`."""
    return read_market_files((path,), timeframe, symbols)


def read_market_files(
    paths: Sequence[Path], timeframe: Timeframe, symbols: Sequence[str] | None
) -> dict[str, RawCandles]:
    """The bars of several files, joined by symbol and resampled to `timeframe`. See `read_bars`."""
    return read_bars(paths, timeframe, symbols).candles


def read_bars(
    paths: Sequence[Path], timeframe: Timeframe | None, symbols: Sequence[str] | None, reading: Reading = AS_FOUND
) -> BarFiles:
    """The bars of files, folders and patterns, joined by symbol, in `timeframe` or, without one, in that of the files.

    The symbol comes from the column of the file, or else from its name, or else it is the only one of `symbols`. Raises
    DataFault when a file cannot be trusted or leaves open what `reading` does not decide, when a symbol is in no file, when a
    file holds bars that are coarser than `timeframe`, and when files without one have several timeframes.
    """
    wanted = None if symbols is None else [normalise_symbol(symbol) or symbol for symbol in symbols]
    sources, known = sources_of(paths), list[str]()
    found = list(_each(sources, wanted, known, reading))
    _refuse_unknown(wanted or [], known, sources)
    used = timeframe or _common(found)
    made: dict[str, list[RawCandles]] = {}
    for each in found:
        made.setdefault(each.candles.symbol, []).append(in_timeframe(each.candles, used, PurePath(each.source.name)))
    candles = {symbol: joined(made[symbol], used) for symbol in wanted or made}
    return BarFiles(candles, used, _told(found))


def timeframe_of_files(paths: Sequence[Path], symbols: Sequence[str] | None, reading: Reading = AS_FOUND) -> Timeframe:
    """The timeframe that all wanted markets of the files have. Raises DataFault as `read_bars` does."""
    wanted = None if symbols is None else [normalise_symbol(symbol) or symbol for symbol in symbols]
    found = {
        length_of(ms)
        for source in sources_of(paths)
        for symbol, ms in times_of(source, wanted or (), reading)
        if wanted is None or symbol in wanted
    }
    one = found.pop() if len(found) == 1 else None
    return one or read_bars(paths, None, symbols, reading).timeframe


def read_finer_files(
    paths: Sequence[Path], than: Timeframe, symbols: Sequence[str], reading: Reading = AS_FOUND
) -> dict[str, RawCandles]:
    """The bars of those of `symbols` that are in the files, all in the coarsest timeframe of the files. See `read_finer`."""
    return read_finer(paths, than, symbols, reading).candles


def read_finer(paths: Sequence[Path], than: Timeframe, symbols: Sequence[str], reading: Reading = AS_FOUND) -> BarFiles:
    """The bars of those of `symbols` (BASE/QUOTE) that are in the files, all in the coarsest timeframe of the files.

    Raises DataFault when a file cannot be trusted, when no file holds any of the symbols, and when that timeframe is not
    finer than `than`.
    """
    sources, known = sources_of(paths), list[str]()
    found = list(_each(sources, symbols, known, reading))
    if not found:
        raise DataFault(
            f"{_names(sources)} holds none of {', '.join(symbols)}, but {', '.join(sorted(set(known))[:12])}: nothing was "
            "started; give finer bars of the markets that are traded."
        )
    slowest = max(found, key=lambda each: each.candles.timeframe.seconds)
    timeframe = slowest.candles.timeframe
    if timeframe.seconds >= than.seconds:
        raise DataFault(
            f"{slowest.source.name} holds {timeframe} bars, which are not finer than the {than} bars of the session: nothing was "
            "started; give finer ones."
        )
    return _together(found, timeframe, symbols)


def read_marks(
    paths: Sequence[Path], timeframe: Timeframe, symbols: Sequence[str], reading: Reading = AS_FOUND
) -> BarFiles:
    """The mark prices of those of `symbols` (BASE/QUOTE) that are in the files, in `timeframe`; their volume is 0.

    Raises DataFault when a file cannot be trusted, when one holds traded prices or bars coarser than `timeframe`, and when no
    file holds any of the symbols.
    """
    sources, known = sources_of(paths), list[str]()
    found = list(_each(sources, symbols, known, reading, traded=False))
    if not found:
        raise DataFault(
            f"{_names(sources)} holds mark prices of {', '.join(sorted(set(known))[:12])} and none of {', '.join(symbols)}: "
            "nothing was started; give those of the markets that are traded."
        )
    return _together(found, timeframe, symbols)


def _together(found: Sequence[_Found], timeframe: Timeframe, symbols: Sequence[str]) -> BarFiles:
    """What was found of these symbols, in `timeframe`, the files of a symbol joined."""
    made: dict[str, list[RawCandles]] = {}
    for each in found:
        made.setdefault(each.candles.symbol, []).append(
            in_timeframe(each.candles, timeframe, PurePath(each.source.name))
        )
    candles = {symbol: joined(made[symbol], timeframe) for symbol in symbols if symbol in made}
    return BarFiles(candles, timeframe, _told(found))


def _each(
    sources: Sequence[Source],
    wanted: Sequence[str] | None,
    known: list[str],
    reading: Reading,
    *,
    traded: bool = True,
) -> Iterator[_Found]:
    """The bars of each wanted symbol in each file, in the timeframe of the file. Adds every symbol it finds to `known`.

    `traded`: bars of trades, and not of mark prices.
    """
    for source in sources:
        for part in parts_of(source, wanted or (), reading, traded=traded):
            known.append(part.symbol)
            if wanted is None or part.symbol in wanted:
                _refuse_nameless(part.symbol, source)
                yield _Found(source, part, ordered(part.rows, part.symbol, source.name))


def _common(found: Sequence[_Found]) -> Timeframe:
    """The one timeframe of the files. Raises DataFault for several."""
    by_length = {each.candles.timeframe: each for each in found}
    lengths = sorted(by_length, key=lambda each: each.seconds)
    if len(lengths) > 1:
        told = " and ".join(
            f"{by_length[each].source.name} {each} bars ({by_length[each].candles.symbol})" for each in lengths
        )
        raise DataFault(
            f"{told}: files of several timeframes were given, and a session has one. Nothing was started. Give files "
            "of one timeframe, "
            f"or say --timeframe {lengths[-1]} to join the finer bars to it."
        )
    return lengths[0]


def _told(found: Sequence[_Found]) -> tuple[FileRead, ...]:
    by_source: dict[Source, list[_Found]] = {}
    for each in found:
        by_source.setdefault(each.source, []).append(each)
    return tuple(
        file_read(
            source.name,
            [each.candles for each in parts],
            parts[0].part.zone,
            " or ".join(dict.fromkeys(each.part.stamps for each in parts)),
            " or ".join(dict.fromkeys(each.part.volume for each in parts if each.part.volume is not None)) or None,
            parts[0].part.left_out,
            tuple(dict.fromkeys(text for each in parts for text in each.part.spelled)),
        )
        for source, parts in by_source.items()
    )


def _refuse_nameless(symbol: str, source: Source) -> None:
    if normalise_symbol(symbol) is None:
        found = readings(symbol)
        what = f"which can mean {' or '.join(found)}" if len(found) > 1 else "which is not a BASE/QUOTE market"
        raise DataFault(
            f"{source.name} has rows for '{symbol}', {what}: it was not read; name the markets with --symbols, or write them "
            "like BTC/USDT."
        )


def _refuse_unknown(wanted: Iterable[str], known: Sequence[str], sources: Sequence[Source]) -> None:
    for symbol in wanted:
        if symbol not in known:
            near = difflib.get_close_matches(symbol, known, n=3)
            raise DataFault(
                f"{symbol} is not in {_names(sources)}, which has "
                f"{', '.join(sorted(set(known))[:12])}{' and others' if len(set(known)) > 12 else ''}: nothing was "
                f"started; {f'did you mean {near[0]}?' if near else 'choose one of these.'}"
            )


def _names(sources: Sequence[Source]) -> str:
    return ", ".join(source.name for source in sources)
