"""Reads tables from Parquet, Feather and CSV files, and finds the market of a file without a symbol column.

It refuses a file that does not exist, that is not of the kind that its name says, or that is of another kind.
"""

import csv
import gzip
import zlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from config.errors import DataFault
from market.files.columns import is_header
from market.symbols import readings, symbol_from_name

_HEADER_WITHIN_LINES = 5
_UNREADABLE = (
    pa.ArrowException, OSError, EOFError, UnicodeError, zlib.error, csv.Error,
    pd.errors.ParserError, pd.errors.EmptyDataError,
)  # fmt: skip


def read_frame(path: Path) -> pd.DataFrame:
    """The table of a file. Raises DataFault when the file is missing, empty, unreadable or of an unknown kind."""
    if path.is_dir():
        raise DataFault(f"{path.name} is a folder: nothing was read; give the files in it.")
    if not path.is_file():
        raise DataFault(f"There is no file {path.name}: nothing was read; check the path.")
    if not path.stat().st_size:
        raise DataFault(f"{path.name} is empty (0 bytes): nothing was read; download it again.")
    try:
        frame = _read_frame(path)
    except _UNREADABLE as error:
        raise DataFault(
            f"{path.name} cannot be read as a {path.suffix} file ({type(error).__name__}): nothing was started; "
            "download it again."
        ) from None
    if frame is None:
        raise DataFault(
            f"{path.name} is not a market file: it was not read; give .parquet, .feather, .ft, .csv or .csv.gz."
        )
    return frame


def symbol_of_file(path: Path, only: str | Sequence[str] | None) -> str:
    """The market in the name of a file; one of `only` where the name leaves it open, and the only one where it names none.

    Raises DataFault when there is none, or more than one.
    """
    stem, wanted = path.name.partition(".")[0], (only,) if isinstance(only, str) else tuple(only or ())
    symbol = symbol_from_name(stem, wanted) or (wanted[0] if len(wanted) == 1 else None)
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
    """The number of banner lines above the header; 0 when there is no header, so that the error can quote line 1."""
    opened = gzip.open if path.name.lower().endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as text:
        lines = list(islice(csv.reader(text), _HEADER_WITHIN_LINES))
    return next((i for i, cells in enumerate(lines) if is_header(cells)), 0)
