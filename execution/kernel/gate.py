"""The gate on one proposal: each check and cap that `risk.limits.catalogue` calls counted, and the sizing of `risk.manager`.

The first check that refuses is named, in the gate's own order. What is allowed becomes an entry that waits for the next bar.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.breakers import fall
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, add, decimal_of, floor_of, floor_scaled, over, times
from execution.kernel.market import count_entry, is_open, lots_within, show_book, spread_bps
from execution.kernel.records import Floats, Record, Records, Small
from execution.kernel.tails import add_up, correlation, prepare_tails, room_under, tail_at, tails_hold
from execution.kernel.venue import put
from execution.observation import LEAST_BARS, encode, short_over_long
from risk.manager import HALVINGS
from risk.record import HORIZON_BARS, kelly_of_record, outcome_of, proof_of_record
from risk.sizing import A_HAIR_LESS
from risk.window import QUARANTINE_BARS

_encode, _short_over_long = compiled(encode), compiled(short_over_long)
_outcome_of, _kelly_of_record = compiled(outcome_of), compiled(kelly_of_record)
_proof_of_record = compiled(proof_of_record)


@compiled
def _case_refused(bar: Record, say: Record, rule: Record, limits: Record, shut: bool, multiplier: float) -> int:
    """The checks of the proposal itself, in the gate's order: ALLOWED, or the number of the first rule that refuses."""
    if bar.frozen:
        return w.DATA_QUALITY
    if shut:
        return w.BREAKER
    if say.conviction < limits.min_conviction:
        return w.CONVICTION
    if not say.scale * multiplier > 0.0:
        return w.RULING
    if over((rule.tick[0], rule.tick[1]), decimal_of(bar.close))[0] * 1e4 > limits.max_tick_bps:
        return w.TICK_SIZE
    return w.ALLOWED


@compiled
def _market_refused(bar: Record, rule: Record, limits: Record, account: Record, place: Record, volume: float) -> int:
    """The checks of the market at this moment, in the gate's order. `volume`: that of the last 24 hours [quote]."""
    if not volume > 0.0:
        return w.DAY_VOLUME
    if account.entries >= limits.max_entries_per_day:
        return w.ORDER_RATE
    if not is_open(limits, account):
        return w.HOURS
    show_book(rule, place, bar)
    if spread_bps(place) > limits.max_spread_bps:
        return w.SPREAD
    if account.errors > limits.max_order_errors:
        return w.ERROR_RATE
    return w.ALLOWED


