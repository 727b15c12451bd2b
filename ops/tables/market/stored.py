"""What a command added to a store of bars: a table on the terminal, or JSON."""

import json
import sys
from collections.abc import Sequence

from config.clock import from_ms
from config.frozen import Frozen, UtcTime
from market.bar import Finding
from market.store.parquet import Written
from market.store.shelves import Shelf
from ops.tables.grid import Grid, open_console


class Stored(Frozen):
    """The bars of one market that a command was given: how many were new, already there, or other than the stored ones.

    `begin_utc` and `end_utc` span all that is stored of it now; None for nothing. `replaced`: of differing bars the given ones
    stand now.
    """

    exchange: str
    symbol: str
    timeframe: str
    new: int
    same: int
    differing: int
    replaced: bool
    bars: int
    begin_utc: UtcTime | None = None
    end_utc: UtcTime | None = None
    findings: tuple[Finding, ...] = ()


def stored_of(
    shelf: Shelf, written: Written, closes_ms: Sequence[int], findings: Sequence[Finding], *, replaced: bool
) -> Stored:
    """The row of one market. `closes_ms`: closes of all its stored bars [ms since 1970 UTC], oldest first."""
    ends = {} if not len(closes_ms) else {
        "begin_utc": from_ms(int(closes_ms[0]) - shelf.timeframe.seconds * 1000), "end_utc": from_ms(int(closes_ms[-1])),
    }  # fmt: skip
    return Stored(
        exchange=shelf.exchange,
        symbol=shelf.symbol,
        timeframe=shelf.timeframe.value,
        bars=len(closes_ms),
        replaced=replaced,
        findings=tuple(findings),
        **written._asdict(),
        **ends,
    )


def stored_grid(rows: Sequence[Stored]) -> Grid:
    """One row a market."""
    return Grid(
        "The store",
        ("market", "new", "the same", "differing", "stored now", "span"),
        tuple(_cells(row) for row in rows),
        prose=(5,),
        yields=("the same", "stored now"),
    )


def show_stored(rows: Sequence[Stored], *, as_json: bool) -> None:
    """Print the table and what was found, or JSON, on stdout."""
    if as_json:
        sys.stdout.write(json.dumps([row.model_dump(mode="json") for row in rows], indent=1) + "\n")
        return
    console = open_console(sys.stdout)
    if rows:
        console.print(stored_grid(rows).table())
    for row in rows:
        for found in row.findings:
            console.print(f"{row.symbol} {found.at_utc:%Y-%m-%d %H:%M}: {found.detail}", highlight=False)
        if row.differing:
            kept = (
                "the given ones were taken" if row.replaced else "the stored ones stayed (--replace takes the others)"
            )
            console.print(
                f"{row.symbol}: {row.differing:,} bars differ from those in the store: {kept}", highlight=False
            )


def _cells(row: Stored) -> tuple[str, ...]:
    span = "-" if row.begin_utc is None else f"{row.begin_utc:%Y-%m-%d} to {row.end_utc:%Y-%m-%d}"
    counts = (f"{count:,}" for count in (row.new, row.same, row.differing, row.bars))
    return (f"{row.exchange} {row.symbol} {row.timeframe}", *counts, span)
