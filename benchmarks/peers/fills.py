"""Fills of any engine in one form, and how those of two engines differ: only equal fills are a race."""

import math
from collections.abc import Sequence
from typing import NamedTuple


class Traded(NamedTuple):
    """One fill of any engine: row of its bar, whether it bought, base units, price and fee [quote]."""

    bar: int
    bought: bool
    quantity: float
    price: float
    fee: float = 0.0


def difference(ours: Sequence[Traded], theirs: Sequence[Traded]) -> str:
    """Return why two engines cannot be compared by their times, in words; empty if both made the same fills."""
    if not ours or not theirs:
        return "nothing was traded"
    if len(ours) != len(theirs):
        return f"{len(ours):,} fills and {len(theirs):,}"
    for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        if (one.bar, one.bought) != (other.bar, other.bought):
            return f"fill {number:,} is at bar {one.bar:,} and at bar {other.bar:,}"
        for name, a, b in (("quantity", one.quantity, other.quantity), ("price", one.price, other.price)):
            if a != b:
                return f"fill {number:,} has {name} {a:.12g} and {b:.12g}"
        if not math.isclose(one.fee, other.fee, rel_tol=1e-12):
            return f"fill {number:,} has fee {one.fee:.14g} and {other.fee:.14g}"
    return ""
