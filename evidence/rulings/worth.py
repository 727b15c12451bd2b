"""What each role's influence on the rulings was worth: both branches of each ruling on the same tape.

The branch with the recorded ruling and the branch with the role neutral buy the same thing at the same price and leave it at
the same barrier; only the size differs. Worth, in quote units, is the gate's notional x the difference of scales x the net
return. The gate's notional is the tightest cap that it reported; where it stopped at a ruling of zero and computed none, it
is the tightest of the caps that need no other position: those whose row in `risk.limits.catalogue` has a `room`. Where another
rule refused, the role changed nothing and is worth nothing. Lots, the minimum notional and a changed book are not followed.

Outcomes of neighbouring cases overlap, so intervals are drawn in blocks of as many cases as a horizon holds.
"""

import asyncio
from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np

from agents.court.hearing import Hearing
from agents.court.minds.rules import RulesMind
from agents.llm.attempt import ROLES, Role
from agents.memory.outcomes import Barriers
from config.errors import UsageFault
from config.frozen import Frozen
from config.progress import Progress, Telling, silent
from config.seeds import generator
from evidence.rulings.counterfactual import ruling_without
from evidence.rulings.hearings import HearingRun
from evidence.rulings.statements import beliefs
from evidence.statistics.disagreement import PairDisagreement, krippendorff_alpha, pairs
from evidence.statistics.totals import Interval, total_interval
from risk.limits.catalogue import CATALOGUE
from risk.sizing import Entry
from risk.verdict import Reaction, RuleCode

_OWN: tuple[RuleCode, ...] = ("ruling", "min_notional")
"""Refusals that follow from the ruling's scale, and not from anything else."""


class RoleWorth(Frozen):
    """One role over all hearings that could be recomputed without it (`heard`).

    `changed` rulings differ by it: `lowered` or `raised`. Of the `settled` hearings, `quote` is what that was worth in all,
    and `bps` on average a case, per unit of notional; None where nothing is settled. `quote_long` and `quote_short`: the parts of
    `quote` by the side of the case, where there are cases of both sides.
    """

    role: str
    heard: int
    changed: int
    lowered: int
    raised: int
    settled: int
    quote: Interval | None
    bps: Interval | None
    quote_long: Interval | None = None
    quote_short: Interval | None = None


class Attribution(Frozen):
    """All roles of some runs, and how far they disagreed. `alpha` is Krippendorff's, of interval data."""

    runs: tuple[str, ...]
    quote: str
    horizon_bars: int
    hearings: int
    roles: tuple[RoleWorth, ...]
    pairs: tuple[PairDisagreement, ...]
    alpha: float | None


class _RoleDifference(NamedTuple):
    """One hearing: the scale that was ruled less that without the role, and what it was worth, if that is known."""

    scale: float
    quote: float | None
    bps: float | None
    short: bool = False
    """Whether the case was a short sale."""


def attribute(runs: Sequence[HearingRun], telling: Telling = silent) -> Attribution:
    """Attribution over the runs together. Raises UsageFault where they hold no hearing, or accounts in two currencies."""
    quotes = {rules.quote for run in runs for rules in run.session.instruments.values()}
    heard = [heard.hearing for run in runs for heard in run.hearings]
    if len(quotes) != 1:
        raise UsageFault(
            f"These runs are in {' and '.join(sorted(quotes))}, which cannot be added. Nothing was computed."
        )
    if not heard:
        raise UsageFault("No case was heard in these runs, so there is nothing to attribute. Give longer runs.")
    said = [beliefs(hearing) for hearing in heard]
    return Attribution(
        runs=tuple(run.run for run in runs),
        quote=quotes.pop(),
        horizon_bars=runs[0].barriers.horizon_bars,
        hearings=len(heard),
        roles=tuple(asyncio.run(_roles(runs, telling))),
        pairs=pairs(said),
        alpha=krippendorff_alpha([tuple(found.values()) for found in said]),
    )


def allowed_notional(hearing: Hearing, barriers: Barriers) -> float:
    """What the gate would have allowed at a full scale, in quote units; 0 where another rule than the ruling refused.

    Of a purchase of which a share was entered before the ruling, it is the whole of it.
    """
    own = (*_OWN, *(("share",) if hearing.case.held_share is None else ()))
    rules = hearing.verdict.rules
    if any(report.reaction not in (Reaction.PASS, Reaction.CUT) and report.code not in own for report in rules):
        return 0.0
    return full_notional(hearing, barriers)


