"""Tables of a parameter search."""

import sys

from config.frozen import Frozen
from evidence.search.study import Known
from evidence.statistics.bootstrap import Intervals
from evidence.statistics.deflated import Deflated
from evidence.statistics.headlines import Measure
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, signed_percent


class Found(Frozen):
    """The best parameter sets by the fast engine, and the result of the first in the full engine."""

    label: str
    symbols: tuple[str, ...]
    tried: int
    top: tuple[Known, ...]
    growth: float
    trades: int
    intervals: Intervals
    deflated: Deflated | None


def show_sweep(found: Found, *, as_json: bool) -> None:
    """Print the search on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_said(found))
    console.print(_top(found).table())
    console.print(_best(found))


def sweep_markdown(found: Found) -> str:
    """Return the search as Markdown."""
    return f"{_said(found)}\n\n{_top(found).markdown()}\n{_best(found)}\n"


def _said(found: Found) -> str:
    return f"{', '.join(found.symbols)} of {found.label}: {found.tried:,} parameter sets tried with the fast engine."


def _top(found: Found) -> Grid:
    rows = []
    for each in found.top:
        values = " ".join(f"{key}={value:g}" for key, value in each.values.items())
        sharpe = DASH if each.sharpe is None else f"{each.sharpe:.2f}"
        rows.append((values, f"{each.signed:,}", sharpe))
    return Grid(
        "The best of them (voters, gate, exits and fees; no court)",
        ("Set", "signed", "Sharpe"),
        tuple(rows),
        prose=(0,),
    )


def _best(found: Found) -> str:
    sharpe = found.intervals.of(Measure.SHARPE)
    told = DASH if sharpe.value is None else f"{sharpe.value:.2f}"
    if sharpe.low is not None and sharpe.high is not None:
        told += f" [{sharpe.low:.2f}, {sharpe.high:.2f}]"
    luck = ""
    if found.deflated is not None:
        luck = (
            f" Deflated by the {found.deflated.trials:,} trials that were counted on these bars, it is above zero skill with "
            f"probability {found.deflated.dsr:.0%}."
        )
    return (
        f"The first of them in the full engine, court and all: {signed_percent(found.growth)} in {found.trades:,} trades, "
        f"Sharpe {told}.{luck}"
    )
