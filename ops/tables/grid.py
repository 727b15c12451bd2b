"""The one way in which tables are drawn: on a console, as wide as that is, and as Markdown out of the same cells.

No cell is cut. Where a table is too wide, its sentences wrap; then it gives up the columns that it names in `yields`, in that
order, and says so below; if that is not enough, each row becomes a few lines. What is not in `yields` is always shown.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TextIO

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.cells import cell_len, chop_cells
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Column, Table
from rich.text import Text

from config.progress import LINES, width_of

_NARROWEST = 16
"""A column of sentences is not made narrower than this; shorter ones have their own width."""
_BREAK = re.compile(r"[^./_,=-]*[./_,=-]?")
"""A word that is longer than its column breaks after one of these."""


class Grid(NamedTuple):
    """Cells as text. The first `left` columns are words, the others numbers; those of `prose` are sentences, which may wrap.

    `yields` names the columns that a narrow console does without, the first one first.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1
    prose: tuple[int, ...] = ()
    yields: tuple[str, ...] = ()

    def table(self) -> "Sheet":
        """For a console."""
        names = (self._mark(place) + name for place, name in enumerate(self.columns))
        table = boxed(self.title, names, yields=self.yields)
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


class Sheet(Table):
    """A table that fits the console on which it is printed. All its cells are text."""

    yields: tuple[str, ...] = ()
    narrow: "Sheet | None" = None
    """What is printed instead where this table is too wide, rather than to give up a column."""

    def needs(self) -> int:
        """The columns of a console on which nothing wraps and nothing is given up."""
        return self._edge(self.columns) + sum(map(_natural, self.columns))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = options.max_width
        if self.narrow is not None and self.needs() > room:
            yield self.narrow
            return
        kept = list(self.columns)
        for name in self.yields:
            if self._least(kept) <= room:
                break
            kept = [column for column in kept if str(column.header) != name]
        if self._least(kept) > room:
            yield self._stacked(room)
            return
        yield self._drawn(kept, room)
        names = {str(column.header) for column in kept}
        if left := [name for name in self.yields if name not in names]:
            note = f"Not shown in {room} columns: {', '.join(left)}. {self.needs()} columns show all."
            yield Text("\n".join(wrapped(note, room)))

    def _edge(self, columns: Sequence[Column]) -> int:
        """The width of lines and padding."""
        return (2 if self.box is SIMPLE_HEAD else 3) * len(columns) + 1

    def _least(self, columns: Sequence[Column]) -> int:
        return self._edge(columns) + sum(map(_floor, columns))

    def _drawn(self, columns: Sequence[Column], room: int) -> Table:
        """These columns, in at most `room`."""
        table = self._empty()
        widths = _shared(columns, room - self._edge(columns))
        for column, width in zip(columns, widths, strict=True):
            table.add_column(Text(str(column.header)), justify=column.justify, width=width, overflow="fold")
        cells = [map(str, column.cells) for column in columns]
        for row, *texts in zip(self.rows, *cells, strict=True):
            broken = (wrapped(text, width) for text, width in zip(texts, widths, strict=True))
            table.add_row(*(Text("\n".join(lines)) for lines in broken), end_section=row.end_section)
        return table

    def _stacked(self, room: int) -> Table:
        """Each row as lines of a name and a value, without those that are empty."""
        table = self._empty()
        table.show_header = False
        names = [str(column.header) for column in self.columns]
        left = min(max(map(cell_len, names)), room // 3)
        right = room - left - self._edge(self.columns[:2])
        for width in (left, right):
            table.add_column("", width=width, overflow="fold")
        for cells in zip(*(map(str, column.cells) for column in self.columns), strict=True):
            for name, text in zip(names, cells, strict=True):
                if text:
                    lines = (Text("\n".join(wrapped(each, width))) for each, width in ((name, left), (text, right)))
                    table.add_row(*lines)
            table.add_section()
        return table

    def _empty(self) -> Table:
        """A plain table that looks like this one."""
        table = Table(title=Text(str(self.title)) if self.title else None, box=self.box, title_justify="left")
        table.title_style, table.header_style = "bold", "bold"
        table.padding, table.pad_edge = self.padding, self.pad_edge
        return table


def boxed(title: str, columns: Iterable[str], *, dense: bool = False, yields: Sequence[str] = ()) -> Sheet:
    """A table without rows yet.

    Columns whose name begins with > are aligned to the right; they, those with <, and moments in UTC do not wrap. `dense` leaves
    the box away, for tables of many columns. A narrow console does without the columns of `yields`, the first one first.
    """
    table = Sheet(title=title, box=ROUNDED, title_justify="left", title_style="bold", header_style="bold")
    table.yields = tuple(yields)
    if dense:
        table.box, table.padding, table.pad_edge = SIMPLE_HEAD, (0, 1, 0, 0), False
    for name in columns:
        right, whole = name.startswith(">"), name.startswith(("<", ">")) or name.endswith("UTC")
        table.add_column(name.lstrip("<>"), justify="right" if right else "left", no_wrap=whole)
    return table


def open_console(file: TextIO, *, piped: int = 100, width: int | None = None) -> Console:
    """A console as wide as COLUMNS or the terminal says, or `piped` where neither does; without colour in a pipe.

    `width` [columns], if it is given, holds whatever they say.
    """
    wide = width or width_of(file, piped=piped)
    return Console(file=file, highlight=False, markup=False, width=wide, height=LINES)


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text of which none is wider than `width` [columns]: broken at spaces, and inside a long word at a mark."""
    lines = []
    for line in text.split("\n"):
        made = ""
        for word in re.findall(r"\s*\S+", line) or [""]:
            for part in [word] if cell_len(word.strip()) <= width else _BREAK.findall(word):
                if made and cell_len(made + part) > width:
                    lines.append(made)
                    made, part = "", part.lstrip()
                made += part
                if cell_len(made) > width:
                    *whole, made = chop_cells(made, width)
                    lines += whole
        lines.append(made)
    return lines


def _natural(column: Column) -> int:
    """The width of the widest line of a column."""
    texts = [str(column.header), *map(str, column.cells)]
    return max(cell_len(line) for text in texts for line in text.split("\n"))


def _common(column: Column) -> int:
    """The width that nine of ten cells do not exceed."""
    widths = sorted(max(map(cell_len, str(cell).split("\n"))) for cell in column.cells) or [0]
    return max(cell_len(str(column.header)), widths[int(0.9 * (len(widths) - 1))])


def _floor(column: Column) -> int:
    """The least width of a column."""
    natural = _natural(column)
    return natural if column.no_wrap else min(natural, max(_NARROWEST, cell_len(str(column.header))))


def _shared(columns: Sequence[Column], room: int) -> list[int]:
    """Widths of at most `room` in all: what each needs at least, and the rest where most cells are still wrapped."""
    widths = list(map(_floor, columns))
    for wanted in (list(map(_common, columns)), list(map(_natural, columns))):
        while sum(widths) < room:
            place = max(range(len(widths)), key=lambda each: wanted[each] - widths[each])
            if wanted[place] <= widths[place]:
                break
            widths[place] += 1
    return widths


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
