"""The gate on one proposal: each check and cap that `risk.limits.catalogue` calls counted, and the sizing of `risk.manager`.

The first check that refuses is named, in the gate's own order. What is allowed becomes an entry that waits for the next bar.
"""

from typing import Any

import numpy as np

from execution.kernel import records as w
from execution.kernel.breakers import fall
from execution.kernel.compiled import compiled
from execution.kernel.exact import (
    Pair,
    add,
    ceil_scaled,
    decimal_of,
    floor_of,
    floor_scaled,
    is_clear,
    over,
    ratio,
    times,
)
from execution.kernel.judging.facts import refresh
from execution.kernel.judging.holdings import (
    cash_of,
    cash_room,
    cluster_room,
    day_volume,
    deployed,
    equity_with,
    held_notional,
    is_weighed,
    margin_room,
    net_of,
    others_open,
    rough_day_volume,
    rows_of,
    sector_room,
    short_notional,
    weight_of,
)
from execution.kernel.judging.pairs import as_bets, correlated
from execution.kernel.judging.rooms import at_dearest, book_room, deployed_room
from execution.kernel.judging.shares import UNCLEAR, lots_of_share, rough_lots_of_share, share_left
from execution.kernel.judging.stress import stressed_room
from execution.kernel.judging.tails import add_up, prepare_tails, room_under_both, tails_hold
from execution.kernel.judging.voters import kelly_room, own_stop_of, record_of, stop_of, unproven_room
from execution.kernel.margined.checks import contract_refused, leverage_room
from execution.kernel.market import count_entry, is_open, is_wide, near_release, show_book
from execution.kernel.records import Both, Floats, Record, Records, Small
from execution.kernel.venue import put
from risk.manager import HALVINGS
from risk.sizing import A_HAIR_LESS


@compiled
def _case_refused(
    bar: Record, say: Record, rule: Record, limits: Record, shut: bool, multiplier: float, price: Pair
) -> int:
    """The checks of the proposal itself, in the gate's order: ALLOWED, or the number of the first rule that refuses."""
    if bar.frozen:
        return w.DATA_QUALITY
    if shut:
        return w.BREAKER
    if say.conviction < limits.min_conviction:
        return w.CONVICTION
    if not say.scale * multiplier > 0.0:
        return w.RULING
    return w.TICK_SIZE if _is_coarse(rule, limits, price) else w.ALLOWED


@compiled
def _is_coarse(rule: Record, limits: Record, price: Pair) -> bool:
    """Whether a tick is too large a part of the price. Floats decide where they can."""
    step = rule.tick[0] / price[0] * 1e4
    if not is_clear(step, limits.max_tick_bps):
        step = ratio((rule.tick[0], rule.tick[1]), price) * 1e4
    return bool(step > limits.max_tick_bps)


@compiled
def _market_refused(
    both: Both,
    bar: Record,
    rule: Record,
    limits: Record,
    account: Record,
    places: Records,
    fact: Record,
    price: Pair,
    s: int,
    volume: float,
) -> int:
    """The checks of market `s` at this moment, in the gate's order.

    `places`, shape (n_symbols,): records of PLACE. `fact`: keeps the figures of the book. `volume`: that of the last 24 hours
    [quote].
    """
    if not volume > 0.0:
        return w.DAY_VOLUME
    if account.entries >= limits.max_entries_per_day:
        return w.ORDER_RATE
    if others_open(places, s) >= limits.max_positions:
        return w.MOST_POSITIONS
    if not is_open(limits, account):
        return w.HOURS
    if near_release(limits, account):
        return w.MACRO_EVENT
    if fact.shown != limits.number + 1:
        show_book(rule, places[s], bar)
        fact.wide = is_wide(places[s], limits.max_spread_bps)
        fact.room = book_room(rule, limits, places[s], price, w.ASKS)
        if both is not None:
            fact.bid_room = book_room(rule, limits, places[s], price, w.BIDS)
        fact.shown = limits.number + 1
    if fact.wide:
        return w.SPREAD
    if account.errors > limits.max_order_errors:
        return w.ERROR_RATE
    return w.ALLOWED


