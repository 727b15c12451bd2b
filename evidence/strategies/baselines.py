"""What chance and doing nothing clever would have made in the same engine: same exits, same gate, same fees.

Random entries keep everything of a strategy but the moment of its purchases: as many of them in each market, with the same
convictions, at bars that are drawn; what it wants closed stays where it was. If a strategy is not better than most of these, its
entries know nothing. Both sides of the comparison go through the same engine (`evidence.strategies.chance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from config.frozen import Frozen
from evidence.statistics.bootstrap import curve_returns
from evidence.worlds.votes import Votes
from market.candles import Floats
from risk.measures.ratios import sharpe

LEAST_SEEDS = 20
"""Fewer draws could not even say "better than 95 %"."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What an engine made of votes: equity at bar closes after the starting cash, shape (n_bars + 1,), and closed trades."""

    equity: Floats
    trades: int


class Placed(Frozen):
    """One figure among those of the random runs: `percentile` in [0, 1] is the share of them that it is above.

    Ties count half. `p_value`: how often chance does at least as well, counting this run among them.
    """

    value: float
    percentile: float
    p_value: float
    low: float
    median: float
    high: float
    """5 %, 50 % and 95 % quantiles of the random runs."""


class AgainstChance(Frozen):
    """A strategy among `seeds` runs with random entries. Returns are fractions, Sharpe ratios annual (0 where nothing varied).

    `entries` were wanted and redrawn; `trades` were closed, `random_trades` on average by chance: compare them before
    the figures.
    """

    seeds: int
    entries: int
    trades: int
    random_trades: float
    total_return: Placed
    sharpe: Placed
    held_return: float
    held_sharpe: float
    """Of wanting to be long at every bar: buy and hold, as far as limits and stops allow."""


def random_entries(votes: Votes, rng: np.random.Generator) -> Votes:
    """The same votes with the purchases of each market moved to bars drawn without replacement.

    They keep their number and their convictions; they never fall on a bar that is absent, or on which the voters want out.
    """
    direction = np.where(votes.direction > 0, 0, votes.direction).astype(np.int8)
    conviction = np.where(votes.direction > 0, 0.0, votes.conviction)
    for column in range(len(votes.symbols)):
        bought = np.flatnonzero(votes.direction[:, column] > 0)
        free = np.flatnonzero(votes.present[:, column] & (votes.direction[:, column] >= 0))
        drawn = rng.choice(free, size=len(bought), replace=False)
        direction[drawn, column] = 1
        conviction[drawn, column] = votes.conviction[bought, column]
    return replace(votes, direction=direction, conviction=conviction)


def always_long(votes: Votes) -> Votes:
    """Buy and hold, as far as the engine's limits and stops allow: a purchase at full conviction at every bar, no way out."""
    return replace(votes, direction=votes.present.astype(np.int8), conviction=votes.present.astype(np.float64))


def against_chance(
    own: Comparison, held: Comparison, drawn: Sequence[Comparison], entries: int, bars_per_year: float
) -> AgainstChance:
    """Where a run stands among runs with random entries; `held` is the run that is always long, `entries` what was redrawn.

    Raises ValueError for fewer than 20 of them, or where nothing was wanted: there is nothing to place then.
    """
    if len(drawn) < LEAST_SEEDS or not entries:
        raise ValueError(f"{LEAST_SEEDS} draws and one purchase at least are needed, got {len(drawn)} and {entries}")
    return AgainstChance(
        seeds=len(drawn),
        entries=entries,
        trades=own.trades,
        random_trades=float(np.mean([run.trades for run in drawn])),
        total_return=_placed(_made(own), [_made(run) for run in drawn]),
        sharpe=_placed(_sharpe(own, bars_per_year), [_sharpe(run, bars_per_year) for run in drawn]),
        held_return=_made(held),
        held_sharpe=_sharpe(held, bars_per_year),
    )


def _placed(value: float, others: list[float]) -> Placed:
    found = np.array(others)
    below, level = float((found < value).sum()), float((found == value).sum())
    low, median, high = (float(point) for point in np.quantile(found, (0.05, 0.5, 0.95)))
    return Placed(
        value=value,
        percentile=(below + level / 2.0) / len(found),
        p_value=(1.0 + float((found >= value).sum())) / (1.0 + len(found)),
        low=low,
        median=median,
        high=high,
    )


def _made(run: Comparison) -> float:
    return float(run.equity[-1] / run.equity[0] - 1.0)


def _sharpe(run: Comparison, bars_per_year: float) -> float:
    return sharpe(curve_returns(run.equity), bars_per_year=bars_per_year) or 0.0
