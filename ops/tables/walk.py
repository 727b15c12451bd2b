"""Tables of the walk-forward test and the cost of selection."""

import sys
from datetime import datetime

import numpy as np

from config.frozen import Frozen
from evidence.search.walk import Fold, WalkForward
from evidence.statistics.deflated import Deflated
from evidence.statistics.key_figures import Measure
from ops.tables.grid import Grid, open_console
from ops.tables.plain import DASH, signed_percent

_FOLDS = ("Tested from – to", "Sharpe in train", "in test", "growth", "trades", "chosen")


class Walked(Frozen):
    """The content of `--json`."""

    walk: WalkForward
    deflated: Deflated | None


def show_walk(walk: WalkForward, deflated: Deflated | None, *, as_json: bool) -> None:
    """Print everything on stdout: tables, or only JSON with `as_json`."""
    if as_json:
        sys.stdout.write(Walked(walk=walk, deflated=deflated).model_dump_json() + "\n")
        return
    console = open_console(sys.stdout)
    console.print(_said(walk))
    for grid in grids(walk, deflated):
        console.print(grid.table())


def walk_markdown(walk: WalkForward, deflated: Deflated | None) -> str:
    """Return everything as Markdown."""
    return "\n".join([_said(walk) + "\n", *(grid.markdown() for grid in grids(walk, deflated))])


def grids(walk: WalkForward, deflated: Deflated | None) -> tuple[Grid, Grid]:
    """Return the folds, and how much of them is luck."""
    return (
        Grid(
            "Walk-forward: chosen on the train window, judged in full on the next",
            _FOLDS,
            tuple(map(_fold, walk.folds)),
            prose=(len(_FOLDS) - 1,),
            yields=("trades",),
        ),
        Grid("What choosing costs", ("Measure", "value", "reads"), tuple(_luck(walk, deflated)), prose=(2,)),
    )


def _said(walk: WalkForward) -> str:
    return f"{', '.join(walk.symbols)} of {walk.label}: {walk.sets:,} parameter sets, {len(walk.folds)} folds."


def _fold(fold: Fold) -> tuple[str, ...]:
    chosen = " ".join(f"{key.rpartition('.')[2]}={value:g}" for key, value in fold.chosen.items())
    span = f"{_day(fold.test_utc[0])} – {_day(fold.test_utc[1])}"
    ratios = (_ratio(fold.sharpe_train), _ratio(fold.sharpe_test))
    return (span, *ratios, signed_percent(fold.growth_test), f"{fold.trades_test:,}", chosen)


def _luck(walk: WalkForward, deflated: Deflated | None) -> list[tuple[str, ...]]:
    sharpe, over = walk.joined.of(Measure.SHARPE), walk.overfitting
    paths = np.array(walk.cross_validation.sharpes)
    within = f"{_ratio(sharpe.value)} [{_ratio(sharpe.low)}, {_ratio(sharpe.high)}]"
    crossed = f"{np.median(paths):.2f} [{paths.min():.2f}, {paths.max():.2f}]"
    rows: list[tuple[str, ...]] = [
        ("Growth, tests joined", signed_percent(walk.growth), "full engine, a fresh account a fold"),
        ("Sharpe, tests joined", within, "95 % interval"),
        (
            "Sharpe, cross-validated",
            crossed,
            f"median of {len(paths)} paths, {walk.cross_validation.splits} purged splits",
        ),
        ("Backtest overfitting (PBO)", f"{over.probability:.0%}", f"of {over.combinations:,} halvings; 50 % is luck"),
        (
            "Best set in / out of sample",
            f"{over.sharpe_in_sample:.2f} / {over.sharpe_out_of_sample:.2f}",
            "mean Sharpe",
        ),
        ("Slope of out on in", DASH if over.slope is None else f"{over.slope:+.2f}", "below 0: better promises worse"),
        ("Best set loses out of sample", f"{over.probability_of_loss:.0%}", "share of the halvings"),
    ]
    if deflated is not None:
        said = f"against {deflated.trials:,} counted trials; hurdle {deflated.hurdle:.2f}"
        rows.append(("Deflated Sharpe ratio", f"{deflated.dsr:.0%}", said))
    return rows


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _ratio(value: float | None) -> str:
    return DASH if value is None else f"{value:.2f}"
