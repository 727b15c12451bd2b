"""The margin of one isolated position in pairs of floats: what `execution.holdings.isolated`, `market.perpetual.margin` and
`execution.simulated.margined.account` compute.

Money in whole units of the account, of which a margin is a whole number (`execution.kernel.exact`); the cost of a position is the
entry value of its open lots, without a sign. `PLACE.average`: what entries have put in at the average price; `drawn`: funding
that the margin has paid; `margin`: what the position binds; `bound`: what of the account's cash is not free because of it, the
margin less the cost of a long, or with that of a short. `liquidated_at` [quote] is counted when it is asked for, `moved` since.
"""

from execution.holdings.isolated import MARGIN_STEP
from execution.kernel.compiled import compiled
from execution.kernel.exact import (
    Pair,
    add,
    down_to_step,
    floor_of,
    is_above,
    near_step,
    over,
    ratio,
    times,
    two_product,
    up_to_step,
)
from execution.kernel.margined.sides import negative, with_side
from execution.kernel.records import Record

_PLENTY = 0.999999
"""Share of the free wallet below which the rounding of a float cannot matter."""
_STEPS = float(1 / MARGIN_STEP)
"""Steps of a liquidation price in one quote unit."""


@compiled
def cost_of(rule: Record, place: Record) -> Pair:
    """The entry value of the open lots [units]."""
    total = (0.0, 0.0)
    for i in range(place.head, place.tail):
        total = add(total, two_product(float(place.lot_sizes[i]), float(place.lot_ticks[i])))
    return times(total, (rule.units, 0.0))


@compiled
def put_in(rule: Record, limits: Record, notional: Pair) -> Pair:
    """What an entry of this notional puts in [units], rounded up to a step."""
    return up_to_step(over(notional, (rule.leverage[0], rule.leverage[1])), limits.margin_step)


@compiled
def _margin(rule: Record, limits: Record, side: int, cost: Pair, average: Pair, drawn: Pair) -> Pair:
    beside = with_side(add(cost, negative(average)), side)
    return add(add(put_in(rule, limits, average), beside), negative(drawn))


@compiled
def free_of(account: Record) -> Pair:
    """What of the wallet is not bound as margin [units]."""
    return add((account.cash[0], account.cash[1]), (-account.bound[0], -account.bound[1]))


@compiled
def rebind(rule: Record, limits: Record, account: Record, place: Record) -> None:
    """Count the margin of a position anew, after a trade or a payment."""
    before = (-place.bound[0], -place.bound[1])
    margin, bound = (0.0, 0.0), (0.0, 0.0)
    if place.held:
        cost = cost_of(rule, place)
        margin = _margin(
            rule, limits, place.side, cost, (place.average[0], place.average[1]), (place.drawn[0], place.drawn[1])
        )
        bound = add(margin, with_side(cost, -place.side))
    else:
        place.average[0], place.average[1] = 0.0, 0.0
        place.drawn[0], place.drawn[1] = 0.0, 0.0
    place.margin[0], place.margin[1] = margin
    place.bound[0], place.bound[1] = bound
    place.moved = 1
    account.bound[0], account.bound[1] = add((account.bound[0], account.bound[1]), add(bound, before))


@compiled
def affordable(
    rule: Record, limits: Record, account: Record, place: Record, wanted: int, ticks: int, fee_units: float
) -> int:
    """How many of the lots that are wanted the free wallet has margin and fee for, within the tiers that allow the leverage."""
    free = free_of(account)
    if free[0] <= 0.0:
        return 0
    each = two_product(rule.units, float(ticks))
    fee = two_product(fee_units, float(ticks))
    needed = wanted * (each[0] / rule.leverage[0] + fee[0]) + limits.margin_step
    lots = wanted
    if not needed < free[0] * _PLENTY:
        cost = add(over(each, (rule.leverage[0], rule.leverage[1])), fee)
        lots = min(lots, floor_of(over(free, cost)))
    if rule.bounded:
        most = times((rule.most[0], rule.most[1]), (limits.quote_units, 0.0))
        room = over(add(most, negative(cost_of(rule, place))), each)
        if not lots < room[0] * _PLENTY:
            lots = min(lots, floor_of(room))
    while lots > 0 and not needed < free[0] * _PLENTY:
        notional = times(each, (float(lots), 0.0))
        paid = add(put_in(rule, limits, notional), times(fee, (float(lots), 0.0)))
        if not is_above(paid, free):
            break
        lots -= 1
    return max(lots, 0)


@compiled
def put_more_in(place: Record, notional: Pair) -> None:
    """An entry of this notional was traded [units]."""
    place.average[0], place.average[1] = add((place.average[0], place.average[1]), notional)


@compiled
def take_out(limits: Record, place: Record, lots: int) -> None:
    """So many lots are traded back, of those that are held before it."""
    left = over((float(place.held - lots), 0.0), (float(place.held), 0.0))
    average = near_step(times((place.average[0], place.average[1]), left), limits.cost_step)
    drawn = near_step(times((place.drawn[0], place.drawn[1]), left), limits.margin_step)
    place.average[0], place.average[1] = average
    place.drawn[0], place.drawn[1] = drawn


