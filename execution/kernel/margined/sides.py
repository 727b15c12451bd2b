"""The side of what is held or under way, where it may be short."""

from execution.kernel import records as w
from execution.kernel.compiled import compiled
from execution.kernel.exact import Pair
from execution.kernel.records import Both, Record


@compiled
def side_of(both: Both, place: Record) -> int:
    """LONG or SHORT: the side of a position, or of the entry under way."""
    if both is None:
        return w.LONG
    return int(place.side)


@compiled
def negative(value: Pair) -> Pair:
    """The same number with the other sign."""
    return -value[0], -value[1]


@compiled
def with_side(value: Pair, side: int) -> Pair:
    """A number, or its negative for a short."""
    return (value[0], value[1]) if side > 0 else (-value[0], -value[1])
