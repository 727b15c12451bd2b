"""How resting orders trade during a bar, in whole ticks and lots: what `matching` and `venue` of `execution.simulated` do.

The price moves from the open to the low, the high and the close. Market orders trade at the open. Stops fill from the book at
their price or, after a gap, at the open. A resting limit order fills at its own price once the price has moved one tick through
it. A doubted bar fills only stops and market exits. How a bar of perpetuals is walked: `execution.kernel.bars.walking`.
"""

from execution.kernel import records as w
from execution.kernel.book import lay_book, lay_late, lay_liquidity, liquidate, price_of, trade, withdraw
from execution.kernel.compiled import compiled
from execution.kernel.exact import product_below
from execution.kernel.margined.isolated import is_liquidated
from execution.kernel.margined.sides import side_of
from execution.kernel.market import count_error
from execution.kernel.records import Both, Ints, Record, Records


@compiled
def put(
    both: Both, rule: Record, place: Record, slot: int, kind: int, purpose: int, lots: int, ticks: int, linked: int
) -> None:
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
    place.wakes[slot] = price_of(rule, ticks + side_of(both, place) if kind == w.LIMIT else ticks)
    place.live += 1


@compiled
def is_small(rule: Record, lots: int, ticks: int) -> bool:
    """Whether an order's notional is below the venue's minimum."""
    return product_below(float(lots), float(ticks), rule.least_steps[0], rule.least_steps[1])


@compiled
def at_open(
    both: Both, rule: Record, limits: Record, account: Record, place: Record, fills: Records, bar: Record
) -> None:
    """Trade against the book at the open of a bar, if that triggers an order; on perpetuals first liquidate, and once more
    after it.

    `account`, `place`, `fills`: records of ACCOUNT [quote], PLACE [lots, ticks] and FILL, `fills` of shape (n_fills,); all three
    are changed. `bar`: one record of BAR [quote, base].
    """
    place.moving = 1
    place.laid = 0
    trigger = bar.open
    if both is not None:
        if is_liquidated(rule, limits, place, bar.mark_open):
            liquidate(both, rule, limits, account, place, fills)
        if rule.by_mark:
            trigger = bar.mark_open
    doubted = bar.state == w.DOUBTED
    awake = False
    for slot in range(w.SLOTS):
        if trades_in(place, slot, doubted) and (
            place.orders[slot, w.TAKING]
            or is_reached(both, place, slot, bar.open, bar.open)
            or is_reached(both, place, slot, trigger, trigger)
        ):
            awake = True
    if not awake:
        return
    lay_liquidity(rule, place, bar)
    lay_book(rule, place, bar.open)
    for i in range(w.SLOTS):
        slot = (i + 1) % w.SLOTS if place.younger else i
        if trades_in(place, slot, doubted):
            _meet(both, rule, limits, account, place, fills, slot, bar, trigger)
    if both is not None and is_liquidated(rule, limits, place, bar.mark_open):
        liquidate(both, rule, limits, account, place, fills)


@compiled
def walk(both: Both, rule: Record, limits: Record, account: Record, place: Record, fills: Records, bar: Record) -> None:
    """Trade while the price moves from the open to the low, the high and the close, with the liquidity that the open left.

    Arguments as in `at_open`: `fills`, records of FILL, has shape (n_fills,); prices in BAR are [quote].
    """
    doubted = bar.state == w.DOUBTED
    woken = False
    for slot in range(w.FIRST, w.SLOTS):
        woken = woken or wakes(both, place, slot, bar.low, bar.high, doubted)
    if woken:
        lay_liquidity(rule, place, bar)
        start = bar.open
        for end in (bar.low, bar.high, bar.close):
            sweep(both, rule, limits, account, place, fills, start, end, doubted)
            start = end
    place.moving = 0


@compiled
def trades_in(place: Record, slot: int, doubted: bool) -> bool:
    """Whether there is an order that may trade in a bar, or in one that is `doubted`."""
    kind = place.orders[slot, w.KIND]
    if kind == w.NOTHING:
        return False
    return not doubted or (slot > 0 and kind != w.LIMIT)


@compiled
def _falling(both: Both, place: Record, slot: int) -> bool:
    """Whether a falling price wakes an exit: the stop of a long position, the target of a short one."""
    return bool((place.orders[slot, w.KIND] == w.STOP) == (side_of(both, place) > 0))


@compiled
def is_reached(both: Both, place: Record, slot: int, low: float, high: float) -> bool:
    """Whether prices between these two [quote] wake an order."""
    kind = place.orders[slot, w.KIND]
    if kind != w.STOP and (kind != w.LIMIT or slot == w.BUYING):
        return False
    return bool(low <= place.wakes[slot] if _falling(both, place, slot) else high >= place.wakes[slot])


@compiled
def wakes(both: Both, place: Record, slot: int, low: float, high: float, doubted: bool) -> bool:
    """The same of an order that rests, in a bar that may be `doubted`."""
    if not trades_in(place, slot, doubted) or place.orders[slot, w.TAKING]:
        return False
    return is_reached(both, place, slot, low, high)


@compiled
def row_of(both: Both, place: Record, slot: int) -> int:
    """The side of the book that an order takes from."""
    return w.ASKS if (slot == w.BUYING) == (side_of(both, place) > 0) else w.BIDS


