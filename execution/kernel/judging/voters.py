"""The records of voters in the fast engine, and what they are worth to the gate: `risk.record` and `agents.memory.voters`."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.records import Floats, Record, Records
from risk.record import HORIZON_BARS, kelly_of_record, outcome_of, own_outcome_of, proof_of_record

_outcome_of, _kelly_of_record = compiled(outcome_of), compiled(kelly_of_record)
_own_outcome_of = compiled(own_outcome_of)
_proof_of_record = compiled(proof_of_record)


@compiled
def stop_of(limits: Record, price: float, atr: float) -> float:
    by_atr = 0.0 if np.isnan(atr) else limits.stop_atr * atr / price
    return float(min(max(limits.stop, by_atr), limits.max_stop))


@compiled
def own_stop_of(limits: Record, price: float, exit_price: float) -> float:
    """See `risk.sizing.own_stop`; NaN for no exit."""
    away = limits.hard_stop if np.isnan(exit_price) else 1.0 - exit_price / price
    return float(min(max(limits.stop, away), limits.hard_stop))


@compiled
def record_of(account: Record, cast: int) -> tuple[float, float, float, float, float]:
    """The records of the voters in `cast`, a bit for each, added up in their order."""
    cases, wins, gain, loss, squares = 0.0, 0.0, 0.0, 0.0, 0.0
    for v in range(account.voters):
        if cast >> v & 1:
            cases += account.records[v, w.CASES]
            wins += account.records[v, w.WINS]
            gain += account.records[v, w.GAIN]
            loss += account.records[v, w.LOSS]
            squares += account.records[v, w.SQUARES]
    return cases, wins, gain, loss, squares


@compiled
def kelly_room(
    limits: Record,
    points: Floats,
    record: tuple[float, float, float, float, float],
    said: float,
    stop: float,
    shared: bool,
) -> float:
    """Kelly's room [fraction of equity]: `risk.sizing.kelly_room`. `points`, shape (n, 2): calibration [probability].

    `stop` [fraction of the price]; `shared`: the voters bring their own exit.
    """
    target = stop if shared and limits.kelly_even else limits.take_profit
    worth = calibrated(points, said) if len(points) else 1.0
    if limits.kelly_risk:
        whole = _kelly_of_record(
            said, stop, target, limits.kelly_edge, limits.record_prior, record[w.CASES], record[w.WINS],
            record[w.GAIN], record[w.LOSS], worth,
        )  # fmt: skip
        return float(max(0.0, limits.kelly_fraction * whole))
    payoff = limits.take_profit / stop
    chance = min(min(1.0, 1.0 / (1.0 + payoff) + limits.kelly_edge * said), worth)
    return float(max(0.0, limits.kelly_fraction * said * (chance - (1.0 - chance) / payoff)))


@compiled
def unproven_room(limits: Record, record: tuple[float, float, float, float, float]) -> float:
    """What voters of this record may have of the position limit, as a fraction of equity; infinite where it is off."""
    if limits.unproven_fraction == np.inf:
        return np.inf
    proof = _proof_of_record(
        limits.record_prior, limits.proven_at, record[w.CASES], record[w.GAIN], record[w.LOSS], record[w.SQUARES]
    )
    if proof >= 1.0:
        return np.inf
    return float(limits.unproven_fraction + max(0.0, limits.max_position_fraction - limits.unproven_fraction) * proof)


@compiled
def calibrated(points: Floats, said: float) -> float:
    """What such convictions have been worth: straight lines between the points, flat beyond the ends.

    `points`, shape (n, 2): calibration [probability].
    """
    last, after = len(points) - 1, 0
    while after <= last and points[after, 0] <= said:
        after += 1
    if after == 0 or after > last:
        return float(points[min(after, last), 1])
    x0, p0, x1, p1 = points[after - 1, 0], points[after - 1, 1], points[after, 0], points[after, 1]
    return float(min(p1, p0 + (p1 - p0) * (said - x0) / (x1 - x0)))


@compiled
def remember(
    now: Records, says: Records, rules: Records, limits: Record, account: Record, places: Records, u: int
) -> None:
    """At the end of a bar: count the followed purchases that it ends, then follow what was voted for (`agents.memory.voters`).

    `now`, shape (n_symbols,): records of BAR [quote]; `says`, shape (n_rows, n_symbols): records of SAY [quote]. `rules`,
    `places`, shape (n_symbols,): records of RULE and PLACE. `u`: the row of the votes of this bar. Records count in R.
    """
    if account.following:
        for s in range(len(places)):
            if now[s].state == w.BELIEVED:
                for v in range(account.voters):
                    if places[s].followed[v, 0] > 0.0:
                        _pass(rules[s], limits, account, places[s], now[s], v)
    for s in range(len(places)):
        say, bar = says[u, s], now[s]
        if (say.cast or say.out) and bar.state == w.BELIEVED:
            for v in range(account.voters):
                if (say.cast | say.out) >> v & 1:
                    _note(limits, account, places[s].followed[v], say, bar, v)


@compiled
def _note(limits: Record, account: Record, followed: Floats, say: Record, bar: Record, v: int) -> None:
    """What a voter has said: a purchase to follow, a nearer exit of one that it holds, or the end of it.

    `followed`, shape (5,): see `records.PLACE` [fraction, quote, bars, quote, state].
    """
    near = 0.0 if np.isnan(say.exit) else say.exit
    if followed[0] > 0.0:
        if followed[4] > 0.0:
            followed[3] = max(followed[3], near)
            if say.out >> v & 1:
                followed[4] = w.LEAVING
        return
    if say.cast >> v & 1:
        shares = bool(say.sharing >> v & 1)
        followed[0] = own_stop_of(limits, bar.close, say.exit) if shares else stop_of(limits, bar.close, say.atr)
        followed[2] = 0.0
        followed[3] = near
        followed[4] = w.HOLDING if shares else 0.0
        account.following += 1


@compiled
def _pass(rule: Record, limits: Record, account: Record, place: Record, bar: Record, v: int) -> None:
    followed = place.followed[v]
    if followed[2] == 0.0:
        followed[1] = bar.open
    followed[2] += 1.0
    if followed[4] > 0.0:
        floor = max(followed[1] * (1.0 - limits.hard_stop), followed[3])
        outcome = _own_outcome_of(
            followed[1], followed[0], floor, rule.fee, bar.open, bar.low, followed[4] == w.LEAVING
        )
    else:
        outcome = _outcome_of(
            followed[1], followed[0], limits.take_profit, rule.fee, bar.open, bar.high, bar.low, bar.close,
            followed[2] >= HORIZON_BARS,
        )  # fmt: skip
    if np.isnan(outcome):
        return
    followed[0] = 0.0
    account.following -= 1
    record = account.records[v]
    record[w.CASES] += 1.0
    record[w.WINS] += 1.0 if outcome > 0.0 else 0.0
    record[w.GAIN] += max(outcome, 0.0)
    record[w.LOSS] += max(-outcome, 0.0)
    record[w.SQUARES] += outcome * outcome
