"""The one way in which tables are drawn: on a console, and as Markdown out of the same cells."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.table import Table


class Grid(NamedTuple):
    """Cells as text. The first `left` columns are words, the others numbers; those of `prose` are sentences, which may wrap."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    prose: tuple[int, ...] = ()

    def table(self) -> Table:
        """For a console."""
        table = boxed(self.title, (self._mark(place) + name for place, name in enumerate(self.columns)))
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a document: the title in bold, if there is one, then the table."""
        rule = ["---" if self.is_left(place) else "---:" for place in range(len(self.columns))]
        lines = [_line(self.columns), _line(rule), *(_line(row) for row in self.rows)]
        title = f"**{self.title}**\n\n" if self.title else ""
        return title + "\n".join(lines) + "\n"

    def is_left(self, place: int) -> bool:
        """Whether a column holds words."""
        return place < self.left or place in self.prose

    def _mark(self, place: int) -> str:
        return "" if place in self.prose else "<" if place < self.left else ">"


def boxed(title: str, columns: Iterable[str], *, dense: bool = False) -> Table:
    """A table without rows yet.

    Columns whose name begins with > are aligned to the right; they, those with <, and moments in UTC do not wrap. `dense` leaves
    the box away, for tables of many columns.
    """
    table = Table(title=title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
    if dense:
        table.box, table.padding, table.pad_edge = SIMPLE_HEAD, (0, 1, 0, 0), False
    for name in columns:
        right, whole = name.startswith(">"), name.startswith(("<", ">")) or name.endswith("UTC")
        table.add_column(name.lstrip("<>"), justify="right" if right else "left", no_wrap=whole)
    return table


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
