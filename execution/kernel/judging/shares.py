"""Positions by shares in the fast engine: what `execution.account.shares` and `risk.limits.share` do."""

import numpy as np

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, add, decimal_of, floor_of, is_clear, over, times
from execution.kernel.protection import is_trimming
from execution.kernel.records import Record
from risk import sizing

share_left = compiled(sizing.share_left)
UNCLEAR = -2
"""No number of lots: rounding may decide."""


@compiled
def may_change(limits: Record, place: Record) -> bool:
    """Whether a position stands for a share that may be changed: no order changes it at present."""
    idle = place.orders[w.BUYING, w.KIND] == w.NOTHING and not place.leaving and not is_trimming(place)
    return bool(limits.band >= 0.0 and place.held > 0 and place.bracket and idle)


@compiled
def stands_for(place: Record) -> float:
    """The share for which a position stands; one with a target is a full one."""
    return 1.0 if place.share == 0.0 else float(place.share)


@compiled
def is_enlarged(limits: Record, place: Record, wanted: float) -> bool:
    """Whether voters want more of what is held than it stands for."""
    return bool(may_change(limits, place) and wanted - stands_for(place) > limits.band * wanted)


@compiled
def kept_lots(rule: Record, limits: Record, place: Record, wanted: float, equity: Pair) -> Pair:
    """What is kept of a position when its voters want this share [lots]; below 0 if it stays as it is. `equity` [quote]."""
    held, whole = stands_for(place), (float(place.held), 0.0)
    if wanted - held > limits.band * wanted:
        return -1.0, 0.0
    rough = limits.max_position_fraction * equity[0] * wanted / (place.mark * rule.lot[0]) * (1.0 + limits.band)
    if is_clear(rough, whole[0]) and whole[0] < rough:  # floats decide where they can
        if not held - wanted > limits.band * wanted:
            return -1.0, 0.0
        left = whole[0] * wanted / held
        if is_clear(left, np.rint(left)):
            return left, 0.0
    wish, mark = decimal_of(wanted), times(decimal_of(place.mark), (rule.lot[0], rule.lot[1]))
    allowed = over(times(times(decimal_of(limits.max_position_fraction), equity), wish), mark)
    trims, kept = held - wanted > limits.band * wanted, whole
    if trims:
        kept = over(times(whole, wish), decimal_of(held)) if held > 0.0 else (0.0, 0.0)
    if _is_above(whole, times(allowed, decimal_of(1.0 + limits.band))):
        return allowed if _is_above(kept, allowed) else kept
    return kept if trims else (-1.0, 0.0)


@compiled
def rough_lots_of_share(
    rule: Record,
    place: Record,
    equity: float,
    price: float,
    scale: float,
    wanted: float,
    of_position: float,
    of_order: float,
) -> int:
    """What `lots_of_share` gives, where floats can decide; otherwise UNCLEAR. `equity`, `price` [quote]."""
    worth = price * rule.lot[0]
    goal, most = equity * of_position * min(scale, 1.0) * wanted / worth, equity * of_order / worth
    if not (is_clear(goal, np.rint(goal)) and is_clear(most, np.rint(most))):
        return UNCLEAR
    if place.held and place.mark > price:
        return UNCLEAR
    if place.held and (goal <= place.held or of_order <= 0.0):
        return -1
    return int(max(0.0, min(np.floor(goal) - place.held, np.floor(most))))


@compiled
def lots_of_share(
    rule: Record,
    place: Record,
    equity: Pair,
    price: Pair,
    scale: Pair,
    wanted: float,
    of_position: Pair,
    of_order: float,
) -> int:
    """Lots that a share leaves to be added, given the caps of the whole position and of the order [fractions of equity]; -1 if
    what is held is enough: it counts at its mark where that is above the price. `equity`, `price` [quote]; `scale`: what court
    and policy leave."""
    worth = times(price, (rule.lot[0], rule.lot[1]))
    goal = over(times(times(equity, of_position), times(scale, decimal_of(wanted))), worth)
    held = (float(place.held), 0.0)
    if place.held and place.mark > price[0]:
        held = over(times(held, decimal_of(place.mark)), price)
    added = add(goal, (-held[0], -held[1]))
    if place.held and (added[0] <= 0.0 or of_order <= 0.0):
        return -1
    return max(0, min(floor_of(added), floor_of(over(times(equity, decimal_of(of_order)), worth))))


@compiled
def _is_above(one: Pair, other: Pair) -> bool:
    return bool(add(one, (-other[0], -other[1]))[0] > 0.0)
