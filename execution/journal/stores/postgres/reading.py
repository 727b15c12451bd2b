"""Reading the rows of a run out of PostgreSQL, some hundred at a time. It changes nothing, and no writer waits for it."""

from collections.abc import Callable, Generator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, select

from config.errors import JournalFault
from execution.journal.rows import Row
from execution.journal.stores.pointer import Pointer, read_pointer
from execution.journal.stores.postgres.connecting import drop, engine_of, faults_told
from execution.journal.stores.postgres.tables import EVENTS, PARTS
from execution.journal.stores.store import StoreFault

_PATIENCE_S = 30.0
_AT_ONCE = 500


class Span(NamedTuple):
    """The events of one part that belong to the chain: those after `after`, up to `last`; None for all."""

    part: int
    after: int
    last: int | None


def spans_of(connection: Connection, run: str) -> list[Span]:
    """The parts of a run in the order of their events; none for a run that is not there. Raises what the driver raises."""
    found = connection.execute(
        select(PARTS.c.part, PARTS.c.kept).where(PARTS.c.run == run).order_by(PARTS.c.part.desc())
    )
    spans: list[Span] = []
    last: int | None = None
    for part, kept in found:
        if last is None or kept < last:
            spans.append(Span(part, kept, last))
        last = kept if last is None else min(last, kept)
    return spans[::-1]


def rows_of(connection: Connection, run: str, span: Span, limit: int | None, *, backwards: bool = False) -> list[Row]:
    """The first rows of a span, or the last ones if it is read backwards. Raises what the driver raises."""
    wanted = select(EVENTS.c.seq, EVENTS.c.kind, EVENTS.c.payload, EVENTS.c.mac).where(
        EVENTS.c.run == run, EVENTS.c.part == span.part, EVENTS.c.seq > span.after
    )
    if span.last is not None:
        wanted = wanted.where(EVENTS.c.seq <= span.last)
    order = EVENTS.c.seq.desc() if backwards else EVENTS.c.seq
    return [Row(*found) for found in connection.execute(wanted.order_by(order).limit(limit))]


def rows_in(path: Path, after: int = 0) -> Generator[Row, None, None]:
    """The rows of the run that a pointer names after so many, not verified. Raises JournalFault if they cannot be read."""
    return _told(path, partial(_rows, after=after))


def last_in(path: Path) -> Generator[Row, None, None]:
    """The last row of the run that a pointer names, not verified; nothing if it has none. Raises JournalFault."""
    return _told(path, _last)


def _told(path: Path, read: Callable[[Connection, str], Generator[Row, None, None]]) -> Generator[Row, None, None]:
    pointer = read_pointer(path)
    with closing(_read(pointer, read)) as rows:
        try:
            yield from rows
        except StoreFault as fault:
            raise JournalFault(
                f"The journal of the run in {path.parent} lies in {pointer.database} and cannot be read ({fault}). It was not "
                "judged. See to the database, then try again."
            ) from fault


def _read(
    pointer: Pointer, read: Callable[[Connection, str], Generator[Row, None, None]]
) -> Generator[Row, None, None]:
    engine = engine_of(pointer.url, _PATIENCE_S)
    with faults_told():
        connection = engine.connect()
    try:
        yield from read(connection, pointer.run)
    finally:
        drop(connection)
        engine.dispose()


def _rows(connection: Connection, run: str, after: int) -> Generator[Row, None, None]:
    for span in _spans(connection, run):
        if span.last is None or span.last > after:
            yield from _pages(connection, run, span._replace(after=max(span.after, after)))


def _last(connection: Connection, run: str) -> Generator[Row, None, None]:
    for span in reversed(_spans(connection, run)):
        with faults_told():
            found = rows_of(connection, run, span, 1, backwards=True)
        yield from found


def _spans(connection: Connection, run: str) -> list[Span]:
    with faults_told():
        spans = spans_of(connection, run)
    if not spans:
        raise StoreFault(f"it holds no run {run}")
    return spans


def _pages(connection: Connection, run: str, span: Span) -> Generator[Row, None, None]:
    while True:
        with faults_told():
            rows = rows_of(connection, run, span, _AT_ONCE)
        yield from rows
        if len(rows) < _AT_ONCE:
            return
        span = span._replace(after=rows[-1].seq)
