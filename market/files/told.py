"""What was found in files of bars, in one line a file: rows, span, timeframe, zone and convention of times, unit of volume."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from config.clock import from_ms
from market.candles import Millis, RawCandles
from market.perpetual.spelling import Contract, contract_of
from market.timeframe import Timeframe

_MOST_NAMES = 20


class FileRead(NamedTuple):
    """One file as it was read. `closes_ms`, shape (n,), int64 [ms since 1970 UTC]: all closes of its bars, of all its markets.

    `timeframe` is that of the file. `left_out` counts rows that are no bars. `volume`: its unit; None for mark prices.
    `spelled`: how a column of the file writes its markets.
    """

    name: str
    markets: tuple[str, ...]
    timeframe: Timeframe
    closes_ms: Millis
    zone: str
    stamps: str
    volume: str | None
    left_out: int = 0
    spelled: tuple[str, ...] = ()

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """What its name and its spellings of markets prove about their contracts."""
        told = (contract_of(each) for each in (self.name.partition(".")[0], *self.spelled))
        return tuple(dict.fromkeys(each for each in told if each is not None))

    def line(self, used: Timeframe, warm_from_ms: int | None = None, warm_to_ms: int | None = None) -> str:
        """What was found, and what for: bars of `used`, of which those between two moments [ms since 1970 UTC] warm up."""
        rows, markets = len(self.closes_ms), len(self.markets)
        first = from_ms(int(self.closes_ms.min()) - self.timeframe.seconds * 1000)
        last = from_ms(int(self.closes_ms.max()))
        parts = [
            f"{self.markets[0] if markets == 1 else f'{markets} markets'}, {rows:,} {'bar' if rows == 1 else 'bars'} of "
            f"{self.timeframe}" + (f" (joined to {used})" if used is not self.timeframe else ""),
            f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}",
            f"time zone {self.zone}",
            f"times of the {self.stamps}",
            "mark prices" if self.volume is None else f"volume in {self.volume}",
        ]
        if self.left_out:
            parts.append(
                f"{self.left_out} {'row that is no bar' if self.left_out == 1 else 'rows that are no bars'} left out"
            )
        if warm_from_ms is not None and warm_to_ms is not None:
            inside = (self.closes_ms > warm_from_ms) & (self.closes_ms <= warm_to_ms)
            parts.append(f"{int(np.count_nonzero(inside)):,} of them warm up")
        return f"{self.name}: {'; '.join(parts)}"


def file_read(
    name: str,
    candles: Sequence[RawCandles],
    zone: str,
    stamps: str,
    volume: str | None,
    left_out: int,
    spelled: tuple[str, ...] = (),
) -> FileRead:
    """What was found in a file that holds these bars, which have one timeframe or several: the coarsest is told."""
    timeframe = max((each.timeframe for each in candles), key=lambda each: each.seconds)
    closes = np.concatenate([each.close_ms for each in candles])
    markets = tuple(each.symbol for each in candles)
    return FileRead(name, markets, timeframe, closes, zone, stamps, volume, left_out, spelled)


def names_of(files: Sequence[FileRead]) -> str:
    """The names of files, of many only the first ones."""
    names = list(dict.fromkeys(file.name for file in files))
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more files" if more > 0 else "")
