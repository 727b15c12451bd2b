"""Bars on which nothing can happen are lived through in one sweep, and only what they change is written: marks, peak, equity.

A bar is calm if nothing is said at its close, it reaches no order and no barrier of a followed purchase, it lies in the same
day as the one before, lifts no breaker, trips none, and ends the day of no counted entry. What is in doubt is not calm: the loop
takes it in full. Most bars of most tapes are calm, so their cost is that of a run.

`PLACE.below` and `above` [quote]: prices that a calm bar does not reach; `coins` [base]: what is held, below zero for a short;
`passed` [bars]: believed bars of the sweep. On perpetuals `mark_below` and `mark_above` are the same for mark prices, and a bar
at whose open funding is due is not calm while anything is held.
"""

from typing import Any

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.judging.voters import floor_of_followed, mirrored_at
from execution.kernel.margined.isolated import liquidation_of
from execution.kernel.margined.sides import side_of
from execution.kernel.market import forget
from execution.kernel.protection import is_nearer, trailing_ticks
from execution.kernel.records import Both, Flags, Floats, Record, Records, Small
from risk.record import HORIZON_BARS

_MARGIN = 1e-9
"""How near a border counts as reached, as a share of it: more than rounding can move."""


@compiled
def skip(
    both: Both,
    lane: Record,
    columns: Any,
    more: Any,
    heard: Small,
    rules: Records,
    limits: Record,
    account: Record,
    places: Records,
    equity: Floats,
    t: int,
    last: int,
) -> int:
    """Live through the calm bars from `t` on, at which nothing is said, before `last`. Returns the first that is not one of them.

    `columns`: those of `show` [quote, base]; `more`: None on spot (`execution.kernel.lanes.tape`). `heard`, shape (n_rows,):
    the row of the votes of each bar, 0 where nothing is said. `rules`, `places`, shape (n_symbols,): records of RULE and PLACE.
    `equity`, shape (n_bars,) [quote]: of the lane's stretch.
    """
    for s in range(len(places)):
        if not _watch(both, rules[s], limits, places[s]):
            return t
    end = min(last, _quiet_until(lane, account))
    if account.following:
        end = min(end, _follow(both, limits, account, places, t))
    if limits.expires:
        for s in range(len(places)):
            if places[s].held:
                end = min(end, places[s].due)
    brake = limits.fall_sigma if limits.by_symbol else limits.turbulence_sigma
    if end <= t or not brake > 0.0:
        return t
    brake -= brake * _MARGIN
    begun, least = t, _least_of_the_week(limits, account)
    if both is not None:
        t = _drift(
            more, columns[0], columns[1], columns[3], heard, lane.said, limits, account, places, equity, lane.first, brake, least,
            t, end,
        )  # fmt: skip
    elif len(places) == 1:
        t = _glide(
            columns[0], columns[1], columns[3], heard, lane.said, limits, account, places[0], equity, lane.first, brake, least,
            t, end,
        )  # fmt: skip
    else:
        t = _sweep(
            columns[0], columns[1], columns[3], heard, lane.said, limits, account, places, equity, lane.first, brake, least, t,
            end,
        )  # fmt: skip
    if t > begun:
        account.bar = t - 1
        account.now_us = lane.begin_us + t * lane.step_us
        if account.following:
            _pass(account, places)
    return t


@compiled
def _sweep(
    prices: Floats,
    state: Flags,
    sigma: Floats,
    heard: Small,
    said: int,
    limits: Record,
    account: Record,
    places: Records,
    equity: Floats,
    first: int,
    brake: float,
    least: float,
    t: int,
    end: int,
) -> int:
    """The sweep itself, up to bar `end` at most. `prices`, `state`, `sigma`: see `show`; `equity`: of the stretch from `first`.

    `brake`: the move that is not calm [standard deviations]; `least`: the equity that is none [quote].
    """
    peak, braked, slot = account.peak, len(sigma) > 0, t % limits.day_bars
    floor, counted = max(least, _least_of_all(limits, account, peak)), account.entries > 0 or account.errors > 0
    while t < end and not heard[t + said]:
        worth, calm = account.cash_quote, True
        for s in range(len(places)):
            known, place = state[t, s], places[s]
            if known != w.ABSENT:
                calm &= prices[w.LOW, t, s] > place.below and prices[w.HIGH, t, s] < place.above
                calm &= not (braked and abs(sigma[t, s]) >= brake)
            if place.coins > 0.0:
                worth += place.coins * (prices[w.CLOSE, t, s] if known == w.BELIEVED else place.mark)
        if not calm or not worth > floor:
            break
        for s in range(len(places)):
            if state[t, s] == w.BELIEVED:
                places[s].passed += 1
                if places[s].coins > 0.0:
                    places[s].mark = prices[w.CLOSE, t, s]
        equity[t - first] = worth
        if counted:
            forget(account, slot)
            slot = slot + 1 if slot + 1 < limits.day_bars else 0
            counted = account.entries > 0 or account.errors > 0
        if worth > peak:
            peak = worth
            floor = max(least, _least_of_all(limits, account, peak))
        t += 1
    account.peak = peak
    return t


