"""Exact decimals without objects: numbers as sums of two floats, about 32 digits (Dekker 1971; Knuth, TAOCP 4.2.2).

The full engine counts in `Decimal`. Here money is a whole number of the smallest unit that any fee can make, held in two floats,
which adds and multiplies without error up to 2^106. A float, from a file or computed, is read as the decimal that it prints as
(`decimal_of`), as the full engine reads it. Only roundings to ticks and lots are asked for; a value that lies within 1e-27 of a
border is taken to lie on it.

It refuses nothing: `kernel_rules` has refused before what would not fit.
"""

import math

import numpy as np

from execution.kernel.compiled import compiled

Pair = tuple[float, float]

_POWERS = np.array([float(10**k) for k in range(23)])
_WHOLE = 2.0**53
_SPLIT = 134217729.0  # 2^27 + 1
_NEAR = 1e-15
"""How far, as a share of it, two roundings can move a product at most, and more."""
SNAP = 1e-27
"""How far, as a share of a value, it may lie from a border and still be taken to lie on it."""


@compiled
def two_sum(a: float, b: float) -> Pair:
    """a + b, and what rounding took from it."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


@compiled
def two_product(a: float, b: float) -> Pair:
    """a * b, and what rounding took from it."""
    product = a * b
    left = _SPLIT * a
    a_high = left - (left - a)
    a_low = a - a_high
    right = _SPLIT * b
    b_high = right - (right - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled
def add(a: Pair, b: Pair) -> Pair:
    """a + b."""
    high, error = two_sum(a[0], b[0])
    low, rest = two_sum(a[1], b[1])
    high, error = two_sum(high, error + low)
    return two_sum(high, error + rest)


@compiled
def times(a: Pair, b: Pair) -> Pair:
    """a * b."""
    high, low = two_product(a[0], b[0])
    return two_sum(high, low + (a[0] * b[1] + a[1] * b[0]))


@compiled
def over(a: Pair, b: Pair) -> Pair:
    """a / b."""
    first = a[0] / b[0]
    left = add(a, times((-first, 0.0), b))
    second = left[0] / b[0]
    left = add(left, times((-second, 0.0), b))
    high, low = two_sum(first, second)
    return two_sum(high, low + left[0] / b[0])


@compiled
def ratio(a: Pair, b: Pair) -> float:
    """The float nearest to a / b."""
    first = a[0] / b[0]
    return float(first + add(a, times((-first, 0.0), b))[0] / b[0])


@compiled
def decimal_of(value: float) -> Pair:
    """The decimal that a float prints as: the shortest that reads back as this float; of those the nearest (Gay 1990)."""
    for digits in range(23):
        rough = value * _POWERS[digits]
        whole = np.rint(rough)
        if abs(whole) > _WHOLE:
            break
        if (
            abs(rough - whole) <= _NEAR * abs(rough) and whole / _POWERS[digits] == value
        ):  # a division takes the longest
            product, error = two_product(value, _POWERS[digits])
            return value, ((whole - product) - error) / _POWERS[digits]
    return _long_decimal_of(value)


@compiled
def _long_decimal_of(value: float) -> Pair:
    """The same for a float whose decimal has 16 or 17 digits, which as a whole number fit no float.

    The first 17 digits always read back as the float; 16 do if they lie within half the distance to its neighbours.
    """
    size = abs(value)
    if not 1e-20 < size < 1e17:
        return value, 0.0
    places = 16 - math.floor(math.log10(size))
    if times((size, 0.0), _power(places))[0] >= 1e17:
        places -= 1
    half = math.ldexp(1.0, math.frexp(size)[1] - 54)
    for kept in (places - 1, places):
        scaled = times((size, 0.0), _power(kept))
        whole = _nearest_whole(scaled)
        off = add(whole, (-scaled[0], -scaled[1]))
        if kept == places or abs(off[0]) <= times((half, 0.0), _power(kept))[0]:
            found = over(whole, _power(kept))
            return (found[0], found[1]) if value > 0.0 else (-found[0], -found[1])
    return value, 0.0


@compiled
def _power(places: int) -> Pair:
    """Ten to the power of `places`, in two floats: exact up to 44."""
    if places < 0:
        return over((1.0, 0.0), (_POWERS[-places], 0.0))
    if places > 22:
        return two_product(_POWERS[22], _POWERS[places - 22])
    return _POWERS[places], 0.0


@compiled
def _nearest_whole(value: Pair) -> Pair:
    """The nearest whole number, where the high part may be too large to have a fraction of its own."""
    high = np.rint(value[0])
    return two_sum(high, np.rint((value[0] - high) + value[1]))


@compiled
def is_above(one: Pair, other: Pair) -> bool:
    """Whether a number is larger than another one, and not only by what rounding leaves."""
    gap = add(one, (-other[0], -other[1]))
    return bool(gap[0] > SNAP * (abs(one[0]) + abs(other[0])))


@compiled
def up_to_step(value: Pair, step: float) -> Pair:
    """The smallest multiple of a whole `step` that is not below."""
    parts = over(value, (step, 0.0))
    near = _nearest_whole(parts)
    return times(add(near, (1.0, 0.0)) if is_above(parts, near) else near, (step, 0.0))


@compiled
def down_to_step(value: Pair, step: float) -> Pair:
    """The largest multiple of a whole `step` that is not above."""
    found = up_to_step((-value[0], -value[1]), step)
    return -found[0], -found[1]


@compiled
def near_step(value: Pair, step: float) -> Pair:
    """The nearest multiple of a whole `step`."""
    return times(_nearest_whole(over(value, (step, 0.0))), (step, 0.0))


@compiled
def floor_of(value: Pair) -> int:
    """The largest whole number that is not above."""
    near = np.rint(value[0])
    off = (value[0] - near) + value[1]
    if off < -SNAP * (1.0 + abs(near)):
        near -= 1.0
    return int(near)


@compiled
def ceil_of(value: Pair) -> int:
    """The smallest whole number that is not below."""
    return -floor_of((-value[0], -value[1]))


@compiled
def nearest_of(value: Pair) -> int:
    """The nearest whole number; of two equally near ones the even one."""
    below = floor_of(value)
    off = ((value[0] - below) - 0.5) + value[1]
    if abs(off) <= SNAP * (1.0 + abs(value[0])):
        return below + (below & 1)
    return below + 1 if off > 0 else below


@compiled
def is_clear(value: float, border: float) -> bool:
    """Whether a product of a few floats lies so far from a border that its own rounding cannot have moved it across."""
    return abs(value - border) > 1e-14 * abs(value) + 1e-300


@compiled
def floor_scaled(value: float, high: float, low: float) -> int:
    """The decimal `value` times a constant of two parts, rounded down. Floats decide where they can."""
    rough = value * high
    if is_clear(rough, np.rint(rough)):
        return math.floor(rough)
    return floor_of(times(decimal_of(value), (high, low)))


@compiled
def ceil_scaled(value: float, high: float, low: float) -> int:
    """The same, rounded up."""
    rough = value * high
    if is_clear(rough, np.rint(rough)):
        return math.ceil(rough)
    return ceil_of(times(decimal_of(value), (high, low)))


@compiled
def nearest_scaled(value: float, high: float, low: float) -> int:
    """The same, rounded to the nearest, half to even."""
    rough = value * high
    if is_clear(rough, math.floor(rough) + 0.5):
        return int(np.rint(rough))
    return nearest_of(times(decimal_of(value), (high, low)))


@compiled
def product_below(a: float, b: float, least_high: float, least_low: float) -> bool:
    """Whether a (a whole number) times b (a decimal) is below `least`."""
    rough = a * b
    if is_clear(rough, least_high):
        return rough < least_high
    gap = add(times((a, 0.0), decimal_of(b)), (-least_high, -least_low))
    return gap[0] + gap[1] < -SNAP * least_high
