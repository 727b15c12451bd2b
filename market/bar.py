"""One closed bar, all bars that close at the same moment, and the finer bars inside them if there are any."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from config.frozen import Frozen, UtcTime, absent, empty
from market.timeframe import Timeframe


class Bar(Frozen):
    """A closed bar: prices [quote], volume [base].

    Raises ValidationError for prices that are not positive or not in the order low, open/close, high.
    """

    symbol: str
    timeframe: Timeframe
    close_utc: UtcTime
    open: float = Field(gt=0)
    high: float = Field(gt=0)
    low: float = Field(gt=0)
    close: float = Field(gt=0)
    volume: float = Field(ge=0)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not (self.low <= self.open <= self.high and self.low <= self.close <= self.high):
            raise ValueError("low, open, close and high are not in order")
        return self

    @property
    def open_utc(self) -> datetime:
        """The moment at which the bar opened, UTC."""
        return self.close_utc - self.timeframe.duration


class Finding(Frozen):
    """A problem with the data of a symbol, and what the system did about it."""

    symbol: str
    at_utc: UtcTime
    kind: str
    """`gap`, `duplicate`, `disorder`, `non_finite`, `inconsistent`, `jump`, `wide_bar`, `unit`, `flat`, `frozen`, `thawed`,
    `short_history`, `volume`, and all others of `market/quality/kinds.py`."""
    detail: str


Prices = tuple[float, float, float, float, float]
"""Open, high, low, close [quote], volume [base] of one bar."""


class Detail(Frozen):
    """Finer bars inside the bars of a slice, by symbol, oldest first. Together they cover the whole bar; none is missing."""

    timeframe: Timeframe
    bars: dict[str, tuple[Prices, ...]]


class FundingRate(Frozen):
    """The funding rate of a perpetual at a moment [fraction of the notional]. If positive, longs pay shorts."""

    symbol: str
    at_utc: UtcTime
    rate: float


class Fact(Frozen):
    """One figure about a market, or about all of them (`symbol` None), that is no price: see `market.context`.

    `at_utc` is the moment that it describes. Nothing may read it before `known_utc`.
    """

    name: str
    symbol: str | None = None
    at_utc: UtcTime
    known_utc: UtcTime
    value: float


class MarkBar(Frozen):
    """What the mark price of a perpetual did inside a bar [quote]."""

    open: float = Field(gt=0)
    high: float = Field(gt=0)
    low: float = Field(gt=0)
    close: float = Field(gt=0)


class Slice(Frozen):
    """What the tape shows at one bar close: the bar of each symbol that has one, and the problems of the others.

    `frozen` maps a symbol to the reason why no new position may be opened in it (a missing bar, a bad print). `doubtful`
    holds, for a symbol whose bar was refused, that bar in its worst reading for a holder; only exits may trade in it.
    `detail` holds finer bars inside some of the bars; no decision before the close of the bar has seen them. `funding` holds
    the rates that are due at or after the open of these bars and before their close. `facts` holds those that became known
    after the slice before and not after this close.
    """

    close_utc: UtcTime
    bars: dict[str, Bar]
    doubtful: dict[str, Bar] = Field(default_factory=dict)
    frozen: dict[str, str] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    detail: Detail | None = Field(default=None, exclude_if=absent)
    funding: tuple[FundingRate, ...] = Field(default=(), exclude_if=empty)
    facts: tuple[Fact, ...] = Field(default=(), exclude_if=empty)
    marks: dict[str, MarkBar] = Field(default_factory=dict, exclude_if=empty)
    """The mark prices of perpetuals inside these bars, where they are known; else the traded price stands for them."""

    def value_of(self, symbol: str) -> float:
        """The price at which a market is valued at this close: its mark price if it has one, else the last trade [quote].

        Raises KeyError for a market without a bar.
        """
        bar = self.bars[symbol]
        return self.marks[symbol].close if symbol in self.marks else bar.close

    @model_validator(mode="after")
    def _detail_fits(self) -> Self:
        if self.detail is not None:
            for symbol, rows in self.detail.bars.items():
                bar = self.bars.get(symbol)
                if bar is None or len(rows) * self.detail.timeframe.seconds != bar.timeframe.seconds:
                    raise ValueError(f"the finer bars of {symbol} do not cover its bar")
        return self


class Part(Slice):
    """One part of a slice that is processed by finer bars. `number` counts from 1."""

    number: int = Field(ge=1)
