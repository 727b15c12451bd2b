"""The size of a proposal before any portfolio limit: stop distance, Kelly fraction, record and risk per trade.

Only the gate calls these functions: a model's answer becomes a conviction and a scale, never a quantity.
"""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from config.sections.exits import ExitSettings
from config.sections.limits import RiskLimits
from risk.kelly import kelly_discrete
from risk.record import NO_RECORD, VotersRecord, kelly_of_record, proof_of_record

_PER_BPS = 10_000
A_HAIR_LESS = 1.0 - 1e-12
"""What is to stay within a bound by whole lots is taken a little smaller, so that no rounding on the way goes beyond."""


class Entry(NamedTuple):
    """What is known of an entry without the other positions, the market and its returns.

    `conviction` in [0, 1]; `stop`: distance of the stop from the entry, a fraction of the price; `deployed`: all positions and
    entries under way, long and short added up, a fraction of equity; `most_probable`: see `kelly_notional_fraction`; `record`:
    that of its voters; `held`: the positions alone, a fraction of equity, and `short`: those of them that lose when prices rise;
    `fee`: that of an entry, a fraction of its notional; `shared`: its voters hold shares, and bring their own exit.
    """

    conviction: float
    stop: float
    deployed: float
    limits: RiskLimits
    exits: ExitSettings
    most_probable: float = 1.0
    record: VotersRecord = NO_RECORD
    held: float = 0.0
    fee: float = 0.0
    shared: bool = False
    short: float = 0.0


Room = Callable[[Entry], float]
"""What a cap leaves of an entry, as a fraction of equity; negative where nothing is left."""


def stop_fraction(price: float, atr_quote: float | None, limits: RiskLimits) -> float:
    """Distance of the protective stop from the entry price [fraction of the price]: below it, and above it for a short.

    It is the larger of the fixed fraction and the ATR multiple, so that noise does not trigger the stop, but at most
    `max_stop_fraction`. Wilder (1978) for ATR stops. `price` and `atr_quote` [quote].
    """
    by_atr = limits.stop_atr_multiple * atr_quote / price if atr_quote is not None else 0.0
    return min(max(limits.stop_fraction, by_atr), limits.max_stop_fraction)


def hard_stop(limits: RiskLimits) -> float:
    """Distance of the stop of a position whose voters bring their own exit [fraction of the entry price]."""
    return limits.max_stop_fraction


def own_stop(price: float, exit_price: float | None, limits: RiskLimits, sign: int = 1) -> float:
    """Distance of the exit of position voters from the price, by which their size is counted [fraction of the price].

    It is that of their own exit, at most `hard_stop`, and at least `stop_fraction`, so that no exit makes the size too large.
    `price` and `exit_price` [quote]; `sign`: -1 for a short, whose exit lies above the price.
    """
    away = hard_stop(limits) if exit_price is None else sign * (1.0 - exit_price / price)
    return min(max(limits.stop_fraction, away), hard_stop(limits))


def win_probability(conviction: float, payoff: float, limits: RiskLimits) -> float:
    """Assumed probability that the target is reached before the stop, for a conviction in [0, 1].

    A price without drift reaches a target that is `payoff` times as far away as the stop with probability 1 / (1 + payoff)
    (gambler's ruin; Feller 1968, XIV.2). Conviction 0 gets this probability; full conviction gets `kelly_edge` more. This is
    an assumption; a calibration on outcomes limits it (`most_probable` in `kelly_notional_fraction`).
    """
    return min(1.0, 1.0 / (1.0 + payoff) + limits.kelly_edge * conviction)


def assumed_target(stop: float, exits: ExitSettings, limits: RiskLimits, *, shared: bool) -> float:
    """What a voter without a record is assumed to win where it wins [fraction of the price].

    Positions by shares (`shared`) have no target: with `kelly_payoff: even` they are assumed to win as much as they lose at
    `stop` [fraction of the price].
    """
    return stop if shared and limits.kelly_payoff == "even" else exits.take_profit_fraction


def kelly_notional_fraction(
    conviction: float,
    stop: float,
    exits: ExitSettings,
    limits: RiskLimits,
    most_probable: float = 1.0,
) -> float:
    """Fractional Kelly notional for a conviction [fraction of equity]. The whole notional counts as the stake.

    `most_probable` is the calibrated win probability. It can only lower the assumed one: with few outcomes it is one half,
    which is more than that of a fair game when the target is farther away than the stop.

    Kelly (1956): f* = p - (1 - p) / b, where b is the payoff ratio target / stop. The formula counts the whole notional as
    the possible loss and so makes f* too small by the factor 1 / stop. This is deliberately conservative. Never negative.
    """
    payoff = exits.take_profit_fraction / stop
    p = min(win_probability(conviction, payoff, limits), most_probable)
    return max(0.0, limits.kelly_fraction * conviction * kelly_discrete(p, payoff))


