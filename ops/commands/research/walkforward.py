"""What `evidence.walkforward` does: try all sets once, choose on each train window, judge by the full engine, show."""

import argparse
import sys
from datetime import timedelta

import numpy as np

from agents.desk.world import tape_of, world_of
from agents.memory.outcomes import HORIZON_BARS
from agents.strategies.own import read_own
from config.errors import UsageFault
from evidence.search.crew import Crew, open_crew
from evidence.search.fast import sharpe_of
from evidence.search.request import counted, settings_for
from evidence.search.space import Values, all_points, parse_axes
from evidence.search.walk import Floats, chosen_on, cross_validated, folds_of, joined_returns, judged, test_worlds
from evidence.statistics.splits import walk_forward
from evidence.worlds.parallel import curves, progress
from ops.commands.requests import contracts_asked
from ops.files import write_tables
from ops.tables.walk import show_walk, walk_markdown
from ops.terminal.data_told import tell_data


def walkforward_command(arguments: argparse.Namespace) -> int:
    """Walk; returns the exit code. Raises TribunalError."""
    world = world_of(contracts_asked(arguments))
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    sets = all_points(parse_axes(arguments.param))
    if len(sets) < 2:
        raise UsageFault("One parameter set leaves nothing to choose. Nothing was started; give --param more values.")
    own = read_own(world.settings.strategies)
    tried = settings_for(world, sets, tape, own)
    bar = tape.timeframe.duration
    per_year, embargo = timedelta(days=365) / bar, int(timedelta(days=arguments.embargo_days) / bar)
    try:
        splits = walk_forward(
            len(tape) - 1,
            train=int(timedelta(days=arguments.train_days) / bar),
            test=int(timedelta(days=arguments.test_days) / bar),
            horizon=HORIZON_BARS,
            embargo=embargo,
            anchored=arguments.anchored,
        )
    except ValueError as fault:
        raise UsageFault(f"The windows do not fit: {fault}. Nothing was started.") from fault
    with counted(tape, "walkforward", tried, own) as trials:
        with open_crew(world, arguments.workers, ray=arguments.ray) as crew:
            returns = _tried(crew, sets, quiet=arguments.quiet)
        trials.note([sharpe_of(returns[:, column], 1.0) for column in range(len(sets))])
        chosen = [sets[chosen_on(returns, split)] for split in splits]
        worlds = test_worlds(world, tape.start_utc, bar, splits, chosen)
        bars = sum(len(split.test[0]) for split in splits)
        tests = curves(worlds, bars=bars, workers=arguments.workers, what="test bars", quiet=arguments.quiet)
        deflated = trials.deflate(joined_returns(tests).tolist(), per_year)
    try:
        paths = cross_validated(
            returns, per_year, groups=arguments.groups, tested=arguments.tested, horizon=HORIZON_BARS, embargo=embargo
        )
    except ValueError as fault:
        raise UsageFault(f"The cross-validation cannot be laid out: {fault}. Nothing was kept.") from fault
    folds = folds_of(returns, splits, sets, tests, tape.start_utc, bar)
    found = judged(tape.source_label, tape.symbols, returns, folds, tests, paths, per_year, world.settings.seed)
    show_walk(found, deflated, as_json=arguments.json)
    write_tables(arguments.markdown, walk_markdown(found, deflated))
    return 0


def _tried(crew: Crew, sets: list[Values], *, quiet: bool) -> Floats:
    with progress(len(sets), "parameter sets", quiet=quiet) as shown:
        columns = []
        for tried in crew.try_all(sets):
            columns.append(tried.returns)
            shown.advance()
    return np.column_stack(columns)
