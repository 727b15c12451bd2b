"""A small table that is shown on a console and written as Markdown, out of the same cells."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.box import ROUNDED
from rich.table import Table


class Grid(NamedTuple):
    """Cells as text. The first `left` columns are words, the others numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1

    def table(self) -> Table:
        """For a console."""
        table = Table(title=self.title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
        for place, name in enumerate(self.columns):
            table.add_column(name, justify="left" if place < self.left else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """For a document: the title in bold, then the table."""
        rule = ["---" if place < self.left else "---:" for place in range(len(self.columns))]
        lines = [_line(self.columns), _line(rule), *(_line(row) for row in self.rows)]
        return f"**{self.title}**\n\n" + "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
