"""The gate's rules about perpetual contracts alone: `risk.limits.perpetual`."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, add, decimal_of, is_above, over, ratio, times
from execution.kernel.margined.isolated import cost_of, price_of_liquidation
from execution.kernel.records import Record


@compiled
def contract_refused(
    rule: Record,
    limits: Record,
    place: Record,
    equity: Pair,
    price: Pair,
    rate: float,
    stop: float,
    deepest: float,
    side: int,
) -> int:
    """ALLOWED, or the number of the rule that refuses an entry: too near a liquidation, or too dear a funding.

    `equity`, `price` [quote]. `rate`: that of the last funding, NaN where none is known; `stop`: the distance by which the size
    is counted, and `deepest` that of the stop at the venue [fractions of the price]. `side`: LONG or SHORT.
    """
    near = _nearest(rule, limits, place, equity, price, side)
    if np.isnan(near):
        return w.NEAR_LIQUIDATION
    if near < np.inf and not (near / deepest >= limits.min_liquidation_distance and near > deepest):
        return w.NEAR_LIQUIDATION
    if limits.max_funding_share < np.inf:
        cost = side * rate * (limits.hold_h / rule.interval_h)
        if not cost / stop <= limits.max_funding_share:
            return w.FUNDING
    return w.ALLOWED


@compiled
def leverage_room(rule: Record, equity: float) -> float:
    """The notional up to which the exchange allows the leverage [fraction of equity]; infinite where there is no end."""
    return float(rule.most[0] / equity) if rule.bounded else np.inf


@compiled
def _nearest(rule: Record, limits: Record, place: Record, equity: Pair, price: Pair, side: int) -> float:
    """How far away the nearest liquidation is of what may be held [fraction of the price]; infinite for none, NaN where no tier
    allows the leverage."""
    if rule.bounded and rule.most[0] == 0.0:
        return np.nan
    largest = times(equity, decimal_of(limits.max_position_fraction))
    if rule.bounded and is_above(largest, (rule.most[0], rule.most[1])):
        largest = (rule.most[0], rule.most[1])
    if not place.held:
        margin = over(largest, (rule.leverage[0], rule.leverage[1]))
        return _away(rule, side, over(largest, price), largest, margin, price)
    units = (limits.quote_units, 0.0)
    size = times((float(place.held), 0.0), (rule.lot[0], rule.lot[1]))
    cost, margin = over(cost_of(rule, place), units), over((place.margin[0], place.margin[1]), units)
    now = times(size, price)
    added = add(largest, (-now[0], -now[1])) if is_above(largest, now) else (0.0, 0.0)
    whole = add(size, over(added, price))
    more = add(margin, over(added, (rule.leverage[0], rule.leverage[1])))
    return min(_away(rule, side, size, cost, margin, price), _away(rule, side, whole, add(cost, added), more, price))


@compiled
def _away(rule: Record, side: int, size: Pair, cost: Pair, margin: Pair, price: Pair) -> float:
    found = price_of_liquidation(rule, side, size, cost, margin)
    if found[0] == 0.0:
        return np.inf
    part = over(found, price)
    return float(side * ratio(add((1.0, 0.0), (-part[0], -part[1])), (1.0, 0.0)))
