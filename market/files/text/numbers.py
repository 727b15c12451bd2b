"""Numbers as publishers write them: with a decimal point or comma, with separators of thousands, with K, M and B.

Which mark is the decimal is one decision for a file, made from all its cells: two marks in one cell, a group that is not of three
digits, or a leading zero prove it. Where no cell does, the file is refused: 42,283 is 42 or 42 thousand.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from config.errors import DataFault
from market.candles import Floats

Decimal = Literal[".", ","]
_MAX_BAD = 0.05
_NUMBER = {mark: rf"[+-]?(?:[0-9]+{mark}?[0-9]*|{mark}[0-9]+)(?:[eE][+-]?[0-9]+)?" for mark in (r"\.", ",")}
_OPEN = r"^[+-]?[1-9]\d{0,2}[.,]\d{3}$"
"""One mark before three digits: a decimal, or thousands."""
_BLANK = ("", "-", "–", "—", "null", "none", "nan", "n/a", "na")
_SPACES = "[ \u00a0\u2009\u202f'’]"
_SPACED = rf"[+-]?\d{{1,3}}(?:{_SPACES}\d{{3}})+(?:[.,]\d*)?"
_SIGNS = r"^[$€£¥₿]\s*|\s*[$€£¥₿]$"
_UNITS = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


def is_number(cell: str) -> bool:
    """Whether a cell holds a number in any of the known spellings, or nothing."""
    bare = re.sub(_SIGNS, "", cell.strip())
    bare = re.sub(_SPACES, "", bare) if re.fullmatch(_SPACED, bare) else bare
    return (
        bare.lower() in _BLANK or re.fullmatch(r"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+|[kKmMbBtT])?", bare) is not None
    )


def decimal_of(columns: Sequence["pd.Series[str]"], delimiter: str, given: Decimal | None, name: str) -> Decimal:
    """The decimal mark of a file, from its columns of numbers. `given` decides without looking.

    Raises DataFault when the cells contradict each other, and when no cell proves the mark.
    """
    if given is not None:
        return given
    if delimiter == "," and all(_as_they_are(column) is not None for column in columns):
        return "."
    proofs: dict[Decimal, str] = {}
    open_: tuple[int, str, str] | None = None
    for column in columns:
        cells = _bare(column)
        for mark in (".", ","):
            if mark not in proofs and (cell := _first(cells, _proof(mark))) is not None:
                proofs[mark] = f"{cells.iloc[cell]} in column {column.name}, row {cells.index[cell] + 1}"
        if open_ is None and (cell := _first(cells, _OPEN)) is not None:
            open_ = int(cells.index[cell]) + 1, str(column.name), str(column.iloc[cell])
    if len(proofs) == 2:
        raise DataFault(
            f"{name} has a decimal point ({proofs['.']}) and a decimal comma ({proofs[',']}): it was not read; write all numbers "
            "in one way, or name the mark with --decimal . or --decimal ,"
        )
    if proofs:
        return next(iter(proofs))
    if open_ is not None and ("," in open_[2] or delimiter != ","):
        row, column_name, cell_text = open_
        raise DataFault(
            f"{name}, row {row}, column {column_name}: {cell_text} is a number with decimals or with thousands, and "
            "no other cell "
            "shows which. It was not read; expected a number whose decimal mark is certain. Name the mark with --decimal . or "
            "--decimal ,"
        )
    return "."


def numbers_of(column: "pd.Series[str]", decimal: Decimal, name: str) -> Floats:
    """The numbers of a column, shape (n,), float64 [as in the file]; NaN for a blank cell, and for one that holds no number.

    Raises DataFault when more than 5 % of the cells hold something else than a number.
    """
    if decimal == "." and (values := _as_they_are(column)) is not None:
        return values
    cells = _bare(column)
    unit = pd.Series(1.0, index=cells.index)
    if (scaled := cells.str.fullmatch(r".*\d[kKmMbBtT]")).any():
        unit[scaled] = cells[scaled].str[-1].str.lower().map(_UNITS)
        cells = cells.mask(scaled, cells.str[:-1])
    other = "," if decimal == "." else "."
    if (grouped := cells.str.contains(other, regex=False)).any():
        sound = cells.str.fullmatch(rf"[+-]?\d{{1,3}}(?:\{other}\d{{3}})+(?:\{decimal}\d*)?")
        cells = cells.mask(grouped & sound, cells.str.replace(other, "", regex=False))
    matched = cells.str.fullmatch(_NUMBER[re.escape(decimal)])
    if decimal == ",":
        cells = cells.str.replace(",", ".", regex=False)
    numeric = matched.to_numpy(bool)
    wrong = ~numeric & ~cells.str.lower().isin(_BLANK).to_numpy(bool)
    if wrong.sum() > _MAX_BAD * len(cells):
        first = int(wrong.argmax())
        raise DataFault(
            f"{name}, row {column.index[first] + 1}, column {column.name}: {column.iloc[first]!r} is no number with "
            f"the decimal mark {decimal} "
            f"({int(wrong.sum())} of {len(cells)} rows). It was not read; expected a number, like 42283.58. "
            f"{_remedy(column, other)}"
        )
    text = pa.array(cells.where(matched, None), type=pa.string(), from_pandas=True)
    values = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(values * unit.to_numpy(), dtype=np.float64)


def _remedy(column: "pd.Series[str]", other: str) -> str:
    """What to do about cells that are no numbers: another mark helps only where they are numbers with it."""
    cells = _bare(column)
    if cells.str.fullmatch(rf"[+-]?\d[\d.,]*\{other}[\d.,]*").mean() > 0.5:
        return f"Name another mark with --decimal {other}"
    return "Write the cells of this column as bare numbers, without units, brackets or percent."


def _as_they_are(column: "pd.Series[str]") -> Floats | None:
    """The numbers of a column in which every cell is one with a decimal point; None for another column."""
    try:
        values = pc.cast(pa.array(column, type=pa.string()), pa.float64())
    except pa.ArrowInvalid:
        return None
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _bare(column: "pd.Series[str]") -> "pd.Series[str]":
    """The cells without surrounding blanks, signs of currencies, and blanks that divide thousands."""
    cells = column.astype("str").str.strip()
    if cells.str.contains(rf"{_SPACES}|[$€£¥₿]", regex=True).any():
        cells = cells.str.replace(_SIGNS, "", regex=True)
        spaced = cells.str.fullmatch(_SPACED)
        cells = cells.mask(spaced, cells.str.replace(_SPACES, "", regex=True))
    return cells


def _proof(mark: Decimal) -> str:
    """A cell that only a decimal `mark` explains.

    It ends a group of other than three digits, or follows the other mark, a zero, or more digits than a group has.
    """
    own, other = re.escape(mark), re.escape("," if mark == "." else ".")
    return (
        rf"^[+-]?(?:\d+(?:{other}\d{{3}})+{own}\d*|\d{{0,3}}{own}(?:\d{{0,2}}|\d{{4,}})|0+{own}\d+|\d{{4,}}{own}\d*"
        rf"|\d{{1,3}}(?:{other}\d{{3}}){{2,}})(?:[eE][+-]?\d+|[kKmMbBtT])?$"
    )


def _first(cells: "pd.Series[str]", pattern: str) -> int | None:
    """The place of the first cell that matches."""
    found = cells.str.contains(pattern, regex=True).to_numpy(bool)
    return int(found.argmax()) if found.any() else None


def all_text(columns: Iterable["pd.Series[str]"]) -> bool:
    """Whether columns hold strings, as those of a text file do."""
    return all(pd.api.types.is_string_dtype(column.dtype) for column in columns)