@compiled
def judge(
    bars: Records,
    returns: Floats,
    seen: Small,
    origin: int,
    say: Record,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    shut: bool,
    multiplier: float,
) -> int:
    """Judge a purchase and, if it is allowed, send it. Returns ALLOWED, or the number of the rule that refused.

    `bars` (n_bars, n_symbols): records of BAR [quote, base]. `returns`, `seen`, both of shape (n_symbols, n_bars): simple returns
    [fraction], and how many there were up to each bar [bars]. `rules`, `places` (n_symbols,): records of RULE and PLACE.
    `points` (n, 2): calibration [probability]. `paper` (4, window): scratch space [fraction]. `origin`: bar of the first close;
    `t`, `s`: bar and symbol; `shut`: whether a breaker is tripped. `multiplier`, at least 0: the factor that the policy applies
    to the size after the court; the caps hold for every value of it.
    """
    rule, price = rules[s], bars[t, s].close
    equity = _equity(rules, limits, account, places)
    if not equity[0] > 0.0 or not 0.0 <= multiplier < np.inf:
        return w.WELL_FORMED
    refused = _case_refused(bars[t, s], say, rule, limits, shut, multiplier)
    if refused != w.ALLOWED:
        return refused
    rows = _rows(bars, seen, origin, limits, places, t, s)
    if rows < limits.least_bars:
        return w.HISTORY
    own = returns[s, t - rows + 1 : t + 1]
    alone, worst = True, 0.0
    for other in range(len(places)):
        if other == s or not _is_weighed(bars[t, other], places[other]):
            continue
        moves = returns[other, t - rows + 1 : t + 1]
        worst = max(worst, correlation(own, moves))
        weight = _exposed(rules[other], places[other])[0] / equity[0]
        for i in range(rows):
            paper[0, i] = moves[i] * weight + (0.0 if alone else paper[0, i])
        alone = False
    if worst > (
        max(limits.max_correlation, limits.max_twin_correlation) if limits.clusters else limits.max_correlation
    ):
        return w.CORRELATED
    volume = _day_volume(bars, origin, limits, t, s)
    refused = _market_refused(bars[t, s], rule, limits, account, places[s], volume)
    if refused != w.ALLOWED:
        return refused
    stop = _stop(limits, price, say.atr)
    # On spot, where nothing is short, gross and net leverage are measured on what is deployed.
    record = _record_of(account, say.cast)
    used, held = _deployed(rules, places) / equity[0], _held(rules, places) / equity[0]
    scale, fallen = _scale(say, multiplier), fall(account.peak, equity[0]) >= limits.half_size_drawdown
    if fallen and limits.halves:
        scale = (scale[0] * 0.5, scale[1] * 0.5)
    room = min(
        limits.risk_per_trade / stop,
        _at_dearest(rule, limits, limits.max_position_fraction * (1.0 - limits.entry_cap * held)),
        _deployed_room(rule, limits, used, held),
        limits.max_gross_leverage - used,
        limits.max_net_leverage - used,
        _kelly(limits, points, record, say.conviction, stop),
        _unproven(limits, record),
        np.inf
        if alone or not limits.clusters
        else _cluster_room(bars, returns, rules, limits, places, t, s, rows, equity[0]),
        _cash_room(rule, limits, account, places) / equity[0],
        limits.max_position_fraction * 0.5 if fallen and not limits.halves else np.inf,
        limits.max_volume_share * volume / equity[0],
        _sector_room(rules, limits, places, s, equity[0]),
        _book_room(rule, limits, places[s], price) / equity[0],
    )
    return _size(rule, limits, account, places[s], paper, own, alone, equity, price, scale, stop, room)


@compiled
def _size(
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    paper: Floats,
    own: Floats,
    alone: bool,
    equity: Pair,
    close: float,
    scale: Pair,
    stop: float,
    room: float,
) -> int:
    """The tightest cap, times what the court left, down to whole lots; halved until its tail holds."""
    rows, count = len(own) // limits.step, prepare_tails(limits, account, paper, own, alone)
    room = min(room, room_under(limits, account, paper, rows, count, w.VALUE_AT_RISK))
    room = max(0.0, min(room, room_under(limits, account, paper, rows, count, w.SHORTFALL)))
    price, lot = decimal_of(close), (rule.lot[0], rule.lot[1])
    allowed = times(times(equity, decimal_of(room)), scale)
    lots = floor_of(over(allowed, times(price, lot)))
    notional = times(times((float(lots), 0.0), lot), price)
    for _ in range(HALVINGS):
        if tails_hold(limits, account, paper, rows, count, over(notional, equity)[0]):
            break
        lots //= 2
        notional = times(times((float(lots), 0.0), lot), price)
    if not tails_hold(limits, account, paper, rows, count, over(notional, equity)[0]):
        return w.TAILS
    least = over((rule.least[0], rule.least[1]), decimal_of(1.0 - stop))
    if lots <= 0 or add(notional, (-least[0], -least[1]))[0] < 0.0:
        return w.MIN_NOTIONAL
    count_entry(limits, account)
    place.entry_stop = stop
    dearest = floor_scaled(close, rule.capped[0], rule.capped[1]) if limits.entry_cap else w.NOTHING
    place.notional[0], place.notional[1] = notional
    put(rule, place, w.BUYING, w.MARKET, w.ENTRY, lots, dearest, w.ALONE)
    return w.ALLOWED


@compiled
def _scale(say: Record, multiplier: float) -> Pair:
    """What court and policy make of the tightest cap: never more than all of it."""
    if say.scale * multiplier > 2.0:  # a product of large numbers has no two exact parts
        return 1.0, 0.0
    scale = times(decimal_of(say.scale), decimal_of(multiplier))
    return (1.0, 0.0) if (scale[0] - 1.0) + scale[1] > 0.0 else scale


