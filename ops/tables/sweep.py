"""Tables of a parameter search."""

import sys

from config.frozen import Frozen
from evidence.search.figures import Figures
from evidence.search.study import Known
from evidence.statistics.bootstrap import Intervals
from evidence.statistics.deflated import Deflated
from evidence.statistics.key_figures import Measure
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, count, percent, ratio, signed_percent


class WithCourt(Frozen):
    """The first set in the full engine under the court of the profile; `sharpe` is annual, None for constant returns."""

    growth: float
    trades: int
    sharpe: float | None


class Found(Frozen):
    """The best parameter sets by the fast engine, and the result of the first in the full engine, without the court.

    `tried` counts all sets, `distinct` those that made fills of their own; `with_court` is None if the profile seats nobody.
    """

    label: str
    symbols: tuple[str, ...]
    tried: int
    top: tuple[Known, ...]
    growth: float
    trades: int
    intervals: Intervals
    deflated: Deflated | None
    distinct: int | None = None
    with_court: WithCourt | None = None


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
    alike = (
        ""
        if found.distinct in (None, found.tried)
        else f" They made {count(found.distinct or 0, 'different list')} of fills; sets with the same fills are shown once."
    )
    return f"{', '.join(found.symbols)} of {found.label}: {found.tried:,} parameter sets tried with the fast engine.{alike}"


def _top(found: Found) -> Grid:
    rows = []
    for each in found.top:
        values = " ".join(f"{key}={value:g}" for key, value in each.values.items())
        if each.alike > 1:
            values += f" ({each.alike:,} sets with these fills)"
        rows.append((values, f"{each.signed:,}", ratio(each.sharpe), *_figures(each.figures)))
    return Grid(
        "The best of them (voters, gate, exits and fees; no court)",
        ("Set", "signed", "Sharpe", "return", "drawdown", "trades", "profit factor"),
        tuple(rows),
        prose=(0,),
    )


def _figures(made: Figures | None) -> tuple[str, str, str, str]:
    if made is None:
        return DASH, DASH, DASH, DASH
    return signed_percent(made.total_return), percent(made.max_drawdown), f"{made.trades:,}", ratio(made.profit_factor)


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
        f"The first of them in the full engine, without the court, as it was searched: {signed_percent(found.growth)} in "
        f"{found.trades:,} trades, Sharpe {told}.{luck}{_court(found.with_court)}"
    )


def _court(found: WithCourt | None) -> str:
    if found is None:
        return ""
    return (
        f" With the court of the profile: {signed_percent(found.growth)} in {found.trades:,} trades, Sharpe "
        f"{ratio(found.sharpe)}."
    )
