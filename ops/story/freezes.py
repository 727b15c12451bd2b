"""When each market was frozen for its data, and why: one row for each cause, while it lasted without a break."""

from collections.abc import Mapping
from datetime import datetime

from config.frozen import Frozen, UtcTime


class Freeze(Frozen):
    """A market in which nothing new could be opened. `until_utc` is the bar close at which this was over; None at the end."""

    symbol: str
    from_utc: UtcTime
    until_utc: UtcTime | None
    bars: int
    why: str


class Freezes:
    """The freezes of a session, while it is read. The journal says at each bar close which markets were frozen."""

    def __init__(self) -> None:
        self._done: list[Freeze] = []
        self._now: dict[str, Freeze] = {}

    def see(self, at: datetime, frozen: Mapping[str, str]) -> None:
        """Take one bar close: why each frozen market was frozen."""
        for symbol, why in [(symbol, each.why) for symbol, each in self._now.items()]:
            if frozen.get(symbol) != why:
                self._done.append(self._now.pop(symbol).model_copy(update={"until_utc": at}))
        for symbol, why in frozen.items():
            known = self._now.get(symbol) or Freeze(symbol=symbol, from_utc=at, until_utc=None, bars=0, why=why)
            self._now[symbol] = known.model_copy(update={"bars": known.bars + 1})

    def all(self) -> tuple[Freeze, ...]:
        """All freezes in the order of their beginning."""
        return tuple(sorted((*self._done, *self._now.values()), key=lambda each: (each.from_utc, each.symbol)))

    def longest(self, most: int) -> tuple[Freeze, ...]:
        """The longest `most` of them, in the order of their beginning."""
        found = self.all()
        kept = sorted(range(len(found)), key=lambda number: -found[number].bars)[:most]
        return tuple(found[number] for number in sorted(kept))
