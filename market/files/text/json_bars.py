"""Bars in JSON: rows of values, as freqtrade and the interfaces of exchanges write them; rows with names; and columns with names.

It refuses every other form.
"""

import json
from typing import Any

import pandas as pd

from market.files.text.dialect import Table

JSON = "json"
"""In the place of a delimiter."""


def json_table(text: str) -> Table:
    """The table in a JSON text, numbers as they are written. Raises ValueError for another form."""
    found: Any = json.loads(text, parse_float=str, parse_int=str)
    if isinstance(found, dict):
        found_columns = {name: column for name, column in found.items() if isinstance(column, list)}
        return Table(_strings(pd.DataFrame(found_columns)), True, JSON)
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        return Table(_strings(pd.DataFrame(found)), True, JSON)
    if isinstance(found, list) and found and all(isinstance(row, list) and len(row) == len(found[0]) for row in found):
        frame = pd.DataFrame(found, columns=[str(place) for place in range(len(found[0]))])
        return Table(_strings(frame), False, JSON)
    raise ValueError("this JSON holds no rows of bars")


def _strings(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.fillna("").astype("str")