@compiled
def judge(
    both: Both,
    columns: Any,
    now: Records,
    returns: Floats,
    sums: Floats,
    seen: Small,
    origin: int,
    say: Record,
    rules: Records,
    limits: Record,
    points: Floats,
    account: Record,
    places: Records,
    paper: Floats,
    facts: Records,
    pairs: Records,
    t: int,
    s: int,
    shut: bool,
    multiplier: float,
    side: int,
) -> int:
    """Judge a purchase, or on perpetuals a short sale, and send it if it is allowed. Returns ALLOWED, or the number of the rule
    that refused.

    `columns`: those of `show`; `now` (n_symbols,): records of BAR, of bar `t` [quote, base]. `returns`, `sums`, `seen`, each
    of shape (n_symbols, n_bars): simple returns and the sums of the latest `limits.step` of them [fraction], and how many there
    were up to each bar [bars]; without a bar where nobody asks for them. `rules`, `places` (n_symbols,): records of RULE and
    PLACE. `points` (n, 2): calibration [probability]. `paper` (4, window): scratch space [fraction]. `facts` (n_rows, n_symbols):
    records of FACT; `pairs`: see `correlated`. `origin`: bar of the first close; `t`, `s`: bar and symbol; `shut`: whether a
    breaker is tripped. `multiplier`, at least 0: the factor that the policy applies to the size after the court; the caps hold
    for every value of it. `side`: LONG or SHORT.
    """
    rule, price, fact = rules[s], now[s].close, facts[t % len(facts), s]
    free, exact = cash_of(limits, account), decimal_of(price)
    equity = equity_with(both, free, rules, places)
    beyond = say.exit >= price if side > 0 else say.exit <= price
    if not equity[0] > 0.0 or not 0.0 <= multiplier < np.inf or beyond:
        return w.WELL_FORMED
    refused = _case_refused(now[s], say, rule, limits, shut, multiplier, exact)
    if refused != w.ALLOWED:
        return refused
    rows = rows_of(now, seen, origin, limits, places, t, s)
    if rows < limits.least_bars:
        return w.HISTORY
    refresh(fact, t)
    alone, worst = w.YES, 0.0
    for other in range(len(places)):
        if other == s or not is_weighed(now[other], places[other]):
            continue
        moves = returns[other, t - rows + 1 : t + 1]
        if both is None:
            worst = max(worst, correlated(returns, pairs, t, rows, s, other))
        else:
            worst = max(worst, as_bets(returns, pairs, t, rows, s, other, side == places[other].side))
        weight = weight_of(both, rules[other], places[other], equity[0])
        for i in range(rows):
            paper[0, i] = moves[i] * weight + (0.0 if alone else paper[0, i])
        alone = False
    if worst > (
        max(limits.max_correlation, limits.max_twin_correlation) if limits.clusters else limits.max_correlation
    ):
        return w.CORRELATED
    volume = price * now[s].volume  # of this bar alone: enough where it is clear that no more is needed
    if not volume > 0.0:
        volume = rough_day_volume(columns, origin, limits, fact, t, s)
    refused = _market_refused(both, now[s], rule, limits, account, places, fact, exact, s, volume)
    if refused != w.ALLOWED:
        return refused
    shared = not np.isnan(say.exposure)
    stop = own_stop_of(limits, price, say.exit, side) if shared else stop_of(limits, price, say.atr)
    if both is not None:
        deepest = limits.hard_stop if shared else stop
        refused = contract_refused(rule, limits, places[s], equity, exact, now[s].rate, stop, deepest, side)
        if refused != w.ALLOWED:
            return refused
    # On spot, where nothing is short, gross and net leverage are measured on what is deployed.
    record = record_of(account, account.records, say.cast)
    used, held = deployed(rules, places, s) / equity[0], held_notional(rules, places, s) / equity[0]
    net, short, contract = used, 0.0, np.inf
    if both is not None:
        net, short = side * net_of(rules, places, s) / equity[0], short_notional(rules, places, s) / equity[0]
        contract = leverage_room(rule, equity[0])
        if contract < np.inf:
            contract = at_dearest(rule, limits, contract)
        if side < 0:
            record = record_of(account, account.shorts, say.shorts)
    fallen = fall(account.peak, equity[0]) >= limits.half_size_drawdown
    room = min(
        limits.risk_per_trade / stop,
        at_dearest(rule, limits, limits.max_position_fraction * (1.0 - limits.entry_cap * held)),
        deployed_room(rule, limits, used, held, short),
        limits.max_gross_leverage - used,
        limits.max_net_leverage - net,
        contract,
        kelly_room(limits, points, record, say.conviction, stop, shared),
        unproven_room(limits, record),
        np.inf
        if alone or not limits.clusters
        else cluster_room(both, now, returns, pairs, rules, limits, places, t, s, rows, equity[0]),
        limits.max_position_fraction * 0.5 if fallen and not limits.halves else np.inf,
        sector_room(rules, limits, places, s, equity[0]),
    )
    if limits.max_stressed_loss < np.inf:
        room = min(
            room, stressed_room(both, now, returns, rules, limits, places, paper, t, s, rows, equity[0], alone, side)
        )
    if both is None:
        of_order = cash_room(rule, limits, free, places, fact.room) / equity[0]
    else:
        shown = fact.room if side > 0 else fact.bid_room
        of_order = margin_room(rule, limits, account, places, shown) / equity[0]
    wanted = of_order if shared else min(room, of_order)
    if limits.max_volume_share * volume * A_HAIR_LESS / equity[0] < wanted:
        volume = rough_day_volume(columns, origin, limits, fact, t, s)
        if limits.max_volume_share * volume * A_HAIR_LESS / equity[0] < of_order:
            of_order = min(of_order, limits.max_volume_share * day_volume(columns, origin, limits, t, s) / equity[0])
    if not alone:
        add_up(limits, paper[0, :rows], paper[0])
    last = t if limits.tailed else w.NONE
    steps = sums[s, last - (rows // limits.step - 1) * limits.step : last + 1 : limits.step]
    return _size(
        both, rule, limits, account, places[s], paper, steps, fact, alone, equity, exact, multiplier, stop, room, of_order, say,
        fallen, side,
    )  # fmt: skip


@compiled
def _size(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    paper: Floats,
    steps: Floats,
    fact: Record,
    alone: bool,
    equity: Pair,
    price: Pair,
    multiplier: float,
    stop: float,
    room: float,
    of_order: float,
    say: Record,
    fallen: bool,
    side: int,
) -> int:
    """The tightest cap, times what voters and court left, less what is held, down to whole lots; halved until its tail holds."""
    of_order, shared = max(0.0, of_order), not np.isnan(say.exposure)
    part, lot = 0.5 if fallen and limits.halves else 1.0, (rule.lot[0], rule.lot[1])
    if alone and not shared:  # what is too small already has no tail of its own that could be refused before
        lots = _lots(equity, max(0.0, min(room, of_order)), say, multiplier, part, price, lot)
        if _is_small(rule, lots, lot, price, stop if side > 0 else limits.entry_cap):
            return w.MIN_NOTIONAL
    rows, count = len(steps), w.NONE
    if limits.tailed:
        count = prepare_tails(limits, account, paper, steps, fact, alone, side)
        room = room_under_both(limits, account, paper, rows, count, room)
    room = max(0.0, room)
    if shared:
        most = min(room, of_order) if part < 1.0 else room
        lots = rough_lots_of_share(
            rule, place, equity[0], price[0], say.scale * multiplier, say.exposure, most * part, of_order
        )
        if lots == UNCLEAR:
            cap = decimal_of(most)
            lots = lots_of_share(
                rule,
                place,
                equity,
                price,
                _scale(say, multiplier),
                say.exposure,
                (cap[0] * part, cap[1] * part),
                of_order,
            )
        if lots < 0:
            return w.SHARE
        stop = limits.hard_stop
    else:
        lots = _lots(equity, min(room, of_order), say, multiplier, part, price, lot)
    halvings = 0
    while limits.tailed and not tails_hold(
        limits, account, paper, rows, count, ratio(_worth_with(both, place, lots, lot, price), equity)
    ):
        if halvings == HALVINGS:
            return w.TAILS
        halvings += 1
        lots //= 2
    if lots <= 0 or _is_small(rule, lots, lot, price, stop if side > 0 else limits.entry_cap):
        return w.MIN_NOTIONAL
    count_entry(limits, account)
    place.side = side
    place.entry_atr = say.atr
    place.entry_stop = stop
    place.entry_share = share_left(say.exposure, multiplier) if shared else 0.0
    place.entry_exit = 0.0 if np.isnan(say.exit) else say.exit
    place.younger = 1 if place.live else 0
    dearest = w.NOTHING
    if limits.entry_cap and side > 0:
        dearest = floor_scaled(price[0], rule.capped[0], rule.capped[1])
    elif limits.entry_cap:
        dearest = ceil_scaled(price[0], rule.cheapest[0], rule.cheapest[1])
    place.notional[0], place.notional[1] = _notional(lots, lot, price)
    put(both, rule, place, w.BUYING, w.MARKET, w.ENTRY, lots, dearest, w.ALONE)
    return w.ALLOWED


@compiled
def _lots(equity: Pair, room: float, say: Record, multiplier: float, part: float, price: Pair, lot: Pair) -> int:
    """The whole lots that a cap [fraction of equity], times what court and policy left, pays for at a price.

    `part`: 1, or a half, which is exact. Floats decide where they can.
    """
    rough = equity[0] * room * min(say.scale * multiplier, 1.0) * part / (price[0] * lot[0])
    if is_clear(rough, np.rint(rough)):
        return int(np.floor(rough))
    scale = _scale(say, multiplier)
    left = times(times(equity, decimal_of(room)), (scale[0] * part, scale[1] * part))
    return floor_of(over(left, times(price, lot)))


@compiled
def _is_small(rule: Record, lots: int, lot: Pair, price: Pair, stop: float) -> bool:
    """Whether lots are worth less than the venue's minimum once they are sold at the stop."""
    worth, least = lots * lot[0] * price[0], rule.least[0] / (1.0 - stop)
    if is_clear(worth, least):
        return bool(worth < least)
    exact = over((rule.least[0], rule.least[1]), decimal_of(1.0 - stop))
    return bool(add(_notional(lots, lot, price), (-exact[0], -exact[1]))[0] < 0.0)


@compiled
def _notional(lots: int, lot: Pair, price: Pair) -> Pair:
    return times(times((float(lots), 0.0), lot), price)


@compiled
def _worth_with(both: Both, place: Record, lots: int, lot: Pair, price: Pair) -> Pair:
    """What is held is worth with so many more lots [quote]: at its mark where that is above the price."""
    if both is not None and place.held and place.mark > price[0]:
        held = times(times((float(place.held), 0.0), lot), decimal_of(place.mark))
        return add(held, _notional(lots, lot, price))
    return _notional(place.held + lots, lot, price)


@compiled
def _scale(say: Record, multiplier: float) -> Pair:
    """What court and policy make of the tightest cap: never more than all of it."""
    if say.scale * multiplier > 2.0:  # a product of large numbers has no two exact parts
        return 1.0, 0.0
    scale = times(decimal_of(say.scale), decimal_of(multiplier))
    return (1.0, 0.0) if (scale[0] - 1.0) + scale[1] > 0.0 else scale