@compiled
def _meet(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    slot: int,
    bar: Record,
    trigger: float,
) -> None:
    """One order at the open book, less what those before it took; at late prices where it has met no book before."""
    kind, ticks = place.orders[slot, w.KIND], place.orders[slot, w.PRICE]
    row = row_of(both, place, slot)
    if place.orders[slot, w.TAKING] and place.orders[slot, w.BOOKS] == 0:
        lay_late(rule, place, limits, bar, row)
        take(both, rule, limits, account, place, fills, slot, place.late[row])
    elif place.orders[slot, w.TAKING] or (kind == w.STOP and is_reached(both, place, slot, trigger, trigger)):
        take(both, rule, limits, account, place, fills, slot, place.prices[row])
    elif kind == w.LIMIT and _is_passed(place, row, ticks):
        lots = _make(both, rule, limits, account, place, fills, slot, _shown(rule, place, row, ticks))
        for i in range(rule.levels):
            gone = min(lots, place.depths[row, i])
            place.depths[row, i] -= gone
            lots -= gone


@compiled
def _is_passed(place: Record, row: int, ticks: int) -> bool:
    """Whether the best price of the book is a tick beyond a limit."""
    best = place.prices[row, 0]
    return bool(best > ticks if row == w.BIDS else 0 < best < ticks)


@compiled
def sweep(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    start: float,
    end: float,
    doubted: bool,
) -> None:
    """The price moves from start to end [quote] without a jump: whoever is reached first trades first, the older of two.

    `fills`, shape (n_fills,): records of FILL.
    """
    low, high = min(start, end), max(start, end)
    first, second, third = w.NONE, w.NONE, w.NONE
    for slot in range(1, w.SLOTS):
        if not wakes(both, place, slot, low, high, doubted):
            continue
        if first < 0 or _away(both, place, slot, start) < _away(both, place, first, start):
            first, second, third = slot, first, second
        elif second < 0 or _away(both, place, slot, start) < _away(both, place, second, start):
            second, third = slot, second
        else:
            third = slot
    for slot in (first, second, third):
        if slot >= 0 and place.orders[slot, w.KIND] != w.NOTHING:
            wake(both, rule, limits, account, place, fills, slot, touched_at(both, place, slot, start))


@compiled
def wake(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    slot: int,
    price: float,
) -> None:
    """One order trades that a movement has reached: a stop out of the book at this traded price [quote], a limit at its own.

    `fills`, shape (n_fills,): records of FILL.
    """
    row = row_of(both, place, slot)
    if place.orders[slot, w.KIND] == w.LIMIT:
        lay_book(rule, place, price_of(rule, place.orders[slot, w.PRICE]))
        _make(both, rule, limits, account, place, fills, slot, _shown(rule, place, row, w.NOTHING))
    else:
        lay_book(rule, place, price)
        take(both, rule, limits, account, place, fills, slot, place.prices[row])


@compiled
def touched_at(both: Both, place: Record, slot: int, start: float) -> float:
    """The price at which a movement from `start` wakes an order: `start` itself if it lies beyond already [quote]."""
    place_wake = place.wakes[slot]
    return float(min(place_wake, start) if _falling(both, place, slot) else max(place_wake, start))


@compiled
def _away(both: Both, place: Record, slot: int, start: float) -> float:
    """How far a movement from `start` has to go to wake an order: nowhere when it lies beyond already."""
    at = place.wakes[slot]
    return float(max(start - at, 0.0) if _falling(both, place, slot) else max(at - start, 0.0))


@compiled
def _shown(rule: Record, place: Record, row: int, limit: int) -> int:
    """Lots that one side of the book shows at this price [ticks] or better; at any price where that is NOTHING."""
    lots = 0
    for i in range(rule.levels):
        ticks = place.prices[row, i]
        if limit == w.NOTHING or (ticks >= limit if row == w.BIDS else 0 < ticks <= limit):
            lots += place.depths[row, i]
    return lots


@compiled
def take(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    slot: int,
    prices: Ints,
) -> None:
    """Walk the levels, at these prices, and take them down by what was traded.

    `prices`, shape (n_levels,) [ticks]; `fills`, shape (n_fills,): records of FILL.
    """
    order = place.orders[slot]
    row = row_of(both, place, slot)
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
        if short or order[w.LEFT] == 0 or ticks == 0:
            break
        if (kind == w.LIMIT or slot == w.BUYING) and order[w.PRICE] and _is_worse(row, ticks, order[w.PRICE]):
            break
        wanted = min(order[w.LEFT], place.depths[row, i])
        lots = trade(both, rule, limits, account, place, fills, slot, wanted, ticks, w.TAKER)
        if both is not None and lots == w.OVERDRAWN:
            liquidate(both, rule, limits, account, place, fills)
            return
        place.depths[row, i] -= lots
        short = lots < wanted
    if short and slot == w.BUYING and order[w.FILLED] == 0:
        count_error(limits, account)
    _conclude(place, slot, before, short)


@compiled
def _is_worse(row: int, ticks: int, limit: int) -> bool:
    """Whether a price is worse than a limit, for whoever takes from this side of the book."""
    return bool(ticks > limit if row == w.ASKS else ticks < limit)


@compiled
def _make(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    slot: int,
    available: int,
) -> int:
    """Trade at the order's own limit for at most what is available."""
    order = place.orders[slot]
    before, wanted = order[w.FILLED], min(order[w.LEFT], available)
    lots = trade(both, rule, limits, account, place, fills, slot, wanted, order[w.PRICE], w.MAKER)
    if both is not None and lots == w.OVERDRAWN:
        liquidate(both, rule, limits, account, place, fills)
        return 0
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
