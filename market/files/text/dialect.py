"""Text to a table of strings: finds the delimiter, the banner lines and the header, and leaves the parsing to pandas.

It refuses a row with more fields than the header. It takes out blank rows and copies of the header, and says how many. Files of
yfinance have three header lines: names, tickers, and the name of the time.
"""

import csv
import io
from collections import Counter
from itertools import islice
from typing import NamedTuple

import pandas as pd

from market.files.text.names import is_header, plain
from market.files.text.numbers import is_number

_LOOKED_AT = 60
_HEADER_WITHIN_LINES = 20
LEAST_FIELDS = 5
"""A file of bars has at least a time and four prices."""
_PAD = "\x1f"
"""Divides the name of a column from its place, where two columns have one name."""


class Table(NamedTuple):
    """A table of strings, in the order of the file. `names`: whether the file names its columns; without names they are 0, 1, ….

    `delimiter` divided its fields. `repeats` is the number of rows that repeated the header.
    """

    frame: pd.DataFrame
    names: bool
    delimiter: str
    repeats: int = 0


def table_of(text: str) -> Table:
    """The table in a text. Raises pandas.errors.ParserError for rows that are too long, EmptyDataError for no rows."""
    head = list(islice(io.StringIO(text, newline=None), _LOOKED_AT))
    delimiter = _delimiter(head)
    lines = list(csv.reader(head, delimiter=delimiter, skipinitialspace=True))
    header = next((at for at, cells in enumerate(lines[:_HEADER_WITHIN_LINES]) if is_header(cells)), None)
    width = Counter(len(cells) for cells in lines if cells).most_common(1)[0][0] if any(lines) else 0
    if header is None:
        first = next((at for at, cells in enumerate(lines) if cells and len(cells) == width and _is_data(cells)), None)
        if first is not None and width > LEAST_FIELDS and not (first and len(lines[first - 1]) == width):
            return Table(_parsed(text, delimiter, first, [str(place) for place in range(width)]), False, delimiter)
        header = max((first or 0) - 1, 0)
    named = [cell.strip().strip("\ufeff") for cell in lines[header]] if lines else []
    longest = max((len(cells) for cells in lines[header + 1 :]), default=0)
    frame = _parsed(text, delimiter, header + 1, _padded(named, longest))
    _refuse_surplus(frame, named)
    repeated = _repeats(frame, named)
    above = lines[header - 1] if header else []
    return with_tickers(Table(frame[~repeated], True, delimiter, int(repeated.sum())), above)


def headed_table(text: str) -> pd.DataFrame:
    """The strings of a text whose first line names its columns, two or more: a table of anything but bars, such as of headlines.

    Raises pandas.errors.ParserError for rows that are too long, EmptyDataError for no rows.
    """
    head = list(islice(io.StringIO(text, newline=None), _LOOKED_AT))
    delimiter = _delimiter_of_header(head)
    lines = list(csv.reader(head, delimiter=delimiter, skipinitialspace=True))
    first = next((at for at, cells in enumerate(lines) if cells), 0)
    named = [cell.strip() for cell in lines[first]] if lines else []
    frame = _parsed(text, delimiter, first + 1, _padded(named, max(map(len, lines), default=0)))
    _refuse_surplus(frame, named)
    return frame[frame.columns[: len(named)]]


def _delimiter_of_header(head: list[str]) -> str:
    """The first mark that divides the header and most lines below it into the same fields; else a comma, as texts hold it."""
    for mark in "\t;|":
        widths = [len(cells) for cells in csv.reader(head, delimiter=mark) if cells]
        if widths and widths[0] > 1 and 2 * widths.count(widths[0]) > len(widths):
            return mark
    return ","


def _delimiter(head: list[str]) -> str:
    """The first mark that divides most lines into enough fields. A comma is the last: it is also a decimal."""
    for mark in "\t;|":
        widths = Counter(len(cells) for cells in csv.reader(head, delimiter=mark) if cells)
        if widths and widths.most_common(1)[0][0] >= LEAST_FIELDS:
            return mark
    return ","


def _is_data(cells: list[str]) -> bool:
    """Whether a line is a row without a header above it: it begins with a digit, and holds numbers from its third field on."""
    return cells[0].strip()[:1].isdigit() and all(is_number(cell) for cell in cells[2:LEAST_FIELDS])


def _padded(named: list[str], longest: int) -> list[str]:
    """Names that differ, one for each field of the longest row."""
    unique = [name if named.index(name) == at else f"{name}{_PAD}{at}" for at, name in enumerate(named)]
    return unique + [f"{_PAD}{at}" for at in range(len(named), longest)]


def _refuse_surplus(frame: pd.DataFrame, named: list[str]) -> None:
    """Raise ParserError for fields without a name. Empty ones are allowed: some publishers end rows with a delimiter."""
    for column in frame.columns[len(named) :]:
        filled = (frame[column].str.strip() != "").to_numpy()
        if filled.any():
            raise pd.errors.ParserError(
                f"row {int(filled.argmax()) + 1} has more fields than the header, which names {len(named)}; what holds the "
                "mark between the fields, such as a text or a decimal comma, must stand in quotes"
            )


def _repeats(frame: pd.DataFrame, named: list[str]) -> "pd.Series[bool]":
    """Which rows are copies of the header."""
    same = pd.Series(bool(named), index=frame.index)
    for name, column in zip(named, frame.columns, strict=False):
        same &= frame[column].str.strip() == name
    return same


def _parsed(text: str, delimiter: str, skip: int, names: list[str]) -> pd.DataFrame:
    """All rows after the first `skip` lines that are not blank, as strings without surrounding blanks."""
    frame = pd.read_csv(
        io.StringIO(text),
        sep=delimiter,
        skiprows=skip,
        header=None,
        names=names,
        index_col=False,
        dtype=str,
        na_filter=False,
        skipinitialspace=True,
    )
    blank = pd.Series(bool(names), index=frame.index)
    for column in frame.columns:
        blank &= frame[column] == ""
    return frame[~blank].reset_index(drop=True)


def with_tickers(table: Table, above: list[str]) -> Table:
    """The table without the lines of yfinance around its header: `Ticker`, one market a column, and the name of the time.

    The markets become the column `symbol`. `above` is the line over the header, where the tickers may stand too. Tables of other
    publishers stay as they are.
    """
    frame = table.frame
    below = not frame.empty and plain(frame.iat[0, 0]) == "ticker"
    if not below and plain(above[0] if above else "") != "ticker":
        return table
    tickers = [str(cell).strip() for cell in (frame.iloc[0] if below else above)]
    rows = frame.iloc[int(below) :]
    rows = rows.iloc[int(len(rows) > 0 and not any(str(cell) for cell in rows.iloc[0, 1:])) :]
    time = frame.columns[0]
    parts = []
    for ticker in dict.fromkeys(tickers[1:]):
        places = [at for at, cell in enumerate(tickers) if cell == ticker]
        named = {frame.columns[at]: str(frame.columns[at]).partition(_PAD)[0] for at in places}
        parts.append(rows[[time, *named]].rename(columns={**named, time: "date"}).assign(symbol=ticker))
    return table._replace(frame=pd.concat(parts, ignore_index=True))