@compiled
def _cash(limits: Record, account: Record) -> Pair:
    return over((account.cash[0], account.cash[1]), (limits.quote_units, 0.0))


@compiled
def _equity(rules: Records, limits: Record, account: Record, places: Records) -> Pair:
    """Cash and positions at the marks, in quote units."""
    total = _cash(limits, account)
    for s in range(len(places)):
        total = add(total, _worth(rules[s], places[s]))
    return total


@compiled
def _pending(place: Record) -> Pair:
    """What an entry under way has still to buy, in quote units."""
    if place.orders[0, w.KIND] == w.NOTHING:
        return 0.0, 0.0
    share = over((float(place.orders[0, w.LEFT]), 0.0), (float(place.orders[0, w.QUANTITY]), 0.0))
    return times((place.notional[0], place.notional[1]), share)


@compiled
def _at_dearest(rule: Record, limits: Record, room: float) -> float:
    """The notional that costs `room` at the dearest price and with its fee: `risk.sizing.at_dearest`."""
    if not limits.entry_cap:
        return float(room)
    return float(room * A_HAIR_LESS / ((1.0 + limits.entry_cap) * (1.0 + rule.fee)))


@compiled
def _deployed_room(rule: Record, limits: Record, used: float, held: float) -> float:
    """What all positions together leave: `risk.sizing.deployed_room`."""
    if not limits.entry_cap:
        return float(limits.max_deployed_fraction - used)
    return float(
        _at_dearest(rule, limits, limits.max_deployed_fraction - held - limits.entry_cap * held) - (used - held)
    )


@compiled
def _worth(rule: Record, place: Record) -> Pair:
    """What is held of a market, at its mark, in quote units."""
    if not place.held:
        return 0.0, 0.0
    return times(times((float(place.held), 0.0), (rule.lot[0], rule.lot[1])), decimal_of(place.mark))


@compiled
def _exposed(rule: Record, place: Record) -> Pair:
    """Notional held and under way, in quote units."""
    return add(_worth(rule, place), _pending(place))


@compiled
def _deployed(rules: Records, places: Records) -> float:
    total = (0.0, 0.0)
    for s in range(len(places)):
        total = add(total, _exposed(rules[s], places[s]))
    return float(total[0])


@compiled
def _held(rules: Records, places: Records) -> float:
    total = (0.0, 0.0)
    for s in range(len(places)):
        total = add(total, _worth(rules[s], places[s]))
    return float(total[0])


@compiled
def _sector_room(rules: Records, limits: Record, places: Records, own: int, equity: float) -> float:
    """What a market's sector leaves, as a fraction of equity; a market of no sector is not capped by one."""
    if rules[own].sector < 0:
        return np.inf
    used = (0.0, 0.0)
    for s in range(len(places)):
        if rules[s].sector == rules[own].sector:
            used = add(used, _exposed(rules[s], places[s]))
    return float(limits.max_sector_fraction - used[0] / equity)


@compiled
def _book_room(rule: Record, limits: Record, place: Record, price: float) -> float:
    """What the book gives near its middle, in quote units at the last close."""
    size = times(lots_within(rule, limits, place), (rule.lot[0], rule.lot[1]))
    return float(times(size, decimal_of(price))[0] * A_HAIR_LESS)


@compiled
def _is_weighed(bar: Record, place: Record) -> bool:
    """Whether a symbol is in the book, and not in quarantine."""
    return bool((place.held > 0 or place.orders[0, w.KIND] != w.NOTHING) and bar.stale < QUARANTINE_BARS)


@compiled
def _rows(bars: Records, seen: Small, origin: int, limits: Record, places: Records, t: int, own: int) -> int:
    """Latest bars on which all these symbols have been observed long enough."""
    count = min(t - origin, limits.window)
    rows = count
    for s in range(len(places)):
        if s == own or _is_weighed(bars[t, s], places[s]):
            rows = min(rows, seen[s, t] - seen[s, t - count])
    return int(rows)


