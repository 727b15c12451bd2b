"""What `evidence.ablation` does: climb the rungs, resample, show."""

import argparse
import sys
from pathlib import Path

from agents.desk.world import World, tape_of, world_of
from config.errors import UsageFault
from config.files import passing_folder
from evidence.search.request import market_growth
from evidence.strategies.ladder import Ladder, climb, steps
from evidence.strategies.policy_rungs import PolicyRungs, policy_rungs
from evidence.worlds.parallel import curves
from market.tape import Tape
from ops.commands.requests import contracts_asked
from ops.files import write_tables
from ops.tables.ladder import ladder_markdown, show_ladder
from ops.terminal.data_told import tell_data


def ablation_command(arguments: argparse.Namespace) -> int:
    """Climb; returns the exit code. Raises TribunalError."""
    if arguments.workers < 1:
        raise UsageFault(f"--workers must be at least 1, not {arguments.workers}. Nothing was started.")
    world = world_of(contracts_asked(arguments))
    tape = tape_of(world)
    tell_data(world, tape, sys.stderr)
    with passing_folder() as folder:
        ladder = _climbed(world, tape, _policy(world, tape, arguments.model, folder), arguments)
    show_ladder(ladder, as_json=arguments.json)
    write_tables(arguments.markdown, ladder_markdown(ladder))
    return 0


def _climbed(world: World, tape: Tape, policy: PolicyRungs | None, arguments: argparse.Namespace) -> Ladder:
    rungs = steps(world, policy)
    found = curves(
        [rung.world for rung in rungs],
        bars=len(tape) * len(rungs),
        workers=arguments.workers,
        what="bars",
        quiet=arguments.quiet,
    )
    told = None if policy is None else policy.told
    return climb(tape.source_label, tape.symbols, market_growth(tape), found, world.settings.seed, told)


def _policy(world: World, tape: Tape, model: str | None, folder: Path) -> PolicyRungs | None:
    """The rungs of the policy of --model, or else of the profile, if it is not off. `folder` holds its base."""
    own = world.settings.rl
    named = model if model is not None else own.model if own.mode != "off" else None
    if named is None:
        return None
    perpetuals = world.settings.market.perpetuals is not None
    return policy_rungs(
        Path(named).expanduser(), folder, tape.symbols, tape.timeframe, tape.start_utc, perpetuals=perpetuals
    )
