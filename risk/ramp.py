"""The ramp of real money: how much of the capital may be used now, in quarters of it.

It begins at a quarter. Only a human raises it, by one quarter, a week after its last change at the earliest. It falls by one
quarter, at once and by itself, when the equity or the closed trades of this quarter are out of bounds; at none, nothing is bought
until a human raises it. It never stops an exit.

The bounds are those of `live:`. A week is counted by the times that the session is given, which are those of the exchange.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from pydantic import Field

from config.frozen import Frozen, Journaled, UtcTime
from config.sections.gates import LiveSettings

TOP = 4
"""Quarters of the capital at the top of the ramp."""
WAIT = timedelta(days=7)
"""How long a quarter lasts before it can be raised."""


class Ramp(Frozen):
    """Where the ramp stands. Money in quote units."""

    capital: Decimal = Field(description="money that may be used at the top of the ramp [quote]")
    quarters: int = Field(ge=0, le=TOP, description="how much of it may be used now [quarters]")
    since_utc: UtcTime = Field(description="when it came to this quarter")
    peak_equity: Decimal = Field(description="highest equity at a bar close since then [quote]")
    trades: int = Field(default=0, description="closed trades since then [trades]")
    total: float = Field(default=0.0, description="their returns on what was paid, added up [fraction]")
    squares: float = Field(default=0.0, description="the squares of these returns, added up")

    @classmethod
    def begun(cls, capital: Decimal, equity: Decimal, at: datetime) -> "Ramp":
        """The ramp of an account that has not traded yet. `capital`, `equity` [quote]."""
        return cls(capital=capital, quarters=1, since_utc=at, peak_equity=equity)

    @property
    def share(self) -> Decimal:
        """The part of the capital, and of every size, that is allowed now [fraction]."""
        return Decimal(self.quarters) / TOP

    @property
    def usable(self) -> Decimal:
        """The money that may be used now [quote]."""
        return self.capital * self.quarters / TOP

    @property
    def raised_from(self) -> datetime:
        """The earliest moment of the next raise."""
        return self.since_utc + WAIT

    def why_not_raised(self, at: datetime) -> str | None:
        """Why it cannot be raised at this time, in words; None if it can."""
        if self.quarters >= TOP:
            return f"all of the capital of {self.capital} may be used already"
        if at < self.raised_from:
            return (
                f"it came to {self.share:.0%} at {self.since_utc:%Y-%m-%d %H:%M} UTC, and a raise is possible a week after that, "
                f"from {self.raised_from:%Y-%m-%d %H:%M} UTC on"
            )
        return None


class RampMoved(Journaled):
    """The ramp of real money was raised by a human, or fell because its bounds were left."""

    event_kind: ClassVar[str] = "ramp_moved"

    at_utc: UtcTime
    before: int = Field(ge=0, le=TOP, description="what might be used before [quarters of the capital]")
    why: str
    ramp: Ramp = Field(description="where it stands now")

    @property
    def text(self) -> str:
        """What happened, in one sentence."""
        verb = "rose" if self.ramp.quarters > self.before else "FELL"
        before = Decimal(self.before) / TOP
        return f"The ramp {verb} from {before:.0%} to {self.ramp.share:.0%} of {self.ramp.capital}: {self.why}."


Step = tuple[Ramp, tuple[RampMoved, ...]]


def raised(ramp: Ramp, at: datetime, equity: Decimal, who: str) -> Step:
    """One quarter more, if it can be raised at this time; otherwise nothing changes. `equity` now [quote]."""
    if ramp.why_not_raised(at) is not None:
        return ramp, ()
    return _moved(ramp, ramp.quarters + 1, at, equity, f"{who} has raised it")


def observe(ramp: Ramp, at: datetime, equity: Decimal, returns: Iterable[float], bounds: LiveSettings) -> Step:
    """Take the equity of a bar close [quote] and the trades that have closed since the last one, and hold them against the
    bounds. `returns`: profit of each trade as a fraction of what was paid."""
    counted = tuple(returns)
    ramp = ramp.model_copy(
        update={
            "peak_equity": max(ramp.peak_equity, equity),
            "trades": ramp.trades + len(counted),
            "total": ramp.total + math.fsum(counted),
            "squares": ramp.squares + math.fsum(each * each for each in counted),
        }
    )
    why = _out_of_bounds(ramp, equity, bounds)
    return (ramp, ()) if why is None or ramp.quarters == 0 else _moved(ramp, ramp.quarters - 1, at, equity, why)


def standard_error(trades: int, total: float, squares: float) -> float:
    """The standard error of a mean, from sums; 0 for fewer than two. The variance has n - 1 degrees of freedom."""
    if trades < 2:
        return 0.0
    return math.sqrt(max(0.0, squares - total * total / trades) / (trades - 1) / trades)


def _out_of_bounds(ramp: Ramp, equity: Decimal, bounds: LiveSettings) -> str | None:
    fall = float(1 - equity / ramp.peak_equity) if ramp.peak_equity > 0 else 1.0
    if fall >= bounds.ramp_drawdown:
        return f"equity is {fall:.2%} below its peak at this quarter, limit {bounds.ramp_drawdown:.2%}"
    if ramp.trades < bounds.ramp_trades:
        return None
    mean = ramp.total / ramp.trades
    least = -bounds.ramp_errors * standard_error(ramp.trades, ramp.total, ramp.squares)
    if mean < 0.0 and mean <= least:
        return (
            f"{ramp.trades} closed trades at this quarter brought {mean:+.2%} each on average, and {least:+.2%} or less is "
            f"{bounds.ramp_errors:g} standard errors below nothing"
        )
    return None


def _moved(ramp: Ramp, quarters: int, at: datetime, equity: Decimal, why: str) -> Step:
    now = Ramp(capital=ramp.capital, quarters=quarters, since_utc=at, peak_equity=equity)
    return now, (RampMoved(at_utc=at, before=ramp.quarters, why=why, ramp=now),)
