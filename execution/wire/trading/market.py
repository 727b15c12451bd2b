"""The market that the simulator plays: bars that have closed, the one that forms, and the time that it is there.

A bar has three moments: its open, its low a third later, its high after two thirds; its close is the open of the next one. The
order is that of the simulated exchange in process. Bars may be moved in time, so that the first one forms now. When no bar is
left the price stands still. It knows no order: what trades at a moment is the business of the exchange.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple

from config.clock import from_ms, to_ms
from market.bar import Bar, FundingRate, MarkBar, Slice
from market.timeframe import Timeframe

MOMENTS = 3
"""Moments of a bar: open, low, high."""


class Kline(NamedTuple):
    """One bar as it is told: open time [ms since 1970 UTC], prices [quote], volume [base], and whether it has closed."""

    open_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    closed: bool


class PlayedMarket:
    """Bars in time. `moment` counts from 0 to 2 inside the bar that forms."""

    def __init__(
        self,
        symbols: Sequence[str],
        timeframe: Timeframe,
        coming: Iterable[Slice],
        history: Mapping[str, Iterable[Bar]] = MappingProxyType({}),
        begins: datetime | None = None,
        played_as: Timeframe | None = None,
    ) -> None:
        """`history`: closed bars by symbol. `begins`: when the first of `coming` opens; None leaves the bars where they are.

        `timeframe` is the length of the bars; with `played_as` they are told and played as bars of that length.

        Raises StopIteration if nothing is coming.
        """
        self.symbols = tuple(symbols)
        self.timeframe = played_as or timeframe
        self._length = timeframe
        slices = iter(coming)
        first = next(slices)
        self._origin = first.close_utc - timeframe.duration
        self._begins = begins or self._origin
        self._coming: Iterator[Slice] = chain((first,), slices)
        self._closed = {symbol: [_row(self._later(bar)) for bar in history.get(symbol, ())] for symbol in self.symbols}
        self.moment = 0
        self.ended = False
        self.opened_utc = self._begins
        self.marks: Mapping[str, MarkBar] = {}
        """What the mark prices of perpetuals do inside the bar that forms, where they are known."""
        self.rates: tuple[FundingRate, ...] = ()
        """The rates of funding that are due in it, in the time of the bars as they were told."""
        self._closed_marks: dict[str, list[Kline]] = {symbol: [] for symbol in self.symbols}
        self.forming: Mapping[str, Bar] = self._moved(next(self._coming))

    @property
    def now(self) -> datetime:
        """The time of the present moment."""
        return self.opened_utc + self.moment * self.timeframe.duration / MOMENTS

    @property
    def next_utc(self) -> datetime:
        """The time of the next moment."""
        return self.opened_utc + (self.moment + 1) * self.timeframe.duration / MOMENTS

    def close_bar(self) -> None:
        """Close the bar that forms, and open the next one; with none left, the market stands."""
        self._keep(self.forming)
        self.opened_utc += self.timeframe.duration
        self.moment = 0
        following = next(self._coming, None)
        self.ended = following is None
        self.marks, self.rates = {}, ()
        self.forming = {} if following is None else self._moved(following)

    def moved(self, moment: datetime) -> datetime:
        """A moment of the bars as they were told, in the market's time."""
        return self._begins + (moment - self._origin) * self.timeframe.seconds // self._length.seconds

    def klines(
        self,
        symbol: str,
        timeframe: Timeframe,
        newest: int = 0,
        since_ms: int | None = None,
        until_ms: int | None = None,
    ) -> list[Kline]:
        """The bars of a symbol, oldest first, the one that forms last.

        With `newest`, at least so many: of the first ones that open from `since_ms` on, or else of the last ones that open until
        `until_ms` [ms since 1970 UTC]. `timeframe` is a multiple of the market's own.
        """
        closed, a_bar = self._closed[symbol], timeframe.seconds // self.timeframe.seconds
        begin, end = 0, len(closed)
        if until_ms is not None:
            end = bisect_right(closed, until_ms, key=_open_ms) + a_bar
        if since_ms is not None:
            begin = max(0, bisect_left(closed, since_ms, key=_open_ms) - a_bar)
            end = min(end, begin + (newest + 2) * a_bar) if newest else end
        elif newest:
            begin = max(0, min(end, len(closed)) - (newest + 1) * a_bar)
        rows = closed[begin:end]
        if end >= len(closed) and (present := self.present(symbol)):
            rows.append(present)
        return rows if timeframe is self.timeframe else _joined(rows, self.timeframe, timeframe)

    def present(self, symbol: str) -> Kline | None:
        """The bar that forms, as far as it has come."""
        bar = self.forming.get(symbol)
        if bar is None:
            return None
        low = bar.open if self.moment < 1 else bar.low
        high = bar.open if self.moment < 2 else bar.high
        last = (bar.open, bar.low, bar.high)[self.moment]
        return Kline(to_ms(bar.open_utc), bar.open, high, low, last, bar.volume * self.moment / MOMENTS, False)

    def last_price(self, symbol: str) -> float:
        """The last traded price [quote]; 0 if there was none."""
        if present := self.present(symbol):
            return present.close
        closed = self._closed[symbol]
        return closed[-1].close if closed else 0.0

    def _keep(self, bars: Mapping[str, Bar]) -> None:
        for symbol, bar in bars.items():
            self._closed[symbol].append(_row(bar))
            mark = self.marks.get(symbol, bar)
            prices = (mark.open, mark.high, mark.low, mark.close)
            self._closed_marks[symbol].append(Kline(to_ms(bar.open_utc), *prices, 0.0, True))

    def mark_klines(self, symbol: str) -> list[Kline]:
        """The bars of the mark price that have closed since the market began to be played, oldest first."""
        return list(self._closed_marks[symbol])

    def _moved(self, shown: Slice) -> dict[str, Bar]:
        """The bars of a slice in the market's time; a bar that is doubted is one that traded."""
        self.marks, self.rates = shown.marks, shown.funding
        bars = {**shown.doubtful, **shown.bars}
        return {symbol: self._later(bars[symbol]) for symbol in self.symbols if symbol in bars}

    def _later(self, bar: Bar) -> Bar:
        """The bar in the market's time, and as long as bars are there."""
        passed = (bar.close_utc - self._origin) * self.timeframe.seconds // self._length.seconds
        return bar.model_copy(update={"close_utc": self._begins + passed, "timeframe": self.timeframe})


def _open_ms(row: Kline) -> int:
    return row.open_ms


def _row(bar: Bar) -> Kline:
    return Kline(to_ms(bar.open_utc), bar.open, bar.high, bar.low, bar.close, bar.volume, True)


def _joined(rows: Sequence[Kline], own: Timeframe, wanted: Timeframe) -> list[Kline]:
    """Bars of a longer timeframe. The last is closed when the last bar inside it is."""
    found = dict[int, Kline]()
    for row in rows:
        opened = to_ms(wanted.floor(from_ms(row.open_ms)))
        last = row.closed and row.open_ms + own.seconds * 1000 == opened + wanted.seconds * 1000
        before = found.get(opened)
        found[opened] = Kline(
            opened,
            before.open if before else row.open,
            max(row.high, before.high) if before else row.high,
            min(row.low, before.low) if before else row.low,
            row.close,
            row.volume + (before.volume if before else 0.0),
            last,
        )
    return list(found.values())
