"""The judgement of a backtest: its measures with intervals, the gates before paper trading, and the role of luck."""

import sys
from pathlib import Path
from typing import NamedTuple

from config.frozen import Frozen
from evidence.statistics.bootstrap import Estimate, Intervals
from evidence.statistics.deflated import Deflated
from evidence.statistics.key_figures import Measure
from evidence.strategies.baselines import AgainstChance
from evidence.strategies.gates import Gate, Readiness
from ops.files import write_output
from ops.story.measures import Measures, TradeGroup
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, PURPOSES, count, percent, signed_percent

JUDGEMENT = "judgement.json"


class Judgement(Frozen):
    """The judgement of one backtest. `intervals` is None if too few bars vary; `deflated` is None if none does."""

    measures: Measures
    readiness: Readiness
    intervals: Intervals | None
    deflated: Deflated | None
    chance: AgainstChance | None = None
    """Its rank among runs with random entries, if that was requested."""


def show_judgement(found: Judgement) -> None:
    """Print the judgement on stdout, as tables."""
    console = open_console(sys.stdout)
    for grid in sheets(found):
        if grid.rows:
            console.print(grid.table())


def write_judgement(folder: Path, found: Judgement) -> None:
    """Keep it beside the journal. Raises OutputFault."""
    write_output(folder / JUDGEMENT, found.canonical())


class Sheets(NamedTuple):
    """A judgement as tables, in reading order."""

    key_figures: Grid
    gates: Grid
    chance: Grid
    by_strategy: Grid
    by_market: Grid
    by_exit: Grid
    by_month: Grid


def sheets(found: Judgement) -> Sheets:
    """Return the key figures, the gates, and the sources of the profit."""
    made = found.measures
    return Sheets(
        Grid(
            "Key figures, with 95 % intervals (stationary block bootstrap)",
            ("Measure", "value", "interval"),
            _heads(found),
            prose=(2,),
        ),
        Grid("Gates before paper trading", ("Gate", "is", "must be", "verdict"), _gates(found)),
        Grid(_beside(found.chance), _CHANCE, _chance(found.chance)),
        parts_grid("By strategy", made.by_strategy),
        parts_grid("By market", made.by_symbol),
        parts_grid("By exit reason", made.by_exit),
        parts_grid("By month", made.by_month),
    )


def parts_grid(title: str, parts: tuple[TradeGroup, ...]) -> Grid:
    """Return the trades of a run by one of their features, a line each."""
    return Grid(title, _PARTS, _parts(parts), yields=("a trade", "fees"))


_CHANCE = ("Measure", "this run", "random, 5 % to 95 %", "better than", "p")
_NAMES = {
    Measure.SHARPE: "Sharpe",
    Measure.SORTINO: "Sortino",
    Measure.CALMAR: "Calmar",
    Measure.CAGR: "growth a year (CAGR)",
    Measure.MAX_DRAWDOWN: "maximum drawdown",
    Measure.MEAN_RETURN: "mean return of a bar",
}
_PARTS = ("Part", "trades", "won", "profit", "fees", "a trade", "profit factor")


def _heads(found: Judgement) -> tuple[tuple[str, ...], ...]:
    rows = [(_NAMES[each.measure], _figure(each.measure, each.value), _span(each)) for each in _estimates(found)]
    made = found.measures
    exceeded = DASH if made.tail.exceeded is None else f"{made.tail.exceeded:,} of {count(made.tail.days or 0, 'day')}"
    due = "" if made.tail.expected is None else f"{made.tail.expected:.1f} were due"
    rows += [
        ("buy and hold", signed_percent(made.hold_return), ""),
        ("turnover a year", _number(made.turnover_a_year), "mean equities"),
        ("one-day VaR exceeded", exceeded, due),
        ("SQN", _number(made.sqn), ""),
    ]
    if found.deflated is not None:
        said = f"of {count(found.deflated.trials, 'trial')} counted on these bars; hurdle {found.deflated.hurdle:.2f}"
        rows.append(("deflated Sharpe", percent(found.deflated.dsr), said))
    return tuple(rows)


def _estimates(found: Judgement) -> tuple[Estimate, ...]:
    return found.intervals.estimates if found.intervals else ()


def _chance(found: AgainstChance | None) -> tuple[tuple[str, ...], ...]:
    if found is None:
        return ()
    made, ratio = found.total_return, found.sharpe
    return (
        (
            "return",
            signed_percent(made.value),
            f"{signed_percent(made.low)} to {signed_percent(made.high)}",
            percent(made.percentile),
            f"{made.p_value:.3f}",
        ),
        (
            "Sharpe",
            _number(ratio.value),
            f"{_number(ratio.low)} to {_number(ratio.high)}",
            percent(ratio.percentile),
            f"{ratio.p_value:.3f}",
        ),
        ("trades", f"{found.trades:,}", f"{found.random_trades:,.0f} on average", "", ""),
        ("always long: return", signed_percent(found.held_return), "", "", ""),
        ("always long: Sharpe", _number(found.held_sharpe), "", "", ""),
    )


def _beside(found: AgainstChance | None) -> str:
    if found is None:
        return ""
    wanted = count(found.entries, "entry", "entries")
    return f"Comparison with chance, in the same engine: {count(found.seeds, 'run')} with {wanted} at random times"


def _gates(found: Judgement) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            gate.name.replace("_", " "),
            _of_gate(gate, gate.number),
            f"{gate.must_be} {_of_gate(gate, gate.limit)}",
            "passed" if gate.passed else "not passed",
        )
        for gate in found.readiness.gates
    )


def _of_gate(gate: Gate, value: float | None) -> str:
    if value is None:
        return DASH
    return percent(value) if gate.name == "max_drawdown" else f"{value:.4g}"


def _parts(parts: tuple[TradeGroup, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            PURPOSES.get(part.name, part.name),
            f"{part.trades.closed:,}",
            percent(part.trades.win_rate),
            f"{part.pnl:+,.2f}",
            f"{part.fees:,.2f}",
            _number(part.trades.expectancy),
            _number(part.trades.profit_factor),
        )
        for part in parts
    )


def _number(value: float | None) -> str:
    if value is None:
        return DASH
    return f"{value:.2f}" if abs(value) >= 0.1 else f"{value:.5f}"


def _span(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return ""
    return f"{_figure(found.measure, found.low)} to {_figure(found.measure, found.high)}"


def _figure(measure: Measure, value: float | None) -> str:
    """Return a key figure in its unit: growth and drawdowns as percent, the mean return in basis points."""
    if value is None:
        return DASH
    if measure is Measure.MEAN_RETURN:
        return f"{value * 1e4:.3f} bps"
    return percent(value) if measure in (Measure.CAGR, Measure.MAX_DRAWDOWN) else _number(value)
