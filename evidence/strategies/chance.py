"""A strategy beside chance, all of them in the full engine: random moments of purchase, and always long.

The votes are cast once and put through as a script, the strategy's own as well, so that nothing but the moments differs. The seed
alone says which moments were drawn, with one process or with many.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from agents.desk.world import World
from agents.strategies.contexts import build_contexts
from agents.strategies.own import read_own
from config.seeds import generator
from evidence.strategies.baselines import AgainstChance, Outcome, against_chance, always_long, random_entries
from evidence.worlds.parallel import spread
from evidence.worlds.votes import Votes, cast_votes
from evidence.worlds.world import Tick, curve_of
from market.tape import Tape


class _Script(NamedTuple):
    """What one process lives through."""

    world: World
    votes: Votes


def beside_chance(world: World, tape: Tape, seeds: int, *, workers: int, quiet: bool) -> AgainstChance | None:
    """Place a world among `seeds` runs with random entries; None where its voters want no purchase at all.

    Raises ValueError for fewer than 20 seeds, and TribunalError of any run.
    """
    settings = world.settings
    contexts = build_contexts(settings.strategies, tape.symbols, read_own(settings.strategies))
    votes = cast_votes(tape, contexts, settings.court.net_threshold)
    entries = int((votes.direction > 0).sum())
    if not entries:
        return None
    draw = partial(generator, settings.seed, "random-entries")
    casts = [votes, always_long(votes), *(random_entries(votes, draw(str(number))) for number in range(seeds))]
    own, held, *drawn = spread(
        _lived,
        [_Script(world, cast) for cast in casts],
        total=len(casts) * len(tape),
        workers=workers,
        what="random entries",
        quiet=quiet,
    )
    return against_chance(own, held, drawn, entries, tape.timeframe.bars_per_year)


def _lived(script: _Script, tick: Tick) -> Outcome:
    curve = curve_of(script.world, tick, votes=script.votes)
    return Outcome(np.array(curve.equity), curve.trades)
