"""The boxes that the console's tables are drawn in."""

from collections.abc import Iterable

from rich.box import ROUNDED
from rich.table import Table


def boxed(title: str, columns: Iterable[str]) -> Table:
    """A boxed table; columns whose name begins with > are aligned to the right; they, and those with <, do not wrap."""
    table = Table(title=title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
    for name in columns:
        right, whole = name.startswith(">"), name.startswith(("<", ">")) or name.endswith("UTC")
        table.add_column(name.lstrip("<>"), justify="right" if right else "left", no_wrap=whole)
    return table
