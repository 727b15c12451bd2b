"""The lines that a trial is written in: a heading, a sentence that wraps under itself, and figures in columns.

A line is text with one style, so that it is the same with and without colour: what a style says stands in the words too.
"""

from collections.abc import Iterable

from rich.text import Text

from ops.tables.grid import wrapped

MOST = 100
"""A line of prose that is longer is hard to read [columns]."""
STRUCK = "strike red"
_MARGIN = 2
_NARROWEST = 20
"""In less room than this beside its mark, a text stands below it [columns]."""


def plain(text: str) -> str:
    """A text on one line without what a terminal would obey: a model's words are not ours."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def heading(title: str, rest: str, width: int) -> list[Text]:
    """The name of a part in bold, and what it comes to beside it."""
    lines = wrapped(f"{title}  {plain(rest)}" if rest else title, min(width, MOST))
    first = Text(lines[0])
    first.stylize("bold", 0, len(title))
    return [Text(""), first, *(Text(f"{' ' * _MARGIN}{line.strip()}") for line in lines[1:])]


def told(text: str, width: int, *, mark: str = "", style: str = "") -> list[Text]:
    """A text below a heading, after a `mark`; its later lines stand under its first word."""
    room = min(width, MOST) - _MARGIN - len(mark)
    if mark.strip() and room < min(_NARROWEST, len(plain(text))):
        return [*told(mark, width, style=style), *told(text, width, mark="  ", style=style)]
    lines = [line.strip() for line in wrapped(plain(text), room)]
    made = []
    for place, line in enumerate(lines):
        before = f"{' ' * _MARGIN}{mark if not place else ' ' * len(mark)}"
        whole = Text(before + line)
        if style:
            whole.stylize(style, len(before))
        made.append(whole)
    return made


def columns(rows: Iterable[tuple[str, ...]], width: int, *, left: int = 1) -> list[Text]:
    """Rows of short cells, aligned: the first `left` and the last are words, the others numbers. The last cell wraps."""
    kept = list(rows)
    if not kept:
        return []
    widths = [max(len(row[place]) for row in kept) for place in range(len(kept[0]) - 1)]
    made = []
    for row in kept:
        cells = [
            cell.ljust(room) if place < left else cell.rjust(room)
            for place, (cell, room) in enumerate(zip(row, widths, strict=False))
        ]
        line = "  ".join(cells).rstrip()
        fits = len(line) <= width - _MARGIN
        made += told(row[-1], width, mark=f"{line}  ") if row[-1] or not fits else [Text(f"{' ' * _MARGIN}{line}")]
    return made


def figure(value: object) -> str:
    """A value of a case as a reader takes it in: six digits, thousands apart, words as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        if value == int(value) and abs(value) < 1e15:
            return f"{int(value):,}"
        return f"{value:,.2f}" if abs(value) >= 1000 else f"{value:.6g}"
    return str(value)
