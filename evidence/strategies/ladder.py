"""The ablation ladder: what each part of the system adds to the part below it, on the same tape.

    strategies        the voters' proposals, at the position limit; no other limit binds
    + analyst         trades only if the analyst expects a rise
    + risk agent      trades at most the size that the risk agent allows
    + devil's advocate   trades only if the counter-evidence does not outweigh the analyst
    + supervisor      the whole court
    + gate            the profile's limits and breakers: the whole system
    + base            the volatility target that a policy corrects, alone; only where a policy is named
    + policy          the trained policy; only where one is named

Every rung keeps the stop, the ladder and the trailing stop, the fees, and one position's limit, so that sizes can be compared.
The difference to the rung below is resampled in pairs: the same blocks of bars of both (see `evidence.statistics.bootstrap`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from agents.desk.world import World
from agents.llm.attempt import ROLES
from config.frozen import Frozen
from config.sections.limits import RiskLimits
from config.sections.rl import RlSettings
from config.settings import Settings
from evidence.statistics.bootstrap import Difference, Intervals, curve_returns, intervals, paired_differences
from evidence.statistics.key_figures import Measure
from evidence.strategies.policy_rungs import PolicyRungs, PolicyTold
from evidence.worlds.world import Curve
from risk.limits.catalogue import loosest

NAMES = (
    "strategies",
    "+ analyst",
    "+ risk agent",
    "+ devil's advocate",
    "+ supervisor",
    "+ gate",
    "+ base",
    "+ policy",
)


class Rung(Frozen):
    """One rung with its measures, and the difference of each to the rung below (None for the lowest rung)."""

    name: str
    trades: int
    hearings: int
    deployed: float
    growth: float
    intervals: Intervals
    versus: tuple[Difference, ...] | None


class Ladder(Frozen):
    """All rungs on one tape."""

    label: str
    symbols: tuple[str, ...]
    bars: int
    years: float
    market_growth: float
    """Equal parts of all markets, bought at the first close and held."""
    policy: PolicyTold | None = None
    """The policy of the two highest rungs; None where no model was named, and the ladder ends at the gate."""
    rungs: tuple[Rung, ...]


class Step(NamedTuple):
    """A rung that is not run yet."""

    name: str
    world: World


def steps(world: World, policy: PolicyRungs | None = None) -> tuple[Step, ...]:
    """The worlds of the rungs, from the lowest to the whole system, and to its policy if there is one.

    No policy acts on the rungs below its own.
    """
    still = _under(world.settings, RlSettings())
    seated = [still.court.model_copy(update={"seats": ROLES[:count]}) for count in range(len(ROLES) + 1)]
    wide = [still.model_copy(update={"court": court, "limits": open_limits(still)}) for court in seated]
    served = [] if policy is None else [_under(still, each) for each in (policy.base, policy.policy)]
    settings = (*wide, still, *served)
    return tuple(
        Step(name, world.model_copy(update={"settings": each}))
        for name, each in zip(NAMES[: len(settings)], settings, strict=True)
    )


def _under(settings: Settings, policy: RlSettings) -> Settings:
    return settings.model_copy(update={"rl": policy})


def open_limits(settings: Settings) -> RiskLimits:
    """The limits of the lower rungs: only the size of one position can bind."""
    return loosest(settings.limits, but={"position"})


def climb(
    label: str,
    symbols: Sequence[str],
    market_growth: float,
    found: Sequence[Curve],
    seed: int,
    policy: PolicyTold | None = None,
) -> Ladder:
    """The ladder from the equity curves of its rungs, lowest first."""
    per_year = 365 * 86_400 / found[0].timeframe_s
    returns = [curve_returns(np.array(curve.equity)) for curve in found]
    rungs = []
    for number, (name, curve) in enumerate(zip(NAMES[: len(found)], found, strict=True)):
        versus = None
        if number:
            pair = paired_differences(returns[number], returns[number - 1], bars_per_year=per_year, seed=seed)
            versus = tuple(pair.of(measure) for measure in (Measure.SHARPE, Measure.CAGR, Measure.MAX_DRAWDOWN))
        rungs.append(
            Rung(
                name=name,
                trades=curve.trades,
                hearings=curve.hearings,
                deployed=curve.deployed,
                growth=curve.equity[-1] / curve.equity[0] - 1.0,
                intervals=intervals(returns[number], bars_per_year=per_year, seed=seed),
                versus=versus,
            )
        )
    bars = len(found[0].equity) - 1
    return Ladder(
        label=label,
        symbols=tuple(symbols),
        bars=bars,
        years=bars / per_year,
        market_growth=market_growth,
        policy=policy,
        rungs=tuple(rungs),
    )
