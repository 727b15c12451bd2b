"""What can never happen, rule by rule. Each rule is a small pure function from the facts to a report.

A check refuses or passes; a cap says how much notional it leaves. The gate refuses when any check refuses, and otherwise
takes the tightest cap: adding a rule can only ever make an order smaller. Nothing here reads a model, a clock, a network.
"""

from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import NamedTuple

import numpy as np

from risk.calibration import Worth
from risk.facts import Facts, cap, check, no_cap, weights
from risk.limits.share import shares_well_formed
from risk.measures.horizon import DayTail, day_es, day_var, one_day_es, one_day_var
from risk.measures.largest import largest_within
from risk.proposal import MOST_ADJUSTED, Direction
from risk.record import VotersRecord, proof_of_record
from risk.sizing import (
    A_HAIR_LESS,
    Entry,
    deployed_room,
    kelly_room,
    position_room,
    record_room,
    risk_per_trade_room,
)
from risk.verdict import Reaction, RuleCode, RuleReport

_REACTIONS = {"drawdown": Reaction.HALT, "weekly_loss": Reaction.CLOSE_ONLY, "daily_loss": Reaction.CLOSE_ONLY}


def kill_switch(facts: Facts) -> RuleReport:
    """No new risk while a human has halted trading."""
    return kill_switch_report(facts.halted) if facts.halted else check("kill_switch", True)


def kill_switch_report(why: str) -> RuleReport:
    """What the gate says while the kill switch is down."""
    return RuleReport(code="kill_switch", number=None, limit=None, unit="", reaction=Reaction.HALT, note=why)


def data_quality(facts: Facts) -> RuleReport:
    """No new risk on a symbol whose data is stale or broken."""
    return check("data_quality", facts.frozen is None, note=facts.frozen or "")


def breaker_latch(facts: Facts) -> RuleReport:
    """No new risk while any breaker is tripped, but for one that pauses the other side alone."""
    latch = facts.breakers.open_on(facts.proposal.symbol, "short" if facts.sign < 0 else "long")
    if latch is None:
        return check("breaker", True)
    reaction = _REACTIONS.get(latch.breaker, Reaction.REFUSE)
    return RuleReport(
        code="breaker", number=None, limit=None, unit="", reaction=reaction, note=f"{latch.breaker}: {latch.why}"
    )


def well_formed(facts: Facts) -> RuleReport:
    """Numbers are finite and in their ranges, and the equity they are measured against is positive."""
    given = facts.proposal
    believed = () if given.argument is None else (given.argument.belief,)
    units = (given.conviction, given.ruling_scale, *believed)
    sound = (
        all(isfinite(value) and 0.0 <= value <= 1.0 for value in units)
        and isfinite(given.adjust_scale)
        and 0.0 <= given.adjust_scale <= MOST_ADJUSTED
        and given.reference_price.is_finite()
        and given.reference_price > 0
        and facts.portfolio.equity > 0
        and isfinite(facts.stop)
        and 0.0 < facts.stop < 1.0
        and shares_well_formed(given, facts.sign)
    )
    return check("well_formed", sound, note="" if sound else "a number is missing, not finite or out of range")


def direction(facts: Facts) -> RuleReport:
    """Spot is long or flat: nothing but a long opens a position. On perpetuals a short does too."""
    wanted = facts.proposal.direction
    opens = wanted is Direction.LONG or (wanted is Direction.SHORT and facts.instrument.may_be_short)
    return check("direction", opens, note="" if opens else f"{wanted} on {facts.instrument.kind}")


def one_position(facts: Facts) -> RuleReport:
    """A position, or an entry under way, is not added to, unless its voters want more of what is held; and never turned round:
    what is held the other way is closed first."""
    symbol = facts.proposal.symbol
    position = facts.portfolio.position(symbol)
    if position is not None and facts.proposal.enlarges and position.is_short is not (facts.sign < 0):
        return check("one_position", False, note="held the other way")
    held = position is not None and not facts.proposal.enlarges
    held = held or facts.portfolio.pending_notional.get(symbol, 0) != 0
    return check("one_position", not held, note="already held or under way" if held else "")


def conviction(facts: Facts) -> RuleReport:
    """A weak case is not traded."""
    number, limit = facts.proposal.conviction, facts.limits.min_conviction
    return check("min_conviction", number >= limit, number, limit, "0..1")


