"""Mark prices and rates of funding of perpetuals beside the bars of a feed: asked for once at each close, and never waited for.

A bar whose mark price is not told in time has none: the traded price stands for it, and it is said (`mark_gap`), as in files. A
mark far from the trades is not used, and nothing is opened at that close (`mark_differs`). A rate of funding is passed on once,
with the first bar after it was settled; the first bar brings the latest one of the last day.
"""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from config.clock import from_ms, to_ms
from config.errors import DataFault
from market.bar import Bar, Finding, FundingRate, MarkBar, Slice
from market.live.exchange import Unanswered
from market.live.rows import row_of
from market.plausible.marks import FAR
from market.timeframe import Timeframe

T = TypeVar("T")
_DAY = timedelta(days=1)


class PerpetualFeed(Protocol):
    """An exchange that tells mark prices and rates of funding. Raises Unanswered where it does not."""

    async def marks(self, symbol: str, timeframe: Timeframe, since_ms: int) -> list[list[Any]]: ...
    async def rate(self, symbol: str, since_ms: int) -> tuple[int, float] | None: ...


class MarksAsked:
    """What is added to each slice. `answer_s`: how long an answer is waited for [s]."""

    def __init__(self, exchange: PerpetualFeed, timeframe: Timeframe, answer_s: float) -> None:
        self._exchange, self._timeframe, self._answer_s = exchange, timeframe, answer_s
        self._rated: dict[str, int] = {}

    async def added(self, shown: Slice) -> Slice:
        """The slice with the mark prices of its bars, and the rates of funding that were settled since the one before."""
        symbols = sorted(shown.bars)
        marks = await asyncio.gather(*(self._mark(shown.bars[symbol]) for symbol in symbols))
        rates = await asyncio.gather(*(self._rate(symbol, shown) for symbol in symbols))
        found, findings, frozen = dict[str, MarkBar](), list[Finding](), dict(shown.frozen)
        for symbol, mark in zip(symbols, marks, strict=True):
            if mark is None:
                what = "no mark price was told: the traded price stands for it"
                findings.append(Finding(symbol=symbol, at_utc=shown.close_utc, kind="mark_gap", detail=what))
            elif _is_far(mark, shown.bars[symbol]):
                what = f"its mark price is more than {FAR:.0%} away from its trades: one of them is wrong"
                findings.append(Finding(symbol=symbol, at_utc=shown.close_utc, kind="mark_differs", detail=what))
                frozen.setdefault(symbol, what)
            else:
                found[symbol] = mark
        return shown.model_copy(
            update={
                "marks": found, "findings": (*shown.findings, *findings), "frozen": frozen,
                "funding": tuple(rate for rate in rates if rate is not None),
            }
        )  # fmt: skip

    async def _mark(self, bar: Bar) -> MarkBar | None:
        since_ms = to_ms(bar.open_utc)
        page = await self._heard(self._exchange.marks(bar.symbol, self._timeframe, since_ms))
        rows = [row for each in page or () if (row := row_of(each)) is not None and row[0] == since_ms]
        if not rows:
            return None
        return MarkBar(open=rows[0][1], high=rows[0][2], low=rows[0][3], close=rows[0][4])

    async def _rate(self, symbol: str, shown: Slice) -> FundingRate | None:
        since_ms = self._rated.get(symbol, to_ms(shown.close_utc - _DAY))
        told = await self._heard(self._exchange.rate(symbol, since_ms + 1))
        if told is None or told[0] <= since_ms or told[0] > to_ms(shown.close_utc) or abs(told[1]) >= 1:
            return None
        self._rated[symbol] = told[0]
        return FundingRate(symbol=symbol, at_utc=from_ms(told[0]), rate=told[1])

    async def _heard(self, question: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(self._answer_s):
                return await question
        except (TimeoutError, Unanswered, DataFault):
            return None


def _is_far(mark: MarkBar, bar: Bar) -> bool:
    ends = (mark.open / bar.open, mark.close / bar.close)
    beyond = (mark.high / bar.high - 1, 1 - mark.low / bar.low)
    return any(abs(ratio - 1) > FAR for ratio in ends) or any(far > FAR for far in beyond)
