"""What `tribunal ingest` does: it reads files one after the other, and adds their bars to a store."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from config.errors import DataFault
from config.progress import Progress
from market.bar import Finding
from market.files.bars import BarFiles, read_bars
from market.files.reading import Reading
from market.files.sources import files_of
from market.store.parquet import Written, read_shelf, write_shelf
from market.store.shelves import Shelf, shelf
from market.symbols import normalise_symbol
from ops.commands.requests import reading_of
from ops.tables.market.stored import Stored, show_stored, stored_of

Results = dict[Shelf, tuple[Written, tuple[Finding, ...]]]


def ingest_command(arguments: argparse.Namespace) -> int:
    """Fill the store; returns the exit code. Raises UsageFault, DataFault, OutputFault."""
    store, files = Path(arguments.store), files_of([Path(name) for name in arguments.files])
    results: Results = {}
    refused, told = 0, list[str]()
    with Progress(len(files), "files", None if arguments.quiet else sys.stderr, after_s=1.0) as progress:
        for path in files:
            try:
                told += _stored(path, arguments, store, reading_of(arguments), results)
            except DataFault as fault:
                refused += 1
                told.append(str(fault))
            progress.advance()
    for line in told:
        sys.stderr.write(line + "\n")
    for symbol in _unseen(arguments.symbols or (), results):
        refused += 1
        sys.stderr.write(f"{symbol} is in none of the files: nothing of it was stored.\n")
    show_stored(_rows(results, store, replaced=arguments.replace), as_json=arguments.json)
    return DataFault.exit_code if refused else 0


def _unseen(wanted: Sequence[str], results: Results) -> list[str]:
    """The markets that no file held."""
    seen = {place.symbol for place in results}
    return [symbol for symbol in wanted if (normalise_symbol(symbol) or symbol) not in seen]


def _stored(
    path: Path, arguments: argparse.Namespace, store: Path, reading: Reading, results: Results
) -> Sequence[str]:
    """Add the bars of one file, and say what was read."""
    wanted = [normalise_symbol(symbol) or symbol for symbol in arguments.symbols or ()]
    candles, timeframe, files = _read(path, wanted, reading)
    for symbol, bars in candles.items():
        if wanted and symbol not in wanted:
            continue
        place = shelf(arguments.exchange, symbol, timeframe)
        written = write_shelf(store, place, bars, replace=arguments.replace)
        before, findings = results.get(place, (Written(0, 0, 0), ()))
        added = Written(*(a + b for a, b in zip(before, written, strict=True)))
        results[place] = (added, (*findings, *bars.findings))
    return [] if arguments.quiet else [file.line(timeframe) for file in files]


def _read(path: Path, wanted: Sequence[str], reading: Reading) -> BarFiles:
    """All markets of a file. What its name leaves open, the wanted markets decide. Raises DataFault."""
    try:
        return read_bars([path], None, None, reading)
    except DataFault:
        if not wanted:
            raise
        return read_bars([path], None, wanted, reading)


def _rows(results: Results, store: Path, *, replaced: bool) -> list[Stored]:
    return [
        stored_of(place, written, read_shelf(place.folder(store), place).close_ms.tolist(), findings, replaced=replaced)
        for place, (written, findings) in results.items()
    ]
