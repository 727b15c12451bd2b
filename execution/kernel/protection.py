"""The protection of positions in whole ticks and lots: what `protection` and `brackets` of `execution.account` do.

A position has a stop from the first fill. A part is sold at the target, and the rest has a trailing stop. Before an exit at
market all its other orders are withdrawn.
"""

from execution.kernel import records as w
from execution.kernel.book import average_ticks
from execution.kernel.compiled import compiled
from execution.kernel.exact import add, decimal_of, floor_of, nearest_of, nearest_scaled, product_below, times
from execution.kernel.records import Record
from execution.kernel.venue import is_small, put, withdraw


@compiled
def tidy(rule: Record, limits: Record, place: Record) -> None:
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
        _protect(rule, limits, place)
    place.changed = 0


@compiled
def abandon_entry(rule: Record, limits: Record, place: Record) -> None:
    """Withdraw an entry that is under way. What it has bought stays protected."""
    withdraw(place, w.BUYING)
    tidy(rule, limits, place)


@compiled
def leave(rule: Record, place: Record) -> None:
    """Close a position at market, unless nothing is held, an exit is under way, or it is too small to be sold."""
    if place.held == 0 or not place.bracket or place.leaving:
        return
    if product_below(float(place.held), place.mark, rule.per_lot[0], rule.per_lot[1]):
        return
    withdraw(place, w.BUYING)
    _withdraw_exits(place)
    place.leaving = 1
    put(rule, place, w.FIRST, w.MARKET, w.STRATEGY_EXIT, place.held, w.NOTHING, w.ALONE)
    place.changed = 0


@compiled
def trail(rule: Record, limits: Record, place: Record, high: float) -> None:
    """After the target: move the stop of the rest up behind the highest price, never down."""
    if not place.bracket or place.held == 0 or place.leaving or not _is_trailing(place):
        return
    place.trailing_from = max(place.trailing_from, high)
    ticks = nearest_scaled(place.trailing_from, rule.trail[0], rule.trail[1])
    if ticks > place.stop_ticks:
        place.stop_ticks = ticks
        _protect(rule, limits, place)
        place.changed = 0


@compiled
def _is_trailing(place: Record) -> bool:
    return bool(place.trailing_from > 0.0 and place.stop_ticks >= 0)


@compiled
def _withdraw_exits(place: Record) -> None:
    for slot in range(1, w.SLOTS):
        withdraw(place, slot)


@compiled
def _is_exposed(place: Record) -> bool:
    if place.too_small == place.held:
        return False
    covered = 0
    for slot in range(1, w.SLOTS):
        if place.orders[slot, w.KIND] == w.STOP:
            covered += place.orders[slot, w.QUANTITY] - place.orders[slot, w.FILLED]
    return bool(place.outgrown) or covered < place.held


@compiled
def _protect(rule: Record, limits: Record, place: Record) -> None:
    """Replace the protection by one for the whole position."""
    held, trailing = place.held, _is_trailing(place)
    stop, target, first = place.stop_ticks, 0, held
    if not trailing:
        entry, away = average_ticks(place), decimal_of(place.bracket_stop)
        stop = nearest_of(times(entry, add((1.0, 0.0), (-away[0], -away[1]))))
        target = nearest_of(times(entry, (limits.target[0], limits.target[1])))
        first = floor_of(times((float(held), 0.0), (limits.share[0], limits.share[1])))
        if is_small(rule, min(first, held - first), stop):
            first = held
    place.outgrown = 0
    if is_small(rule, first, stop):
        place.too_small = held
        return
    _withdraw_exits(place)
    place.stop_ticks = stop
    if trailing:
        put(rule, place, w.FIRST, w.STOP, w.TRAILING_STOP, held, stop, w.ALONE)
        return
    put(rule, place, w.FIRST, w.STOP, w.STOP_LOSS, first, stop, w.PAIRED)
    put(rule, place, w.SECOND, w.LIMIT, w.TAKE_PROFIT, first, target, w.PAIRED)
    if held > first:
        put(rule, place, w.THIRD, w.STOP, w.STOP_LOSS, held - first, stop, w.ALONE)
