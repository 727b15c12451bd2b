"""The limit of real money: no more of the capital than the ramp allows, and no size larger than its part of the usual one.

It speaks of real money alone (`limits.ramp`). Where the ramp is not known, nothing is bought (law 2).
"""

from collections.abc import Sequence

from risk.facts import Facts, cap, no_cap
from risk.limits.trade import entry_of
from risk.sizing import room_within
from risk.verdict import RuleReport


def ramp(facts: Facts) -> RuleReport:
    """All positions and entries under way stay within the money that may be used now.

    Each has the ramp's part of the size that all other limits leave, which this rule cannot know: see `ramped`.
    """
    if not facts.limits.ramp:
        return no_cap("ramp", note="this is no real money")
    if facts.ramp is None:
        return cap(facts, "ramp", 0.0, note="where the ramp stands is not known")
    most = float(facts.ramp.usable) / facts.equity
    note = f"{facts.ramp.share:.0%} of {facts.ramp.capital} may be used, and {facts.ramp.share:.0%} of each size"
    return cap(facts, "ramp", room_within(entry_of(facts), most), limit=most, note=note)


def ramped(facts: Facts, caps: Sequence[RuleReport]) -> tuple[RuleReport, ...]:
    """All caps of a proposal, in which that of `ramp` is at most its part of the tightest other one [quote], where there is a
    ramp."""
    if not facts.limits.ramp or facts.ramp is None:
        return tuple(caps)
    part = facts.ramp.share * min(
        report.notional_cap for report in caps if report.notional_cap is not None and report.code != "ramp"
    )
    return tuple(
        report.model_copy(update={"notional_cap": min(part, report.notional_cap)})
        if report.code == "ramp" and report.notional_cap is not None
        else report
        for report in caps
    )
