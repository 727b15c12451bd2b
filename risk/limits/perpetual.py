"""Rules about perpetual contracts alone: the leverage that their exchange allows, how far away they are liquidated, what they
pay for funding. No verdict on spot has them.

What is not known of a contract refuses (law 2). A size is not known before all caps are: the checks are made on the largest one,
which is liquidated first, since a larger notional needs no smaller part of it as maintenance margin.
"""

from decimal import Decimal
from math import isfinite

from market.perpetual.margin import MarginTier, initial_margin
from risk.facts import Facts, cap, check, no_cap
from risk.limits.share import stop_at_venue
from risk.limits.trade import entry_of
from risk.sizing import at_dearest
from risk.verdict import RuleReport

MOST_LEVERAGE = Decimal(3)
"""Notional over margin, at most, whatever an exchange allows."""

_STOPS = "stop distances"


def liquidation(facts: Facts) -> RuleReport:
    """A position would be liquidated at least `min_liquidation_distance` times as far away as its stop is, so the stop is hit
    before."""
    limit, terms, number = facts.limits.min_liquidation_distance, facts.instrument.perpetual, facts.leverage
    if not facts.perpetual:
        return check("liquidation", True, None, limit, _STOPS, note="spot is not liquidated")
    if terms is None or number is None or not _sound(number):
        return check("liquidation", False, None, limit, _STOPS, note="margin and tiers are not known")
    most = _most_at(number, terms.tiers)
    if most == 0:
        return check("liquidation", False, None, limit, _STOPS, note=f"no tier allows a leverage of {number}")
    price, stop = facts.proposal.reference_price, stop_at_venue(facts)
    at = [terms.liquidation_price(*position) for position in _positions(facts, number, most)]
    near = [facts.sign * float(1 - found / price) for found in at if found is not None]
    if not near:
        return check("liquidation", True, None, limit, _STOPS, note="no price liquidates it")
    note = f"liquidated {min(near):.2%} away, with its stop {stop:.2%} away"
    times = min(near) / stop
    return check("liquidation", times >= limit and min(near) > stop, times, limit, _STOPS, note=note)


def funding(facts: Facts) -> RuleReport:
    """What funding costs over the time for which a position is held, at the last rate of its market, stays within
    `max_funding_share` of the distance of the stop. The side that is paid pays nothing. Where the rate is not known, nothing is
    opened: a profile that counts no funding says so with null."""
    limit, terms, rate = facts.limits.max_funding_share, facts.instrument.perpetual, facts.funding_rate
    unit = "of the stop distance"
    if limit is None or not facts.perpetual:
        return check("funding", True, None, limit, unit, note="no funding is counted")
    if terms is None or rate is None or not isfinite(rate):
        return check("funding", False, None, limit, unit, note="the funding rate of this market is not known")
    intervals = facts.limits.funding_hold_h / terms.funding_interval_h
    cost = facts.sign * rate * intervals
    note = f"{cost:.3%} in {intervals:g} times at {rate:.4%}"
    return check("funding", cost / facts.stop <= limit, cost / facts.stop, limit, unit, note=note)


def leverage(facts: Facts) -> RuleReport:
    """A position stays within the notional up to which its exchange allows the leverage of the account, at its fill."""
    terms, number = facts.instrument.perpetual, facts.leverage
    if not facts.perpetual:
        return no_cap("leverage", note="spot has none")
    if terms is None or number is None or not _sound(number):
        return cap(facts, "leverage", 0.0, note=f"a leverage of 1 to {MOST_LEVERAGE} and margin tiers are needed")
    most = _most_at(number, terms.tiers)
    if most is None:
        return no_cap("leverage", note=f"every tier allows {number}")
    return cap(
        facts, "leverage", at_dearest(float(most) / facts.equity, entry_of(facts)), note=f"{number} up to {most}"
    )


def _sound(number: Decimal) -> bool:
    return number.is_finite() and 1 <= number <= MOST_LEVERAGE


def _most_at(number: Decimal, tiers: tuple[MarginTier, ...]) -> Decimal | None:
    """The notional up to which tiers allow a leverage [quote]; None where all do."""
    most: Decimal | None = Decimal(0)
    for tier in tiers:
        if tier.max_leverage < number:
            return most
        most = tier.up_to
    return most


def _positions(facts: Facts, number: Decimal, most: Decimal | None) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Signed quantity [base], entry price [quote] and margin [quote] of the largest position that the proposal may make, which is
    at most `most` [quote], and of the one that it would enlarge: each size between them is liquidated no nearer than both, or
    nearly so."""
    price, sign = facts.proposal.reference_price, facts.sign
    largest = facts.portfolio.equity * Decimal(repr(facts.limits.max_position_fraction))
    largest = largest if most is None else min(largest, most)
    held = facts.portfolio.position(facts.proposal.symbol) if facts.proposal.enlarges else None
    if held is None or not held.quantity:
        return [(sign * largest / price, price, initial_margin(largest, number))]
    owned, entry = held.quantity, held.entry_price
    margin = initial_margin(owned * entry, number) if held.margin is None else held.margin
    added = max(largest - abs(owned) * price, Decimal(0)) / price
    whole = owned + sign * added
    together = (owned * entry + sign * added * price) / whole
    return [(owned, entry, margin), (whole, together, margin + initial_margin(added * price, number))]
