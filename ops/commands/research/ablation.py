"""What `evidence.ablation` does: climb the rungs, resample, show."""

import argparse
import sys

from agents.desk.world import tape_of, world_of
from config.errors import UsageFault
from evidence.search.request import market_growth
from evidence.strategies.ladder import climb, steps
from evidence.worlds.parallel import curves
from ops.commands.requests import world_asked
from ops.data_told import tell_data
from ops.files import write_tables
from ops.tables.ladder import ladder_markdown, show_ladder


def ablation_command(arguments: argparse.Namespace) -> int:
    """Climb; returns the exit code. Raises TribunalError."""
    if arguments.workers < 1:
        raise UsageFault(f"--workers must be at least 1, not {arguments.workers}. Nothing was started.")
    world = world_of(world_asked(arguments))
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    rungs = steps(world)
    found = curves(
        [rung.world for rung in rungs],
        bars=len(tape) * len(rungs),
        workers=arguments.workers,
        what="bars",
        quiet=arguments.quiet,
    )
    ladder = climb(tape.source_label, tape.symbols, market_growth(tape), found, world.settings.seed)
    show_ladder(ladder, as_json=arguments.json)
    write_tables(arguments.markdown, ladder_markdown(ladder))
    return 0
