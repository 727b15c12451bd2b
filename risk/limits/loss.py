"""Rules that limit the size by past losses and by the loss in the worst period of the window: drawdown, stress, volatility.

A loss that cannot be measured leaves no room (law 2).
"""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from risk.breakers import drawdown
from risk.facts import Facts, cap, no_cap, weights
from risk.verdict import RuleReport

_DAYS_A_YEAR = 365.0


def drawdown_half(facts: Facts) -> RuleReport:
    """If the drawdown is at least `half_size_drawdown`, a position has half of the usual size.

    With `half_size: halve` that is half of what the other limits leave, which this rule cannot know: see `halved`.
    """
    fall, limit = drawdown(facts.breakers, facts.portfolio.equity), facts.limits.half_size_drawdown
    if fall < limit:
        return no_cap("drawdown_half", number=fall, limit=limit)
    if facts.limits.half_size == "halve":
        return no_cap("drawdown_half", number=fall, limit=limit, note="half of what the other limits leave")
    return cap(facts, "drawdown_half", facts.limits.max_position_fraction * 0.5, number=fall, limit=limit)


def halved(facts: Facts, caps: Sequence[RuleReport]) -> tuple[RuleReport, ...]:
    """All caps of a proposal, in which that of `drawdown_half` is half of the tightest other one [quote], if it halves sizes."""
    if (
        facts.limits.half_size != "halve"
        or drawdown(facts.breakers, facts.portfolio.equity) < facts.limits.half_size_drawdown
    ):
        return tuple(caps)
    half = min(report.notional_cap for report in caps if report.notional_cap is not None) / 2
    return tuple(
        report.model_copy(update={"notional_cap": half}) if report.code == "drawdown_half" else report
        for report in caps
    )


def stressed_loss(facts: Facts) -> RuleReport:
    """The book with the addition, held through any `stress_bars` successive bars of the window, loses at most
    `max_stressed_loss`.

    Positions are opened before the stretch and not rebalanced in it, so the loss is linear in the addition, and the largest
    that every stretch allows is exact: the loss of a short too, which a rise does not bound. The worst stretch is found and not
    chosen, as in `risk.measures.stressed`.
    """
    limit, top, length = facts.limits.max_stressed_loss, facts.limits.max_position_fraction, facts.limits.stress_bars
    if limit is None:
        return no_cap("stressed_loss", note="no limit is set")
    if facts.returns.shape[0] < length:
        return cap(facts, "stressed_loss", 0.0, limit=limit, note=f"fewer than {length} bars are known")
    moves = sliding_window_view(1.0 + facts.returns, length, axis=0).prod(axis=2) - 1.0
    held, own = moves @ weights(facts), facts.sign * moves[:, facts.symbols.index(facts.proposal.symbol)]
    at_top = -float((held + top * own).min())
    falling = own < 0.0
    room = float(((limit + held[falling]) / -own[falling]).min(initial=np.inf)) if -held.min() <= limit else 0.0
    if room >= top:
        return no_cap("stressed_loss", number=at_top, limit=limit)
    return cap(facts, "stressed_loss", room, number=at_top, limit=limit)


def volatility(facts: Facts) -> RuleReport:
    """The annual volatility that the position brings into the account stays within `volatility_target`.

    Realised volatility is the standard deviation of the window's returns times the square root of bars a year, of 365 days.
    """
    target, top = facts.limits.volatility_target, facts.limits.max_position_fraction
    if target is None:
        return no_cap("volatility", note="no limit is set")
    own = facts.returns[:, facts.symbols.index(facts.proposal.symbol)]
    realised = float(own.std(ddof=1) * np.sqrt(facts.bars_per_day * _DAYS_A_YEAR)) if len(own) > 1 else 0.0
    if not realised > 0.0:
        return cap(facts, "volatility", 0.0, limit=target, note="its volatility is unknown")
    if (room := target / realised) >= top:
        return no_cap("volatility", number=top * realised, limit=target)
    return cap(facts, "volatility", room, number=top * realised, limit=target)
