"""Baselines for a strategy: random entries, and always long, with the same exits, gate and fees.

Random entries change only the times of the purchases: each market has as many as before, with the same ballots of each voter, at
randomly drawn bars. The exits that the strategy wants stay at their bars. A voter that wants shares of a position has no
single purchases: there, all ballots of all markets are shifted by one random number of bars, and what leaves the end comes in at
the beginning. So the shares, the times for which they are held and the turnover stay, and only the moments are random. When a
strategy is not better than most of these runs, its moments contain no information. The strategy and its baselines go through the
same engine (`evidence.strategies.chance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from agents.strategies.voter import Ballot
from config.frozen import Frozen
from evidence.statistics.bootstrap import curve_returns
from evidence.worlds.cast import CastBallots
from market.candles import Floats
from risk.measures.ratios import sharpe
from risk.proposal import Direction

LEAST_SEEDS = 20
"""Minimum number of draws: with fewer, even "better than 95 %" could not be stated."""


@dataclass(frozen=True, slots=True, eq=False)
class ComparedRun:
    """The result of an engine for some votes: equity [quote], shape (n_bars + 1,), starting cash first, and closed trades."""

    equity: Floats
    trades: int


class Placed(Frozen):
    """One measure compared with those of the random runs. `percentile`, in [0, 1], is the share of them that it exceeds.

    Ties count half. `p_value`: share of runs that are at least as good, this run included.
    """

    value: float
    percentile: float
    p_value: float
    low: float
    median: float
    high: float
    """5 %, 50 % and 95 % quantiles of the random runs."""


class AgainstChance(Frozen):
    """A strategy compared with `seeds` runs with random entries. Returns are fractions; Sharpe ratios are annual (0 for
    constant equity).

    `entries`: the purchases, or the positions of position voters, that the strategy wanted and that were redrawn. `trades`:
    its closed trades. `random_trades`: the mean number of closed trades in the random runs. Compare these numbers before the
    measures.
    """

    seeds: int
    entries: int
    trades: int
    random_trades: float
    total_return: Placed
    sharpe: Placed
    held_return: float
    held_sharpe: float
    """Sharpe ratio of a purchase wanted at every bar: buy and hold, as far as limits and stops allow."""


def random_entries(cast: CastBallots, rng: np.random.Generator) -> CastBallots:
    """The same ballots at random bars: of voters of single events, those of each purchase; of position voters, all, by one shift.

    Purchases are drawn for each market without replacement. They are never moved to a missing bar, or to a bar at which the
    voters want to close the position.
    """
    shape = cast.direction.shape
    rows = np.broadcast_to(np.arange(shape[0], dtype=np.int64)[:, None], shape).copy()
    if cast.holds:
        shift = int(rng.integers(1, max(2, shape[0])))
        return cast.moved((rows + shift) % shape[0])
    for column in range(shape[1]):
        bought = np.flatnonzero(cast.direction[:, column] > 0)
        free = np.flatnonzero(cast.present[:, column] & (cast.direction[:, column] >= 0))
        drawn = rng.choice(free, size=len(bought), replace=False)
        rows[bought, column] = drawn
        rows[np.setdiff1d(free, bought), column] = np.setdiff1d(free, drawn)
    return cast.moved(rows)


def always_long(cast: CastBallots, voters: Sequence[str]) -> CastBallots:
    """A purchase by each of `voters` with full confidence at every bar, and no exit: buy and hold, within limits and stops.

    A position voter wants a full position at every bar.
    """
    holding = {
        name for ballots in cast.ballots.values() for name, ballot in ballots.items() if ballot.exposure is not None
    }
    wanted = {
        name: Ballot(Direction.LONG, 1.0, ("always",), exposure=1.0 if name in holding else None) for name in voters
    }
    rows, columns = np.nonzero(cast.present)
    at = dict.fromkeys(zip(rows.tolist(), columns.tolist(), strict=True), wanted)
    return replace(cast, direction=cast.present.astype(np.int8), ballots=at)


def against_chance(
    own: ComparedRun, held: ComparedRun, drawn: Sequence[ComparedRun], entries: int, bars_per_year: float
) -> AgainstChance:
    """Compare a run with runs with random entries. `held` is the run that is always long; `entries` counts redrawn purchases.

    Raises ValueError for fewer than 20 random runs, and when the strategy wanted no purchase.
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


def _made(run: ComparedRun) -> float:
    return float(run.equity[-1] / run.equity[0] - 1.0)


def _sharpe(run: ComparedRun, bars_per_year: float) -> float:
    return sharpe(curve_returns(run.equity), bars_per_year=bars_per_year) or 0.0