def ruling(facts: Facts) -> RuleReport:
    """What the court rejected, or the policy took to nothing, is not traded."""
    scale = facts.proposal.ruling_scale * facts.proposal.adjust_scale
    return check("ruling", scale > 0.0, scale, 0.0, "scale")


def tick_size(facts: Facts) -> RuleReport:
    """Where the venue's smallest price step is coarse against the price, neither a stop nor a fill means what it says."""
    number = float(facts.instrument.tick_size / facts.proposal.reference_price) * 1e4
    return check(
        "tick_size", number <= facts.limits.max_tick_bps, number, facts.limits.max_tick_bps, "bps of the price"
    )


def risk_history(facts: Facts) -> RuleReport:
    """Without enough returns, VaR is a guess: no new risk."""
    number = facts.returns.shape[0]
    limit = facts.horizon.least_bars
    sound = number >= limit and bool(np.isfinite(facts.returns).all())
    return check("risk_history", sound, float(number), float(limit), "bars")


def risk_per_trade(facts: Facts) -> RuleReport:
    """The loss at the stop stays within `risk_per_trade` of equity."""
    return cap(facts, "risk_per_trade", risk_per_trade_room(entry_of(facts)))


def position_size(facts: Facts) -> RuleReport:
    """One position stays within its share of equity."""
    return cap(facts, "position", position_room(entry_of(facts)))


def deployed(facts: Facts) -> RuleReport:
    """All positions together stay within theirs."""
    return cap(facts, "deployed", deployed_room(entry_of(facts)))


def kelly(facts: Facts) -> RuleReport:
    """Half-Kelly, scaled by conviction, and by what voters' and analyst's words have been worth where that is known."""
    given, known = facts.proposal, facts.calibration
    short = given.direction is Direction.SHORT
    worth = Worth(1.0, "") if known is None else known.worth(given.conviction, given.argument, short=short)
    room = kelly_room(entry_of(facts)._replace(most_probable=worth.probability))
    if facts.limits.kelly_stake == "notional":
        return cap(facts, "kelly", room, note=worth.note)
    if room >= facts.limits.max_position_fraction:
        return no_cap("kelly", note=worth.note or _told(given.record))
    return cap(facts, "kelly", room, note="; ".join(filter(None, (worth.note, _told(given.record)))))


def record(facts: Facts) -> RuleReport:
    """From `unproven_fraction` up to the position limit, as far as the voters' record proves an edge."""
    limits, seen = facts.limits, facts.proposal.record
    if limits.unproven_fraction is None:
        return no_cap("record", note="no limit is set")
    proof = proof_of_record(limits.record_prior, limits.proven_at, seen.cases, seen.gain, seen.loss, seen.squares)
    if proof >= 1.0 or limits.unproven_fraction >= limits.max_position_fraction:
        return no_cap("record", number=proof, note=_told(seen))
    return cap(facts, "record", record_room(limits, proof), note=_told(seen))


def _told(seen: VotersRecord) -> str:
    """A record in words."""
    if not seen.cases:
        return "no case of these voters has closed yet"
    mean = (seen.gain - seen.loss) / seen.cases
    return f"of {seen.cases} closed cases {seen.wins / seen.cases:.0%} won, {mean:+.2f} times the loss at the stop on average"


def cash(facts: Facts) -> RuleReport:
    """Spot is paid for, with its fee, at the dearest price of the entry; without such a price one percent is to spare. Of
    several exchanges one alone must pay. Of a perpetual the margin and the fee are paid, out of what no position has reserved:
    those of a short at the price that is as far above as its lowest one is below, since the margin rises with the price."""
    if facts.perpetual and (facts.leverage is None or facts.portfolio.reserved is None):
        return cap(facts, "cash", 0.0, note="the margin of the account is not known")
    coming = sum((abs(value) for value in facts.portfolio.pending_notional.values()), Decimal(0))
    free, reserved = facts.portfolio.cash, facts.portfolio.reserved
    free = free if reserved is None else free - reserved
    whole = _affordable(facts, free, coming)
    room = whole if facts.most_free is None else min(whole, _affordable(facts, facts.most_free, Decimal(0)))
    return cap(facts, "cash", room / facts.equity)


def _affordable(facts: Facts, free: Decimal, coming: Decimal) -> float:
    """What this money pays for beside what is coming [quote]."""
    fee = facts.instrument.taker_fee_bps / Decimal(10_000)
    margin = 1 if facts.leverage is None else 1 / facts.leverage
    if facts.limits.entry_price_cap_bps is None:
        return float((free - coming * margin) / (margin + fee) * Decimal("0.99"))
    dearest = 1 + Decimal(repr(facts.limits.entry_price_cap_bps)) / Decimal(10_000)
    return float(free / (margin + fee) / dearest - coming) * A_HAIR_LESS


