"""How resting orders trade during a bar, in whole ticks and lots: what `matching` and `venue` of `execution.simulated` do.

The price moves from the open to the low, the high and the close. Market orders trade at the open. Stops fill from the book at
their price or, after a gap, at the open. A resting limit order fills at its own price once the price has moved one tick through
it. A doubted bar fills only stops and market exits.
"""

from execution.kernel import records as w
from execution.kernel.book import lay_book, lay_late, lay_liquidity, price_of, trade
from execution.kernel.compiled import compiled
from execution.kernel.exact import product_below
from execution.kernel.market import count_error
from execution.kernel.records import Ints, Record, Records


@compiled
def put(rule: Record, place: Record, slot: int, kind: int, purpose: int, lots: int, ticks: int, linked: int) -> None:
    """Place an order. A limit order that arrives while the price moves rests at once; any other may take liquidity first."""
    order = place.orders[slot]
    order[w.KIND] = kind
    order[w.PURPOSE] = purpose
    order[w.QUANTITY] = lots
    order[w.LEFT] = lots
    order[w.FILLED] = 0
    order[w.PRICE] = ticks
    order[w.TAKING] = 1 if kind == w.MARKET or (kind == w.LIMIT and not place.moving) else 0
    order[w.BOOKS] = 0
    order[w.LINKED] = linked
    place.wakes[slot] = price_of(rule, ticks + 1 if kind == w.LIMIT else ticks)
    place.live += 1


@compiled
def withdraw(place: Record, slot: int) -> None:
    """Remove an order: it is filled, cancelled or rejected."""
    order = place.orders[slot]
    if order[w.KIND] == w.NOTHING:
        return
    if order[w.PURPOSE] == w.STRATEGY_EXIT or order[w.PURPOSE] == w.TRIM or order[w.PURPOSE] == w.HORIZON_EXIT:
        place.leaving = 0
    order[w.KIND] = w.NOTHING
    place.live -= 1
    place.changed = 1


@compiled
def is_small(rule: Record, lots: int, ticks: int) -> bool:
    """Whether an order's notional is below the venue's minimum."""
    return product_below(float(lots), float(ticks), rule.least_steps[0], rule.least_steps[1])


@compiled
def at_open(rule: Record, limits: Record, account: Record, place: Record, fills: Records, bar: Record) -> None:
    """Trade against the book at the open of a bar, if that triggers an order.

    `account`, `place`, `fills`: records of ACCOUNT [quote], PLACE [lots, ticks] and FILL, `fills` of shape (n_fills,); all three
    are changed. `bar`: one record of BAR [quote, base].
    """
    place.moving = 1
    place.laid = 0
    doubted = bar.state == w.DOUBTED
    awake = False
    for slot in range(w.SLOTS):
        if _trades(place, slot, doubted) and (
            place.orders[slot, w.TAKING] or _reached(place, slot, bar.open, bar.open)
        ):
            awake = True
    if not awake:
        return
    lay_liquidity(rule, place, bar)
    lay_book(rule, place, bar.open)
    for i in range(w.SLOTS):
        slot = (i + 1) % w.SLOTS if place.younger else i
        if _trades(place, slot, doubted):
            _meet(rule, limits, account, place, fills, slot, bar)


@compiled
def walk(rule: Record, limits: Record, account: Record, place: Record, fills: Records, bar: Record) -> None:
    """Trade while the price moves from the open to the low, the high and the close, with the liquidity that the open left.

    Arguments as in `at_open`: `fills`, records of FILL, has shape (n_fills,); prices in BAR are [quote].
    """
    doubted = bar.state == w.DOUBTED
    woken = False
    for slot in range(w.FIRST, w.SLOTS):
        woken = woken or _wakes(place, slot, bar.low, bar.high, doubted)
    if woken:
        lay_liquidity(rule, place, bar)
        start = bar.open
        for end in (bar.low, bar.high, bar.close):
            _sweep(rule, limits, account, place, fills, start, end, doubted)
            start = end
    place.moving = 0


@compiled
def _trades(place: Record, slot: int, doubted: bool) -> bool:
    kind = place.orders[slot, w.KIND]
    if kind == w.NOTHING:
        return False
    return not doubted or (slot > 0 and kind != w.LIMIT)


@compiled
def _reached(place: Record, slot: int, low: float, high: float) -> bool:
    kind = place.orders[slot, w.KIND]
    if kind == w.STOP:
        return bool(low <= place.wakes[slot])
    return bool(kind == w.LIMIT and high >= place.wakes[slot])


@compiled
def _wakes(place: Record, slot: int, low: float, high: float, doubted: bool) -> bool:
    if not _trades(place, slot, doubted) or place.orders[slot, w.TAKING]:
        return False
    return _reached(place, slot, low, high)


