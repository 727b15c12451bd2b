"""The protection of positions in whole ticks and lots: what `protection` and `brackets` of `execution.account` do.

A position has a stop from the first fill. A part is sold at the target, and the rest has a trailing stop. Before an exit at
market all its other orders are withdrawn. A position that stands for a share has one stop, at its voters' exit or the hard stop;
while a part of it is sold, the stop of the rest is in the first slot if it is older than that sale, and in the third if younger.
Of a short position all of it is the mirror: stops lie above the entry and never move up, the target lies below.
"""

import numpy as np

from execution.kernel import records as w
from execution.kernel.book import average_ticks, withdraw
from execution.kernel.compiled import compiled
from execution.kernel.exact import (
    Pair,
    add,
    decimal_of,
    floor_of,
    is_clear,
    nearest_of,
    nearest_scaled,
    over,
    product_below,
    times,
)
from execution.kernel.margined.sides import side_of
from execution.kernel.market import count_error
from execution.kernel.records import Both, Record
from execution.kernel.venue import is_small, put

_FEW_LOTS = 16
"""Lots whose sum in floats is right to far more digits than a tick needs."""


@compiled
def tidy(both: Both, rule: Record, limits: Record, account: Record, place: Record) -> None:
    """After trading: withdraw the entry of a position that is being sold, protect what is held, withdraw idle exits."""
    if not place.changed:
        return
    if place.unwanted:
        withdraw(place, w.BUYING)
        place.unwanted = 0
    if place.bracket and place.held == 0:
        _withdraw_exits(place)
        if place.orders[0, w.KIND] == w.NOTHING:
            place.bracket = 0
    elif place.bracket and not place.leaving and _is_exposed(place):
        _protect(both, rule, limits, account, place)
    place.changed = 0


@compiled
def abandon_entry(both: Both, rule: Record, limits: Record, account: Record, place: Record) -> None:
    """Withdraw an entry that is under way. What it has bought stays protected."""
    withdraw(place, w.BUYING)
    tidy(both, rule, limits, account, place)


@compiled
def leave(both: Both, rule: Record, place: Record) -> None:
    """Close a position that is voted out, at market."""
    _close(both, rule, place, w.STRATEGY_EXIT)


@compiled
def expire(both: Both, rule: Record, place: Record) -> None:
    """Close a position whose time is up, at market."""
    _close(both, rule, place, w.HORIZON_EXIT)


@compiled
def _close(both: Both, rule: Record, place: Record, purpose: int) -> None:
    """Close a position at market, unless nothing is held, an exit is under way, or it is too small to be sold."""
    if place.held == 0 or not place.bracket or place.leaving:
        return
    if product_below(float(place.held), place.mark, rule.per_lot[0], rule.per_lot[1]):
        return
    _sell_all(both, rule, place, purpose)


@compiled
def _sell_all(both: Both, rule: Record, place: Record, purpose: int) -> None:
    withdraw(place, w.BUYING)
    _withdraw_exits(place)
    place.leaving = 1
    put(both, rule, place, w.FIRST, w.MARKET, purpose, place.held, w.NOTHING, w.ALONE)
    place.changed = 0


@compiled
def follow(both: Both, rule: Record, limits: Record, account: Record, place: Record, exit_price: float) -> None:
    """Protect a position by its voters' own exit [quote]: no target, and a stop that never falls. NaN for no exit."""
    if place.held == 0 or not place.bracket or place.leaving:
        return
    if place.share == 0.0:
        place.share = 1.0
        place.outgrown = 1
    if side_of(both, place) > 0:
        if exit_price > place.exit:
            place.exit = exit_price
    elif exit_price < place.exit or (place.exit == 0.0 and exit_price > 0.0):
        place.exit = exit_price
    if place.outgrown or place.stop_ticks < 0 or _own_stop(both, rule, place) != place.stop_ticks:
        place.outgrown = 1
        place.too_small = -1
        if _is_exposed(place):
            _protect(both, rule, limits, account, place)
        place.changed = 0


