"""Proposals that are no case: the first target does not pay for the trade (`court.cost_edge`), or the gate would sign nothing of
it, even if court and policy left it whole (`court.hears`).

A target is what the exits of the purchase declare. Where voters bring their own exit none is known, and nothing is guessed. Of
what the gate would refuse, only what is too small to be bought, or held already, is passed over: what a rule refuses for another
reason is heard, and the verdict tells of it. So the gate is not asked about what is no purchase: it refuses that for its
direction. It is asked on the book before the bar's cases, and again about each case that is heard. It refuses nothing by itself
and signs nothing.
"""

from agents.court.case import Motion
from agents.court.showing.whole import left_whole, shorts_of
from agents.desk.desk import Desk
from agents.records.record import Unheard
from config.sections.court import COST_EDGE
from risk.limits.contexts import tightened
from risk.measures.costs import dearest_trip_bps, trip_bps
from risk.verdict import Outcome, Verdict

_BPS = 10_000.0
_OF_SIZE = ("min_notional", "share")


def heard_of(desk: Desk, motions: tuple[Motion, ...]) -> tuple[tuple[Motion, ...], tuple[Unheard, ...]]:
    """What the court hears of what is tried at a bar, and what it does not."""
    heard, unheard = [], []
    together = tuple(motion.symbol for motion in motions)
    shorts = shorts_of(motions)
    for motion in motions:
        passed = _unpaid(desk, motion) or _unsigned(desk, motion, together, shorts)
        if passed is None:
            heard.append(motion)
        else:
            unheard.append(passed)
    return tuple(heard), tuple(unheard)


def _unpaid(desk: Desk, motion: Motion) -> Unheard | None:
    """Why the move to its first target does not pay for the trade; None if it does, or is not known."""
    least = desk.settings.court.cost_edge
    if least is None or not motion.proposal.opens or motion.proposal.exposure is not None:
        return None
    own = None if motion.terms is None else motion.terms.exits
    expected = (own or desk.settings.exits).take_profit_fraction * _BPS
    market, limits = desk.trader.instrument(motion.symbol), tightened(desk.settings.limits, motion.terms)
    if expected >= least * dearest_trip_bps(market, limits):
        return None  # so no book needs to be read
    trip = trip_bps(market, desk.trader.book(motion.symbol), limits)
    if trip is None or expected >= least * trip:
        return None
    both = "a short sale and its purchase" if motion.proposal.is_short else "a purchase and its sale"
    why = f"its first target is {expected:.4g} bps away, {both} cost {trip:.4g} bps"
    asked = "" if least == 1.0 else f", and {least:g} times that is asked"
    return Unheard(decision_id=motion.decision_id, symbol=motion.symbol, rule=COST_EDGE, why=why + asked)


def _unsigned(desk: Desk, motion: Motion, together: tuple[str, ...], shorts: tuple[str, ...]) -> Unheard | None:
    """Why the gate would sign nothing of it; None if it would, or the court hears all."""
    if desk.settings.court.hears == "all" or not motion.proposal.opens:
        return None
    verdict = desk.trader.foresee(left_whole(motion, together, shorts))
    return _unheard(verdict) if _is_hopeless(verdict) else None


def _is_hopeless(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.REFUSED and verdict.binding_rule in _OF_SIZE


def _unheard(verdict: Verdict) -> Unheard:
    why = next((report.note for report in verdict.rules if report.code == verdict.decided_by), "")
    return Unheard(decision_id=verdict.decision_id, symbol=verdict.symbol, rule=verdict.decided_by, why=why)