@compiled
def _meet(rule: Record, limits: Record, account: Record, place: Record, fills: Records, slot: int, bar: Record) -> None:
    """One order at the open book, less what those before it took; at late prices where it has met no book before."""
    kind, ticks, start = place.orders[slot, w.KIND], place.orders[slot, w.PRICE], bar.open
    if place.orders[slot, w.TAKING] and place.orders[slot, w.BOOKS] == 0:
        side = 0 if slot == 0 else 1
        lay_late(rule, place, limits, bar, side)
        _take(rule, limits, account, place, fills, slot, place.late[side])
    elif place.orders[slot, w.TAKING] or (kind == w.STOP and _reached(place, slot, start, start)):
        _take(rule, limits, account, place, fills, slot, place.prices[0 if slot == 0 else 1])
    elif kind == w.LIMIT and place.prices[1, 0] > ticks:
        lots = _make(rule, limits, account, place, fills, slot, _shown(rule, place, ticks))
        for i in range(rule.levels):
            gone = min(lots, place.depths[1, i])
            place.depths[1, i] -= gone
            lots -= gone


@compiled
def _sweep(
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    start: float,
    end: float,
    doubted: bool,
) -> None:
    """The price moves from start to end without a jump: whoever is reached first trades first, the older of two."""
    low, high = min(start, end), max(start, end)
    first, second, third = w.NONE, w.NONE, w.NONE
    for slot in range(1, w.SLOTS):
        if not _wakes(place, slot, low, high, doubted):
            continue
        if first < 0 or _away(place, slot, start) < _away(place, first, start):
            first, second, third = slot, first, second
        elif second < 0 or _away(place, slot, start) < _away(place, second, start):
            second, third = slot, second
        else:
            third = slot
    for slot in (first, second, third):
        if slot < 0 or place.orders[slot, w.KIND] == w.NOTHING:
            continue
        if place.orders[slot, w.KIND] == w.LIMIT:
            lay_book(rule, place, price_of(rule, place.orders[slot, w.PRICE]))
            _make(rule, limits, account, place, fills, slot, _shown(rule, place, w.FIRST))
        else:
            lay_book(rule, place, min(place.wakes[slot], start))
            _take(rule, limits, account, place, fills, slot, place.prices[1])


@compiled
def _away(place: Record, slot: int, start: float) -> float:
    """How far a movement from `start` has to go to wake an order: nowhere when it lies beyond already."""
    wake = place.wakes[slot]
    return float(max(start - wake, 0.0) if place.orders[slot, w.KIND] == w.STOP else max(wake - start, 0.0))


@compiled
def _shown(rule: Record, place: Record, at_least: int) -> int:
    """Lots that the bids show at this price or better."""
    lots = 0
    for i in range(rule.levels):
        if place.prices[1, i] >= at_least:
            lots += place.depths[1, i]
    return lots


@compiled
def _take(
    rule: Record, limits: Record, account: Record, place: Record, fills: Records, slot: int, prices: Ints
) -> None:
    """Walk the levels, at these prices, and take them down by what was traded."""
    order = place.orders[slot]
    side = 0 if slot == 0 else 1
    kind, best, before = order[w.KIND], prices[0], order[w.FILLED]
    if kind == w.MARKET and before == 0 and best > 0 and is_small(rule, order[w.QUANTITY], best):
        count_error(limits, account)
        withdraw(place, slot)
        return
    order[w.TAKING] = 0 if kind == w.LIMIT else 1
    order[w.BOOKS] += 1
    short = w.NO
    for i in range(rule.levels):
        ticks = prices[i]
        if short or order[w.LEFT] == 0 or ticks == 0 or (kind == w.LIMIT and ticks < order[w.PRICE]):
            break
        if slot == w.BUYING and 0 < order[w.PRICE] < ticks:
            break
        wanted = min(order[w.LEFT], place.depths[side, i])
        lots = trade(rule, limits, account, place, fills, slot, wanted, ticks, w.TAKER)
        place.depths[side, i] -= lots
        short = lots < wanted
    if short and slot == w.BUYING and order[w.FILLED] == 0:
        count_error(limits, account)
    _conclude(place, slot, before, short)


@compiled
def _make(
    rule: Record, limits: Record, account: Record, place: Record, fills: Records, slot: int, available: int
) -> int:
    """Trade at the order's own limit for at most what is available."""
    order = place.orders[slot]
    before, wanted = order[w.FILLED], min(order[w.LEFT], available)
    lots = trade(rule, limits, account, place, fills, slot, wanted, order[w.PRICE], w.MAKER)
    _conclude(place, slot, before, lots < wanted)
    return lots


@compiled
def _conclude(place: Record, slot: int, before: int, short: bool) -> None:
    """What became of an order after an attempt; then its fill is taken off the rest of its group."""
    order = place.orders[slot]
    gained = order[w.FILLED] - before
    worked_out = slot == 0 and order[w.BOOKS] >= (1 if order[w.PRICE] else w.ENTRY_BOOKS)
    if order[w.LEFT] == 0 or short or worked_out:
        withdraw(place, slot)
    if order[w.LINKED] and gained > 0:
        for other in range(1, w.SLOTS):
            twin = place.orders[other]
            if other != slot and twin[w.KIND] != w.NOTHING and twin[w.LINKED]:
                twin[w.LEFT] -= min(gained, twin[w.LEFT])
                if twin[w.LEFT] == 0:
                    withdraw(place, other)