def risk_per_trade_fraction(stop: float, limits: RiskLimits) -> float:
    """Notional whose loss at the stop is `risk_per_trade` of equity [fraction of equity]."""
    return limits.risk_per_trade / stop


def risk_per_trade_room(entry: Entry) -> float:
    """See `risk_per_trade_fraction`."""
    return risk_per_trade_fraction(entry.stop, entry.limits)


def price_cap(limits: RiskLimits) -> float:
    """How far above the last close an entry may buy, or sell short below it, a fraction of that price; 0 for any price."""
    return 0.0 if limits.entry_price_cap_bps is None else limits.entry_price_cap_bps / _PER_BPS


def dearest_price(reference: Decimal, tick: Decimal, limits: RiskLimits, sign: int = 1) -> Decimal | None:
    """The worst price of an entry, in whole ticks [quote]: the highest of a purchase, the lowest of a short sale (`sign` -1);
    None for any price."""
    if limits.entry_price_cap_bps is None:
        return None
    beyond = Decimal(repr(limits.entry_price_cap_bps)) / _PER_BPS
    if sign < 0:
        return (reference * (1 - beyond) / tick).to_integral_value(ROUND_CEILING) * tick
    return reference * (1 + beyond) // tick * tick


def position_room(entry: Entry) -> float:
    """The largest share of equity that one position may have.

    With `entry_price_cap_bps` it holds at the fill: see `at_dearest`. Equity may have fallen by then, so it is counted as if each
    other position had lost as much as an entry may gain. A short that opens higher than that is larger by as much as it is
    dearer: no limit of an order keeps it from a better price.
    """
    cap = price_cap(entry.limits)
    return at_dearest(entry.limits.max_position_fraction * (1.0 - cap * entry.held), entry)


def deployed_room(entry: Entry) -> float:
    """What all positions together may have, less what they have: see `room_within`."""
    return room_within(entry, entry.limits.max_deployed_fraction)


def room_within(entry: Entry, most: float) -> float:
    """What is left of `most` for all positions together [fraction of equity].

    With `entry_price_cap_bps` it holds at the fill: the entries under way cost what this one costs, and each position may have
    risen as much as an entry. What is short is larger then, and has taken as much from the equity.
    """
    cap = price_cap(entry.limits)
    if not cap:
        return most - entry.deployed
    held = entry.held + most * cap * entry.short
    return at_dearest(most - held - cap * entry.held, entry) - (entry.deployed - entry.held)


def at_dearest(room: float, entry: Entry) -> float:
    """The notional at the last close that costs `room` at the dearest price and with its fee, both fractions of equity."""
    cap = price_cap(entry.limits)
    return room * A_HAIR_LESS / ((1.0 + cap) * (1.0 + entry.fee)) if cap else room


def kelly_room(entry: Entry) -> float:
    """Kelly's notional [fraction of equity]: in risk units with the voters' record (`risk.record.kelly_of_record`), or, under
    `kelly_stake: notional`, as `kelly_notional_fraction` has it."""
    limits, seen = entry.limits, entry.record
    if limits.kelly_stake == "notional":
        return kelly_notional_fraction(entry.conviction, entry.stop, entry.exits, limits, entry.most_probable)
    target = assumed_target(entry.stop, entry.exits, limits, shared=entry.shared)
    whole = kelly_of_record(
        entry.conviction, entry.stop, target, limits.kelly_edge, limits.record_prior,
        seen.cases, seen.wins, seen.gain, seen.loss, entry.most_probable,
    )  # fmt: skip
    return max(0.0, limits.kelly_fraction * whole)


def record_room(limits: RiskLimits, proof: float) -> float:
    """What a record that proves an edge by `proof`, in [0, 1], leaves of the position limit [fraction of equity]."""
    least = limits.max_position_fraction if limits.unproven_fraction is None else limits.unproven_fraction
    return least + max(0.0, limits.max_position_fraction - least) * proof


def unproven_room(entry: Entry) -> float:
    """See `record_room`."""
    limits, seen = entry.limits, entry.record
    proof = proof_of_record(limits.record_prior, limits.proven_at, seen.cases, seen.gain, seen.loss, seen.squares)
    return record_room(limits, proof)


def share_left(wanted: float, multiplier: float) -> float:
    """The share of a full position for which a position stands, in [0, 1], when its voters want `wanted` of it.

    `multiplier`: the policy's, finite and at least 0. Above 1 it only gives back what the court took away, so voters never get
    more than they want.
    """
    return wanted * min(1.0, multiplier)
