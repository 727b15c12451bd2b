"""How a column of an exported table is declared: its name, its unit, its meaning, and where its value comes from, in one row.

Header, cells and documentation are made of these rows, so that none can be forgotten. Cells are text: an exact decimal without
exponent, a moment in UTC to the millisecond, and nothing where there is no value.
"""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")

Cell = str | int | float | Decimal | datetime | None
"""What stands in a table."""


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """One column. `unit` is empty for words; `value` reads the cell from what a line is made of."""

    name: str
    unit: str
    meaning: str
    value: Callable[[Row], Any]


def csv_of(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> bytes:
    """The table as CSV in UTF-8, with a header, commas and one line feed a line."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    values = [column.value for column in columns]
    writer.writerows([told(value(row)) for value in values] for row in rows)
    return text.getvalue().encode()


def told(cell: Cell) -> str:
    """A value as text."""
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}"
        case datetime():
            return moment(cell)
        case float():
            return repr(cell)
        case _:
            return str(cell)


def moment(at: datetime) -> str:
    """`2024-03-01T05:00:00.250Z`: ISO 8601 in UTC, always to the millisecond, so that every reader parses a column alike."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
