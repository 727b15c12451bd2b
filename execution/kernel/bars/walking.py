"""How a bar of perpetuals is walked: what `execution.simulated.margined` does with traded price and mark price together.

Where a short is held or opened, both move from the open to the high, the low and the close; else the low comes first. A
liquidation price on the way cuts a movement in two. A stop is woken by the mark price or the traded one, and trades at the
traded one of that moment.
"""

from execution.kernel import records as w
from execution.kernel.book import lay_liquidity, liquidate, price_of
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, add, ceil_of, decimal_of, floor_of, over, ratio, times
from execution.kernel.margined.isolated import is_liquidated, liquidation_of
from execution.kernel.records import Both, Record, Records
from execution.kernel.venue import is_reached, row_of, sweep, touched_at, trades_in, wake, wakes


@compiled
def walk_both(
    both: Both, rule: Record, limits: Record, account: Record, place: Record, fills: Records, bar: Record
) -> None:
    """Trade and liquidate from the open to the close, with the liquidity that the open left.

    `account`, `place`, `fills`: records of ACCOUNT [units], PLACE [lots, ticks] and FILL, `fills` of shape (n_fills,); all three
    are changed. `bar`: one record of BAR [quote, base].
    """
    doubted = bar.state == w.DOUBTED
    low, high = min(bar.low, bar.mark_low), max(bar.high, bar.mark_high)
    price = liquidation_of(rule, limits, place)
    woken = price > 0.0 and low <= price <= high
    for slot in range(w.FIRST, w.SLOTS):
        woken = woken or wakes(both, place, slot, low, high, doubted)
    if woken:
        lay_liquidity(rule, place, bar)
        entering = place.orders[w.BUYING, w.KIND] != w.NOTHING
        if place.side < 0 and (place.held or entering):
            _leg(both, rule, limits, account, place, fills, bar.open, bar.high, bar.mark_open, bar.mark_high, doubted)
            _leg(both, rule, limits, account, place, fills, bar.high, bar.low, bar.mark_high, bar.mark_low, doubted)
            _leg(both, rule, limits, account, place, fills, bar.low, bar.close, bar.mark_low, bar.mark_close, doubted)
        else:
            _leg(both, rule, limits, account, place, fills, bar.open, bar.low, bar.mark_open, bar.mark_low, doubted)
            _leg(both, rule, limits, account, place, fills, bar.low, bar.high, bar.mark_low, bar.mark_high, doubted)
            _leg(both, rule, limits, account, place, fills, bar.high, bar.close, bar.mark_high, bar.mark_close, doubted)
    place.moving = 0


@compiled
def _leg(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    start: float,
    end: float,
    mark_start: float,
    mark_end: float,
    doubted: bool,
) -> None:
    """One movement, in two parts where the liquidation price lies on it."""
    price = liquidation_of(rule, limits, place)
    if price > 0.0 and min(mark_start, mark_end) <= price <= max(mark_start, mark_end):
        middle = _traded_when(rule, start, end, mark_start, mark_end, price, place.side < 0)
        _move(both, rule, limits, account, place, fills, start, middle, mark_start, price, doubted)
        if is_liquidated(rule, limits, place, price):
            liquidate(both, rule, limits, account, place, fills)
        start, mark_start = middle, price
    _move(both, rule, limits, account, place, fills, start, end, mark_start, mark_end, doubted)
    if is_liquidated(rule, limits, place, mark_end):
        liquidate(both, rule, limits, account, place, fills)


@compiled
def _move(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    start: float,
    end: float,
    mark_start: float,
    mark_end: float,
    doubted: bool,
) -> None:
    """Traded price and mark price move without a jump: whoever is reached first trades first, the older of two."""
    if not rule.by_mark or (start == mark_start and end == mark_end):
        sweep(both, rule, limits, account, place, fills, start, end, doubted)
        return
    first, second, third, way, next_way = w.NONE, w.NONE, w.NONE, 0.0, 0.0
    for slot in range(w.FIRST, w.SLOTS):
        if not trades_in(place, slot, doubted) or place.orders[slot, w.TAKING]:
            continue
        of_mark = place.orders[slot, w.KIND] == w.STOP
        begin, stop = (mark_start, mark_end) if of_mark else (start, end)
        if not is_reached(both, place, slot, min(begin, stop), max(begin, stop)):
            continue
        done = _way(begin, stop, touched_at(both, place, slot, begin))
        gone = ratio(done, (1.0, 0.0))
        if first < 0 or gone < way:
            first, second, third, way, next_way = slot, first, second, gone, way
        elif second < 0 or gone < next_way:
            second, third, next_way = slot, second, gone
        else:
            third = slot
    for slot in (first, second, third):
        if slot >= 0 and place.orders[slot, w.KIND] != w.NOTHING:
            price = touched_at(both, place, slot, mark_start)
            if place.orders[slot, w.KIND] == w.STOP:
                buys = row_of(both, place, slot) == w.ASKS
                price = _traded_when(rule, start, end, mark_start, mark_end, price, buys)
            wake(both, rule, limits, account, place, fills, slot, price)


@compiled
def _way(start: float, end: float, at: float) -> Pair:
    """How much of a movement is done when its price is there [fraction]."""
    if start == end:
        return 0.0, 0.0
    begin = decimal_of(start)
    whole = add(decimal_of(end), (-begin[0], -begin[1]))
    return over(add(decimal_of(at), (-begin[0], -begin[1])), whole)


@compiled
def _traded_when(
    rule: Record, start: float, end: float, mark_start: float, mark_end: float, mark: float, buys: bool
) -> float:
    """The traded price at which the mark price is there, in whole ticks that are worse for whoever buys, or sells [quote]."""
    if start == mark_start and end == mark_end:
        return mark
    begin = decimal_of(start)
    whole = add(decimal_of(end), (-begin[0], -begin[1]))
    price = add(begin, times(_way(mark_start, mark_end, mark), whole))
    ticks = over(price, (rule.tick[0], rule.tick[1]))
    found = price_of(rule, ceil_of(ticks) if buys else floor_of(ticks))
    return float(min(max(found, min(start, end)), max(start, end)))
