"""What caps leave at the dearest price of an entry, and out of its book: what `risk.sizing` and `risk.limits.market` do."""

from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair, times
from execution.kernel.market import lots_within
from execution.kernel.records import Record
from risk.sizing import A_HAIR_LESS


@compiled
def at_dearest(rule: Record, limits: Record, room: float) -> float:
    """The notional that costs `room` at the dearest price and with its fee: `risk.sizing.at_dearest`."""
    if not limits.entry_cap:
        return float(room)
    return float(room * A_HAIR_LESS / ((1.0 + limits.entry_cap) * (1.0 + rule.fee)))


@compiled
def deployed_room(rule: Record, limits: Record, used: float, held: float, short: float) -> float:
    """What all positions together leave: `risk.sizing.deployed_room`. `short`: the part of `held` that is."""
    if not limits.entry_cap:
        return float(limits.max_deployed_fraction - used)
    larger = held + limits.max_deployed_fraction * limits.entry_cap * short
    return float(
        at_dearest(rule, limits, limits.max_deployed_fraction - larger - limits.entry_cap * held) - (used - held)
    )


@compiled
def book_room(rule: Record, limits: Record, place: Record, price: Pair, row: int) -> float:
    """What the book gives near its middle, in quote units at the last close."""
    size = times(lots_within(rule, limits, place, row), (rule.lot[0], rule.lot[1]))
    return float(times(size, price)[0] * A_HAIR_LESS)
