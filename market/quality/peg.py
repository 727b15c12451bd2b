"""Notices when a coin that is worth 1 (of its quote) no longer is: USDC of 11 March 2023, UST of 9 May 2022.

Nobody has to say which coins are pegged. One whose closes stayed within 1 % of 1 for a week is; no other coin stays so. A de-peg
is a price and no fault of the data, but every rule that counts with a price that does not move is wrong from then on.
"""

import math
from datetime import timedelta

from market.timeframe import Timeframe

_NEAR = math.log(1.01)
_LEARN = timedelta(days=7)
_FEWEST = 72  # bars; a week of days would be seven


class PegWatch:
    """The peg of one market. `off` says whether it is lost now; `pegged` whether there was one."""

    __slots__ = ("_limit", "_near", "_needed", "off", "pegged")

    def __init__(self, limit: float | None, timeframe: Timeframe) -> None:
        self._limit = None if limit is None else math.log1p(limit)
        self._needed = max(_FEWEST, _LEARN // timeframe.duration)
        self._near = 0
        self.pegged = False
        self.off = False

    def see(self, close: float) -> str | None:
        """Take a believed close > 0 [quote]. Returns what to tell when the peg was lost at this bar."""
        if self._limit is None:
            return None
        away = abs(math.log(close))
        self._near = self._near + 1 if away <= _NEAR else 0
        self.pegged = self.pegged or self._near >= self._needed
        was_off, self.off = self.off, self.pegged and away > (_NEAR if self.off else self._limit)
        if not self.off or was_off:
            return None
        return f"it was worth 1 and is worth {close:.4g} (limit {math.expm1(self._limit):.0%})"
