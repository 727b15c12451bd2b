"""Tells a price in another unit from a price that moved.

A coin is redenominated (100 new BNX for an old one, 22 February 2023), a ticker is given to another coin (LUNA, 31 May 2022), a
contract is renamed (SHIB, 1000SHIB), a vendor changes the unit: from one bar to the next the price is 1,000 times another, and
nobody won or lost anything. What markets do is different. They are open all the time, so a crash happens inside bars: LUNA lost
99.99 % on 12 and 13 May 2022, and each bar opened where the last one had closed. So a fall is another unit only where the price
jumps between two bars, by a power of ten, and the bar never comes near the old price. A rise needs less: no market gains a
hundredfold within a bar.

With `any_jump`, a price that is somewhere else than it was, by no power of ten, is told too: a ticker that was given to another
coin, or shares that were split. In 1.7 million recorded bars of markets that are always open, no bar opened more than 40 % away
from the last close, also after months without trading; the limit is 1.9 times, so that a split of two for one is seen. While bars
are missing a price goes on moving, so the limit grows with the root of the days (`drift`).
"""

import math
from collections.abc import Callable

from market.bar import Prices

LEAST_TENS = 2
"""A power of ten from which a jump alone is another unit; a factor of ten needs its volume as a witness."""
_MOST_OFF = 0.08  # decades: prices may move by 20 % while trading stops for the change of unit
_MOST_OFF_TEN = 0.04
_MOST_VOLUME_OFF = 0.5
_NO_JUMP = math.log(3.0)
_SAME = 0.1  # decades between the jump and the factor that a human named
_BOTH = 0.5  # decades from the unit that a bar should open in
_ELSEWHERE = math.log(1.9)
_UNCHANGED = 0.6  # of the last close: below it, or above its inverse, an open may be another unit or another coin
_LEAST_TIMES = 10.0
_MANY = 1e15  # from it on, a multiple is told by its size alone
_A_DAY = 0.15  # log; three times what a volatile coin moves in a day

_UNTIL_SAID = (
    "Nothing is traded, no stop is filled, and what is held keeps its last price, until a human says what it was"
)
_OTHER_UNIT = ("unit", "another unit is no profit and no loss")
_OTHER_COIN = ("identity", "with no trade between, that is another coin under this name, or another unit")

Note = Callable[[str, str], None]
"""Takes a finding: its kind and its detail."""


class UnitWatch:
    """The unit of one symbol's prices. `why` says why its bars are not believed now; None while they are.

    `accepted` is what a human said of a change of unit: how many times larger prices become, or 1 for prices that moved.
    """

    __slots__ = ("_accepted", "_any_jump", "_last", "_most_move", "_scale", "_symbol", "why")

    def __init__(self, symbol: str, accepted: float | None, most_move: float, *, any_jump: bool = False) -> None:
        self._symbol, self._accepted, self._most_move, self._any_jump = symbol, accepted, most_move, any_jump
        self._scale, self._last = 1.0, 0.0
        self.why: str | None = None

    def read(
        self,
        bar: Prices,
        last_close: float | None,
        suspect_close: float | None,
        usual_volume: float,
        note: Note,
        *,
        missing: bool,
        days: float = 0.0,
    ) -> Prices | None:
        """The bar in the unit of those before it; None for one that is not believed.

        `last_close` is the last believed one, `suspect_close` that of a suspect bar after it, if there is one [quote]. `days` is
        how long bars have been missing [days].
        """
        if self._scale != 1.0:
            bar = in_unit(bar, self._scale)
        if last_close is None:
            return bar
        if self.why is not None:
            self._look_for_return(bar, last_close, note)
            return None if self.why else bar
        seen = last_close
        if suspect_close is not None and self._accepted is None and self._near(suspect_close, bar[0]):
            seen = suspect_close  # the price fell inside the bar before: that is no change of unit
        if _UNCHANGED < bar[0] / seen < 1 / _UNCHANGED and bar[3] / seen < _LEAST_TIMES:
            return bar  # nearly every bar: it opens where a change of neither kind is possible
        factor = change_of_unit(bar, seen, usual_volume=usual_volume, missing=missing)
        if self._any_jump and (other := change_of_coin(bar, seen, factor, days)) is not None:
            return bar if self._accepted == 1.0 else self._changed(bar, last_close, other, note, _OTHER_COIN)
        return (
            bar
            if factor is None or self._accepted == 1.0
            else self._changed(bar, last_close, factor, note, _OTHER_UNIT)
        )

    def _changed(self, bar: Prices, before: float, factor: float, note: Note, told: tuple[str, str]) -> Prices | None:
        kind, means = told
        now = max(bar[0], bar[3]) if factor > 1 else bar[0]
        times = f"{_counted(now / before)} times" if factor > 1 else f"1/{_counted(before / now)} of"
        jump = f"the price is {times} the last one ({before:g} to {now:g}): {means}"
        if self._accepted is not None and abs(math.log10(self._accepted / factor)) < _SAME:
            self._scale *= self._accepted
            note(kind, f"{jump}; read in the unit before, because quality.accepted_units says so")
            whole = abs(math.log10(bar[0] / before / self._accepted)) < _BOTH
            return in_unit(bar, self._accepted) if whole else None
        note(kind, f"{jump}. {_UNTIL_SAID}: {self._asked(factor, kind)}")
        self.why, self._last = jump, bar[3]
        return None

    def _asked(self, factor: float, kind: str) -> str:
        """The setting by which a human says what the jump was."""
        said = "--set 'quality.accepted_units={{" + self._symbol + ": {0:g}}}'"
        if kind == "identity":
            return (
                said.format(1) + f" takes the price as it stands, {factor:g} instead of 1 reads it in the unit before"
            )
        return said.format(factor) + f" for another unit, 1 instead of {factor:g} for a price that moved"

    def _look_for_return(self, bar: Prices, last_close: float, note: Note) -> None:
        """Believe bars again when they are back in the unit before: with a jump, near the last believed close."""
        back = self._near(last_close, bar[0]) and not self._near(self._last, bar[0])
        self._last = bar[3]
        if back:
            note("unit", "the price is back in the unit before")
            self.why = None

    def _near(self, before: float, after: float) -> bool:
        return abs(math.log(after / before)) <= self._most_move


