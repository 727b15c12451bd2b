"""One closed bar, all bars that close at one moment, and the finer bars inside them where they are known."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from config.frozen import Frozen, UtcTime
from market.timeframe import Timeframe


class Bar(Frozen):
    """A closed bar: prices in quote units, volume in base units. Impossible bars cannot be built."""

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
        if not self.low <= min(self.open, self.close) <= max(self.open, self.close) <= self.high:
            raise ValueError("low, open, close and high are not in order")
        return self

    @property
    def open_utc(self) -> datetime:
        """When the bar began."""
        return self.close_utc - self.timeframe.duration


class Finding(Frozen):
    """Something wrong with a symbol's data, and what was done about it."""

    symbol: str
    at_utc: UtcTime
    kind: str
    """`gap`, `duplicate`, `disorder`, `non_finite`, `inconsistent`, `jump`, `wide_bar`, `flat`, `frozen`, `thawed`,
    `short_history`."""
    detail: str


Prices = tuple[float, float, float, float, float]
"""Open, high, low, close [quote], volume [base] of one bar."""


class Detail(Frozen):
    """Finer bars inside the bars of a slice: of each symbol as many as its bar is long, oldest first, none missing."""

    timeframe: Timeframe
    bars: dict[str, tuple[Prices, ...]]


class FundingRate(Frozen):
    """What longs of a perpetual pay to shorts at a moment, as a share of the notional; shorts to longs where negative."""

    symbol: str
    at_utc: UtcTime
    rate: float


class Slice(Frozen):
    """What the tape shows at one bar close: the bars of every symbol that has one, and what is wrong with the others.

    `frozen` names the symbols on whose data nothing new may be traded, and why (a missing bar, a bad print). `doubtful` has
    the worst that a bar which is not believed may mean for a holder, of symbols without a bar; only exits may trade in it.
    `detail` tells some bars finer; what closes inside a bar was not known to anybody who decided before its close. `funding`
    falls due from the open of these bars on, and before their close.
    """

    close_utc: UtcTime
    bars: dict[str, Bar]
    doubtful: dict[str, Bar] = Field(default_factory=dict)
    frozen: dict[str, str] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    detail: Detail | None = Field(default=None, exclude_if=lambda detail: detail is None)
    funding: tuple[FundingRate, ...] = Field(default=(), exclude_if=lambda funding: not funding)

    @model_validator(mode="after")
    def _detail_fits(self) -> Self:
        if self.detail is not None:
            for symbol, rows in self.detail.bars.items():
                bar = self.bars.get(symbol)
                if bar is None or len(rows) * self.detail.timeframe.seconds != bar.timeframe.seconds:
                    raise ValueError(f"the finer bars of {symbol} do not make up its bar")
        return self


class Part(Slice):
    """One of the parts of a slice that is lived through finer; `number` counts from 1."""

    number: int = Field(ge=1)
