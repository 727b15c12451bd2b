"""Trades, and the order book that they take liquidity from, in whole ticks and lots.

It computes what `execution.simulated.book_model`, `execution.simulated.account` and `execution.account.lots` compute. What it
does to the margin of a perpetual stands in `execution.kernel.margined`.
"""

import math

import numpy as np

from execution.kernel import records as w
from execution.kernel.breakers import streak_limit
from execution.kernel.compiled import compiled
from execution.kernel.exact import (
    Pair,
    add,
    ceil_scaled,
    decimal_of,
    floor_of,
    floor_scaled,
    over,
    ratio,
    times,
    two_product,
)
from execution.kernel.margined.isolated import (
    affordable,
    bankruptcy_ticks,
    cost_of,
    overdraws,
    put_more_in,
    rebind,
    take_out,
)
from execution.kernel.margined.sides import side_of, with_side
from execution.kernel.records import Both, Ints, Record, Records
from execution.simulated.strain import CALM, strain

_strain = compiled(strain)
_PLENTY = 0.999999
"""Share of the cash below which the rounding of a float cannot matter."""


@compiled
def price_of(rule: Record, ticks: int) -> float:
    """The price of a number of ticks, in quote units: the float nearest to the decimal price."""
    return float(ticks * rule.tick_whole / rule.tick_parts)


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
def lay_liquidity(rule: Record, place: Record, bar: Record) -> None:
    """Set how many lots this bar offers on each side. It is done once per bar."""
    if place.laid:
        return
    place.thin = _strain(bar.high, bar.low, rule.calm) - CALM
    if place.thin == 0:
        lots = floor_scaled(bar.volume, rule.depth[0], rule.depth[1])
    else:
        whole = times(decimal_of(bar.volume), times((rule.depth[0], rule.depth[1]), (float(CALM), 0.0)))
        lots = floor_of(over(whole, (float(CALM + place.thin), 0.0)))
    if lots < 1 and bar.volume > 0:
        lots = 1
    place.laid = 1
    place.asks = lots
    place.bids = lots