@compiled
def _glide(
    prices: Floats,
    state: Flags,
    sigma: Floats,
    heard: Small,
    said: int,
    limits: Record,
    account: Record,
    place: Record,
    equity: Floats,
    first: int,
    brake: float,
    least: float,
    t: int,
    end: int,
) -> int:
    """The same for one market, whose figures stay in registers."""
    peak, braked, slot = account.peak, len(sigma) > 0, t % limits.day_bars
    floor, counted = max(least, _least_of_all(limits, account, peak)), account.entries > 0 or account.errors > 0
    below, above, coins, mark, cash, passed = place.below, place.above, place.coins, place.mark, account.cash_quote, 0
    days = limits.day_bars
    while t < end and not heard[t + said]:
        known, close = state[t, 0], prices[w.CLOSE, t, 0]
        if known != w.ABSENT and not (prices[w.LOW, t, 0] > below and prices[w.HIGH, t, 0] < above):
            break
        if braked and known != w.ABSENT and abs(sigma[t, 0]) >= brake:
            break
        worth = cash + coins * (close if known == w.BELIEVED else mark) if coins > 0.0 else cash
        if not worth > floor:
            break
        if known == w.BELIEVED:
            passed += 1
            mark = close
        equity[t - first] = worth
        if counted:
            if account.counted[slot, w.ENTERED] or account.counted[slot, w.FAILED]:
                forget(account, slot)
                counted = account.entries > 0 or account.errors > 0
            slot = slot + 1 if slot + 1 < days else 0
        if worth > peak:
            peak = worth
            floor = max(least, _least_of_all(limits, account, peak))
        t += 1
    account.peak, place.passed = peak, passed
    if coins > 0.0:
        place.mark = mark
    return t


@compiled
def _drift(
    more: Any,
    prices: Floats,
    state: Flags,
    sigma: Floats,
    heard: Small,
    said: int,
    limits: Record,
    account: Record,
    places: Records,
    equity: Floats,
    first: int,
    brake: float,
    least: float,
    t: int,
    end: int,
) -> int:
    """The same for perpetuals: valued at mark prices, which must reach nothing either. `more`: see
    `execution.kernel.lanes.tape`."""
    marks, _, starts, _ = more
    peak, braked, slot = account.peak, len(sigma) > 0, t % limits.day_bars
    floor, counted = max(least, _least_of_all(limits, account, peak)), account.entries > 0 or account.errors > 0
    holds = False
    for s in range(len(places)):
        holds = holds or places[s].held > 0
    while t < end and not heard[t + said]:
        worth, calm = account.cash_quote, not holds or starts[t + 1] == starts[t]
        for s in range(len(places)):
            known, place = state[t, s], places[s]
            if known != w.ABSENT:
                calm &= prices[w.LOW, t, s] > place.below and prices[w.HIGH, t, s] < place.above
                if place.held:
                    calm &= marks[w.LOW, t, s] > place.mark_below and marks[w.HIGH, t, s] < place.mark_above
                calm &= not (braked and abs(sigma[t, s]) >= brake)
            if place.held:
                worth += place.coins * (marks[w.CLOSE, t, s] if known == w.BELIEVED else place.mark)
        if not calm or not worth > floor:
            break
        for s in range(len(places)):
            if state[t, s] == w.BELIEVED:
                places[s].passed += 1
                if places[s].held:
                    places[s].mark = marks[w.CLOSE, t, s]
        equity[t - first] = worth
        if counted:
            forget(account, slot)
            slot = slot + 1 if slot + 1 < limits.day_bars else 0
            counted = account.entries > 0 or account.errors > 0
        if worth > peak:
            peak = worth
            floor = max(least, _least_of_all(limits, account, peak))
        t += 1
    account.peak = peak
    return t


