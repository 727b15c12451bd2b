"""What the pages of one market have told: bars that are still to be passed on, and whether bars that were passed on have changed.

A candle is believed once it has closed by the exchange's time at which it was asked for. The one that still forms is not: it only
shows that the ones before it are over. A bar that was passed on is never passed on again, whatever an exchange makes of it later.
"""

from collections.abc import Sequence
from typing import Any

from config.clock import from_ms
from market.bar import Prices
from market.live.rows import on_grid, row_of
from market.timeframe import Timeframe

OVERLAP = 3
"""Bars before the next one that are asked for again, to notice those that have changed."""
_REMEMBERED = 4 * OVERLAP
Note = tuple[str, str]
"""Kind and detail of a finding."""


class Seen:
    """The bars of one market after the close `at_ms` [ms since 1970 UTC], the last one that was passed on."""

    def __init__(self, timeframe: Timeframe, at_ms: int) -> None:
        self._timeframe = timeframe
        self._length_ms = timeframe.seconds * 1000
        self._at_ms = at_ms
        self._told: dict[int, Prices | None] = {}
        self._waiting: dict[int, Prices] = {}
        self._latest_ms = 0

    @property
    def since_ms(self) -> int:
        """The open time [ms] from which the next page is wanted: a few bars before the first that is not known."""
        known_ms = max((self._at_ms, *self._waiting))
        return known_ms - OVERLAP * self._length_ms

    def knows(self, close_ms: int) -> bool:
        """Whether this bar has come, or later ones have and it will not."""
        return close_ms in self._waiting or self._latest_ms >= close_ms

    def take(self, page: Sequence[Any], asked_ms: int) -> list[Note]:
        """Take a page that was asked for at this time of the exchange [ms]. Returns what has changed of bars that were passed on.

        Rows that cannot be read, or lie beside the grid, are left out: to the quality monitor their bars are missing.
        """
        notes = list[Note]()
        for each in page:
            row = row_of(each)
            if row is None or not on_grid(row[0], self._timeframe):
                continue
            close_ms, prices = row[0] + self._length_ms, row[1:]
            if close_ms > asked_ms:
                if row[0] <= asked_ms:
                    self._latest_ms = max(self._latest_ms, row[0])
                continue
            self._latest_ms = max(self._latest_ms, close_ms)
            if close_ms > self._at_ms:
                self._waiting[close_ms] = prices
            elif (note := self._changed(close_ms, prices)) is not None:
                notes.append(note)
        return notes

    def tell(self, close_ms: int) -> Prices | None:
        """Pass a bar on, and remember what was passed on. None: there is none."""
        self._at_ms = close_ms
        told = self._told[close_ms] = self._waiting.pop(close_ms, None)
        for old_ms in list(self._told)[:-_REMEMBERED]:
            del self._told[old_ms]
        return told

    def remember(self, close_ms: int, prices: Prices) -> None:
        """Note a bar that was passed on before this began."""
        self._told[close_ms] = prices

    def _changed(self, close_ms: int, prices: Prices) -> Note | None:
        """What is to be said of a bar that was passed on and is another now. It is said once."""
        if close_ms not in self._told or self._told[close_ms] == prices:
            return None
        before, self._told[close_ms] = self._told[close_ms], prices
        closed = f"the bar that closed at {from_ms(close_ms):%Y-%m-%d %H:%M} UTC"
        if before is None:
            return "missed", f"{closed} came after its close had been passed on without it: it is not used"
        changes = ", ".join(
            f"{name} {old:g} to {new:g}"
            for name, old, new in zip(("open", "high", "low", "close", "volume"), before, prices, strict=True)
            if old != new
        )
        return "revised", f"{closed} was changed by the exchange afterwards ({changes}): what was decided on it stays"
