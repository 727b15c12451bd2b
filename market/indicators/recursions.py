"""One step of each rule that has a memory and that TA-Lib does not have: Supertrend, swings, levels, regime.

They are pure functions on plain numbers. The stream (`full_depth.py`) calls them in Python, and the batch (`compiled.py`)
compiles the same functions, so that both give the same values bit for bit.
"""

from typing import Any

SUPERTREND_ATR = 3.0
SWING_BARS = 3
"""A swing high is above the highs of so many bars before it and not below those of as many after it [bars]."""
SWINGS_KEPT = 24
TOUCH_ATR = 0.5
"""Swings that are not further than this from a level touch it [ATR]."""

TREND_ENTERS, TREND_LEAVES = 25.0, 20.0
TURBULENT_ENTERS, TURBULENT_LEAVES = 1.5, 1.2
CRASH_ENTERS, CRASH_LEAVES = -2.5, -1.0


def supertrend_step(
    begun: bool, upper: float, lower: float, rising: bool, before: float, bar: tuple[float, float, float], atr: float
) -> tuple[float, float, bool]:
    """The bands of Supertrend [quote] and its direction after one more bar (Seban 2008).

    `begun`: whether `upper`, `lower` and `rising` are those of the bar before; `before`: its close [quote]; `bar`: high, low and
    close [quote]; `atr`: Wilder's average true range of 10 bars [quote].
    """
    high, low, close = bar
    middle = (high + low) / 2.0
    top, bottom = middle + SUPERTREND_ATR * atr, middle - SUPERTREND_ATR * atr
    if not begun:
        upper, lower, rising = top, bottom, close >= middle
    else:
        if top < upper or before > upper:
            upper = top
        if bottom > lower or before < lower:
            lower = bottom
    return upper, lower, close > (lower if rising else upper)


def is_swing_high(highs: Any, at: int) -> bool:
    """Whether `highs[at]` is a swing high (Williams 1995). Of equal highs the first one counts.

    `highs`: a sequence or an array of shape (n,), float64 [quote], with `SWING_BARS` values on each side of `at`.
    """
    for step in range(1, SWING_BARS + 1):  # noqa: SIM110  numba compiles no generators
        if highs[at - step] >= highs[at] or highs[at + step] > highs[at]:
            return False
    return True


def is_swing_low(lows: Any, at: int) -> bool:
    """Whether `lows[at]` is a swing low: `is_swing_high`, upside down. `lows`: shape (n,), float64 [quote]."""
    for step in range(1, SWING_BARS + 1):  # noqa: SIM110  numba compiles no generators
        if lows[at - step] <= lows[at] or lows[at + step] < lows[at]:
            return False
    return True


def below_of(swings: Any, known: int, close: float) -> int:
    """How many of the swing prices are not above the close: the last of these is the support, the next one the resistance.

    `swings`: the swing prices in rising order, shape (at least `known`,), float64 [quote].
    """
    found = 0
    for number in range(known):
        if swings[number] <= close:
            found += 1
    return found


def touches_of(swings: Any, known: int, at: int, reach: float) -> int:
    """How many swing prices lie within `reach` [quote] of `swings[at]`, itself included. `swings`: as in `below_of`, float64."""
    first, last = at, at
    while first > 0 and swings[at] - swings[first - 1] <= reach:
        first -= 1
    while last + 1 < known and swings[last + 1] - swings[at] <= reach:
        last += 1
    return last - first + 1


def regime_step(latches: tuple[bool, bool, bool], adx: float, stress: float, fall: float) -> tuple[bool, bool, bool]:
    """Whether the market is in a crash, turbulent, and in a trend, after one more bar: each has bounds to enter and to leave.

    `adx`: of 14 bars, Wilder's bounds (1978). `stress`: short over long volatility, which is the root of Kritzman and Li's
    turbulence (2010) with one asset, averaged over the short window. `fall`: log return of the short window in long deviations of
    as many bars: fast and deep, as Mishkin and White (2002) define a crash. The bounds of the last two are this project's.
    """
    crash, turbulent, trend = latches
    return (
        (fall <= CRASH_ENTERS and stress >= TURBULENT_LEAVES) or (crash and fall < CRASH_LEAVES),
        stress >= TURBULENT_ENTERS or (turbulent and stress >= TURBULENT_LEAVES),
        adx >= TREND_ENTERS or (trend and adx >= TREND_LEAVES),
    )
