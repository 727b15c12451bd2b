"""The largest size whose measure is within a limit: the bisection of a range, measured many sizes at a time.

A bisection measures one middle after the other, and each choice depends on the last measurement. But a measure that is smooth
tells early where it reaches its limit. So a guess is made, all middles that a bisection would pass on its way to the guess are
measured together, and are taken as long as each goes the way that was guessed; then comes a better guess. Every choice of the
bisection is measured, and none is assumed: the result is that of the bisection to the last digit, whatever the measure does.
"""

import math
from collections.abc import Callable

BISECTIONS = 24
"""How often the range of sizes is halved."""

_MEASURED = (2, 8, BISECTIONS)
"""Middles that are measured at the first guess, at the second, and at later ones: the first two are only near."""

Measure = Callable[[list[float]], list[float]]


def largest_within(measure: Measure, limit: float, top: float, at_top: float) -> float:
    """The largest size in [0, `top`] that bisection finds within the limit, or 0.0; any other was measured and is within it.

    `measure`: gives the value of each of some sizes, which does not depend on the others; `at_top`: its value at `top`, which is
    above `limit`. What it raises is passed on.
    """
    low, high, left, turn = 0.0, top, BISECTIONS, 0
    seen, guess = {top: at_top}, top * limit / at_top
    while left:
        sizes = _way_to(guess, low, high, min(left, _MEASURED[min(turn, len(_MEASURED) - 1)]))
        values = measure(sizes)
        for size, value in zip(sizes, values, strict=True):
            fits, left = value <= limit, left - 1
            low, high = (size, high) if fits else (low, size)
            if fits != (size <= guess):
                break
        seen |= zip(sizes, values, strict=True)
        guess, turn = _guess(seen, limit), turn + 1
    return low


def _way_to(guess: float, low: float, high: float, count: int) -> list[float]:
    """The next middles of the bisection of this range, if its result is near the guess."""
    sizes = []
    for _ in range(count):
        middle = (low + high) / 2
        sizes.append(middle)
        low, high = (middle, high) if middle <= guess else (low, middle)
    return sizes


def _guess(seen: dict[float, float], limit: float) -> float:
    """Where the measure reaches the limit, by the three values that are nearest to it: inverse quadratic interpolation, or a
    straight line through two where that lies far off (Brent 1973, chapter 4). `seen`: the value of each size that was measured.
    """
    nearest = sorted(seen.items(), key=lambda pair: abs(pair[1] - limit))[:3]
    (x, at_x), (y, at_y) = nearest[:2]
    if at_x == at_y:  # it is flat: the limit lies before or behind
        return 0.0 if at_x > limit else math.inf
    line = x + (limit - at_x) * (y - x) / (at_y - at_x)
    if len(nearest) < 3 or nearest[2][1] in (at_x, at_y):
        return line
    z, at_z = nearest[2]
    a, b, c = at_x - limit, at_y - limit, at_z - limit
    curve = (
        x * b * c / ((at_x - at_y) * (at_x - at_z))
        + y * a * c / ((at_y - at_x) * (at_y - at_z))
        + z * a * b / ((at_z - at_x) * (at_z - at_y))
    )
    return curve if abs(curve - line) < abs(y - x) / 2 else line