@compiled
def overdraws(rule: Record, limits: Record, place: Record, lots: int, ticks: int, fee: Pair) -> bool:
    """Whether an exit would take more than the margin of its position, by loss and fee together."""
    gone, left, i = (0.0, 0.0), lots, place.head
    while left:  # the entry value of the oldest lots
        part = min(left, place.lot_sizes[i])
        gone = add(gone, two_product(float(part), float(place.lot_ticks[i])))
        left -= part
        i += 1
    lost = add(gone, negative(two_product(float(lots), float(ticks))))
    lost = add(with_side(times(lost, (rule.units, 0.0)), place.side), fee)
    if lost[0] <= 0.0 and place.tail - place.head == 1 and place.drawn[0] == 0.0:
        return False
    gone, cost, after = times(gone, (rule.units, 0.0)), cost_of(rule, place), (0.0, 0.0)
    if lots < place.held:
        rest = over((float(place.held - lots), 0.0), (float(place.held), 0.0))
        average = near_step(times((place.average[0], place.average[1]), rest), limits.cost_step)
        drawn = near_step(times((place.drawn[0], place.drawn[1]), rest), limits.margin_step)
        after = _margin(rule, limits, place.side, add(cost, negative(gone)), average, drawn)
    freed = add((place.margin[0], place.margin[1]), negative(after))
    return is_above(lost, freed)


@compiled
def price_of_liquidation(rule: Record, side: int, size: Pair, cost: Pair, margin: Pair) -> Pair:
    """The mark price at which a position is liquidated [quote]; 0 where no price does it.

    `size` [base], `cost` and `margin` [quote].
    """
    if rule.at_entry:
        return _by_entry(rule, side, size, cost, margin)
    best, least = (0.0, 0.0), (0.0, 0.0)
    for n in range(rule.tiers):
        last = n == rule.tiers - 1
        most = (0.0, 0.0) if last else over((rule.up_to[n, 0], rule.up_to[n, 1]), size)
        top = add(add(margin, (rule.kept_amount[n, 0], rule.kept_amount[n, 1])), with_side(cost, -side))
        rate = add((rule.kept_rate[n, 0], rule.kept_rate[n, 1]), (float(-side), 0.0))
        price = over(top, times(size, rate))
        if side > 0 and not last and is_above(price, most):
            price = most
        if side < 0 and is_above(least, price):
            price = least
        reached = is_above(price, least) or (side < 0 and least[0] > 0.0 and not is_above(least, price))
        if reached and (last or not is_above(price, most)):
            if side < 0:
                return price  # later tiers lie farther away
            if is_above(price, best):
                best = price
        least = least if last else most
    return best


@compiled
def _by_entry(rule: Record, side: int, size: Pair, cost: Pair, margin: Pair) -> Pair:
    n = 0
    while n < rule.tiers - 1 and is_above(cost, (rule.up_to[n, 0], rule.up_to[n, 1])):
        n += 1
    kept = add(
        times(cost, (rule.kept_rate[n, 0], rule.kept_rate[n, 1])),
        (-rule.kept_amount[n, 0], -rule.kept_amount[n, 1]),
    )
    kept = kept if kept[0] > 0.0 else (0.0, 0.0)
    price = over(add(cost, with_side(add(margin, negative(kept)), -side)), size)
    return (price[0], price[1]) if price[0] > 0.0 else (0.0, 0.0)


@compiled
def liquidation_of(rule: Record, limits: Record, place: Record) -> float:
    """The mark price at which what is held is liquidated [quote], to the margin's step; 0 where no price does it."""
    if not place.held:
        return 0.0
    if place.moved:
        units = (limits.quote_units, 0.0)
        size = times((float(place.held), 0.0), (rule.lot[0], rule.lot[1]))
        found = price_of_liquidation(
            rule, place.side, size, over(cost_of(rule, place), units), over((place.margin[0], place.margin[1]), units)
        )
        steps = times(found, (_STEPS, 0.0))
        whole = up_to_step(steps, 1.0) if place.side > 0 else down_to_step(steps, 1.0)
        place.liquidated_at = ratio(whole, (_STEPS, 0.0))
        place.moved = 0
    return float(place.liquidated_at)


@compiled
def is_liquidated(rule: Record, limits: Record, place: Record, mark: float) -> bool:
    """Whether a mark price [quote] has reached the liquidation price of what is held."""
    price = liquidation_of(rule, limits, place)
    if price == 0.0:
        return False
    return bool(mark <= price if place.side > 0 else mark >= price)


@compiled
def bankruptcy_ticks(rule: Record, place: Record) -> int:
    """The price at which the exchange closes what is held [ticks]: nothing of its margin is left there but the rounding."""
    each = two_product(float(place.held), rule.units)
    left = over(add(cost_of(rule, place), with_side((place.margin[0], place.margin[1]), -place.side)), each)
    return int(-floor_of(negative(left)) if place.side > 0 else floor_of(left))
