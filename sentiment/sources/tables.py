"""Reads a file of headlines as a table of raw cells: Parquet, CSV or JSON lines, plain or gzipped, in UTF-8 or marked UTF-16.

The fields of a CSV are divided by commas, semicolons, tabs or bars, whichever its header proves (decision 18). No cell is
interpreted here: a date stays the text or the number that the file holds. A file that is missing, damaged, empty or of another
kind is refused with the reason, and so is one with a row that has more fields than the header.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from config.errors import DataFault
from market.files.text.dialect import headed_table
from market.files.text.opened import raw_of

Table = Mapping[str, Sequence[Any]]
"""The columns of a file by name, all of one length."""
_TEXTS = (".csv", ".tsv", ".txt")


def read_table(path: Path) -> Table:
    """The columns of a file, with at least one row. Raises DataFault."""
    if not path.is_file():
        found = "it is a folder" if path.is_dir() else "there is nothing of this name"
        raise DataFault(
            f"{path.name} is not a file that can be read, because {found}; nothing was loaded. Check its path."
        )
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    kind = suffixes[-1] if suffixes else ""
    try:
        if kind == ".parquet":
            table = _columns(pd.read_parquet(path))
        elif kind in _TEXTS:
            table = _columns(headed_table(_text(path)))
        elif kind in (".jsonl", ".ndjson"):
            table = _json_lines(path)
        else:
            raise DataFault(
                f"{path.name} is of no known kind; give a .parquet, .csv, .tsv, .txt or .jsonl file (.gz is fine)."
            )
    except (ValueError, OSError, EOFError) as error:
        detail = str(error).replace(str(path), path.name)
        raise DataFault(f"{path.name} cannot be read ({detail}); nothing was loaded. Check the file.") from error
    if not table or not len(next(iter(table.values()))):
        raise DataFault(f"{path.name} has no rows; nothing was loaded.")
    return table


def _columns(frame: pd.DataFrame) -> dict[str, Sequence[Any]]:
    return {str(name): frame[name].tolist() for name in frame.columns}


def _text(path: Path) -> str:
    """The text of a file. Headlines have letters, so no other encoding is guessed. Raises OSError, EOFError or UnicodeError."""
    raw = raw_of(path, None)
    return raw.decode("utf-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig")


def _json_lines(path: Path) -> dict[str, Sequence[Any]]:
    """One object a line; blank lines count for nothing. Raises ValueError that names the line."""
    rows = []
    for number, line in enumerate(_text(path).split("\n"), start=1):
        if line.strip():
            rows.append(_object(line, number))
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError(f"line {number} is not JSON") from None
    if not isinstance(found, dict):
        raise ValueError(f"line {number} is not a JSON object")
    return found