@compiled
def trim(both: Both, rule: Record, place: Record, kept: Pair, share: float) -> None:
    """Sell the part above `kept` lots at market, after the stop of the rest was placed; all of it, if the rest would be too small
    for one. The rest stands for `share`."""
    part = max(0, floor_of(add((float(place.held), 0.0), (-kept[0], -kept[1]))))
    rest, stop = place.held - part, _own_stop(both, rule, place)
    if part and rest and is_small(rule, rest, stop):
        part, rest = place.held, 0
    if not part or product_below(float(part), place.mark, rule.per_lot[0], rule.per_lot[1]):
        return
    if not rest:
        _sell_all(both, rule, place, w.TRIM)
        return
    _withdraw_exits(place)
    place.stop_ticks = stop
    put(both, rule, place, w.FIRST, w.STOP, w.STOP_LOSS, rest, stop, w.ALONE)
    put(both, rule, place, w.SECOND, w.MARKET, w.TRIM, part, w.NOTHING, w.ALONE)
    place.share = share
    place.changed = 0


@compiled
def is_trimming(place: Record) -> bool:
    """Whether a part of the position is being sold."""
    return bool(place.orders[w.SECOND, w.KIND] == w.MARKET and not place.leaving)


@compiled
def trail(both: Both, rule: Record, limits: Record, account: Record, place: Record, high: float, low: float) -> None:
    """After the target: move the stop of the rest up behind the highest price, never down; that of a short the other way."""
    if not place.bracket or place.held == 0 or place.leaving or not _is_trailing(place):
        return
    if side_of(both, place) > 0:
        place.trailing_from = max(place.trailing_from, high)
    else:
        place.trailing_from = min(place.trailing_from, low)
    ticks = trailing_ticks(both, rule, limits, place)
    if is_nearer(both, place, ticks, place.stop_ticks):
        place.stop_ticks = ticks
        _protect(both, rule, limits, account, place)
        place.changed = 0


@compiled
def trailing_ticks(both: Both, rule: Record, limits: Record, place: Record) -> int:
    """Where a stop that trails the best price would be [ticks]."""
    if limits.trail_atr[0] > 0.0 and not np.isnan(place.atr):
        away = times((limits.trail_atr[0], limits.trail_atr[1]), decimal_of(place.atr))
        best = decimal_of(place.trailing_from)
        stop = add(best, (-away[0], -away[1]) if side_of(both, place) > 0 else away)
        return nearest_of(over(stop, (rule.tick[0], rule.tick[1]))) if stop[0] > 0.0 else 0
    if side_of(both, place) > 0:
        return int(nearest_scaled(place.trailing_from, rule.trail[0], rule.trail[1]))
    return int(nearest_scaled(place.trailing_from, rule.trail_up[0], rule.trail_up[1]))


@compiled
def is_nearer(both: Both, place: Record, ticks: int, present: int) -> bool:
    """Whether a stop protects more than the present one: a higher one of a long position, a lower one of a short."""
    return bool(ticks > present if side_of(both, place) > 0 else ticks < present)


@compiled
def _is_trailing(place: Record) -> bool:
    return bool(place.trailing_from > 0.0 and place.stop_ticks >= 0 and place.share == 0.0)


@compiled
def _own_stop(both: Both, rule: Record, place: Record) -> int:
    """The stop of a position that stands for a share [ticks]: the hard one or its voters' exit, never farther than the present
    one."""
    stop = _hard_stop(both, place)
    if side_of(both, place) > 0:
        if place.exit > 0.0:
            stop = max(stop, _ticks_of(rule, place.exit))
        return int(max(stop, place.stop_ticks))
    if place.exit > 0.0:
        stop = min(stop, _ticks_of(rule, place.exit))
    return int(min(stop, place.stop_ticks) if place.stop_ticks >= 0 else stop)


