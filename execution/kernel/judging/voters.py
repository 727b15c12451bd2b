"""The records of voters in the fast engine, and what they are worth to the gate: `risk.record` and `agents.memory.voters`."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.records import Both, Floats, Record, Records
from risk.record import HORIZON_BARS, kelly_of_record, outcome_of, own_outcome_of, proof_of_record

_outcome_of, _kelly_of_record = compiled(outcome_of), compiled(kelly_of_record)
_own_outcome_of = compiled(own_outcome_of)
_proof_of_record = compiled(proof_of_record)


@compiled
def stop_of(limits: Record, price: float, atr: float) -> float:
    by_atr = 0.0 if np.isnan(atr) else limits.stop_atr * atr / price
    return float(min(max(limits.stop, by_atr), limits.max_stop))


@compiled
def own_stop_of(limits: Record, price: float, exit_price: float, side: int) -> float:
    """See `risk.sizing.own_stop`; NaN for no exit. `side`: LONG or SHORT."""
    away = limits.hard_stop if np.isnan(exit_price) else side * (1.0 - exit_price / price)
    return float(min(max(limits.stop, away), limits.hard_stop))


@compiled
def record_of(account: Record, table: Floats, cast: int) -> tuple[float, float, float, float, float]:
    """The records of the voters in `cast`, a bit for each, added up in their order. `table`, shape (MOST_VOTERS, 5): those of
    purchases, or of short sales [cases, cases, R, R, R^2]."""
    cases, wins, gain, loss, squares = 0.0, 0.0, 0.0, 0.0, 0.0
    for v in range(account.voters):
        if cast >> v & 1:
            cases += table[v, w.CASES]
            wins += table[v, w.WINS]
            gain += table[v, w.GAIN]
            loss += table[v, w.LOSS]
            squares += table[v, w.SQUARES]
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
    both: Both, now: Records, says: Records, rules: Records, limits: Record, account: Record, places: Records, u: int
) -> None:
    """At the end of a bar: count the followed purchases that it ends, then follow what was voted for (`agents.memory.voters`). A
    short sale is followed as the purchase in the mirror of its entry.

    `now`, shape (n_symbols,): records of BAR [quote]; `says`, shape (n_rows, n_symbols): records of SAY [quote]. `rules`,
    `places`, shape (n_symbols,): records of RULE and PLACE. `u`: the row of the votes of this bar. Records count in R.
    """
    if account.following:
        for s in range(len(places)):
            if now[s].state == w.BELIEVED:
                for v in range(account.voters):
                    if places[s].followed[v, 0] > 0.0:
                        _pass(both, rules[s], limits, account, places[s], now[s], v)
    for s in range(len(places)):
        say, bar = says[u, s], now[s]
        if (say.cast or say.out) and bar.state == w.BELIEVED:
            for v in range(account.voters):
                if (say.cast | say.out) >> v & 1:
                    if both is None:
                        _note(limits, account, places[s].followed[v], say, bar, v)
                    else:
                        _note_both(limits, account, places[s], say, bar, v)


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
        followed[0] = (
            own_stop_of(limits, bar.close, say.exit, w.LONG) if shares else stop_of(limits, bar.close, say.atr)
        )
        followed[2] = 0.0
        followed[3] = near
        followed[4] = w.HOLDING if shares else 0.0
        account.following += 1


@compiled
def _note_both(limits: Record, account: Record, place: Record, say: Record, bar: Record, v: int) -> None:
    """The same where it may have said a short sale."""
    followed, short = place.followed[v], (say.shorts >> v & 1) == 1
    of_short = (say.short & w.OPENS) > 0 and say.direction < 0
    near = 0.0 if np.isnan(say.exit) else say.exit
    if followed[0] > 0.0:
        if followed[4] > 0.0:
            mirrored = place.mirrored[v] == 1
            behind = short if mirrored else (say.cast >> v & 1) == 1
            if near > 0.0 and of_short == mirrored:
                known = followed[3] if followed[3] > 0.0 else near
                followed[3] = min(known, near) if mirrored else max(known, near)
            if not behind:
                followed[4] = w.LEAVING
        return
    if short or (say.cast >> v & 1):
        shares = bool(say.sharing >> v & 1)
        exit_price = say.exit if of_short == short else np.nan
        side = w.SHORT if short else w.LONG
        followed[0] = (
            own_stop_of(limits, bar.close, exit_price, side) if shares else stop_of(limits, bar.close, say.atr)
        )
        followed[2] = 0.0
        followed[3] = 0.0 if np.isnan(exit_price) else exit_price
        followed[4] = w.HOLDING if shares else 0.0
        place.mirrored[v] = 1 if short else 0
        account.following += 1


@compiled
def mirrored_at(both: Both, place: Record, v: int, price: float) -> float:
    """A price as that of a purchase: of a short sale that is followed, the one as far on the other side of its entry [quote]."""
    if both is None:
        return price
    return float(2.0 * place.followed[v, 1] - price if place.mirrored[v] else price)


@compiled
def floor_of_followed(both: Both, limits: Record, place: Record, v: int) -> float:
    """The stop of a followed purchase whose voter brings its own exit, in the mirror for a short sale [quote]."""
    followed = place.followed[v]
    hard = followed[1] * (1.0 - limits.hard_stop)
    if both is None:
        return float(max(hard, followed[3]))
    return float(max(hard, mirrored_at(both, place, v, followed[3])) if followed[3] > 0.0 else hard)


@compiled
def _pass(both: Both, rule: Record, limits: Record, account: Record, place: Record, bar: Record, v: int) -> None:
    followed = place.followed[v]
    if followed[2] == 0.0:
        followed[1] = bar.open
    followed[2] += 1.0
    high, low, begin, end = bar.high, bar.low, bar.open, bar.close
    if both is not None and place.mirrored[v]:
        high, low = mirrored_at(both, place, v, bar.low), mirrored_at(both, place, v, bar.high)
        begin, end = mirrored_at(both, place, v, bar.open), mirrored_at(both, place, v, bar.close)
    if followed[4] > 0.0:
        floor = floor_of_followed(both, limits, place, v)
        outcome = _own_outcome_of(followed[1], followed[0], floor, rule.fee, begin, low, followed[4] == w.LEAVING)
    else:
        outcome = _outcome_of(
            followed[1], followed[0], limits.take_profit, rule.fee, begin, high, low, end, followed[2] >= HORIZON_BARS,
        )  # fmt: skip
    if np.isnan(outcome):
        return
    followed[0] = 0.0
    account.following -= 1
    record = account.records[v]
    if both is not None and place.mirrored[v]:
        record = account.shorts[v]
    record[w.CASES] += 1.0
    record[w.WINS] += 1.0 if outcome > 0.0 else 0.0
    record[w.GAIN] += max(outcome, 0.0)
    record[w.LOSS] += max(-outcome, 0.0)
    record[w.SQUARES] += outcome * outcome
