"""Compares a strategy with random entries and with always long, all in the full engine.

The strategy runs as it is. The ballots of its voters are computed once, moved, and cast again by scripts in their places: each
keeps its weight, its record, its markets and its own rules. The moves depend on the seed alone, not on the number of processes.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from agents.desk.world import World
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from config.seeds import generator
from evidence.strategies.baselines import AgainstChance, ComparedRun, against_chance, always_long, random_entries
from evidence.worlds.cast import CastBallots, cast_ballots
from evidence.worlds.parallel import spread
from evidence.worlds.world import Tick, curve_of
from market.tape import Tape


class _Script(NamedTuple):
    """The job of one process: a world and the ballots in it, or None for its own voters."""

    world: World
    votes: CastBallots | None


def beside_chance(world: World, tape: Tape, seeds: int, *, workers: int, quiet: bool) -> AgainstChance | None:
    """Compare a world with `seeds` runs with random entries; None when its voters want no purchase.

    Raises ValueError for fewer than 20 seeds, and the TribunalError of any run that fails.
    """
    settings = world.settings
    contexts = build_contexts(settings.strategies, tape.symbols, read_own(settings.strategies))
    cast = cast_ballots(tape, contexts, settings.court.net_threshold, settings.market.signals)
    if not cast.entries:
        return None
    held = always_long(cast, [context.name for context in contexts])
    draw = partial(generator, settings.seed, "random-entries")
    casts = [None, held, *(random_entries(cast, draw(str(number))) for number in range(seeds))]
    own, always, *drawn = spread(
        _lived,
        [_Script(world, each) for each in casts],
        total=len(casts) * len(tape),
        workers=workers,
        what="random entries",
        quiet=quiet,
    )
    return against_chance(own, always, drawn, cast.entries, tape.timeframe.bars_per_year)


def _lived(script: _Script, tick: Tick) -> ComparedRun:
    curve = curve_of(script.world, tick, votes=script.votes)
    return ComparedRun(np.array(curve.equity), curve.trades)