@compiled
def _hard_stop(both: Both, place: Record) -> int:
    """The hard stop below the average price of what is held, above it for a short [ticks]. Floats decide where they can."""
    side = side_of(both, place)
    if place.tail - place.head <= _FEW_LOTS:
        paid = 0.0
        for i in range(place.head, place.tail):
            paid += float(place.lot_sizes[i]) * float(place.lot_ticks[i])
        rough = paid / place.held * (1.0 - side * place.bracket_stop)
        if is_clear(rough, np.floor(rough) + 0.5):
            return int(np.rint(rough))
    away = decimal_of(-side * place.bracket_stop)
    return nearest_of(times(average_ticks(place), add((1.0, 0.0), away)))


@compiled
def _ticks_of(rule: Record, price: float) -> int:
    """The whole ticks nearest to a price. Floats decide where they can."""
    rough = price / rule.tick[0]
    if is_clear(rough, np.floor(rough) + 0.5):
        return int(np.rint(rough))
    return nearest_of(over(decimal_of(price), (rule.tick[0], rule.tick[1])))


@compiled
def _staying(place: Record) -> int:
    """Lots that are not being sold at market."""
    return int(place.held - (place.orders[w.SECOND, w.LEFT] if is_trimming(place) else 0))


@compiled
def _withdraw_exits(place: Record) -> None:
    for slot in range(1, w.SLOTS):
        withdraw(place, slot)


@compiled
def _is_exposed(place: Record) -> bool:
    staying = _staying(place)
    if staying <= 0 or place.too_small == staying:
        return False
    covered = 0
    for slot in range(1, w.SLOTS):
        if place.orders[slot, w.KIND] == w.STOP:
            covered += place.orders[slot, w.QUANTITY] - place.orders[slot, w.FILLED]
    return bool(place.outgrown) or covered < staying


@compiled
def _protect(both: Both, rule: Record, limits: Record, account: Record, place: Record) -> None:
    """Replace the protection by one for the whole position."""
    if place.share > 0.0:
        _protect_share(both, rule, place)
        return
    held, trailing = place.held, _is_trailing(place)
    stop, target, first = place.stop_ticks, 0, held
    if not trailing:
        entry, away = average_ticks(place), decimal_of(-side_of(both, place) * place.bracket_stop)
        stop = nearest_of(times(entry, add((1.0, 0.0), away)))
        if side_of(both, place) > 0:
            target = nearest_of(times(entry, (limits.target[0], limits.target[1])))
        else:
            target = nearest_of(times(entry, (limits.target_down[0], limits.target_down[1])))
        first = floor_of(times((float(held), 0.0), (limits.share[0], limits.share[1])))
        if is_small(rule, min(first, held - first), min(stop, target)):
            first = held
    place.outgrown = 0
    if is_small(rule, first, stop):
        place.too_small = held
        return
    _withdraw_exits(place)
    place.stop_ticks = stop
    place.younger = 0
    if trailing:
        put(both, rule, place, w.FIRST, w.STOP, w.TRAILING_STOP, held, stop, w.ALONE)
        return
    put(both, rule, place, w.FIRST, w.STOP, w.STOP_LOSS, first, stop, w.PAIRED)
    if both is not None and is_small(rule, first, target):  # the target of a short is worth less than its stop
        count_error(limits, account)
    else:
        put(both, rule, place, w.SECOND, w.LIMIT, w.TAKE_PROFIT, first, target, w.PAIRED)
    if held > first:
        put(both, rule, place, w.THIRD, w.STOP, w.STOP_LOSS, held - first, stop, w.ALONE)


@compiled
def _protect_share(both: Both, rule: Record, place: Record) -> None:
    """One stop for all that stays of a position by shares; the sale of a part goes on."""
    staying, stop, trimming = _staying(place), _own_stop(both, rule, place), is_trimming(place)
    place.outgrown = 0
    if is_small(rule, staying, stop):
        place.too_small = staying
        return
    withdraw(place, w.FIRST)
    withdraw(place, w.THIRD)
    if not trimming:
        withdraw(place, w.SECOND)
    place.stop_ticks = stop
    place.younger = 0
    put(both, rule, place, w.THIRD if trimming else w.FIRST, w.STOP, w.STOP_LOSS, staying, stop, w.ALONE)