def value_at_risk(facts: Facts) -> RuleReport:
    """One-day portfolio VaR: the estimator of `var_method` on the returns that the weights would have had, step by step, scaled
    by the square root of time."""
    return _tail_cap(facts, "var_1d", day_var(facts.limits, facts.horizon), facts.limits.max_var_1d)


def expected_shortfall(facts: Facts) -> RuleReport:
    """One-day portfolio expected shortfall, likewise."""
    return _tail_cap(facts, "es_1d", day_es(facts.limits, facts.horizon), facts.limits.max_es_1d)


def tails_hold(facts: Facts, fraction: float) -> RuleReport:
    """Whether VaR and ES hold with exactly `fraction` of equity added on the side of the proposal. Caps are found apart from
    each other, and a historical tail is not monotone in the size: what is signed is measured once more, as it is."""
    series = facts.horizon.steps(facts.returns) @ weights(facts, fraction)
    value, shortfall = (measure(series, facts.limits, facts.horizon) for measure in (one_day_var, one_day_es))
    worst = max(value / facts.limits.max_var_1d, shortfall / facts.limits.max_es_1d)
    return check("tail_check", worst <= 1.0, worst, 1.0, "of the VaR or ES limit")


class _Asked(NamedTuple):
    """How much of a market may be added to a book before a tail of it reaches its limit.

    `steps`: returns of the markets, and `held`: signed shares of equity of them, as bytes of float64; `by_columns`: how the steps
    lie in memory, on which the last digit of a sum depends; `own`: the place of the market to be added, and `sign`: its side;
    `top`: the most that is looked for [share of equity].
    """

    tail: DayTail
    limit: float
    top: float
    own: int
    steps: bytes
    by_columns: bool
    held: bytes
    sign: int


def _tail_cap(facts: Facts, code: RuleCode, tail: DayTail, limit: float) -> RuleReport:
    """The largest addition, up to the position limit, that keeps the one-day tail measure within its limit.

    By bisection; what comes out has been measured itself and is within the limit, or is nothing. A hedge lowers the measure
    first; where a whole position keeps it, the other caps alone bound it.
    """
    steps, own = tail.horizon.steps(facts.returns), facts.symbols.index(facts.proposal.symbol)
    top, held = facts.limits.max_position_fraction, weights(facts)
    by_columns = steps.strides[0] < steps.strides[1]
    at_top, room = _room(_Asked(tail, limit, top, own, steps.tobytes(), by_columns, held.tobytes(), facts.sign))
    if room is None:
        return no_cap(code, number=at_top, limit=limit)
    return cap(facts, code, room, number=at_top, limit=limit)


@lru_cache(maxsize=64)
def _room(asked: _Asked) -> tuple[float, float | None]:
    """The tail with the most that is looked for, and the largest addition within the limit; None where that is the most.

    It is kept, because the gate asks the same before and after a hearing.
    """
    held = np.frombuffer(asked.held)
    steps = np.frombuffer(asked.steps).reshape(-1, len(held))
    steps = np.asfortranarray(steps) if asked.by_columns else steps

    def measure(sizes: list[float]) -> list[float]:
        rows = np.empty((len(sizes), len(steps)))
        for row, extra in zip(rows, sizes, strict=True):
            exposure = held.copy()
            exposure[asked.own] += asked.sign * extra
            row[:] = steps @ exposure
        return asked.tail.of(rows)

    at_top = measure([asked.top])[0]
    if at_top <= asked.limit:
        return at_top, None
    return at_top, largest_within(measure, asked.limit, asked.top, at_top)


def entry_of(facts: Facts) -> Entry:
    """What sizing asks of a proposal on its book."""
    positions = facts.portfolio.positions
    held = float(sum((abs(one.notional) for one in positions), Decimal(0))) / facts.equity
    short = float(sum((abs(one.notional) for one in positions if one.is_short), Decimal(0))) / facts.equity
    return Entry(
        facts.proposal.conviction,
        facts.stop,
        float(facts.portfolio.deployed) / facts.equity,
        facts.limits,
        facts.exits,
        held=held,
        fee=float(facts.instrument.taker_fee_bps) / 10_000,
        record=facts.proposal.record,
        shared=facts.proposal.exposure is not None,
        short=short,
    )
