"""What `evidence.sweep` does: try in rounds, keep each, then judge the best with the full engine, searched and judged alike."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np

from agents.desk.world import tape_of, world_of
from agents.strategies.own import read_own
from config.errors import UsageFault
from config.settings import Settings
from evidence.search.counted import tape_hash
from evidence.search.crew import open_crew
from evidence.search.fast import sharpe_of
from evidence.search.request import counted, settings_for
from evidence.search.space import Axis, all_points, applied, parse_axes
from evidence.search.study import Study, ranked
from evidence.statistics.bootstrap import curve_returns, intervals
from evidence.worlds.parallel import curves, progress
from evidence.worlds.world import Curve
from ops.commands.requests import contracts_asked
from ops.files import write_tables
from ops.tables.sweep import Found, WithCourt, show_sweep, sweep_markdown
from ops.terminal.data_told import tell_data


def sweep_command(arguments: argparse.Namespace) -> int:
    """Search; returns the exit code. Raises TribunalError."""
    world = world_of(contracts_asked(arguments))
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    axes = parse_axes(arguments.param)
    trials = _how_many(arguments.sampler, arguments.trials, axes)
    per_year = timedelta(days=365) / tape.timeframe.duration
    own = read_own(world.settings.strategies)
    settings_for(world, [{axis.key: value} for axis in axes for value in axis.values], tape, own)
    about = {
        "bars": tape_hash(tape),
        "settings": world.settings.model_dump(mode="json"),
        "axes": [axis.model_dump(mode="json") for axis in axes],
        "sampler": arguments.sampler,
        **({"own_strategies": own} if own else {}),
    }
    study = Study(Path(arguments.out), axes, arguments.sampler, world.settings.seed, about)
    done = len(study.known())
    if done < trials:
        with (
            open_crew(world, arguments.workers, ray=arguments.ray) as crew,
            progress(trials, "parameter sets", quiet=arguments.quiet) as shown,
        ):
            shown.advance(done)
            for sets in study.rounds(trials):
                with counted(tape, "sweep", settings_for(world, sets, tape, own), own) as book:
                    tried = []
                    for each in crew.try_all(sets):
                        tried.append(each)
                        shown.advance()
                    book.note([sharpe_of(each.returns, 1.0) for each in tried])
                    made = [(sharpe_of(each.returns, per_year), each.signed) for each in tried]
                    study.tell(sets, made, [each.figures for each in tried])
    known = study.known()
    top = ranked(known)
    best = applied(world.settings, top[0].values)
    curve, *others = curves(
        [world.model_copy(update={"settings": each}) for each in _judged_by(best)],
        bars=len(tape) * len(_judged_by(best)),
        workers=1,
        what="bars",
        quiet=arguments.quiet,
    )
    returns = curve_returns(np.array(curve.equity))
    with counted(tape, "sweep", [best], own) as book:
        deflated = book.deflate(returns.tolist(), per_year)
    found = Found(
        label=tape.source_label,
        symbols=tuple(tape.symbols),
        tried=len(known),
        top=top[: max(1, arguments.top)],
        distinct=len(top),
        growth=curve.equity[-1] / curve.equity[0] - 1.0,
        trades=curve.trades,
        intervals=intervals(returns, bars_per_year=per_year, seed=world.settings.seed),
        deflated=deflated,
        with_court=_with_court(others[0], per_year) if others else None,
    )
    show_sweep(found, as_json=arguments.json)
    write_tables(arguments.markdown, sweep_markdown(found))
    return 0


def _judged_by(best: Settings) -> tuple[Settings, ...]:
    """The settings under which the winner runs in the full engine: without the court, as it was searched; then with its own."""
    searched = best.model_copy(update={"court": best.court.model_copy(update={"seats": ()})})
    return (searched, best) if best.court.seats else (searched,)


def _with_court(curve: Curve, per_year: float) -> WithCourt:
    """The winner under the court of the profile, from its curve."""
    sharpe = sharpe_of(curve_returns(np.array(curve.equity)), per_year)
    return WithCourt(growth=curve.equity[-1] / curve.equity[0] - 1.0, trades=curve.trades, sharpe=sharpe)


def _how_many(sampler: str, trials: int | None, axes: tuple[Axis, ...]) -> int:
    """Sets to try. Raises UsageFault."""
    if sampler != "grid":
        if trials is None or trials < 1:
            raise UsageFault(f"--sampler {sampler} needs --trials, the number of sets to try. Nothing was started.")
        return trials
    every = len(all_points(axes))
    return every if trials is None else max(1, min(every, trials))
