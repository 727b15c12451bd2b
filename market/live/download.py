"""Downloads closed candles of an exchange into a store, page after page, and goes on where an earlier download ended.

A page is believed as far as it is what was asked for: rows on the grid of the timeframe, not before the asked moment, each once,
closed by the exchange's own time. A page may be short or begin later (a hole): the next one is asked from its last candle on. A
page that brings nothing new though the exchange has more is asked again, and refused at last. An empty page means that nothing
was traded in the time of the largest page so far: some exchanges look no further. Bars are stored, and the span noted, after each
batch of pages.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from config.clock import from_ms
from config.errors import DataFault
from market.bar import Finding
from market.candles import RawCandles
from market.live.rows import Row, on_grid, row_of
from market.store.asked import Span, add_span, missing, spans_asked
from market.store.parquet import Written, write_shelf
from market.store.shelves import Shelf
from market.timeframe import Timeframe

_BATCH = 20
_SAME_PAGES = 3
_LONGEST_HOLES = 20
_LEAST_PAGE = 200


class Candles(Protocol):
    """Who sends pages of candles."""

    async def candles(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]] | None:
        """One page: [open time in ms, open, high, low, close, volume], oldest first if all is well; None: only older ones."""
        ...


class Downloaded(NamedTuple):
    """What a download of one market brought: the bars, what was seen wrong, and whether there was nothing left to ask."""

    written: Written
    findings: tuple[Finding, ...]
    complete: bool


async def download(
    exchange: Candles, store: Path, shelf: Shelf, wanted: Span, step: Callable[[int], None] = lambda _: None
) -> Downloaded:
    """Download what the shelf was not yet asked for of `wanted`, whose end lies in the past by the exchange's time.

    `step` is told how much time [ms] has been passed. Raises DataFault when the exchange gives nothing that can be believed; what
    came before that is stored.
    """
    written, findings = Written(0, 0, 0), list[Finding]()
    left = missing(wanted, spans_asked(shelf.folder(store)))
    step((wanted.end_ms - wanted.begin_ms) - sum(span.end_ms - span.begin_ms for span in left))
    for span in left:
        reader = _Reader(exchange, shelf, span)
        while reader.at_ms < span.end_ms:
            begin, rows = reader.at_ms, list[Row]()
            try:
                for _ in range(_BATCH):
                    rows += await reader.page()
                    if reader.at_ms >= span.end_ms:
                        break
            finally:
                told = write_shelf(store, shelf, _columns(shelf, rows))
                add_span(shelf.folder(store), Span(begin, reader.at_ms))
                written = Written(*(a + b for a, b in zip(written, told, strict=True)))
                step(reader.at_ms - begin)
        findings += reader.findings()
    return Downloaded(written, tuple(findings), complete=not left)


class _Reader:
    """Pages of one span. `at_ms` is the open time of the next candle that is asked for."""

    def __init__(self, exchange: Candles, shelf: Shelf, span: Span) -> None:
        self.at_ms = span.begin_ms
        self._exchange, self._shelf, self._span = exchange, shelf, span
        self._length_ms = shelf.timeframe.seconds * 1000
        self._holes: list[Span] = []
        self._seen = False
        self._largest = _LEAST_PAGE
        self._off_grid = self._repeated = self._unreadable = 0

    async def page(self) -> list[Row]:
        """The rows of the next page that are new, inside the span and on the grid. Moves on. Raises DataFault."""
        for _ in range(_SAME_PAGES):
            raw = await self._exchange.candles(self._shelf.symbol, self._shelf.timeframe, self.at_ms)
            if raw is None:
                self._repeated += 1
                continue
            if not raw:
                self.at_ms = min(self.at_ms + self._largest * self._length_ms, self._span.end_ms)
                return []
            self._largest = max(self._largest, len(raw))
            rows = self._sorted(raw)
            fresh = [row for row in rows if row[0] >= self.at_ms]
            if fresh:
                return self._taken(fresh)
            self._repeated += 1
        raise DataFault(
            f"The exchange repeats a page of {self._shelf.symbol} that ends before {from_ms(self.at_ms):%Y-%m-%d %H:%M} UTC: the "
            "download of this market ended there. What came before is stored: the same command goes on from there."
        )

    def _taken(self, fresh: list[Row]) -> list[Row]:
        inside = [row for row in fresh if row[0] < self._span.end_ms]
        expected = self.at_ms
        for row in inside:
            if row[0] > expected and self._seen:
                self._holes.append(Span(expected, row[0]))
            expected, self._seen = row[0] + self._length_ms, True
        self.at_ms = expected if len(inside) == len(fresh) else self._span.end_ms
        return inside

    def _sorted(self, raw: list[list[Any]]) -> list[Row]:
        """The readable rows on the grid, each time once, oldest first."""
        rows: dict[int, Row] = {}
        for each in raw:
            row = row_of(each)
            if row is None:
                self._unreadable += 1
            elif not on_grid(row[0], self._shelf.timeframe):
                self._off_grid += 1
            else:
                self._repeated += row[0] in rows
                rows[row[0]] = row
        return [rows[ms] for ms in sorted(rows)]

    def findings(self) -> list[Finding]:
        """What was seen wrong, in words."""
        told = [
            self._finding(
                span.begin_ms, "gap", f"no candles for {(span.end_ms - span.begin_ms) // self._length_ms} bars of "
                f"{self._shelf.timeframe}"
            )
            for span in itertools.islice(self._holes, _LONGEST_HOLES)
        ]  # fmt: skip
        for count, kind, what in (
            (len(self._holes) - _LONGEST_HOLES, "gap", "more holes"),
            (self._repeated, "duplicate", "repeated pages or candles: counted once"),
            (self._off_grid, "disorder", f"candles beside the {self._shelf.timeframe} grid: left out"),
            (self._unreadable, "non_finite", "candles that cannot be read: left out"),
        ):
            if count > 0:
                told.append(self._finding(self._span.begin_ms, kind, f"{count} {what}"))
        return told

    def _finding(self, at_ms: int, kind: str, detail: str) -> Finding:
        return Finding(symbol=self._shelf.symbol, at_utc=from_ms(at_ms), kind=kind, detail=detail)


def _columns(shelf: Shelf, rows: list[Row]) -> RawCandles:
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    close_ms = np.array([row[0] for row in rows], dtype=np.int64) + shelf.timeframe.seconds * 1000
    return RawCandles(shelf.symbol, shelf.timeframe, close_ms, *table.T[1:])