@compiled
def _day_volume(bars: Records, origin: int, limits: Record, t: int, s: int) -> float:
    """Traded in the last 24 hours in believed bars, in quote units: `risk.volumes`."""
    total = 0.0
    for i in range(max(origin, t + 1 - limits.day_bars), t + 1):
        if bars[i, s].state == w.BELIEVED:
            total += bars[i, s].close * bars[i, s].volume
    return float(total)


@compiled
def _stop(limits: Record, price: float, atr: float) -> float:
    by_atr = 0.0 if np.isnan(atr) else limits.stop_atr * atr / price
    return float(min(max(limits.stop, by_atr), limits.max_stop))


@compiled
def _record_of(account: Record, cast: int) -> tuple[float, float, float, float, float]:
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
def _kelly(
    limits: Record, points: Floats, record: tuple[float, float, float, float, float], said: float, stop: float
) -> float:
    worth = _calibrated(points, said) if len(points) else 1.0
    if limits.kelly_risk:
        whole = _kelly_of_record(
            said, stop, limits.take_profit, limits.kelly_edge, limits.record_prior, record[w.CASES], record[w.WINS],
            record[w.GAIN], record[w.LOSS], worth,
        )  # fmt: skip
        return float(max(0.0, limits.kelly_fraction * whole))
    payoff = limits.take_profit / stop
    chance = min(min(1.0, 1.0 / (1.0 + payoff) + limits.kelly_edge * said), worth)
    return float(max(0.0, limits.kelly_fraction * said * (chance - (1.0 - chance) / payoff)))


@compiled
def _unproven(limits: Record, record: tuple[float, float, float, float, float]) -> float:
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
def _cluster_room(
    bars: Records,
    returns: Floats,
    rules: Records,
    limits: Record,
    places: Records,
    t: int,
    s: int,
    rows: int,
    equity: float,
) -> float:
    """What the cluster of a market leaves, as a fraction of equity; infinite where nothing that is held moves with it."""
    count = len(places)
    reached, front = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
    reached[s], front[0], waiting, found, used = True, s, 1, False, (0.0, 0.0)
    while waiting:
        waiting -= 1
        here = returns[front[waiting], t - rows + 1 : t + 1]
        for other in range(count):
            if reached[other] or not _is_weighed(bars[t, other], places[other]):
                continue
            if correlation(here, returns[other, t - rows + 1 : t + 1]) > limits.max_correlation:
                reached[other] = found = True
                front[waiting] = other
                waiting += 1
    for other in range(count):
        if reached[other] and other != s:
            used = add(used, _exposed(rules[other], places[other]))
    return float(limits.max_cluster_fraction - used[0] / equity) if found else np.inf


@compiled
def remember(
    bars: Records, says: Records, rules: Records, limits: Record, account: Record, places: Records, t: int, u: int
) -> None:
    """At the end of a bar: count the followed purchases that it ends, then follow what was voted for (`agents.memory.voters`).

    `bars`, shape (n_bars, n_symbols): records of BAR [quote]; `says`, shape (n_rows, n_symbols): records of SAY [quote]. `rules`,
    `places`, shape (n_symbols,): records of RULE and PLACE. `t`: the bar, `u`: the row of its votes. Records count in R.
    """
    if account.following:
        for s in range(len(places)):
            if bars[t, s].state == w.BELIEVED:
                for v in range(account.voters):
                    if places[s].followed[v, 0] > 0.0:
                        _pass(rules[s], limits, account, places[s], bars[t, s], v)
    for s in range(len(places)):
        cast, bar = says[u, s].cast, bars[t, s]
        if cast and bar.state == w.BELIEVED:
            for v in range(account.voters):
                if cast >> v & 1 and places[s].followed[v, 0] == 0.0:
                    places[s].followed[v, 0] = _stop(limits, bar.close, says[u, s].atr)
                    places[s].followed[v, 2] = 0.0
                    account.following += 1


@compiled
def _pass(rule: Record, limits: Record, account: Record, place: Record, bar: Record, v: int) -> None:
    followed = place.followed[v]
    if followed[2] == 0.0:
        followed[1] = bar.open
    followed[2] += 1.0
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


