"""The hard limits that look beyond one trade: what stops an account for a time, and what the whole book may hold.

They are a part of `config.settings.RiskLimits`, which refuses what contradicts itself. A limit that is null is off.
"""

from typing import Annotated

from pydantic import Field

from config.frozen import Frozen

FirstHour = Annotated[int, Field(ge=0, le=23)]
LastHour = Annotated[int, Field(ge=1, le=24)]


class BreakerLimits(Frozen):
    """When new risk is stopped, and for how long."""

    max_daily_loss: Annotated[float, Field(gt=0, le=1)] = Field(description="loss since 00:00 UTC [fraction]")
    daily_loss_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="close-only after it [hours]")
    max_weekly_loss: Annotated[float, Field(gt=0, le=1)] = Field(description="loss since Monday 00:00 UTC [fraction]")
    weekly_loss_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="close-only after it [hours]")
    max_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(description="fall from the peak that halts [fraction]")
    half_size_drawdown: Annotated[float, Field(gt=0, le=1)] = Field(
        description="fall from the peak from which on positions are half as large [fraction]"
    )
    turbulence_sigma: Annotated[float, Field(gt=1, le=50)] = Field(description="bar move that pauses entries [sigmas]")
    turbulence_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="pause after such a bar [hours]")
    loss_streak: Annotated[int, Field(ge=1, le=100)] = Field(description="losing trades in a row that pause [trades]")
    loss_streak_pause_h: Annotated[float, Field(gt=0, le=720)] = Field(description="pause after such a streak [hours]")


class BookLimits(BreakerLimits):
    """What an entry may be, given the market that day and all that is held."""

    max_volume_share: Annotated[float, Field(gt=0, le=1)] = Field(
        description="one entry, of what the market traded in the last 24 hours [fraction]"
    )
    max_entries_per_day: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        description="entries sent in 24 hours [orders]"
    )
    sectors: dict[str, str] = Field(description="sector of a symbol, by a name of your own")
    max_sector_fraction: Annotated[float, Field(gt=0, le=1)] = Field(
        description="all positions of one sector [fraction of equity]"
    )
    trading_hours_utc: tuple[FirstHour, LastHour] | None = Field(
        description="from which hour on, and up to which, entries are allowed; may pass midnight [hours, UTC]"
    )
    max_stressed_loss: Annotated[float, Field(gt=0, le=1)] | None = Field(
        description="loss of the book in the worst stretch of the window [fraction of equity]"
    )
    stress_bars: Annotated[int, Field(ge=1, le=1000)] = Field(description="length of such a stretch [bars]")
    volatility_target: Annotated[float, Field(gt=0, le=10)] | None = Field(
        description="annual volatility that one position brings [fraction of equity]"
    )