@compiled
def lay_book(rule: Record, place: Record, price: float) -> None:
    """Build the order book around a traded price from the liquidity that is left. A level without lots has price 0."""
    levels, asks, bids = rule.levels, place.asks, place.bids
    _lay_bids(rule, place.thin, place.prices[1], price)
    _lay_asks(rule, place.thin, place.prices[0], price)
    for i in range(levels):
        _fill_level(place, 0, i, asks // levels + (1 if i < asks % levels else 0))
        _fill_level(place, 1, i, bids // levels + (1 if i < bids % levels else 0))


@compiled
def lay_late(rule: Record, place: Record, limits: Record, bar: Record, side: int) -> None:
    """Set the prices that an order meets when it arrives after its latency, level by level (`latency.Latency.price`)."""
    if limits.delay == 0.0:  # the price has not moved: the book of the open stands
        for i in range(rule.levels):
            place.late[side, i] = place.prices[side, i]
        return
    move = bar.open * (limits.delay * ((bar.high - bar.low) / (math.sqrt(bar.high) * math.sqrt(bar.low))))
    if side:
        _lay_bids(rule, place.thin, place.late[1], max(bar.open - move, bar.low))
    else:
        _lay_asks(rule, place.thin, place.late[0], min(bar.open + move, bar.high))
    for i in range(rule.levels):
        if place.prices[side, i] == 0:
            place.late[side, i] = 0


@compiled
def _lay_bids(rule: Record, thin: int, prices: Ints, price: float) -> None:
    ticks = _bid(rule, thin, price, 0)
    prices[0] = ticks
    for i in range(1, rule.levels):
        ticks = min(_bid(rule, thin, price, i), ticks - 1)
        prices[i] = max(0, ticks)


@compiled
def _lay_asks(rule: Record, thin: int, prices: Ints, price: float) -> None:
    """Each ask is above the one before it, and the first is above the best bid for the same traded price."""
    ticks = _bid(rule, thin, price, 0)
    for i in range(rule.levels):
        ticks = max(_ask(rule, thin, price, i), ticks + 1)
        prices[i] = ticks


@compiled
def _bid(rule: Record, thin: int, price: float, i: int) -> int:
    """The bid of a level [ticks], by `thin` hundredths farther away than in a calm book."""
    if thin == 0:
        return max(0, floor_scaled(price, rule.bid[i, 0], rule.bid[i, 1]))
    pair = add((rule.middle[0], rule.middle[1]), _farther(rule.away[i, 0], rule.away[i, 1], -CALM - thin))
    return max(0, floor_scaled(price, pair[0], pair[1]))


@compiled
def _ask(rule: Record, thin: int, price: float, i: int) -> int:
    """The ask of a level [ticks], in the same way."""
    if thin == 0:
        return int(ceil_scaled(price, rule.ask[i, 0], rule.ask[i, 1]))
    pair = add((rule.middle[0], rule.middle[1]), _farther(rule.away[i, 0], rule.away[i, 1], CALM + thin))
    return int(ceil_scaled(price, pair[0], pair[1]))


@compiled
def _farther(high: float, low: float, hundredths: int) -> Pair:
    return over(times((high, low), (float(hundredths), 0.0)), (float(CALM), 0.0))


@compiled
def _fill_level(place: Record, side: int, i: int, lots: int) -> None:
    lots = lots if place.prices[side, i] > 0 else 0
    place.depths[side, i] = lots
    if lots == 0:
        place.prices[side, i] = 0


@compiled
def trade(
    both: Both,
    rule: Record,
    limits: Record,
    account: Record,
    place: Record,
    fills: Records,
    slot: int,
    wanted: int,
    ticks: int,
    maker: int,
) -> int:
    """Trade the lots that are wanted, or fewer if the account cannot pay for or does not hold them. Returns the lots traded; or
    OVERDRAWN for an exit that would take more than the margin of its position, which is not traded.

    `account`, `place`, `fills`: records of ACCOUNT [quote], PLACE [lots, ticks] and FILL, `fills` of shape (n_fills,) with room
    for one more; all three are changed. `slot`: the order, 0 for the entry. `wanted` [lots], `ticks`: the price [ticks];
    `maker`: 1 for the maker's fee.
    """
    fee_units = rule.maker_units if maker else rule.taker_units
    lots = min(wanted, place.held)
    if slot == 0 and both is None:
        lots = _affordable(rule, account, wanted, ticks, fee_units)
    elif slot == 0:
        lots = affordable(rule, limits, account, place, wanted, ticks, fee_units)
    if lots <= 0:
        return 0
    value = two_product(float(lots), float(ticks))
    fee = times(value, (fee_units, 0.0))
    if both is not None and slot and overdraws(rule, limits, place, lots, ticks, fee):
        return w.OVERDRAWN
    place.orders[slot, w.LEFT] -= lots
    place.orders[slot, w.FILLED] += lots
    notional = times(value, (rule.units, 0.0))
    place.mark = price_of(rule, ticks)
    buys = (slot == 0) == (side_of(both, place) > 0)
    paid = (-notional[0], -notional[1]) if buys else (notional[0], notional[1])
    _pay(limits, account, place, add(paid, (-fee[0], -fee[1])))
    if slot == 0:
        if both is not None:
            put_more_in(place, notional)
        _enter(both, account, place, lots, ticks)
    else:
        if both is not None:
            take_out(limits, place, lots)
        _leave(both, place, lots)
        if place.orders[slot, w.PURPOSE] == w.TAKE_PROFIT and np.isnan(place.trailing_from):
            place.trailing_from = place.mark
    if both is not None:
        rebind(rule, limits, account, place)
    account.traded += lots * (ticks * rule.units) / limits.quote_units
    purpose = place.orders[slot, w.PURPOSE]
    _note(account, place, fills, buys, purpose, lots, ticks, ratio(fee, (limits.quote_units, 0.0)))
    if place.held == 0:
        _close(limits, account, place)
    return int(lots)


@compiled
def liquidate(both: Both, rule: Record, limits: Record, account: Record, place: Record, fills: Records) -> None:
    """Close what is held at its bankruptcy price, and withdraw all orders: the exchange does both, and takes nothing from the
    book.

    `fills`, shape (n_fills,): records of FILL with room for one more; `account`, `place`: records of ACCOUNT and PLACE. All three
    are changed. The fee is what is left of the margin, at most [quote].
    """
    lots, ticks, side = place.held, bankruptcy_ticks(rule, place), place.side
    value = two_product(float(lots), float(ticks))
    notional = times(value, (rule.units, 0.0))
    cost = cost_of(rule, place)
    won = with_side(add(notional, (-cost[0], -cost[1])), side)
    left = add((place.margin[0], place.margin[1]), won)
    fee = times(value, (rule.liquidated_units, 0.0))
    if add(left, (-fee[0], -fee[1]))[0] < 0.0:
        fee = left if left[0] > 0.0 else (0.0, 0.0)
    place.mark = price_of(rule, ticks)
    _pay(limits, account, place, add(with_side(notional, side), (-fee[0], -fee[1])))
    asks, bids = place.asks, place.bids
    _leave(both, place, lots)
    place.asks, place.bids = asks, bids
    rebind(rule, limits, account, place)
    account.traded += lots * (ticks * rule.units) / limits.quote_units
    _note(account, place, fills, side < 0, w.LIQUIDATION, lots, ticks, ratio(fee, (limits.quote_units, 0.0)))
    _close(limits, account, place)
    for slot in range(w.SLOTS):
        withdraw(place, slot)


@compiled
def _affordable(rule: Record, account: Record, wanted: int, ticks: int, fee_units: float) -> int:
    """How many of the lots that are wanted the cash pays for, fee included. Floats decide where there is plenty."""
    if account.cash[0] <= 0.0:
        return 0
    cost = times((float(ticks), 0.0), (rule.units + fee_units, 0.0))
    if wanted * cost[0] < account.cash[0] * _PLENTY:
        return wanted
    return min(wanted, floor_of(over((account.cash[0], account.cash[1]), cost)))


@compiled
def _pay(limits: Record, account: Record, place: Record, flow: Pair) -> None:
    """Book a cash flow: positive if money came in."""
    account.cash[0], account.cash[1] = add((account.cash[0], account.cash[1]), flow)
    account.cash_quote = ratio((account.cash[0], account.cash[1]), (limits.quote_units, 0.0))
    place.pnl[0], place.pnl[1] = add((place.pnl[0], place.pnl[1]), flow)


@compiled
def _enter(both: Both, account: Record, place: Record, lots: int, ticks: int) -> None:
    if side_of(both, place) > 0:
        place.asks -= lots
    else:
        place.bids -= lots
    if place.held == 0:
        place.opened = account.bar
    _keep_lot(account, place, lots, ticks)
    place.held += lots
    if not place.bracket:
        place.bracket = 1
        place.too_small = -1
        place.stop_ticks = -1
        place.bracket_stop = place.entry_stop
        place.trailing_from = np.nan
        place.share = 0.0
        place.exit = 0.0
        place.atr = place.entry_atr
    if place.entry_share > 0.0:
        place.share = place.entry_share
        if side_of(both, place) > 0:
            place.exit = max(place.exit, place.entry_exit)
        elif place.entry_exit > 0.0 and (place.exit == 0.0 or place.entry_exit < place.exit):
            place.exit = place.entry_exit
    place.outgrown = 1


@compiled
def _keep_lot(account: Record, place: Record, lots: int, ticks: int) -> None:
    """Add a lot; where there is no room behind the last one, those that are sold make some."""
    if place.tail == len(place.lot_sizes):
        kept = place.tail - place.head
        for i in range(kept):
            place.lot_sizes[i] = place.lot_sizes[place.head + i]
            place.lot_ticks[i] = place.lot_ticks[place.head + i]
        place.head, place.tail = 0, kept
    if place.tail == len(place.lot_sizes):
        account.overfull = 1
        place.tail -= 1
    place.lot_sizes[place.tail] = lots
    place.lot_ticks[place.tail] = ticks
    place.tail += 1


@compiled
def _leave(both: Both, place: Record, lots: int) -> None:
    """First in, first out."""
    if side_of(both, place) > 0:
        place.bids -= lots
    else:
        place.asks -= lots
    place.held -= lots
    place.unwanted = 1
    while lots:
        part = min(lots, place.lot_sizes[place.head])
        place.lot_sizes[place.head] -= part
        lots -= part
        if place.lot_sizes[place.head] == 0:
            place.head += 1


@compiled
def _note(
    account: Record, place: Record, fills: Records, buys: bool, purpose: int, lots: int, ticks: int, fee: float
) -> None:
    fill = fills[account.fills]
    fill.bar = account.bar
    fill.symbol = place.symbol
    fill.buys = 1 if buys else 0
    fill.purpose = purpose
    fill.lots = lots
    fill.ticks = ticks
    fill.fee = fee
    account.fills += 1
    place.changed = 1


@compiled
def _close(limits: Record, account: Record, place: Record) -> None:
    """Close a round trip. Too many losses in a row trip the loss streak breaker."""
    account.losses = account.losses + 1 if place.pnl[0] + place.pnl[1] < 0.0 else 0
    if account.losses >= limits.loss_streak and account.losses >= streak_limit(limits, account.trades, account.wins):
        account.losses = 0
        account.streak_until = account.now_us + limits.streak_pause_us
    account.trades += 1
    account.wins += 1 if place.pnl[0] + place.pnl[1] > 0.0 else 0
    place.pnl[0] = 0.0
    place.pnl[1] = 0.0
    place.head = 0
    place.tail = 0


@compiled
def average_ticks(place: Record) -> Pair:
    """Average price of the lots that are still held, in ticks."""
    high, low = two_product(float(place.lot_sizes[place.head]), float(place.lot_ticks[place.head]))
    if place.tail - place.head == 1 and low == 0.0:
        return float(place.lot_ticks[place.head]), 0.0
    for i in range(place.head + 1, place.tail):
        high, low = add((high, low), two_product(float(place.lot_sizes[i]), float(place.lot_ticks[i])))
    return over((high, low), (float(place.held), 0.0))
