"""Reads tables from Parquet, Feather and text files, and finds the market of a file without a symbol column.

It refuses a file that does not exist, that is not of the kind that its name says, or that is of another kind.
"""

import csv
import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePath

import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from config.errors import DataFault
from market.files.sources import ENDINGS, PLAIN, Source
from market.files.text.dialect import LEAST_FIELDS, Table, table_of
from market.files.text.json_bars import json_table
from market.files.text.opened import raw_of, text_of
from market.symbols import readings, symbol_from_name

_METATRADER = re.compile(r"(?<=[A-Za-z])(?:5|15|30|60|240|1440|10080|M(?:1|5|15|30)|H[14]|D1|W1)$")
"""The length of a bar that MetaTrader puts behind the name of a market: BTCUSD60, BTCUSDH1."""
TYPED = ""
"""The delimiter of a table whose columns have types of their own, as in Parquet."""
_UNREADABLE = (
    pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error, csv.Error, zipfile.BadZipFile, RuntimeError,
    pd.errors.ParserError, pd.errors.EmptyDataError, ValueError,
)  # fmt: skip


def read_frame(path: Path) -> pd.DataFrame:
    """The table of a file; columns of numbers are numbers. Raises DataFault as `read_table` does."""
    table = read_table(Source(path))
    if table.delimiter == TYPED:
        return table.frame
    return table.frame.apply(_typed)


def read_table(source: Source) -> Table:
    """The table of a file, as strings if it is text.

    Raises DataFault when the file is missing, empty, unreadable or of an unknown kind.
    """
    path = source.path
    if path.is_dir():
        raise DataFault(f"{path.name} is a folder: nothing was read; give the files in it.")
    if not path.is_file():
        raise DataFault(f"There is no file {path.name}: nothing was read; check the path.")
    if not path.stat().st_size:
        raise DataFault(f"{path.name} is empty (0 bytes): nothing was read; download it again.")
    try:
        table = _read_table(source)
    except _UNREADABLE as error:
        raise DataFault(
            f"{source.name} cannot be read as a {path.suffix} file ({_why(error)}): nothing was started; download it "
            "again, or give "
            "it the ending of what it holds."
        ) from None
    if table is None:
        raise DataFault(f"{source.name} is not a market file: it was not read; give {', '.join(ENDINGS[:-1])}.")
    return table


def symbol_of_file(path: PurePath, only: str | Sequence[str] | None) -> str:
    """The market in the name of a file; one of `only` where the name leaves it open, and the only one where it names none.

    Raises DataFault when there is none, or more than one.
    """
    stem = path.name.partition(".")[0]
    wanted = (only,) if isinstance(only, str) else tuple(only or ())
    bare = _METATRADER.sub("", stem)
    symbol = symbol_from_name(stem, wanted) or symbol_from_name(bare, wanted)
    symbol = symbol or (wanted[0] if len(wanted) == 1 else None)
    if symbol is None and len(found := readings(stem)) > 1:
        raise DataFault(
            f"The name of {path.name} can mean {' or '.join(found)}: it was not read; say which with --symbols {found[0]}, or "
            f"rename the file like binance_{found[0].replace('/', '_')}_1h.parquet."
        )
    if symbol is None:
        raise DataFault(
            f"Neither a column nor the name of {path.name} says which market it holds: it was not read; "
            "name the market with --symbols, or rename the file like binance_BTCUSDT_1h.parquet."
        )
    return symbol


def _read_table(source: Source) -> Table | None:
    name = (source.member or source.path.name).lower()
    if source.member is None and name.endswith(".parquet"):
        return Table(parquet.ParquetFile(source.path).read().to_pandas(ignore_metadata=True), True, TYPED)
    if source.member is None and name.endswith((".feather", ".ft")):
        return Table(feather.read_table(source.path).to_pandas(ignore_metadata=True), True, TYPED)
    if not name.removesuffix(".gz").endswith(PLAIN):
        return None
    text = text_of(raw_of(source.path, source.member))
    if name.removesuffix(".gz").endswith(".json"):
        return json_table(text)
    table = table_of(text)
    return table if name.removesuffix(".gz").endswith(".csv") or len(table.frame.columns) >= LEAST_FIELDS else None


def _typed(column: "pd.Series[str]") -> "pd.Series[str]":
    """The column as numbers, if all its cells that are not blank are numbers."""
    bare = column.where(column != "")
    try:
        return pd.to_numeric(bare)
    except ValueError:
        return bare


def _why(error: Exception) -> str:
    name = type(error).__name__
    if not isinstance(error, pd.errors.ParserError):
        return name
    return f"{name}: {str(error).removeprefix('Error tokenizing data. C error: ').strip()}"
