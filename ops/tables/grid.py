"""A small table that is shown on a console and written as Markdown, out of the same cells."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.box import ROUNDED
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
        table = Table(title=self.title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
        for place, name in enumerate(self.columns):
            words = place in self.prose
            table.add_column(name, justify="left" if self.is_left(place) else "right", no_wrap=not words)
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a document: the title in bold, then the table."""
        rule = ["---" if self.is_left(place) else "---:" for place in range(len(self.columns))]
        lines = [_line(self.columns), _line(rule), *(_line(row) for row in self.rows)]
        title = f"**{self.title}**\n\n" if self.title else ""
        return title + "\n".join(lines) + "\n"

    def is_left(self, place: int) -> bool:
        """Whether a column holds words."""
        return place < self.left or place in self.prose


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def boxed(title: str, columns: Iterable[str]) -> Table:
    """A boxed table; columns whose name begins with > are aligned to the right; they, and those with <, do not wrap."""
    table = Table(title=title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
    for name in columns:
        right, whole = name.startswith(">"), name.startswith(("<", ">")) or name.endswith("UTC")
        table.add_column(name.lstrip("<>"), justify="right" if right else "left", no_wrap=whole)
    return table
