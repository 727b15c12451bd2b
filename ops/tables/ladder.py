"""Tables of the ablation ladder."""

import sys

from evidence.statistics.bootstrap import Difference, Estimate
from evidence.statistics.key_figures import Measure
from evidence.strategies.ladder import Ladder, Rung
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, percent, signed_percent

_COLUMNS = ("Rung", "trades", "deployed", "growth", "Sharpe [95 %]", "max drawdown [95 %]")
_VERSUS = ("Rung", "Sharpe", "growth a year", "max drawdown")


def show_ladder(ladder: Ladder, *, as_json: bool) -> None:
    """Print the ladder on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(ladder.model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_said(ladder))
    console.print(_policy_told(ladder))
    for grid in grids(ladder):
        console.print(grid.table())
    console.print(_NOTE)


def ladder_markdown(ladder: Ladder) -> str:
    """Return the ladder as Markdown."""
    said = [_said(ladder) + "\n", _policy_told(ladder) + "\n"]
    return "\n".join([*said, *(grid.markdown() for grid in grids(ladder)), _NOTE + "\n"])


def grids(ladder: Ladder) -> tuple[Grid, Grid]:
    """Return the figures of each rung, and the difference between each rung and the one below."""
    return (
        Grid("Ablation ladder", _COLUMNS, tuple(_row(rung) for rung in ladder.rungs), yields=("trades", _COLUMNS[-1])),
        Grid(
            "What each rung adds, with paired 95 % intervals",
            _VERSUS,
            tuple(map(_versus, ladder.rungs[1:])),
            prose=(1, 2, 3),
        ),
    )


_NOTE = (
    "Intervals: stationary block bootstrap on the mark-to-market curve, pairs resampled by the same blocks. A difference whose "
    "interval contains 0 is not distinguishable from zero. Max drawdown: positive; a negative difference is a smaller drawdown."
)


def _said(ladder: Ladder) -> str:
    symbols = ", ".join(ladder.symbols)
    return (
        f"{symbols}: {ladder.bars:,} bars ({ladder.years:.1f} years) of {ladder.label}. Equal parts bought at the start and "
        f"held: {signed_percent(ladder.market_growth)}."
    )


def _policy_told(ladder: Ladder) -> str:
    policy = ladder.policy
    if policy is None:
        return "Policy: no model, so the ladder ends at the gate. --model names the folder of a trained one."
    verdict = {None: "no verdict yet", True: "verdict passed", False: "verdict not passed"}[policy.passed]
    return f"Policy: {policy.name} ({policy.sha256[:12]}), {verdict}. Here it changes sizes only to be measured."


def _row(rung: Rung) -> tuple[str, ...]:
    sharpe, fall = rung.intervals.of(Measure.SHARPE), rung.intervals.of(Measure.MAX_DRAWDOWN)
    return (
        rung.name,
        f"{rung.trades:,}",
        percent(rung.deployed),
        signed_percent(rung.growth),
        _between(sharpe, "{:.2f}"),
        _between(fall, "{:.2%}"),
    )


def _between(found: Estimate, form: str) -> str:
    if found.value is None:
        return DASH
    if found.low is None or found.high is None:
        return form.format(found.value)
    return f"{form.format(found.value)} [{form.format(found.low)}, {form.format(found.high)}]"


def _versus(rung: Rung) -> tuple[str, ...]:
    said = {each.measure: each for each in rung.versus or ()}
    forms = ((Measure.SHARPE, "{:+.2f}"), (Measure.CAGR, "{:+.2%}"), (Measure.MAX_DRAWDOWN, "{:+.2%}"))
    return (rung.name, *(_apart(said.get(measure), form) for measure, form in forms))


def _apart(found: Difference | None, form: str) -> str:
    if found is None or found.value is None:
        return DASH
    if found.low is None or found.high is None:
        return form.format(found.value)
    star = " *" if found.is_clear else ""
    return f"{form.format(found.value)} [{form.format(found.low)}, {form.format(found.high)}]{star}"