def change_of_unit(bar: Prices, last_close: float, *, usual_volume: float, missing: bool) -> float | None:
    """How many times the last unit a bar's prices are in: a power of ten; None where the price moved, or did not.

    `bar` is open, high, low, close [quote] and volume [base]; `last_close` > 0 [quote]. `usual_volume` is the mean volume of the
    bars before [base], `missing` whether bars are missing between.
    """
    open_, high, low, close, volume = bar
    if abs(math.log(open_ / last_close)) < _NO_JUMP and close / last_close < 10.0:
        return None
    rise = math.log10(max(open_, close) / last_close)
    if rise >= LEAST_TENS - _MOST_OFF:
        return math.pow(10.0, round(rise))
    jump = math.log10(open_ / last_close)
    tens, halfway = round(jump), last_close * math.pow(10.0, round(jump) / 2)
    if not (high < halfway if tens < 0 else low > halfway):
        return None
    if abs(tens) == 1:
        sound = abs(jump - tens) <= _MOST_OFF_TEN and not missing and volume > 0 and usual_volume > 0
        witnessed = sound and abs(math.log10(volume / usual_volume) + tens) <= _MOST_VOLUME_OFF
        return math.pow(10.0, tens) if witnessed else None
    return math.pow(10.0, tens) if tens and abs(jump - tens) <= _MOST_OFF else None


def drift(days: float) -> float:
    """How far a price may have moved while nobody saw it [log]. `days` is how long that was [days]."""
    return _A_DAY * math.sqrt(days)


def change_of_coin(bar: Prices, last_close: float, tens: float | None, days: float) -> float | None:
    """How many times the last price a bar's prices are, where nobody traded between the two; None where somebody did.

    `bar` is open, high, low, close [quote] and volume [base]; `last_close` > 0 [quote]. `tens` is the power of ten that
    `change_of_unit` found: where the price lies on it, the coin is the same. `days` is how long bars were missing [days].
    """
    open_, high, low, _, _ = bar
    jump, halfway = math.log(open_ / last_close), math.sqrt(open_ * last_close)
    if abs(jump) < max(_ELSEWHERE, drift(days)) or not (high < halfway if jump < 0 else low > halfway):
        return None
    if tens is not None and abs(math.log10(open_ / last_close / tens)) <= _MOST_OFF:
        return None
    return float(f"{open_ / last_close:.3g}")


def _counted(times: float) -> str:
    if times >= _MANY:
        return f"{times:.3g}"
    return f"{times:,.0f}" if times >= 10.0 else f"{times:.2g}"


def in_unit(bar: Prices, factor: float) -> Prices:
    """A bar whose prices are `factor` times too large, in the unit before: the notional stays the same."""
    open_, high, low, close, volume = bar
    return open_ / factor, high / factor, low / factor, close / factor, volume * factor