@compiled
def _calibrated(points: Floats, said: float) -> float:
    """What such convictions have been worth: straight lines between the points, flat beyond the ends."""
    last, after = len(points) - 1, 0
    while after <= last and points[after, 0] <= said:
        after += 1
    if after == 0 or after > last:
        return float(points[min(after, last), 1])
    x0, p0, x1, p1 = points[after - 1, 0], points[after - 1, 1], points[after, 0], points[after, 1]
    return float(min(p1, p0 + (p1 - p0) * (said - x0) / (x1 - x0)))


@compiled
def _cash_room(rule: Record, limits: Record, account: Record, places: Records) -> float:
    """What the cash pays for with its fee, at the dearest price or with one percent to spare, in quote units."""
    free, coming = _cash(limits, account), (0.0, 0.0)
    for s in range(len(places)):
        coming = add(coming, _pending(places[s]))
    if limits.entry_cap:
        dearest = times((rule.with_fee[0], rule.with_fee[1]), (limits.capped[0], limits.capped[1]))
        return float(add(over(free, dearest), (-coming[0], -coming[1]))[0] * A_HAIR_LESS)
    room = add(free, (-coming[0], -coming[1]))
    spare = over(times(room, (99.0, 0.0)), times((rule.with_fee[0], rule.with_fee[1]), (100.0, 0.0)))
    return float(spare[0])


@compiled
def see(
    bars: Records,
    returns: Floats,
    seen: Small,
    origin: int,
    step_us: int,
    direction: float,
    conviction: float,
    scale: float,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    row: Floats,
) -> None:
    """Write what a policy sees of a market at this close into `row`, from the gate's own figures (`execution.observation`).

    `row`, shape (len(COLUMNS),): units as in `rl.observation.Observation` [fraction, days, count], NaN where something is
    missing. `direction`, `conviction` and `scale` belong to the proposal. All other arguments are those of `judge`, and nothing
    else is changed but `paper`.
    """
    equity = _equity(rules, limits, account, places)[0]
    rows = _rows(bars, seen, origin, limits, places, t, s)
    own, worst, value, loss = returns[s, t - rows + 1 : t + 1], np.nan, np.nan, np.nan
    if rows >= LEAST_BARS and equity > 0.0:
        worst, value, loss = _book_risk(bars, returns, rules, limits, account, places, paper, t, s, rows, equity)
    place = places[s]
    _encode(
        row,
        direction,
        conviction,
        _calibrated(points, conviction) if len(points) and not np.isnan(conviction) else np.nan,
        scale,
        _exposed(rules[s], place)[0],
        float((t - place.opened + 1) * step_us) if place.held else 0.0,
        _deployed(rules, places),
        equity,
        account.peak,
        value / limits.max_var_1d,
        loss / limits.max_es_1d,
        _short_over_long(own),
        worst,
        float(account.entries),
    )


@compiled
def _book_risk(
    bars: Records,
    returns: Floats,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    paper: Floats,
    t: int,
    s: int,
    rows: int,
    equity: float,
) -> tuple[float, float, float]:
    """The worst correlation of a market with the book, and the book's one-day VaR and ES as it is, NaN from too few bars."""
    own, worst, empty = returns[s, t - rows + 1 : t + 1], 0.0, True
    paper[0, :rows] = 0.0
    paper[1, :rows] = 0.0
    for other in range(len(places)):
        if other != s and not _is_weighed(bars[t, other], places[other]):
            continue
        weight = _exposed(rules[other], places[other])[0] / equity
        empty = empty and weight == 0.0
        moves = returns[other, t - rows + 1 : t + 1]
        if other != s:
            worst = max(worst, correlation(own, moves))
        for i in range(rows):
            paper[0, i] += moves[i] * weight
    if rows < limits.least_bars:
        return worst, np.nan, np.nan
    if empty:
        return worst, 0.0, 0.0
    steps = add_up(limits, paper[0, :rows], paper[0])
    value = tail_at(limits, account, paper, steps, steps, 0.0, w.VALUE_AT_RISK)
    return worst, value, tail_at(limits, account, paper, steps, steps, 0.0, w.SHORTFALL)