def full_notional(hearing: Hearing, barriers: Barriers) -> float:
    """The tightest cap that the gate reported, in quote units; where it reported none, of those that need no other position.

    Of a proposal of position voters, it is the share that they want of it.
    """
    caps = [float(report.notional_cap) for report in hearing.verdict.rules if report.notional_cap is not None]
    share = hearing.case.proposal.exposure
    return max(0.0, min(caps) if caps else _alone(hearing, barriers)) * (1.0 if share is None else share)


def _alone(hearing: Hearing, barriers: Barriers) -> float:
    """The tightest of the caps that need no other position."""
    book, stop, terms = hearing.case.book, barriers.stop_of(hearing.case), hearing.case.terms
    conviction = hearing.case.proposal.conviction
    entry = Entry(conviction, stop, book.deployed_fraction, barriers.limits_of(terms), barriers.exits_of(terms))
    return book.equity * min(limit.room(entry) for limit in CATALOGUE if limit.room is not None)


async def _roles(runs: Sequence[HearingRun], telling: Telling) -> list[RoleWorth]:
    """Each role in turn. The seed of the intervals is the first run's own."""
    block = max(_cases_a_horizon(run) for run in runs)
    found = []
    with telling(len(ROLES) * sum(len(run.hearings) for run in runs), "rulings without a role") as shown:
        for role in ROLES:
            differences = [difference for run in runs for difference in await _differences(role, run, shown)]
            found.append(_worth(role, differences, block, runs[0].session.settings.seed))
    return found


async def _differences(role: Role, run: HearingRun, shown: Progress) -> list[_RoleDifference]:
    settings = run.session.settings
    rules = RulesMind(settings.court, settings.limits)
    found = []
    for heard in run.hearings:
        other = await ruling_without(role, heard.hearing, rules)
        shown.advance()
        if other is None:
            continue
        scale = heard.hearing.ruling.scale - other.scale
        short = heard.hearing.case.proposal.is_short
        if heard.outcome is None:
            found.append(_RoleDifference(scale=scale, quote=None, bps=None, short=short))
            continue
        factor = heard.hearing.adjustment.scale
        bps = (
            min(1.0, heard.hearing.ruling.scale * factor) - min(1.0, other.scale * factor)
        ) * heard.outcome.return_bps
        notional = allowed_notional(heard.hearing, run.barriers) if scale else 0.0
        found.append(_RoleDifference(scale=scale, quote=notional * bps / 1e4, bps=bps, short=short))
    return found


def _worth(role: str, differences: list[_RoleDifference], block: int, seed: int) -> RoleWorth:
    quote = np.array([item.quote for item in differences if item.quote is not None])
    bps = np.array([item.bps for item in differences if item.bps is not None])
    sides = [_of_side(differences, short, block, generator(seed, "attribution", role)) for short in (False, True)]
    lowered, raised = sum(item.scale < 0 for item in differences), sum(item.scale > 0 for item in differences)
    return RoleWorth(
        role=role,
        heard=len(differences),
        changed=lowered + raised,
        lowered=lowered,
        raised=raised,
        settled=len(quote),
        quote=total_interval(quote, block, generator(seed, "attribution", role)) if len(quote) else None,
        bps=_mean(total_interval(bps, block, generator(seed, "attribution", role)), len(bps)) if len(bps) else None,
        quote_long=sides[0] if None not in sides else None,
        quote_short=sides[1] if None not in sides else None,
    )


def _of_side(
    differences: list[_RoleDifference], short: bool, block: int, chance: np.random.Generator
) -> Interval | None:
    """The worth of the settled cases of one side; None where there is none. Those of the other side count as nothing in their
    place, so that blocks hold what happened together."""
    of_side = [item.quote * (item.short is short) for item in differences if item.quote is not None]
    if not any(item.short is short and item.quote is not None for item in differences):
        return None
    return total_interval(np.array(of_side), block, chance)


def _cases_a_horizon(run: HearingRun) -> int:
    """Cases that are heard on average within one horizon, at least one."""
    return max(1, ceil(len(run.hearings) * run.barriers.horizon_bars / max(run.bars, 1)))


def _mean(total: Interval, n: int) -> Interval:
    return Interval(value=total.value / n, low=total.low / n, high=total.high / n)
