"""Compares a strategy with random entries and with always long, all in the full engine.

The strategy runs as it is, each of its voters with its own record. Its votes are computed once, redrawn, and replayed as scripts.
A script is one voter and has one record. It has no rules of its own, so a profile whose contexts have some is refused. The times
of purchases depend on the seed alone, not on the number of processes.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from agents.desk.world import World
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from agents.strategies.terms import refuse_own_rules
from config.seeds import generator
from evidence.strategies.baselines import AgainstChance, ComparedRun, against_chance, always_long, random_entries
from evidence.worlds.parallel import spread
from evidence.worlds.votes import NettedVotes, cast_votes
from evidence.worlds.world import Tick, curve_of
from market.tape import Tape


class _Script(NamedTuple):
    """The job of one process: a world and the votes in it, or None for its own voters."""

    world: World
    votes: NettedVotes | None


def beside_chance(world: World, tape: Tape, seeds: int, *, workers: int, quiet: bool) -> AgainstChance | None:
    """Compare a world with `seeds` runs with random entries; None when its voters want no purchase.

    Raises ValueError for fewer than 20 seeds, and the TribunalError of any run that fails.
    """
    settings = world.settings
    refuse_own_rules(settings, "A run by chance has one voter, without limits, hours or exits of its own")
    contexts = build_contexts(settings.strategies, tape.symbols, read_own(settings.strategies))
    votes = cast_votes(tape, contexts, settings.court.net_threshold, settings.market.signals)
    entries = int((votes.direction > 0).sum())
    if not entries:
        return None
    draw = partial(generator, settings.seed, "random-entries")
    casts = [None, always_long(votes), *(random_entries(votes, draw(str(number))) for number in range(seeds))]
    own, held, *drawn = spread(
        _lived,
        [_Script(world, cast) for cast in casts],
        total=len(casts) * len(tape),
        workers=workers,
        what="random entries",
        quiet=quiet,
    )
    return against_chance(own, held, drawn, entries, tape.timeframe.bars_per_year)


def _lived(script: _Script, tick: Tick) -> ComparedRun:
    curve = curve_of(script.world, tick, votes=script.votes)
    return ComparedRun(np.array(curve.equity), curve.trades)
