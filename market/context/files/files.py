"""Reads files of figures for the markets of a session: tables of figures, and order books.

It refuses files that hold nothing of these markets, and values of two files that contradict each other.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd

from config.errors import DataFault
from market.context.books import depth, imbalance, spread_bps
from market.context.files.published import Published
from market.context.files.table import read_table_of_facts
from market.context.files.told import FactColumns, FactsFile
from market.files.books import RecordedBook, read_books
from market.files.reading import AS_FOUND, Reading
from market.files.sources import files_of

_BOOKS = ({"timestamp", "side", "update_type", "price", "qty"}, {"timestamp", "asks[0].price", "bids[0].price"})


def read_fact_files(
    paths: Sequence[Path], symbols: Sequence[str], reading: Reading = AS_FOUND
) -> tuple[FactsFile, ...]:
    """The figures of the markets `symbols` (BASE/QUOTE), and of the whole market, in files, folders and patterns.

    Raises DataFault for a file that cannot be trusted, and when none of the files holds a figure for these markets.
    """
    read = tuple(_read(path, symbols, reading) for path in files_of(paths))
    if not any(file.columns for file in read):
        names = ", ".join(file.name for file in read)
        raise DataFault(
            f"{names} holds no figures of {', '.join(symbols)}, and none of the whole market: nothing was started; give those of "
            "the markets that are traded."
        )
    return read


def _read(path: Path, symbols: Sequence[str], reading: Reading) -> FactsFile:
    return _of_books(path, symbols) if _holds_books(path) else read_table_of_facts(path, symbols, reading)


def _holds_books(path: Path) -> bool:
    """Whether a file holds order books, by the names of its columns."""
    if not path.is_file() or path.suffix not in (".csv", ".parquet"):
        return False
    try:
        head = pd.read_csv(path, nrows=0) if path.suffix == ".csv" else pd.read_parquet(path).iloc[:0]
    except (OSError, ValueError):
        return False  # the reader of tables says what is wrong with it
    return any(set(map(str, head.columns)) >= known for known in _BOOKS)


def _of_books(path: Path, symbols: Sequence[str]) -> FactsFile:
    books = sorted(read_books([path]), key=lambda book: (book.symbol, book.at_ms))
    found: list[FactColumns] = []
    others = 0
    for symbol, own in groupby(books, key=lambda book: book.symbol):
        of_one = list(own)
        if symbol in symbols:
            found += _figures(symbol, of_one)
        else:
            others += len(of_one)
    return FactsFile(path.name, tuple(found), others)


def _figures(symbol: str, books: Sequence[RecordedBook]) -> list[FactColumns]:
    at_ms = np.array([book.at_ms for book in books], dtype=np.int64)
    deep = np.array([np.nan if (near := depth(book.bids, book.asks)) is None else near for book in books])
    figures = {
        "book_spread_bps": np.array([spread_bps(book.bids, book.asks) for book in books]),
        "book_imbalance": np.array([imbalance(book.bids, book.asks) for book in books]),
        "book_depth_1pct": deep,
    }
    made = []
    for name, values in figures.items():
        known = np.isfinite(values)
        if known.any():
            made.append(FactColumns(name, symbol, at_ms[known], at_ms[known], values[known], Published.AT_ONCE))
    return made