@compiled
def _watch(both: Both, rule: Record, limits: Record, place: Record) -> bool:
    """Note what a calm bar must not reach in one market. False if an order trades there at the next open, or may be changed."""
    place.below, place.above, place.passed = -np.inf, np.inf, 0
    place.coins = side_of(both, place) * (place.held * rule.lot[0])
    if both is not None:
        place.mark_below, place.mark_above = -np.inf, np.inf
    if not place.live and not place.held:
        return True
    if place.changed or place.unwanted or place.leaving or place.orders[w.BUYING, w.KIND] != w.NOTHING:
        return False
    for slot in range(w.FIRST, w.SLOTS):
        kind = place.orders[slot, w.KIND]
        if kind != w.NOTHING and place.orders[slot, w.TAKING]:
            return False
        if kind == w.NOTHING:
            continue
        if both is None or not rule.by_mark or kind != w.STOP:
            if (kind == w.STOP) == (side_of(both, place) > 0):
                place.below = max(place.below, place.wakes[slot])
            else:
                place.above = min(place.above, place.wakes[slot])
        elif place.side > 0:
            place.mark_below = max(place.mark_below, place.wakes[slot])
        else:
            place.mark_above = min(place.mark_above, place.wakes[slot])
    if both is not None:
        at = liquidation_of(rule, limits, place)
        if at > 0.0 and place.side > 0:
            place.mark_below = max(place.mark_below, at)
        elif at > 0.0:
            place.mark_above = min(place.mark_above, at)
    if place.trailing_from > 0.0:
        if side_of(both, place) > 0:
            place.above = min(place.above, place.trailing_from)
        else:
            place.below = max(place.below, place.trailing_from)
        return not is_nearer(both, place, trailing_ticks(both, rule, limits, place), place.stop_ticks)
    return True


@compiled
def _quiet_until(lane: Record, account: Record) -> int:
    """The first bar that begins another day, or lifts a breaker."""
    moment = (account.day + 1) * w.US_A_DAY
    if account.daily_until:
        moment = min(moment, account.daily_until)
    if account.weekly_until:
        moment = min(moment, account.weekly_until)
    if account.turbulent_until:
        moment = min(moment, account.turbulent_until)
    if account.risen_until:
        moment = min(moment, account.risen_until)
    if account.streak_until:
        moment = min(moment, account.streak_until)
    return int(-((lane.begin_us - moment) // lane.step_us) - 1)


@compiled
def _least_of_the_week(limits: Record, account: Record) -> float:
    """The equity above which neither the loss of the day nor that of the week trips a breaker [quote]."""
    of_day = -np.inf if account.daily_until else _least(account.day_start, limits.max_daily_loss)
    of_week = -np.inf if account.weekly_until else _least(account.week_start, limits.max_weekly_loss)
    return float(max(of_day, of_week))


@compiled
def _least_of_all(limits: Record, account: Record, peak: float) -> float:
    """The equity above which the drawdown from this peak trips no breaker [quote]."""
    return -np.inf if account.halted else _least(peak, limits.max_drawdown)


@compiled
def _least(top: float, most: float) -> float:
    """The equity above which less than the share `most` of `top` is lost, for certain [quote]."""
    return top * (1.0 - most) + top * _MARGIN if top > 0.0 else np.inf


@compiled
def _follow(both: Both, limits: Record, account: Record, places: Records, t: int) -> int:
    """Note the barriers of followed purchases. Returns the first bar that may end one by its age."""
    end = t + HORIZON_BARS
    for s in range(len(places)):
        place = places[s]
        for v in range(account.voters):
            followed = place.followed[v]
            if not followed[0] > 0.0:
                continue
            if followed[2] == 0.0 or followed[4] == w.LEAVING:
                return t
            if both is not None and place.mirrored[v]:
                end = min(end, _follow_short(both, limits, place, v, t))
                continue
            if followed[4] > 0.0:
                place.below = max(place.below, floor_of_followed(both, limits, place, v))
                continue
            place.below = max(place.below, followed[1] * (1.0 - followed[0]))
            place.above = min(place.above, followed[1] * (1.0 + limits.take_profit))
            end = min(end, t + HORIZON_BARS - 1 - int(followed[2]))
    return end


@compiled
def _follow_short(both: Both, limits: Record, place: Record, v: int, t: int) -> int:
    """The same of a short sale: its stop lies above, and its target below."""
    followed = place.followed[v]
    if followed[4] > 0.0:
        stop = mirrored_at(both, place, v, floor_of_followed(both, limits, place, v))
        place.above = min(place.above, stop - stop * _MARGIN)
        return t + HORIZON_BARS
    stop = mirrored_at(both, place, v, followed[1] * (1.0 - followed[0]))
    target = mirrored_at(both, place, v, followed[1] * (1.0 + limits.take_profit))
    place.above = min(place.above, stop - stop * _MARGIN)
    place.below = max(place.below, target + abs(target) * _MARGIN)
    return int(t + HORIZON_BARS - 1 - int(followed[2]))


@compiled
def _pass(account: Record, places: Records) -> None:
    """Followed purchases are older by the bars of the sweep."""
    for s in range(len(places)):
        for v in range(account.voters):
            if places[s].followed[v, 0] > 0.0:
                places[s].followed[v, 2] += places[s].passed
