"""What may be concluded from a backtest: its measures with intervals, the gates before paper, and how much may be luck."""

import sys
from pathlib import Path

from agents.evidence.bootstrap import Estimate, Intervals
from agents.evidence.deflated import Deflated
from agents.evidence.gates import Readiness
from config.frozen import Frozen
from ops.grid import Grid
from ops.measures import Measures, Part
from ops.plain import DASH, percent, signed_percent
from ops.tables import open_console

JUDGEMENT = "judgement.json"


class Judgement(Frozen):
    """One backtest, judged. `intervals` None where too few bars vary; `deflated` None where nothing did."""

    measures: Measures
    readiness: Readiness
    intervals: Intervals | None
    deflated: Deflated | None


def show_judgement(found: Judgement) -> None:
    """Print it on stdout, as tables."""
    console = open_console(sys.stdout)
    for grid in grids(found):
        if grid.rows:
            console.print(grid.table())


def write_judgement(folder: Path, found: Judgement) -> None:
    """Keep it beside the journal."""
    (folder / JUDGEMENT).write_bytes(found.canonical())


def grids(found: Judgement) -> tuple[Grid, ...]:
    """Headlines, gates, and where the profit came from."""
    made = found.measures
    return (
        Grid(
            "Headlines, with 95 % intervals (stationary block bootstrap)",
            ("Measure", "value", "interval"),
            _heads(found),
            prose=(2,),
        ),
        Grid("Before paper", ("Gate", "is", "must be", "verdict"), _gates(found), 1),
        Grid("By strategy", _PARTS, _parts(made.by_strategy)),
        Grid("By market", _PARTS, _parts(made.by_symbol)),
        Grid("By way out", _PARTS, _parts(made.by_exit)),
        Grid("By month", _PARTS, _parts(made.by_month)),
    )


_PARTS = ("Part", "trades", "won", "profit", "fees", "a trade", "profit factor")


def _heads(found: Judgement) -> tuple[tuple[str, ...], ...]:
    rows = [
        (each.measure.value.replace("_", " "), _number(each.value), _span(each.low, each.high))
        for each in _estimates(found)
    ]
    made = found.measures
    exceeded = DASH if made.tail.exceeded is None else f"{made.tail.exceeded:,} of {made.tail.bars:,}"
    due = "" if made.tail.expected is None else f"{made.tail.expected:.1f} were due"
    rows += [
        ("buy and hold", signed_percent(made.hold_return), ""),
        ("turnover a year", _number(made.turnover_a_year), "mean equities"),
        ("VaR exceeded", exceeded, due),
        ("SQN", _number(made.sqn), ""),
    ]
    if found.deflated is not None:
        said = f"of {found.deflated.trials:,} trials counted on these bars; hurdle {found.deflated.hurdle:.2f}"
        rows.append(("deflated Sharpe", percent(found.deflated.dsr), said))
    return tuple(rows)


def _estimates(found: Judgement) -> tuple[Estimate, ...]:
    return found.intervals.estimates if found.intervals else ()


def _gates(found: Judgement) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            gate.name.replace("_", " "),
            _number(gate.number),
            f"{gate.must_be} {gate.limit:g}",
            "passed" if gate.passed else "not passed",
        )
        for gate in found.readiness.gates
    )


def _parts(parts: tuple[Part, ...]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            part.name,
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


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{_number(low)} to {_number(high)}"
